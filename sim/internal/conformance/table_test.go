package conformance

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
)

// table is what came of all cases, filled by many tests at once.
type table struct {
	profiles []string

	mu      sync.Mutex
	results map[string]map[string]result // by case, then by profile
}

func newTable(names []string) *table {
	return &table{profiles: names, results: map[string]map[string]result{}}
}

func (b *table) put(id, profile string, r result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.results[id] == nil {
		b.results[id] = map[string]result{}
	}
	b.results[id][profile] = r
}

// complete reports whether every case has its result of every profile.
func (b *table) complete() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, sec := range sections() {
		for _, c := range sec.cases {
			if len(b.results[c.id]) != len(b.profiles) {
				return false
			}
		}
	}
	return true
}

// everyCaseApplies finds cases that no profile ran: those belong to the exceptions of
// their section, with a reason.
func (b *table) everyCaseApplies(t *testing.T) {
	t.Helper()
	for _, sec := range sections() {
		for _, c := range sec.cases {
			ran := false
			for _, p := range b.profiles {
				ran = ran || len(b.results[c.id][p].missing) == 0
			}
			if !ran {
				t.Errorf("%s applies to no profile", c.id)
			}
		}
	}
}

// readme is where the numbers of cases stand, between these two marks.
const (
	readme               = "../../../README.md"
	casesBegin, casesEnd = "<!-- cases -->", "<!-- /cases -->"
)

// compareREADME checks the numbers of cases in README.md, or writes them.
func compareREADME(t *testing.T) {
	t.Helper()
	var parts []string
	for _, sec := range sections() {
		parts = append(parts, fmt.Sprintf(sec.counted, len(sec.cases)))
	}
	want := strings.Join(parts, ", ")
	old, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, begun := strings.Cut(string(old), casesBegin)
	got, tail, ended := strings.Cut(rest, casesEnd)
	switch {
	case !begun || !ended:
		t.Errorf("README.md has no %s … %s", casesBegin, casesEnd)
	case *update:
		if err := os.WriteFile(readme, []byte(head+casesBegin+want+casesEnd+tail), 0o600); err != nil {
			t.Fatal(err)
		}
	case got != want:
		t.Errorf("README.md has the cases %q, there are %q: run the tests with -update", got, want)
	}
}

// sum counts the cases of a section that a profile passes.
func (b *table) sum(sec section, profile string) (passed int) {
	for _, c := range sec.cases {
		if len(b.results[c.id][profile].missing) == 0 {
			passed++
		}
	}
	return passed
}

// markdown is COVERAGE.md.
func (b *table) markdown(t *testing.T) []byte {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	var out bytes.Buffer
	out.WriteString("# What the conformance tests cover\n\n<!-- Written by `go test ./sim/internal/conformance -update`. -->\n\n" +
		"Each case of a public ONVIF device test specification, or derived from a standard, runs as a test of its identifier on every\n" +
		"built-in profile that signals what the case needs. **pass**: it ran and passed. **–**: something it needs is not signalled.\n\n")
	head, line := "| section | cases |", "| --- | ---: |"
	for _, p := range b.profiles {
		head, line = head+" "+p+" |", line+" ---: |"
	}
	out.WriteString(head + "\n" + line + "\n")
	for _, sec := range sections() {
		fmt.Fprintf(&out, "| %s | %d |", sec.title, len(sec.cases))
		for _, p := range b.profiles {
			fmt.Fprintf(&out, " %d |", b.sum(sec, p))
		}
		out.WriteString("\n")
	}
	for _, sec := range sections() {
		fmt.Fprintf(&out, "\n## %s\n\n| case | about | needs | %s |\n| --- | --- | --- |%s\n",
			sec.title, strings.Join(b.profiles, " | "), strings.Repeat(" --- |", len(b.profiles)))
		for _, c := range sec.cases {
			b.row(&out, c)
		}
		if len(sec.apart) > 0 {
			out.WriteString("\nNot run, since no profile simulates what they need:\n\n")
		}
		for _, e := range sec.apart {
			fmt.Fprintf(&out, "- %s: %s.\n", strings.ReplaceAll(e.ids, " ", ", "), e.why)
		}
	}
	return out.Bytes()
}

func (b *table) row(out *bytes.Buffer, c testCase) {
	var needs []string
	for _, n := range c.needs {
		needs = append(needs, n.name)
	}
	fmt.Fprintf(out, "| %s | %s | %s |", c.id, c.title, strings.Join(needs, "; "))
	for _, p := range b.profiles {
		cell := "pass"
		if len(b.results[c.id][p].missing) > 0 {
			cell = "–"
		}
		out.WriteString(" " + cell + " |")
	}
	out.WriteString("\n")
}

// TestCasesAreKnownByOneName finds a case that is there twice, or without a
// title.
func TestCasesAreKnownByOneName(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, sec := range sections() {
		for _, c := range sec.cases {
			if seen[c.id] || c.title == "" || c.run == nil {
				t.Errorf("%s: twice, or without title or steps", c.id)
			}
			seen[c.id] = true
		}
		for _, e := range sec.apart {
			for id := range strings.FieldsSeq(e.ids) {
				if seen[id] || e.why == "" || len(e.lacks) == 0 {
					t.Errorf("%s: run, twice, or left out for no reason", id)
				}
				seen[id] = true
			}
		}
	}
}

package security_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

// operation is what the operation table of the specification says of one of
// the service's.
type operation struct {
	Prefix, Operation string
	Class             string `json:"access_class"`
	Faults            []documented
}

// documented is one fault of an operation. ID is its case of section 1.1 of
// the conformance cases, "SECF-001".
type documented struct{ ID, Code, Subcode, Subsubcode string }

func (d documented) path() string {
	return strings.TrimRight(d.Code+"/"+d.Subcode+"/"+d.Subsubcode, "/")
}

// last is the name that tells the fault from the operation's others.
func (d documented) last() string {
	path := d.path()
	return path[strings.LastIndexByte(path, ':')+1:]
}

// levelCase is the case of the operation's class and the i-th access level.
func (o operation) levelCase(i int) string {
	classes := []string{"PRE_AUTH", "READ_SYSTEM", "READ_SYSTEM_SECRET", "UNRECOVERABLE", "WRITE_SYSTEM"}
	return fmt.Sprintf("SECA-%02d", slices.Index(classes, o.Class)*len(accounts)+i+1)
}

func spec(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(filepath.Dir(schematest.Dir(t)), "spec", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// specified are the operations of the service, as the specification has them.
// The cases of its faults have the order of the operation table.
func specified(t testing.TB) []operation {
	t.Helper()
	var table struct{ Operations []operation }
	if err := json.Unmarshal(spec(t, "operations.json"), &table); err != nil {
		t.Fatal(err)
	}
	var own []operation
	number := 0
	for _, o := range table.Operations {
		if o.Prefix != "tas" {
			continue
		}
		for i := range o.Faults {
			number++
			o.Faults[i].ID = fmt.Sprintf("SECF-%03d", number)
		}
		own = append(own, o)
	}
	if len(own) != 62 {
		t.Fatalf("%d operations, want 62", len(own))
	}
	return own
}

// TestCasesAreThoseOfTheConformanceText: the identifiers by which the faults
// go here are those of section 1.1.
func TestCasesAreThoseOfTheConformanceText(t *testing.T) {
	t.Parallel()
	row := regexp.MustCompile(`(?m)^\| \S+ \| (SECF-\d+) \| (\w+) \| (\S+) \|`)
	var want, got []string
	for _, m := range row.FindAllStringSubmatch(string(spec(t, "conformance-cases.md")), -1) {
		want = append(want, strings.Join(m[1:], " "))
	}
	short := strings.NewReplacer("env:Sender", "S", "env:Receiver", "R", "ter:", "")
	for _, o := range specified(t) {
		for _, f := range o.Faults {
			got = append(got, f.ID+" "+o.Operation+" "+short.Replace(f.path()))
		}
	}
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("%d cases, want %d: %q, want %q", len(got), len(want), got, want)
	}
}

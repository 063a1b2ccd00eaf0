package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// lastSigningStatement is the number of the last requirement of Media Signing.
const lastSigningStatement = 36

// Rows of SIGNING.md: statement, section, proof; and derived case, proof.
var (
	signingRow = regexp.MustCompile(`^\| (SIG-\d{3}) \| \d+(?:\.\d+)* \| (.+) \|$`)
	derivedRow = regexp.MustCompile(`^\| ([^|]+) \| ((?:[a-z0-9]+\.Test\w+(?:, )?)+) \|$`)
)

func TestEverySigningStatementHasItsProof(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("SIGNING.md")
	if err != nil {
		t.Fatal(err)
	}
	known := signingTests(t)
	check := func(what, proof string) {
		if reason, none := strings.CutPrefix(proof, "– "); none {
			if len(strings.Fields(reason)) < 3 {
				t.Errorf("%s: %q is no reason", what, reason)
			}
			return
		}
		for name := range strings.SplitSeq(proof, ", ") {
			if !known[name] {
				t.Errorf("%s: there is no test %s", what, name)
			}
		}
	}
	next, derived := 1, 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if row := derivedRow.FindStringSubmatch(line); row != nil {
			derived++
			check(row[1], row[2])
			continue
		}
		row := signingRow.FindStringSubmatch(line)
		if row == nil {
			if strings.HasPrefix(line, "| SIG-") {
				t.Errorf("not a row: %s", line)
			}
			continue
		}
		if want := fmt.Sprintf("SIG-%03d", next); row[1] != want {
			t.Fatalf("%s stands where %s should", row[1], want)
		}
		next++
		check(row[1], row[2])
	}
	if next != lastSigningStatement+1 || derived < 11 {
		t.Errorf("the last statement is SIG-%03d, want SIG-%03d; %d derived cases", next-1, lastSigningStatement, derived)
	}
}

// signingTests are the names of the tests that SIGNING.md may name, with their
// packages.
func signingTests(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	for name, dir := range map[string]string{
		"sign": "../../../streams/sign", "camera": "../camera", "e2e": "../../e2e", "rtsp": "../rtsp", "fault": "../fault",
	} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", dir, len(files), err)
		}
		for _, file := range files {
			for _, test := range testsOf(t, file) {
				known[name+"."+test] = true
			}
		}
	}
	return known
}

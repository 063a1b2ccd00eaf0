package conformance

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// lastStatement is the number of the last requirement of Security 25.06.
const lastStatement = 463

// proofRow is a row of STATEMENTS.md: statement, section, proof.
var proofRow = regexp.MustCompile(`^\| (SEC-\d{3}) \| ((?:\d+|[A-Z])(?:\.\d+)*) \| (.+) \|$`)

// proofPackages are where the tests that STATEMENTS.md names are, from here.
func proofPackages() map[string]string {
	dirs := map[string]string{"security": "../svc/security", "events": "../svc/events", "e2e": "../../e2e"}
	for _, name := range []string{"auth", "camera", "device", "keystore", "oauth", "oidc", "pki", "state", "vault"} {
		dirs[name] = "../" + name
	}
	return dirs
}

func TestEveryStatementHasItsProof(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("STATEMENTS.md")
	if err != nil {
		t.Fatal(err)
	}
	known := proofs(t)
	next := 1
	for line := range strings.Lines(string(text)) {
		row := proofRow.FindStringSubmatch(strings.TrimSpace(line))
		if row == nil {
			if strings.HasPrefix(line, "| SEC-") {
				t.Errorf("not a row: %s", line)
			}
			continue
		}
		if want := fmt.Sprintf("SEC-%03d", next); row[1] != want {
			t.Fatalf("%s stands where %s should", row[1], want)
		}
		next++
		if reason, none := strings.CutPrefix(row[3], "– "); none {
			if len(strings.Fields(reason)) < 3 {
				t.Errorf("%s: %q is no reason", row[1], reason)
			}
			continue
		}
		for name := range strings.SplitSeq(row[3], ", ") {
			if !known[name] {
				t.Errorf("%s: there is no test %s", row[1], name)
			}
		}
	}
	if next != lastStatement+1 {
		t.Errorf("the last statement is SEC-%03d, want SEC-%03d", next-1, lastStatement)
	}
}

// proofs are the names of everything that can be a proof: the cases of this
// package, and the tests of others with the package before them.
func proofs(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	for _, sec := range sections() {
		for _, c := range sec.cases {
			known[c.id] = true
		}
	}
	for name, dir := range proofPackages() {
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

// testsOf lists the tests of a file.
func testsOf(t *testing.T, file string) (names []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range parsed.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") && len(f.Type.Params.List) == 1 {
			names = append(names, f.Name.Name)
		}
	}
	return names
}

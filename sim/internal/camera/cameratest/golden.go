package cameratest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"
)

// Golden fails the test unless the file has the message, white space aside;
// with update it writes the file anew.
func Golden(t testing.TB, file string, message []byte, update bool) {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(message); err != nil {
		t.Fatal(err)
	}
	doc.Indent(2)
	got, err := doc.WriteToString()
	if err != nil {
		t.Fatal(err)
	}
	if update {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("(-%s +got):\n%s", filepath.Base(file), diff)
	}
}

package profiles_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"*.yaml", "testdata/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Add([]byte("extends: flagship\nusers: &a\n  - {name: x, level: Administrator, password: |\n   y}\n"))
	r := reader(f, profiles.Options{})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := r.Parse("fuzz.yaml", data)
		if err != nil {
			checkErrors(t, err, data)
			return
		}
		text, err := p.YAML()
		if err != nil {
			t.Fatal(err)
		}
		back, err := r.Parse("fuzz.yaml", text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		p.Extends = ""
		if diff := cmp.Diff(p, back, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%s\n%s", diff, text)
		}
	})
}

// checkErrors checks that every error has a place within the data.
func checkErrors(t *testing.T, err error, data []byte) {
	var errs *profiles.Errors
	if !errors.As(err, &errs) || len(errs.List) == 0 {
		t.Fatalf("got %T %v", err, err)
	}
	lines := strings.Count(string(data), "\n") + 1
	for _, e := range errs.List {
		if e.Message == "" || e.Line < 0 || e.Line > lines+1 || e.Line > 0 && e.Column < 1 {
			t.Errorf("%+v", e)
		}
	}
}

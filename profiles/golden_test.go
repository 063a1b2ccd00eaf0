package profiles_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func knownOperations() []string {
	return []string{"tds:GetUsers", "tds:GetServices", "trt:GetProfiles"}
}

// reader returns a reader with options.
func reader(t testing.TB, o profiles.Options) *profiles.Reader {
	t.Helper()
	r, err := profiles.NewReader(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBadProfilesSayEveryMistakeWithItsPlace(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			p, err := reader(t, profiles.Options{Operations: knownOperations()}).LoadFile(file)
			var errs *profiles.Errors
			if p != nil || !errors.As(err, &errs) {
				t.Fatalf("got %v, %v; want *Errors", p, err)
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(err.Error()+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, rerr := os.ReadFile(golden)
			if rerr != nil {
				t.Fatal(rerr)
			}
			if diff := cmp.Diff(string(want), err.Error()+"\n"); diff != "" {
				t.Errorf("run with -update if this is meant (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFiveMistakesAreFiveErrorsWithCarets(t *testing.T) {
	t.Parallel()
	_, err := profiles.LoadFile("testdata/five-mistakes.yaml")
	var errs *profiles.Errors
	if !errors.As(err, &errs) {
		t.Fatalf("got %v", err)
	}
	if len(errs.List) != 5 || errs.Omitted != 0 {
		t.Fatalf("got %d errors and %d more, want 5: %v", len(errs.List), errs.Omitted, err)
	}
	for _, e := range errs.List {
		if e.Line == 0 || e.Column == 0 || !strings.HasSuffix(e.Excerpt, "^") {
			t.Errorf("no place or caret: %+v", e)
		}
	}
}

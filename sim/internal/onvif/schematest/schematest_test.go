package schematest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestGoodIsValidAndBadIsNot(t *testing.T) {
	t.Parallel()
	dir := Dir(t)
	for _, kind := range []string{"good", "bad", "suspicious"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			files, err := filepath.Glob(filepath.Join(dir, "testdata", kind, "*.xml"))
			if err != nil || len(files) == 0 {
				t.Fatalf("no samples: %v", err)
			}
			var messages [][]byte
			for _, f := range files {
				b, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				messages = append(messages, b)
			}
			results, err := run(dir, t.TempDir(), "", messages)
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range results {
				if r.Valid != (kind == "good") {
					t.Errorf("%s: valid %v%s", files[i], r.Valid, r.reasons())
				}
			}
		})
	}
}

func TestFaultOfAnotherOperationIsFound(t *testing.T) {
	t.Parallel()
	dir := Dir(t)
	fault, err := os.ReadFile(filepath.Join(dir, "testdata", "good", "fault-KeyID.xml"))
	if err != nil {
		t.Fatal(err)
	}
	for operation, want := range map[string]bool{"security:GetKeyStatus": true, "device:GetServices": false} {
		results, err := run(dir, t.TempDir(), operation, [][]byte{fault})
		if err != nil {
			t.Fatal(err)
		}
		if results[0].Valid != want {
			t.Errorf("%s: valid %v, want %v%s", operation, results[0].Valid, want, results[0].reasons())
		}
	}
}

func TestMissingSchemasAreSaidClearly(t *testing.T) {
	t.Parallel()
	_, err := find(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "ONVIF_DIR") {
		t.Errorf("error %v, want one that names ONVIF_DIR", err)
	}
}

func TestCollectorChecksEachMessageOnce(t *testing.T) {
	t.Parallel()
	good, err := os.ReadFile(filepath.Join(Dir(t), "testdata", "good", "fault-KeyID.xml"))
	if err != nil {
		t.Fatal(err)
	}
	c := Collect(t)
	for range 3 {
		c.Add("", good)
	}
	if len(c.messages) != 1 {
		t.Errorf("%d messages kept, want 1", len(c.messages))
	}
}

func TestWhatTheSchemasAllowIsValid(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(Dir(t), "testdata")
	var messages [][]byte
	for _, name := range []string{"good/fault-KeyID.xml", "bad/wrong-order.xml", "good/media-GetStreamUriResponse.xml"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, b)
	}
	if got := Valid(t, messages...); !slices.Equal(got, []bool{true, false, true}) {
		t.Errorf("valid %v", got)
	}
}

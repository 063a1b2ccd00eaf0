package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommittedSchemaIsWhatTheTypesSay(t *testing.T) {
	t.Parallel()
	got, err := generate("github.com/camfleet/camfleet/profiles/gen", "..")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run go generate ./profiles (-committed +generated):\n%s", diff)
	}
}

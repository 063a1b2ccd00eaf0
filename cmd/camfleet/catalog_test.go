package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/api"
)

func TestProfilesAreListedShownAndValid(t *testing.T) {
	t.Parallel()
	got := try(t, &fakeLibrary{}, nil, "profile", "ls", "--json")
	var list []api.ProfileInfo
	if err := json.Unmarshal([]byte(got.stdout), &list); err != nil || len(list) != len(profiles.Builtin()) {
		t.Fatalf("%v: %+v", err, got)
	}
	table := try(t, &fakeLibrary{}, nil, "profile", "ls")
	if lines := strings.Count(table.stdout, "\n"); lines != 1+len(list) {
		t.Errorf("%d lines:\n%s", lines, table.stdout)
	}
	for _, i := range list {
		if i.Name == "" || i.Manufacturer == "" || i.Model == "" || i.Description == "" {
			t.Errorf("%+v", i)
		}
		shown := try(t, &fakeLibrary{}, nil, "profile", "show", i.Name)
		file := filepath.Join(t.TempDir(), i.Name+".yaml")
		write(t, file, shown.stdout)
		// The fake knows two operations; those that a profile switches off may be others.
		if got := try(t, &fakeLibrary{}, nil, "profile", "validate", file); got.code != 0 && !strings.Contains(got.stderr, "operation") {
			t.Errorf("%s: %+v", i.Name, got)
		}
	}
}

func TestValidateSaysEveryMistakeOfAProfile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "bad.yaml")
	write(t, file, `name: Bad Name
description: a profile with five mistakes
identity: {manufacturer: M, model: M}
network: {mtu: 10}
clok: {}
onvif: {release: "99.99"}
media:
  streams:
    - {name: main, width: 7}
`)
	got := try(t, &fakeLibrary{}, nil, "profile", "validate", file)
	if got.code != 1 || got.stdout != "" {
		t.Errorf("%+v", got)
	}
	for _, place := range []string{":1:7:", ":4:16:", ":5:1:", ":6:18:", ":9:27:"} {
		if !strings.Contains(got.stderr, file+place) {
			t.Errorf("nothing about %s in\n%s", place, got.stderr)
		}
	}
	if !strings.Contains(got.stderr, "^") || !strings.HasSuffix(got.stderr, "mend and validate it again\n") {
		t.Errorf("no caret or no last line:\n%s", got.stderr)
	}
}

func TestOpsListsAndCounts(t *testing.T) {
	t.Parallel()
	want := `OPERATION        ACCESS CLASS        STATE               SPECIFIED IN
tds:GetServices  PRE_AUTH            simulated           Core 8.1.2.1
tds:GetUsers     READ_SYSTEM_SECRET  off in the profile  Core 8.4.3
2 operations: 1 simulated, 1 off in the profile
`
	if got := try(t, &fakeLibrary{}, nil, "ops", "--profile", "flagship"); got.code != 0 || got.stdout != want {
		t.Errorf("%+v", got)
	}
	var list []api.Operation
	got := try(t, &fakeLibrary{}, nil, "ops", "--json")
	if err := json.Unmarshal([]byte(got.stdout), &list); err != nil || len(list) != 2 || list[1].State != "not simulated" {
		t.Errorf("%v: %+v", err, got)
	}
}

func TestVersionNamesGoAndTheStandards(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"version"}, {"--version"}} {
		got := try(t, &fakeLibrary{}, nil, args...)
		if got.code != 0 || !strings.HasPrefix(got.stdout, "camfleet ") || !strings.Contains(got.stdout, "\ngo1.") || !strings.Contains(got.stdout, "ONVIF") {
			t.Errorf("%v: %+v", args, got)
		}
	}
	var v api.Version
	got := try(t, &fakeLibrary{}, nil, "version", "--json")
	if err := json.Unmarshal([]byte(got.stdout), &v); err != nil || v.Version == "" || len(v.Specifications) == 0 {
		t.Errorf("%v: %+v", err, got)
	}
}

package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite testdata")

func TestHelpIsAsReviewed(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"up"}, {"ls"}, {"token"}, {"ca"}, {"verify"}, {"fault"}, {"fault", "add"}, {"camera"}, {"camera", "CAMERA", "factory-default"}, {"profile"}, {"profile", "validate"}, {"ops"}, {"doctor"}, {"version"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			got := try(t, &fakeLibrary{}, nil, append(args, "--help")...)
			if got.code != 0 || got.stderr != "" {
				t.Errorf("%+v", got)
			}
			golden := filepath.Join("testdata", "help", strings.Join(append([]string{"camfleet"}, args...), "-")+".txt")
			if *update {
				if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
					t.Fatal(err)
				}
				write(t, golden, got.stdout)
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.stdout); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestEveryFleetFlagIsAVariableAndAKey keeps the promise that flag, variable
// and key have one name.
func TestEveryFleetFlagIsAVariableAndAKey(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"n": "CAMFLEET_N", "profile": "CAMFLEET_PROFILE", "state": "CAMFLEET_STATE", "seed": "CAMFLEET_SEED", "bind": "CAMFLEET_BIND",
		"base-port": "CAMFLEET_BASE_PORT", "addresses": "CAMFLEET_ADDRESSES", "control": "CAMFLEET_CONTROL", "password": "CAMFLEET_PASSWORD",
		"json": "CAMFLEET_JSON", "log-level": "CAMFLEET_LOG_LEVEL", "log-format": "CAMFLEET_LOG_FORMAT",
	}
	file := filepath.Join(t.TempDir(), "fleet.yaml")
	write(t, file, "none: 1\n")
	got := try(t, &fakeLibrary{}, nil, "up", "-f", file)
	for key, name := range want {
		if !strings.Contains(got.stderr, " "+key+",") && !strings.Contains(got.stderr, " "+key+"\n") {
			t.Errorf("fleet.yaml has no key %s", key)
		}
		if variable(key) != name {
			t.Errorf("%s: %s", key, variable(key))
		}
	}
}

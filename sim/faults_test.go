package sim_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/fault"
	"github.com/camfleet/camfleet/sim/simtest"
)

func TestFaultsComeAndGoAndThoseOfTheProfileStay(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "quirky.yaml")
	text := "extends: flagship\nfaults:\n  - {id: own, do: drop-frame, chance: 0.02, stream: sub}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	fleet := simtest.Fleet(t, simtest.Profile(path))
	own := api.Fault{ID: "own", At: "frame", Do: "drop-frame", Stream: "sub", Chance: 0.02, Every: 1}
	check := func(want ...api.Fault) {
		t.Helper()
		got, err := fleet.Faults("cam-0001")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	check(own)
	added, err := fleet.AddFault("cam-0001", api.Fault{Do: "revoked-certificate"})
	if err != nil || added.ID == "" || !strings.HasPrefix(added.CRL, "-----BEGIN X509 CRL-----\n") {
		t.Fatalf("%+v, %v", added, err)
	}
	check(own, added)
	if gone, err := fleet.RemoveFault("cam-0001", "own"); err != nil || !cmp.Equal(gone, own) {
		t.Errorf("%+v, %v", gone, err)
	}
	check(added)
	if r := fleet.Reset(); r.Faults != 0 { // one away, one back
		t.Errorf("%+v", r)
	}
	check(own)
	var bad *api.ConfigError
	if _, err := fleet.AddFault("cam-0001", api.Fault{Do: "freeze", Stream: "third"}); !errors.As(err, &bad) || bad.Field != "stream" {
		t.Error(err)
	}
	if _, err := fleet.AddFault("cam-0001", api.Fault{ID: "own", Do: "freeze"}); !errors.Is(err, api.ErrNotAllowed) {
		t.Error(err)
	}
	if _, err := fleet.RemoveFault("cam-0001", "other"); !errors.Is(err, api.ErrNotFound) {
		t.Error(err)
	}
	if _, err := fleet.AddFault("cam-0009", api.Fault{Do: "freeze"}); !errors.Is(err, api.ErrNotFound) {
		t.Error(err)
	}
	if _, err := fleet.Faults("cam-0009"); !errors.Is(err, api.ErrNotFound) {
		t.Error(err)
	}
	check(own)
}

// TestProfilesKnowEveryFault holds the list in the profile's format against the
// faults there are: what a profile may say, a camera takes.
func TestProfilesKnowEveryFault(t *testing.T) {
	t.Parallel()
	for _, do := range fault.Actions() {
		text := "extends: flagship\nfaults: [{do: " + do
		if slices.Contains([]string{"freeze", "counter-jump", "clock-jump"}, do) {
			text += ", amount: 10000"
		}
		p, err := profiles.Parse("x.yaml", []byte(text+"}]\n"))
		if err != nil {
			t.Errorf("%s: %v", do, err)
			continue
		}
		f := p.Faults[0]
		set := fault.New(fault.Config{Now: func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }})
		if _, err := set.Add(fault.Rule{At: f.At, Do: f.Do, Chance: f.Chance, Every: f.Every, Amount: int64(f.Amount)}); err != nil {
			t.Errorf("%s: %v", do, err)
		}
	}
	if _, err := profiles.Parse("x.yaml", []byte("extends: flagship\nfaults: [{do: none-such}]\n")); err == nil {
		t.Error("a profile may have a fault that there is not")
	}
}

package camera

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/state"
)

func TestNoTokenIsTakenWhileNoNamedKeyCanBeUsed(t *testing.T) {
	t.Parallel()
	p, err := profiles.Open("flagship")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	generating := keystore.Key{ID: "generating", Status: keystore.StatusGenerating}
	ready := keystore.Key{ID: "ready", Status: keystore.StatusOK, Public: public}
	for name, c := range map[string]struct {
		named []string
		keys  int // that tokens must verify with; -1: no token is taken
	}{
		"only issuers":       {nil, 0},
		"one ready":          {[]string{"ready"}, 1},
		"one still made":     {[]string{"generating"}, -1},
		"one that is gone":   {[]string{"gone"}, -1},
		"one of two is made": {[]string{"generating", "ready"}, 1},
	} {
		section := &keystore.Section{
			Keys: []keystore.Key{generating, ready},
			JWT:  keystore.JWT{TrustedIssuers: []string{"https://issuer.example"}, KeyIDs: c.named},
		}
		cam := New(Config{Name: "cam", Profile: p, State: state.New(state.Tree{Keystore: section}, state.Config{}), Clock: clock.Real()})
		got := -1
		if b := cam.authSettings(cam.config.State.View()).Bearer; b != nil {
			got = len(b.Keys)
		}
		if got != c.keys {
			t.Errorf("%s: %d keys, want %d", name, got, c.keys)
		}
	}
}

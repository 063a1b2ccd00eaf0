package auth_test

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/golang-jwt/jwt/v5"
)

// changing is a source whose keys change.
type changing struct{ keys auth.StaticKeys }

func (c *changing) PublicKeys(ctx context.Context, issuer, kid string) ([]crypto.PublicKey, error) {
	return c.keys.PublicKeys(ctx, issuer, kid)
}

// TestTokenThatWasTakenIsRefusedWhenSomethingChanged: only the signature is
// remembered, and by which keys it was right.
func TestTokenThatWasTakenIsRefusedWhenSomethingChanged(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	for name, change := range map[string]func(c camera, s *changing, revoked map[string]bool){
		"the key is withdrawn": func(_ camera, s *changing, _ map[string]bool) { s.keys = auth.StaticKeys{} },
		"another key has the kid": func(_ camera, s *changing, _ map[string]bool) {
			s.keys = auth.StaticKeys{{Issuer: fleet, ID: "ES256", Public: k.foreign.Public()}}
		},
		"it is revoked": func(_ camera, _ *changing, revoked map[string]bool) { revoked["t1"] = true },
		"it expires":    func(c camera, _ *changing, _ map[string]bool) { c.clock.Advance(10 * time.Minute) },
		"the audience changes": func(c camera, s *changing, _ map[string]bool) {
			c.Configure(auth.Settings{Bearer: &auth.BearerConfig{Audiences: []string{"x"}, Issuers: []string{fleet}, Source: s}})
		},
	} {
		s, revoked := &changing{auth.StaticKeys{{Issuer: fleet, ID: "ES256", Public: k.es256.Public()}}}, map[string]bool{}
		c := newCamera(k.trust(func(b *auth.BearerConfig) {
			b.Source, b.Revoked = s, func(_, jti string) bool { return revoked[jti] }
		}))
		for _, kid := range []any{"ES256", nil} {
			r := https(minting{method: jwt.SigningMethodES256, key: k.es256, header: map[string]any{"kid": kid}}.token(t))
			for range 2 {
				id, err := c.Identify(r)
				identified(t, id, err, "alice", auth.ByBearer)
			}
		}
		change(c, s, revoked)
		for _, kid := range []any{"ES256", nil} {
			r := https(minting{method: jwt.SigningMethodES256, key: k.es256, header: map[string]any{"kid": kid}}.token(t))
			if _, err := c.Identify(r); refusal(t, err) == nil {
				t.Errorf("%s: it is taken all the same", name)
			}
		}
	}
}

// TestMoreTokensThanAreRememberedAreAllTaken: the oldest are forgotten.
func TestMoreTokensThanAreRememberedAreAllTaken(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	for _, most := range []int{-1, 1, 3} {
		c := newCamera(k.trust(func(b *auth.BearerConfig) { b.Verified = most }))
		for range 2 {
			for n := range 5 {
				user := fmt.Sprintf("user-%d", n)
				id, err := c.Identify(https(minting{method: jwt.SigningMethodES256, key: k.es256, claims: map[string]any{"sub": user}}.token(t)))
				identified(t, id, err, user, auth.ByBearer)
			}
		}
	}
}

func TestKeySourcesAskUpToTheFirstThatKnowsTheIssuer(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	one := auth.StaticKeys{{Issuer: "one", ID: "a", Public: k.es256.Public()}}
	two := auth.StaticKeys{{Issuer: "one", ID: "b", Public: k.es384.Public()}, {Issuer: "two", ID: "a", Public: k.es384.Public()}}
	for _, tc := range []struct {
		issuer, kid string
		want        crypto.PublicKey
		err         error
	}{
		{"one", "a", k.es256.Public(), nil},
		{"one", "b", nil, auth.ErrNoKey}, // the first knows the issuer
		{"two", "a", k.es384.Public(), nil},
		{"two", "", k.es384.Public(), nil},
		{"three", "a", nil, auth.ErrNoIssuer},
	} {
		keys, err := auth.KeySources{one, two}.PublicKeys(t.Context(), tc.issuer, tc.kid)
		if !errors.Is(err, tc.err) || tc.want != nil && (len(keys) != 1 || keys[0] != tc.want) {
			t.Errorf("%s, %s: %v, %v", tc.issuer, tc.kid, keys, err)
		}
	}
	if _, err := (auth.KeySources{one, down{}}).PublicKeys(t.Context(), "two", ""); err == nil || errors.Is(err, auth.ErrNoIssuer) {
		t.Errorf("a source that is down: %v", err)
	}
}

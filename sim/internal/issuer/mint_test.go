package issuer_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/issuer"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

// part decodes the header (0) or payload (1) of a token.
func part(t testing.TB, token string, n int) map[string]any {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[n])
	out := map[string]any{}
	if err != nil || json.Unmarshal(text, &out) != nil {
		t.Fatalf("part %d of %s", n, token)
	}
	return out
}

func TestMintWritesTheClaimsOfTheRequest(t *testing.T) {
	t.Parallel()
	token := mint(t, newIssuer(t), issuer.TokenRequest{
		Subject: "bob", Roles: []string{"Administrator"}, Audience: []string{"a", "b"}, TTL: time.Hour,
		Claims: map[string]any{"site": "north", "jti": "mine"},
	})
	now := float64(start().Unix())
	if d := cmp.Diff(map[string]any{
		"iss": "http://127.0.0.1:8800/issuer", "sub": "bob", "aud": []any{"a", "b"}, "roles": []any{"onvif:Administrator"},
		"iat": now, "nbf": now, "exp": now + 3600, "site": "north", "jti": "mine",
	}, part(t, token, 1)); d != "" {
		t.Error(d)
	}
	header := part(t, token, 0)
	if header["typ"] != "JWT" || header["alg"] != "ES256" || len(header["kid"].(string)) != 43 || len(header) != 3 {
		t.Errorf("header %v", header)
	}
}

func TestMintChecksTheRequest(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	for name, tc := range map[string]struct {
		request issuer.TokenRequest
		good    bool
	}{
		"one second":         {issuer.TokenRequest{TTL: time.Second}, true},
		"less":               {issuer.TokenRequest{TTL: time.Second - 1}, false},
		"negative":           {issuer.TokenRequest{TTL: -time.Hour}, false},
		"30 days":            {issuer.TokenRequest{TTL: 720 * time.Hour}, true},
		"more":               {issuer.TokenRequest{TTL: 720*time.Hour + 1}, false},
		"32 roles":           {issuer.TokenRequest{Roles: make([]string, 32)}, true},
		"33 roles":           {issuer.TokenRequest{Roles: make([]string, 33)}, false},
		"33 audiences":       {issuer.TokenRequest{Audience: make([]string, 33)}, false},
		"reserved claim":     {issuer.TokenRequest{Claims: map[string]any{"exp": 1}}, false},
		"claim not JSON":     {issuer.TokenRequest{Claims: map[string]any{"x": func() {}}}, false},
		"long claim":         {issuer.TokenRequest{Claims: map[string]any{"x": strings.Repeat("x", 8192)}}, false},
		"unknown bad":        {issuer.TokenRequest{Bad: "taste"}, false},
		"algorithm not held": {issuer.TokenRequest{Algorithm: "RS256"}, false},
	} {
		if _, err := i.Mint(tc.request); (err == nil) != tc.good {
			t.Errorf("%s: %v, want good: %v", name, err, tc.good)
		}
	}
	nameless := newIssuer(t, func(c *issuer.Config) { c.Audience = "" })
	if _, err := nameless.Mint(issuer.TokenRequest{}); err == nil {
		t.Error("a token without an audience is minted")
	}
	dry := newIssuer(t, func(c *issuer.Config) { c.Random = io.LimitReader(c.Random, 40) })
	if _, err := dry.Mint(issuer.TokenRequest{}); err == nil {
		t.Error("a token is minted without randomness")
	}
}

func TestSeedGivesTheSameKeysAndTokens(t *testing.T) {
	t.Parallel()
	both := func(c *issuer.Config) { c.Algorithms = []string{"ES256", "RS256"} }
	a, b := newIssuer(t, both), newIssuer(t, both)
	for _, algorithm := range []string{"ES256", "RS256"} {
		r := issuer.TokenRequest{Algorithm: algorithm, Claims: map[string]any{"site": "north", "n": 7}}
		if x, y := mint(t, a, r), mint(t, b, r); x != y {
			t.Errorf("%s:\n%s\n%s", algorithm, x, y)
		}
	}
}

// FuzzMint checks that what is minted verifies by an independent library's
// rules.
func FuzzMint(f *testing.F) {
	f.Add("alice", "onvif:User", "camfleet", "claim", "value", int64(600))
	f.Add("", "Operator", "a\"b", "<>&", "\xff", int64(1))
	i := newIssuer(f)
	f.Fuzz(func(t *testing.T, subject, role, audience, claim, value string, ttl int64) {
		text, err := i.Mint(issuer.TokenRequest{
			Subject: subject, Roles: []string{role}, Audience: []string{audience}, TTL: time.Duration(ttl) * time.Second,
			Claims: map[string]any{claim: value},
		})
		if err != nil {
			return
		}
		_, err = jwt.Parse(text, func(tok *jwt.Token) (any, error) {
			keys, err := i.PublicKeys(t.Context(), i.URL(), tok.Header["kid"].(string))
			if err != nil {
				return nil, err
			}
			return keys[0], nil
		}, jwt.WithValidMethods([]string{"ES256"}), jwt.WithTimeFunc(start), jwt.WithExpirationRequired())
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	})
}

func BenchmarkMint(b *testing.B) {
	i := newIssuer(b)
	for b.Loop() {
		mint(b, i, issuer.TokenRequest{})
	}
}

func TestTokensAreSignedWithTheKeyThatIsAskedFor(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, func(c *issuer.Config) { c.Algorithms = []string{"ES256", "RS256"} })
	old := i.KeyIDs()[0]
	if err := i.Rotate(); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		r        issuer.TokenRequest
		alg, kid string // "": it is refused, "*": any
	}{
		"nothing":      {issuer.TokenRequest{}, "ES256", i.KeyIDs()[0]},
		"algorithm":    {issuer.TokenRequest{Algorithm: "RS256"}, "RS256", "*"},
		"old key":      {issuer.TokenRequest{KeyID: old}, "ES256", old},
		"both":         {issuer.TokenRequest{KeyID: old, Algorithm: "ES256"}, "ES256", old},
		"not fitting":  {issuer.TokenRequest{KeyID: old, Algorithm: "RS256"}, "", ""},
		"unknown key":  {issuer.TokenRequest{KeyID: "x"}, "", ""},
		"no such alg":  {issuer.TokenRequest{Algorithm: "HS256"}, "", ""},
		"not even one": {issuer.TokenRequest{Algorithm: "none"}, "", ""},
	} {
		text, err := i.Mint(tc.r)
		if tc.alg == "" {
			if err == nil {
				t.Errorf("%s: a token", name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if header := part(t, text, 0); header["alg"] != tc.alg || tc.kid != "*" && header["kid"] != tc.kid {
			t.Errorf("%s: %v", name, header)
		}
	}
}

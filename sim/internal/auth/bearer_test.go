package auth_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/golang-jwt/jwt/v5"
)

const fleet = "https://issuer.example/fleet"

// testKeys are private keys of every kind, made once for a test.
type testKeys struct {
	es256, es384, es512, foreign *ecdsa.PrivateKey
	rsa, small                   *rsa.PrivateKey
	ed                           ed25519.PrivateKey
}

func newKeys(t testing.TB) testKeys {
	t.Helper()
	ec := func(c elliptic.Curve) *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	k := testKeys{es384: ec(elliptic.P384()), es512: ec(elliptic.P521()), foreign: ec(elliptic.P256())}
	var err error
	// always the same, so that tokens found by a fuzzer verify in all its processes
	if k.es256, err = ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{7}, 32)); err != nil {
		t.Fatal(err)
	}
	if k.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if k.small, err = rsa.GenerateKey(rand.Reader, 1024); err != nil {
		t.Fatal(err)
	}
	if _, k.ed, err = ed25519.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	return k
}

// public is the source of the public keys, each called as its algorithm.
func (k testKeys) public() auth.StaticKeys {
	return auth.StaticKeys{
		{Issuer: fleet, ID: "ES256", Public: k.es256.Public()}, {Issuer: fleet, ID: "ES384", Public: k.es384.Public()},
		{Issuer: fleet, ID: "ES512", Public: k.es512.Public()}, {Issuer: fleet, ID: "RSA", Public: k.rsa.Public()},
		{Issuer: fleet, ID: "small", Public: k.small.Public()}, {Issuer: fleet, ID: "EdDSA", Public: k.ed.Public()},
		{Issuer: "https://other.example", ID: "other", Public: k.foreign.Public()},
	}
}

func (k testKeys) trust(change ...func(*auth.BearerConfig)) func(*auth.Config) {
	return func(c *auth.Config) {
		c.Bearer = &auth.BearerConfig{
			Audiences: []string{"camera", "cam-0001"}, Issuers: []string{fleet, "https://other.example"},
			Source: k.public(), Algorithms: auth.Algorithms(),
		}
		for _, f := range change {
			f(c.Bearer)
		}
	}
}

// good are the claims of a token that is right in all.
func good() jwt.MapClaims {
	return jwt.MapClaims{
		"iss": fleet, "sub": "alice", "aud": "camera", "jti": "t1", "iat": start().Unix(),
		"nbf": start().Unix(), "exp": start().Add(10 * time.Minute).Unix(), "roles": []string{"onvif:Operator"},
	}
}

// minting is how to make a token that differs from a good one.
type minting struct {
	method jwt.SigningMethod
	key    any
	header map[string]any // a nil value takes the parameter away
	claims map[string]any // likewise
}

func (m minting) token(t testing.TB) string {
	t.Helper()
	claims := good()
	maps.Copy(claims, m.claims)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	tok := jwt.NewWithClaims(m.method, claims)
	maps.Copy(tok.Header, m.header)
	maps.DeleteFunc(tok.Header, func(_ string, v any) bool { return v == nil })
	text, err := tok.SignedString(m.key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// https is a request over TLS with a bearer token.
func https(tok string) auth.Request {
	r := request("Bearer " + tok)
	r.Secure = true
	return r
}

func TestBearerTokensOfAllAlgorithmsIdentify(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	c := newCamera(k.trust())
	for name, m := range map[string]minting{
		"ES256": {method: jwt.SigningMethodES256, key: k.es256}, "ES384": {method: jwt.SigningMethodES384, key: k.es384},
		"ES512": {method: jwt.SigningMethodES512, key: k.es512}, "RS256": {method: jwt.SigningMethodRS256, key: k.rsa},
		"PS256": {method: jwt.SigningMethodPS256, key: k.rsa}, "EdDSA": {method: jwt.SigningMethodEdDSA, key: k.ed},
		"kid":         {method: jwt.SigningMethodES256, key: k.es256, header: map[string]any{"kid": "ES256"}},
		"typ in case": {method: jwt.SigningMethodES256, key: k.es256, header: map[string]any{"typ": "jwt"}},
		"audiences":   {method: jwt.SigningMethodES256, key: k.es256, claims: map[string]any{"aud": []string{"x", "cam-0001"}}},
		"times with fractions": {method: jwt.SigningMethodES256, key: k.es256, claims: map[string]any{
			"exp": float64(start().Unix()) + 600, "nbf": float64(start().Unix()) - 0.5,
		}},
	} {
		id, err := c.Identify(https(m.token(t)))
		identified(t, id, err, "alice", auth.ByBearer)
		if id.Level != auth.Operator || !id.Expires.Equal(start().Add(10*time.Minute)) {
			t.Errorf("%s: %+v", name, id)
		}
	}
}

func TestBearerRolesGiveTheLevel(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	c := newCamera(k.trust())
	for _, tc := range []struct {
		roles any
		level auth.Level
		code  string
	}{
		{[]string{"onvif:Administrator"}, auth.Administrator, ""},
		{[]string{"onvif:User"}, auth.User, ""},
		{"onvif:Operator", auth.Operator, ""},
		{[]string{"onvif:User", "other", "onvif:Operator"}, auth.Operator, ""},
		{[]any{1, "onvif:User", nil}, auth.User, ""},
		{[]string{"onvif:Anonymous"}, 0, "insufficient_scope"},
		{[]string{"Administrator"}, 0, "insufficient_scope"},
		{[]string{"onvif:administrator"}, 0, "insufficient_scope"},
		{[]string{"onvif:Nobody"}, 0, "insufficient_scope"},
		{[]string{}, 0, "insufficient_scope"},
		{map[string]any{"onvif:User": 1}, 0, "insufficient_scope"},
		{nil, 0, "invalid_token"},
	} {
		tok := minting{method: jwt.SigningMethodES256, key: k.es256, claims: map[string]any{"roles": tc.roles}}.token(t)
		id, err := c.Identify(https(tok))
		r := refusal(t, err)
		if tc.code == "" && (err != nil || id.Level != tc.level) || tc.code != "" && (r == nil || r.Code != tc.code) {
			t.Errorf("roles %v: %+v, %v, want %v %s", tc.roles, id, r, tc.level, tc.code)
		}
		if tc.code == "insufficient_scope" && r.Status != 403 {
			t.Errorf("roles %v: status %d, want 403", tc.roles, r.Status)
		}
	}
}

func TestBearerLeewayMovesBothEnds(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	c := newCamera(k.trust(func(b *auth.BearerConfig) { b.Leeway = 30 * time.Second }))
	for _, tc := range []struct {
		nbf, exp time.Duration
		good     bool
	}{
		{30 * time.Second, time.Hour, true}, {31 * time.Second, time.Hour, false},
		{-time.Hour, -29 * time.Second, true}, {-time.Hour, -30 * time.Second, false},
	} {
		_, err := c.Identify(https(minting{method: jwt.SigningMethodES256, key: k.es256, claims: map[string]any{
			"nbf": start().Add(tc.nbf).Unix(), "exp": start().Add(tc.exp).Unix(),
		}}.token(t)))
		if (refusal(t, err) == nil) != tc.good {
			t.Errorf("nbf %v, exp %v: %v, want good: %v", tc.nbf, tc.exp, err, tc.good)
		}
	}
}

func TestBearerConfigurationIsKept(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	es := minting{method: jwt.SigningMethodES256, key: k.es256}
	for name, tc := range map[string]struct {
		change func(*auth.BearerConfig)
		token  minting
		good   bool
	}{
		"algorithms by default, ES256":  {func(b *auth.BearerConfig) { b.Algorithms = nil }, es, true},
		"algorithms by default, ES384":  {func(b *auth.BearerConfig) { b.Algorithms = nil }, minting{method: jwt.SigningMethodES384, key: k.es384}, false},
		"algorithms never HMAC or none": {func(b *auth.BearerConfig) { b.Algorithms = []string{"HS256", "none"} }, minting{method: jwt.SigningMethodHS256, key: []byte("x")}, false},
		"algorithm not listed":          {func(b *auth.BearerConfig) { b.Algorithms = []string{"RS256"} }, es, false},
		"typ widened":                   {func(b *auth.BearerConfig) { b.Types = []string{"", "at+jwt"} }, minting{method: jwt.SigningMethodES256, key: k.es256, header: map[string]any{"typ": nil}}, true},
		"no audiences":                  {func(b *auth.BearerConfig) { b.Audiences = nil }, es, false},
		"other roles claim":             {func(b *auth.BearerConfig) { b.Roles = "groups" }, minting{method: jwt.SigningMethodES256, key: k.es256, claims: map[string]any{"groups": "onvif:User"}}, true},
		"other roles claim missing":     {func(b *auth.BearerConfig) { b.Roles = "groups" }, es, false},
		"custom claim there":            {custom("site", "a", "b"), minting{method: jwt.SigningMethodES256, key: k.es256, claims: map[string]any{"site": "b"}}, true},
		"custom claim in a list":        {custom("site", "a", "b"), minting{method: jwt.SigningMethodES256, key: k.es256, claims: map[string]any{"site": []any{"x", "a"}}}, true},
		"custom claim a number":         {custom("site", "7"), minting{method: jwt.SigningMethodES256, key: k.es256, claims: map[string]any{"site": 7}}, true},
		"custom claim a boolean":        {custom("site", "true"), minting{method: jwt.SigningMethodES256, key: k.es256, claims: map[string]any{"site": true}}, true},
		"custom claim of any value":     {custom("site"), minting{method: jwt.SigningMethodES256, key: k.es256, claims: map[string]any{"site": map[string]any{}}}, true},
		"custom claim other":            {custom("site", "a"), minting{method: jwt.SigningMethodES256, key: k.es256, claims: map[string]any{"site": "c"}}, false},
		"custom claim missing":          {custom("site"), es, false},
		"key named":                     {func(b *auth.BearerConfig) { b.Keys = []crypto.PublicKey{k.es256.Public()} }, es, true},
		"key not named":                 {func(b *auth.BearerConfig) { b.Keys = []crypto.PublicKey{k.foreign.Public()} }, es, false},
		"keys only": {func(b *auth.BearerConfig) {
			b.Issuers, b.Source, b.Keys = nil, nil, []crypto.PublicKey{k.es256.Public()}
		}, es, true},
		"keys only, any issuer": {func(b *auth.BearerConfig) { b.Issuers, b.Keys = nil, []crypto.PublicKey{k.es256.Public()} }, minting{
			method: jwt.SigningMethodES256, key: k.es256, claims: map[string]any{"iss": "server.path.com"},
		}, true},
		"keys only, no issuer": {func(b *auth.BearerConfig) { b.Issuers, b.Keys = nil, []crypto.PublicKey{k.es256.Public()} }, minting{
			method: jwt.SigningMethodES256, key: k.es256, claims: map[string]any{"iss": nil},
		}, false},
		"nobody trusted":       {func(b *auth.BearerConfig) { b.Issuers = nil }, es, false},
		"issuer not listed":    {func(b *auth.BearerConfig) { b.Issuers = []string{"https://other.example"} }, es, false},
		"source that is down":  {func(b *auth.BearerConfig) { b.Source = down{} }, es, false},
		"a nonsense key":       {func(b *auth.BearerConfig) { b.Source = auth.StaticKeys{{Issuer: fleet, Public: "x"}} }, es, false},
		"a nonsense key named": {func(b *auth.BearerConfig) { b.Keys = []crypto.PublicKey{"x"} }, es, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newCamera(k.trust(tc.change)).Identify(https(tc.token.token(t)))
			if (refusal(t, err) == nil) != tc.good {
				t.Errorf("%v, want good: %v", err, tc.good)
			}
		})
	}
}

func custom(name string, values ...string) func(*auth.BearerConfig) {
	return func(b *auth.BearerConfig) { b.Custom = []auth.CustomClaim{{Name: name, Values: values}} }
}

// down is a source whose issuer cannot be reached.
type down struct{}

func (down) PublicKeys(context.Context, string, string) ([]crypto.PublicKey, error) {
	return nil, errors.New("connection refused")
}

func TestBearerTokenLengthHasALimit(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	tok := minting{method: jwt.SigningMethodES256, key: k.es256}.token(t)
	for _, tc := range []struct {
		limit int
		good  bool
	}{{len(tok), true}, {len(tok) - 1, false}} {
		c := newCamera(k.trust(), func(c *auth.Config) { c.Limits.BearerBytes = tc.limit })
		if _, err := c.Identify(https(tok)); (refusal(t, err) == nil) != tc.good {
			t.Errorf("limit %d for %d bytes: %v", tc.limit, len(tok), err)
		}
	}
}

func TestTokenOfSecurityAnnexAIsTakenOnceItIsReallySigned(t *testing.T) {
	t.Parallel()
	const printed = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJzZXJ2ZXIucGF0aC5jb20iLCJuYmYiOjE2NzA0ODI4MDAsImV4" +
		"cCI6MTY3MDU3MjgwMCwiYXVkIjoidGFyZ2V0LmF1ZGllbmNlIiwicm9sZXMiOlsib252aWY6T3BlcmF0b3IiXX0.SflKxw" +
		"RJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
	k := newKeys(t)
	c := newCamera(func(c *auth.Config) {
		c.Bearer = &auth.BearerConfig{
			Audiences: []string{"target.audience"}, Issuers: []string{"server.path.com"},
			Source: auth.StaticKeys{{Issuer: "server.path.com", Public: k.es256.Public()}},
		}
	})
	c.clock.Advance(time.Unix(1670500000, 0).Sub(start()))
	_, err := c.Identify(https(printed))
	if r := refusal(t, err); r == nil || r.Description != "The signature of the access token is invalid" {
		t.Errorf("as printed: %+v", r)
	}
	input := printed[:strings.LastIndexByte(printed, '.')]
	sig, err := jwt.SigningMethodES256.Sign(input, k.es256)
	if err != nil {
		t.Fatal(err)
	}
	signed := input + "." + base64.RawURLEncoding.EncodeToString(sig)
	id, err := c.Identify(https(signed))
	identified(t, id, err, "server.path.com", auth.ByBearer)
	if id.Level != auth.Operator || id.Expires.Unix() != 1670572800 {
		t.Errorf("identity %+v", id)
	}
	c.clock.Advance(id.Expires.Sub(c.clock.Now()))
	if _, err := c.Identify(https(signed)); refusal(t, err) == nil {
		t.Error("taken in the second it expires")
	}
}

package oidc_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/oidc"
	"github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ auth.KeySource = (*oidc.Source)(nil)

func start() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// key is a P-256 key, always the same for one number.
func key(t testing.TB, n byte) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{n}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// jwk is the public part of a key, called by its number.
func jwk(t testing.TB, n byte) jose.JSONWebKey {
	t.Helper()
	return jose.JSONWebKey{Key: key(t, n).Public(), KeyID: string('a' + rune(n)), Use: "sig", Algorithm: "ES256"}
}

// provider is an issuer whose answers a test changes.
type provider struct {
	*httptest.Server
	mu    sync.Mutex
	pages map[string]func(http.ResponseWriter, *http.Request) // by path; others: 404
	asked map[string]int
}

// newProvider is a good issuer below a path, "" or such as "/a/b", with one key.
func newProvider(t testing.TB, path string, serve func(http.Handler) *httptest.Server) *provider {
	t.Helper()
	p := &provider{pages: map[string]func(http.ResponseWriter, *http.Request){}, asked: map[string]int{}}
	p.Server = serve(p)
	t.Cleanup(p.Close)
	p.metadata(path+openID, path)
	p.keys(t, 1)
	return p
}

const (
	openID = "/.well-known/openid-configuration"
	oauth  = "/.well-known/oauth-authorization-server"
)

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked[r.URL.Path]++
	page := p.pages[r.URL.Path]
	p.mu.Unlock()
	if page == nil {
		http.NotFound(w, r)
		return
	}
	page(w, r)
}

// set replaces a page.
func (p *provider) set(path string, page func(http.ResponseWriter, *http.Request)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pages[path] = page
}

// text replaces a page by a text.
func (p *provider) text(path, text string) {
	p.set(path, func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(text)) }) //nolint:errcheck // the client may have gone
}

// metadata puts the metadata of the issuer below base to a path.
func (p *provider) metadata(path, base string) {
	p.text(path, `{"issuer":"`+p.URL+base+`","jwks_uri":"`+p.URL+`/jwks"}`)
}

// keys publishes the keys of these numbers.
func (p *provider) keys(t testing.TB, numbers ...byte) {
	t.Helper()
	var set jose.JSONWebKeySet
	for _, n := range numbers {
		set.Keys = append(set.Keys, jwk(t, n))
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	p.text("/jwks", string(text))
}

// count is how often a page was asked for.
func (p *provider) count(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

// source is a source under test and its clock.
type source struct {
	*oidc.Source
	clock *clock.Manual
}

func newSource(t testing.TB, change func(*oidc.Config), issuers ...string) source {
	t.Helper()
	s := source{clock: clock.NewManual(start())}
	c := oidc.Config{Issuers: issuers, Clock: s.clock, FetcherConfig: oidc.FetcherConfig{PlainHTTP: oidc.Loopback}}
	if change != nil {
		change(&c)
	}
	s.Source = oidc.New(c)
	t.Cleanup(s.Close)
	return s
}

// has fails the test unless the source has (or has not) a key.
func (s source) has(t testing.TB, issuer, kid string, want bool) {
	t.Helper()
	keys, err := s.PublicKeys(t.Context(), issuer, kid)
	if (err == nil) != want || want && len(keys) == 0 {
		t.Fatalf("key %q of %s: %d keys, %v; want one: %v", kid, issuer, len(keys), err, want)
	}
}

func TestKeysAreFoundByEitherWellKnownAddressAndByTheirIdentifier(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ metadata, base, configured string }{
		"identifier, OpenID":                {openID, "", ""},
		"identifier with a path, OpenID":    {"/a/b" + openID, "/a/b", "/a/b"},
		"identifier with a slash, OpenID":   {"/a" + openID, "/a/", "/a/"},
		"identifier, RFC 8414":              {oauth, "", ""},
		"identifier with a path, RFC 8414":  {oauth + "/a/b", "/a/b", "/a/b"},
		"metadata of OpenID":                {openID, "", openID},
		"metadata of OpenID with a path":    {"/a" + openID, "/a", "/a" + openID},
		"metadata of OpenID, issuer with /": {"/a" + openID, "/a/", "/a" + openID},
		"metadata of RFC 8414":              {oauth + "/a", "/a", oauth + "/a"},
		"metadata of RFC 8414 at the root":  {oauth, "", oauth},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t, "/elsewhere", httptest.NewServer)
			p.metadata(tc.metadata, tc.base)
			s := newSource(t, nil, p.URL+tc.configured)
			s.has(t, p.URL+tc.base, "b", true)
			s.has(t, p.URL+tc.base, "", true)
			s.has(t, p.URL+tc.base, "z", false)
			s.has(t, p.URL+tc.base+"x", "b", false)
		})
	}
}

func TestNamesOfATrustedIssuer(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"https://a.example":                "https://a.example",
		"https://a.example/":               "https://a.example/",
		"https://a.example/x":              "https://a.example/x",
		"https://a.example" + openID:       "https://a.example https://a.example/",
		"https://a.example/x/y" + openID:   "https://a.example/x/y https://a.example/x/y/",
		"https://a.example" + oauth:        "https://a.example https://a.example/",
		"https://a.example" + oauth + "/x": "https://a.example/x https://a.example/x/",
		"https://a.example" + oauth + "x":  "https://a.example" + oauth + "x",
		"a":                                "",
		"https://%zz":                      "",
		"https://a.example:8443/realms/cameras%20of%20x" + openID: "https://a.example:8443/realms/cameras%20of%20x https://a.example:8443/realms/cameras%20of%20x/",
	} {
		if got := strings.Join(oidc.Names(uri), " "); got != want {
			t.Errorf("%s: %q, want %q", uri, got, want)
		}
	}
}

package issuer_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/issuer"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func config() issuer.Config {
	return issuer.Config{
		URL: "http://127.0.0.1:8800/issuer", Clock: clock.NewManual(start()), Random: seed.New(1).Stream("issuer"),
		Audience: "camfleet", Clients: []issuer.Client{
			{ID: "vms", Secret: "s3cr:t %", Roles: []string{"onvif:Operator"}},
			{ID: "open", Secret: ""},
		},
	}
}

func newIssuer(t testing.TB, change ...func(*issuer.Config)) *issuer.Issuer {
	t.Helper()
	c := config()
	for _, f := range change {
		f(&c)
	}
	i, err := issuer.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func mint(t testing.TB, i *issuer.Issuer, r issuer.TokenRequest) string {
	t.Helper()
	text, err := i.Mint(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// served is an issuer behind a real listener.
func served(t *testing.T, change ...func(*issuer.Config)) (*issuer.Issuer, *http.Client) {
	t.Helper()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	client := server.Client()
	t.Cleanup(func() { client.CloseIdleConnections(); server.Close() })
	i := newIssuer(t, append([]func(*issuer.Config){func(c *issuer.Config) { c.URL = server.URL + "/issuer" }}, change...)...)
	handler = i.Handler()
	return i, client
}

// camera is an authenticator that trusts an issuer.
func camera(i *issuer.Issuer, audience string) *auth.Authenticator {
	return auth.New(auth.Config{Realm: "cam-0001", Clock: clock.NewManual(start()), Settings: auth.Settings{Bearer: &auth.BearerConfig{
		Audiences: []string{audience}, Issuers: []string{i.URL()}, Source: i,
	}}})
}

func identify(a *auth.Authenticator, token string) (auth.Identity, error) {
	return a.Identify(auth.Request{Secure: true, Method: "POST", URI: "/", Authorization: []string{"Bearer " + token}})
}

func TestGoOIDCDiscoversAndVerifies(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ES256", "RS256"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			i, client := served(t, func(c *issuer.Config) { c.Algorithms = []string{algorithm} })
			ctx := oidc.ClientContext(t.Context(), client)
			provider, err := oidc.NewProvider(ctx, i.URL())
			if err != nil {
				t.Fatal(err)
			}
			verifier := provider.VerifierContext(ctx, &oidc.Config{ClientID: "camfleet", Now: start})
			old := mint(t, i, issuer.TokenRequest{Subject: "alice", Roles: []string{"Operator", "onvif:User", "own"}})
			if err := i.Rotate(); err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{old, mint(t, i, issuer.TokenRequest{Subject: "alice", Roles: []string{"Operator", "onvif:User", "own"}})} {
				token, err := verifier.Verify(ctx, text)
				if err != nil {
					t.Fatal(err)
				}
				var claims struct {
					Roles []string `json:"roles"`
				}
				if err := token.Claims(&claims); err != nil || token.Subject != "alice" || !token.Expiry.Equal(start().Add(10*time.Minute)) {
					t.Errorf("%+v, %v", token, err)
				}
				if d := cmp.Diff([]string{"onvif:Operator", "onvif:User", "own"}, claims.Roles); d != "" {
					t.Error(d)
				}
			}
			for _, bad := range issuer.Bads() {
				_, err := verifier.Verify(ctx, mint(t, i, issuer.TokenRequest{Bad: bad}))
				if (err == nil) != (bad == issuer.BadRole) { // go-oidc knows nothing of roles
					t.Errorf("%s: %v", bad, err)
				}
			}
		})
	}
}

func TestCameraTakesGoodTokensAndRefusesBadOnes(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	cam := camera(i, "camfleet")
	id, err := identify(cam, mint(t, i, issuer.TokenRequest{}))
	if want := (auth.Identity{User: "camfleet", Level: auth.User, How: auth.ByBearer, Expires: start().Add(10 * time.Minute)}); err != nil || id != want {
		t.Errorf("%+v, %v, want %+v", id, err, want)
	}
	for bad, want := range map[issuer.Bad]string{
		issuer.BadExpired:   "The access token expired",
		issuer.BadNotYet:    "The access token is not valid yet",
		issuer.BadAudience:  "The access token is for another audience",
		issuer.BadSignature: "The signature of the access token is invalid",
		issuer.BadRole:      "The access token grants too little",
		issuer.BadAlgNone:   "The signature algorithm of the access token is not accepted",
		issuer.BadIssuer:    "The issuer of the access token is not trusted",
	} {
		_, err := identify(cam, mint(t, i, issuer.TokenRequest{Bad: bad}))
		var r *auth.Refusal
		if r, _ = err.(*auth.Refusal); r == nil || r.Description != want {
			t.Errorf("%s: %v, want %q", bad, err, want)
		}
	}
	other := newIssuer(t, func(c *issuer.Config) { c.Random = seed.New(2).Stream("issuer") })
	if _, err := identify(cam, mint(t, other, issuer.TokenRequest{})); err == nil {
		t.Error("a token of an issuer with the same name and another key is taken")
	}
}

func TestTokensOfRetiredKeysAreTakenUntilThereAreTooMany(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	cam := camera(i, "camfleet")
	old := mint(t, i, issuer.TokenRequest{})
	for n := 1; n <= 16; n++ {
		if err := i.Rotate(); err != nil {
			t.Fatal(err)
		}
		if _, err := identify(cam, mint(t, i, issuer.TokenRequest{})); err != nil {
			t.Errorf("new token after %d rotations: %v", n, err)
		}
		if _, err := identify(cam, old); (err == nil) != (n < 16) {
			t.Errorf("old token after %d rotations: %v", n, err)
		}
	}
}

func TestKeysAreKeptAsPEM(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, func(c *issuer.Config) { c.Algorithms = []string{"ES256", "RS256"} })
	mint(t, i, issuer.TokenRequest{Algorithm: "RS256"}) // has the key made
	if err := i.Rotate(); err != nil {
		t.Fatal(err)
	}
	text, err := i.Keys()
	if err != nil || bytes.Count(text, []byte("BEGIN PRIVATE KEY")) != 4 {
		t.Fatalf("%s, %v", text, err)
	}
	again := newIssuer(t, func(c *issuer.Config) { c.Keys, c.Random = text, seed.New(9).Stream("x") })
	if back, err := again.Keys(); err != nil || !bytes.Equal(back, text) {
		t.Errorf("keys changed: %v", err)
	}
	if _, err := identify(camera(again, "camfleet"), mint(t, i, issuer.TokenRequest{Algorithm: "RS256"})); err != nil {
		t.Error(err)
	}
	added := newIssuer(t, func(c *issuer.Config) {
		c.Keys, c.Algorithms = text[:bytes.Index(text[1:], []byte("-----BEGIN"))+1], []string{"RS256", "ES256"}
	})
	if header := part(t, mint(t, added, issuer.TokenRequest{}), 0); header["alg"] != "RS256" {
		t.Errorf("header %v", header)
	}
}

func TestKeysThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	many, err := newIssuer(t).Keys()
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ text, want string }{
		"empty":       {"", "not PEM"},
		"text":        {"hello", "not PEM"},
		"text behind": {string(many) + "hello", "not PEM"},
		"certificate": {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "key 1 is not a PKCS #8"},
		"nonsense":    {string(many) + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "key 2 is not a PKCS #8"},
		"ed25519": {"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n",
			"want P-256 or RSA"},
		"17": {strings.Repeat(string(many), 17), "more than 16"},
	} {
		c := config()
		c.Keys = []byte(tc.text)
		if _, err := issuer.New(c); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
	c := config()
	c.Keys = bytes.Repeat(many, 16)
	if _, err := issuer.New(c); err != nil {
		t.Errorf("16 keys: %v", err)
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*issuer.Config){
		"no URL":       func(c *issuer.Config) { c.URL = "" },
		"ftp":          func(c *issuer.Config) { c.URL = "ftp://x/y" },
		"no host":      func(c *issuer.Config) { c.URL = "http:///y" },
		"query":        func(c *issuer.Config) { c.URL = "http://x/y?z" },
		"fragment":     func(c *issuer.Config) { c.URL = "http://x/y#z" },
		"slash":        func(c *issuer.Config) { c.URL = "http://x/y/" },
		"algorithm":    func(c *issuer.Config) { c.Algorithms = []string{"HS256"} },
		"randomness":   func(c *issuer.Config) { c.Random = strings.NewReader("short") },
		"RSA, no luck": func(c *issuer.Config) { c.Random, c.Algorithms = strings.NewReader("short"), []string{"RS256"} },
	} {
		c := config()
		change(&c)
		if _, err := issuer.New(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for _, algorithm := range []string{"ES256", "RS256"} {
		b.Run(algorithm, func(b *testing.B) {
			for b.Loop() {
				newIssuer(b, func(c *issuer.Config) { c.Random, c.Algorithms = nil, []string{algorithm} })
			}
		})
	}
}

package issuer_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/issuer"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/golang-jwt/jwt/v5"
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

func TestGoldenMetadata(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	for _, path := range []string{"/issuer/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/issuer"} {
		w := httptest.NewRecorder()
		i.Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		want := `{"issuer":"http://127.0.0.1:8800/issuer","jwks_uri":"http://127.0.0.1:8800/issuer/jwks",` +
			`"token_endpoint":"http://127.0.0.1:8800/issuer/token","response_types_supported":[],` +
			`"grant_types_supported":["client_credentials"],"subject_types_supported":["public"],` +
			`"id_token_signing_alg_values_supported":["ES256"],` +
			`"token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"],` +
			`"claims_supported":["iss","sub","aud","exp","nbf","iat","jti","roles"]}`
		if w.Code != 200 || w.Body.String() != want || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	bare := newIssuer(t, func(c *issuer.Config) { c.Clients = nil })
	w := httptest.NewRecorder()
	bare.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/issuer/.well-known/openid-configuration", nil))
	if strings.Contains(w.Body.String(), "token_endpoint") {
		t.Errorf("a token endpoint nobody may use is offered: %s", w.Body)
	}
	for _, r := range []*http.Request{
		httptest.NewRequest("POST", "/issuer/jwks", nil), httptest.NewRequest("GET", "/issuer/token", nil),
		httptest.NewRequest("GET", "/issuer", nil),
	} {
		w := httptest.NewRecorder()
		if i.Handler().ServeHTTP(w, r); w.Code < 400 {
			t.Errorf("%s %s: %d", r.Method, r.URL, w.Code)
		}
	}
}

func TestKeySetHasPublicPartsOnlyAndItsIDsAreThumbprints(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, func(c *issuer.Config) { c.Algorithms = []string{"ES256", "RS256"} })
	w := httptest.NewRecorder()
	i.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/issuer/jwks", nil))
	var set struct{ Keys []map[string]string }
	if err := json.Unmarshal(w.Body.Bytes(), &set); err != nil || len(set.Keys) != 2 {
		t.Fatalf("%s: %v", w.Body, err)
	}
	for _, k := range set.Keys {
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi"} {
			if _, there := k[private]; there {
				t.Errorf("key %s shows %s", k["kid"], private)
			}
		}
		if k["use"] != "sig" || k["alg"] == "" || k["kid"] != thumbprint(t, k) {
			t.Errorf("key %v, thumbprint %s", k, thumbprint(t, k))
		}
	}
}

// ask sends a form to the token endpoint.
func ask(i *issuer.Issuer, form url.Values, change ...func(*http.Request)) (int, map[string]any) {
	r := httptest.NewRequest("POST", "/issuer/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	i.Handler().ServeHTTP(w, r)
	body := map[string]any{}
	json.Unmarshal(w.Body.Bytes(), &body) //nolint:errcheck // an empty body shows
	return w.Code, body
}

func TestTokenEndpointGivesTokensForClientCredentials(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	grant := url.Values{"grant_type": {"client_credentials"}}
	basic := func(id, secret string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret)) }
	}
	post := url.Values{"grant_type": {"client_credentials"}, "client_id": {"vms"}, "client_secret": {"s3cr:t %"}}
	for name, f := range map[string]func() (int, map[string]any){
		"basic": func() (int, map[string]any) { return ask(i, grant, basic("vms", "s3cr:t %")) },
		"post":  func() (int, map[string]any) { return ask(i, post) },
	} {
		code, body := f()
		if code != 200 || body["token_type"] != "Bearer" || body["expires_in"] != 600.0 {
			t.Fatalf("%s: %d %v", name, code, body)
		}
		id, err := identify(camera(i, "camfleet"), body["access_token"].(string))
		if err != nil || id.User != "vms" || id.Level != auth.Operator {
			t.Errorf("%s: %+v, %v", name, id, err)
		}
	}
	for name, tc := range map[string]struct {
		form   url.Values
		change func(*http.Request)
		code   int
		want   string
	}{
		"no credentials":  {grant, func(*http.Request) {}, 401, "invalid_client"},
		"wrong secret":    {grant, basic("vms", "x"), 401, "invalid_client"},
		"unknown client":  {grant, basic("x", "s3cr:t %"), 401, "invalid_client"},
		"empty secret":    {grant, basic("open", ""), 401, "invalid_client"},
		"bad escape":      {grant, func(r *http.Request) { r.SetBasicAuth("vms", "%zz") }, 401, "invalid_client"},
		"both ways":       {post, basic("vms", "s3cr:t %"), 400, "invalid_request"},
		"no grant":        {url.Values{}, basic("vms", "s3cr:t %"), 400, "unsupported_grant_type"},
		"password grant":  {url.Values{"grant_type": {"password"}}, basic("vms", "s3cr:t %"), 400, "unsupported_grant_type"},
		"parameter twice": {url.Values{"grant_type": {"a", "b"}}, basic("vms", "s3cr:t %"), 400, "invalid_request"},
		"too long":        {url.Values{"x": {strings.Repeat("x", 16384)}}, basic("vms", "s3cr:t %"), 400, "invalid_request"},
		"not a form":      {grant, func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("%zz")) }, 400, "invalid_request"},
	} {
		code, body := ask(i, tc.form, tc.change)
		if code != tc.code || body["error"] != tc.want || strings.Contains(body["error_description"].(string), "s3cr") {
			t.Errorf("%s: %d %v, want %d %s", name, code, body, tc.code, tc.want)
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

func BenchmarkNew(b *testing.B) {
	for _, algorithm := range []string{"ES256", "RS256"} {
		b.Run(algorithm, func(b *testing.B) {
			for b.Loop() {
				newIssuer(b, func(c *issuer.Config) { c.Random, c.Algorithms = nil, []string{algorithm} })
			}
		})
	}
}

package oauth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/issuer"
	"github.com/camfleet/camfleet/sim/internal/oauth"
	"github.com/camfleet/camfleet/sim/internal/oidc"
	"github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// server is the fleet's own issuer behind listeners with and without TLS.
type server struct {
	*issuer.Issuer
	clock *clock.Manual
	web   *http.Client
}

func newServer(t *testing.T) *server {
	t.Helper()
	var plain, secure http.Handler
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { plain.ServeHTTP(w, r) }))
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { secure.ServeHTTP(w, r) }))
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
	s.StartTLS()
	web := p.Client()
	web.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(func() { web.CloseIdleConnections(); p.Close(); s.Close() })
	at := clock.NewManual(start())
	i, err := issuer.New(issuer.Config{
		URL: p.URL + "/issuer", TLSURL: s.URL + "/issuer", Clock: at, Audience: "camfleet",
		Users: []issuer.User{{Name: "ada", Password: "analytical", Roles: []string{"onvif:User"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	plain, secure = i.Handler(), i.TLSHandler()
	return &server{i, at, web}
}

// config is that of a client of the server.
func (s *server) config(kind, method string) oauth.Config {
	return oauth.Config{
		Type: kind, URI: s.URL(), Method: method, Clock: s.clock, Random: rand.Reader,
		FetcherConfig: oidc.FetcherConfig{PlainHTTP: oidc.Loopback},
	}
}

func (s *server) register(t *testing.T, r issuer.Registration) issuer.Registration {
	t.Helper()
	made, err := s.Register(r)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func newClient(t *testing.T, c oauth.Config) *oauth.Client {
	t.Helper()
	client, err := oauth.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func newKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// selfSigned is a certificate that may be its own authority.
func selfSigned(t *testing.T, key crypto.Signer) *tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "cam-0001"}, NotBefore: start(), NotAfter: start().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// signer hides what kind of key it is, as one in a TPM does.
type signer struct{ crypto.Signer }

func TestTokensAreFetchedInAllSixWays(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	big, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{
		"client_secret_basic": nil, "client_secret_post": nil, "client_secret_jwt": nil,
		"private_key_jwt":                  newKey(t, elliptic.P256()),
		"private_key_jwt P-384":            newKey(t, elliptic.P384()),
		"private_key_jwt P-521":            newKey(t, elliptic.P521()),
		"private_key_jwt RSA":              big,
		"tls_client_auth":                  newKey(t, elliptic.P256()),
		"self_signed_tls_client_auth":      newKey(t, elliptic.P256()),
		"tls_client_auth, https issuer":    newKey(t, elliptic.P256()),
		"self_signed_tls_client_auth RSA":  big,
		"client_secret_post, https issuer": nil,
	} {
		method, rest, _ := strings.Cut(name, " ")
		method = strings.TrimSuffix(method, ",")
		c := s.config(oauth.ClientCredentials, method)
		if rest == "https issuer" {
			c.URI = s.TLSURL()
		}
		r := issuer.Registration{Method: issuer.Method(method), Roles: []string{"onvif:User"}}
		switch method {
		case "private_key_jwt":
			c.Key, c.KeyID = signer{key}, "key-7"
			r.Keys = &jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "key-7"}}}
		case "tls_client_auth", "self_signed_tls_client_auth":
			c.Certificate = selfSigned(t, signer{key})
			r.Subject = "CN=cam-0001"
			r.Roots = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate.Leaf.Raw}))
			r.Keys = &jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), Certificates: []*x509.Certificate{c.Certificate.Leaf}}}}
		}
		made := s.register(t, r)
		c.ID, c.Secret = made.ID, made.Secret
		token, err := newClient(t, c).Token(t.Context())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if token.Access == "" || token.Type != "Bearer" || !token.Expires.Equal(start().Add(10*time.Minute)) {
			t.Errorf("%s: %+v", name, token)
		}
		c.ID = "somebody-else"
		var refused *oauth.Refused
		if _, err := newClient(t, c).Token(t.Context()); !errors.As(err, &refused) || refused.Code != "invalid_client" || refused.Status != 401 {
			t.Errorf("%s: unknown client: %v", name, err)
		}
	}
}

func TestTheTokenEndpointItselfMayBeGiven(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	made := s.register(t, issuer.Registration{})
	c := s.config(oauth.ClientCredentials, "client_secret_basic")
	c.URI, c.ID, c.Secret = s.URL()+"/token", made.ID, made.Secret
	if _, err := newClient(t, c).Token(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestConfigurationsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, tc := range map[string]struct {
		method string
		key    crypto.Signer
		want   error
	}{
		"unknown method": {"telepathy", nil, oauth.ErrMethod},
		"no key":         {"private_key_jwt", nil, oauth.ErrKey},
		"P-224":          {"private_key_jwt", newKey(t, elliptic.P224()), oauth.ErrKey},
		"no certificate": {"tls_client_auth", nil, oauth.ErrKey},
	} {
		c := s.config(oauth.ClientCredentials, tc.method)
		c.Key = tc.key
		if _, err := oauth.New(c); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// answering is an authorization server that answers one thing.
func answering(t *testing.T, status int, body string) oauth.Config {
	t.Helper()
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, body) //nolint:errcheck // the client shows it
	}))
	t.Cleanup(p.Close)
	return oauth.Config{
		Type: oauth.ClientCredentials, URI: p.URL, Method: "client_secret_basic", ID: "a", Secret: "s3cret", Clock: clock.NewManual(start()),
		Random: rand.Reader, FetcherConfig: oidc.FetcherConfig{PlainHTTP: oidc.Loopback},
	}
}

func TestAnswersThatAreNoTokens(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status     int
		body, want string
	}{
		"refused":        {400, `{"error":"invalid_client","error_description":"no\u0000 \u263a"}`, "invalid_client (no )"},
		"long refusal":   {400, `{"error":"` + strings.Repeat("x", 9999) + `"}`, strings.Repeat("x", 128)},
		"not JSON":       {500, "<html>s3cret</html>", "status 500"},
		"empty":          {200, "{}", "access_token"},
		"nonsense":       {200, "[", ""},
		"other type":     {200, `{"access_token":"x","token_type":"mac"}`, "type"},
		"negative life":  {200, `{"access_token":"x","token_type":"Bearer","expires_in":-1}`, "expires_in"},
		"endless life":   {200, `{"access_token":"x","token_type":"Bearer","expires_in":9999999999}`, "expires_in"},
		"life as a list": {200, `{"access_token":"x","token_type":"Bearer","expires_in":[1]}`, ""},
		"10 MB of JSON":  {200, `{"access_token":"` + strings.Repeat("x", 10<<20) + `"}`, ""},
		"secret refusal": {401, `{"error":"s3cret"}`, ""},
	} {
		_, err := newClient(t, answering(t, tc.status, tc.body)).Token(t.Context())
		if err == nil || !strings.Contains(err.Error(), tc.want) || len(err.Error()) > 400 || strings.Contains(err.Error(), "html") {
			t.Errorf("%s: %.500v", name, err)
		}
	}
}

func TestPlainHTTPIsNotAskedUnlessAllowed(t *testing.T) {
	t.Parallel()
	c := answering(t, 200, "{}")
	c.PlainHTTP = oidc.Never
	if _, err := newClient(t, c).Token(t.Context()); !errors.Is(err, oidc.ErrAddress) {
		t.Error(err)
	}
}

const back = "https://camera.example/callback"

// come signs ada in at the address and returns what she comes back with.
func (s *server) come(t *testing.T, address string) url.Values {
	t.Helper()
	answer, err := s.web.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(answer.Body)
	answer.Body.Close() //nolint:errcheck // it was read
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"username": {"ada"}, "password": {"analytical"}}
	for _, m := range regexp.MustCompile(`type="hidden" name="(\w+)" value="([^"]*)"`).FindAllStringSubmatch(string(page), -1) {
		form.Set(m[1], m[2])
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.RawQuery = ""
	answer, err = s.web.PostForm(u.String(), form)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close() //nolint:errcheck // only the header counts
	to, err := answer.Location()
	if err != nil {
		t.Fatalf("%v: %s", err, page)
	}
	return to.Query()
}

func TestUsersSignInElsewhere(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, kind := range []string{oauth.OIDCAuthorizationCode, oauth.AuthorizationCode} {
		for _, method := range []string{"client_secret_basic", "private_key_jwt", ""} {
			c, key := s.config(kind, method), newKey(t, elliptic.P256())
			r := issuer.Registration{Method: issuer.Method(method), Redirects: []string{back}, Keys: &jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public()}}}}
			if method == "" {
				r.Method = issuer.None
			}
			if method == "private_key_jwt" {
				c.Key = key
			}
			made := s.register(t, r)
			c.ID, c.Secret = made.ID, made.Secret
			client := newClient(t, c)
			begun, err := client.Begin(t.Context(), back)
			if err != nil {
				t.Fatal(err)
			}
			answer := s.come(t, begun.Address)
			for name, tc := range map[string]struct {
				key, value string
				want       error
			}{
				"other state":  {"state", "x", oauth.ErrState},
				"other issuer": {"iss", "https://evil.example", oauth.ErrIssuer},
				"no code":      {"code", "", oauth.ErrAnswer},
			} {
				wrong := url.Values{}
				for k, v := range answer {
					wrong[k] = v
				}
				wrong.Set(tc.key, tc.value)
				if _, err := client.Finish(t.Context(), begun, wrong); !errors.Is(err, tc.want) {
					t.Errorf("%s: %v", name, err)
				}
			}
			token, err := client.Finish(t.Context(), begun, answer)
			if err != nil || token.Access == "" || (token.ID != "") != (kind == oauth.OIDCAuthorizationCode) || (begun.Nonce != "") != (token.ID != "") {
				t.Errorf("%s, %q: %+v, %v", kind, method, token, err)
			}
			var refused *oauth.Refused
			if _, err := client.Finish(t.Context(), begun, answer); !errors.As(err, &refused) || refused.Code != "invalid_grant" {
				t.Errorf("the code again: %v", err)
			}
			if _, err := client.Finish(t.Context(), begun, url.Values{"state": {begun.State}, "error": {"access_denied"}}); !errors.As(err, &refused) || refused.Code != "access_denied" {
				t.Errorf("denied: %v", err)
			}
		}
	}
}

func TestServersWithoutAPageToSignInAtAreSaidSo(t *testing.T) {
	t.Parallel()
	i := newServer(t)
	c := i.config(oauth.OIDCAuthorizationCode, "")
	c.URI = i.URL() + "/nowhere"
	if _, err := newClient(t, c).Begin(t.Context(), back); !errors.Is(err, oidc.ErrStatus) {
		t.Error(err)
	}
	c = answering(t, 200, "{}")
	c.Type = oauth.ClientCredentials
	if _, err := newClient(t, c).Begin(context.Background(), back); !errors.Is(err, oauth.ErrEndpoint) {
		t.Error(err)
	}
}

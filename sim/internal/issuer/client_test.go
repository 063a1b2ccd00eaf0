package issuer_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/issuer"
	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func jwks(keys ...jose.JSONWebKey) *jose.JSONWebKeySet { return &jose.JSONWebKeySet{Keys: keys} }

// register registers a client over HTTP.
func register(t testing.TB, i *issuer.Issuer, r issuer.Registration) (int, issuer.Registration, string) {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	i.Handler().ServeHTTP(w, httptest.NewRequest("POST", "/issuer/register", bytes.NewReader(text)))
	var made issuer.Registration
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil {
		t.Fatal(err)
	}
	return w.Code, made, w.Body.String()
}

// assertion signs the credentials of a client.
func assertion(t testing.TB, id string, m jwt.SigningMethod, key any, change func(jwt.MapClaims, map[string]any)) url.Values {
	t.Helper()
	claims := jwt.MapClaims{
		"iss": id, "sub": id, "aud": "http://127.0.0.1:8800/issuer/token", "jti": fmt.Sprint("j", time.Now().UnixNano()),
		"exp": start().Add(time.Minute).Unix(), "iat": start().Unix(),
	}
	token := jwt.NewWithClaims(m, claims)
	if change != nil {
		change(claims, token.Header)
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return url.Values{
		"grant_type": {"client_credentials"}, "client_assertion": {text},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	}
}

func TestClientsAuthenticateByAssertion(t *testing.T) {
	t.Parallel()
	i, key := newIssuer(t), newKey(t)
	_, secret, _ := register(t, i, issuer.Registration{Method: issuer.ClientSecretJWT, Roles: []string{"onvif:User"}})
	_, private, _ := register(t, i, issuer.Registration{Method: issuer.PrivateKeyJWT, Roles: []string{"onvif:User"}, Keys: jwks(
		jose.JSONWebKey{Key: newKey(t).Public(), KeyID: "other"}, jose.JSONWebKey{Key: key.Public(), KeyID: "tpm"},
	)})
	claim := func(name string, value any) func(jwt.MapClaims, map[string]any) {
		return func(c jwt.MapClaims, _ map[string]any) {
			if c[name] = value; value == nil {
				delete(c, name)
			}
		}
	}
	kid := func(name string) func(jwt.MapClaims, map[string]any) {
		return func(_ jwt.MapClaims, h map[string]any) { h["kid"] = name }
	}
	for name, tc := range map[string]struct {
		form url.Values
		code int
	}{
		"secret":            {assertion(t, secret.ID, jwt.SigningMethodHS256, []byte(secret.Secret), nil), 200},
		"secret, HS512":     {assertion(t, secret.ID, jwt.SigningMethodHS512, []byte(secret.Secret), nil), 200},
		"key":               {assertion(t, private.ID, jwt.SigningMethodES256, key, nil), 200},
		"key with kid":      {assertion(t, private.ID, jwt.SigningMethodES256, key, kid("tpm")), 200},
		"issuer as aud":     {assertion(t, private.ID, jwt.SigningMethodES256, key, claim("aud", []string{i.URL()})), 200},
		"other kid":         {assertion(t, private.ID, jwt.SigningMethodES256, key, kid("other")), 401},
		"unknown kid":       {assertion(t, private.ID, jwt.SigningMethodES256, key, kid("x")), 401},
		"other key":         {assertion(t, private.ID, jwt.SigningMethodES256, newKey(t), nil), 401},
		"wrong secret":      {assertion(t, secret.ID, jwt.SigningMethodHS256, []byte("x"), nil), 401},
		"key for secret":    {assertion(t, secret.ID, jwt.SigningMethodES256, key, nil), 401},
		"secret for key":    {assertion(t, private.ID, jwt.SigningMethodHS256, []byte(private.Secret), nil), 401},
		"none":              {assertion(t, private.ID, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil), 401},
		"other aud":         {assertion(t, private.ID, jwt.SigningMethodES256, key, claim("aud", "https://x")), 401},
		"other iss":         {assertion(t, private.ID, jwt.SigningMethodES256, key, claim("iss", secret.ID)), 401},
		"unknown client":    {assertion(t, "x", jwt.SigningMethodES256, key, nil), 401},
		"no jti":            {assertion(t, private.ID, jwt.SigningMethodES256, key, claim("jti", nil)), 401},
		"long jti":          {assertion(t, private.ID, jwt.SigningMethodES256, key, claim("jti", strings.Repeat("x", 257))), 401},
		"no exp":            {assertion(t, private.ID, jwt.SigningMethodES256, key, claim("exp", nil)), 401},
		"expired":           {assertion(t, private.ID, jwt.SigningMethodES256, key, claim("exp", start().Unix()-1)), 401},
		"too long a life":   {assertion(t, private.ID, jwt.SigningMethodES256, key, claim("exp", start().Unix()+601)), 401},
		"not yet":           {assertion(t, private.ID, jwt.SigningMethodES256, key, claim("nbf", start().Unix()+9)), 401},
		"not of this world": {url.Values{"grant_type": {"client_credentials"}, "client_assertion": {"a.b.c"}}, 401},
	} {
		if code, body := ask(i, tc.form); code != tc.code {
			t.Errorf("%s: %d %v", name, code, body)
		}
	}
	once := assertion(t, private.ID, jwt.SigningMethodES256, key, nil)
	if code, _ := ask(i, once); code != 200 {
		t.Error(code)
	}
	if code, _ := ask(i, once); code != 401 {
		t.Errorf("an assertion was taken twice: %d", code)
	}
	both := assertion(t, private.ID, jwt.SigningMethodES256, key, nil)
	both.Set("client_secret", "x")
	if code, body := ask(i, both); code != 400 || body["error"] != "invalid_request" {
		t.Errorf("two ways: %d %v", code, body)
	}
}

// certify makes a certificate for a TLS client, self-signed without a parent.
func certify(t testing.TB, name pkix.Name, parent *tls.Certificate, usage x509.ExtKeyUsage) tls.Certificate {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: name, NotBefore: start().Add(-time.Hour), NotAfter: start().Add(time.Hour),
		IsCA: usage == x509.ExtKeyUsageAny, BasicConstraintsValid: true, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}
	signer, by := crypto.Signer(key), template
	if parent != nil {
		signer, by = parent.PrivateKey.(crypto.Signer), parent.Leaf
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestClientsAuthenticateByCertificate(t *testing.T) {
	t.Parallel()
	var handler http.Handler
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	i := newIssuer(t, func(c *issuer.Config) { c.TLSURL = server.URL + "/issuer" })
	handler = i.TLSHandler()

	name := pkix.Name{CommonName: "cam-0001", Organization: []string{"Northlight"}}
	ca := certify(t, pkix.Name{CommonName: "root"}, nil, x509.ExtKeyUsageAny)
	good := certify(t, name, &ca, x509.ExtKeyUsageClientAuth)
	self := certify(t, name, nil, x509.ExtKeyUsageClientAuth)
	roots := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Leaf.Raw}))
	_, byCA, text := register(t, i, issuer.Registration{Method: issuer.TLSClientAuth, Subject: "CN=cam-0001, O=northlight", Roots: roots})
	if byCA.ID == "" || byCA.Secret != "" {
		t.Fatal(text)
	}
	_, other, _ := register(t, i, issuer.Registration{Method: issuer.TLSClientAuth, Subject: "CN=cam-0002,O=Northlight", Roots: roots})
	_, rootless, _ := register(t, i, issuer.Registration{Method: issuer.TLSClientAuth, Subject: "CN=cam-0001,O=Northlight"})
	_, bySelf, _ := register(t, i, issuer.Registration{
		Method: issuer.SelfSignedTLSClientAuth, Keys: jwks(jose.JSONWebKey{Key: self.Leaf.PublicKey, Certificates: []*x509.Certificate{self.Leaf}}),
	})
	for what, tc := range map[string]struct {
		certificate *tls.Certificate
		id, path    string
		code        int
	}{
		"by authority":           {&good, byCA.ID, "/issuer/token", 200},
		"for the plain issuer":   {&good, byCA.ID, "/issuer/mtls/token", 200},
		"self-signed":            {&self, bySelf.ID, "/issuer/token", 200},
		"none":                   {nil, byCA.ID, "/issuer/token", 401},
		"self-signed, not his":   {&good, bySelf.ID, "/issuer/token", 401},
		"of no authority":        {&self, byCA.ID, "/issuer/token", 401},
		"another subject":        {&good, other.ID, "/issuer/token", 401},
		"no roots at all":        {&good, rootless.ID, "/issuer/token", 401},
		"unknown client":         {&good, "x", "/issuer/token", 401},
		"client of another kind": {&good, "vms", "/issuer/token", 401},
		"for servers": {func() *tls.Certificate { c := certify(t, name, &ca, x509.ExtKeyUsageServerAuth); return &c }(),
			byCA.ID, "/issuer/token", 401},
	} {
		pool := x509.NewCertPool()
		pool.AddCert(server.Certificate())
		config := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
		if tc.certificate != nil {
			config.Certificates = []tls.Certificate{*tc.certificate}
		}
		web := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
		answer, err := web.PostForm(server.URL+tc.path, url.Values{
			"grant_type": {"client_credentials"}, "client_id": {tc.id}, "resource": {"urn:uuid:camera"},
		})
		code, _, body := read(t, answer, err)
		if code != tc.code {
			t.Errorf("%s: %d %s", what, code, body)
		}
		if code != 200 {
			continue
		}
		var got struct {
			Token string `json:"access_token"`
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		want := i.TLSURL()
		if strings.Contains(tc.path, "mtls") {
			want = i.URL()
		}
		if claims := part(t, got.Token, 1); claims["iss"] != want || claims["aud"] != "urn:uuid:camera" {
			t.Errorf("%s: %v", what, claims)
		}
	}
}

func TestRegistrationsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	many := make([]string, 17)
	for n := range many {
		many[n] = "https://x.example/"
	}
	for name, tc := range map[string]struct {
		r    issuer.Registration
		want string
	}{
		"no TLS here":        {issuer.Registration{Method: issuer.TLSClientAuth, Subject: "CN=x"}, "token_endpoint_auth_method"},
		"unknown method":     {issuer.Registration{Method: "telepathy"}, "token_endpoint_auth_method"},
		"no key":             {issuer.Registration{Method: issuer.PrivateKeyJWT}, "jwks"},
		"private key":        {issuer.Registration{Method: issuer.PrivateKeyJWT, Keys: jwks(jose.JSONWebKey{Key: newKey(t)})}, "jwks"},
		"code without way":   {issuer.Registration{Grants: []string{"authorization_code"}}, "redirect_uris"},
		"relative way":       {issuer.Registration{Redirects: []string{"/back"}}, "redirect_uris"},
		"fragment":           {issuer.Registration{Redirects: []string{"https://x/#y"}}, "redirect_uris"},
		"script":             {issuer.Registration{Redirects: []string{"javascript:alert(1)"}}, "redirect_uris"},
		"17 ways":            {issuer.Registration{Redirects: many}, "redirect_uris"},
		"implicit":           {issuer.Registration{Grants: []string{"implicit"}}, "grant_types"},
		"token response":     {issuer.Registration{Responses: []string{"token"}}, "response_types"},
		"public credentials": {issuer.Registration{Method: issuer.None}, "client_credentials"},
		"long role":          {issuer.Registration{Roles: []string{strings.Repeat("x", 2049)}}, "roles"},
		"roots":              {issuer.Registration{Roots: "x"}, "tls_client_auth_roots"},
	} {
		code, _, body := register(t, i, tc.r)
		if code != 400 || !strings.Contains(body, `"invalid_client_metadata"`) || !strings.Contains(body, tc.want) {
			t.Errorf("%s: %d %s", name, code, body)
		}
	}
	for _, text := range []string{"", "[]", `{"grant_types":1}`, strings.Repeat(" ", 65537)} {
		w := httptest.NewRecorder()
		i.Handler().ServeHTTP(w, httptest.NewRequest("POST", "/issuer/register", strings.NewReader(text)))
		if w.Code != 400 {
			t.Errorf("%.10q: %d", text, w.Code)
		}
	}
	if text, err := i.Registrations(); err != nil || string(text) != "null" {
		t.Errorf("%s, %v", text, err)
	}
}

func TestRegisteredClientsAndKeysOutliveARestart(t *testing.T) {
	t.Parallel()
	changes := 0
	i := newIssuer(t, func(c *issuer.Config) {
		c.Changed = func() error { changes++; return nil }
		c.Algorithms = []string{"ES256", "RS256"}
	})
	was := changes
	_, made, _ := register(t, i, issuer.Registration{Name: "cam", Roles: []string{"onvif:User"}})
	if err := i.Rotate(); err != nil || changes != was+2 {
		t.Fatalf("%d changes, %v", changes-was, err)
	}
	text, err := i.Registrations()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := i.Keys()
	if err != nil {
		t.Fatal(err)
	}
	again := newIssuer(t, func(c *issuer.Config) { c.Registrations, c.Keys = text, keys })
	code, body := ask(again, url.Values{"grant_type": {"client_credentials"}, "client_id": {made.ID}, "client_secret": {made.Secret}})
	if code != 401 { // it registered client_secret_basic
		t.Errorf("%d %v", code, body)
	}
	code, body = ask(again, url.Values{"grant_type": {"client_credentials"}}, func(r *http.Request) { r.SetBasicAuth(made.ID, made.Secret) })
	if code != 200 {
		t.Fatalf("%d %v", code, body)
	}
	if back, err := again.Registrations(); err != nil || cmp.Diff(string(text), string(back)) != "" {
		t.Errorf("%v %s", err, cmp.Diff(string(text), string(back)))
	}
	for _, bad := range []string{"x", `[{"client_id":""}]`, `[{"token_endpoint_auth_method":"x"}]`} {
		c := config()
		c.Registrations = []byte(bad)
		if _, err := issuer.New(c); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func FuzzRegistration(f *testing.F) {
	f.Add([]byte(`{"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[]}}`))
	f.Add([]byte(`{"redirect_uris":["https://x"],"tls_client_auth_roots":"-----BEGIN CERTIFICATE-----"}`))
	i := newIssuer(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		w := httptest.NewRecorder()
		i.Handler().ServeHTTP(w, httptest.NewRequest("POST", "/issuer/register", bytes.NewReader(text)))
		if w.Code != 201 && w.Code != 400 && w.Code != 503 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

func FuzzTokenEndpoint(f *testing.F) {
	f.Add("grant_type=client_credentials&client_id=vms&client_secret=x", "")
	f.Add("client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=a.b.c", "")
	f.Add("grant_type=authorization_code&code=x", "Basic dm1zOng=")
	i := newIssuer(f, func(c *issuer.Config) { c.Users = people() })
	f.Fuzz(func(t *testing.T, form, authorization string) {
		r := httptest.NewRequest("POST", "/issuer/token", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header["Authorization"] = []string{authorization}
		w := httptest.NewRecorder()
		i.Handler().ServeHTTP(w, r)
		if w.Code != 400 && w.Code != 401 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

package issuer_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/issuer"
)

func TestGoldenMetadata(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	for _, path := range []string{"/issuer/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/issuer"} {
		w := httptest.NewRecorder()
		i.Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		want := `{"issuer":"http://127.0.0.1:8800/issuer","token_endpoint":"http://127.0.0.1:8800/issuer/token",` +
			`"jwks_uri":"http://127.0.0.1:8800/issuer/jwks","registration_endpoint":"http://127.0.0.1:8800/issuer/register",` +
			`"scopes_supported":["openid","profile"],"response_types_supported":[],"response_modes_supported":["query"],` +
			`"grant_types_supported":["client_credentials"],"subject_types_supported":["public"],` +
			`"id_token_signing_alg_values_supported":["ES256"],` +
			`"token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post","client_secret_jwt","private_key_jwt","none"],` +
			`"token_endpoint_auth_signing_alg_values_supported":["HS256","HS384","HS512","ES256","ES384","ES512","RS256","PS256","EdDSA"],` +
			`"code_challenge_methods_supported":["S256"],` +
			`"claims_supported":["iss","sub","aud","exp","nbf","iat","jti","roles","nonce","auth_time","at_hash","preferred_username"],` +
			`"authorization_response_iss_parameter_supported":true,"request_parameter_supported":false,"request_uri_parameter_supported":false}`
		if w.Code != 200 || w.Body.String() != want || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	full := newIssuer(t, func(c *issuer.Config) { c.TLSURL, c.Users = "https://127.0.0.1:8843/issuer", people() })
	w := httptest.NewRecorder()
	full.TLSHandler().ServeHTTP(w, httptest.NewRequest("GET", "/issuer/.well-known/openid-configuration", nil))
	for _, want := range []string{
		`"issuer":"https://127.0.0.1:8843/issuer"`, `"authorization_endpoint":"https://127.0.0.1:8843/issuer/authorize"`,
		`"response_types_supported":["code"]`, `"grant_types_supported":["client_credentials","authorization_code"]`,
		`"tls_client_auth","self_signed_tls_client_auth"`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s lacks %s", w.Body, want)
		}
	}
	for _, r := range []*http.Request{
		httptest.NewRequest("POST", "/issuer/jwks", nil), httptest.NewRequest("GET", "/issuer/token", nil),
		httptest.NewRequest("GET", "/issuer", nil), httptest.NewRequest("GET", "/issuer/authorize", nil),
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
	mint(t, i, issuer.TokenRequest{Algorithm: "RS256"}) // has the key made
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

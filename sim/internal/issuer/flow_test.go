package issuer_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/issuer"
	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

func people() []issuer.User {
	return []issuer.User{{Name: "ada", Password: "analytical", Roles: []string{"onvif:Administrator"}}, {Name: "nobody"}}
}

// flow is an issuer with a page to sign in to, and a client of it.
type flow struct {
	*issuer.Issuer
	clock  *clock.Manual
	web    *http.Client // follows no redirection
	client issuer.Registration
	oauth  oauth2.Config
}

const back = "https://camera.example/callback?x=1"

func newFlow(t *testing.T, r issuer.Registration) *flow {
	t.Helper()
	at := clock.NewManual(start())
	i, web := served(t, func(c *issuer.Config) { c.Users, c.Clock = people(), at })
	web.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r.Redirects, r.Grants = []string{back}, []string{"authorization_code"}
	made, err := i.Register(r)
	if err != nil {
		t.Fatal(err)
	}
	return &flow{Issuer: i, clock: at, web: web, client: made, oauth: oauth2.Config{
		ClientID: made.ID, ClientSecret: made.Secret, RedirectURL: back, Scopes: []string{"openid", "profile", "more"},
		Endpoint: oauth2.Endpoint{AuthURL: i.URL() + "/authorize", TokenURL: i.URL() + "/token", AuthStyle: oauth2.AuthStyleInHeader},
	}}
}

func (f *flow) context() context.Context {
	return context.WithValue(context.Background(), oauth2.HTTPClient, f.web)
}

// get fetches a page.
func (f *flow) get(t *testing.T, address string) (status int, location *url.URL, body string) {
	t.Helper()
	answer, err := f.web.Get(address)
	return read(t, answer, err)
}

func read(t *testing.T, answer *http.Response, err error) (int, *url.URL, string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	location, err := answer.Location()
	if err != nil {
		location = &url.URL{}
	}
	return answer.StatusCode, location, string(text)
}

// signIn fills in the form of a page as a browser does.
func (f *flow) signIn(t *testing.T, page, name, password string) (int, *url.URL, string) {
	t.Helper()
	form := url.Values{"username": {name}, "password": {password}}
	for _, m := range regexp.MustCompile(`name="(\w+)" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if m[1] != "username" {
			form.Set(m[1], strings.ReplaceAll(strings.ReplaceAll(m[2], "&#43;", "+"), "&amp;", "&"))
		}
	}
	if !strings.Contains(page, `<form method="post" action="authorize">`) {
		t.Fatalf("the form goes elsewhere: %s", page)
	}
	answer, err := f.web.PostForm(f.URL()+"/authorize", form)
	return read(t, answer, err)
}

// code signs ada in and returns the code.
func (f *flow) code(t *testing.T, options ...oauth2.AuthCodeOption) string {
	t.Helper()
	status, _, page := f.get(t, f.oauth.AuthCodeURL("st&te", options...))
	if status != 200 {
		t.Fatalf("%d %s", status, page)
	}
	status, to, text := f.signIn(t, page, "ada", "analytical")
	q := to.Query()
	if status != 303 || !strings.HasPrefix(to.String(), "https://camera.example/callback?") || q.Get("x") != "1" ||
		q.Get("state") != "st&te" || q.Get("iss") != f.URL() || q.Get("code") == "" {
		t.Fatalf("%d %v %s", status, to, text)
	}
	return q.Get("code")
}

func TestAUserSignsInWithCodeAndPKCE(t *testing.T) {
	t.Parallel()
	f := newFlow(t, issuer.Registration{Audience: []string{"urn:uuid:camera"}})
	verifier := oauth2.GenerateVerifier()
	code := f.code(t, oauth2.S256ChallengeOption(verifier), oidc.Nonce("n-1"))
	token, err := f.oauth.Exchange(f.context(), code, oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	if token.Extra("scope") != "openid profile" {
		t.Errorf("scope %v", token.Extra("scope"))
	}
	if id, err := identify(camera(f.Issuer, "urn:uuid:camera"), token.AccessToken); err != nil || id.User != "ada" || id.Level != auth.Administrator {
		t.Errorf("access token: %+v, %v", id, err)
	}
	// The independent library reads metadata and keys, and checks the ID token.
	provider, err := oidc.NewProvider(oidc.ClientContext(context.Background(), f.web), f.URL())
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	checked, err := provider.Verifier(&oidc.Config{ClientID: f.client.ID, Now: f.clock.Now}).Verify(f.context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if checked.Nonce != "n-1" || checked.Subject != "ada" || checked.VerifyAccessToken(token.AccessToken) != nil {
		t.Errorf("%+v", checked)
	}
	if id, err := identify(camera(f.Issuer, f.client.ID), raw); err != nil || id.Level != auth.Administrator {
		t.Errorf("ID token: %+v, %v", id, err)
	}

	id, _ := part(t, token.AccessToken, 1)["jti"].(string)
	if f.Revoked(f.URL(), id) {
		t.Error("withdrawn before")
	}
	if _, err := f.oauth.Exchange(f.context(), code, oauth2.VerifierOption(verifier)); err == nil || !strings.Contains(err.Error(), "used before") {
		t.Errorf("second use: %v", err)
	}
	if !f.Revoked(f.URL(), id) || f.Revoked("https://other.example", id) {
		t.Error("the tokens of a code used twice are not withdrawn")
	}
}

func TestAPublicClientNeedsPKCEAndNoSecret(t *testing.T) {
	t.Parallel()
	f := newFlow(t, issuer.Registration{Method: issuer.None, Audience: []string{"x"}})
	f.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	if status, to, _ := f.get(t, f.oauth.AuthCodeURL("s")); status != 303 || to.Query().Get("error") != "invalid_request" {
		t.Errorf("%d %v", status, to)
	}
	verifier := oauth2.GenerateVerifier()
	if _, err := f.oauth.Exchange(f.context(), f.code(t, oauth2.S256ChallengeOption(verifier)), oauth2.VerifierOption(verifier)); err != nil {
		t.Error(err)
	}
}

func TestCodesAreForOneClientOneTimeAndAMinute(t *testing.T) {
	t.Parallel()
	f := newFlow(t, issuer.Registration{Audience: []string{"x"}})
	other, err := f.Register(issuer.Registration{Redirects: []string{back}})
	if err != nil {
		t.Fatal(err)
	}
	verifier := oauth2.GenerateVerifier()
	for name, tc := range map[string]struct {
		change  func(*oauth2.Config)
		options []oauth2.AuthCodeOption
		after   time.Duration
		want    string
	}{
		"other client":   {func(c *oauth2.Config) { c.ClientID, c.ClientSecret = other.ID, other.Secret }, nil, 0, "invalid_grant"},
		"wrong secret":   {func(c *oauth2.Config) { c.ClientSecret = "x" }, nil, 0, "invalid_client"},
		"other redirect": {func(c *oauth2.Config) { c.RedirectURL = "https://camera.example/" }, nil, 0, "invalid_grant"},
		"wrong verifier": {nil, []oauth2.AuthCodeOption{oauth2.VerifierOption(oauth2.GenerateVerifier())}, 0, "invalid_grant"},
		"no verifier":    {nil, []oauth2.AuthCodeOption{oauth2.VerifierOption("")}, 0, "invalid_grant"},
		"bad resource":   {nil, []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("resource", "urn:y")}, 0, "invalid_target"},
		"too old":        {nil, nil, time.Minute, "invalid_grant"},
	} {
		code := f.code(t, oauth2.S256ChallengeOption(verifier))
		c := f.oauth
		if tc.change != nil {
			tc.change(&c)
		}
		f.clock.Advance(tc.after)
		options := append([]oauth2.AuthCodeOption{oauth2.VerifierOption(verifier)}, tc.options...)
		if _, err := c.Exchange(f.context(), code, options...); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
}

func TestWrongAuthorizationRequestsGoBackOrSayWhy(t *testing.T) {
	t.Parallel()
	f := newFlow(t, issuer.Registration{})
	plain, err := f.Register(issuer.Registration{Redirects: []string{back}, Grants: []string{"client_credentials"}})
	if err != nil {
		t.Fatal(err)
	}
	good := func() url.Values {
		u, err := url.Parse(f.oauth.AuthCodeURL("s"))
		if err != nil {
			t.Fatal(err)
		}
		return u.Query()
	}
	for name, tc := range map[string]struct {
		key, value string
		want       string // error sent back; "": a page
	}{
		"unknown client":   {"client_id", "x", ""},
		"other redirect":   {"redirect_uri", back + "&y", ""},
		"no redirect":      {"redirect_uri", "", ""},
		"long":             {"state", strings.Repeat("x", 2049), ""},
		"token":            {"response_type", "token", "unsupported_response_type"},
		"fragment":         {"response_mode", "fragment", "invalid_request"},
		"plain PKCE":       {"code_challenge", strings.Repeat("x", 43), "invalid_request"},
		"request object":   {"request", "x", "request_not_supported"},
		"request_uri":      {"request_uri", "https://x", "request_uri_not_supported"},
		"no prompt":        {"prompt", "none", "login_required"},
		"resource":         {"resource", "camera#1", "invalid_target"},
		"not its grant":    {"client_id", plain.ID, "unauthorized_client"},
		"markup is no way": {"client_id", `"><script>`, ""},
	} {
		q := good()
		q.Set(tc.key, tc.value)
		status, to, page := f.get(t, f.URL()+"/authorize?"+q.Encode())
		switch {
		case tc.want == "" && (status != 400 || strings.Contains(page, "<script")):
			t.Errorf("%s: %d %s", name, status, page)
		case tc.want != "" && (status != 303 || to.Query().Get("error") != tc.want || to.Query().Get("state") != "s"):
			t.Errorf("%s: %d %v, want %s", name, status, to, tc.want)
		}
	}
	if status, _, _ := f.get(t, f.URL()+"/authorize?client_id=a&client_id=b"); status != 400 {
		t.Errorf("parameter twice: %d", status)
	}
	_, _, page := f.get(t, f.oauth.AuthCodeURL(`"><b>`))
	if strings.Contains(page, "<b>") {
		t.Errorf("the page is not escaped: %s", page)
	}
	for _, user := range [][2]string{{"ada", "wrong"}, {"eve", "analytical"}, {"nobody", ""}, {"", ""}} {
		status, to, again := f.signIn(t, page, user[0], user[1])
		if status != 403 || to.String() != "" || !strings.Contains(again, "wrong password") {
			t.Errorf("%v: %d %v", user, status, to)
		}
	}
}

func TestOnlySoManySignInAtATime(t *testing.T) {
	t.Parallel()
	f := newFlow(t, issuer.Registration{})
	_, _, page := f.get(t, f.oauth.AuthCodeURL("s"))
	for n := range 1025 {
		_, to, _ := f.signIn(t, page, "ada", "analytical")
		if full := to.Query().Get("error") == "temporarily_unavailable"; full != (n == 1024) {
			t.Fatalf("%d: %v", n, to)
		}
	}
	f.clock.Advance(time.Minute)
	f.code(t)
}

func TestThePageMayNotBeFramedOrStored(t *testing.T) {
	t.Parallel()
	f := newFlow(t, issuer.Registration{})
	w := httptest.NewRecorder()
	f.Handler().ServeHTTP(w, httptest.NewRequest("GET", f.oauth.AuthCodeURL("s"), nil))
	h := w.Header()
	if h.Get("Cache-Control") != "no-store" || h.Get("X-Frame-Options") != "DENY" || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("%v", h)
	}
}

package web_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/issuer"
	"github.com/camfleet/camfleet/sim/internal/oauth"
	"github.com/camfleet/camfleet/sim/internal/oidc"
	"github.com/camfleet/camfleet/sim/internal/web"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// errToken is why the fake camera takes no token.
var errToken = errors.New("the token is not for this camera")

// fake is a camera and the issuer it is a client of.
type fake struct {
	issuer *issuer.Issuer
	client issuer.Registration
	clock  *clock.Manual
	judge  func(token string) (auth.Identity, error)
	media  bool
	web    *http.Client
}

func (f *fake) Names() (manufacturer, model, serial string) { return "Maker", "Model<1>", "S/1" }
func (f *fake) Servers() []web.Server                       { return []web.Server{{Token: "as-1", URI: f.issuer.URL()}} }
func (f *fake) Media(auth.Identity) bool                    { return f.media }
func (f *fake) Streams() []string                           { return []string{"main"} }
func (f *fake) Still(context.Context, string) ([]byte, error) {
	return []byte("picture"), nil
}

func (f *fake) Client(string) (*oauth.Client, error) {
	return oauth.New(oauth.Config{
		Type: oauth.OIDCAuthorizationCode, URI: f.issuer.URL(), Method: "client_secret_basic", ID: f.client.ID, Secret: f.client.Secret,
		Clock: f.clock, Random: rand.Reader, FetcherConfig: oidc.FetcherConfig{PlainHTTP: oidc.Loopback},
	})
}

func (f *fake) Identify(q auth.Request) (auth.Identity, error) {
	return f.judge(strings.TrimPrefix(q.Authorization[0], "Bearer "))
}

func newSite(t *testing.T, limits web.Limits) (*web.Site, *fake) {
	t.Helper()
	var handler http.Handler
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	f := &fake{clock: clock.NewManual(start()), media: true, web: p.Client()}
	f.web.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(func() { f.web.CloseIdleConnections(); p.Close() })
	f.judge = func(string) (auth.Identity, error) { return auth.Identity{User: "ada", Level: auth.Operator}, nil }
	i, err := issuer.New(issuer.Config{
		URL: p.URL + "/issuer", Clock: f.clock, Audience: "camfleet",
		Users: []issuer.User{{Name: "ada", Password: "analytical", Roles: []string{"onvif:Operator"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.issuer, handler = i, i.Handler()
	if f.client, err = i.Register(issuer.Registration{Redirects: []string{"https://cam.example/signin/callback"}}); err != nil {
		t.Fatal(err)
	}
	return web.New(web.Config{Camera: f, Clock: f.clock, Random: rand.Reader, Log: slog.New(slog.DiscardHandler), Limits: limits}), f
}

// get asks the site over TLS with cookies.
func get(s *web.Site, path string, cookies ...*http.Cookie) *http.Response {
	r := httptest.NewRequest("GET", "https://cam.example"+path, nil)
	r.TLS = &tls.ConnectionState{}
	return serve(s, r, cookies)
}

func serve(s *web.Site, r *http.Request, cookies []*http.Cookie) *http.Response {
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// away begins a sign-in and signs ada in at the issuer; it returns the way back.
func (f *fake) away(t *testing.T, s *web.Site) (cookie *http.Cookie, way string) {
	t.Helper()
	r := get(s, "/signin?server=as-1")
	to, err := r.Location()
	if err != nil || r.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %v %s", r.StatusCode, err, body(t, r))
	}
	form := to.Query()
	form.Set("username", "ada")
	form.Set("password", "analytical")
	answer, err := f.web.PostForm(f.issuer.URL()+"/authorize", form)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	back, err := answer.Location()
	if err != nil || !strings.HasPrefix(back.String(), "https://cam.example/signin/callback?") {
		t.Fatal(back, err)
	}
	return r.Cookies()[0], back.RequestURI()
}

// session signs ada in and returns the cookie of her session.
func (f *fake) session(t *testing.T, s *web.Site) *http.Cookie {
	t.Helper()
	cookie, way := f.away(t, s)
	r := get(s, way, cookie)
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/" {
		t.Fatalf("%d %s", r.StatusCode, body(t, r))
	}
	for _, c := range r.Cookies() {
		if strings.Contains(c.Name, "session") {
			return c
		}
	}
	t.Fatal("no session")
	return nil
}

func TestCookiesAreForThisCameraAloneAndNoScript(t *testing.T) {
	t.Parallel()
	s, f := newSite(t, web.Limits{})
	c := f.session(t, s)
	if c.Name != "__Host-session-S-1" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("%+v", c)
	}
	h := get(s, "/").Header
	if h.Get("Cache-Control") != "no-store" || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("%v", h)
	}
	if text := body(t, get(s, "/", c)); !strings.Contains(text, "<strong>ada</strong> (Operator)") || !strings.Contains(text, "Model&lt;1&gt;") {
		t.Error(text)
	}
}

func TestASessionEndsWithItsTokensWorth(t *testing.T) {
	t.Parallel()
	s, f := newSite(t, web.Limits{})
	c := f.session(t, s)
	if r := get(s, "/picture/main.jpg", c); r.StatusCode != 200 || body(t, r) != "picture" {
		t.Error(r.StatusCode)
	}
	f.media = false
	if r := get(s, "/picture/main.jpg", c); r.StatusCode != 403 {
		t.Error(r.StatusCode)
	}
	f.media = true
	plain := httptest.NewRequest("GET", "http://cam.example/picture/main.jpg", nil)
	if r := serve(s, plain, []*http.Cookie{c}); r.StatusCode != 403 {
		t.Errorf("without TLS: %d", r.StatusCode)
	}
	good := f.judge
	f.judge = func(string) (auth.Identity, error) { return auth.Identity{}, errToken }
	if r := get(s, "/picture/main.jpg", c); r.StatusCode != 403 {
		t.Error(r.StatusCode)
	}
	f.judge = good
	if r := get(s, "/picture/main.jpg", c); r.StatusCode != 403 {
		t.Errorf("a session came back: %d", r.StatusCode)
	}
	late := f.session(t, s)
	f.clock.Advance(8 * time.Hour)
	if r := get(s, "/picture/main.jpg", late); r.StatusCode != 403 {
		t.Errorf("after 8 hours: %d", r.StatusCode)
	}
}

func TestTheTokenThatTheCameraTakesIsUsed(t *testing.T) {
	t.Parallel()
	s, f := newSite(t, web.Limits{})
	seen := 0
	f.judge = func(string) (auth.Identity, error) {
		if seen++; seen == 1 {
			return auth.Identity{}, errToken
		}
		return auth.Identity{User: "ada"}, nil
	}
	f.session(t, s)
	if seen != 2 {
		t.Errorf("%d tokens were tried", seen)
	}
	f.judge = func(string) (auth.Identity, error) { return auth.Identity{}, errToken }
	cookie, way := f.away(t, s)
	if r := get(s, way, cookie); r.StatusCode != http.StatusBadGateway || !strings.Contains(body(t, r), errToken.Error()) {
		t.Error(r.StatusCode)
	}
}

func TestTheWayBackIsForOneBrowserOnce(t *testing.T) {
	t.Parallel()
	s, f := newSite(t, web.Limits{})
	cookie, way := f.away(t, s)
	other, _ := f.away(t, s)
	if r := get(s, way); r.StatusCode != 403 {
		t.Errorf("no cookie: %d", r.StatusCode)
	}
	if r := get(s, way, other); r.StatusCode != 502 {
		t.Errorf("another sign-in's cookie: %d", r.StatusCode)
	}
	if r := get(s, way, cookie); r.StatusCode != 303 {
		t.Errorf("the right one: %d", r.StatusCode)
	}
	if r := get(s, way, cookie); r.StatusCode != 403 {
		t.Errorf("again: %d", r.StatusCode)
	}
	late, way := f.away(t, s)
	f.clock.Advance(10 * time.Minute)
	if r := get(s, way, late); r.StatusCode != 403 {
		t.Errorf("after 10 minutes: %d", r.StatusCode)
	}
	denied := get(s, "/signin?server=as-1")
	to, err := denied.Location()
	if err != nil {
		t.Fatal(err)
	}
	answer := url.Values{"state": {to.Query().Get("state")}, "error": {"access_denied"}, "error_description": {"<b>no"}}
	if r := get(s, "/signin/callback?"+answer.Encode(), denied.Cookies()...); r.StatusCode != 502 || strings.Contains(body(t, r), "<b>") {
		t.Errorf("denied: %d", r.StatusCode)
	}
}

func TestSoManyPeopleAndNoMore(t *testing.T) {
	t.Parallel()
	s, f := newSite(t, web.Limits{Sessions: 2, SignIns: 2})
	f.session(t, s)
	f.session(t, s)
	cookie, way := f.away(t, s)
	if r := get(s, way, cookie); r.StatusCode != 503 {
		t.Errorf("third session: %d", r.StatusCode)
	}
	f.away(t, s)
	f.away(t, s)
	if r := get(s, "/signin?server=as-1"); r.StatusCode != 503 {
		t.Errorf("third sign-in: %d", r.StatusCode)
	}
}

func TestOnlyThePageItselfSignsOut(t *testing.T) {
	t.Parallel()
	s, f := newSite(t, web.Limits{})
	c := f.session(t, s)
	out := func(origin string) int {
		r := httptest.NewRequest("POST", "https://cam.example/signout", nil)
		r.TLS = &tls.ConnectionState{}
		r.Header.Set("Origin", origin)
		return serve(s, r, []*http.Cookie{c}).StatusCode
	}
	if got := out("https://evil.example"); got != 403 {
		t.Error(got)
	}
	if r := get(s, "/picture/main.jpg", c); r.StatusCode != 200 {
		t.Errorf("signed out by a stranger: %d", r.StatusCode)
	}
	if got := out("https://cam.example"); got != 303 {
		t.Error(got)
	}
	if r := get(s, "/picture/main.jpg", c); r.StatusCode != 403 {
		t.Errorf("still signed in: %d", r.StatusCode)
	}
}

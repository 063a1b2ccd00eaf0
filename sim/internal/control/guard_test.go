package control

import (
	"net/http"
	"strings"
	"testing"
)

func TestLoopbackListenerTakesOnlyItsOwnNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		host string
		ok   bool
	}{
		{"127.0.0.1:8800", true}, {"127.0.0.1", true}, {"127.9.8.7:80", true},
		{"localhost:8800", true}, {"LOCALHOST", true}, {"localhost.:80", true}, {"camfleet.localhost:8800", true},
		{"[::1]:8800", true}, {"[::1]", true}, {"[::ffff:127.0.0.1]:80", true},
		{"evil.example:8800", false}, {"127.0.0.1.evil.example", false}, {"localhost.evil.example", false},
		{"10.0.0.1:8800", false}, {"0.0.0.0:8800", false}, {"[::]:8800", false}, {"", false}, {"2130706433", false},
	}
	for _, tt := range tests {
		t.Run(tt.host, func(t *testing.T) {
			t.Parallel()
			for _, target := range []string{"/v1/cameras", "/", "/issuer/jwks", "/readyz"} {
				w := newFixture().do("GET", target, "", "Host: "+tt.host)
				if got := w.Code == http.StatusOK; got != tt.ok {
					t.Errorf("%s: %d", target, w.Code)
				}
				if !tt.ok && (w.Code != http.StatusMisdirectedRequest || apiError(t, w).Field != "Host") {
					t.Errorf("%s: refused with %d", target, w.Code)
				}
			}
		})
	}
}

func TestForeignPagesMayNotChangeTheFleet(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method string
		header       []string
		ok           bool
	}{
		{"curl", "POST", nil, true},
		{"own page", "POST", []string{"Origin: http://127.0.0.1:8800", "Sec-Fetch-Site: same-origin"}, true},
		{"own page, old browser", "POST", []string{"Origin: http://127.0.0.1:8800"}, true},
		{"foreign page", "POST", []string{"Origin: http://evil.example", "Sec-Fetch-Site: cross-site"}, false},
		{"foreign page, old browser", "POST", []string{"Origin: http://evil.example"}, false},
		{"other port of this machine", "POST", []string{"Origin: http://127.0.0.1:9", "Sec-Fetch-Site: same-site"}, false},
		{"sandboxed page", "POST", []string{"Origin: null"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			w := f.do(tt.method, "/v1/cameras/cam-0001/reboot", "", tt.header...)
			if got := w.Code == http.StatusAccepted; got != tt.ok || got != (len(f.fleet.rebooted) == 1) {
				t.Errorf("%d, %d reboots", w.Code, len(f.fleet.rebooted))
			}
			if !tt.ok && (w.Code != http.StatusForbidden || apiError(t, w).Field != "Origin") {
				t.Errorf("refused with %d", w.Code)
			}
		})
	}
}

func TestTokenIsAskedForBeyondLoopback(t *testing.T) {
	t.Parallel()
	public := func(c *Config) { c.Loopback, c.Token = false, "the-token" }
	tests := []struct {
		name, target, header string
		status               int
	}{
		{"none", "/v1/cameras", "", 401},
		{"wrong", "/v1/cameras", "Bearer the-tokem", 401},
		{"longer", "/v1/cameras", "Bearer the-token1", 401},
		{"other scheme", "/v1/cameras", "Basic the-token", 401},
		{"no scheme", "/v1/cameras", "the-token", 401},
		{"right", "/v1/cameras", "Bearer the-token", 200},
		{"right, scheme in lower case", "/v1/cameras", "bearer the-token", 200},
		{"metrics", "/metrics", "", 401},
		{"a path that is none", "/v1/nothing", "", 401},
		{"not by query", "/v1/cameras?access_token=the-token", "", 401},
		{"health is open", "/healthz", "", 200},
		{"readiness is open", "/readyz", "", 200},
		{"the dashboard's files are open", "/dashboard.js", "", 200},
		{"the issuer is open", "/issuer/.well-known/openid-configuration", "", 200},
		{"its other address is too", issuerMetadata, "", 200},
		{"no way round by dots", "/issuer/../v1/cameras", "", 307},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			header := []string{"Host: cameras.example:8800"}
			if tt.header != "" {
				header = append(header, "Authorization: "+tt.header)
			}
			f := newFixture(public)
			w := f.do("GET", tt.target, "", header...)
			if w.Code != tt.status {
				t.Errorf("status %d, want %d", w.Code, tt.status)
			}
			if tt.status == 401 {
				if !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer ") || apiError(t, w).Field != "Authorization" {
					t.Error("no challenge")
				}
			}
			if strings.Contains(f.log.String(), "the-token") || strings.Contains(w.Body.String(), "the-token") {
				t.Error("the token got out")
			}
		})
	}
}

func TestAnswersAreNotForOtherSitesOrCaches(t *testing.T) {
	t.Parallel()
	w := newFixture().do("GET", "/v1/fleet", "")
	want := map[string]string{
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Content-Type-Options":       "nosniff",
		"Cache-Control":                "no-store",
		"Access-Control-Allow-Origin":  "",
	}
	for name, value := range want {
		if got := w.Header().Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
}

func TestRegistrationOfClientsIsAsGuardedAsTheRest(t *testing.T) {
	t.Parallel()
	public := newFixture(func(c *Config) { c.Loopback, c.Token = false, "the-token" })
	if w := public.do("POST", "/issuer/register", "{}"); w.Code != http.StatusUnauthorized {
		t.Errorf("without token: %d", w.Code)
	}
	if w := public.do("POST", "/issuer/register", "{}", "Authorization: Bearer the-token"); w.Code != http.StatusOK {
		t.Errorf("with token: %d", w.Code)
	}
	if w := public.do("POST", "/issuer/token", "{}"); w.Code != http.StatusOK {
		t.Errorf("the token endpoint guards itself: %d", w.Code)
	}
	if w := newFixture().do("POST", "/issuer/register", "{}", "Origin: http://evil.example"); w.Code != http.StatusForbidden {
		t.Errorf("foreign page: %d", w.Code)
	}
}

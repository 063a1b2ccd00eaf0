package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/google/go-cmp/cmp"
)

func TestRoutesAnswer(t *testing.T) {
	t.Parallel()
	camera, err := json.Marshal(theCamera())
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.ReplaceAll(string(camera), `\u0026`, "&")
	tests := []struct {
		name, method, target, body string
		status                     int
		kind, want                 string
	}{
		{"health", "GET", "/healthz", "", 200, "application/json", `{"ok":true}`},
		{"ready", "GET", "/readyz", "", 200, "application/json", `{"ready":true,"started":1,"total":1}`},
		{"fleet without its token", "GET", "/v1/fleet", "", 200, "application/json",
			`{"control":"http://127.0.0.1:8800","issuer":"","issuer_tls":"","ca":"","ready_seconds":0,"cameras":[` + plain + `]}`},
		{"cameras", "GET", "/v1/cameras", "", 200, "application/json", "[" + plain + "]"},
		{"camera", "GET", "/v1/cameras/cam-0001", "", 200, "application/json", plain},
		{"no camera", "GET", "/v1/cameras/nobody", "", 404, "application/json",
			`{"error":"there is no camera \"nobody\"","field":"name","hint":"GET /v1/cameras lists them"}`},
		{"snapshot", "GET", "/v1/cameras/cam-0001/snapshot.jpg", "", 200, "image/jpeg", "\xff\xd8picture\xff\xd9"},
		{"snapshot of a stream", "GET", "/v1/cameras/cam-0001/snapshot.jpg?stream=main", "", 200, "image/jpeg", "\xff\xd8picture\xff\xd9"},
		{"snapshot of no stream", "GET", "/v1/cameras/cam-0001/snapshot.jpg?stream=nope", "", 404, "application/json",
			`{"error":"stream \"nope\": not found"}`},
		{"reboot", "POST", "/v1/cameras/cam-0001/reboot", "", 202, "application/json", plain},
		{"reboot of nobody", "POST", "/v1/cameras/nobody/reboot", "", 404, "application/json",
			`{"error":"there is no camera \"nobody\"","field":"name","hint":"GET /v1/cameras lists them"}`},
		{"factory default", "POST", "/v1/cameras/cam-0001/factory-default", "", 202, "application/json", plain},
		{"soft factory default", "POST", "/v1/cameras/cam-0001/factory-default?soft=true", "", 202, "application/json", plain},
		{"factory default of another kind", "POST", "/v1/cameras/cam-0001/factory-default?soft=very", "", 400, "application/json",
			`{"error":"\"very\" is neither true nor false","field":"soft","hint":"write soft=true"}`},
		{"factory default of nobody", "POST", "/v1/cameras/nobody/factory-default", "", 404, "application/json",
			`{"error":"there is no camera \"nobody\"","field":"name","hint":"GET /v1/cameras lists them"}`},
		{"root", "GET", "/v1/ca", "", 200, "application/x-pem-file", "-----BEGIN CERTIFICATE-----\n false"},
		{"signing root", "GET", "/v1/ca?signing=true", "", 200, "application/x-pem-file", "-----BEGIN CERTIFICATE-----\n true"},
		{"chain", "GET", "/v1/cameras/cam-0001/chain", "", 200, "application/x-pem-file", "-----BEGIN CERTIFICATE-----\ncam-0001 false"},
		{"signing chain", "GET", "/v1/cameras/cam-0001/chain?signing", "", 200, "application/x-pem-file", "-----BEGIN CERTIFICATE-----\ncam-0001 true"},
		{"signing is a word", "GET", "/v1/ca?signing=maybe", "", 400, "application/json",
			`{"error":"\"maybe\" is neither true nor false","field":"signing","hint":"write signing=true"}`},
		{"operations", "GET", "/v1/operations?profile=flagship", "", 200, "application/json",
			`[{"operation":"tds:GetServices","service":"device","access_class":"PRE_AUTH","state":"simulated"}]`},
		{"operations of no profile", "GET", "/v1/operations?profile=unknown", "", 404, "application/json", `{"error":"profile \"unknown\": not found"}`},
		{"token", "POST", "/v1/tokens", `{"role":"User"}`, 201, "application/json",
			`{"token":"a.b.c","token_type":"Bearer","expires":"2026-11-21T12:00:00Z"}`},
		{"authorizations", "GET", "/v1/cameras/cam-0001/authorizations", "", 200, "application/json",
			`[{"token":"t","server":"https://as.example","client_id":"c","client_auth":"private_key_jwt","state":"waiting","attempts":0}]`},
		{"authorizations of nobody", "GET", "/v1/cameras/nobody/authorizations", "", 404, "application/json", `{"error":"there is no camera \"nobody\"","field":"name","hint":"GET /v1/cameras lists them"}`},
		{"revocation", "POST", "/v1/tokens/revoke", `{"jti":"7"}`, 200, "application/json", `{"jti":"7"}`},
		{"revocation of nothing", "POST", "/v1/tokens/revoke", `{}`, 400, "application/json", `{"error":"which token?","field":"jti"}`},
		{"rotation", "POST", "/v1/issuer/rotate", "", 200, "application/json", `{"keys":["new","old"]}`},
		{"issuer", "GET", "/issuer/jwks", "", 200, "text/plain; charset=utf-8", "issuer GET /issuer/jwks"},
		{"faults", "GET", "/v1/cameras/cam-0001/faults", "", 200, "application/json", `[{"id":"freeze-1","at":"frame","do":"freeze","fired":3}]`},
		{"faults of nobody", "GET", "/v1/cameras/nobody/faults", "", 404, "application/json", `{"error":"camera \"nobody\": not found"}`},
		{"a fault", "GET", "/v1/cameras/cam-0001/faults/freeze-1", "", 200, "application/json", `{"id":"freeze-1","at":"frame","do":"freeze","fired":3}`},
		{"no fault", "GET", "/v1/cameras/cam-0001/faults/x", "", 404, "application/json", `{"error":"fault \"x\": not found"}`},
		{"new fault", "POST", "/v1/cameras/cam-0001/faults", `{"do":"freeze","chance":0.5,"amount":9}`, 201, "application/json", `{"id":"freeze-2","do":"freeze","chance":0.5,"amount":9}`},
		{"new fault of a name in use", "POST", "/v1/cameras/cam-0001/faults", `{"do":"freeze","id":"freeze-1"}`, 409, "application/json", `{"error":"there is a fault of that id: not allowed"}`},
		{"new fault of no kind", "POST", "/v1/cameras/cam-0001/faults", `{"do":"melt"}`, 400, "application/json", `{"error":"no such fault","field":"do"}`},
		{"new fault that has fired", "POST", "/v1/cameras/cam-0001/faults", `{"do":"freeze","fired":1}`, 400, "application/json", `{"error":"fired and crl stand in answers only","field":"fired","hint":"/v1/openapi.json describes the bodies"}`},
		{"fault away", "DELETE", "/v1/cameras/cam-0001/faults/freeze-1", "", 200, "application/json", `{"id":"freeze-1","at":"frame","do":"freeze","fired":3}`},
		{"no fault away", "DELETE", "/v1/cameras/cam-0001/faults/x", "", 404, "application/json", `{"error":"fault \"x\": not found"}`},
		{"all faults away", "DELETE", "/v1/cameras/cam-0001/faults", "", 200, "application/json", `[]`},
		{"all faults of nobody away", "DELETE", "/v1/cameras/nobody/faults", "", 404, "application/json", `{"error":"camera \"nobody\": not found"}`},
		{"reset", "POST", "/v1/reset", "", 200, "application/json", `{"faults":4}`},
		{"wrong method", "DELETE", "/v1/cameras", "", 405, "application/json",
			`{"error":"DELETE is not offered here","hint":"use GET"}`},
		{"wrong query", "GET", "/v1/cameras?page=2", "", 400, "application/json",
			`{"error":"there is no such query parameter","field":"page","hint":"/v1/openapi.json lists them"}`},
		{"wrong path", "GET", "/v2/cameras", "", 404, "application/json",
			`{"error":"there is nothing at \"/v2/cameras\"","hint":"/v1/openapi.json lists what there is"}`},
		{"head", "HEAD", "/healthz", "", 200, "application/json", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newFixture().do(tt.method, tt.target, tt.body)
			if w.Code != tt.status {
				t.Errorf("status %d, want %d", w.Code, tt.status)
			}
			if diff := cmp.Diff(tt.kind, w.Header().Get("Content-Type")); diff != "" {
				t.Errorf("content type (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, strings.TrimSuffix(w.Body.String(), "\n")); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadinessIs503WithProgressBefore(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.fleet.ready = api.Ready{Started: 12, Total: 200}
	w := f.do("GET", "/readyz", "")
	if w.Code != http.StatusServiceUnavailable || w.Body.String() != `{"ready":false,"started":12,"total":200}`+"\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := f.do("GET", "/healthz", ""); w.Code != http.StatusOK {
		t.Errorf("healthz %d while starting", w.Code)
	}
}

func TestWrongMethodNamesTheRightOnes(t *testing.T) {
	t.Parallel()
	w := newFixture().do("GET", "/v1/tokens", "")
	if w.Code != 405 || w.Header().Get("Allow") != "POST" {
		t.Errorf("%d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

func TestFleetErrorsBecomeStatuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err    error
		status int
		want   api.Error
	}{
		{&api.ConfigError{Field: "role", Text: `"King" is no role`, Hint: "use onvif:User"}, 400, api.Error{Error: `"King" is no role`, Field: "role", Hint: "use onvif:User"}},
		{fmt.Errorf("mint: %w", &api.ConfigError{Field: "ttl", Text: "too long"}), 400, api.Error{Error: "too long", Field: "ttl"}},
		{fmt.Errorf("key %q: %w", "k1", api.ErrNotFound), 404, api.Error{Error: `key "k1": not found`}},
		{fmt.Errorf("fleet: %w", api.ErrNotReady), 503, api.Error{Error: "fleet: not ready", Hint: "wait until /readyz answers 200"}},
		{fmt.Errorf("issuer: %w", api.ErrNotAllowed), 409, api.Error{Error: "issuer: not allowed"}},
		{context.DeadlineExceeded, 503, api.Error{Error: "the answer took too long"}},
		{errors.New("disk full"), 500, api.Error{Error: "disk full", Hint: "the log of camfleet says more"}},
	}
	for _, tt := range tests {
		t.Run(tt.err.Error(), func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			f.fleet.mint = tt.err
			w := f.do("POST", "/v1/tokens", `{}`)
			if w.Code != tt.status {
				t.Errorf("status %d, want %d", w.Code, tt.status)
			}
			if diff := cmp.Diff(tt.want, apiError(t, w)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if tt.status == 503 && w.Header().Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			if tt.status == 500 && !strings.Contains(f.log.String(), "disk full") {
				t.Error("the failure is not in the log")
			}
		})
	}
}

func apiError(t *testing.T, w *httptest.ResponseRecorder) api.Error {
	t.Helper()
	var e api.Error
	d := json.NewDecoder(w.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		t.Fatalf("body is no api.Error: %v", err)
	}
	if e.Error == "" {
		t.Error("the error says nothing")
	}
	return e
}

// slowReader takes nothing of an answer until it is let.
type slowReader struct {
	*httptest.ResponseRecorder
	asked, let chan struct{}
}

func (s slowReader) Write(b []byte) (int, error) {
	close(s.asked)
	<-s.let
	return s.ResponseRecorder.Write(b)
}

// TestSlowReaderOfASnapshotHoldsNoSlot: encoding is what is bounded.
func TestSlowReaderOfASnapshotHoldsNoSlot(t *testing.T) {
	t.Parallel()
	f := newFixture(func(c *Config) { c.Limits.Snapshots = 1 })
	request := func() *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/v1/cameras/cam-0001/snapshot.jpg", nil)
		r.Host = "localhost"
		return r
	}
	slow := slowReader{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.api.ServeHTTP(slow, request())
	}()
	<-slow.asked
	quick := httptest.NewRecorder()
	f.api.ServeHTTP(quick, request())
	if quick.Code != http.StatusOK {
		t.Errorf("status %d: %s", quick.Code, quick.Body)
	}
	close(slow.let)
	<-done
}

func TestSnapshotsWaitForASlotAndGiveUpWithTheClient(t *testing.T) {
	t.Parallel()
	f := newFixture(func(c *Config) { c.Limits.Snapshots = 1 })
	begun, finish := make(chan struct{}), make(chan struct{})
	f.fleet.snapshot = func(context.Context) ([]byte, error) {
		close(begun) // a second call at the same time would panic
		<-finish
		return []byte("jpeg"), nil
	}
	first := make(chan int)
	go func() { first <- f.do("GET", "/v1/cameras/cam-0001/snapshot.jpg", "").Code }()
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, "GET", "http://127.0.0.1/v1/cameras/cam-0001/snapshot.jpg", nil)
	w := httptest.NewRecorder()
	f.api.ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("the second, given up, got %d", w.Code)
	}
	close(finish)
	if code := <-first; code != http.StatusOK {
		t.Errorf("the first got %d", code)
	}
}

func TestMetricsAreReadAtScrape(t *testing.T) {
	t.Parallel()
	w := newFixture().do("GET", "/metrics", "")
	if w.Code != http.StatusOK {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	for _, line := range []string{
		`camfleet_cameras 1`,
		`camfleet_cameras_started 1`,
		`camfleet_camera_up{camera="cam-0001"} 1`,
		`camfleet_soap_requests_total{camera="cam-0001"} 7`,
		`camfleet_soap_faults_total{camera="cam-0001"} 2`,
		`camfleet_rtsp_viewers{camera="cam-0001"} 1`,
		`camfleet_rtp_packets_total{camera="cam-0001"} 100`,
		`camfleet_rtp_bytes_total{camera="cam-0001"} 120000`,
		`camfleet_rtp_dropped_total{camera="cam-0001"} 3`,
		`camfleet_tpm_restarts_total{camera="cam-0001"} 1`,
		`camfleet_operations_total{operation="tds:GetServices",outcome="ok"} 5`,
		`camfleet_operation_seconds_total{operation="tds:GetServices",outcome="ok"} 0.25`,
	} {
		if !strings.Contains(w.Body.String(), line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
	if !strings.Contains(w.Body.String(), "go_goroutines ") {
		t.Error("no figures of the Go runtime")
	}
}

func TestTwoControlAPIsLiveInOneProcess(t *testing.T) {
	t.Parallel()
	for range 2 {
		if w := newFixture().do("GET", "/metrics", ""); w.Code != http.StatusOK {
			t.Errorf("%d", w.Code)
		}
	}
}

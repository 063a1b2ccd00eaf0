package control

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/api"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeFleet is a fleet of one camera that does what the test sets.
type fakeFleet struct {
	mu       sync.Mutex
	ready    api.Ready
	rebooted []string
	minted   api.TokenRequest
	snapshot func(ctx context.Context) ([]byte, error)
	mint     error
	reboot   error
}

func newFake() *fakeFleet {
	return &fakeFleet{
		ready:    api.Ready{Ready: true, Started: 1, Total: 1},
		snapshot: func(context.Context) ([]byte, error) { return []byte("\xff\xd8picture\xff\xd9"), nil },
	}
}

func theCamera() api.Camera {
	return api.Camera{
		Name: "cam-0001", Profile: "flagship", Serial: "CF1", State: "running", Address: "127.0.0.1",
		Ports:   api.Ports{HTTP: 20010, HTTPS: 20011, RTSP: 20012, RTSPS: 20013},
		Streams: []api.Stream{{Profile: "main", Codec: "h264", Width: 1920, Height: 1080, FPS: 25, RTSP: "rtsp://127.0.0.1:20012/main?a=1&b=2"}},
		Accounts: []api.Account{
			{User: "admin", Password: "camfleet", Level: "Administrator"},
		},
		TPM: api.TPM{Backend: "simulator", Keys: []string{"RSA-2048"}},
	}
}

func (f *fakeFleet) Info() api.Fleet {
	return api.Fleet{Control: "http://127.0.0.1:8800", Cameras: []api.Camera{theCamera()}, ControlToken: "secret-token"}
}

func (f *fakeFleet) Ready() api.Ready { return f.ready }

func (f *fakeFleet) Stats() api.Stats {
	return api.Stats{
		Cameras:    []api.CameraStats{{Name: "cam-0001", State: "running", Requests: 7, Faults: 2, Viewers: 1, Packets: 100, Bytes: 120000, Dropped: 3, Restarts: 1}},
		Operations: []api.OperationStats{{Operation: "tds:GetServices", Outcome: "ok", Count: 5, Seconds: 0.25}},
	}
}

func (f *fakeFleet) Camera(name string) (api.Camera, bool) {
	if name == "cam-0001" {
		return theCamera(), true
	}
	return api.Camera{}, false
}

func (f *fakeFleet) Snapshot(ctx context.Context, _, stream string) ([]byte, error) {
	if stream != "" && stream != "main" {
		return nil, fmt.Errorf("stream %q: %w", stream, api.ErrNotFound)
	}
	return f.snapshot(ctx)
}

func (f *fakeFleet) Mint(r api.TokenRequest) (api.Token, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.minted = r
	if f.mint != nil {
		return api.Token{}, f.mint
	}
	return api.Token{Token: "a.b.c", Type: "Bearer", Expires: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}, nil
}

func (f *fakeFleet) Reboot(_ context.Context, camera string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.reboot != nil {
		return f.reboot
	}
	f.rebooted = append(f.rebooted, camera)
	return nil
}

func (f *fakeFleet) FactoryDefault(ctx context.Context, camera string, hard bool) error {
	return f.Reboot(ctx, fmt.Sprintf("%s %t", camera, hard))
}

func (f *fakeFleet) CA(camera string, signing bool) ([]byte, error) {
	return fmt.Appendf(nil, "-----BEGIN CERTIFICATE-----\n%s %t\n", camera, signing), nil
}

func (f *fakeFleet) Operations(profile string) ([]api.Operation, error) {
	if profile == "unknown" {
		return nil, fmt.Errorf("profile %q: %w", profile, api.ErrNotFound)
	}
	return []api.Operation{{Operation: "tds:GetServices", Service: "device", AccessClass: "PRE_AUTH", State: "simulated"}}, nil
}

func (f *fakeFleet) Issuer() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "issuer "+r.Method+" "+r.URL.Path)
	})
}

func (f *fakeFleet) IssuerTLS() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "issuer by TLS "+r.Method+" "+r.URL.Path)
	})
}

func (f *fakeFleet) Authorizations(string) ([]api.Authorization, error) {
	return []api.Authorization{{Token: "t", Server: "https://as.example", ClientID: "c", ClientAuth: "private_key_jwt", State: "waiting"}}, nil
}

func (f *fakeFleet) Revoke(r api.Revocation) (api.Revocation, error) {
	if r.JTI == "" {
		return r, &api.ConfigError{Field: "jti", Text: "which token?"}
	}
	return r, nil
}

func (f *fakeFleet) RotateIssuer() (api.IssuerKeys, error) {
	return api.IssuerKeys{Keys: []string{"new", "old"}}, nil
}

// fixture is an API over a fake and the log it wrote.
type fixture struct {
	fleet *fakeFleet
	api   http.Handler
	log   *bytes.Buffer
}

func newFixture(change ...func(*Config)) *fixture {
	f := &fixture{fleet: newFake(), log: &bytes.Buffer{}}
	c := Config{Fleet: f.fleet, Loopback: true, Log: slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, f := range change {
		f(&c)
	}
	f.api = New(c)
	return f
}

// do sends a request; header lines are "Name: value".
func (f *fixture) do(method, target, body string, header ...string) *httptest.ResponseRecorder {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, reader)
	r.Host = "127.0.0.1:8800"
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	f.api.ServeHTTP(w, r)
	return w
}

// aFault is the fault that cam-0001 has.
func aFault() api.Fault { return api.Fault{ID: "freeze-1", At: "frame", Do: "freeze", Fired: 3} }

func (f *fakeFleet) Faults(camera string) ([]api.Fault, error) {
	if camera != "cam-0001" {
		return nil, fmt.Errorf("camera %q: %w", camera, api.ErrNotFound)
	}
	return []api.Fault{aFault()}, nil
}

func (f *fakeFleet) Fault(camera, id string) (api.Fault, error) {
	if camera != "cam-0001" || id != "freeze-1" {
		return api.Fault{}, fmt.Errorf("fault %q: %w", id, api.ErrNotFound)
	}
	return aFault(), nil
}

func (f *fakeFleet) AddFault(camera string, a api.Fault) (api.Fault, error) {
	switch {
	case camera != "cam-0001":
		return api.Fault{}, fmt.Errorf("camera %q: %w", camera, api.ErrNotFound)
	case a.ID == "freeze-1":
		return api.Fault{}, fmt.Errorf("there is a fault of that id: %w", api.ErrNotAllowed)
	case a.Do != "freeze":
		return api.Fault{}, &api.ConfigError{Field: "do", Text: "no such fault"}
	}
	a.ID = "freeze-2"
	return a, nil
}

func (f *fakeFleet) RemoveFault(camera, id string) (api.Fault, error) { return f.Fault(camera, id) }

func (f *fakeFleet) ClearFaults(camera string) error {
	_, err := f.Faults(camera)
	return err
}

func (f *fakeFleet) Reset() api.ResetResult { return api.ResetResult{Faults: 4} }

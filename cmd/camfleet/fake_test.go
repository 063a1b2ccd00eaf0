package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"sync"
	"testing"

	"encoding/json"
	"net/http"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/api"
	"go.uber.org/goleak"
)

// TestMain takes away what would change the width of the help texts, and is the
// program where a test started it as that.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Unsetenv("COLUMNS")
	goleak.VerifyTestMain(m)
}

// fakeLibrary starts fleets that exist only as an answer.
type fakeLibrary struct {
	mu      sync.Mutex
	started []api.Config
	closed  int
	info    func(api.Config) api.Fleet
	err     error
	tpm     error
	close   func() error

	verification api.Verification
	verified     []sim.VerifyConfig
}

func (l *fakeLibrary) Start(ctx context.Context, s start) (fleet, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.started = append(l.started, s.Config)
	if l.err != nil {
		return nil, l.err
	}
	for i := 1; i <= s.Config.N; i++ {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s.Progress(i, s.Config.N)
	}
	s.Log.Debug("started", "camera", "cam-0001")
	info := aFleet(s.Config.N)
	if l.info != nil {
		info = l.info(s.Config)
	}
	return &fakeFleet{l, info}, nil
}

func (l *fakeLibrary) Operations(profile string) ([]api.Operation, error) {
	if profile == "nope" {
		return nil, &api.ConfigError{Field: "profile", Text: `no profile "nope"`, Hint: "camfleet profile ls lists them"}
	}
	state := "not simulated"
	if profile != "" {
		state = "off in the profile"
	}
	return []api.Operation{
		{Operation: "tds:GetServices", Service: "device", AccessClass: "PRE_AUTH", State: "simulated", Section: "Core 8.1.2.1"},
		{Operation: "tds:GetUsers", Service: "device", AccessClass: "READ_SYSTEM_SECRET", State: state, Section: "Core 8.4.3"},
	}, nil
}

func (l *fakeLibrary) Verify(_ context.Context, c sim.VerifyConfig) (api.Verification, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.verified = append(l.verified, c)
	return l.verification, l.err
}

func (l *fakeLibrary) TPMs(context.Context) error { return l.tpm }

type fakeFleet struct {
	lib  *fakeLibrary
	info api.Fleet
}

func (f *fakeFleet) Info() api.Fleet { return f.info }

func (f *fakeFleet) Close() error {
	f.lib.mu.Lock()
	defer f.lib.mu.Unlock()
	f.lib.closed++
	if f.lib.close != nil {
		return f.lib.close()
	}
	return nil
}

// aFleet is a fleet of n cameras on the default ports.
func aFleet(n int) api.Fleet {
	f := api.Fleet{Control: "http://127.0.0.1:8800", Issuer: "http://127.0.0.1:8800/issuer", CA: "PEM", ReadySeconds: 0.61}
	for i := 1; i <= n; i++ {
		base := 20000 + 10*i
		f.Cameras = append(f.Cameras, api.Camera{
			Name: fmt.Sprintf("cam-%04d", i), Profile: "flagship", State: "running", Tokens: true,
			DeviceURL:    fmt.Sprintf("http://127.0.0.1:%d/onvif/device_service", base),
			DeviceURLTLS: fmt.Sprintf("https://127.0.0.1:%d/onvif/device_service", base+1),
			Snapshot:     fmt.Sprintf("http://127.0.0.1:%d/snapshot/main.jpg", base),
			Streams: []api.Stream{{
				Profile: "main", RTSP: fmt.Sprintf("rtsp://127.0.0.1:%d/main", base+2), RTSPS: fmt.Sprintf("rtsps://127.0.0.1:%d/main", base+3),
			}},
			Accounts: []api.Account{{User: "admin", Password: "camfleet", Level: "Administrator"}, {User: "viewer", Password: "camfleet", Level: "User"}},
		})
	}
	return f
}

// result is what one run of the program left.
type result struct {
	code           int
	stdout, stderr string
}

// try runs a command line to its end; up is stopped once it is ready.
func try(t *testing.T, lib *fakeLibrary, env map[string]string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stderr bytes.Buffer
	stdout := &stopAtWrite{stop: func() {}}
	if len(args) == 0 || args[0] == "up" {
		stdout.stop = cancel
	}
	p := &program{name: "camfleet", stdout: stdout, stderr: &stderr, getenv: func(k string) string { return env[k] }, lib: lib}
	code := p.run(ctx, args)
	return result{code, stdout.String(), stderr.String()}
}

// stopAtWrite ends up as soon as it has said that it is ready.
type stopAtWrite struct {
	bytes.Buffer
	stop func()
}

func (s *stopAtWrite) Write(b []byte) (int, error) {
	defer s.stop()
	return s.Buffer.Write(b)
}

// controlAPI is a fleet's control API that answers what the map says for
// "METHOD /path?query", and keeps the last request.
type controlAPI struct {
	*httptest.Server
	mu   sync.Mutex
	body string
	auth string
}

func newControlAPI(t *testing.T, answers map[string]any) *controlAPI {
	t.Helper()
	c := &controlAPI{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		if _, err := body.ReadFrom(r.Body); err != nil {
			t.Error(err)
		}
		c.mu.Lock()
		c.body, c.auth = body.String(), r.Header.Get("Authorization")
		c.mu.Unlock()
		switch answer := answers[r.Method+" "+r.URL.RequestURI()].(type) {
		case nil:
			w.WriteHeader(http.StatusNotFound)
			_ = json.NewEncoder(w).Encode(api.Error{Error: "there is nothing at " + r.URL.Path})
		case refused:
			w.WriteHeader(answer.status)
			_ = json.NewEncoder(w).Encode(answer.Error)
		case string:
			_, _ = w.Write([]byte(answer))
		default:
			_ = json.NewEncoder(w).Encode(answer)
		}
	}))
	t.Cleanup(func() {
		c.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return c
}

// refused is an answer that is an error.
type refused struct {
	status int
	api.Error
}

var errBroken = errors.New("camera cam-0002: listen tcp 127.0.0.1:20020: address already in use; give another --base-port")

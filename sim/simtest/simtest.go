// Package simtest gives Go tests cameras of their own: in the test's process,
// on ports the system picks, stopped when the test ends.
//
//	func TestMyClient(t *testing.T) {
//		t.Parallel()
//		camera := simtest.Camera(t, simtest.Profile("flagship"))
//		client := myonvif.Dial(camera.DeviceURL, "admin", camera.Password("admin"))
//		…
//	}
package simtest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/api"
)

// Option changes what fleet a test gets.
type Option func(*sim.Config)

// Profile sets the profile of the cameras; several are dealt out in turn.
func Profile(names ...string) Option { return func(c *sim.Config) { c.Profiles = names } }

// Cameras sets how many cameras there are. Default 1.
func Cameras(n int) Option { return func(c *sim.Config) { c.N = n } }

// Seed makes the fleet the same each time.
func Seed(n uint64) Option { return func(c *sim.Config) { c.Seed = &n } }

// State keeps the cameras' state in a directory.
func State(dir string) Option { return func(c *sim.Config) { c.State = dir } }

// Clock gives the fleet another clock than the machine's.
func Clock(clock sim.Clock) Option { return func(c *sim.Config) { c.Clock = clock } }

// Log shows what happens.
func Log(l *slog.Logger) Option { return func(c *sim.Config) { c.Log = l } }

// Fleet starts a fleet that ends with the test. It is not announced by
// WS-Discovery.
func Fleet(t testing.TB, options ...Option) *sim.Fleet {
	t.Helper()
	c := sim.Config{Config: api.Config{N: 1, Profiles: []string{"flagship"}, Control: "127.0.0.1:0"}, NoDiscovery: true}
	for _, o := range options {
		o(&c)
	}
	fleet, err := sim.Start(context.Background(), c)
	if err != nil {
		t.Fatalf("start a fleet: %v", err)
	}
	t.Cleanup(func() {
		if err := fleet.Close(); err != nil {
			t.Errorf("stop the fleet: %v", err)
		}
	})
	return fleet
}

// Cam is one camera of a test.
type Cam struct {
	api.Camera
	// Fleet is the fleet the camera is in.
	Fleet *sim.Fleet
	t     testing.TB
}

// Camera starts a fleet and returns its first camera.
func Camera(t testing.TB, options ...Option) *Cam {
	t.Helper()
	return Of(t, Fleet(t, options...), "cam-0001")
}

// Of returns a camera of a running fleet.
func Of(t testing.TB, fleet *sim.Fleet, name string) *Cam {
	t.Helper()
	c, ok := fleet.Camera(name)
	if !ok {
		t.Fatalf("the fleet has no camera %q", name)
	}
	return &Cam{Camera: c, Fleet: fleet, t: t}
}

// Password returns the password of a factory account.
func (c *Cam) Password(user string) string {
	c.t.Helper()
	for _, a := range c.Accounts {
		if a.User == user {
			return a.Password
		}
	}
	c.t.Fatalf("camera %s has no account %q", c.Name, user)
	return ""
}

// Token returns a bearer token with a role such as "Operator".
func (c *Cam) Token(role string) string {
	c.t.Helper()
	token, err := c.Fleet.Mint(api.TokenRequest{Role: role})
	if err != nil {
		c.t.Fatalf("mint a token: %v", err)
	}
	return token.Token
}

// TLS returns a client configuration that trusts the fleet's root.
func (c *Cam) TLS() *tls.Config {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(c.Fleet.Info().CA)) {
		c.t.Fatal("the fleet's root certificate cannot be read")
	}
	return &tls.Config{RootCAs: pool, ServerName: c.Address}
}

// SOAP posts the child of a SOAP Body to the camera's device service over
// HTTPS, with a bearer token unless it is empty, and returns the HTTP status and
// the answer's body.
func (c *Cam) SOAP(token, body string) (int, []byte) {
	c.t.Helper()
	envelope := fmt.Sprintf(`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>%s</s:Body></s:Envelope>`, body)
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.DeviceURLTLS, bytes.NewReader([]byte(envelope)))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/soap+xml; charset=utf-8")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	transport := &http.Transport{TLSClientConfig: c.TLS()}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, answer
}

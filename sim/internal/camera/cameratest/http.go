package cameratest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/device"
)

// URL is the address of a path on the HTTP listener, or the HTTPS one.
func (c *Camera) URL(secure bool, path string) string {
	if secure {
		return "https://" + c.Addresses[device.HTTPS] + path
	}
	return "http://" + c.Addresses[device.HTTP] + path
}

// TLS is what a client needs that trusts the fleet's root.
func (c *Camera) TLS() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(c.Roots.Fleet.Certificate)
	return &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"} //nolint:gosec // the client's default version
}

// Client is an HTTP client of the test's own, whose connections end with it.
func (c *Camera) Client(t testing.TB) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: c.TLS()}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// Do sends a request over HTTP, with a Digest answer if an account is given,
// and returns the response with its body.
func Do(t testing.TB, client *http.Client, method, url, account string, body []byte) (*http.Response, []byte) {
	t.Helper()
	send := func(authorization string) (*http.Response, []byte) {
		req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if body != nil {
			req.Header.Set("Content-Type", "application/soap+xml; charset=utf-8")
		}
		if authorization != "" {
			req.Header.Set("Authorization", authorization)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close() //nolint:errcheck // it is read to its end
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, b
	}
	resp, b := send("")
	var d digest
	if account == "" || resp.StatusCode != http.StatusUnauthorized || !d.learn(resp.Header, false) {
		return resp, b
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(url, "https://"), "http://"), "/")
	return send(Digest(d.given, method, "/"+path, account, Password, 1))
}

// Until moves the camera's clock on, step by step, until something has happened.
// If it never does, the time of the whole test runs out.
func (c *Camera) Until(step time.Duration, happened func() bool) {
	for !happened() {
		c.Clock.Advance(step)
		runtime.Gosched()
	}
}

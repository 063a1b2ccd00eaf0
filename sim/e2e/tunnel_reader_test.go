package e2e

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/tunnel/tunneltest"
)

// dialer is how gortsplib's client opens its connection.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// throughTunnel opens connections through a web server: way is HTTP, HTTPS, WS
// or WSS, any other is none of a tunnel, which nil stands for.
func throughTunnel(b testing.TB, way, plain, secure string, config *tls.Config) dialer {
	b.Helper()
	device := plain
	if way == "HTTPS" || way == "WSS" {
		device = secure
	}
	u, err := url.Parse(device)
	if err != nil {
		b.Fatal(err)
	}
	port := u.Port()
	if port == "" { // the scheme's own
		port = u.Scheme
	}
	host := net.JoinHostPort(u.Hostname(), port)
	dial := func() (net.Conn, error) { return net.Dial("tcp", host) }
	if device == secure {
		dial = func() (net.Conn, error) { return tls.Dial("tcp", host, config) }
	}
	switch way {
	case "HTTP", "HTTPS":
		return func(context.Context, string, string) (net.Conn, error) { return tunneltest.OverHTTP(dial, "/main") }
	case "WS", "WSS":
		return func(context.Context, string, string) (net.Conn, error) { return tunneltest.OverWebSocket(dial) }
	}
	return nil
}

package camera_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/tunnel/tunneltest"
)

// tunnelDoors are the ways to RTSP through the web server.
func tunnelDoors() []door {
	return []door{
		{"RTSP over HTTP", device.HTTP, "DESCRIBE", "/sub", "", "HTTP"},
		{"RTSP over HTTPS", device.HTTPS, "DESCRIBE", "/sub", "", "HTTP"},
		{"RTSP over WebSocket", device.HTTP, "DESCRIBE", "/sub", "", "WebSocket"},
		{"RTSP over WebSocket and TLS", device.HTTPS, "DESCRIBE", "/sub", "", "WebSocket"},
	}
}

// dial opens a connection to a door, with TLS if that is one of TLS.
func (g *guarded) dial(d door, own *tls.Certificate) (net.Conn, error) {
	conn, err := net.Dial("tcp", g.Addresses[d.protocol])
	if err != nil || !d.secure() {
		return conn, err
	}
	config := g.TLS()
	config.Time = g.Clock.Now
	if own != nil {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own, nil }
	}
	return tls.Client(conn, config), nil
}

// connect opens what requests of a door are sent on; lines are for the header of
// the requests that open a tunnel.
func (g *guarded) connect(d door, own *tls.Certificate, lines ...string) (net.Conn, error) {
	dial := func() (net.Conn, error) { return g.dial(d, own) }
	switch d.through {
	case "HTTP":
		return tunneltest.OverHTTP(dial, d.uri, lines...)
	case "WebSocket":
		return tunneltest.OverWebSocket(dial, lines...)
	}
	return dial()
}

// TestTokensOfTheRequestsThatOpenATunnelCount for the requests within that carry
// none, over TLS only; they are never a reason to refuse the tunnel (Core 5.9.1).
func TestTokensOfTheRequestsThatOpenATunnelCount(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	g := m.trusting(t, realm)
	for _, w := range m.tokenWays(t) {
		for _, d := range tunnelDoors() {
			token := w.token(t, g.Clock.Now())
			conn, err := g.connect(d, nil, "Authorization: Bearer "+token)
			if err != nil {
				t.Fatalf("%s, %s: %v", d.name, w.way, err)
			}
			want := outcome{status: 401, challenge: "!Bearer"}
			switch {
			case d.secure() && w.description == "":
				want = served
			case d.secure():
				want.challenge = `error_description="` + w.description + `"`
			}
			if _, err := io.WriteString(conn, d.request(g.Addresses[d.protocol], credentials{})); err != nil {
				t.Fatal(err)
			}
			a := readAnswer(bufio.NewReader(conn))
			want.check(t, d, a)
			if text := headerText(t, a.header) + string(a.body); len(token) > 20 && strings.Contains(text, token[len(token)-20:]) {
				t.Errorf("%s: the token is echoed: %s", d.name, text)
			}
			conn.Close() //nolint:errcheck // it is over
		}
	}
}

// TestCredentialsWithinATunnelComeBeforeItsToken.
func TestCredentialsWithinATunnelComeBeforeItsToken(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	g := m.trusting(t, nil)
	d := tunnelDoors()[3]
	conn, err := g.connect(d, nil, "Authorization: Bearer "+m.token(t, g.Clock.Now(), nil))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it is over
	answers := bufio.NewReader(conn)
	for _, step := range []struct {
		token string
		want  outcome
	}{
		{"", served},
		{m.token(t, g.Clock.Now(), map[string]any{"jti": "revoked"}), outcome{status: 401, challenge: "The access token was revoked"}},
		{m.token(t, g.Clock.Now(), map[string]any{"sub": "other"}), served},
	} {
		var c credentials
		if step.token != "" {
			c.authorization = []string{"Bearer " + step.token}
		}
		if _, err := io.WriteString(conn, d.request(g.Addresses[d.protocol], c)); err != nil {
			t.Fatal(err)
		}
		step.want.check(t, d, readAnswer(answers))
	}
}

// TestTunnelsEndWithTheirToken, after the grace of the profile, and a WebSocket
// is told (RFC 6455 7.4.1).
func TestTunnelsEndWithTheirToken(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	g := m.trusting(t, nil)
	for _, d := range tunnelDoors() {
		if !d.secure() {
			continue
		}
		conn, err := g.connect(d, nil, "Authorization: Bearer "+m.token(t, g.Clock.Now(), map[string]any{"exp": g.Clock.Now().Add(time.Minute).Unix()}))
		if err != nil {
			t.Fatal(err)
		}
		answers := bufio.NewReader(conn)
		ask := func(method, uri, lines string) answered {
			if _, err := fmt.Fprintf(conn, "%s rtsp://camera%s RTSP/1.0\r\nCSeq: 1\r\n%s\r\n", method, uri, lines); err != nil {
				t.Fatal(err)
			}
			return readAnswer(answers)
		}
		if a := ask("SETUP", "/sub/trackID=0", "Transport: RTP/AVP;unicast;client_port=4000-4001\r\n"); a.status != 461 {
			t.Errorf("%s: UDP: %d", d.name, a.status)
		}
		if a := ask("SETUP", "/sub/trackID=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"); a.status != 200 {
			t.Fatalf("%s: %d", d.name, a.status)
		}
		g.Clock.Advance(time.Minute + g.Profile.Auth.JWT.SessionGrace)
		if rest, _ := io.ReadAll(answers); len(rest) > 0 { //nolint:errcheck // however it ends
			t.Errorf("%s: %q", d.name, rest)
		}
		conn.Close() //nolint:errcheck // it is over
	}
}

// TestClosedDoorEndsItsTunnels: SetNetworkProtocols takes HTTP away, and with it
// what went through it.
func TestClosedDoorEndsItsTunnels(t *testing.T) {
	t.Parallel()
	g := &guarded{clients: &clients{Camera: cameratest.New(t, cameratest.Config{Listen: true, Host: host(t)})}}
	var open []net.Conn
	for _, d := range tunnelDoors() {
		if d.secure() {
			continue
		}
		conn, err := g.connect(d, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // it is over
		open = append(open, conn)
	}
	if a := g.As(t, "admin", "<tds:SetNetworkProtocols><tds:NetworkProtocols><tt:Name>HTTP</tt:Name><tt:Enabled>false</tt:Enabled><tt:Port>80</tt:Port></tds:NetworkProtocols></tds:SetNetworkProtocols>"); a.Fault != "" {
		t.Fatal(a.Fault)
	}
	for _, conn := range open {
		if rest, _ := io.ReadAll(conn); len(rest) > 0 { //nolint:errcheck // however it ends
			t.Errorf("%q", rest)
		}
	}
}

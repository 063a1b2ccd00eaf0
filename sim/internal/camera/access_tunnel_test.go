package camera_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/tunnel"
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
	switch d.through {
	case "HTTP":
		return g.tunnel(d, own, lines)
	case "WebSocket":
		return g.webSocket(d, own, lines)
	}
	return g.dial(d, own)
}

// halves are a GET and a POST as one connection.
type halves struct {
	net.Conn // the GET
	answers  *bufio.Reader
	post     net.Conn
}

func (h *halves) Read(b []byte) (int, error) { return h.answers.Read(b) }

func (h *halves) Write(b []byte) (int, error) {
	_, err := io.WriteString(h.post, base64.StdEncoding.EncodeToString(b))
	return len(b), err
}

func (h *halves) Close() error {
	h.post.Close() //nolint:errcheck // it is over
	return h.Conn.Close()
}

func (g *guarded) tunnel(d door, own *tls.Certificate, lines []string) (net.Conn, error) {
	get, err := g.dial(d, own)
	if err != nil {
		return nil, err
	}
	h := &halves{Conn: get, answers: bufio.NewReader(get)}
	more := strings.Join(append(slices.Clone(lines), "x-sessioncookie: "+get.LocalAddr().String(), "", ""), "\r\n")
	fmt.Fprintf(get, "GET %s HTTP/1.0\r\n%s", d.uri, more) //nolint:errcheck // the answer tells
	r, err := http.ReadResponse(h.answers, nil)
	if err == nil && (r.StatusCode != 200 || strings.Contains(fmt.Sprint(r.Header), "Bearer")) {
		err = fmt.Errorf("GET: %s %v", r.Status, r.Header)
	}
	if err == nil {
		h.post, err = g.dial(d, own)
	}
	if err != nil {
		get.Close() //nolint:errcheck // it is over
		return nil, err
	}
	_, err = fmt.Fprintf(h.post, "POST %s HTTP/1.0\r\nContent-Length: 32767\r\n%s", d.uri, more)
	return h, err
}

func (g *guarded) webSocket(d door, own *tls.Certificate, lines []string) (net.Conn, error) {
	conn, err := g.dial(d, own)
	if err != nil {
		return nil, err
	}
	answers := bufio.NewReader(conn)
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\n%s", tunnel.WebSocketPath, strings.Join(append(slices.Clone(lines), //nolint:errcheck // the answer tells
		"Host: camera", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
		"Sec-WebSocket-Protocol: "+tunnel.WebSocketProtocol, "", ""), "\r\n"))
	r, err := http.ReadResponse(answers, nil)
	if err == nil && (r.StatusCode != http.StatusSwitchingProtocols || strings.Contains(fmt.Sprint(r.Header), "Bearer")) {
		err = fmt.Errorf("WebSocket: %s %v", r.Status, r.Header)
	}
	if err != nil {
		conn.Close() //nolint:errcheck // it is over
		return nil, err
	}
	return &socket{Conn: conn, answers: answers}, nil
}

// socket is a WebSocket as a connection of short messages.
type socket struct {
	net.Conn
	answers *bufio.Reader
	left    int // of the message under way
}

func (s *socket) Read(b []byte) (int, error) {
	for s.left == 0 {
		head := make([]byte, 2, 8)
		if _, err := io.ReadFull(s.answers, head); err != nil {
			return 0, err
		}
		if head[0] != 0x82 {
			return 0, fmt.Errorf("frame %#x: %w", head[0], io.EOF)
		}
		if s.left = int(head[1]); s.left == 126 {
			if _, err := io.ReadFull(s.answers, head); err != nil {
				return 0, err
			}
			s.left = int(head[0])<<8 | int(head[1])
		}
	}
	n, err := s.answers.Read(b[:min(len(b), s.left)])
	s.left -= n
	return n, err
}

// Write sends a message whose mask is 0 (RFC 6455 5.2).
func (s *socket) Write(b []byte) (int, error) {
	head := []byte{0x82, 0x80 | 126, byte(len(b) >> 8), byte(len(b)), 0, 0, 0, 0}
	if _, err := s.Conn.Write(append(head, b...)); err != nil {
		return 0, err
	}
	return len(b), nil
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

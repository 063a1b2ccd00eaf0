package rtsp

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
)

// over is what a tunnel has above its connection, with counts.
type over struct {
	net.Conn
	writes, byes atomic.Int64
}

func (o *over) Write(b []byte) (int, error) {
	o.writes.Add(1)
	return o.Conn.Write(b)
}

func (o *over) Bye() { o.byes.Add(1) }

// through opens a tunnel; the channel has its end.
func (b *bench) through(t Tunnel) (*client, <-chan error) {
	b.t.Helper()
	near, far := sockets(b.t)
	done := make(chan error, 1)
	t.Conn = far
	go func() { done <- b.server.ServeTunnel(b.t.Context(), t) }()
	return newClient(b.t, near), done
}

func TestTunnelsCarryMediaBetweenTheAnswersOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	o := &over{}
	c, done := b.through(Tunnel{Name: "WebSocket", Over: func(nc net.Conn) net.Conn { o.Conn = nc; return o }})
	c.want(461, "SETUP", b.url+"/trackID=0", "Transport: RTP/AVP;unicast;client_port=4000-4001")
	id := c.setup(b.url, "Transport: RTP/AVP;unicast;client_port=4000-4001") // and TCP, which comes first
	if st := b.server.Stats().Sessions; len(st) != 1 || st[0].Transport != "WebSocket" || st[0].Secure {
		t.Errorf("%+v", st)
	}
	c.want(200, "PLAY", b.url, "Session: "+id)
	c.first()
	if n := o.writes.Load(); n < 4 { // three answers and a picture: each is one message
		t.Errorf("%d messages", n)
	}
	c.want(200, "TEARDOWN", b.url, "Session: "+id)
	c.nc.Close() //nolint:errcheck // ends the tunnel
	if err := <-done; err != nil || o.byes.Load() != 0 {
		t.Errorf("%v; %d byes to a client that has gone", err, o.byes.Load())
	}
}

// TestTunnelIsToldOfTheEndOfItsSession.
func TestTunnelIsToldOfTheEndOfItsSession(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	o := &over{}
	c, done := b.through(Tunnel{Name: "WebSocket", Over: func(nc net.Conn) net.Conn { o.Conn = nc; return o }})
	id := c.setup(b.url)
	b.server.mu.Lock()
	x := b.server.sessions[id]
	b.server.mu.Unlock()
	b.server.end(x, errTokenExpired)
	c.ends()
	if err := <-done; err != nil || o.byes.Load() != 1 {
		t.Errorf("%v, %d byes", err, o.byes.Load())
	}
}

// TestTunnelWithoutRoomIsAnswered503, over TLS as well, since that is behind it.
func TestTunnelWithoutRoomIsAnswered503(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config, _ *StreamConfig) { c.Limits.Connections = 1 })
	first, _ := b.through(Tunnel{Name: "HTTP"})
	first.want(200, "OPTIONS", "*")
	c, done := b.through(Tunnel{Name: "HTTP", Secure: true})
	if r := c.reply(); r.status != 503 {
		t.Errorf("%+v", r)
	}
	c.ends()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestTunnelsCredentialsServeRequestsThatHaveNone.
func TestTunnelsCredentialsServeRequestsThatHaveNone(t *testing.T) {
	t.Parallel()
	asked := make(chan auth.Request, 10)
	b := newBench(t, func(c *Config, _ *StreamConfig) { c.Auth, c.Allow = heard{asked: asked}, isUser })
	c, _ := b.through(Tunnel{Name: "HTTP", Secure: true, Authorization: []string{"viewer"}})
	c.want(200, "DESCRIBE", b.url)
	c.want(403, "DESCRIBE", b.url, "Authorization: poor")
	c.want(401, "DESCRIBE", b.url, "Authorization: nobody")
	for _, want := range []string{"viewer", "poor", "nobody"} {
		if q := <-asked; !q.RTSP || !q.Secure || len(q.Authorization) != 1 || q.Authorization[0] != want {
			t.Errorf("%+v, want %s", q, want)
		}
	}
}

// heard is an authenticator that tells what it was asked.
type heard struct {
	open
	asked chan auth.Request
}

func (h heard) Identify(q auth.Request) (auth.Identity, error) {
	h.asked <- q
	return h.open.Identify(q)
}

// TestTokenEndsTheTunnel if no newer one comes.
func TestTokenEndsTheTunnel(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config, _ *StreamConfig) {
		c.Auth, c.Allow = open{expires: c.Clock.Now().Add(300 * time.Millisecond)}, isUser
	})
	c, done := b.through(Tunnel{Name: "HTTP", Secure: true, Authorization: []string{"viewer"}})
	c.play(b.url)
	c.ends()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := len(b.server.Stats().Sessions); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func TestTunnelOfAClosedServerIsClosed(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.dial().want(200, "OPTIONS", "*") // it serves by now
	b.server.Close()
	c, done := b.through(Tunnel{Name: "HTTP"})
	if err := <-done; err != ErrClosed {
		t.Errorf("%v", err)
	}
	c.ends()
}

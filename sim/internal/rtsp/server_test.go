package rtsp

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
)

func TestServerThatLacksSomethingIsNotMade(t *testing.T) {
	t.Parallel()
	good := Config{
		Clock: clock.Real(), Random: rand.Reader, Auth: open{}, Allow: anybody,
		Lookup: func(string) (*Stream, bool) { return nil, false },
	}
	for name, change := range map[string]func(*Config){
		"clock":         func(c *Config) { c.Clock = nil },
		"randomness":    func(c *Config) { c.Random = nil },
		"streams":       func(c *Config) { c.Lookup = nil },
		"authenticator": func(c *Config) { c.Auth = nil },
		"policy":        func(c *Config) { c.Allow = nil },
	} {
		c := good
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("no %s: no error", name)
		}
	}
	s, err := New(good)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context(), nil, true); err == nil {
		t.Error("a secure listener without TLS configuration is served")
	}
	s.Close()
	s.Close() // once more is no harm
	if err := s.Serve(t.Context(), nil, false); !errors.Is(err, ErrClosed) {
		t.Errorf("Serve after Close: %v", err)
	}
	near, far := net.Pipe()
	if err := s.ServeConn(t.Context(), far, false); !errors.Is(err, ErrClosed) {
		t.Errorf("ServeConn after Close: %v", err)
	}
	if _, err := near.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the connection is left open: %v", err)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	t.Parallel()
	cert, pool := certificate(t)
	b := newBench(t, func(c *Config, _ *StreamConfig) { c.TLS = &tls.Config{Certificates: []tls.Certificate{cert}} })
	idle := b.dial()
	idle.want(200, "OPTIONS", "*")
	playing := b.dial()
	playing.play(b.url)
	u := b.overUDP(b.dial())
	u.want(200, "PLAY", b.url, "Session: "+u.id)
	secure, err := tls.Dial("tcp", b.secureAddress, &tls.Config{RootCAs: pool})
	if err != nil {
		t.Fatal(err)
	}
	sc := newClient(t, secure)
	sc.play(b.url)
	silent, err := net.Dial("tcp", b.secureAddress) // never begins its handshake
	if err != nil {
		t.Fatal(err)
	}
	b.server.Close()
	for _, c := range []*client{idle, playing, u.client, newClient(t, silent)} {
		c.ends()
	}
	if _, err := io.Copy(io.Discard, sc.br); err == nil {
		t.Log("close_notify came") // either is good
	}
	if st := b.server.Stats(); st.Connections != 0 || len(st.Sessions) != 0 {
		t.Errorf("%+v", st)
	}
	if _, err := net.Dial("tcp", b.address); err == nil {
		t.Error("the port is still open")
	}
}

func TestListenerMayCloseAndItsConnectionsGoOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.server.Serve(ctx, l, false) }()
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, nc)
	c.play(b.url)
	l.Close() //nolint:errcheck // Serve tells
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
	c.want(200, "OPTIONS", "*")
	cancel()
	c.ends()
}

func TestTLSConfigurationMayChangeAtAnyTime(t *testing.T) {
	t.Parallel()
	cert, pool := certificate(t)
	var current atomic.Pointer[tls.Config]
	current.Store(&tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	b := newBench(t, func(c *Config, _ *StreamConfig) {
		c.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return current.Load(), nil }}
	})
	dial := func(max uint16) (*tls.Conn, error) {
		return tls.Dial("tcp", b.secureAddress, &tls.Config{RootCAs: pool, MaxVersion: max, MinVersion: tls.VersionTLS12})
	}
	old, err := dial(tls.VersionTLS12)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, old)
	c.want(200, "OPTIONS", "*")
	current.Store(&tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13})
	if _, err := dial(tls.VersionTLS12); err == nil {
		t.Error("TLS 1.2 is still served")
	}
	now, err := dial(tls.VersionTLS13)
	if err != nil {
		t.Fatal(err)
	}
	newClient(t, now).play(b.url)
	c.want(200, "OPTIONS", "*") // open connections go on
}

func TestHandshakeThatDoesNotComeEndsTheConnection(t *testing.T) {
	t.Parallel()
	cert, _ := certificate(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Config{
			Clock: clock.Real(), Random: rand.Reader, Auth: open{}, Allow: anybody,
			Lookup: func(string) (*Stream, bool) { return nil, false },
			TLS:    &tls.Config{Certificates: []tls.Certificate{cert}},
		})
		if err != nil {
			t.Fatal(err)
		}
		near, far := net.Pipe()
		l := &oneConn{conns: make(chan net.Conn, 1)}
		l.conns <- far
		done := make(chan error)
		go func() { done <- s.Serve(t.Context(), l, true) }()
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Error(err)
		}
		if got := at(); got != 10*time.Second+50*time.Millisecond { // the listener rests first
			t.Errorf("ended after %v", got)
		}
		s.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// oneConn is a listener of connections that are there already. Its first Accept
// fails as one does when file descriptors run out.
type oneConn struct {
	conns  chan net.Conn
	failed bool
}

// temporary is an error that passes.
type temporary struct{ error }

func (temporary) Temporary() bool { return true }

func (l *oneConn) Accept() (net.Conn, error) {
	if !l.failed {
		l.failed = true
		return nil, temporary{errors.New("too many open files")}
	}
	if c, ok := <-l.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (l *oneConn) Close() error   { close(l.conns); return nil }
func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// counted counts the writes that reach a socket.
type counted struct {
	net.Conn
	writes atomic.Int64
}

func (c *counted) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

func TestAccessUnitOverTLSLeavesInOneWrite(t *testing.T) {
	t.Parallel()
	cert, pool := certificate(t)
	b := newBench(t, func(c *Config, s *StreamConfig) {
		large(c, s)
		c.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, DynamicRecordSizingDisabled: true}
	})
	near, far := sockets(t)
	wire := &counted{Conn: far}
	l := &oneConn{conns: make(chan net.Conn, 1), failed: true}
	l.conns <- wire
	done := make(chan error)
	go func() { done <- b.server.Serve(t.Context(), l, true) }()
	c := newClient(t, tls.Client(near, &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}))
	id := c.setup(b.url)
	before := wire.writes.Load()
	c.want(200, "PLAY", b.url, "Session: "+id)
	for {
		if p, _ := c.packet(0); p.Marker {
			break
		}
	}
	if got := wire.writes.Load() - before; got > 6 { // the answer, a few units, a report; records there are twelve
		t.Errorf("%d writes for an answer, an access unit of 30 KB and a report", got)
	}
	l.Close() //nolint:errcheck // Serve tells
	if err := <-done; err != nil {
		t.Error(err)
	}
}

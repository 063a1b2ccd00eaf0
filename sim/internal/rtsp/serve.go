package rtsp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
)

// keepAlive finds clients that vanished without a word.
func keepAlive() net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3}
}

// accept is the loop of Serve.
func (s *Server) accept(ctx context.Context, l net.Listener, secure bool) error {
	for {
		nc, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || ctx.Err() != nil {
				return nil //nolint:nilerr // it was closed
			}
			var temporary interface{ Temporary() bool }
			if errors.As(err, &temporary) && temporary.Temporary() {
				s.log.Warn("no connection taken", "error", err)
				s.rest(ctx, 50*time.Millisecond)
				continue
			}
			return fmt.Errorf("rtsp listener %v: %w", l.Addr(), err)
		}
		if !s.enter() {
			nc.Close() //nolint:errcheck // too late
			return nil
		}
		go func() {
			defer s.leave()
			s.serve(ctx, Tunnel{Conn: nc, Secure: secure}, secure)
		}()
	}
}

// rest waits for a moment, such as for a file descriptor to become free.
func (s *Server) rest(ctx context.Context, d time.Duration) {
	t := s.config.Clock.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C():
	case <-ctx.Done():
	}
}

// ServeConn serves one connection until it ends, and closes it. Secure says that it came over TLS, which is behind it
// already. A connection that is no socket of the system has its Write called by
// a goroutine of its own, which may block.
func (s *Server) ServeConn(ctx context.Context, nc net.Conn, secure bool) error {
	if !s.enter() {
		nc.Close() //nolint:errcheck // too late
		return ErrClosed
	}
	defer s.leave()
	s.serve(ctx, Tunnel{Conn: nc, Secure: secure}, false)
	return nil
}

// serve serves one connection, with TLS first if handshake is set. One that is
// in no tunnel has only a Conn.
func (s *Server) serve(ctx context.Context, t Tunnel, handshake bool) {
	if socket, ok := t.Conn.(*net.TCPConn); ok {
		if err := socket.SetKeepAliveConfig(keepAlive()); err != nil {
			s.log.Debug("no TCP keep-alive", "peer", socket.RemoteAddr(), "error", err)
		}
	}
	out := newOutbox(t.Conn, s.config.Clock, s.limits, s.pool)
	c := newConn(s, out, t.Secure)
	c.enterTunnel(t)
	defer out.wait()
	defer out.Close()                                      //nolint:errcheck // the connection is over
	defer context.AfterFunc(ctx, func() { out.Close() })() //nolint:errcheck // as above
	if err := s.register(c); err != nil {
		if !handshake && errors.Is(err, errConnections) {
			c.refuse(base.StatusServiceUnavailable)
		}
		c.log.Info("connection refused", "error", err)
		return
	}
	defer s.unregister(c)
	if handshake {
		if err := c.handshake(ctx); err != nil {
			c.log.Info("no TLS connection", "error", err)
			return
		}
	}
	c.run()
}

var errConnections = errors.New("as many connections as the camera may have")

// register counts a connection.
func (s *Server) register(c *conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if len(s.conns) >= s.limits.Connections {
		return errConnections
	}
	s.conns[c] = struct{}{}
	return nil
}

func (s *Server) unregister(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// handshake does TLS on the outbox, within its time.
func (c *conn) handshake(ctx context.Context) error {
	watch := c.srv.config.Clock.AfterFunc(c.srv.limits.HandshakeTimeout, func() { c.out.Close() }) //nolint:errcheck // it is given up
	defer watch.Stop()
	t := tls.Server(c.out, c.srv.config.TLS)
	if err := t.HandshakeContext(ctx); err != nil {
		c.linger() // what the client has sent meanwhile must not cost it the alert
		return err
	}
	if list := t.ConnectionState().PeerCertificates; len(list) > 0 {
		c.client = list[0]
	}
	c.nc, c.tls = t, t
	c.br.Reset(t)
	return nil
}

package rtsp

import (
	"context"
	"crypto/x509"
	"net"
)

// Tunnel is an RTSP connection that came through the camera's web server
// (Streaming 5.1.1.5 and 5.1.1.6, numbered as in 26.06). Media leave between the
// answers only: SETUP for UDP is answered 461.
type Tunnel struct {
	// Conn carries the bytes. One that is no socket of the system has its Write
	// called by a goroutine of its own, which may block.
	Conn net.Conn
	// Over makes what requests are read from and answers and media are written
	// to, above a connection to Conn whose Write never blocks; nil: that itself.
	// A Write is one message. If it has a method Bye(), that is called before
	// the server ends the connection.
	Over func(net.Conn) net.Conn
	// Name is told in the statistics.
	Name string
	// Secure says that the bytes came over TLS, and Client with which certificate.
	Secure bool
	Client *x509.Certificate
	// Authorization holds what the requests of the tunnel carried, for the
	// requests within that carry nothing (Security 4.4.6).
	Authorization []string
}

// ServeTunnel serves a tunnel until it ends, and closes it.
func (s *Server) ServeTunnel(ctx context.Context, t Tunnel) error {
	if !s.enter() {
		t.Conn.Close() //nolint:errcheck // too late
		return ErrClosed
	}
	defer s.leave()
	s.serve(ctx, t, false)
	return nil
}

// enterTunnel makes the connection that of a tunnel.
func (c *conn) enterTunnel(t Tunnel) {
	c.tunnel, c.client, c.carried = t.Name, t.Client, t.Authorization
	if t.Over != nil {
		c.framed = t.Over(c.out)
		c.nc = c.framed
		c.br.Reset(c.framed)
	}
}

// bye ends the connection once all that is queued has left.
func (c *conn) bye() {
	if b, ok := c.framed.(interface{ Bye() }); ok {
		b.Bye()
	}
	c.out.shut()
}

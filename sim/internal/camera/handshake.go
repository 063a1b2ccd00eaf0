package camera

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
)

// secure returns a listener that accepts connections when their TLS handshake
// is over, and drops those that take longer than timeout for it.
func secure(l net.Listener, config *tls.Config, c clock.Clock, timeout time.Duration) net.Listener {
	s := &secured{Listener: l, config: config, clock: c, timeout: timeout, accepted: make(chan accepted)}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.wg.Go(s.accept)
	return s
}

type secured struct {
	net.Listener
	config  *tls.Config
	clock   clock.Clock
	timeout time.Duration

	accepted chan accepted
	ctx      context.Context //nolint:containedctx // ends the goroutines with the listener
	stop     context.CancelFunc
	wg       sync.WaitGroup
}

// accepted is what Accept returns.
type accepted struct {
	conn net.Conn
	err  error
}

// accept starts a handshake with each connection until the listener is closed.
func (s *secured) accept() {
	for {
		c, err := s.Listener.Accept()
		if err == nil {
			s.wg.Go(func() { s.shake(c) })
			continue
		}
		if !s.deliver(accepted{err: err}) || errors.Is(err, net.ErrClosed) {
			return
		}
	}
}

// shake does the handshake with one client. One that fails is no concern of the
// server's: crypto/tls has sent the alert, and the connection is closed.
func (s *secured) shake(c net.Conn) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	late := s.clock.AfterFunc(s.timeout, cancel)
	defer late.Stop()
	t := tls.Server(c, s.config)
	if t.HandshakeContext(ctx) != nil {
		defer context.AfterFunc(ctx, func() { c.Close() })() //nolint:errcheck // it is given up
		linger(c)
		c.Close() //nolint:errcheck // as above
		return
	}
	if !s.deliver(accepted{conn: t}) {
		c.Close() //nolint:errcheck // as above
	}
}

// lingerBytes is the most that is read of a client that is turned away.
const lingerBytes = 64 << 10

// linger lets a client read the alert that turns it away: if what it has sent
// meanwhile were left unread, closing the connection would reset it, and the
// alert might be lost (RFC 1122 4.2.2.13).
func linger(c net.Conn) {
	if half, ok := c.(halfCloser); ok && half.CloseWrite() == nil {
		io.CopyN(io.Discard, c, lingerBytes) //nolint:errcheck // it ends anyway
	}
}

// halfCloser is a connection that can say that nothing more will come.
type halfCloser interface{ CloseWrite() error }

// deliver hands something to Accept; false if the listener is closed.
func (s *secured) deliver(a accepted) bool {
	select {
	case s.accepted <- a:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// Accept returns the next connection whose handshake is over.
func (s *secured) Accept() (net.Conn, error) {
	select {
	case a := <-s.accepted:
		return a.conn, a.err
	case <-s.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close closes the listener and ends the handshakes under way.
func (s *secured) Close() error {
	s.stop()
	err := s.Listener.Close()
	s.wg.Wait()
	return err
}

package control

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
)

// Listeners are one listener's connections by what their first byte is: those
// that begin with a TLS handshake, and all others. Close closes both.
type Listeners struct {
	// Plain gets connections without TLS, Secure those that begin with a TLS
	// record of a handshake (RFC 8446 5.1).
	Plain, Secure net.Listener

	from  net.Listener
	clock clock.Clock
	wait  time.Duration
	over  chan struct{}
	once  sync.Once
	err   error
	jobs  sync.WaitGroup
}

// handshake is the type of the first TLS record. RFC 8446 5.1.
const handshake = 0x16

// Split makes two listeners of one. A client that has sent nothing after wait
// is disconnected. Whoever splits must close the result.
func Split(l net.Listener, c clock.Clock, wait time.Duration) *Listeners {
	s := &Listeners{from: l, clock: c, wait: wait, over: make(chan struct{})}
	plain := &half{of: s, accepted: make(chan net.Conn)}
	secure := &half{of: s, accepted: make(chan net.Conn)}
	s.Plain, s.Secure = plain, secure
	s.jobs.Go(func() { s.accept(plain, secure) })
	return s
}

// Close closes the listener and the connections nobody has accepted yet, and
// waits until they are gone.
func (s *Listeners) Close() error {
	s.once.Do(func() {
		close(s.over)
		s.err = s.from.Close()
	})
	s.jobs.Wait()
	return s.err
}

func (s *Listeners) accept(plain, secure *half) {
	for {
		c, err := s.from.Accept()
		if err != nil {
			var passing net.Error
			if errors.As(err, &passing) && passing.Timeout() {
				continue
			}
			s.once.Do(func() {
				close(s.over)
				s.err = s.from.Close()
			})
			return
		}
		s.jobs.Go(func() { s.sort(c, plain, secure) })
	}
}

// sort waits for a connection's first byte and hands it on.
func (s *Listeners) sort(c net.Conn, plain, secure *half) {
	var first [1]byte
	read := make(chan error, 1)
	s.jobs.Go(func() {
		_, err := c.Read(first[:])
		read <- err
	})
	late := s.clock.NewTimer(s.wait)
	defer late.Stop()
	var err error
	select {
	case err = <-read:
	case <-late.C():
		err = errLate
	case <-s.over:
		err = net.ErrClosed
	}
	if err != nil {
		c.Close() //nolint:errcheck // which ends the read; nobody is told
		return
	}
	to := plain
	if first[0] == handshake {
		to = secure
	}
	select {
	case to.accepted <- &begun{Conn: c, first: first[:]}:
	case <-s.over:
		c.Close() //nolint:errcheck // nobody is told
	}
}

// errLate is the end of a client that says nothing.
var errLate = errors.New("nothing came")

// half is one of the two listeners.
type half struct {
	of       *Listeners
	accepted chan net.Conn
}

func (h *half) Accept() (net.Conn, error) {
	select {
	case c := <-h.accepted:
		return c, nil
	case <-h.of.over:
		return nil, net.ErrClosed
	}
}

// Close closes both halves without waiting: the servers of both call it.
func (h *half) Close() error {
	h.of.once.Do(func() {
		close(h.of.over)
		h.of.err = h.of.from.Close()
	})
	return h.of.err
}

func (h *half) Addr() net.Addr { return h.of.from.Addr() }

// begun is a connection whose first byte has been read.
type begun struct {
	net.Conn
	first []byte
}

func (b *begun) Read(p []byte) (int, error) {
	if len(b.first) > 0 && len(p) > 0 {
		n := copy(p, b.first)
		b.first = b.first[n:]
		return n, nil
	}
	return b.Conn.Read(p)
}

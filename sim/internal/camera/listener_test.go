package camera

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
)

// pipes is a listener whose connections are pipes.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn, 10), closed: make(chan struct{})} }

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.once.Do(func() { close(p.closed) }); return nil }
func (*pipes) Addr() net.Addr { return &net.TCPAddr{} }

func TestConnectionsBeyondTheLimitWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		l := limit(p, 2)
		accepted := make(chan net.Conn, 10)
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				accepted <- c
			}
		})
		for range 3 {
			p.dial()
		}
		synctest.Wait()
		if len(accepted) != 2 {
			t.Fatalf("%d connections, want 2", len(accepted))
		}
		first := <-accepted
		for range 2 { // closing twice gives one slot
			first.Close()
		}
		p.dial()
		synctest.Wait()
		if len(accepted) != 2 {
			t.Errorf("%d connections, want the one left and one more", len(accepted))
		}
		if err := errors.Join(l.Close(), l.Close()); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
}

func TestFailedAcceptGivesItsPlaceBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		l := limit(p, 1)
		p.Close()
		for range 3 {
			if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
		}
	})
}

// TestHandshakeRunsOutOfTime: who says nothing, or stops in the middle, holds
// up nobody and is let go.
func TestHandshakeRunsOutOfTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, c := newPipes(), clock.NewManual(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		l := secure(p, &tls.Config{}, c, 10*time.Second)
		silent, half := p.dial(), p.dial()
		var wg sync.WaitGroup
		wg.Go(func() { half.Write([]byte{22, 3, 1, 0, 200, 1}) })
		synctest.Wait()
		c.Advance(10*time.Second - 1)
		synctest.Wait()
		ended := make(chan error, 2)
		for _, conn := range []net.Conn{silent, half} {
			wg.Go(func() { _, err := conn.Read(make([]byte, 1)); ended <- err })
		}
		synctest.Wait()
		if len(ended) != 0 {
			t.Error("let go before the time")
		}
		c.Advance(1)
		synctest.Wait()
		for range 2 {
			select {
			case err := <-ended:
				if !errors.Is(err, io.EOF) {
					t.Error(err)
				}
			default:
				t.Error("a connection goes on after the time")
			}
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		wg.Wait()
	})
}

// TestSecureListenerEndsHandshakesWhenItIsClosed and passes errors on.
func TestSecureListenerEndsHandshakesWhenItIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		l := secure(p, &tls.Config{}, clock.Real(), time.Hour)
		client := p.dial()
		synctest.Wait()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Error(err)
		}
		bad := &failing{pipes: newPipes(), left: 1}
		l = secure(bad, &tls.Config{}, clock.Real(), time.Hour)
		if _, err := l.Accept(); !errors.Is(err, errFailing) {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

var errFailing = errors.New("too many open files")

// failing is a listener that fails at first.
type failing struct {
	*pipes
	left int
}

func (f *failing) Accept() (net.Conn, error) {
	if f.left > 0 {
		f.left--
		return nil, errFailing
	}
	return f.pipes.Accept()
}

// TestDeadlineIsOnlySetInTime: none after the watch has ended.
func TestDeadlineIsOnlySetInTime(t *testing.T) {
	t.Parallel()
	var set []time.Time
	w := &watch{set: func(at time.Time) { set = append(set, at) }, timer: clock.NewManual(time.Time{}).NewTimer(1)}
	w.expire()
	w.end(noDeadline())
	w.expire()
	if len(set) != 2 || !set[0].Equal(longAgo()) || !set[1].IsZero() {
		t.Errorf("deadlines %v", set)
	}
}

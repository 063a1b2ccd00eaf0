package rtsp

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/seed"
)

// inBubble runs a test with time that passes when everybody waits, on a server
// whose clients are pipes. The camera has been up for an hour.
func inBubble(t *testing.T, change func(*Config, *StreamConfig), f func(t *testing.T, b *bench)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := newFlatSource()
		config := Config{Clock: clock.Real(), Random: seed.New(1).Stream("ids"), Auth: open{}, Allow: anybody}
		streamConfig := StreamConfig{Source: source, Clock: config.Clock, Start: config.Clock.Now().Add(-time.Hour), Seed: seed.New(1)}
		if change != nil {
			change(&config, &streamConfig)
		}
		b := &bench{t: t, mainSource: source, clock: config.Clock, url: "rtsp://camera/main"}
		var err error
		if b.main, err = NewStream(streamConfig); err != nil {
			t.Fatal(err)
		}
		config.Lookup = func(path string) (*Stream, bool) { return b.main, path == "/main" }
		if b.server, err = New(config); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			b.server.Close()
			b.main.Close()
		})
		f(t, b)
	})
}

// pipe connects a client without a socket.
func (b *bench) pipe(secure bool) *client {
	near, far := net.Pipe()
	done := make(chan error, 1)
	go func() { done <- b.server.ServeConn(context.Background(), far, secure) }()
	b.t.Cleanup(func() {
		near.Close() //nolint:errcheck // the test is over
		if err := <-done; err != nil && err != ErrClosed {
			b.t.Error(err)
		}
	})
	return newClient(b.t, near)
}

// pass lets time pass in a bubble.
func pass(d time.Duration) { <-clock.Real().NewTimer(d).C() }

// at returns how long the bubble has lasted.
func at() time.Duration {
	return clock.Real().Now().Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
}

// viewerUntil is an identity that ends at an instant.
func viewerUntil(t time.Time) auth.Identity {
	return auth.Identity{User: "viewer", Level: auth.User, How: auth.ByBearer, Expires: t}
}

package camera

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
)

// noDeadline is the zero time, which net takes for none.
func noDeadline() time.Time { return time.Time{} }

// longAgo is a deadline that is over by any clock.
func longAgo() time.Time { return time.Unix(1, 0) }

// watch lets a connection's reads, or its writes, fail once they take longer
// than a request may, by the fleet's clock. set is what sets their deadline.
func (r *run) watch(set func(time.Time) error) *watch {
	w := &watch{set: func(t time.Time) {
		if err := set(t); err != nil && !errors.Is(err, net.ErrClosed) {
			r.camera.log.Error("a connection takes no deadline", "error", err)
		}
	}}
	w.timer = r.camera.config.Clock.AfterFunc(r.camera.config.Profile.Limits.HTTP.RequestTimeout, w.expire)
	return w
}

// watch is one limit of time on a connection.
type watch struct {
	set   func(time.Time)
	timer clock.Timer

	mu    sync.Mutex
	ended bool
}

func (w *watch) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.set(longAgo())
	}
}

// end ends the watch and leaves the connection with a deadline.
func (w *watch) end(deadline time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.timer.Stop()
	w.set(deadline)
}

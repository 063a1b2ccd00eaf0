// Package clock is the only place that reads the machine's time.
//
// Everything else is given a [Clock]: the real one, a [Manual] one that moves
// when a test says so, or a [Skewed] view of another clock, which is what a
// camera with a wrong clock has.
package clock

import "time"

// Clock tells the time and wakes its users later.
type Clock interface {
	// Now returns the current instant, in UTC.
	Now() time.Time
	// NewTimer returns a timer that sends on its channel once d has passed.
	NewTimer(d time.Duration) Timer
	// AfterFunc calls f on its own goroutine once d has passed.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a pending wake-up of a [Clock].
type Timer interface {
	// C is the channel the timer sends on; nil for AfterFunc.
	C() <-chan time.Time
	// Stop prevents the wake-up; false if it has happened or was stopped.
	Stop() bool
	// Reset sets the timer to go off d from now; true if it was pending.
	Reset(d time.Duration) bool
}

// Real returns the machine's clock.
func Real() Clock { return realClock{} }

type realClock struct{}

func (realClock) Now() time.Time { return time.Now().UTC() }

func (realClock) NewTimer(d time.Duration) Timer { return realTimer{time.NewTimer(d)} }

func (realClock) AfterFunc(d time.Duration, f func()) Timer {
	return realTimer{time.AfterFunc(d, f)}
}

type realTimer struct{ t *time.Timer }

func (t realTimer) C() <-chan time.Time        { return t.t.C }
func (t realTimer) Stop() bool                 { return t.t.Stop() }
func (t realTimer) Reset(d time.Duration) bool { return t.t.Reset(d) }

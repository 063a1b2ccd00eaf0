package camera

import (
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/state"
)

// ownClock is the camera's clock: its base, which may drift, and the offset
// that SetSystemDateAndTime left in the state.
type ownClock struct {
	base  clock.Clock
	state *state.Camera
}

func (c ownClock) Now() time.Time {
	return c.base.Now().Add(c.state.View().Device.Time.Offset)
}

func (c ownClock) NewTimer(d time.Duration) clock.Timer { return c.base.NewTimer(d) }

func (c ownClock) AfterFunc(d time.Duration, f func()) clock.Timer { return c.base.AfterFunc(d, f) }

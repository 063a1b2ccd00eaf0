package rtsp

import (
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
)

// interrupted is a clock, ahead of its base, that some of its readers wait for, as
// happens to who runs out of processor time in between.
type interrupted struct {
	clock.Clock
	base  *clock.Manual
	waits []time.Duration // of the readings to come; then none does
}

func (c *interrupted) Now() time.Time {
	if len(c.waits) > 0 {
		c.base.Advance(c.waits[0])
		c.waits = c.waits[1:]
	}
	return c.base.Now().Add(time.Hour)
}

// TestTimeOfAPictureIsExactOnABusyMachine: whatever comes between the readings of
// the two clocks.
func TestTimeOfAPictureIsExactOnABusyMachine(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for name, tc := range map[string]struct {
		waits []time.Duration
		off   time.Duration // how wrong it may be
	}{
		"never":       {nil, 0},
		"once":        {[]time.Duration{2 * ms}, 0},
		"seven times": {[]time.Duration{2 * ms, 9 * ms, ms, 3 * ms, 8 * ms, ms, 2 * ms}, 0},
		"always":      {[]time.Duration{9 * ms, 8 * ms, 7 * ms, 2 * ms, 5 * ms, 6 * ms, 7 * ms, 8 * ms, 9 * ms}, 2 * ms},
		"a little":    {[]time.Duration{readingGap, 9 * ms}, readingGap},
	} {
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		base := clock.NewManual(at)
		s := &Stream{}
		s.config.Clock, s.config.Wall = base, &interrupted{Clock: base, base: base, waits: tc.waits}
		if got := s.wall(at.Add(40 * ms)).Sub(at.Add(time.Hour + 40*ms)); got != tc.off {
			t.Errorf("%s: %v off, want %v", name, got, tc.off)
		}
	}
}

package camera

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/camfleet/camfleet/streams"
)

// counting is a scenery that counts.
type counting struct{ drawn, released int }

func (*counting) Format() streams.Format { return streams.Format{} }
func (*counting) Next(uint32, time.Time, bool) (*streams.AccessUnit, error) {
	return nil, errors.New("no stream")
}
func (c *counting) Release() { c.released++ }
func (c *counting) JPEG(uint32, time.Time, int) ([]byte, error) {
	c.drawn++
	return []byte{byte(c.drawn)}, nil
}

func newCounting(watched bool) (*picture, *counting, *clock.Manual) {
	s, c := &counting{}, clock.NewManual(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	p := &picture{live: s, clock: c, wall: c, start: c.Now(), watched: func() bool { return watched }}
	p.stream = mediacfg.Stream{Encoder: mediacfg.VideoEncoder{FrameRate: 25}}
	return p, s, c
}

// TestStillsGiveTheirMemoryBack a while after the last, unless somebody watches
// the stream: that gives all back when they have gone.
func TestStillsGiveTheirMemoryBack(t *testing.T) {
	t.Parallel()
	for _, watched := range []bool{false, true} {
		p, s, c := newCounting(watched)
		still := func() {
			t.Helper()
			if _, err := p.Still(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		still()
		c.Advance(stillRest - time.Second)
		still()
		c.Advance(stillRest - time.Second)
		if s.released != 0 || p.jpeg == nil {
			t.Errorf("watched %v: released while stills are asked for", watched)
		}
		c.Advance(time.Second)
		if want := map[bool]int{false: 1, true: 0}[watched]; s.released != want || p.jpeg != nil {
			t.Errorf("watched %v: released %d times, want %d; still kept: %v", watched, s.released, want, p.jpeg != nil)
		}
		c.Advance(time.Hour)
		if s.released > 1 {
			t.Errorf("released %d times", s.released)
		}
		still()
		p.close()
		c.Advance(time.Hour)
		if _, err := p.Still(t.Context()); !errors.Is(err, ErrStopped) || s.released > 1 {
			t.Errorf("after the end: %v, released %d times", err, s.released)
		}
	}
}

func TestOneFrameIsDrawnOnce(t *testing.T) {
	t.Parallel()
	p, s, c := newCounting(false)
	defer p.close()
	for range 3 {
		if _, err := p.Still(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.Advance(10 * time.Millisecond)
	}
	if s.drawn != 1 {
		t.Errorf("drawn %d times in 30 ms", s.drawn)
	}
	c.Advance(10 * time.Millisecond)
	if _, err := p.Still(t.Context()); err != nil || s.drawn != 2 {
		t.Errorf("%v, drawn %d times", err, s.drawn)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Still(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestFramesAreCountedForYears without running over.
func TestFramesAreCountedForYears(t *testing.T) {
	t.Parallel()
	p, _, c := newCounting(false)
	for _, tc := range []struct {
		since time.Duration
		want  uint32
	}{{0, 0}, {39 * time.Millisecond, 0}, {40 * time.Millisecond, 1}, {time.Hour, 90000}, {20 * 365 * 24 * time.Hour, 20 * 365 * 24 * 90000 % (1 << 32)}} {
		p.start = c.Now().Add(-tc.since)
		if got := p.frame(); got != tc.want {
			t.Errorf("after %v: frame %d, want %d", tc.since, got, tc.want)
		}
	}
	p.start = c.Now().Add(time.Hour)
	if got := p.frame(); got != 0 {
		t.Errorf("before the start: frame %d", got)
	}
}

package clock

import (
	"sync"
	"time"
)

// Skewed shows another clock with an offset and a drift: a camera's own clock.
// Durations (timers) are those of the base clock.
type Skewed struct {
	base Clock

	mu     sync.RWMutex
	offset time.Duration // at anchor
	anchor time.Time     // of the base clock
	ppm    float64       // parts per million the clock runs fast
}

// Skew returns a view of base that is right until it is set or drifts.
func Skew(base Clock) *Skewed { return &Skewed{base: base, anchor: base.Now()} }

// Now returns the base clock's time plus the offset and what drift has added.
func (s *Skewed) Now() time.Time {
	now := s.base.Now()
	s.mu.RLock()
	defer s.mu.RUnlock()
	return now.Add(s.offsetAt(now))
}

func (s *Skewed) offsetAt(base time.Time) time.Duration {
	if s.ppm == 0 {
		return s.offset
	}
	return s.offset + time.Duration(float64(base.Sub(s.anchor))*s.ppm/1e6)
}

// Offset returns how far the clock is ahead of its base now.
func (s *Skewed) Offset() time.Duration {
	now := s.base.Now()
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.offsetAt(now)
}

// Set makes the clock show t now.
func (s *Skewed) Set(t time.Time) {
	now := s.base.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset, s.anchor = t.Sub(now), now
}

// SetOffset puts the clock d ahead of its base (behind, if negative).
func (s *Skewed) SetOffset(d time.Duration) {
	now := s.base.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset, s.anchor = d, now
}

// SetDrift makes the clock run fast by ppm parts per million from now on.
func (s *Skewed) SetDrift(ppm float64) {
	now := s.base.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset, s.anchor, s.ppm = s.offsetAt(now), now, ppm
}

// NewTimer returns a timer of the base clock.
func (s *Skewed) NewTimer(d time.Duration) Timer { return s.base.NewTimer(d) }

// AfterFunc calls f once d has passed on the base clock.
func (s *Skewed) AfterFunc(d time.Duration, f func()) Timer { return s.base.AfterFunc(d, f) }

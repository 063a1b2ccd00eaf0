package pack

import "time"

// ClockRate is the rate of video timestamps, in ticks a second. RFC 6184 8.1.
const ClockRate = 90000

// Timeline maps instants to the RTP timestamps of one stream.
type Timeline struct {
	Epoch time.Time // instant of timestamp Base
	Base  uint32    // random, RFC 3550 5.1
}

// At returns the timestamp of an instant, to the nearest tick; it wraps around
// every 13.25 hours. Instants before the epoch are as good as later ones.
func (l Timeline) At(t time.Time) uint32 {
	return l.Base + uint32(Ticks(t.Sub(l.Epoch)))
}

// Ticks returns how many ticks of the 90 kHz clock fit into d, rounded to the
// nearest, halves away from zero.
func Ticks(d time.Duration) int64 {
	const tick = 100_000 // nine ticks take that many nanoseconds
	whole, rest := int64(d)/tick, int64(d)%tick
	half := int64(tick / 2)
	if rest < 0 {
		half = -half
	}
	return whole*9 + (rest*9+half)/tick
}

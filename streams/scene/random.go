package scene

import (
	"crypto/sha256"
	"encoding/binary"
)

// dice is a small deterministic generator (splitmix64): the same seed and name
// give the same world on every machine and in every Go version.
type dice struct{ state uint64 }

// newDice returns the generator of one named use of a seed.
func newDice(seed [32]byte, name string) *dice {
	sum := sha256.Sum256(append(seed[:], name...))
	return &dice{binary.LittleEndian.Uint64(sum[:])}
}

func (d *dice) next() uint64 {
	d.state += 0x9E3779B97F4A7C15
	z := d.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// between returns a number of lo to hi, both included.
func (d *dice) between(lo, hi int) int { return lo + int(d.next()%uint64(hi-lo+1)) }

// span is between as a length in world units.
func (d *dice) span(lo, hi int) float64 { return float64(d.between(lo, hi)) }

// chance is true in percent of 100 cases.
func (d *dice) chance(percent int) bool { return d.between(1, 100) <= percent }

// pick returns one of the colours.
func (d *dice) pick(from ...rgb) rgb { return from[d.between(0, len(from)-1)] }

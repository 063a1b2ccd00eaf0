package h264

import (
	"math/bits"

	"github.com/camfleet/camfleet/streams/scene"
)

// Memo is one canvas coded as an I slice, macroblock by macroblock. IDR
// pictures that mostly look like it copy its bits. It is never changed, so
// encoders of equal size share it.
type Memo struct {
	base  *scene.Canvas
	bits  []byte
	start []uint32 // bit at which macroblock i starts, and one more for the end
	shift []uint8  // running s after macroblock i
	never []uint64 // macroblocks that are I_PCM, or beside or below it, one bit each
}

// NewMemo codes base, which must not change any more.
func NewMemo(base *scene.Canvas) *Memo {
	words := (len(base.MBs) + 63) / 64
	m := &Memo{
		base:  base,
		start: make([]uint32, 0, len(base.MBs)+1),
		shift: make([]uint8, len(base.MBs)),
		never: make([]uint64, words),
	}
	e := Encoder{running: maxShift, pcm: make([]uint64, words)}
	e.w.codes = newLevelCodes()
	for i := range base.MBs {
		m.start = append(m.start, uint32(e.w.pos()))
		e.code(base, i, 0)
		m.shift[i] = uint8(e.running)
		if e.isPCM(i) {
			mark(m.never, base, i)
		}
	}
	m.start = append(m.start, uint32(e.w.pos()))
	m.bits = append([]byte(nil), e.w.trailing()...)
	return m
}

// mark sets the bits of macroblock i of c and of those predicted from it.
func mark(set []uint64, c *scene.Canvas, i int) {
	for _, i := range [...]int{i, i + 1, i + c.Cols} { // i+1 may be in the next row: a copy less
		if i < len(c.MBs) {
			set[i>>6] |= 1 << (i & 63)
		}
	}
}

// compare fills e.unlike for an IDR picture of c.
func (e *Encoder) compare(c *scene.Canvas) {
	m := e.memo
	if m == nil || m.base.Width != c.Width || m.base.Height != c.Height {
		e.unlike = nil
		return
	}
	e.unlike = append(e.unlike[:0], m.never...)
	for i := range c.MBs {
		if !c.MBs[i].Same(&m.base.MBs[i]) {
			mark(e.unlike, c, i)
		}
	}
}

// copyRun writes the longest run of macroblocks from i on that are coded as in
// the memo, and returns the index after it.
func (e *Encoder) copyRun(c *scene.Canvas, i int) int {
	if e.unlike == nil {
		return i
	}
	m, before := e.memo, uint(maxShift)
	if i > 0 {
		before = uint(m.shift[i-1])
	}
	if before != e.running {
		return i
	}
	next := i
	for next < len(c.MBs) && !(e.anyPCM && e.escaped(c, next)) {
		word := e.unlike[next>>6] >> (next & 63)
		if word&1 != 0 {
			break
		}
		if e.anyPCM {
			next++
		} else {
			next = min(next+bits.TrailingZeros64(word), next|63+1, len(c.MBs))
		}
	}
	if next > i {
		e.w.copyBits(m.bits, int(m.start[i]), int(m.start[next]))
		e.running = uint(m.shift[next-1])
	}
	return next
}

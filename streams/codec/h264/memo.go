package h264

import "github.com/camfleet/camfleet/streams/scene"

// Memo is one canvas coded as an I slice, macroblock by macroblock. IDR
// pictures that mostly look like it copy its bits. It is never changed, so
// encoders of equal size share it.
type Memo struct {
	base  *scene.Canvas
	bits  []byte
	start []uint32 // bit at which macroblock i starts, and one more for the end
	shift []uint8  // running s after macroblock i
	plain []bool   // neither I_PCM nor beside or below it
}

// NewMemo codes base, which must not change any more.
func NewMemo(base *scene.Canvas) *Memo {
	m := &Memo{
		base:  base,
		start: make([]uint32, 0, len(base.MBs)+1),
		shift: make([]uint8, len(base.MBs)),
		plain: make([]bool, len(base.MBs)),
	}
	e := Encoder{running: maxShift, pcm: make([]uint64, (len(base.MBs)+63)/64)}
	for i := range base.MBs {
		m.start = append(m.start, uint32(e.w.pos()))
		e.code(base, i, 0)
		m.shift[i] = uint8(e.running)
		m.plain[i] = !e.isPCM(i) && (i%base.Cols == 0 || !e.isPCM(i-1)) && (i < base.Cols || !e.isPCM(i-base.Cols))
	}
	m.start = append(m.start, uint32(e.w.pos()))
	m.bits = append([]byte(nil), e.w.trailing()...)
	return m
}

// copyRun writes the longest run of macroblocks from i on that are coded as in
// the memo, and returns the index after it.
func (e *Encoder) copyRun(c *scene.Canvas, i int) int {
	m := e.memo
	if m == nil || m.base.Width != c.Width || m.base.Height != c.Height {
		return i
	}
	before := uint(maxShift)
	if i > 0 {
		before = uint(m.shift[i-1])
	}
	if before != e.running {
		return i
	}
	next := i
	for next < len(c.MBs) && m.plain[next] && m.same(c, next) && !(e.anyPCM && e.escaped(c, next)) {
		next++
	}
	if next > i {
		e.w.copyBits(m.bits, int(m.start[i]), int(m.start[next]))
		e.running = uint(m.shift[next-1])
	}
	return next
}

// same says whether macroblock i of c and all it is predicted from are as in
// the memo.
func (m *Memo) same(c *scene.Canvas, i int) bool {
	return c.MBs[i] == m.base.MBs[i] &&
		(i%c.Cols == 0 || c.MBs[i-1] == m.base.MBs[i-1]) &&
		(i < c.Cols || c.MBs[i-c.Cols] == m.base.MBs[i-c.Cols])
}

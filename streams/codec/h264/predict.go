package h264

import (
	"encoding/binary"
	"math/bits"

	"github.com/camfleet/camfleet/streams/scene"
)

// Intra prediction modes (tables 8-4 and 8-5).
const (
	lumaVertical   = 0
	lumaHorizontal = 1
	lumaDC         = 2

	chromaDC         = 0
	chromaHorizontal = 1
	chromaVertical   = 2
)

// maxShift is the largest s of QP = 4 + 6s: above QP 29 chroma has another QP
// than luma (table 8-15).
const maxShift = 4

// neighbours are what a macroblock is predicted from; nil is not available.
type neighbours struct{ left, top *scene.MB }

// lumaDC returns the DC prediction of luma (8.3.3.3).
func (n neighbours) lumaDC() int32 {
	switch {
	case n.left != nil && n.top != nil:
		return (sum4(leftEdge(n.left)) + sum4(topEdge(n.top)) + 4) >> 3
	case n.left != nil:
		return (sum4(leftEdge(n.left)) + 2) >> 2
	case n.top != nil:
		return (sum4(topEdge(n.top)) + 2) >> 2
	}
	return 128
}

// leftEdge returns the luma cells at the right edge of the left neighbour, and
// topEdge those at the lower edge of the upper one.
func leftEdge(mb *scene.MB) (a, b, c, d int32) {
	return int32(mb[3]), int32(mb[7]), int32(mb[11]), int32(mb[15])
}

func topEdge(mb *scene.MB) (a, b, c, d int32) {
	return int32(mb[12]), int32(mb[13]), int32(mb[14]), int32(mb[15])
}

func sum4(a, b, c, d int32) int32 { return a + b + c + d }

// repeats says whether all luma rows of mb are the lower edge of top: then
// vertical prediction leaves no residual.
func repeats(mb, top *scene.MB) bool {
	edge := binary.LittleEndian.Uint32(top[12:])
	return binary.LittleEndian.Uint32(mb[:]) == edge && binary.LittleEndian.Uint32(mb[4:]) == edge &&
		binary.LittleEndian.Uint32(mb[8:]) == edge && binary.LittleEndian.Uint32(mb[12:]) == edge
}

// abs returns the absolute value of v.
func abs(v int32) int32 {
	sign := v >> 31
	return v ^ sign - sign
}

// chromaEdges are the cells that one chroma plane is predicted from.
type chromaEdges struct {
	top, left [2]int32
	dc        [4]int32 // 8.3.4.1, by cell
}

// chromaEdges fetches those of a plane.
func (n neighbours) chromaEdges(plane int) (e chromaEdges) {
	if n.left != nil {
		e.left = [2]int32{int32(n.left[plane+1]), int32(n.left[plane+3])}
	}
	if n.top != nil {
		e.top = [2]int32{int32(n.top[plane+2]), int32(n.top[plane+3])}
	}
	switch {
	case n.left != nil && n.top != nil:
		e.dc = [4]int32{(e.top[0] + e.left[0] + 1) >> 1, e.top[1], e.left[1], (e.top[1] + e.left[1] + 1) >> 1}
	case n.left != nil:
		e.dc = [4]int32{e.left[0], e.left[0], e.left[1], e.left[1]}
	case n.top != nil:
		e.dc = [4]int32{e.top[0], e.top[1], e.top[0], e.top[1]}
	default:
		e.dc = [4]int32{128, 128, 128, 128}
	}
	return e
}

// chromaSums are the sums of absolute differences by mode.
type chromaSums struct{ dc, horizontal, vertical int32 }

// add adds those of a plane.
func (s *chromaSums) add(e *chromaEdges, mb *scene.MB, plane int) {
	v0, v1, v2, v3 := int32(mb[plane]), int32(mb[plane+1]), int32(mb[plane+2]), int32(mb[plane+3])
	s.dc += abs(v0-e.dc[0]) + abs(v1-e.dc[1]) + abs(v2-e.dc[2]) + abs(v3-e.dc[3])
	s.horizontal += abs(v0-e.left[0]) + abs(v1-e.left[0]) + abs(v2-e.left[1]) + abs(v3-e.left[1])
	s.vertical += abs(v0-e.top[0]) + abs(v1-e.top[1]) + abs(v2-e.top[0]) + abs(v3-e.top[1])
}

// transform sets b to 2 H r H (8.5.11.1) of r, the plane less its prediction in
// mode.
func (e *chromaEdges) transform(b *block, mb *scene.MB, plane int, mode uint32) {
	p := e.dc
	switch mode {
	case chromaHorizontal:
		p = [4]int32{e.left[0], e.left[0], e.left[1], e.left[1]}
	case chromaVertical:
		p = [4]int32{e.top[0], e.top[1], e.top[0], e.top[1]}
	}
	r0, r1, r2, r3 := int32(mb[plane])-p[0], int32(mb[plane+1])-p[1], int32(mb[plane+2])-p[2], int32(mb[plane+3])-p[3]
	upper, upperStep, lower, lowerStep := r0+r1, r0-r1, r2+r3, r2-r3
	d := &b.coeffs
	d[0], d[1], d[2], d[3] = 2*(upper+lower), 2*(upperStep+lowerStep), 2*(upper-lower), 2*(upperStep-lowerStep)
	b.or = d[0] | d[1] | d[2] | d[3]
	b.set = bit(d[0]) | bit(d[1])<<1 | bit(d[2])<<2 | bit(d[3])<<3
}

// chromaRepeats says whether vertical prediction leaves no residual in either
// plane, and chromaExtends whether horizontal prediction doesn't: all eight
// chroma cells are one word.
func chromaRepeats(mb, top *scene.MB) bool {
	edge := binary.LittleEndian.Uint64(top[scene.Cb:]) >> 16 & 0x0000_FFFF_0000_FFFF
	return binary.LittleEndian.Uint64(mb[scene.Cb:]) == edge|edge<<16
}

func chromaExtends(mb, left *scene.MB) bool {
	edge := binary.LittleEndian.Uint64(left[scene.Cb:]) >> 8 & 0x00FF_00FF_00FF_00FF
	return binary.LittleEndian.Uint64(mb[scene.Cb:]) == edge|edge<<8
}

// hadamard is one butterfly: H times a column.
func hadamard(a, b, c, d int32) (int32, int32, int32, int32) {
	s, t, u, v := a+d, b+c, b-c, a-d
	return s + t, v + u, s - t, v - u
}

// hadamard4 sets d to H mb H of the luma cells, in scan order (8.5.10 is its
// own inverse up to a factor of 16).
func hadamard4(d *[16]int32, mb *scene.MB) {
	a0, a1, a2, a3 := hadamard(int32(mb[0]), int32(mb[1]), int32(mb[2]), int32(mb[3]))
	b0, b1, b2, b3 := hadamard(int32(mb[4]), int32(mb[5]), int32(mb[6]), int32(mb[7]))
	c0, c1, c2, c3 := hadamard(int32(mb[8]), int32(mb[9]), int32(mb[10]), int32(mb[11]))
	e0, e1, e2, e3 := hadamard(int32(mb[12]), int32(mb[13]), int32(mb[14]), int32(mb[15]))
	d[0], d[2], d[3], d[9] = hadamard(a0, b0, c0, e0) // the scan of table 8-2
	d[1], d[4], d[8], d[10] = hadamard(a1, b1, c1, e1)
	d[5], d[7], d[11], d[14] = hadamard(a2, b2, c2, e2)
	d[6], d[12], d[13], d[15] = hadamard(a3, b3, c3, e3)
}

// shift returns the largest s up to maxShift that divides all bits of or.
func shift(or int32) uint {
	return min(maxShift, uint(bits.TrailingZeros32(uint32(or))))
}

package h264

import (
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

// lumaEdges are the cells that luma is predicted from.
type lumaEdges struct {
	top, left       [4]int32
	hasTop, hasLeft bool
	dc              int32 // 8.3.3.3
}

// lumaEdges fetches them.
func (n neighbours) lumaEdges() (e lumaEdges) {
	sum := int32(0)
	if e.hasTop = n.top != nil; e.hasTop {
		e.top = [4]int32{int32(n.top[12]), int32(n.top[13]), int32(n.top[14]), int32(n.top[15])}
		sum += e.top[0] + e.top[1] + e.top[2] + e.top[3]
	}
	if e.hasLeft = n.left != nil; e.hasLeft {
		e.left = [4]int32{int32(n.left[3]), int32(n.left[7]), int32(n.left[11]), int32(n.left[15])}
		sum += e.left[0] + e.left[1] + e.left[2] + e.left[3]
	}
	switch {
	case e.hasTop && e.hasLeft:
		e.dc = (sum + 4) >> 3
	case e.hasTop || e.hasLeft:
		e.dc = (sum + 2) >> 2
	default:
		e.dc = 128
	}
	return e
}

// bestMode returns the mode with the smallest sum of absolute differences.
func (e *lumaEdges) bestMode(mb *scene.MB) int32 {
	var vertical, horizontal, dc int32
	for row := range 4 {
		left := e.left[row]
		for column := range 4 {
			v := int32(mb[row*4+column])
			vertical += abs(v - e.top[column])
			horizontal += abs(v - left)
			dc += abs(v - e.dc)
		}
	}
	mode, best := int32(lumaDC), dc
	if e.hasLeft && horizontal <= best {
		mode, best = lumaHorizontal, horizontal
	}
	if e.hasTop && vertical <= best {
		mode = lumaVertical
	}
	return mode
}

// residual sets d to the macroblock less its prediction in mode, and says
// whether there is any; the neighbours that the mode needs must be there.
func (e *lumaEdges) residual(d *[16]int32, mb *scene.MB, mode int32) bool {
	or := int32(0)
	for row := range 4 {
		for column := range 4 {
			p := e.dc
			switch mode {
			case lumaVertical:
				p = e.top[column]
			case lumaHorizontal:
				p = e.left[row]
			}
			v := int32(mb[row*4+column]) - p
			d[row*4+column] = v
			or |= v
		}
	}
	return or != 0
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

// differences adds the sums of absolute differences of each mode to sums.
func (e *chromaEdges) differences(sums *[3]int32, mb *scene.MB, plane int) {
	for i := range 4 {
		v := int32(mb[plane+i])
		sums[chromaDC] += abs(v - e.dc[i])
		sums[chromaHorizontal] += abs(v - e.left[i>>1])
		sums[chromaVertical] += abs(v - e.top[i&1])
	}
}

// residual sets d to the plane less its prediction in mode.
func (e *chromaEdges) residual(d *[4]int32, mb *scene.MB, plane int, mode int32) {
	p := e.dc
	switch mode {
	case chromaHorizontal:
		p = [4]int32{e.left[0], e.left[0], e.left[1], e.left[1]}
	case chromaVertical:
		p = [4]int32{e.top[0], e.top[1], e.top[0], e.top[1]}
	}
	for i := range 4 {
		d[i] = int32(mb[plane+i]) - p[i]
	}
}

// hadamard4 is H d H of a 4x4 block in place (8.5.10 is its own inverse up to
// a factor of 16).
func hadamard4(d *[16]int32) {
	for i := 0; i < 16; i += 4 {
		a, b, c, e := d[i]+d[i+3], d[i+1]+d[i+2], d[i+1]-d[i+2], d[i]-d[i+3]
		d[i], d[i+1], d[i+2], d[i+3] = a+b, e+c, a-b, e-c
	}
	for i := range 4 {
		a, b, c, e := d[i]+d[i+12], d[i+4]+d[i+8], d[i+4]-d[i+8], d[i]-d[i+12]
		d[i], d[i+4], d[i+8], d[i+12] = a+b, e+c, a-b, e-c
	}
}

// hadamard2 is 2 H d H of a 2x2 block in place (8.5.11.1).
func hadamard2(d *[4]int32) {
	a, b, c, e := d[0]+d[1], d[0]-d[1], d[2]+d[3], d[2]-d[3]
	d[0], d[1], d[2], d[3] = 2*(a+c), 2*(b+e), 2*(a-c), 2*(b-e)
}

// shift returns the largest s up to maxShift that divides all bits of or.
func shift(or int32) uint {
	return min(maxShift, uint(bits.TrailingZeros32(uint32(or))))
}

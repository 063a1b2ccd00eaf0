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

// lumaDCPrediction is 8.3.3.3 for flat cells.
func (n neighbours) lumaDCPrediction() int32 {
	var left, top int32
	if n.left != nil {
		left = int32(n.left[3]) + int32(n.left[7]) + int32(n.left[11]) + int32(n.left[15])
	}
	if n.top != nil {
		top = int32(n.top[12]) + int32(n.top[13]) + int32(n.top[14]) + int32(n.top[15])
	}
	switch {
	case n.left != nil && n.top != nil:
		return (left + top + 4) >> 3
	case n.left != nil || n.top != nil:
		return (left + top + 2) >> 2
	}
	return 128
}

// lumaResidual sets d to the macroblock less its prediction in mode; the
// neighbours that the mode needs must be there.
func lumaResidual(d *[16]int32, mb *scene.MB, n neighbours, mode int) {
	switch mode {
	case lumaVertical:
		for i := range 16 {
			d[i] = int32(mb[i]) - int32(n.top[12+i&3])
		}
	case lumaHorizontal:
		for i := range 16 {
			d[i] = int32(mb[i]) - int32(n.left[i|3])
		}
	case lumaDC:
		p := n.lumaDCPrediction()
		for i := range 16 {
			d[i] = int32(mb[i]) - p
		}
	}
}

// chromaPrediction returns the four predicted cells of one chroma plane
// (8.3.4.1 to 8.3.4.3 for flat cells).
func (n neighbours) chromaPrediction(plane, mode int) [4]int32 {
	var left, top [2]int32
	if n.left != nil {
		left = [2]int32{int32(n.left[plane+1]), int32(n.left[plane+3])}
	}
	if n.top != nil {
		top = [2]int32{int32(n.top[plane+2]), int32(n.top[plane+3])}
	}
	switch {
	case mode == chromaHorizontal:
		return [4]int32{left[0], left[0], left[1], left[1]}
	case mode == chromaVertical:
		return [4]int32{top[0], top[1], top[0], top[1]}
	case n.left != nil && n.top != nil:
		return [4]int32{(top[0] + left[0] + 1) >> 1, top[1], left[1], (top[1] + left[1] + 1) >> 1}
	case n.left != nil:
		return [4]int32{left[0], left[0], left[1], left[1]}
	case n.top != nil:
		return [4]int32{top[0], top[1], top[0], top[1]}
	}
	return [4]int32{128, 128, 128, 128}
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

// cost estimates the bits of coefficients at shift s.
func cost(coeffs []int32, s uint) int {
	n := 0
	for _, c := range coeffs {
		if c != 0 {
			c >>= s
			n += 2 + 2*bits.Len32(uint32(max(c, -c)))
		}
	}
	return n
}

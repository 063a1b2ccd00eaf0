package jpeg

import (
	"math"
	"math/bits"
)

// codes are the Huffman codes of one table, by symbol: length in the low five
// bits, the code above.
type codes [256]uint32

// newCodes builds all tables (T.81 annex C).
func newCodes() (all [4]codes) {
	for i := range huffmanSpecs {
		s := &huffmanSpecs[i]
		code, k := uint32(0), 0
		for length, count := range s.counts {
			for range count {
				all[i][s.values[k]] = code<<5 | uint32(length+1)
				code++
				k++
			}
			code <<= 1
		}
	}
	return all
}

// The three differences of the cells a b / c d of a block.
const (
	across   = iota // a+c - b-d
	down            // a+b - c-d
	diagonal        // a-b - c+d
)

// frequency is one AC coefficient that 2x2 flat cells can have.
type frequency struct {
	at         uint8 // in zigzag order
	difference uint8
	factor     int32 // of the difference, over the quantiser, scaled by 65536
}

// plane codes the blocks of luma or of chroma.
type plane struct {
	dcStep int32
	dc, ac *codes
	// frequencies are in zigzag order, by which differences aren't zero: bit
	// across, bit down, bit diagonal.
	frequencies [8][]frequency
}

// newPlane prepares a quantisation table and the DC and AC codes.
func newPlane(table *[64]uint8, c []codes) plane {
	p := plane{dcStep: int32(table[0]), dc: &c[0], ac: &c[1]}
	for k, at := range zigzag {
		f := frequency{at: uint8(k), difference: diagonal}
		v, u := int(at)/8, int(at)%8
		switch {
		case k == 0 || v > 0 && v%2 == 0 || u > 0 && u%2 == 0:
			continue
		case v == 0:
			f.difference = across
		case u == 0:
			f.difference = down
		}
		f.factor = int32(math.Round(basis(u) * basis(v) / float64(table[at]) * 65536))
		for set := range p.frequencies {
			if set>>f.difference&1 != 0 {
				p.frequencies[set] = append(p.frequencies[set], f)
			}
		}
	}
	return p
}

// basis is the sum of the samples 0 to 3 of the one-dimensional DCT's u-th
// basis function (T.81 A.3.3).
func basis(u int) float64 {
	if u == 0 {
		return math.Sqrt2
	}
	sum := 0.0
	for x := range 4 {
		sum += math.Cos(float64((2*x+1)*u) * math.Pi / 16)
	}
	return sum / 2
}

// block writes one block of the cells a b / c d; dc is the prediction, which
// it updates.
func (p *plane) block(w *bitWriter, dc *int32, a, b, c, d byte) {
	sum := int32(a) + int32(b) + int32(c) + int32(d)
	level := divide(2*sum-1024, p.dcStep)
	w.value(p.dc, 0, level-*dc)
	*dc = level
	if a == b && a == c && a == d {
		w.symbol(p.ac[0]) // EOB
		return
	}
	differences := [3]int32{
		across:   int32(a) + int32(c) - int32(b) - int32(d),
		down:     int32(a) + int32(b) - int32(c) - int32(d),
		diagonal: int32(a) - int32(b) - int32(c) + int32(d),
	}
	set := 0
	for i, d := range differences {
		if d != 0 {
			set |= 1 << i
		}
	}
	last := uint8(0)
	for _, f := range p.frequencies[set] {
		level := (differences[f.difference]*f.factor + 1<<15) >> 16
		if level == 0 {
			continue
		}
		run := f.at - last - 1
		for ; run > 15; run -= 16 {
			w.symbol(p.ac[0xF0]) // ZRL
		}
		w.value(p.ac, run<<4, level)
		last = f.at
	}
	if last < 63 {
		w.symbol(p.ac[0])
	}
}

// divide returns v/q rounded.
func divide(v, q int32) int32 {
	if v < 0 {
		return -((-v + q/2) / q)
	}
	return (v + q/2) / q
}

// bitWriter writes entropy coded data with byte stuffing (T.81 F.1.2.3).
type bitWriter struct {
	buf []byte
	acc uint64
	n   uint // bits in acc, below 32 between calls
}

// value writes a level: the code of run and size, then the level's bits
// (T.81 F.1.2.1 and F.1.2.2).
func (w *bitWriter) value(c *codes, run uint8, level int32) {
	extra := uint32(level)
	if level < 0 {
		level, extra = -level, uint32(level-1)
	}
	size := uint(bits.Len32(uint32(level)))
	code := c[run|uint8(size)]
	length := uint(code & 31)
	w.put(code>>5<<size|extra&(1<<size-1), length+size)
}

func (w *bitWriter) symbol(code uint32) { w.put(code>>5, uint(code&31)) }

// put writes the low n bits of v, n at most 32.
func (w *bitWriter) put(v uint32, n uint) {
	w.acc = w.acc<<n | uint64(v)
	w.n += n
	if w.n >= 32 {
		w.n -= 32
		w.bytes(uint32(w.acc>>w.n), 4)
	}
}

// bytes appends the low n bytes of v, stuffed.
func (w *bitWriter) bytes(v uint32, n int) {
	for n--; n >= 0; n-- {
		b := byte(v >> (8 * n))
		w.buf = append(w.buf, b)
		if b == 0xFF {
			w.buf = append(w.buf, 0)
		}
	}
}

// pad fills up to a whole byte with ones.
func (w *bitWriter) pad() {
	fill := -w.n & 7
	w.put(1<<fill-1, fill)
	w.bytes(uint32(w.acc&(1<<w.n-1)), int(w.n/8))
	w.acc, w.n = 0, 0
}

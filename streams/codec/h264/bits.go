package h264

import (
	"encoding/binary"
	"math/bits"
)

// bitWriter writes an RBSP (7.2), most significant bit first.
type bitWriter struct {
	buf []byte
	acc uint64 // the last n bits written, not in buf yet
	n   uint   // < 32 between calls

	codes *levelCodes // for residual blocks
}

func (w *bitWriter) reset() {
	w.buf, w.acc, w.n = w.buf[:0], 0, 0
}

// put writes the low n bits of v; n is at most 32 and v has no others.
func (w *bitWriter) put(v uint32, n uint) {
	w.acc = w.acc<<(n&63) | uint64(v)
	w.n += n
	if w.n >= 32 {
		w.n -= 32
		w.word(uint32(w.acc >> (w.n & 63)))
	}
}

// word appends 32 bits.
func (w *bitWriter) word(v uint32) { w.buf = binary.BigEndian.AppendUint32(w.buf, v) }

// flag writes one bit.
func (w *bitWriter) flag(set bool) {
	if set {
		w.put(1, 1)
	} else {
		w.put(0, 1)
	}
}

// ue writes an unsigned Exp-Golomb code (9.1); v is below 65535.
func (w *bitWriter) ue(v uint32) {
	n := uint(bits.Len32(v + 1))
	w.put(v+1, 2*n-1)
}

// se writes a signed Exp-Golomb code (9.1.1).
func (w *bitWriter) se(v int) {
	if v > 0 {
		w.ue(uint32(2*v - 1))
	} else {
		w.ue(uint32(-2 * v))
	}
}

// pos returns the number of bits written.
func (w *bitWriter) pos() int { return len(w.buf)*8 + int(w.n) }

// align writes zero bits up to the next byte.
func (w *bitWriter) align() {
	w.put(0, -w.n&7)
}

// flush moves whole bytes out of the accumulator; the position must be aligned.
func (w *bitWriter) flush() {
	for ; w.n > 0; w.n -= 8 {
		w.buf = append(w.buf, byte(w.acc>>(w.n-8)))
	}
	w.acc = 0
}

// bytes writes whole bytes; the position must be aligned.
func (w *bitWriter) bytes(b []byte) {
	w.flush()
	w.buf = append(w.buf, b...)
}

// trailing writes rbsp_trailing_bits (7.3.2.11) and returns the RBSP.
func (w *bitWriter) trailing() []byte {
	w.put(1, 1)
	w.align()
	w.flush()
	return w.buf
}

// copyBits writes the bits from..to of src.
func (w *bitWriter) copyBits(src []byte, from, to int) {
	if lead := -from & 7; lead > 0 && from < to { // up to src's next byte
		lead = min(lead, to-from)
		v := uint32(src[from>>3]) >> (8 - from&7 - lead) & (1<<lead - 1)
		w.put(v, uint(lead))
		from += lead
	}
	words := src[from>>3:]
	for ; to-from >= 32; from += 32 { // put of 32 bits leaves n as it is
		w.acc = w.acc<<32 | uint64(binary.BigEndian.Uint32(words))
		w.word(uint32(w.acc >> (w.n & 63)))
		words = words[4:]
	}
	for to-from > 0 {
		n := min(8, to-from)
		w.put(uint32(src[from>>3])>>(8-n), uint(n))
		from += n
	}
}

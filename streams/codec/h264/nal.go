package h264

import "encoding/binary"

// NAL unit types (7.4.1, table 7-1) and their nal_ref_idc as this package
// writes them, in one header byte.
const (
	headerP   = 2<<5 | 1 // coded slice of a non-IDR picture
	headerIDR = 3<<5 | 5 // coded slice of an IDR picture
	headerSPS = 3<<5 | 7
	headerPPS = 3<<5 | 8
	headerAUD = 0<<5 | 9
)

// nalUnit returns a new NAL unit around rbsp, with emulation prevention
// (7.3.1, 7.4.1.1): a byte of 3 before every byte of 0 to 3 that follows two
// zero bytes.
func nalUnit(header byte, rbsp []byte) []byte {
	var few [16]int // mostly enough
	stops := few[:0]
	for i := nextEmulation(rbsp, 0); i >= 0; i = nextEmulation(rbsp, i) {
		stops = append(stops, i)
	}
	out := make([]byte, 1, 1+len(rbsp)+len(stops))
	out[0] = header
	at := 0
	for _, i := range stops {
		out = append(append(out, rbsp[at:i]...), 3)
		at = i
	}
	return append(out, rbsp[at:]...)
}

// nextEmulation returns the index of the next byte that needs an emulation
// prevention byte before it, the two zero bytes both at from or after; -1 if
// there is none.
func nextEmulation(rbsp []byte, from int) int {
	const ones, highs = 0x0101_0101_0101_0101, 0x8080_8080_8080_8080
	rest := rbsp[from:]
	for len(rest) > 8 { // pairs of bytes that begin at 0 to 6 of the rest
		v := binary.LittleEndian.Uint64(rest)
		v |= v>>8 | 0xFF<<56 // a zero byte for two of them
		if (v-ones)&^v&highs != 0 {
			if at := firstEmulation(rest[:9]); at >= 0 {
				return len(rbsp) - len(rest) + at
			}
		}
		rest = rest[7:]
	}
	if at := firstEmulation(rest); at >= 0 {
		return len(rbsp) - len(rest) + at
	}
	return -1
}

// firstEmulation is nextEmulation byte by byte, from 0.
func firstEmulation(rbsp []byte) int {
	zeros := 0
	for i, b := range rbsp {
		switch {
		case zeros >= 2 && b <= 3:
			return i
		case b == 0:
			zeros++
		default:
			zeros = 0
		}
	}
	return -1
}

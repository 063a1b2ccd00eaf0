package h264

import "bytes"

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
// (7.3.1, 7.4.1.1).
func nalUnit(header byte, rbsp []byte) []byte {
	zeros := []byte{0, 0}
	n, at := 0, 0
	for i := nextEmulation(rbsp, 0, zeros); i >= 0; i = nextEmulation(rbsp, i, zeros) {
		n++
	}
	out := make([]byte, 1, 1+len(rbsp)+n)
	out[0] = header
	if n == 0 {
		return append(out, rbsp...)
	}
	for i := nextEmulation(rbsp, 0, zeros); i >= 0; i = nextEmulation(rbsp, i, zeros) {
		out = append(append(out, rbsp[at:i]...), 3)
		at = i
	}
	return append(out, rbsp[at:]...)
}

// nextEmulation returns the index of the next byte, after from, that needs an
// emulation prevention byte before it: one of 0 to 3 after two zero bytes that
// both lie at or after from. It returns -1 if there is none.
func nextEmulation(rbsp []byte, from int, zeros []byte) int {
	for {
		i := bytes.Index(rbsp[from:], zeros)
		if i < 0 || from+i+2 >= len(rbsp) {
			return -1
		}
		if rbsp[from+i+2] <= 3 {
			return from + i + 2
		}
		from += i + 3 // the byte after the zeros isn't zero
	}
}

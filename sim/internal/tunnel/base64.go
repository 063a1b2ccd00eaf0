package tunnel

import (
	"errors"
	"fmt"
)

var errPadding = errors.New("base64: padding in the wrong place")

// decoder decodes the base64 of a POST as it comes. A client may encode each of
// its requests by itself, so after padding the next one begins; line breaks
// and other white space do not count (RFC 4648 4, RFC 1421 4.3.2.4).
type decoder struct {
	bits   uint32
	digits int // of the quantum under way, padding included
	padded int // of them
}

// decode appends what src holds to dst: at most three bytes more than three
// quarters of it.
func (d *decoder) decode(dst, src []byte) ([]byte, error) {
	for _, c := range src {
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		case '=':
			if d.digits < 2 {
				return dst, errPadding
			}
			d.padded++
		default:
			v, ok := digit(c)
			if !ok {
				return dst, fmt.Errorf("base64: 0x%02x is no digit", c)
			}
			if d.padded > 0 {
				return dst, errPadding
			}
			d.bits |= uint32(v) << (18 - 6*d.digits)
		}
		if d.digits++; d.digits == 4 {
			b := [3]byte{byte(d.bits >> 16), byte(d.bits >> 8), byte(d.bits)}
			dst = append(dst, b[:3-d.padded]...)
			*d = decoder{}
		}
	}
	return dst, nil
}

// digit is the value of a base64 digit.
func digit(c byte) (byte, bool) {
	switch {
	case 'A' <= c && c <= 'Z':
		return c - 'A', true
	case 'a' <= c && c <= 'z':
		return c - 'a' + 26, true
	case '0' <= c && c <= '9':
		return c - '0' + 52, true
	case c == '+':
		return 62, true
	case c == '/':
		return 63, true
	}
	return 0, false
}

package sign

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/camfleet/camfleet/streams"
)

// ErrCodec says that a coding cannot be signed: only H.264 and H.265 can.
var ErrCodec = errors.New("coding cannot be signed")

// hashSize is the size of every hash: SHA-256.
const hashSize = sha256.Size

// kind is what a NAL unit is to signing.
type kind uint8

const (
	other     kind = iota // not covered
	slice                 // of a picture that starts no GOP
	randomAcc             // slice of a picture that starts a GOP
	signing               // SEI of Media Signing
)

// header returns the bytes of a NAL unit header.
func header(codec streams.Codec) int {
	if codec == streams.H265 {
		return 2
	}
	return 1
}

// seiHeader is the NAL unit header of a prefix SEI.
func seiHeader(codec streams.Codec) []byte {
	if codec == streams.H265 {
		return []byte{0x4e, 0x01}
	}
	return []byte{0x06}
}

// nalType reads the type of a NAL unit that is not empty.
func nalType(codec streams.Codec, nal []byte) byte {
	if codec == streams.H265 {
		return nal[0] >> 1 & 0x3f
	}
	return nal[0] & 0x1f
}

// classify says what a NAL unit is to signing, and of slices whether it is the
// first one of its picture.
func classify(codec streams.Codec, nal []byte) (k kind, first bool) {
	h := header(codec)
	if len(nal) <= h {
		return other, false
	}
	first = nal[h]&0x80 != 0 // first_mb_in_slice 0, first_slice_segment_in_pic_flag 1
	t := nalType(codec, nal)
	if codec == streams.H265 {
		switch {
		case t <= 1:
			return slice, first
		case t >= 16 && t <= 21:
			return randomAcc, first
		case t == 39 && isSigningSEI(nal[h:]):
			return signing, false
		}
		return other, false
	}
	switch {
	case t == 1:
		return slice, first
	case t == 5:
		return randomAcc, first
	case t == 6 && isSigningSEI(nal[h:]):
		return signing, false
	}
	return other, false
}

// uncovered reports whether a NAL unit is part of a picture that decoders show
// and signing leaves out: anybody may have changed or added it.
func uncovered(codec streams.Codec, nal []byte) bool {
	if len(nal) == 0 {
		return false
	}
	t := nalType(codec, nal)
	if codec == streams.H265 {
		return t >= 2 && t <= 9 // TSA, STSA, RADL, RASL
	}
	return t >= 2 && t <= 4 // data partitions
}

// uuid marks the user data SEI messages of Media Signing. Media Signing 6.7.
const uuid = "\x00\x5b\xc9\x3f\x2d\x71\x5e\x95\xad\xa4\x79\x6f\x90\x87\x7a\x6f"

// isSigningSEI reports whether the first message of a SEI is one of Media
// Signing; b is the NAL unit after its header, escaped or not: up to the end of
// the UUID there is nothing to escape.
func isSigningSEI(b []byte) bool {
	if len(b) == 0 || b[0] != payloadType {
		return false
	}
	b = b[1:]
	for len(b) > 0 && b[0] == 0xff {
		b = b[1:]
	}
	return len(b) > 0 && bytes.HasPrefix(b[1:], []byte(uuid))
}

// payloadType is user_data_unregistered.
const payloadType = 5

// trim cuts the zero bytes after a NAL unit, which are not part of it.
func trim(nal []byte) []byte { return bytes.TrimRight(nal, "\x00") }

// escape appends b to dst with emulation prevention bytes. dst is a whole number
// of bytes of the same NAL unit, escaped already: the zeros at its end count.
func escape(dst, b []byte) []byte {
	zeros := 0
	for i := len(dst) - 1; i >= 0 && dst[i] == 0; i-- {
		zeros++
	}
	for _, x := range b {
		if zeros >= 2 && x <= 3 {
			dst = append(dst, 3)
			zeros = 0
		}
		dst = append(dst, x)
		if x == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return dst
}

// unescape returns the bytes without emulation prevention, and for each of them
// where it was.
func unescape(b []byte) (plain []byte, at []int) {
	plain, at = make([]byte, 0, len(b)), make([]int, 0, len(b))
	zeros := 0
	for i, x := range b {
		if zeros >= 2 && x == 3 {
			zeros = 0
			continue
		}
		plain, at = append(plain, x), append(at, i)
		if x == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return plain, at
}

// needsEscape reports whether there is a sequence that must not be in a NAL unit.
func needsEscape(nal []byte) bool {
	zeros := 0
	for _, x := range nal {
		if zeros >= 2 && x <= 2 {
			return true
		}
		if x == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return false
}

// checkCodec returns an [ErrCodec] for what cannot be signed.
func checkCodec(codec streams.Codec) error {
	if codec != streams.H264 && codec != streams.H265 {
		return fmt.Errorf("%q: %w", codec, ErrCodec)
	}
	return nil
}

// hash is a SHA-256 value.
type hash = [hashSize]byte

// link returns the list entry of a NAL unit that does not start a GOP.
// Media Signing 6.4.
func link(anchor, nal hash) hash {
	var both [2 * hashSize]byte
	copy(both[:], anchor[:])
	copy(both[hashSize:], nal[:])
	return sha256.Sum256(both[:])
}

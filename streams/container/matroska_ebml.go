package container

import (
	"bytes"
	"fmt"
	"math/bits"
	"strings"

	"github.com/camfleet/camfleet/streams"
)

// vint reads a variable-size integer (RFC 8794 4), of up to 8 bytes, with its
// marker bit taken out if wanted, and says how long it is.
func vint(b []byte, unmark bool) (v uint64, n int, ok bool) {
	if len(b) == 0 || b[0] == 0 {
		return 0, 0, false
	}
	n = bits.LeadingZeros8(b[0]) + 1
	if len(b) < n {
		return 0, 0, false
	}
	for _, c := range b[:n] {
		v = v<<8 | uint64(c)
	}
	if unmark {
		v &^= 1 << (7 * n)
	}
	return v, n, true
}

// elementHeader reads ID and size of an element and says how long they are.
func elementHeader(b []byte) (id uint32, size int64, n int, ok bool) {
	v, idLength, ok := vint(b, false)
	if !ok || idLength > 4 {
		return 0, 0, 0, false
	}
	length, sizeLength, ok := vint(b[idLength:], true)
	if !ok {
		return 0, 0, 0, false
	}
	size = int64(length)               //nolint:gosec // at most 56 bits
	if length == 1<<(7*sizeLength)-1 { // all ones
		size = unknownSize
	}
	return uint32(v), size, idLength + sizeLength, true //nolint:gosec // at most 4 bytes
}

// elements calls f for each element in b. Zeros before an element, which none
// begins with, are passed over: GStreamer 1.22 leaves one after the place of a
// duration that it never learned.
func elements(b []byte, f func(id uint32, body []byte) error) error {
	for {
		b = bytes.TrimLeft(b, "\x00")
		if len(b) == 0 {
			return nil
		}
		id, size, n, ok := elementHeader(b)
		if !ok || size < 0 || size > int64(len(b)-n) {
			return fmt.Errorf("element %x of %d bytes where %d are left: %w", id, size, len(b)-n, ErrBroken)
		}
		end := n + int(size)
		if err := f(id, b[n:end]); err != nil {
			return err
		}
		b = b[end:]
	}
}

// number reads an unsigned integer element; of more than 8 bytes the last 8.
func number(b []byte) (n uint64) {
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}

// parseEntry reads a TrackEntry; codec is empty if it is no H.264 or H.265 video.
func parseEntry(b []byte) (mkvTrack, error) {
	var t mkvTrack
	var private []byte
	err := elements(b, func(id uint32, b []byte) error {
		switch id {
		case idTrackNumber:
			t.number = number(b)
		case idCodecID:
			switch strings.TrimRight(string(b), "\x00") { // which may pad strings, RFC 8794 7.4
			case "V_MPEG4/ISO/AVC":
				t.codec = streams.H264
			case "V_MPEGH/ISO/HEVC":
				t.codec = streams.H265
			}
		case idCodecPrivate:
			private = b
		case idEncodings:
			return t.encodings(b)
		}
		return nil
	})
	if err != nil || t.codec == "" {
		return mkvTrack{}, err
	}
	if t.sealed {
		return mkvTrack{}, fmt.Errorf("compressed or encrypted track: %w", ErrUnknown)
	}
	t.lengths, err = lengthSize(t.codec, private)
	return t, err
}

// headerStripping is the ContentCompAlgo that leaves out the bytes with which
// all frames begin.
const headerStripping = 3

// encodings reads ContentEncodings. What was compressed or encrypted cannot be
// read; the one that is read is header stripping.
func (t *mkvTrack) encodings(b []byte) error {
	return elements(b, func(id uint32, b []byte) error {
		if id != idEncoding {
			return nil
		}
		stripped := false
		err := elements(b, func(id uint32, b []byte) error {
			if id != idCompression {
				return nil
			}
			return elements(b, func(id uint32, b []byte) error {
				switch id {
				case idCompressionAlgorithm:
					stripped = number(b) == headerStripping
				case idCompressionSetting:
					t.prefix = b
				}
				return nil
			})
		})
		t.sealed = t.sealed || !stripped
		return err
	})
}

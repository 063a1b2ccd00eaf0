package container

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"time"

	"github.com/camfleet/camfleet/streams"
)

// Element IDs, RFC 9559 5.1.
const (
	idSegment, idCluster, idBlockGroup           = 0x18538067, 0x1f43b675, 0xa0
	idInfo, idTimestampScale                     = 0x1549a966, 0x2ad7b1
	idTracks, idTrackEntry                       = 0x1654ae6b, 0xae
	idTrackNumber, idTrackType                   = 0xd7, 0x83
	idCodecID, idCodecPrivate, idEncodings       = 0x86, 0x63a2, 0x6d80
	idEncoding, idCompression                    = 0x6240, 0x5034
	idCompressionAlgorithm, idCompressionSetting = 0x4254, 0x4255
	idTimestamp, idSimpleBlock, idBlock          = 0xe7, 0xa3, 0xa1
)

// matroska is a Matroska file. Segments, clusters and block groups are walked
// through flat: their children's IDs mean the same wherever they stand, and
// live recordings do not tell how long they are.
type matroska struct {
	file
	at      int64 // next element
	track   mkvTrack
	scale   int64 // nanoseconds of a tick
	cluster int64 // timestamp of the cluster, ticks
}

// mkvTrack is the video track.
type mkvTrack struct {
	number  uint64
	codec   streams.Codec
	lengths int
	sealed  bool   // compressed or encrypted
	prefix  []byte // stands before each frame though it is not stored (header stripping)
}

func newMatroska(f file) (*matroska, error) {
	m := &matroska{file: f, scale: 1e6}
	for m.track.codec == "" {
		id, body, size, err := m.element()
		if errors.Is(err, io.EOF) || id == idCluster && err == nil {
			return nil, fmt.Errorf("no track in H.264 or H.265: %w", ErrUnknown)
		}
		if err != nil {
			return nil, err
		}
		switch id {
		case idSegment:
			m.at = body
		case idInfo, idTracks:
			if err := m.index(id, body, size); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
}

func (m *matroska) codec() streams.Codec { return m.track.codec }

// index reads an Info or Tracks element.
func (m *matroska) index(id uint32, body, size int64) error {
	b, err := m.read(body, size, m.limits.Index, "element")
	if err != nil {
		return err
	}
	return elements(b, func(child uint32, b []byte) error {
		switch {
		case id == idInfo && child == idTimestampScale:
			if n := number(b); n > 0 && n <= uint64(time.Hour) {
				m.scale = int64(n) //nolint:gosec // checked
			}
		case id == idTracks && child == idTrackEntry && m.track.codec == "":
			t, err := parseEntry(b)
			if err != nil {
				return err
			}
			m.track = t
		}
		return nil
	})
}

// unknownSize is the size of an element that lasts until its parent ends.
const unknownSize = -1

// element reads the header of the next element and moves behind the element.
func (m *matroska) element() (id uint32, body, size int64, err error) {
	if m.at == m.size {
		return 0, 0, 0, io.EOF
	}
	h, err := m.read(m.at, min(12, m.size-m.at), 12, "element header")
	if err != nil {
		return 0, 0, 0, err
	}
	id, size, n, ok := elementHeader(h)
	if !ok {
		return 0, 0, 0, fmt.Errorf("no element at %d: %w", m.at, ErrBroken)
	}
	body = m.at + int64(n)
	if size == unknownSize {
		if id != idSegment && id != idCluster {
			return 0, 0, 0, fmt.Errorf("element %x at %d of unknown size: %w", id, m.at, ErrBroken)
		}
		m.at = body
		return id, body, size, nil
	}
	if size > m.size-body {
		if id != idSegment && id != idCluster { // a recording that was broken off
			return 0, 0, 0, fmt.Errorf("element %x of %d bytes at %d: %w", id, size, m.at, ErrBroken)
		}
		size = m.size - body
	}
	m.at = body + size
	return id, body, size, nil
}

func (m *matroska) next() ([][]byte, time.Duration, error) {
	for {
		id, body, size, err := m.element()
		if err != nil {
			return nil, 0, err
		}
		switch id {
		case idSegment, idCluster, idBlockGroup:
			m.at = body
		case idTimestamp:
			b, err := m.read(body, size, 8, "timestamp")
			if err != nil {
				return nil, 0, err
			}
			m.cluster = int64(number(b) & (1<<40 - 1)) //nolint:gosec // cut to 40 bits
		case idSimpleBlock, idBlock:
			nals, shown, err := m.block(body, size)
			if err != nil || pictured(m.track.codec, nals) {
				return nals, shown, err
			}
		}
	}
}

// block reads a block: the number of its track, its time in the cluster, flags,
// and one frame. Blocks of other tracks have no NAL units.
func (m *matroska) block(body, size int64) ([][]byte, time.Duration, error) {
	h, err := m.read(body, min(size, 12), 12, "block header")
	if err != nil {
		return nil, 0, err
	}
	track, n, ok := vint(h, true)
	if !ok || len(h) < n+3 {
		return nil, 0, fmt.Errorf("block of %d bytes: %w", size, ErrBroken)
	}
	if track != m.track.number {
		return nil, 0, nil
	}
	relative, flags := int16(binary.BigEndian.Uint16(h[n:])), h[n+2] //nolint:gosec // the field is signed
	if flags&0x06 != 0 {
		return nil, 0, fmt.Errorf("video with lacing: %w", ErrUnknown)
	}
	skip := int64(n + 3)
	b, err := m.read(body+skip, size-skip, m.limits.Unit, "frame")
	if err != nil {
		return nil, 0, err
	}
	if len(m.track.prefix) > 0 {
		b = append(append(make([]byte, 0, len(m.track.prefix)+len(b)), m.track.prefix...), b...)
	}
	nals, err := split(b, m.track.lengths, m.limits)
	return nals, m.time(m.cluster + int64(relative)), err
}

// time turns ticks into time, cut off where a Duration ends.
func (m *matroska) time(n int64) time.Duration {
	high, low := bits.Mul64(uint64(max(n, 0)), uint64(m.scale)) //nolint:gosec // not negative
	if high > 0 || low > 1<<62 {
		return 1 << 62
	}
	return time.Duration(low)
}

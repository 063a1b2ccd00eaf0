package container

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/camfleet/camfleet/streams"
)

// mp4 is an MP4 file: the samples of its moov box, then those of its fragments.
// ISO/IEC 14496-12.
type mp4 struct {
	file
	track  track
	plain  *sampleTable // of moov; nil when done
	at     int64        // next box at the top level
	moof   *fragment    // being read; nil: none
	budget int64        // bytes of samples there can still be
	decode uint64       // decoding time of the next fragment without one, in ticks
}

// sample says where a sample is and when it is shown.
type sample struct {
	at, size int64
	shown    int64 // ticks; may be negative
}

func newMP4(f file) (*mp4, error) {
	m := &mp4{file: f, budget: f.size}
	for at := int64(0); ; {
		name, body, size, err := m.box(at)
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("no moov box: %w", ErrUnknown)
		}
		if err != nil {
			return nil, err
		}
		if name != "moov" {
			at = body + size
			continue
		}
		b, err := f.read(body, size, f.limits.Index, "moov box")
		if err != nil {
			return nil, err
		}
		m.track, err = parseMovie(b)
		if err != nil {
			return nil, err
		}
		m.plain = newSampleTable(m.track.table)
		return m, nil
	}
}

func (m *mp4) codec() streams.Codec { return m.track.codec }

// box reads the header of the box at an offset: its name, where its body is and
// how long that is. io.EOF at the end of the file.
func (m *mp4) box(at int64) (name string, body, size int64, err error) {
	if at == m.size {
		return "", 0, 0, io.EOF
	}
	h, err := m.read(at, min(16, m.size-at), 16, "box header")
	if err != nil {
		return "", 0, 0, err
	}
	if len(h) < 8 {
		return "", 0, 0, fmt.Errorf("%d bytes after the last box: %w", len(h), ErrBroken)
	}
	name, header := string(h[4:8]), int64(8)
	switch n := binary.BigEndian.Uint32(h); {
	case n == 0: // to the end of the file
		return name, at + 8, m.size - at - 8, nil
	case n == 1 && len(h) == 16:
		large := binary.BigEndian.Uint64(h[8:])
		if large > uint64(m.size) { //nolint:gosec // a size is not negative
			return "", 0, 0, fmt.Errorf("box %q of %d bytes: %w", name, large, ErrBroken)
		}
		size, header = int64(large), 16
	default:
		size = int64(n)
	}
	if size < header || size > m.size-at {
		return "", 0, 0, fmt.Errorf("box %q of %d bytes at %d: %w", name, size, at, ErrBroken)
	}
	return name, at + header, size - header, nil
}

func (m *mp4) next() ([][]byte, time.Duration, error) {
	for {
		s, err := m.sample()
		if err != nil {
			return nil, 0, err
		}
		if m.budget -= max(s.size, 1); m.budget < 0 {
			return nil, 0, fmt.Errorf("samples that are more than the file: %w", ErrBroken)
		}
		b, err := m.read(s.at, s.size, m.limits.Unit, "sample")
		if err != nil {
			return nil, 0, err
		}
		nals, err := split(b, m.track.lengths, m.limits)
		if err != nil {
			return nil, 0, err
		}
		if pictured(m.track.codec, nals) {
			return nals, ticks(s.shown, m.track.timescale), nil
		}
	}
}

// sample returns the next sample in decoding order.
func (m *mp4) sample() (sample, error) {
	if m.plain != nil {
		s, ok, err := m.plain.next()
		if ok || err != nil {
			return s, err
		}
		m.decode = m.plain.decode
		m.plain = nil
	}
	for {
		if m.moof != nil {
			s, ok, err := m.moof.next()
			if ok || err != nil {
				return s, err
			}
			m.decode = m.moof.decode
			m.moof = nil
		}
		if err := m.fragment(); err != nil {
			return sample{}, err
		}
	}
}

// fragment opens the next moof box; io.EOF when there is none.
func (m *mp4) fragment() error {
	for {
		name, body, size, err := m.box(m.at)
		if err != nil {
			return err
		}
		start := m.at
		m.at = body + size
		if name != "moof" {
			continue
		}
		b, err := m.read(body, size, m.limits.Index, "moof box")
		if err != nil {
			return err
		}
		m.moof, err = newFragment(b, start, m.decode, &m.track)
		return err
	}
}

// ticks turns a number of ticks into time. Times beyond what a Duration can
// hold are cut off there.
func ticks(n int64, scale uint32) time.Duration {
	const most = int64(1) << 62 / int64(time.Second)
	whole, rest := n/int64(scale), n%int64(scale)
	whole = max(min(whole, most), -most)
	return time.Duration(whole)*time.Second + time.Duration(rest*int64(time.Second)/int64(scale))
}

package container

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"github.com/camfleet/camfleet/streams"
)

// usualFPS is the frame rate of byte streams that tell none.
const usualFPS = 25

// annexB is a byte stream of H.264 or H.265 (annex B of both).
type annexB struct {
	coding  streams.Codec
	scanner scanner
	limits  Limits

	pending [][]byte // begins the next access unit
	picture int64    // pictures so far
	period  time.Duration
}

func newAnnexB(f file, head []byte) (*annexB, error) {
	codec := codecOf(head)
	if codec == "" {
		return nil, fmt.Errorf("neither H.264 nor H.265: %w", ErrUnknown)
	}
	return &annexB{
		coding: codec, limits: f.limits, period: time.Second / usualFPS,
		scanner: scanner{r: io.NewSectionReader(f.r, 0, f.size), limit: f.limits.Unit},
	}, nil
}

func (a *annexB) codec() streams.Codec { return a.coding }

func (a *annexB) next() ([][]byte, time.Duration, error) {
	nals, pictured, size := a.pending, false, 0
	a.pending = nil
	for _, nal := range nals {
		pictured = pictured || isSlice(a.coding, nal)
		size += len(nal)
	}
	for {
		nal, err := a.scanner.next()
		if errors.Is(err, io.EOF) && len(nals) > 0 {
			break
		}
		if err != nil {
			return nil, 0, err
		}
		if pictured && a.begins(nal) {
			a.pending = [][]byte{nal}
			break
		}
		pictured = pictured || isSlice(a.coding, nal)
		nals, size = append(nals, nal), size+len(nal)
		if len(nals) > a.limits.NALs || size > a.limits.Unit {
			return nil, 0, fmt.Errorf("%d NAL units of %d bytes: %w", len(nals), size, ErrLimit)
		}
	}
	a.pace(nals)
	shown := time.Duration(a.picture) * a.period
	if pictured {
		a.picture++
	}
	return nals, shown, nil
}

// begins reports whether a NAL unit begins an access unit, given that there was
// a slice before it.
func (a *annexB) begins(nal []byte) bool {
	if isSlice(a.coding, nal) {
		return firstOfPicture(a.coding, nal)
	}
	return leads(a.coding, nal)
}

// pace takes the frame rate from a sequence parameter set, where it tells one.
func (a *annexB) pace(nals [][]byte) {
	for _, nal := range nals {
		fps := 0.0
		switch t := unitType(a.coding, nal); {
		case a.coding == streams.H264 && t == h264SPS:
			var s h264.SPS
			if s.Unmarshal(nal) == nil {
				fps = s.FPS()
			}
		case a.coding == streams.H265 && t == h265SPS:
			var s h265.SPS
			if s.Unmarshal(nal) == nil {
				fps = s.FPS()
			}
		}
		if fps >= 1 && fps <= 1000 && a.picture == 0 {
			a.period = time.Duration(float64(time.Second) / fps)
		}
	}
}

// scanner cuts a byte stream into NAL units, without start codes and without
// the zeros after them (trailing_zero_8bits).
type scanner struct {
	r     io.Reader
	limit int
	buf   []byte
	begun bool // buf begins after a start code
	ended bool // r is
}

// chunk is how much is read at a time, bytes.
const chunk = 64 << 10

// next returns a NAL unit in memory of its own, io.EOF after the last.
func (s *scanner) next() ([]byte, error) {
	searched := 0
	for {
		if i := bytes.Index(s.buf[searched:], startCode()); i >= 0 {
			i += searched
			nal, begun := bytes.TrimRight(s.buf[:i], "\x00"), s.begun
			s.buf, s.begun, searched = s.buf[i+3:], true, 0
			if begun && len(nal) > 0 {
				return bytes.Clone(nal), nil
			}
			continue
		}
		searched = max(len(s.buf)-2, 0)
		if s.ended {
			nal := bytes.TrimRight(s.buf, "\x00")
			s.buf = nil
			if s.begun && len(nal) > 0 {
				return bytes.Clone(nal), nil
			}
			return nil, io.EOF
		}
		if len(s.buf) > s.limit {
			return nil, fmt.Errorf("NAL unit of more than %d bytes: %w", s.limit, ErrLimit)
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
}

// fill reads a piece more.
func (s *scanner) fill() error {
	old := len(s.buf)
	grow := max(chunk, old) // doubled, so that large NAL units are not copied again and again
	next := make([]byte, old+grow)
	copy(next, s.buf)
	n, err := io.ReadFull(s.r, next[old:])
	s.buf = next[:old+n]
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		s.ended = true
		return nil
	}
	return err
}

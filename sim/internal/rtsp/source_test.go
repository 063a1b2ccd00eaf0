package rtsp

import (
	"errors"
	"sync"
	"time"

	"github.com/camfleet/camfleet/streams"
)

// bitWriter writes the bits of an RBSP.
type bitWriter struct {
	out  []byte
	free uint // bits free in the last byte
}

func (w *bitWriter) bit(b uint) {
	if w.free == 0 {
		w.out, w.free = append(w.out, 0), 8
	}
	w.free--
	w.out[len(w.out)-1] |= byte(b << w.free)
}

func (w *bitWriter) bits(v, n uint) {
	for i := n; i > 0; i-- {
		w.bit(v >> (i - 1) & 1)
	}
}

func (w *bitWriter) ue(v uint) {
	n := uint(0)
	for (v+1)>>(n+1) > 0 {
		n++
	}
	w.bits(0, n)
	w.bits(v+1, n+1)
}

// nal ends the RBSP and returns it as a NAL unit.
func (w *bitWriter) nal(header byte) []byte {
	w.bit(1)
	nal, zeros := []byte{header}, 0
	for _, b := range w.out {
		if zeros >= 2 && b <= 3 {
			nal, zeros = append(nal, 3), 0
		}
		if zeros++; b != 0 {
			zeros = 0
		}
		nal = append(nal, b)
	}
	return nal
}

// flatSource is a source of valid H.264: grey pictures of I_PCM macroblocks
// whose brightness is the frame number, and in between pictures that skip all
// macroblocks. Key pictures have 384 bytes a macroblock.
type flatSource struct {
	columns, rows int // macroblocks
	fps, gop      int // gop: pictures from key to key; 0: only when asked

	mu       sync.Mutex
	since    int // pictures since the last key
	number   uint
	started  bool
	calls    []uint32
	keys     int
	released int
	fail     error // what Next returns
}

func newFlatSource() *flatSource { return &flatSource{columns: 4, rows: 2, fps: 25} }

func (s *flatSource) Format() streams.Format {
	return streams.Format{
		Codec: streams.H264, Width: 16 * s.columns, Height: 16 * s.rows, FPS: s.fps,
		ParameterSets: [][]byte{s.sps(), s.pps()},
	}
}

func (s *flatSource) sps() []byte {
	w := &bitWriter{}
	w.bits(66, 8)   // Baseline
	w.bits(0xc0, 8) // constraint sets 0 and 1
	w.bits(40, 8)   // level 4
	w.ue(0)
	w.ue(0) // frame_num of 4 bits
	w.ue(2) // picture order is decoding order
	w.ue(1) // one reference frame
	w.bit(0)
	w.ue(uint(s.columns - 1))
	w.ue(uint(s.rows - 1))
	w.bit(1) // frames only
	w.bit(1)
	w.bit(0) // no cropping
	w.bit(0) // no VUI
	return w.nal(0x67)
}

func (s *flatSource) pps() []byte {
	w := &bitWriter{}
	w.ue(0)
	w.ue(0)
	w.bit(0) // CAVLC
	w.bit(0)
	w.ue(0) // one slice group
	w.ue(0)
	w.ue(0)
	w.bit(0)
	w.bits(0, 2)
	w.ue(0) // QP 26
	w.ue(0)
	w.ue(0)
	w.bits(0, 3)
	return w.nal(0x68)
}

func (s *flatSource) idr(n uint32) []byte {
	w := &bitWriter{}
	w.ue(0) // first macroblock
	w.ue(7) // I slice
	w.ue(0)
	w.bits(0, 4) // frame_num
	w.ue(uint(s.keys) % 2)
	w.bits(0, 2)
	w.ue(0) // QP delta
	grey := uint(16 + n%200)
	for range s.columns * s.rows {
		w.ue(25) // I_PCM
		for w.free > 0 {
			w.bit(0)
		}
		for i := range 384 {
			if i < 256 {
				w.bits(grey, 8)
			} else {
				w.bits(128, 8)
			}
		}
	}
	return w.nal(0x65)
}

func (s *flatSource) skip() []byte {
	w := &bitWriter{}
	w.ue(0)
	w.ue(5) // P slice
	w.ue(0)
	w.bits(s.number%16, 4)
	w.bit(0)
	w.bit(0)
	w.bit(0)
	w.ue(0)
	w.ue(uint(s.columns * s.rows)) // all skipped
	return w.nal(0x41)
}

func (s *flatSource) Next(n uint32, at time.Time, key bool) (*streams.AccessUnit, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return nil, s.fail
	}
	s.calls = append(s.calls, n)
	au := &streams.AccessUnit{Frame: n, Time: at}
	if key || !s.started || s.gop > 0 && s.since+1 >= s.gop {
		s.keys++
		s.started, s.since, s.number, au.Key = true, 0, 0, true
		au.NALs = [][]byte{s.sps(), s.pps(), s.idr(n)}
		return au, nil
	}
	s.since++
	s.number++
	au.NALs = [][]byte{s.skip()}
	return au, nil
}

func (s *flatSource) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started = false
	s.released++
}

// seen returns the numbers of the frames coded so far, how many of them were
// key pictures and how often the source was released.
func (s *flatSource) seen() (calls []uint32, keys, released int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]uint32(nil), s.calls...), s.keys, s.released
}

func (s *flatSource) breaks() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = errors.New("lens cap on")
}

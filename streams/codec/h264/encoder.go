package h264

import (
	"fmt"
	"math/bits"

	"github.com/camfleet/camfleet/streams/scene"
)

// Config says what an encoder codes.
type Config struct {
	Width, Height int     // pixels shown, even
	FPS           int     // pictures a second, announced in the VUI
	GOP           int     // an IDR picture at least every GOP pictures
	Profile       Profile // declared; 0 is ConstrainedBaseline
}

// maxGOP bounds Config.GOP: ten minutes at 60 pictures a second.
const maxGOP = 36_000

func (c Config) validate() error {
	switch {
	case c.Width < 16 || c.Height < 16 || c.Width > 8192 || c.Height > 8192 || c.Width%2 != 0 || c.Height%2 != 0:
		return fmt.Errorf("h264: size %dx%d: want even numbers of 16 to 8192 pixels", c.Width, c.Height)
	case c.FPS < 1 || c.FPS > 120:
		return fmt.Errorf("h264: %d pictures a second: want 1 to 120", c.FPS)
	case c.GOP < 1 || c.GOP > maxGOP:
		return fmt.Errorf("h264: GOP of %d pictures: want 1 to %d", c.GOP, maxGOP)
	case c.Profile != ConstrainedBaseline && c.Profile != Main && c.Profile != High:
		return fmt.Errorf("h264: profile_idc %d: want 66, 77 or 100", c.Profile)
	}
	return nil
}

// Encoder codes one stream. It is used by one goroutine at a time.
type Encoder struct {
	config     Config
	sps, pps   []byte
	audI, audP []byte // access unit delimiters (7.3.2.4) before I and P slices
	memo       *Memo  // may be nil

	sinceIDR int  // pictures since the last IDR picture, it included; 0: no reference
	idrPicID bool // of the next IDR picture: consecutive ones differ

	w       bitWriter
	m       macroblock
	running uint     // s of the macroblock coded last in this slice
	pcm     []uint64 // I_PCM macroblocks of this picture, one bit each
	anyPCM  bool
	// unlike are the macroblocks of an IDR picture that aren't as in the memo, or
	// predicted from one that isn't, one bit each; nil: there is no fitting memo.
	unlike []uint64
}

// maxScratch bounds the memory that an encoder keeps from one picture to the next.
const maxScratch = 64 << 10

// NewEncoder returns an encoder whose first picture will be an IDR picture.
func NewEncoder(c Config) (*Encoder, error) {
	if c.Profile == 0 {
		c.Profile = ConstrainedBaseline
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	cols, rows := (c.Width+15)/16, (c.Height+15)/16
	idc, err := levelIDC(cols, rows, c.FPS)
	if err != nil {
		return nil, err
	}
	return &Encoder{
		config: c, sps: sps(c, idc), pps: pps(),
		audI: []byte{headerAUD, 0<<5 | 1<<4}, audP: []byte{headerAUD, 1<<5 | 1<<4},
		pcm: make([]uint64, (cols*rows+63)/64),
	}, nil
}

// ParameterSets returns the SPS and the PPS, which never change.
func (e *Encoder) ParameterSets() [][]byte { return [][]byte{e.sps, e.pps} }

// SetMemo gives the encoder the coded form of a canvas that most of the IDR
// pictures to come look like; nil takes it away.
func (e *Encoder) SetMemo(m *Memo) { e.memo = m }

// Restart makes the next picture an IDR picture: call it when the canvas of
// the next picture isn't a successor of the last one coded. It also gives
// scratch memory back.
func (e *Encoder) Restart() {
	e.sinceIDR = 0
	e.w = bitWriter{}
	e.unlike = nil
}

// Encode codes the picture on c, whose changed macroblocks must be those that
// differ from the picture coded before. It returns the NAL units of one access
// unit, never touched again, and whether it is an IDR picture, which
// it is if idr is set or the GOP is full. The canvas isn't changed.
func (e *Encoder) Encode(c *scene.Canvas, idr bool) (nals [][]byte, key bool, err error) {
	if c.Width != e.config.Width || c.Height != e.config.Height {
		return nil, false, fmt.Errorf("h264: canvas of %dx%d for an encoder of %dx%d", c.Width, c.Height, e.config.Width, e.config.Height)
	}
	if e.anyPCM {
		clear(e.pcm)
		e.anyPCM = false
	}
	key = idr || e.sinceIDR == 0 || e.sinceIDR >= e.config.GOP
	e.w.reset()
	if e.w.codes == nil {
		e.w.codes = newLevelCodes()
	}
	e.running = maxShift
	if key {
		e.sinceIDR = 0
		e.sliceHeader(true)
		e.sliceI(c)
		nals = [][]byte{e.audI, e.sps, e.pps, nalUnit(headerIDR, e.w.trailing())}
		e.idrPicID = !e.idrPicID
	} else {
		e.sliceHeader(false)
		e.sliceP(c)
		nals = [][]byte{e.audP, nalUnit(headerP, e.w.trailing())}
	}
	e.sinceIDR++
	if cap(e.w.buf) > maxScratch {
		e.w.buf = nil
	}
	return nals, key, nil
}

// sliceHeader writes slice_header (7.3.3) of the only slice of a picture.
func (e *Encoder) sliceHeader(idr bool) {
	w := &e.w
	w.ue(0) // first_mb_in_slice
	if idr {
		w.ue(7) // slice_type: I, all slices of the picture
	} else {
		w.ue(5) // P
	}
	w.ue(0) // pic_parameter_set_id
	w.put(uint32(e.sinceIDR)&(1<<log2MaxFrameNum-1), log2MaxFrameNum)
	if idr {
		id := uint32(0)
		if e.idrPicID {
			id = 1
		}
		w.ue(id)
		w.flag(false) // no_output_of_prior_pics_flag
		w.flag(false) // long_term_reference_flag
	} else {
		w.flag(false) // num_ref_idx_active_override_flag
		w.flag(false) // ref_pic_list_modification_flag_l0
		w.flag(false) // adaptive_ref_pic_marking_mode_flag
	}
	w.se(0) // slice_qp_delta
	w.ue(1) // disable_deblocking_filter_idc
}

// sliceI writes the slice data of an IDR picture (7.3.4).
func (e *Encoder) sliceI(c *scene.Canvas) {
	e.compare(c)
	for i := 0; i < len(c.MBs); {
		if next := e.copyRun(c, i); next > i {
			i = next
			continue
		}
		e.code(c, i, 0)
		i++
	}
}

// sliceP writes the slice data of a P picture (7.3.4): the changed
// macroblocks in intra, all others skipped.
func (e *Encoder) sliceP(c *scene.Canvas) {
	next := 0 // macroblock after the last one coded
	for k, word := range c.Changed() {
		for ; word != 0; word &= word - 1 {
			i := k*64 + bits.TrailingZeros64(word)
			e.w.ue(uint32(i - next)) // mb_skip_run
			e.code(c, i, 5)
			next = i + 1
		}
	}
	if next < len(c.MBs) {
		e.w.ue(uint32(len(c.MBs) - next))
	}
}

// code writes macroblock i of c; offset is that of mb_type for the slice.
func (e *Encoder) code(c *scene.Canvas, i int, offset uint32) {
	var n neighbours
	if i%c.Cols > 0 {
		n.left = &c.MBs[i-1]
	}
	if i >= c.Cols {
		n.top = &c.MBs[i-c.Cols]
	}
	e.m.plan(&c.MBs[i], n)
	if e.m.pcm {
		e.pcm[i>>6] |= 1 << (i & 63)
		e.anyPCM = true
		e.w.pcm(&c.MBs[i], offset)
		return
	}
	e.running = e.w.macroblock(&e.m, offset, e.running, e.anyPCM && e.escaped(c, i))
}

// escaped says whether nC of macroblock i is 8 or more (9.2.1): only I_PCM
// neighbours count, with 16 each, and the mean of two is at least 8 if one is.
func (e *Encoder) escaped(c *scene.Canvas, i int) bool {
	return i%c.Cols > 0 && e.isPCM(i-1) || i >= c.Cols && e.isPCM(i-c.Cols)
}

func (e *Encoder) isPCM(i int) bool { return e.pcm[i>>6]>>(i&63)&1 != 0 }

package h264

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/camfleet/camfleet/streams/scene"
)

// decoder is an independent reader of exactly the subset of H.264 that the
// encoder writes, for tests that run too often for ffmpeg. It decodes to cells
// by the formulas of clause 8 and refuses everything else.
type decoder struct {
	cols, rows int
	mbs        []scene.MB
	pcm        []bool // of this picture
	qp         int
	frameNum   int
	lastIDR    int // idr_pic_id, -1 before the first
	r          bitReader
}

var errSyntax = errors.New("test decoder: not our syntax")

// bitReader reads an RBSP.
type bitReader struct {
	data []byte
	at   int
}

func (r *bitReader) bits(n int) int {
	v := 0
	for range n {
		bit := 0
		if r.at < len(r.data)*8 {
			bit = int(r.data[r.at>>3]>>(7-r.at&7)) & 1
		}
		v = v<<1 | bit
		r.at++
	}
	return v
}

func (r *bitReader) ue() int {
	zeros := 0
	for r.bits(1) == 0 {
		if zeros++; zeros > 31 {
			panic(errSyntax)
		}
	}
	return 1<<zeros - 1 + r.bits(zeros)
}

func (r *bitReader) se() int {
	k := r.ue()
	if k%2 == 1 {
		return (k + 1) / 2
	}
	return -k / 2
}

// more is more_rbsp_data (7.2).
func (r *bitReader) more() bool {
	last := bytes.TrimRight(r.data, "\x00")
	if len(last) == 0 {
		return false
	}
	end := len(last)*8 - 1
	for b := last[len(last)-1]; b&1 == 0; b >>= 1 {
		end--
	}
	return r.at < end
}

// vlc reads one of the codes of a table.
func (r *bitReader) vlc(n int, at func(i int) code) int {
	for i := range n {
		c := at(i)
		if c.n == 0 {
			continue
		}
		save := r.at
		if r.bits(int(c.n)) == int(c.v) {
			return i
		}
		r.at = save
	}
	panic(fmt.Errorf("%w: no code at bit %d", errSyntax, r.at))
}

func newDecoder(c *scene.Canvas) *decoder {
	return &decoder{
		cols: c.Cols, rows: c.Rows, mbs: make([]scene.MB, len(c.MBs)), pcm: make([]bool, len(c.MBs)), lastIDR: -1,
	}
}

// unescape takes emulation prevention out and refuses forbidden sequences.
func unescape(nal []byte) ([]byte, error) {
	var out []byte
	zeros := 0
	for i, b := range nal {
		if zeros >= 2 && b <= 2 {
			return nil, fmt.Errorf("%w: start code inside a NAL unit", errSyntax)
		}
		if zeros >= 2 && b == 3 {
			if i == len(nal)-1 || nal[i+1] > 3 {
				return nil, fmt.Errorf("%w: needless emulation prevention", errSyntax)
			}
			zeros = 0
			continue
		}
		if b == 0 {
			zeros++
		} else {
			zeros = 0
		}
		out = append(out, b)
	}
	return out, nil
}

// decode decodes one access unit.
func (d *decoder) decode(nals [][]byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("decoding: %v", r)
		}
	}()
	for _, nal := range nals {
		rbsp, err := unescape(nal)
		if err != nil {
			return err
		}
		if t := nal[0] & 31; t == 1 || t == 5 {
			d.r = bitReader{data: rbsp[1:]}
			d.slice(t == 5)
		}
	}
	return nil
}

func (d *decoder) expect(what string, got, want int) {
	if got != want {
		panic(fmt.Errorf("%w: %s is %d, not %d", errSyntax, what, got, want))
	}
}

func (d *decoder) slice(idr bool) {
	r := &d.r
	d.expect("first_mb", r.ue(), 0)
	if sliceType := r.ue(); idr {
		d.expect("slice_type", sliceType, 7)
		d.frameNum = 0
	} else {
		d.expect("slice_type", sliceType, 5)
		d.frameNum = (d.frameNum + 1) % (1 << log2MaxFrameNum)
	}
	d.expect("pps", r.ue(), 0)
	d.expect("frame_num", r.bits(log2MaxFrameNum), d.frameNum)
	if idr {
		id := r.ue()
		if id == d.lastIDR {
			panic(fmt.Errorf("%w: idr_pic_id repeats", errSyntax))
		}
		d.lastIDR = id
		r.bits(2)
	} else {
		d.expect("flags", r.bits(3), 0)
	}
	d.qp = initialQP + r.se()
	d.expect("deblocking", r.ue(), 1)
	clear(d.pcm)
	i := 0
	for ; r.more(); i++ {
		if !idr {
			i += r.ue()
			if !r.more() {
				break
			}
		}
		d.macroblock(i, idr)
	}
	d.expect("macroblocks", i, len(d.mbs))
}

func (d *decoder) macroblock(i int, idr bool) {
	r := &d.r
	t := r.ue()
	if !idr {
		t -= 5
	}
	if t == mbTypePCM {
		d.samples(i)
		return
	}
	if t < 1 || t > 3 && t < 5 || t > 7 {
		panic(fmt.Errorf("%w: mb_type %d", errSyntax, t))
	}
	var n neighbours
	var escaped bool
	if i%d.cols > 0 {
		n.left, escaped = &d.mbs[i-1], d.pcm[i-1]
	}
	if i >= d.cols {
		n.top, escaped = &d.mbs[i-d.cols], escaped || d.pcm[i-d.cols]
	}
	chromaMode := r.ue()
	d.qp += r.se()
	d.expect("QP of six steps", d.qp%6, 4)
	luma := d.block(16, escaped)
	var chroma [2][]int
	for p := range chroma {
		chroma[p] = make([]int, 4)
		if t >= 5 {
			chroma[p] = d.block(4, false)
		}
	}
	var mb scene.MB
	d.luma(&mb, n, (t-1)%4, luma)
	for p, plane := range []int{scene.Cb, scene.Cr} {
		d.chroma(&mb, n, plane, chromaMode, chroma[p])
	}
	d.mbs[i] = mb
}

// samples reads I_PCM, which must be flat in every cell.
func (d *decoder) samples(i int) {
	r := &d.r
	r.at = (r.at + 7) &^ 7
	var mb scene.MB
	for _, plane := range []struct{ at, side int }{{scene.Luma, 16}, {scene.Cb, 8}, {scene.Cr, 8}} {
		for y := range plane.side {
			for x := range plane.side {
				cell := plane.at + y/4*(plane.side/4) + x/4
				v := byte(r.bits(8))
				if x%4+y%4 > 0 && mb[cell] != v {
					panic(fmt.Errorf("%w: cell isn't flat", errSyntax))
				}
				mb[cell] = v
			}
		}
	}
	d.mbs[i], d.pcm[i] = mb, true
}

// block is residual_block_cavlc (7.3.5.3.2); it returns coefficients in scan order.
func (d *decoder) block(length int, escaped bool) []int {
	r := &d.r
	var total, ones int
	switch {
	case length == 4:
		k := r.vlc(20, func(i int) code { return coeffTokenChroma[i/4][i%4] })
		total, ones = k/4, k%4
	case escaped:
		k := r.bits(6)
		total, ones = k/4+1, k%4
		if k == 3 {
			total, ones = 0, 0
		}
	default:
		k := r.vlc(68, func(i int) code { return coeffTokenLow[i/4][i%4] })
		total, ones = k/4, k%4
	}
	coeffs := make([]int, length)
	if total == 0 {
		return coeffs
	}
	levels := d.levels(total, ones)
	zeros := 0
	if total < length {
		zeros = r.vlc(16, func(i int) code {
			if length == 4 {
				if i > 3 {
					return code{}
				}
				return totalZerosChroma[total][i]
			}
			return totalZeros[total][i]
		})
	}
	at := total + zeros - 1
	for i, level := range levels {
		coeffs[at] = level
		run := 0
		if zeros > 0 && i < total-1 {
			run = r.vlc(15, func(k int) code { return runBefore[min(zeros, 7)][k] })
		}
		zeros -= run
		at -= 1 + run
	}
	return coeffs
}

// levels is 9.2.2.
func (d *decoder) levels(total, ones int) []int {
	r := &d.r
	var levels []int
	for range ones {
		levels = append(levels, 1-2*r.bits(1))
	}
	suffixLength := 0
	if total > 10 && ones < 3 {
		suffixLength = 1
	}
	for i := ones; i < total; i++ {
		prefix := 0
		for r.bits(1) == 0 {
			if prefix++; prefix > 15 {
				panic(fmt.Errorf("%w: level_prefix above 15", errSyntax))
			}
		}
		size := suffixLength
		if prefix == 14 && suffixLength == 0 {
			size = 4
		}
		if prefix == 15 {
			size = 12
		}
		levelCode := prefix<<suffixLength + r.bits(size)
		if prefix == 15 && suffixLength == 0 {
			levelCode += 15
		}
		if i == ones && ones < 3 {
			levelCode += 2
		}
		level := (levelCode + 2) >> 1
		if levelCode%2 == 1 {
			level = (-levelCode - 1) >> 1
		}
		levels = append(levels, level)
		if suffixLength == 0 {
			suffixLength = 1
		}
		if max(level, -level) > 3<<(suffixLength-1) && suffixLength < 6 {
			suffixLength++
		}
	}
	return levels
}

// luma is 8.3.3 and 8.5.2 for DC only.
func (d *decoder) luma(mb *scene.MB, n neighbours, mode int, scan []int) {
	var c, f [16]int
	for k, v := range scan {
		c[zigzag[k]] = v
	}
	h := [16]int{1, 1, 1, 1, 1, 1, -1, -1, 1, -1, -1, 1, 1, -1, 1, -1}
	f = multiply(h, multiply(c, h))
	for i := range f {
		scaled := f[i] * 16 * 16 << (d.qp / 6) >> 6 // LevelScale(4,0,0) = 16*16
		if d.qp/6 < 6 {
			scaled = (f[i]*256 + 1<<(5-d.qp/6)) >> (6 - d.qp/6)
		}
		mb[i] = clip1(lumaPrediction(n, mode, i) + (scaled+32)>>6)
	}
}

func multiply(a, b [16]int) (out [16]int) {
	for y := range 4 {
		for x := range 4 {
			for k := range 4 {
				out[y*4+x] += a[y*4+k] * b[k*4+x]
			}
		}
	}
	return out
}

// lumaPrediction works on samples: a cell is four of them to a side.
func lumaPrediction(n neighbours, mode, cell int) int {
	switch mode {
	case 0:
		return int(n.top[12+cell%4])
	case 1:
		return int(n.left[cell/4*4+3])
	case 2:
		sum, count := 0, 0
		for i := range 16 {
			if n.top != nil {
				sum, count = sum+int(n.top[12+i/4]), count+1
			}
			if n.left != nil {
				sum, count = sum+int(n.left[i/4*4+3]), count+1
			}
		}
		if count > 0 {
			return (sum + count/2) / count
		}
		return 128
	}
	panic(fmt.Errorf("%w: plane prediction", errSyntax))
}

// chroma is 8.3.4 and 8.5.11 for DC only.
func (d *decoder) chroma(mb *scene.MB, n neighbours, plane, mode int, c []int) {
	f := [4]int{c[0] + c[1] + c[2] + c[3], c[0] - c[1] + c[2] - c[3], c[0] + c[1] - c[2] - c[3], c[0] - c[1] - c[2] + c[3]}
	for i := range 4 {
		scaled := f[i] * 256 << (d.qp / 6) >> 5
		mb[plane+i] = clip1(chromaPrediction(n, plane, mode, i) + (scaled+32)>>6)
	}
}

func chromaPrediction(n neighbours, plane, mode, cell int) int {
	x, y := cell%2, cell/2
	top, left := -1, -1
	if n.top != nil {
		top = int(n.top[plane+2+x])
	}
	if n.left != nil {
		left = int(n.left[plane+y*2+1])
	}
	switch {
	case mode == 1:
		return left
	case mode == 2:
		return top
	case mode != 0:
		panic(fmt.Errorf("%w: plane prediction", errSyntax))
	case top < 0 && left < 0:
		return 128
	case top < 0 || left >= 0 && x == 0 && y == 1:
		return left
	case left < 0 || x == 1 && y == 0:
		return top
	}
	return (4*top + 4*left + 4) >> 3
}

func clip1(v int) byte { return byte(min(max(v, 0), 255)) }

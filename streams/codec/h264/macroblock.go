package h264

import "github.com/camfleet/camfleet/streams/scene"

// macroblock is the plan for one coded macroblock.
type macroblock struct {
	pcm        bool // the levels don't fit: code the samples
	lumaMode   uint32
	chromaMode uint32
	shift      uint // s of QP = 4 + 6s, where coded
	coded      bool // any level is not zero
	hasChroma  bool // coded_block_pattern has chroma DC

	luma, cb, cr block
}

// plan chooses prediction modes and QP of mb.
func (m *macroblock) plan(mb *scene.MB, n neighbours) {
	m.planLuma(mb, n)
	m.planChroma(mb, n)
	chroma := m.cb.or | m.cr.or
	m.coded, m.hasChroma = m.luma.or|chroma != 0, chroma != 0
	m.shift = shift(m.luma.or | chroma)
	m.pcm = false
	if m.shift > 0 || m.luma.set == 0 {
		return // sixteen differences of 255, halved, fit
	}
	for _, c := range &m.luma.coeffs {
		if c > maxLevel || c < -maxLevel {
			m.pcm = true
		}
	}
}

// planLuma chooses the luma mode with the smallest coefficients. Prediction is
// done after the transform, which is linear: that of a row repeated is 4H times
// the row in the first row, and so on.
func (m *macroblock) planLuma(mb *scene.MB, n neighbours) {
	if n.top != nil && repeats(mb, n.top) {
		m.lumaMode = lumaVertical
		m.luma.clear()
		return
	}
	d := &m.luma.coeffs
	hadamard4(d, mb)
	across := abs(d[1]) + abs(d[5]) + abs(d[6]) // the first row without its first
	down := abs(d[2]) + abs(d[3]) + abs(d[9])   // the first column likewise
	dc := d[0] - 16*n.lumaDC()
	var h, v [4]int32
	best := abs(dc) + across + down
	m.lumaMode = lumaDC
	if n.left != nil {
		e0, e1, e2, e3 := hadamard(leftEdge(n.left))
		h = [4]int32{d[0] - 4*e0, d[2] - 4*e1, d[3] - 4*e2, d[9] - 4*e3}
		if sum := abs(h[0]) + abs(h[1]) + abs(h[2]) + abs(h[3]) + across; sum <= best {
			m.lumaMode, best = lumaHorizontal, sum
		}
	}
	if n.top != nil {
		e0, e1, e2, e3 := hadamard(topEdge(n.top))
		v = [4]int32{d[0] - 4*e0, d[1] - 4*e1, d[5] - 4*e2, d[6] - 4*e3}
		if sum := abs(v[0]) + abs(v[1]) + abs(v[2]) + abs(v[3]) + down; sum <= best {
			m.lumaMode = lumaVertical
		}
	}
	switch m.lumaMode {
	case lumaVertical:
		d[0], d[1], d[5], d[6] = v[0], v[1], v[2], v[3]
	case lumaHorizontal:
		d[0], d[2], d[3], d[9] = h[0], h[1], h[2], h[3]
	default:
		d[0] = dc
	}
	m.luma.gather()
}

// planChroma chooses the mode of both chroma planes, which share it, by the
// differences themselves.
func (m *macroblock) planChroma(mb *scene.MB, n neighbours) {
	m.cb.clear()
	m.cr.clear()
	if n.top != nil && chromaRepeats(mb, n.top) {
		m.chromaMode = chromaVertical
		return
	}
	if n.left != nil && chromaExtends(mb, n.left) {
		m.chromaMode = chromaHorizontal
		return
	}
	cb, cr := n.chromaEdges(scene.Cb), n.chromaEdges(scene.Cr)
	var sums chromaSums
	sums.add(&cb, mb, scene.Cb)
	sums.add(&cr, mb, scene.Cr)
	best := sums.dc
	m.chromaMode = chromaDC
	if n.left != nil && sums.horizontal < best {
		m.chromaMode, best = chromaHorizontal, sums.horizontal
	}
	if n.top != nil && sums.vertical < best {
		m.chromaMode, best = chromaVertical, sums.vertical
	}
	if best > 0 {
		cb.transform(&m.cb, mb, scene.Cb, m.chromaMode)
		cr.transform(&m.cr, mb, scene.Cr, m.chromaMode)
	}
}

// mbType returns mb_type of an Intra_16x16 macroblock without luma AC in an I
// slice (table 7-11).
func (m *macroblock) mbType() uint32 {
	t := 1 + m.lumaMode
	if m.hasChroma {
		t += 4
	}
	return t
}

// mbTypePCM is mb_type I_PCM in an I slice.
const mbTypePCM = 25

// macroblock writes macroblock_layer (7.3.5) of a planned Intra_16x16
// macroblock: offset is 0 in I slices and 5 in P slices, from and escaped are
// the running s and whether the I_PCM neighbours make nC large. It returns the
// new running s.
func (w *bitWriter) macroblock(m *macroblock, offset uint32, from uint, escaped bool) uint {
	w.ue(offset + m.mbType())
	w.ue(m.chromaMode)
	if m.coded {
		w.se(6 * (int(m.shift) - int(from)))
		from = m.shift
	} else {
		w.se(0)
	}
	w.residualBlock(&m.luma, 16, from, escaped)
	if m.hasChroma {
		w.residualBlock(&m.cb, 4, from, escaped)
		w.residualBlock(&m.cr, 4, from, escaped)
	}
	return from
}

// pcm writes macroblock_layer of an I_PCM macroblock (7.3.5).
func (w *bitWriter) pcm(mb *scene.MB, offset uint32) {
	w.ue(offset + mbTypePCM)
	w.align()
	var samples [384]byte
	for i := range 256 {
		samples[i] = mb[i>>6<<2|i>>2&3]
	}
	for i := range 64 {
		at := i>>5<<1 | i>>2&1
		samples[256+i], samples[320+i] = mb[scene.Cb+at], mb[scene.Cr+at]
	}
	w.bytes(samples[:])
}

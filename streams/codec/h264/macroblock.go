package h264

import "github.com/camfleet/camfleet/streams/scene"

// macroblock is the plan for one coded macroblock.
type macroblock struct {
	pcm        bool // the levels don't fit: code the samples
	lumaMode   int32
	chromaMode int32
	shift      uint // s of QP = 4 + 6s, where coded
	coded      bool // any level is not zero
	hasChroma  bool // coded_block_pattern has chroma DC

	luma   [16]int32 // coefficients in raster order, not yet shifted
	chroma [2][4]int32
}

// plan chooses prediction modes and QP of mb.
func (m *macroblock) plan(mb *scene.MB, n neighbours) {
	lumaOr := m.planLuma(mb, n)
	chromaOr := m.planChroma(mb, n)
	m.coded = lumaOr|chromaOr != 0
	m.hasChroma = chromaOr != 0
	m.shift = shift(lumaOr | chromaOr)
	m.pcm = false
	for _, c := range m.luma {
		c >>= m.shift
		if c > maxLevel || c < -maxLevel {
			m.pcm = true
		}
	}
}

// planLuma chooses the luma mode with the smallest residual and returns the OR
// of its coefficients.
func (m *macroblock) planLuma(mb *scene.MB, n neighbours) (or int32) {
	e := n.lumaEdges()
	m.lumaMode = e.bestMode(mb)
	if !e.residual(&m.luma, mb, m.lumaMode) {
		return 0
	}
	hadamard4(&m.luma)
	for _, c := range m.luma {
		or |= c
	}
	return or
}

// planChroma chooses the mode of both chroma planes, which share it, likewise.
func (m *macroblock) planChroma(mb *scene.MB, n neighbours) (or int32) {
	cb, cr := n.chromaEdges(scene.Cb), n.chromaEdges(scene.Cr)
	var sums [3]int32
	cb.differences(&sums, mb, scene.Cb)
	cr.differences(&sums, mb, scene.Cr)
	m.chromaMode = chromaDC
	if n.left != nil && sums[chromaHorizontal] < sums[m.chromaMode] {
		m.chromaMode = chromaHorizontal
	}
	if n.top != nil && sums[chromaVertical] < sums[m.chromaMode] {
		m.chromaMode = chromaVertical
	}
	if sums[m.chromaMode] == 0 {
		return 0
	}
	cb.residual(&m.chroma[0], mb, scene.Cb, m.chromaMode)
	cr.residual(&m.chroma[1], mb, scene.Cr, m.chromaMode)
	for p := range m.chroma {
		d := &m.chroma[p]
		hadamard2(d)
		or |= d[0] | d[1] | d[2] | d[3]
	}
	return or
}

// mbType returns mb_type of an Intra_16x16 macroblock without luma AC in an I
// slice (table 7-11).
func (m *macroblock) mbType() uint32 {
	t := uint32(1 + m.lumaMode)
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
	w.ue(uint32(m.chromaMode))
	if !m.coded {
		w.se(0)
		w.coeffToken(&residual{length: 16}, 0, escaped)
		return from
	}
	w.se(6 * (int(m.shift) - int(from)))
	var r residual
	var scan [16]int32
	for k, at := range zigzag {
		scan[k] = m.luma[at]
	}
	r.pack(scan[:], m.shift)
	w.residualBlock(&r, escaped)
	if m.hasChroma {
		for p := range m.chroma {
			r.pack(m.chroma[p][:], m.shift)
			w.residualBlock(&r, escaped)
		}
	}
	return m.shift
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

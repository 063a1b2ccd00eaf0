package h264

// maxLevel is the largest absolute level that level_prefix 15 can carry
// whatever suffixLength is (9.2.2.1); larger prefixes are for High profiles only.
const maxLevel = 2063

// residual is one block of transform coefficient levels (7.3.5.3.2), packed:
// levels that are not zero, highest frequency first, and the zeros before each.
type residual struct {
	level  [16]int32
	run    [16]uint8 // zeros right before this level, in scan order
	total  int       // levels
	zeros  int       // zeros before the last level in scan order
	length int       // coefficients of the block: 16 or 4
}

// pack fills r from coefficients in scan order, shifted right by s.
func (r *residual) pack(coeffs []int32, s uint) {
	r.total, r.zeros, r.length = 0, 0, len(coeffs)
	for i := len(coeffs) - 1; i >= 0; i-- {
		switch {
		case coeffs[i] != 0:
			r.level[r.total] = coeffs[i] >> s
			r.run[r.total] = 0
			r.total++
		case r.total > 0:
			r.run[r.total-1]++
			r.zeros++
		}
	}
}

// trailingOnes counts the levels of ±1 at the high end, at most three.
func (r *residual) trailingOnes() int {
	n := 0
	for n < 3 && n < r.total && (r.level[n] == 1 || r.level[n] == -1) {
		n++
	}
	return n
}

// residualBlock writes r (9.2). escaped says that the neighbours are I_PCM, so
// that nC is 8 or more; it has no meaning for chroma.
func (w *bitWriter) residualBlock(r *residual, escaped bool) {
	ones := r.trailingOnes()
	w.coeffToken(r, ones, escaped)
	if r.total == 0 {
		return
	}
	for i := range ones {
		w.flag(r.level[i] < 0)
	}
	w.levels(r, ones)
	if r.total == r.length {
		return
	}
	c := totalZeros[r.total&15][r.zeros]
	if r.length == 4 {
		c = totalZerosChroma[r.total&3][r.zeros]
	}
	w.put(uint32(c.v), uint(c.n))
	left := r.zeros
	for i := 0; i < r.total-1 && left > 0; i++ {
		c := runBefore[min(left, 7)][r.run[i]]
		w.put(uint32(c.v), uint(c.n))
		left -= int(r.run[i])
	}
}

// coeffToken writes coeff_token (9.2.1).
func (w *bitWriter) coeffToken(r *residual, ones int, escaped bool) {
	c := coeffTokenLow[r.total][ones]
	switch {
	case r.length == 4:
		c = coeffTokenChroma[r.total][ones]
	case escaped && r.total == 0:
		c = code{3, 6}
	case escaped:
		c = code{uint8((r.total-1)<<2 | ones), 6}
	}
	w.put(uint32(c.v), uint(c.n))
}

// levels writes level_prefix and level_suffix (9.2.2) of all levels after the
// trailing ones.
func (w *bitWriter) levels(r *residual, ones int) {
	suffix := uint(0)
	if r.total > 10 && ones < 3 {
		suffix = 1
	}
	for i := ones; i < r.total; i++ {
		level := r.level[i]
		magnitude := max(level, -level)
		levelCode := uint32(2*magnitude - 2)
		if level < 0 {
			levelCode++
		}
		if i == ones && ones < 3 {
			levelCode -= 2
		}
		w.levelCode(levelCode, suffix)
		if suffix == 0 {
			suffix = 1
		}
		if magnitude > 3<<(suffix-1) && suffix < 6 {
			suffix++
		}
	}
}

// levelCode writes one level code with the suffix length at hand.
func (w *bitWriter) levelCode(v uint32, suffix uint) {
	switch {
	case suffix == 0 && v < 14:
		w.put(1, uint(v)+1)
	case suffix == 0 && v < 30:
		w.put(1<<4|(v-14), 15+4)
	case suffix > 0 && v < 15<<suffix:
		w.put(1<<suffix|v&(1<<suffix-1), uint(v>>suffix)+1+suffix)
	default:
		w.put(1<<12|(v-15<<max(suffix, 1)), 16+12)
	}
}

package h264

import "math/bits"

// maxLevel is the largest absolute level that level_prefix 15 can carry
// whatever suffixLength is (9.2.2.1); larger prefixes are for High profiles only.
const maxLevel = 2063

// block is one block of transform coefficients (7.3.5.3.2).
type block struct {
	coeffs [16]int32 // in scan order, not yet shifted; chroma has four
	set    uint32    // those that aren't zero, one bit each
	or     int32     // of all coefficients
}

// gather sets b.set and b.or of a block of 16.
func (b *block) gather() {
	set, or := uint32(0), int32(0)
	for i, c := range &b.coeffs {
		set |= bit(c) << (i & 31)
		or |= c
	}
	b.set, b.or = set, or
}

// bit is 1 for all numbers but zero.
func bit(c int32) uint32 { return uint32(c|-c) >> 31 }

// clear says that all coefficients are zero; they need not be.
func (b *block) clear() { b.set, b.or = 0, 0 }

// trailingOnes counts the levels of ±1 at the high end, at most three, and
// returns their signs, one bit each, and the set of the levels below them.
func (b *block) trailingOnes(s uint) (ones uint, signs, rest uint32) {
	rest = b.set
	for ones < 3 && rest != 0 {
		i := bits.Len32(rest) - 1
		level := b.coeffs[i&15] >> (s & 31)
		if level != 1 && level != -1 {
			break
		}
		ones, signs, rest = ones+1, signs<<1|uint32(level)>>31, rest^1<<(i&31)
	}
	return ones, signs, rest
}

// residualBlock writes a block (9.2) of length coefficients, 16 of luma or 4 of
// chroma, shifted right by s. escaped says that the neighbours are I_PCM, so
// that nC is 8 or more; it has no meaning for chroma.
func (w *bitWriter) residualBlock(b *block, length int, s uint, escaped bool) {
	total := bits.OnesCount32(b.set)
	ones, signs, rest := b.trailingOnes(s)
	c := coeffToken(length, total, int(ones), escaped)
	w.put(uint32(c.v)<<ones|signs, uint(c.n)+ones)
	if total == 0 {
		return
	}
	if rest != 0 {
		w.levels(b, rest, s, total, ones)
	}
	if total < length {
		w.zeros(b.set, total, length)
	}
}

// coeffToken returns coeff_token (9.2.1) of a block of length coefficients.
func coeffToken(length, total, ones int, escaped bool) code {
	switch {
	case length == 4:
		return coeffTokenChroma[total][ones&3]
	case !escaped:
		return coeffTokenLow[total][ones&3]
	case total == 0:
		return code{3, 6}
	}
	return code{uint8((total-1)<<2 | ones), 6}
}

// levels writes level_prefix and level_suffix (9.2.2) of the levels in rest,
// which follow the trailing ones.
func (w *bitWriter) levels(b *block, rest uint32, s uint, total int, ones uint) {
	suffix := uint32(0)
	if total > 10 && ones < 3 {
		suffix = 1
	}
	i := bits.Len32(rest) - 1
	rest ^= 1 << (i & 31)
	level := b.coeffs[i&15] >> (s & 31)
	if ones < 3 { // it isn't 1, which would be a trailing one, so codes begin at 2
		w.level(levelCode(level)-2, suffix)
	} else {
		w.level(levelCode(level), suffix)
	}
	suffix = nextSuffix(level, suffix)
	acc, n, table := w.acc, w.n, w.codes
	for rest != 0 {
		i := bits.Len32(rest) - 1
		rest ^= 1 << (i & 31)
		level := b.coeffs[i&15] >> (s & 31)
		if level != int32(int8(level)) {
			w.acc, w.n = acc, n
			w.level(levelCode(level), suffix)
			acc, n, suffix = w.acc, w.n, nextSuffix(level, suffix)
			continue
		}
		c := table[suffix&7][uint8(level)]
		length := uint(c.length)
		acc, n, suffix = acc<<(length&63)|uint64(c.bits), n+length, uint32(c.next)
		if n >= 32 {
			n -= 32
			w.word(uint32(acc >> (n & 63)))
		}
	}
	w.acc, w.n = acc, n
}

// levelCodes are the codes of levels -128 to 127, by suffix length 1 to 6 and
// the level's low byte. It is 8 kB, so only writers at work have it.
type levelCodes [8][256]struct {
	bits         uint16
	length, next uint8 // next is the suffix length after it
}

func newLevelCodes() *levelCodes {
	t := new(levelCodes)
	for suffix := uint32(1); suffix <= 6; suffix++ {
		for level := int32(-128); level < 128; level++ {
			if level == 0 {
				continue
			}
			c := &t[suffix][uint8(level)]
			v, n := levelBits(levelCode(level), suffix)
			c.bits, c.length, c.next = uint16(v), uint8(n), uint8(nextSuffix(level, suffix))
		}
	}
	return t
}

// levelCode returns levelCode (9.2.2.1) of a level.
func levelCode(level int32) uint32 {
	if level < 0 {
		return uint32(-2*level - 1)
	}
	return uint32(2*level - 2)
}

// nextSuffix returns the suffix length after a level.
func nextSuffix(level int32, suffix uint32) uint32 {
	suffix = max(suffix, 1)
	if abs(level) > 3<<(suffix-1) && suffix < 6 {
		suffix++
	}
	return suffix
}

// level writes one levelCode with the suffix length at hand.
func (w *bitWriter) level(code, suffix uint32) { w.put(levelBits(code, suffix)) }

// levelBits returns prefix and suffix of a levelCode, and how many bits they are.
func levelBits(v, suffix uint32) (code uint32, length uint) {
	switch {
	case suffix == 0 && v < 14:
		return 1, uint(v) + 1
	case suffix == 0 && v < 30:
		return 1<<4 | (v - 14), 15 + 4
	case suffix > 0 && v < 15<<suffix:
		return 1<<suffix | v&(1<<suffix-1), uint(v>>suffix + 1 + suffix)
	}
	return 1<<12 | (v - 15<<max(suffix, 1)), 16 + 12
}

// zeros writes total_zeros and the run_befores (9.2.3) of a block of length
// coefficients, total of which, those in set, aren't zero.
func (w *bitWriter) zeros(set uint32, total, length int) {
	at := bits.Len32(set) - 1
	left := at + 1 - total // zeros before the last level in scan order
	c := totalZeros[total&15][left&15]
	if length == 4 {
		c = totalZerosChroma[total&3][left&3]
	}
	w.put(uint32(c.v), uint(c.n))
	for left > 0 {
		set ^= 1 << (at & 31)
		if set == 0 {
			return
		}
		next := bits.Len32(set) - 1
		run := at - next - 1
		c := &runBefore[min(left, 7)][run]
		w.put(uint32(c.v), uint(c.n))
		left, at = left-run, next
	}
}

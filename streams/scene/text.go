package scene

import "strconv"

// drawTexts draws name, frame number and clock.
func (p *Painter) drawTexts(m Moment) {
	o := &p.backdrop.overlay
	p.scratch = appendASCII(p.scratch[:0], m.Name)
	p.write(0, o.name, p.scratch)
	p.scratch = appendNumber(append(p.scratch[:0], '#'), m.Frame)
	p.write(1, o.frame, p.scratch)
	p.scratch = m.Time.UTC().AppendFormat(p.scratch[:0], clockFormat)
	for i, f := range o.clock {
		p.write(2+i, f.field, p.scratch[min(f.from, len(p.scratch)):min(f.to, len(p.scratch))])
	}
}

// appendASCII appends s with a question mark for every other character.
func appendASCII(dst []byte, s string) []byte {
	for _, r := range s {
		if r < ' ' || r > '~' {
			r = '?'
		}
		dst = append(dst, byte(r))
	}
	return dst
}

// appendNumber appends the last eight digits of n, six at least.
func appendNumber(dst []byte, n uint32) []byte {
	n %= 100_000_000
	for least := uint32(100_000); n < least && least > 1; least /= 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendUint(dst, uint64(n), 10)
}

// write puts text s into field f, number i; it touches only what differs from
// the text there.
func (p *Painter) write(i int, f field, s []byte) {
	font := p.backdrop.overlay.font
	s = s[:font.fit(s, f.width)]
	start := f.x
	if f.right {
		start += f.width - font.width(s)
	}
	old := &p.texts[i]
	pen, k := start, 0
	if start == old.start {
		for ; k < min(len(s), len(old.shown)) && font.advance(s[k]) == font.advance(old.shown[k]); k++ {
			if s[k] != old.shown[k] {
				p.glyph(pen, f.y, s[k])
			}
			pen += font.advance(s[k])
		}
	} else {
		p.fill(f.x, f.y, f.width, font.height*font.dot, paper)
	}
	if k < len(s) || k < len(old.shown) {
		p.fill(pen, f.y, f.x+f.width-pen, font.height*font.dot, paper)
		for _, c := range s[k:] {
			p.glyph(pen, f.y, c)
			pen += font.advance(c)
		}
	}
	old.shown, old.start = append(old.shown[:0], s...), start
}

// glyph draws a character with its upper left corner at cell (x, y).
func (p *Painter) glyph(x, y int, char byte) {
	font := p.backdrop.overlay.font
	g := &font.glyphs[char]
	for row := range font.height {
		for column := range g.width {
			luma := byte(paper)
			if g.rows[row]>>column&1 != 0 {
				luma = ink
			}
			p.fill(x+column*font.dot, y+row*font.dot, font.dot, font.dot, luma)
		}
	}
}

// fill gives cells one luma, those that have another.
func (p *Painter) fill(x, y, width, height int, luma byte) {
	c := p.canvas
	for cy := y; cy < y+height; cy++ {
		for cx := x; cx < x+width; cx++ {
			i, at := cy>>2*c.Cols+cx>>2, cy&3<<2|cx&3
			if c.MBs[i][at] != luma {
				c.Touch(i)[at] = luma
			}
		}
	}
}

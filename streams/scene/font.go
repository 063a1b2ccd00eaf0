package scene

import (
	_ "embed"
	"strings"
)

// The fonts: a line is a printable ASCII character and the rows of its dots.

//go:embed font5x7.txt
var font5x7 string

//go:embed font3x5.txt
var font3x5 string

// glyph is one character: rows of dots, the leftmost dot in the lowest bit.
type glyph struct {
	width int
	rows  [7]uint8
}

// font has all printable ASCII characters; all digits are equally wide. What it
// doesn't have it shows as a question mark.
type font struct {
	height int // dots
	dot    int // cells a dot is wide and high
	glyphs [256]glyph
}

// newFont reads a font whose glyphs are height dots high.
func newFont(text string, height, dot int) *font {
	f := &font{height: height, dot: dot}
	known := [256]bool{}
	for line := range strings.Lines(text) {
		char, rows := line[0], strings.Fields(line[1:])
		g := glyph{width: len(rows[0])}
		for y, row := range rows {
			for x, dot := range row {
				if dot == '#' {
					g.rows[y] |= 1 << x
				}
			}
		}
		f.glyphs[char], known[char] = g, true
	}
	for c := range f.glyphs {
		switch {
		case known[c]:
		case c >= 'a' && c <= 'z':
			f.glyphs[c] = f.glyphs[c-'a'+'A']
		default:
			f.glyphs[c] = f.glyphs['?']
		}
	}
	return f
}

// advance is the cells from the start of character c to the next.
func (f *font) advance(c byte) int { return (f.glyphs[c].width + 1) * f.dot }

// width returns the cells that a text takes, without the gap after it.
func (f *font) width(text []byte) int {
	if len(text) == 0 {
		return 0
	}
	n := -f.dot
	for _, c := range text {
		n += f.advance(c)
	}
	return n
}

// fit returns how many characters at the start of text fit in width cells.
func (f *font) fit(text []byte, width int) int {
	n := -f.dot
	for i, c := range text {
		if n += f.advance(c); n > width {
			return i
		}
	}
	return len(text)
}

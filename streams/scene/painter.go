package scene

import (
	"time"

	"github.com/camfleet/camfleet/streams/strip"
)

// Moment is what one picture shows.
type Moment struct {
	Name   string // of the camera
	Camera uint16 // in the strip
	Stream uint8
	Frame  uint32
	Time   time.Time // to the millisecond
}

// Painter draws moments of one backdrop on one canvas. What the canvas shows
// depends on the moment alone, never on those drawn before. It is used by one
// goroutine at a time.
type Painter struct {
	backdrop *Backdrop
	canvas   *Canvas
	placed   []placed // things on the canvas
	next     []placed
	stirred  []bool // of next: it is drawn again
	texts    []text // name, frame number, parts of the clock
	scratch  []byte
}

// text is what stands in a field.
type text struct {
	shown []byte
	start int // cells, where the first character is
}

// NewPainter returns a painter with a new canvas.
func NewPainter(b *Backdrop) *Painter {
	return &Painter{
		backdrop: b, canvas: b.still.Clone(),
		texts: make([]text, 2+len(b.overlay.clock)),
	}
}

// Canvas returns the canvas that Draw draws on.
func (p *Painter) Canvas() *Canvas { return p.canvas }

// Draw draws a moment: the canvas then has this picture, and as changed those
// macroblocks that differ from the picture before.
func (p *Painter) Draw(m Moment) {
	p.canvas.Begin()
	p.drawThings(m.Time)
	p.drawTexts(m)
	if p.backdrop.overlay.hasStrip {
		p.drawStrip(m)
	}
	p.canvas.Settle()
}

// drawThings moves what moves.
func (p *Painter) drawThings(at time.Time) {
	b, c := p.backdrop, p.canvas
	p.next = b.places(at, p.next[:0])
	p.stir()
	for i, old := range p.placed {
		if p.stirred[i] {
			old.sprite.each(c, old.x, old.y, b.stage, func(i int, _ *tile) { *c.Touch(i) = b.still.MBs[i] })
		}
	}
	for i, now := range p.next {
		if p.stirred[i] {
			now.sprite.each(c, now.x, now.y, b.stage, func(i int, t *tile) { t.lay(c.Touch(i)) })
		}
	}
	p.placed, p.next = p.next, p.placed
}

// stir finds the things to be drawn again: those that are not where they were,
// and those that share macroblocks with such a thing, and so on.
func (p *Painter) stir() {
	p.stirred = p.stirred[:0]
	for i := range p.next {
		p.stirred = append(p.stirred, len(p.placed) == 0 || p.next[i] != p.placed[i])
	}
	for again := true; again; {
		again = false
		for i, now := range p.next {
			if !p.stirred[i] && p.disturbed(now) {
				p.stirred[i], again = true, true
			}
		}
	}
}

// disturbed says whether a thing that stays has a macroblock in common with one
// that is drawn again.
func (p *Painter) disturbed(stays placed) bool {
	for i, stirred := range p.stirred {
		if stirred && (stays.meets(p.next[i]) || stays.meets(p.placed[i])) {
			return true
		}
	}
	return false
}

// drawStrip draws the machine-readable strip.
func (p *Painter) drawStrip(m Moment) {
	c := p.canvas
	mark := strip.Mark{Camera: m.Camera, Stream: m.Stream, Frame: m.Frame, Time: m.Time}
	for i, bit := range mark.Encode() {
		luma := byte(strip.Dark)
		if bit {
			luma = strip.Light
		}
		column, row := p.backdrop.overlay.strip.Block(i)
		if at := row*c.Cols + column; c.MBs[at][0] != luma {
			*c.Touch(at) = flatMB(luma)
		}
	}
}

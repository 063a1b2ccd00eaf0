package scene

import "github.com/camfleet/camfleet/streams/strip"

// Luma of the overlay. Ink and paper differ by a multiple of 16, so that text
// is coded at the coarsest step.
const (
	paper = 32
	ink   = 224
)

// clockFormat is what the overlay's clock shows.
const clockFormat = "2006-01-02 15:04:05.000 UTC"

// numberFormat is the widest frame number that the overlay shows.
const numberFormat = "#00000000"

// field is a place for text, in cells.
type field struct {
	x, y, width int
	right       bool // text ends at the right edge
}

// clockField shows a part of the clock's text.
type clockField struct {
	field
	from, to int // characters of the clock
}

// overlay is where text and strip of one picture size are.
type overlay struct {
	font        *font
	name, frame field
	clock       []clockField
	top         int // macroblock rows of the bar at the top
	bottom      int // first macroblock row of the bar below, or all rows
	strip       strip.Placement
	hasStrip    bool
}

// newOverlay lays the overlay of a canvas out: in one line where name, frame
// number and clock have room, otherwise below each other. A picture that would
// be hidden by that has one line with name and time of day only.
func newOverlay(c *Canvas) overlay {
	o := overlay{bottom: c.Rows}
	var err error
	o.strip, err = strip.Place(c.Width, c.Height)
	if o.hasStrip = err == nil; o.hasStrip {
		o.bottom = o.strip.Row
	}
	switch {
	case c.Width >= 2560 && c.Height >= 1440:
		o.font = newFont(font5x7, 7, 2)
	case c.Width < 640 || c.Height < 240:
		o.font = newFont(font3x5, 5, 1)
	default:
		o.font = newFont(font5x7, 7, 1)
	}
	cells := c.Width / CellSize
	if o.oneLine(cells) {
		return o
	}
	if o.lines(cells); o.top*4 > o.bottom {
		o.compact(cells)
	}
	return o
}

// oneLine tries name, frame number and clock beside each other.
func (o *overlay) oneLine(cells int) bool {
	f := o.font
	margin := 2 * f.dot
	clock, number := f.width([]byte(clockFormat)), f.width([]byte(numberFormat))
	name := cells - 6*margin - clock - number
	if name < 72*f.dot {
		return false
	}
	o.clock = []clockField{{field{cells - margin - clock, margin, clock, true}, 0, len(clockFormat)}}
	o.frame = field{x: cells - 4*margin - clock - number, y: margin, width: number, right: true}
	o.name = field{x: margin, y: margin, width: name}
	o.top = (margin + (f.height+2)*f.dot + 3) / 4
	return true
}

// lines puts the clock below name and frame number.
func (o *overlay) lines(cells int) {
	f := o.font
	number := min(f.width([]byte(numberFormat)), cells/2)
	o.frame = field{x: cells - 1 - number, y: f.dot, width: number, right: true}
	o.name = field{x: 1, y: f.dot, width: cells - number - 6*f.dot}
	o.clock = o.wrapClock(cells-2, f.dot)
	o.top = (o.clock[len(o.clock)-1].y + f.height*f.dot + 3) / 4
}

// compact puts name and time of day in one line.
func (o *overlay) compact(cells int) {
	const from, seconds, millis = 11, 19, 23
	f, to := o.font, millis
	width := f.width([]byte(clockFormat[from:to]))
	if width > cells-2 {
		to = seconds
		width = f.width([]byte(clockFormat[from:to]))
	}
	o.clock = []clockField{{field{cells - 1 - width, 1, width, true}, from, to}}
	o.frame = field{}
	o.name = field{x: 1, y: 1, width: max(cells-width-5, 0)}
	o.top = (f.height + 2 + 3) / 4
}

// wrapClock lays the clock out below a line at y, breaking it where it must:
// the first way that fits, or the last.
func (o *overlay) wrapClock(cells, y int) (fields []clockField) {
	const date, seconds, millis, zone = 10, 19, 23, 27
	step := (o.font.height + 1) * o.font.dot
	for _, breaks := range [][]int{{0, zone}, {0, date, zone}, {0, date, millis, zone}, {0, date, seconds, zone}} {
		fields = fields[:0]
		fits := true
		for i, to := range breaks[1:] {
			from := breaks[i]
			if clockFormat[from] == ' ' {
				from++
			}
			width := o.font.width([]byte(clockFormat[from:to]))
			fits = fits && width <= cells
			fields = append(fields, clockField{field{1, y + step*(i+1), min(width, cells), false}, from, to})
		}
		if fits {
			break
		}
	}
	return fields
}

// paint draws the bars behind text and strip on a background, with a line in
// the accent colour where the text leaves room for it.
func (o *overlay) paint(c *Canvas, accent rgb) {
	for row := range c.Rows {
		if row >= o.top && row < o.bottom {
			continue
		}
		for i := row * c.Cols; i < (row+1)*c.Cols; i++ {
			c.MBs[i] = flatMB(paper)
		}
	}
	last := o.clock[len(o.clock)-1]
	if o.top*4-last.y-o.font.height*o.font.dot < 3 {
		return
	}
	line := accent.ycc()
	for i := (o.top - 1) * c.Cols; i < o.top*c.Cols; i++ {
		for x := range 4 {
			c.MBs[i][Luma+12+x] = line.y
		}
		for x := range 2 {
			c.MBs[i][Cb+2+x], c.MBs[i][Cr+2+x] = line.cb, line.cr
		}
	}
}

// flatMB returns a macroblock of one grey.
func flatMB(luma byte) (mb MB) {
	for i := range mb {
		mb[i] = 128
	}
	for i := range 16 {
		mb[Luma+i] = luma
	}
	return mb
}

package scene

import "image"

// sprite is a figure at one size, ready to be put on a canvas. Its sides are
// even numbers of cells, so that chroma cells are covered whole.
type sprite struct {
	w, h  int // cells
	luma  []byte
	solid []bool
	// chroma cells, w/2 x h/2
	cb, cr []byte
	tinted []bool
}

// newSprite draws one phase of a's figure; scale is cells per world unit.
func newSprite(a *actor, scale float64, light rgb, step int, left bool) *sprite {
	h := max(int(a.height*scale+0.5), 2)
	h += h & 1
	w := int(float64(h)*a.figure.aspect + 0.999)
	w += w & 1
	r := newRaster(w, h, true)
	a.figure.draw(&brush{r: r, scale: float64(h), light: light}, a.colour, step)
	if left {
		r.mirror()
	}
	return r.sprite()
}

// mirror swaps left and right.
func (r *raster) mirror() {
	for y := range r.h {
		for i, j := y*r.w, y*r.w+r.w-1; i < j; i, j = i+1, j-1 {
			r.px[i], r.px[j] = r.px[j], r.px[i]
			r.opaque[i], r.opaque[j] = r.opaque[j], r.opaque[i]
		}
	}
}

// sprite converts a raster of even sides. A chroma cell is tinted if at least
// two of its four cells are solid, with their mean colour.
func (r *raster) sprite() *sprite {
	s := &sprite{
		w: r.w, h: r.h, luma: make([]byte, r.w*r.h), solid: r.opaque,
		cb: make([]byte, r.w*r.h/4), cr: make([]byte, r.w*r.h/4), tinted: make([]bool, r.w*r.h/4),
	}
	for i, c := range r.px {
		s.luma[i] = c.ycc().y
	}
	for y := range r.h / 2 {
		for x := range r.w / 2 {
			i := y*r.w/2 + x
			s.cb[i], s.cr[i], s.tinted[i] = r.chroma(2*x, 2*y)
		}
	}
	return s
}

// chroma returns the mean chroma of the solid ones of 2x2 cells, and whether
// these are at least half.
func (r *raster) chroma(x, y int) (cb, cr byte, enough bool) {
	n, sumCb, sumCr := 0, 0, 0
	for _, i := range [4]int{y*r.w + x, y*r.w + x + 1, (y+1)*r.w + x, (y+1)*r.w + x + 1} {
		if r.opaque == nil || r.opaque[i] {
			c := r.px[i].ycc()
			n, sumCb, sumCr = n+1, sumCb+int(c.cb), sumCr+int(c.cr)
		}
	}
	if n < 2 {
		return 0, 0, false
	}
	return byte((sumCb + n/2) / n), byte((sumCr + n/2) / n), true
}

// put draws s with its upper left cell at (x, y), both even, inside clip, which
// is in cells and whole macroblocks.
func (s *sprite) put(c *Canvas, x, y int, clip image.Rectangle) {
	area := image.Rect(x, y, x+s.w, y+s.h).Intersect(clip)
	for row := area.Min.Y >> 2; row<<2 < area.Max.Y; row++ {
		for col := area.Min.X >> 2; col<<2 < area.Max.X; col++ {
			part := image.Rect(col<<2, row<<2, col<<2+4, row<<2+4).Intersect(area)
			s.putPart(c.Touch(row*c.Cols+col), part, x, y)
		}
	}
}

// putPart draws the part of s inside one macroblock.
func (s *sprite) putPart(mb *MB, part image.Rectangle, x, y int) {
	for cy := part.Min.Y; cy < part.Max.Y; cy++ {
		from := (cy-y)*s.w - x
		for cx := part.Min.X; cx < part.Max.X; cx++ {
			if s.solid[from+cx] {
				mb[cy&3<<2|cx&3] = s.luma[from+cx]
			}
		}
	}
	for cy := part.Min.Y / 2; cy < part.Max.Y/2; cy++ {
		from := (cy-y/2)*s.w/2 - x/2
		for cx := part.Min.X / 2; cx < part.Max.X/2; cx++ {
			if s.tinted[from+cx] {
				at := cy&1<<1 | cx&1
				mb[Cb+at], mb[Cr+at] = s.cb[from+cx], s.cr[from+cx]
			}
		}
	}
}

// box is where s is drawn at (x, y), in cells.
func (s *sprite) box(x, y int) image.Rectangle { return image.Rect(x, y, x+s.w, y+s.h) }

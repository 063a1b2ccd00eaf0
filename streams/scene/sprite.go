package scene

import (
	"encoding/binary"
	"image"
)

// sprite is a figure at one size, ready to be put on a canvas. Its sides and
// its places are even numbers of cells, so that chroma cells are covered whole.
type sprite struct {
	w, h int // cells
	// cut is the sprite in macroblocks, row by row, for a left edge at the first
	// cell of a macroblock and at the third.
	cut [2]tiles
}

// tiles is a sprite cut into macroblocks.
type tiles struct {
	cols int
	all  []tile
}

// tile is what one macroblock has of a sprite.
type tile struct {
	mask  MB // 255 where it covers, otherwise 0
	value MB // 0 where it doesn't cover
	empty bool
}

// newSprite draws one phase of a's figure; scale is cells per world unit, and
// top the cell row, of all sprites of the actor, modulo four.
func newSprite(a *actor, scale float64, light rgb, step int, left bool, top int) *sprite {
	w, h := a.size(scale)
	r := newRaster(w, h, true)
	a.figure.draw(&brush{r: r, scale: float64(h), light: light}, a.colour, step)
	if left {
		r.mirror()
	}
	return &sprite{w: w, h: h, cut: [2]tiles{r.tiles(0, top), r.tiles(2, top)}}
}

// size returns the sides of a's sprites in cells.
func (a *actor) size(scale float64) (w, h int) {
	h = max(int(a.height*scale+0.5), 2)
	h += h & 1
	w = int(float64(h)*a.figure.aspect + 0.999)
	return w + w&1, h
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

// tiles cuts a raster of even sides whose corner is at cell (left, top) of a
// macroblock. A chroma cell is covered if at least two of its four cells are
// solid, with their mean colour.
func (r *raster) tiles(left, top int) tiles {
	t := tiles{cols: (left + r.w + 3) / 4}
	t.all = make([]tile, t.cols*((top+r.h+3)/4))
	for i := range t.all {
		t.all[i].empty = true
	}
	at := func(x, y int) *tile {
		p := &t.all[(y+top)>>2*t.cols+(x+left)>>2]
		p.empty = false
		return p
	}
	for y := range r.h {
		for x := range r.w {
			if r.opaque[y*r.w+x] {
				at(x, y).set(Luma+(y+top)&3<<2|(x+left)&3, r.px[y*r.w+x].ycc().y)
			}
		}
	}
	for y := 0; y < r.h; y += 2 {
		for x := 0; x < r.w; x += 2 {
			if cb, cr, enough := r.chroma(x, y); enough {
				cell := (y+top)&2 | (x+left)&2>>1
				at(x, y).set(Cb+cell, cb)
				at(x, y).set(Cr+cell, cr)
			}
		}
	}
	return t
}

// set covers one cell.
func (t *tile) set(cell int, v byte) { t.mask[cell], t.value[cell] = 255, v }

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

// each calls f with the macroblocks of c in clip, which is in cells and whole
// macroblocks, that s covers at (x, y).
func (s *sprite) each(c *Canvas, x, y int, clip image.Rectangle, f func(i int, t *tile)) {
	t := &s.cut[x>>1&1]
	area := s.box(x, y).Intersect(clip)
	for row := area.Min.Y >> 2; row<<2 < area.Max.Y; row++ {
		line := t.all[(row-y>>2)*t.cols:]
		for col := area.Min.X >> 2; col<<2 < area.Max.X; col++ {
			if p := &line[col-x>>2]; !p.empty {
				f(row*c.Cols+col, p)
			}
		}
	}
}

// lay draws t on mb.
func (t *tile) lay(mb *MB) {
	for i := 0; i < len(mb); i += 8 {
		under := binary.LittleEndian.Uint64(mb[i:]) &^ binary.LittleEndian.Uint64(t.mask[i:])
		binary.LittleEndian.PutUint64(mb[i:], under|binary.LittleEndian.Uint64(t.value[i:]))
	}
}

// box is where s is drawn at (x, y), in cells.
func (s *sprite) box(x, y int) image.Rectangle { return image.Rect(x, y, x+s.w, y+s.h) }

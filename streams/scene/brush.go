package scene

import "math"

// raster is a drawing of cells before it becomes macroblocks or a sprite.
type raster struct {
	w, h   int
	px     []rgb
	opaque []bool // nil: everything
}

func newRaster(w, h int, see bool) *raster {
	r := &raster{w: w, h: h, px: make([]rgb, w*h)}
	if see {
		r.opaque = make([]bool, w*h)
	}
	return r
}

func (r *raster) set(x, y int, c rgb) {
	if x < 0 || y < 0 || x >= r.w || y >= r.h {
		return
	}
	r.px[y*r.w+x] = c
	if r.opaque != nil {
		r.opaque[y*r.w+x] = true
	}
}

// brush paints in world units: 1000 are the height of a picture.
type brush struct {
	r      *raster
	scale  float64 // cells per unit
	ox, oy float64 // world coordinates of the raster's corner
	light  rgb     // colour of the light that falls on everything
}

func (b *brush) x(v float64) int { return int(math.Floor((v-b.ox)*b.scale + 0.5)) }
func (b *brush) y(v float64) int { return int(math.Floor((v-b.oy)*b.scale + 0.5)) }

// rect fills a rectangle, one cell wide and high at least.
func (b *brush) rect(x0, y0, x1, y1 float64, c rgb) {
	b.raw(x0, y0, x1, y1, c.times(b.light))
}

// raw is rect for what shines by itself.
func (b *brush) raw(x0, y0, x1, y1 float64, c rgb) {
	left, top := b.x(x0), b.y(y0)
	right, bottom := max(b.x(x1), left+1), max(b.y(y1), top+1)
	for y := max(top, 0); y < min(bottom, b.r.h); y++ {
		for x := max(left, 0); x < min(right, b.r.w); x++ {
			b.r.set(x, y, c)
		}
	}
}

// shade fills a rectangle from colour c at the top to d at the bottom, in
// steps of at least three cells; neither is lit.
func (b *brush) shade(y0, y1 float64, c, d rgb) {
	top, bottom := b.y(y0), b.y(y1)
	steps := max((bottom-top)/3, 1)
	for y := max(top, 0); y < min(bottom, b.r.h); y++ {
		step := (y - top) * steps / (bottom - top)
		shade := c.mix(d, step*1000/max(steps-1, 1))
		for x := range b.r.w {
			b.r.set(x, y, shade)
		}
	}
}

// disc fills an ellipse.
func (b *brush) disc(cx, cy, rx, ry float64, c rgb) {
	b.rawDisc(cx, cy, rx, ry, c.times(b.light))
}

// rawDisc is disc for what shines by itself.
func (b *brush) rawDisc(cx, cy, rx, ry float64, c rgb) {
	for y := b.y(cy - ry); y <= b.y(cy+ry); y++ {
		dy := ((float64(y)+0.5)/b.scale + b.oy - cy) / ry
		if dy*dy >= 1 {
			continue
		}
		half := rx * math.Sqrt(1-dy*dy)
		for x := b.x(cx - half); x < b.x(cx+half); x++ {
			b.r.set(x, y, c)
		}
	}
}

// slope fills what lies between two vertical edges whose ends differ: from
// (x0..x1) at y0 to (x2..x3) at y1.
func (b *brush) slope(x0, x1, y0, x2, x3, y1 float64, c rgb) {
	c = c.times(b.light)
	for y := b.y(y0); y < b.y(y1); y++ {
		t := ((float64(y)+0.5)/b.scale + b.oy - y0) / (y1 - y0)
		for x := b.x(x0 + (x2-x0)*t); x < b.x(x1+(x3-x1)*t); x++ {
			b.r.set(x, y, c)
		}
	}
}

// ridge fills everything below the line height(x) down to y1.
func (b *brush) ridge(height func(x float64) float64, y1 float64, c rgb) {
	for x := range b.r.w {
		at := (float64(x)+0.5)/b.scale + b.ox
		for y := max(b.y(height(at)), 0); y < min(b.y(y1), b.r.h); y++ {
			b.r.set(x, y, c)
		}
	}
}

// wide returns the world coordinates of the left and right edge.
func (b *brush) wide() (left, right float64) {
	return b.ox, b.ox + float64(b.r.w)/b.scale
}

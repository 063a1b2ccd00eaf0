package scene

import (
	"fmt"
	"image"
	"math"
	"time"
)

// Sizes of pictures that can be drawn, in pixels.
const (
	MinWidth, MinHeight = 160, 120
	MaxWidth, MaxHeight = 3840, 2160
)

// CheckSize says what is wrong with a picture size, if anything. Sizes are
// even and within the limits above; below about 320x180 there is no strip.
func CheckSize(width, height int) error {
	switch {
	case width < MinWidth || height < MinHeight:
		return fmt.Errorf("scene: size %dx%d: want at least %dx%d", width, height, MinWidth, MinHeight)
	case width > MaxWidth || height > MaxHeight:
		return fmt.Errorf("scene: size %dx%d: want at most %dx%d", width, height, MaxWidth, MaxHeight)
	case width%2 != 0 || height%2 != 0:
		return fmt.Errorf("scene: size %dx%d: want even numbers", width, height)
	}
	return nil
}

// Backdrop is all of a world at one picture size that never changes: the
// background, the shapes of what moves, and where text and strip are. Any
// number of painters share it.
type Backdrop struct {
	world   *World
	still   *Canvas // background with the overlay's bars
	overlay overlay
	stage   image.Rectangle // where things move, in cells; whole macroblocks
	shapes  []shape         // of the world's actors
	scale   float64         // cells per world unit
	lift    float64         // y of the world at the picture's upper edge
}

// lift returns how far the world is moved up, in its units, so that a large
// strip in a small picture, with its upper edge at y = top, doesn't hide what
// moves.
func lift(top float64) float64 {
	const ground, enough = 880, 800
	if top >= enough {
		return 0
	}
	return ground - top
}

// shape is one actor's sprites by step of its gait, heading right and left.
type shape struct{ right, left []*sprite }

// NewBackdrop prepares a world for pictures of width x height pixels.
func NewBackdrop(w *World, width, height int) (*Backdrop, error) {
	if err := CheckSize(width, height); err != nil {
		return nil, err
	}
	b := &Backdrop{world: w, still: NewCanvas(width, height), scale: float64(height) / CellSize / 1000}
	b.overlay = newOverlay(b.still)
	b.lift = lift(float64(b.overlay.bottom*4) / b.scale)
	b.paint()
	b.overlay.paint(b.still, w.accent)
	b.stage = image.Rect(0, b.overlay.top*4, b.still.Cols*4, b.overlay.bottom*4)
	for i := range w.actors {
		b.shapes = append(b.shapes, b.newShape(&w.actors[i]))
	}
	return b, nil
}

// Still returns the background without anything on it. It must not be changed.
func (b *Backdrop) Still() *Canvas { return b.still }

// paint draws the place on the still canvas.
func (b *Backdrop) paint() {
	c := b.still
	r := newRaster(c.Cols*4, c.Rows*4, false)
	br := &brush{r: r, scale: b.scale, ox: -float64(c.Width) / CellSize / 2 / b.scale, oy: b.lift, light: b.world.mood.light}
	b.world.place().paint(br, newDice(b.world.seed, "place"), b.world.mood)
	for y := range r.h {
		for x := range r.w {
			c.MBs[y>>2*c.Cols+x>>2][Luma+y&3<<2|x&3] = r.px[y*r.w+x].ycc().y
		}
	}
	for y := range r.h / 2 {
		for x := range r.w / 2 {
			mb := &c.MBs[y>>1*c.Cols+x>>1]
			at := y&1<<1 | x&1
			mb[Cb+at], mb[Cr+at], _ = r.chroma(2*x, 2*y)
		}
	}
}

func (b *Backdrop) newShape(a *actor) shape {
	light := b.world.mood.light.mix(0xFFFFFF, 250) // what moves stands out a little
	top := b.top(a) & 3
	var s shape
	for step := range a.figure.steps {
		s.right = append(s.right, newSprite(a, b.scale, light, step, false, top))
		s.left = append(s.left, newSprite(a, b.scale, light, step, true, top))
	}
	return s
}

// top returns the row of cells at which all sprites of a begin, an even one.
func (b *Backdrop) top(a *actor) int {
	_, h := a.size(b.scale)
	return int((a.foot-b.lift)*b.scale+0.5)&^1 - h
}

// placed is one actor's sprite on a canvas, in cells.
type placed struct {
	sprite *sprite
	x, y   int
}

// meets says whether two things may be in one macroblock.
func (p placed) meets(other placed) bool {
	apart := func(a, lengthA, b, lengthB int) bool { return (a+lengthA-1)>>2 < b>>2 || (b+lengthB-1)>>2 < a>>2 }
	return !apart(p.x, p.sprite.w, other.x, other.sprite.w) && !apart(p.y, p.sprite.h, other.y, other.sprite.h)
}

// places appends what is drawn at a time to dst, far things first. Positions
// are even, so that luma and chroma move together.
func (b *Backdrop) places(at time.Time, dst []placed) []placed {
	ms := at.UnixMilli()
	for i := range b.world.actors {
		a := &b.world.actors[i]
		s := a.at(ms)
		side := b.shapes[i].right
		if s.left {
			side = b.shapes[i].left
		}
		p := side[s.step%len(side)]
		x := int(math.Floor(float64(s.x)*b.scale+float64(b.still.Width)/CellSize/2)) - p.w/2
		dst = append(dst, placed{p, x &^ 1, b.top(a)})
	}
	return dst
}

// Object is the ground truth of one thing in the picture.
type Object struct {
	ID    int // the same for as long as the world exists
	Class Class
	Box   image.Rectangle // what is to be seen of it, in pixels
	Left  bool            // it heads to the left
}

// Objects returns what moves in the picture at a time and can be seen, far
// things first.
func (b *Backdrop) Objects(at time.Time) []Object {
	shown := image.Rect(0, 0, b.still.Width, b.still.Height)
	var objects []Object
	for i, p := range b.places(at, nil) {
		box := p.sprite.box(p.x, p.y).Intersect(b.stage)
		box = image.Rectangle{Min: box.Min.Mul(CellSize), Max: box.Max.Mul(CellSize)}.Intersect(shown)
		if !box.Empty() {
			a := &b.world.actors[i]
			objects = append(objects, Object{ID: i + 1, Class: a.class, Box: box, Left: a.at(at.UnixMilli()).left})
		}
	}
	return objects
}

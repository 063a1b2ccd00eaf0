package scene

// figure is the shape of something that moves, heading right. It is drawn in
// units of its own height: x from 0 to aspect, y from 0 (top) to 1 (ground).
type figure struct {
	aspect float64
	steps  int // phases of its gait: 1, 2 or 4
	draw   func(b *brush, c rgb, step int)
}

var (
	walker   = figure{0.5, 4, drawWalker}
	cyclist  = figure{0.95, 4, drawCyclist}
	dog      = figure{1.5, 4, drawDog}
	bird     = figure{2.2, 2, drawBird}
	car      = figure{2.7, 1, drawCar}
	van      = figure{2.1, 1, drawVan}
	forklift = figure{1.25, 1, drawForklift}
	ship     = figure{3.6, 1, drawShip}
	sailboat = figure{0.85, 1, drawSailboat}
)

const (
	skin  rgb = 0xD9A982
	hair  rgb = 0x3A2A20
	tyre  rgb = 0x1C1C20
	glass rgb = 0x9CC4D8
)

// swing is how far a limb is ahead in each phase of a gait.
func swing(step int) float64 {
	switch step {
	case 1:
		return 1
	case 3:
		return -1
	}
	return 0
}

func drawWalker(b *brush, c rgb, step int) {
	s := swing(step) * 0.10
	trousers := c.mix(0x20242E, 750)
	b.slope(0.20, 0.29, 0.52, 0.20-s, 0.29-s, 0.98, trousers.mix(0, 300))
	b.slope(0.21, 0.31, 0.52, 0.21+s, 0.31+s, 0.98, trousers)
	b.rect(0.20-s, 0.95, 0.33-s, 1, tyre)
	b.rect(0.21+s, 0.95, 0.35+s, 1, tyre)
	b.rect(0.16, 0.20, 0.35, 0.56, c)
	b.slope(0.22, 0.29, 0.23, 0.22-s, 0.29-s, 0.52, c.mix(0, 250))
	b.disc(0.26, 0.10, 0.085, 0.10, skin)
	b.rect(0.18, 0, 0.33, 0.05, hair)
	b.rect(0.17, 0.03, 0.22, 0.12, hair)
}

func drawCyclist(b *brush, c rgb, step int) {
	for _, x := range []float64{0.22, 0.73} {
		b.disc(x, 0.80, 0.20, 0.20, tyre)
		b.disc(x, 0.80, 0.14, 0.14, 0x8A8F98)
	}
	s := swing(step) * 0.05
	b.slope(0.42, 0.47, 0.60, 0.22, 0.27, 0.80, c)
	b.slope(0.64, 0.69, 0.50, 0.71, 0.76, 0.80, c)
	b.rect(0.40, 0.58, 0.68, 0.63, c)
	b.slope(0.33, 0.44, 0.50, 0.44+s, 0.53+s, 0.84-s, 0x2B3242)
	b.slope(0.44, 0.60, 0.20, 0.30, 0.46, 0.53, c.mix(0xFFFFFF, 400))
	b.slope(0.52, 0.58, 0.26, 0.65, 0.70, 0.48, c.mix(0xFFFFFF, 250))
	b.disc(0.58, 0.12, 0.085, 0.09, skin)
	b.rect(0.49, 0.01, 0.67, 0.08, c)
}

func drawDog(b *brush, c rgb, step int) {
	s := swing(step) * 0.12
	for _, x := range []float64{0.32, 0.95} {
		b.slope(x, x+0.12, 0.60, x-s, x+0.12-s, 1, c.mix(0, 350))
		b.slope(x+0.06, x+0.18, 0.60, x+0.06+s, x+0.18+s, 1, c)
	}
	b.rect(0.25, 0.35, 1.12, 0.68, c)
	b.slope(0.10, 0.18, 0.10, 0.25, 0.35, 0.45, c)
	b.rect(1.00, 0.12, 1.28, 0.42, c)
	b.rect(1.25, 0.22, 1.42, 0.38, c.mix(0, 150))
	b.rect(1.02, 0.08, 1.10, 0.25, c.mix(0, 450))
}

func drawBird(b *brush, c rgb, step int) {
	if step == 0 {
		b.slope(0.10, 0.45, 0.05, 0.85, 1.10, 0.60, c)
		b.slope(1.75, 2.10, 0.05, 1.05, 1.35, 0.60, c)
	} else {
		b.slope(0.85, 1.10, 0.45, 0.15, 0.50, 0.98, c)
		b.slope(1.05, 1.35, 0.45, 1.70, 2.05, 0.98, c)
	}
	b.rect(0.75, 0.40, 1.55, 0.65, c)
}

func drawCar(b *brush, c rgb, _ int) {
	b.slope(0.85, 1.72, 0.03, 0.50, 2.08, 0.46, c.mix(0, 180))
	b.slope(0.92, 1.26, 0.11, 0.68, 1.26, 0.44, glass)
	b.slope(1.34, 1.66, 0.11, 1.34, 1.94, 0.44, glass)
	b.rect(0.06, 0.44, 2.60, 0.80, c)
	b.rect(0.02, 0.66, 2.68, 0.82, c.mix(0, 350))
	b.raw(2.54, 0.49, 2.62, 0.60, 0xFFF6C8)
	b.raw(0.04, 0.49, 0.12, 0.60, 0xE03030)
	b.rect(1.28, 0.44, 1.31, 0.78, c.mix(0, 350))
	for _, x := range []float64{0.58, 2.08} {
		b.disc(x, 0.79, 0.23, 0.21, tyre)
		b.disc(x, 0.79, 0.11, 0.10, 0x9AA0A8)
	}
}

func drawVan(b *brush, c rgb, _ int) {
	b.rect(0.03, 0.04, 1.50, 0.86, c.mix(0xFFFFFF, 650))
	b.rect(0.03, 0.52, 1.50, 0.62, c)
	b.slope(1.48, 1.78, 0.14, 1.48, 2.06, 0.56, c)
	b.slope(1.56, 1.74, 0.20, 1.56, 1.94, 0.50, glass)
	b.rect(1.48, 0.54, 2.08, 0.86, c)
	b.raw(2.02, 0.62, 2.09, 0.72, 0xFFF6C8)
	b.raw(0.01, 0.66, 0.07, 0.78, 0xE03030)
	for _, x := range []float64{0.42, 1.68} {
		b.disc(x, 0.86, 0.17, 0.14, tyre)
		b.disc(x, 0.86, 0.08, 0.07, 0x9AA0A8)
	}
}

func drawForklift(b *brush, c rgb, _ int) {
	b.rect(0.84, 0.05, 0.90, 0.95, 0x3A3D44)
	b.rect(0.88, 0.90, 1.24, 0.94, 0x3A3D44)
	b.rect(0.92, 0.50, 1.22, 0.90, 0xB58A55)
	b.rect(0.92, 0.68, 1.22, 0.72, 0x8A6538)
	b.rect(0.06, 0.50, 0.84, 0.86, c)
	b.rect(0.06, 0.50, 0.24, 0.86, c.mix(0, 350))
	b.rect(0.18, 0.06, 0.22, 0.52, 0x3A3D44)
	b.rect(0.70, 0.06, 0.74, 0.52, 0x3A3D44)
	b.rect(0.14, 0.04, 0.78, 0.09, 0x3A3D44)
	b.rect(0.34, 0.28, 0.54, 0.54, 0x35507A)
	b.disc(0.44, 0.20, 0.09, 0.09, skin)
	b.rect(0.35, 0.09, 0.54, 0.16, 0xF2C53D)
	for _, x := range []float64{0.20, 0.70} {
		b.disc(x, 0.87, 0.14, 0.13, tyre)
	}
}

func drawShip(b *brush, c rgb, _ int) {
	b.rect(0.30, 0.18, 0.85, 0.62, 0xE9EDEF)
	b.rect(0.36, 0.28, 0.80, 0.34, 0x38566E)
	b.rect(0.36, 0.42, 0.80, 0.48, 0x38566E)
	b.rect(0.42, 0.00, 0.60, 0.20, c)
	for i, load := range []rgb{0xC4523B, 0x3E7CB1, 0xD9A441, 0x4F8F5A, 0x8A5FA0, 0xC4523B} {
		x := 1.0 + float64(i)*0.36
		b.rect(x, 0.36, x+0.33, 0.62, load)
		if i%3 != 1 {
			b.rect(x, 0.14, x+0.33, 0.35, load.mix(0x3E7CB1, 600))
		}
	}
	b.slope(0.08, 3.55, 0.60, 0.24, 3.25, 1, c.mix(0, 250))
	b.slope(0.16, 3.40, 0.84, 0.24, 3.25, 1, 0x8E2F2F)
}

func drawSailboat(b *brush, c rgb, _ int) {
	b.rect(0.42, 0.02, 0.45, 0.85, 0x6B5A48)
	b.slope(0.45, 0.47, 0.05, 0.45, 0.80, 0.80, 0xF4F1E8)
	b.slope(0.40, 0.42, 0.15, 0.10, 0.42, 0.80, c.mix(0xFFFFFF, 500))
	b.slope(0.06, 0.82, 0.84, 0.16, 0.68, 1, c)
}

package scene

import "math"

// paintPark paints a meadow with trees, a pond and a path.
func paintPark(b *brush, d *dice, m mood) {
	m.sky(b, d, 520)
	for layer := range 3 {
		base, swell, length := 420+float64(layer)*40, d.span(25, 60), d.span(180, 420)
		shift := d.span(0, 1000)
		b.ridge(func(x float64) float64 {
			return base + swell*math.Sin((x+shift)/length) + swell/3*math.Sin((x-shift)/length*2.7)
		}, 1000, m.haze(0x3F6B4F, 550-layer*200))
	}
	grass := d.pick(0x6FA04A, 0x86A94F, 0x5C9150, 0x9BA65A)
	b.shade(545, 1000, grass.times(b.light).mix(m.edge, 120), grass.mix(0, 250).times(b.light))
	pond := d.span(-700, 700)
	b.disc(pond, 612, 250, 30, grass.mix(0x5B4A30, 500))
	b.rawDisc(pond, 610, 240, 25, m.zenith.mix(m.edge, 350))
	b.rawDisc(pond-50, 604, 90, 5, m.edge)
	for x := -1450.0; x < 1450; x += d.span(90, 260) {
		if math.Abs(x-pond) > 280 {
			tree(b, d, x, d.span(575, 640), d.span(170, 290))
		}
	}
	path := d.pick(0xCDB98F, 0xBFB5A2, 0xD6C7A0)
	b.rect(-2000, 706, 2000, 800, path)
	b.rect(-2000, 706, 2000, 712, path.mix(0xFFFFFF, 300))
	b.rect(-2000, 792, 2000, 800, path.mix(0, 250))
	for x := -1300.0; x < 1300; x += d.span(380, 620) {
		bench(b, x)
	}
	for range 90 {
		x, y := d.span(-1500, 1500), d.span(815, 990)
		b.rect(x, y, x+9, y+7, d.pick(0xF0E6F5, 0xF2D03B, 0xD9574F, 0x4A7F3A, 0x4A7F3A))
	}
}

// bench paints a park bench beside the path.
func bench(b *brush, x float64) {
	b.rect(x, 662, x+92, 672, 0x8A5A34)
	b.rect(x, 678, x+92, 686, 0x8A5A34)
	b.rect(x+8, 660, x+14, 708, 0x33363B)
	b.rect(x+78, 660, x+84, 708, 0x33363B)
	b.rect(x-2, 688, x+96, 695, 0xA36C40)
}

func parkActors(d *dice) []actor {
	coat := func() rgb { return d.pick(0xC44536, 0x2A6F97, 0xE9C46A, 0x6D597A, 0xF4F1DE, 0x355070) }
	pace := d.between(50, 70)
	stroll := d.between(450, 640)
	all := []actor{
		{class: Animal, figure: bird, colour: d.pick(0x2E3440, 0xF0F0F0), height: 34, foot: d.span(230, 360), reach: 1300, speed: d.between(150, 210), left: d.chance(50)},
		{class: Human, figure: walker, colour: coat(), height: 118, foot: 752, reach: d.between(380, 620), speed: d.between(45, 60), back: true, left: true},
		{class: Bicycle, figure: cyclist, colour: coat(), height: 132, foot: 768, reach: 1400, speed: d.between(150, 200), left: d.chance(50)},
		{class: Human, figure: walker, colour: coat(), height: 124, foot: 788, reach: stroll, speed: pace, back: true},
		{class: Animal, figure: dog, colour: d.pick(0x8A5A34, 0x3A3A3A, 0xD9C7A0), height: 56, foot: 794, reach: stroll, speed: pace, back: true},
	}
	scatter(d, all)
	all[4].phase = all[3].phase + 110 // the dog walks with its owner
	return all
}

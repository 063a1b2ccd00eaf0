package scene

import "math"

// paintHarbour paints the sea from a quay with cranes and containers.
func paintHarbour(b *brush, d *dice, m mood) {
	m.sky(b, d, 470)
	length, shift := d.span(200, 480), d.span(0, 2000)
	b.ridge(func(x float64) float64 {
		return 425 + 38*math.Sin((x+shift)/length) + 14*math.Sin((x-shift)/length*3.1)
	}, 480, m.haze(0x48607A, 600))
	near := d.pick(0x1F5673, 0x27697A, 0x2D5B8A).times(b.light)
	b.shade(470, 720, m.edge.mix(near, 450), near)
	for range 220 {
		x, y := d.span(-1500, 1500), d.span(480, 712)
		b.raw(x, y, x+(y-420)/5, y+3, m.edge.mix(near, 250+int(y-470)*2))
	}
	lighthouse(b, d, d.span(-800, 800))
	stone := d.pick(0xA9A59B, 0x9A9C9F, 0xB3A48C)
	b.rect(-2000, 712, 2000, 760, stone.mix(0, 420))
	b.rect(-2000, 760, 2000, 2000, stone)
	b.rect(-2000, 760, 2000, 768, stone.mix(0xFFFFFF, 350))
	b.rect(-2000, 866, 2000, 872, 0xE0B93A)
	for x := -1480.0; x < 1480; x += 150 {
		b.rect(x, 738, x+22, 764, 0x2F3338)
		b.rect(x-5, 732, x+27, 741, 0x2F3338)
	}
	for x := -1350.0; x < 1350; x += d.span(420, 700) {
		crane(b, d, x)
	}
	stack(b, d, -1500, -300)
	stack(b, d, 420, 1500)
}

// crane paints a harbour crane whose left leg stands at x.
func crane(b *brush, d *dice, x float64) {
	c := d.pick(0xD9812E, 0x3E7CB1, 0xC4443B, 0xE0B93A)
	b.rect(x, 330, x+14, 762, c)
	b.rect(x+90, 330, x+104, 762, c)
	b.rect(x, 500, x+104, 510, c)
	b.slope(x, x+12, 510, x+80, x+92, 740, c.mix(0, 200))
	b.rect(x-190, 320, x+150, 334, c)
	b.slope(x+46, x+54, 240, x-185, x-177, 320, c.mix(0, 300))
	b.slope(x+46, x+54, 240, x+140, x+148, 320, c.mix(0, 300))
	b.rect(x+30, 334, x+74, 372, 0xE4E4E0)
	b.raw(x+36, 342, x+68, 358, 0x3C5468)
	b.rect(x-130, 334, x-127, 470, 0x33363B)
	b.rect(x-150, 470, x-107, 482, 0x33363B)
}

// stack paints containers piled up on the quay.
func stack(b *brush, d *dice, from, to float64) {
	for x := from; x < to; x += 96 {
		rows := d.between(0, 3)
		for row := range rows {
			c := d.pick(0xB5493A, 0x2F6DA3, 0x4C8A5B, 0xD99A3A, 0x75808A, 0x8A4F7D)
			y := 812 - float64(row)*44
			b.rect(x, y-44, x+94, y, c)
			for i := range 6 {
				rib := x + 8 + float64(i)*14
				b.rect(rib, y-39, rib+4, y-5, c.mix(0, 220))
			}
		}
	}
}

// lighthouse paints a lighthouse on a rock far out.
func lighthouse(b *brush, d *dice, x float64) {
	stripe := d.pick(0xC4443B, 0x2F5D8A, 0x30343A)
	b.disc(x+16, 486, 70, 16, 0x5A5A58)
	for i := range 5 {
		c := rgb(0xF0EEE6)
		if i%2 == 1 {
			c = stripe
		}
		y := 476 - float64(i)*26
		b.rect(x, y-26, x+32, y, c)
	}
	b.raw(x+6, 330, x+26, 346, 0xFFF2B0)
	b.rect(x-3, 322, x+35, 330, stripe)
}

func harbourActors(d *dice) []actor {
	hull := func() rgb { return d.pick(0x22405E, 0x8E3B2F, 0x2F5B4A, 0x3A3D44) }
	vest := func() rgb { return d.pick(0xF27A1A, 0xD9E021, 0xE0533D) }
	all := []actor{
		{class: Animal, figure: bird, colour: 0xF4F4F2, height: 30, foot: d.span(220, 330), reach: 1300, speed: d.between(120, 170), left: d.chance(50)},
		{class: Vehicle, figure: sailboat, colour: hull(), height: 130, foot: 560, reach: d.between(500, 640), speed: d.between(20, 32), back: true},
		{class: Vehicle, figure: ship, colour: hull(), height: 150, foot: 672, reach: 1500, speed: d.between(60, 90), left: d.chance(50)},
		{class: Human, figure: walker, colour: vest(), height: 104, foot: 848, reach: d.between(320, 600), speed: d.between(45, 65), back: true, left: true},
		{class: Vehicle, figure: forklift, colour: d.pick(0xE0A32E, 0xD9552E), height: 128, foot: 864, reach: d.between(500, 700), speed: d.between(110, 150), back: true},
	}
	return scatter(d, all)
}

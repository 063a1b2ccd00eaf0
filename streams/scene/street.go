package scene

// paintStreet paints a road in a town.
func paintStreet(b *brush, d *dice, m mood) {
	m.sky(b, d, 560)
	for x := -1500.0; x < 1500; x += d.span(60, 120) {
		b.raw(x, d.span(290, 420), x+d.span(60, 130), 620, m.haze(0x55607A, 650))
	}
	b.rect(-2000, 548, 2000, 622, 0x39413E)
	for x := -1500.0; x < 1500; {
		width := d.span(130, 240)
		house(b, d, m, x, width)
		x += width + d.span(0, 24)
	}
	pavement := d.pick(0xB9B2A6, 0xA8A7AC, 0xC2B59B)
	b.rect(-2000, 620, 2000, 668, pavement)
	b.rect(-2000, 660, 2000, 668, pavement.mix(0, 300))
	b.rect(-2000, 668, 2000, 872, d.pick(0x4B4D55, 0x54514F, 0x45484D))
	for x := -1500.0; x < 1500; x += 120 {
		b.rect(x, 766, x+64, 773, 0xDEDCD2)
	}
	b.rect(-2000, 854, 2000, 862, 0xDEDCD2)
	b.rect(-2000, 872, 2000, 2000, pavement)
	b.rect(-2000, 872, 2000, 886, pavement.mix(0, 380))
	for x := -1500.0; x < 1500; x += 90 {
		b.rect(x, 886, x+3, 2000, pavement.mix(0, 100))
	}
	for x := -1400.0; x < 1400; x += d.span(230, 420) {
		if d.chance(55) {
			tree(b, d, x, 640, d.span(170, 230))
		} else {
			lamp(b, m, x)
		}
	}
}

// house paints one house with windows and a ground floor.
func house(b *brush, d *dice, m mood, x, width float64) {
	top := d.span(190, 430)
	wall := d.pick(0xB5533C, 0xD8C3A0, 0x8C9BA8, 0xC98F5E, 0xA7A08D, 0x7C6A78, 0xE0D6C4, 0x6F8583)
	b.rect(x, top, x+width, 622, wall)
	b.rect(x-6, top-12, x+width+6, top, wall.mix(0, 450))
	columns := int(width) / 44
	gap := width / float64(columns)
	for y := top + 26; y < 520; y += 62 {
		for i := range columns {
			left := x + gap*(float64(i)+0.5) - 13
			if d.chance(m.lit) {
				b.raw(left, y, left+26, y+38, d.pick(0xFFD98A, 0xFFE7B0, 0xF5C46B))
			} else {
				b.rect(left, y, left+26, y+38, wall.mix(0x26384C, 800))
			}
			b.rect(left-3, y+38, left+29, y+43, wall.mix(0xFFFFFF, 450))
		}
	}
	awning := d.pick(0xA33B3B, 0x2F6E62, 0x33548C, 0xC08A2E)
	b.rect(x+10, 548, x+width-10, 622, 0x2E3640)
	if d.chance(m.lit + 20) {
		b.raw(x+16, 560, x+width-44, 612, 0xE9D9A8)
	}
	b.rect(x+width-38, 556, x+width-16, 622, awning.mix(0, 400))
	b.rect(x+4, 540, x+width-4, 558, awning)
	b.rect(x+4, 555, x+width-4, 559, 0xE8E2D4)
}

// lamp paints a street lamp at x.
func lamp(b *brush, m mood, x float64) {
	b.rect(x, 440, x+7, 645, 0x2C3036)
	b.rect(x-6, 636, x+13, 648, 0x2C3036)
	b.rect(x, 440, x+48, 446, 0x2C3036)
	light := rgb(0xD8D8D0)
	if m.lit > 30 {
		light = 0xFFF0B8
	}
	b.raw(x+30, 446, x+54, 455, light)
}

func streetActors(d *dice) []actor {
	paint := func() rgb { return d.pick(0xC0392B, 0x2C5FA8, 0xE6E6E2, 0x2E3138, 0xD9A321, 0x3F7F5F, 0x7A8794) }
	coat := func() rgb { return d.pick(0xB03A48, 0x3D5A80, 0xD4A24C, 0x4E7D5B, 0x7D5BA6, 0xD9D4CC) }
	all := []actor{
		{class: Human, figure: walker, colour: coat(), height: 100, foot: 652, reach: d.between(380, 620), speed: d.between(55, 75), back: true},
		{class: Human, figure: walker, colour: coat(), height: 104, foot: 660, reach: d.between(300, 560), speed: d.between(45, 65), back: true, left: true},
		{class: Vehicle, figure: car, colour: paint(), height: 84, foot: 758, reach: 1400, speed: d.between(230, 280), left: true},
		{class: Vehicle, figure: van, colour: paint(), height: 122, foot: 760, reach: 1700, speed: d.between(190, 220), left: true},
		{class: Vehicle, figure: car, colour: paint(), height: 92, foot: 852, reach: 1400, speed: d.between(240, 320)},
	}
	if d.chance(60) {
		all = append(all, actor{class: Bicycle, figure: cyclist, colour: coat(), height: 116, foot: 866, reach: 1500, speed: d.between(130, 170)})
	}
	return scatter(d, all)
}

// scatter gives every actor another starting point.
func scatter(d *dice, all []actor) []actor {
	for i := range all {
		all[i].phase = d.between(0, 4*all[i].reach)
	}
	return all
}

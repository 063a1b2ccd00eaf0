package scene

// paintWarehouse paints a hall with racks of boxes.
func paintWarehouse(b *brush, d *dice, m mood) {
	b.light = b.light.mix(0xFFFFFF, 600) // lamps are on
	wall := d.pick(0x9FA8AD, 0xB3AA98, 0x8C9AA6, 0xA9AFA0)
	b.rect(-2000, 0, 2000, 640, wall)
	for y := 150.0; y < 640; y += 22 {
		b.rect(-2000, y, 2000, y+3, wall.mix(0, 90))
	}
	b.rect(-2000, 0, 2000, 150, wall.mix(0x10141A, 700))
	beam := wall.mix(0x10141A, 480)
	for x := -1520.0; x < 1520; x += 190 {
		b.slope(x, x+10, 80, x+85, x+95, 150, beam)
		b.slope(x+170, x+180, 80, x+85, x+95, 150, beam)
		b.raw(x+50, 150, x+130, 158, 0xFFFBE6)
		b.rect(x+40, 142, x+140, 150, 0x30343A)
	}
	b.rect(-2000, 72, 2000, 84, beam)
	door := d.span(-560, 400)
	for x := -1500.0; x < 1500; x += 250 {
		if x > door-250 && x < door+250 {
			continue
		}
		rack(b, d, x)
	}
	rollDoor(b, m, door)
	floor := d.pick(0x8F959A, 0xA39E94, 0x869388)
	b.shade(640, 1000, floor.times(b.light), floor.mix(0, 220).times(b.light))
	stripe := d.pick(0xE8C02E, 0xE8E4DA, 0xE07B2E)
	b.rect(-2000, 664, 2000, 673, stripe)
	b.rect(-2000, 858, 2000, 870, stripe)
	for x := -1500.0; x < 1500; x += 130 {
		b.slope(x, x+50, 884, x-22, x+28, 916, stripe.mix(0, 120))
	}
}

// rack paints one bay of a high rack at x.
func rack(b *brush, d *dice, x float64) {
	steel := d.pick(0x2F5FA0, 0x2F5FA0, 0xC9682A)
	for _, y := range []float64{310, 420, 530, 640} {
		for left := x + 14; left < x+220; {
			width, height := d.span(38, 72), d.span(40, 92)
			right := min(left+width, x+234)
			if d.chance(86) {
				c := d.pick(0xB88A55, 0xC79A63, 0xA3743F, 0xCDB48A, 0x6C8FA8, 0xB5564A)
				b.rect(left, y-height, right, y, c)
				b.rect(left, y-height, right, y-height+6, c.mix(0xFFFFFF, 220))
				b.rect((left+right)/2-6, y-height*0.6, (left+right)/2+6, y-height*0.35, 0xEDE6D6)
			}
			left = right + 4
		}
		b.rect(x, y, x+250, y+9, 0xE07B2E)
	}
	b.rect(x, 200, x+11, 640, steel)
	b.rect(x+239, 200, x+250, 640, steel)
}

// rollDoor paints a gate to the outside.
func rollDoor(b *brush, m mood, x float64) {
	b.rect(x-14, 296, x+254, 640, 0x3A3D42)
	b.raw(x, 310, x+240, 640, m.edge)
	b.raw(x, 560, x+240, 640, m.haze(0x6B7078, 200))
	for y := 310.0; y < 400; y += 18 {
		b.rect(x, y, x+240, y+13, 0xC4C8CA)
	}
	b.rect(x, 398, x+240, 406, 0xE8C02E)
}

func warehouseActors(d *dice) []actor {
	vest := func() rgb { return d.pick(0xF27A1A, 0xD9E021, 0x2F7FC4, 0xE0533D) }
	lift := func() rgb { return d.pick(0xE0A32E, 0xD9552E, 0x4F9A58) }
	all := []actor{
		{class: Human, figure: walker, colour: vest(), height: 128, foot: 704, reach: d.between(350, 620), speed: d.between(40, 60), back: true},
		{class: Vehicle, figure: forklift, colour: lift(), height: 156, foot: 768, reach: d.between(560, 760), speed: d.between(110, 150), back: true, left: true},
		{class: Human, figure: walker, colour: vest(), height: 140, foot: 800, reach: d.between(420, 640), speed: d.between(45, 65), back: true, left: true},
		{class: Vehicle, figure: forklift, colour: lift(), height: 170, foot: 856, reach: 1300, speed: d.between(140, 180), left: d.chance(50)},
	}
	return scatter(d, all)
}

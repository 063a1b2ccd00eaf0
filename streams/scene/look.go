package scene

// mood is the light of a place.
type mood struct {
	name         string
	zenith, edge rgb // sky, from the top to the horizon
	light        rgb // on everything that doesn't shine
	sun          rgb // sun or moon
	lit          int // percent of windows with light
}

// moods are the times of day and weathers that a seed chooses from.
func moods() []mood {
	return []mood{
		{"day", 0x3B86D8, 0xCDE7F8, 0xFFFFFF, 0xFFF6D0, 4},
		{"morning", 0x6FA8DC, 0xFCE3C4, 0xFFF0DC, 0xFFF2B0, 12},
		{"evening", 0x3A3F7A, 0xF3A35F, 0xD8AE98, 0xFFD27A, 45},
		{"night", 0x0A1026, 0x26335E, 0x7480AC, 0xE8ECF4, 60},
		{"overcast", 0x8794A3, 0xC9D1D7, 0xDCE1E6, 0xC9D1D7, 20},
	}
}

// haze returns c as seen far away, mille of the way to the horizon's colour.
func (m mood) haze(c rgb, mille int) rgb { return c.times(m.light).mix(m.edge, mille) }

// sky paints the sky down to the horizon, with sun or moon and clouds.
func (m mood) sky(b *brush, d *dice, horizon float64) {
	b.shade(0, horizon, m.zenith, m.edge)
	left, right := b.wide()
	x, y := d.span(-560, 560), d.span(150, 250)
	if m.name != "overcast" {
		b.rawDisc(x, y, 62, 62, m.edge.mix(m.sun, 350))
		b.rawDisc(x, y, 46, 46, m.sun)
	}
	white := m.edge.mix(0xFFFFFF, 450)
	if m.name == "night" {
		white = m.zenith.mix(m.edge, 700)
		for range 60 {
			sx, sy := d.span(-1500, 1500), d.span(0, int(horizon)-80)
			b.raw(sx, sy, sx, sy, 0x9FA8C8)
		}
	}
	for range 7 {
		cx, cy, size := d.span(-1500, 1500), d.span(110, int(horizon)-130), d.span(70, 170)
		if cx < left-200 || cx > right+200 {
			continue
		}
		b.rawDisc(cx, cy, size, size*0.16, white)
		b.rawDisc(cx-size*0.25, cy-size*0.10, size*0.42, size*0.19, white)
		b.rawDisc(cx+size*0.30, cy-size*0.05, size*0.30, size*0.14, white)
	}
}

// tree paints a tree whose foot is at (x, y).
func tree(b *brush, d *dice, x, y, height float64) {
	green := d.pick(0x3E7A3A, 0x4F8F3C, 0x2F6B46, 0x6B8E3A)
	b.rect(x-height*0.04, y-height*0.45, x+height*0.04, y, 0x5B4030)
	b.disc(x, y-height*0.66, height*0.30, height*0.34, green.mix(0, 250))
	b.disc(x-height*0.05, y-height*0.70, height*0.24, height*0.27, green)
	b.disc(x-height*0.10, y-height*0.77, height*0.11, height*0.12, green.mix(0xFFFFA0, 250))
}

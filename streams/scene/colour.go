package scene

// rgb is a colour, 0xRRGGBB.
type rgb uint32

func (c rgb) split() (r, g, b int) { return int(c >> 16 & 255), int(c >> 8 & 255), int(c & 255) }

func joinRGB(r, g, b int) rgb {
	clip := func(v int) rgb { return rgb(min(max(v, 0), 255)) }
	return clip(r)<<16 | clip(g)<<8 | clip(b)
}

// mix returns the colour at per mille of the way from c to d.
func (c rgb) mix(d rgb, mille int) rgb {
	r, g, b := c.split()
	r2, g2, b2 := d.split()
	at := func(v, w int) int { return (v*(1000-mille) + w*mille + 500) / 1000 }
	return joinRGB(at(r, r2), at(g, g2), at(b, b2))
}

// times returns c in light of colour d.
func (c rgb) times(d rgb) rgb {
	r, g, b := c.split()
	r2, g2, b2 := d.split()
	return joinRGB(r*r2/255, g*g2/255, b*b2/255)
}

// ycc is a colour in BT.709, limited range (luma 16 to 235).
type ycc struct{ y, cb, cr byte }

// ycc converts c; the sums are scaled by 1024. Luma is even, for nobody sees
// the difference and a coder of exact pictures saves a bit a coefficient.
func (c rgb) ycc() ycc {
	r, g, b := c.split()
	return ycc{
		y:  byte(min((187*r+629*g+63*b+1024+16<<10)>>11<<1, 234)),
		cb: byte((-103*r - 347*g + 450*b + 512 + 128<<10) >> 10),
		cr: byte((450*r - 408*g - 41*b + 512 + 128<<10) >> 10),
	}
}

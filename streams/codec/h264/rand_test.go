package h264

import "github.com/camfleet/camfleet/streams/scene"

// rng is a small generator of test noise (splitmix64).
type rng struct{ state uint64 }

func (r *rng) next() uint64 {
	r.state += 0x9E3779B97F4A7C15
	z := r.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func fillFlat(r *rng, mb *scene.MB) {
	y, cb, cr := byte(r.next()), byte(r.next()), byte(r.next())
	for i := range 16 {
		mb[i] = y
	}
	for i := range 4 {
		mb[scene.Cb+i], mb[scene.Cr+i] = cb, cr
	}
}

func fillNoise(r *rng, mb *scene.MB) {
	for i := range mb {
		mb[i] = byte(r.next())
	}
}

func fillAround(r *rng, mb *scene.MB, spread uint64) {
	for i := range mb {
		mb[i] = byte(120 + r.next()%spread)
	}
}

func fillTwoTone(r *rng, mb *scene.MB, a, b byte) {
	for i := range mb {
		mb[i] = a
		if r.next()&1 == 0 {
			mb[i] = b
		}
	}
}

// fillOverflow makes odd coefficients of 16*255 or nearly so in most neighbourhoods.
func fillOverflow(r *rng, mb *scene.MB) {
	sign := byte(r.next() & 1 * 255)
	for i := range mb {
		mb[i] = sign ^ byte(r.next()&1) ^ byte(i&1*255)
	}
}

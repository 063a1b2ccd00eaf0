// Package jpeg codes a [scene.Canvas] as a JPEG file (ITU-T T.81, JFIF):
// baseline, 4:2:0, the standard Huffman tables, a restart marker after every
// row of macroblocks, so that RFC 2435 can carry it.
//
// An 8x8 block is 2x2 flat cells, and the transform of that is known: the mean
// and three differences, each spread over fixed frequencies. JFIF wants full
// range BT.601, so the cells are converted from the canvas's BT.709 first.
package jpeg

import (
	"fmt"

	"github.com/camfleet/camfleet/streams/scene"
)

// CheckQuality says what is wrong with a quality, if anything.
func CheckQuality(quality int) error {
	if quality < 1 || quality > 100 {
		return fmt.Errorf("jpeg: quality %d: want 1 to 100", quality)
	}
	return nil
}

// Encode returns the picture on c as a new JPEG file. The quality, 1 to 100,
// scales the standard quantisation tables as usual; from 76 on flat areas come
// out exactly.
func Encode(c *scene.Canvas, quality int) ([]byte, error) {
	if err := CheckQuality(quality); err != nil {
		return nil, err
	}
	if c.Width > 1<<16-1 || c.Height > 1<<16-1 || c.Width < 1 || c.Height < 1 {
		return nil, fmt.Errorf("jpeg: size %dx%d: want 1 to 65535 pixels", c.Width, c.Height)
	}
	e := &encoder{codes: newCodes()}
	e.w.buf = make([]byte, 0, 1024+len(c.MBs)*12)
	var tables [2][64]uint8
	for i := range tables {
		tables[i] = scaled(&quantisers[i], quality)
		e.planes[i] = newPlane(&tables[i], e.codes[2*i:2*i+2])
	}
	e.w.buf = appendHeader(e.w.buf, c, &tables)
	for row := range c.Rows {
		e.row(c, row)
		if row < c.Rows-1 {
			e.w.buf = append(e.w.buf, 0xFF, 0xD0|byte(row&7)) // RSTn
		}
	}
	return append(e.w.buf, 0xFF, 0xD9), nil // EOI
}

// encoder is the state of one file.
type encoder struct {
	w      bitWriter
	codes  [4]codes
	planes [2]plane // luma, chroma
	mb     scene.MB // the converted cells of the macroblock at hand
}

// row writes one row of macroblocks, a restart interval.
func (e *encoder) row(c *scene.Canvas, row int) {
	var dc [3]int32 // the predictions start anew
	var before *scene.MB
	for i := row * c.Cols; i < (row+1)*c.Cols; i++ {
		if mb := &c.MBs[i]; before == nil || *mb != *before {
			convert(&e.mb, mb)
			before = mb
		}
		for _, at := range [4]int{0, 2, 8, 10} {
			e.planes[0].block(&e.w, &dc[0], e.mb[at], e.mb[at+1], e.mb[at+4], e.mb[at+5])
		}
		for p, at := range [2]int{scene.Cb, scene.Cr} {
			e.planes[1].block(&e.w, &dc[1+p], e.mb[at], e.mb[at+1], e.mb[at+2], e.mb[at+3])
		}
	}
	e.w.pad()
}

// convert turns the cells of a macroblock from BT.709 limited range into
// BT.601 full range. The factors are scaled by 65536.
func convert(dst, src *scene.MB) {
	for i := range 4 {
		cb, cr := int32(src[scene.Cb+i])-128, int32(src[scene.Cr+i])-128
		dst[scene.Cb+i] = clip((73_849*cb - 8_256*cr + 128<<16 + 1<<15) >> 16)
		dst[scene.Cr+i] = clip((73_366*cr - 5_406*cb + 128<<16 + 1<<15) >> 16)
		tint := 7_579*cb + 14_630*cr + 1<<15
		at := i>>1*8 + i&1*2
		for _, k := range [4]int{at, at + 1, at + 4, at + 5} {
			dst[k] = clip((76_309*(int32(src[k])-16) + tint) >> 16)
		}
	}
}

func clip(v int32) byte { return byte(min(max(v, 0), 255)) }

// scaled returns a quantisation table for a quality.
func scaled(table *[64]uint8, quality int) (out [64]uint8) {
	scale := 200 - 2*quality
	if quality < 50 {
		scale = 5000 / quality
	}
	for i, q := range table {
		out[i] = uint8(min(max((int(q)*scale+50)/100, 1), 255))
	}
	return out
}

// appendHeader appends everything before the entropy coded data (T.81 B.2).
func appendHeader(b []byte, c *scene.Canvas, tables *[2][64]uint8) []byte {
	b = append(b, 0xFF, 0xD8)
	b = append(b, 0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 2, 0, 0, 1, 0, 1, 0, 0)
	for i := range tables {
		b = append(b, 0xFF, 0xDB, 0, 67, byte(i))
		for _, at := range zigzag {
			b = append(b, tables[i][at])
		}
	}
	b = append(b, 0xFF, 0xC0, 0, 17, 8, byte(c.Height>>8), byte(c.Height), byte(c.Width>>8), byte(c.Width), 3,
		1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1)
	for i := range huffmanSpecs {
		s := &huffmanSpecs[i]
		b = append(b, 0xFF, 0xC4, 0, byte(19+len(s.values)), s.class<<4|s.id)
		b = append(append(b, s.counts[:]...), s.values...)
	}
	b = append(b, 0xFF, 0xDD, 0, 4, byte(c.Cols>>8), byte(c.Cols))
	return append(b, 0xFF, 0xDA, 0, 12, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0)
}

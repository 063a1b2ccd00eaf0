package scene

import (
	"encoding/binary"
	"math/bits"
)

// Sizes of the parts a picture is made of, in luma pixels.
const (
	CellSize = 4  // a cell is flat: CellSize x CellSize pixels of one luma value
	MBSize   = 16 // a macroblock is 4x4 luma cells and 2x2 cells of each chroma
)

// Positions of the planes inside an [MB].
const (
	Luma = 0  // 16 cells, row by row, 4 a row
	Cb   = 16 // 4 cells, row by row, 2 a row, each 8x8 luma pixels
	Cr   = 20
)

// MB is one macroblock (16x16 pixels, 4:2:0) as its 24 flat cells: 16 luma,
// 4 Cb, 4 Cr. It is everything there is to know of these pixels.
type MB [24]byte

// Same says whether both look the same; it is faster than ==.
func (mb *MB) Same(other *MB) bool {
	differ := binary.LittleEndian.Uint64(mb[:]) ^ binary.LittleEndian.Uint64(other[:])
	differ |= binary.LittleEndian.Uint64(mb[8:]) ^ binary.LittleEndian.Uint64(other[8:])
	differ |= binary.LittleEndian.Uint64(mb[16:]) ^ binary.LittleEndian.Uint64(other[16:])
	return differ == 0
}

// Canvas is a picture made of macroblocks, with a map of those that differ
// from the picture before. It is not safe for concurrent writing.
type Canvas struct {
	Width, Height int  // pixels shown; the macroblocks may reach further right and down
	Cols, Rows    int  // macroblocks
	MBs           []MB // row by row; read here, write through Touch

	changed []uint64 // one bit a macroblock
	before  []saved  // what the touched macroblocks were, in the order of touching
}

// saved is a macroblock as the picture before had it.
type saved struct {
	index int
	mb    MB
}

// NewCanvas returns a canvas of width x height pixels in mid grey, unchanged.
func NewCanvas(width, height int) *Canvas {
	cols, rows := (width+MBSize-1)/MBSize, (height+MBSize-1)/MBSize
	c := &Canvas{
		Width: width, Height: height, Cols: cols, Rows: rows,
		MBs:     make([]MB, cols*rows),
		changed: make([]uint64, (cols*rows+63)/64),
	}
	for i := range c.MBs {
		for j := range c.MBs[i] {
			c.MBs[i][j] = 128
		}
	}
	return c
}

// Clone returns a canvas with the same picture, unchanged.
func (c *Canvas) Clone() *Canvas {
	return &Canvas{
		Width: c.Width, Height: c.Height, Cols: c.Cols, Rows: c.Rows,
		MBs:     append([]MB(nil), c.MBs...),
		changed: make([]uint64, len(c.changed)),
	}
}

// Begin starts the next picture: what is on the canvas becomes the picture
// before, and nothing is changed yet.
func (c *Canvas) Begin() {
	clear(c.changed)
	c.before = c.before[:0]
}

// Touch returns macroblock i for writing and marks it changed.
func (c *Canvas) Touch(i int) *MB {
	word, bit := i>>6, uint64(1)<<(i&63)
	if c.changed[word]&bit == 0 {
		c.changed[word] |= bit
		c.before = append(c.before, saved{i, c.MBs[i]})
	}
	return &c.MBs[i]
}

// Settle ends the drawing of a picture: a macroblock that was touched but
// looks as before counts as unchanged again.
func (c *Canvas) Settle() {
	for i := range c.before {
		s := &c.before[i]
		if s.mb.Same(&c.MBs[s.index]) {
			c.changed[s.index>>6] &^= 1 << (s.index & 63)
		}
	}
}

// Changed returns the map of changed macroblocks: bit i%64 of word i/64. It
// belongs to the canvas.
func (c *Canvas) Changed() []uint64 { return c.changed }

// CountChanged returns how many macroblocks are changed.
func (c *Canvas) CountChanged() int {
	n := 0
	for _, w := range c.changed {
		n += bits.OnesCount64(w)
	}
	return n
}

// I420 appends the shown pixels as three planes (Y, Cb, Cr, 4:2:0) to dst: what
// a decoder puts out. Width and Height must be even.
func (c *Canvas) I420(dst []byte) []byte {
	for y := range c.Height {
		row := c.MBs[y/MBSize*c.Cols:]
		for x := range c.Width {
			dst = append(dst, row[x/MBSize][Luma+y%MBSize/4*4+x%MBSize/4])
		}
	}
	for _, plane := range []int{Cb, Cr} {
		for y := range c.Height / 2 {
			row := c.MBs[y/8*c.Cols:]
			for x := range c.Width / 2 {
				dst = append(dst, row[x/8][plane+y%8/4*2+x%8/4])
			}
		}
	}
	return dst
}

// Package strip is the machine-readable strip that every picture carries near
// its lower edge: who made it, its number and its instant, as black and white
// squares that survive transcoding, screen capture and scaling to a half.
//
// One bit is one macroblock, [Block] x [Block] pixels of luma [Dark] or
// [Light] without colour. The [Bits] bits, each field most significant bit
// first, are:
//
//	 8  sync, 10110010
//	16  camera
//	 4  stream of the camera
//	24  frame number, modulo 2^24
//	42  milliseconds since 1970-01-01 00:00 UTC
//	16  CRC-16/CCITT (polynomial 0x1021, from 0xFFFF) of the 86 bits after sync
//
// They fill as few rows as hold at most 60 blocks, at the left, in the lowest
// rows of blocks that are wholly in the picture ([Place]).
package strip

import (
	"errors"
	"fmt"
	"time"
)

// What the strip is made of.
const (
	Block     = 16  // side of a block in pixels of the stream
	Dark      = 16  // luma of a 0
	Light     = 224 // luma of a 1
	Threshold = 120 // luma that divides them
	Bits      = 8 + 16 + 4 + 24 + 42 + 16

	// MaxStream is the largest stream number that a strip can carry.
	MaxStream = 1<<4 - 1

	sync    = 0b10110010
	perRow  = 60        // blocks in a row at most
	maxSide = 1 << 16   // pixels
	above   = 4 * Block // pixels of picture that must remain above the strip
)

// Errors of this package, possibly wrapped.
var (
	ErrTooSmall   = errors.New("picture too small for a strip")
	ErrUnreadable = errors.New("no readable strip in the picture")
)

// Mark is what a strip says.
type Mark struct {
	Camera uint16
	Stream uint8     // 0 to MaxStream
	Frame  uint32    // modulo 2^24
	Time   time.Time // to the millisecond, UTC, 1970 to 2109
}

// Encode returns the bits of the strip, first bit first.
func (m Mark) Encode() [Bits]bool {
	var bits [Bits]bool
	at := 0
	put := func(v uint64, n int) {
		for n--; n >= 0; n-- {
			bits[at] = v>>n&1 != 0
			at++
		}
	}
	put(sync, 8)
	put(uint64(m.Camera), 16)
	put(uint64(m.Stream), 4)
	put(uint64(m.Frame), 24)
	put(uint64(m.Time.UnixMilli()), 42)
	put(uint64(crc16(bits[8:at])), 16)
	return bits
}

// parse is the inverse of Encode.
func parse(bits *[Bits]bool) (Mark, error) {
	at := 0
	get := func(n int) (v uint64) {
		for range n {
			v <<= 1
			if bits[at] {
				v |= 1
			}
			at++
		}
		return v
	}
	if got := get(8); got != sync {
		return Mark{}, fmt.Errorf("%w: sync is %08b, not %08b", ErrUnreadable, got, sync)
	}
	m := Mark{Camera: uint16(get(16)), Stream: uint8(get(4)), Frame: uint32(get(24))}
	m.Time = time.UnixMilli(int64(get(42))).UTC()
	want := crc16(bits[8:at])
	if got := uint16(get(16)); got != want {
		return Mark{}, fmt.Errorf("%w: CRC is %04x, not %04x", ErrUnreadable, got, want)
	}
	return m, nil
}

// crc16 is CRC-16/CCITT, from 0xFFFF, bit by bit.
func crc16(bits []bool) uint16 {
	crc := uint16(0xFFFF)
	for _, bit := range bits {
		top := crc&0x8000 != 0
		crc <<= 1
		if top != bit {
			crc ^= 0x1021
		}
	}
	return crc
}

// Placement says where the blocks are, in macroblocks of the picture.
type Placement struct {
	Column, Row int // of the first block
	Columns     int // blocks in a row; the last row may have fewer
	Rows        int
}

// Place returns where the strip is in a stream of width x height pixels. The
// smallest common size with one is 320x180; the error wraps ErrTooSmall if there
// is no room, or more than 65536 pixels to a side.
func Place(width, height int) (Placement, error) {
	columns := min(width/Block, perRow)
	if columns <= 0 || width > maxSide || height > maxSide {
		return Placement{}, fmt.Errorf("%dx%d: %w", width, height, ErrTooSmall)
	}
	rows := (Bits + columns - 1) / columns
	columns = (Bits + rows - 1) / rows
	p := Placement{
		Column: min(1, (width/Block-columns)/2), Row: height/Block - rows,
		Columns: columns, Rows: rows,
	}
	if rows*Block+above > height {
		return Placement{}, fmt.Errorf("%dx%d: %w", width, height, ErrTooSmall)
	}
	return p, nil
}

// Block returns the macroblock column and row of bit i.
func (p Placement) Block(i int) (column, row int) {
	return p.Column + i%p.Columns, p.Row + i/p.Columns
}

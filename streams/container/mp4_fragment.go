package container

import (
	"encoding/binary"
	"fmt"
)

// Flags of tfhd and trun boxes, ISO/IEC 14496-12 8.8.7 and 8.8.8.
const (
	tfhdBase, tfhdDescription, tfhdDuration, tfhdSize = 0x01, 0x02, 0x08, 0x10

	trunOffset, trunFirstFlags                     = 0x001, 0x004
	trunDuration, trunSize, trunFlags, trunShownAt = 0x100, 0x200, 0x400, 0x800
)

// fragment walks through the samples of our track in one moof box.
type fragment struct {
	decode         uint64 // of the next sample, ticks
	duration, size uint32 // where the run does not say
	base           int64  // data offsets count from here
	at             int64  // of the next sample
	truns          [][]byte

	run   []byte // rows left of the run being read
	flags uint32
	left  uint32 // samples left in it
}

// newFragment reads the body of a moof box that begins at an offset of the file.
// decode is the decoding time for fragments that tell none.
func newFragment(b []byte, start int64, decode uint64, t *track) (*fragment, error) {
	f := &fragment{decode: decode, duration: t.trex.duration, size: t.trex.size, base: start, at: start}
	mine := false
	err := boxes(b, func(name string, body []byte) error {
		if name != "traf" {
			return nil
		}
		mine = false
		return boxes(body, func(name string, body []byte) error {
			if name == "tfhd" {
				mine = len(body) >= 8 && binary.BigEndian.Uint32(body[4:]) == t.id
			}
			if !mine {
				return nil
			}
			return f.box(name, body)
		})
	})
	return f, err
}

// box takes a box of a traf box.
func (f *fragment) box(name string, body []byte) error {
	switch name {
	case "tfhd":
		return f.header(body)
	case "tfdt":
		switch {
		case len(body) >= 12 && body[0] == 1:
			f.decode = binary.BigEndian.Uint64(body[4:])
		case len(body) >= 8 && body[0] == 0:
			f.decode = uint64(binary.BigEndian.Uint32(body[4:]))
		default:
			return fmt.Errorf("tfdt box of %d bytes: %w", len(body), ErrBroken)
		}
	case "trun":
		f.truns = append(f.truns, body)
	}
	return nil
}

// header reads the body of a tfhd box, which is at least 8 bytes.
func (f *fragment) header(b []byte) error {
	r := fields{b: b[8:]}
	flags := binary.BigEndian.Uint32(b) & 0xffffff
	if flags&tfhdBase != 0 {
		f.base = int64(r.uint64() & (1<<63 - 1)) //nolint:gosec // cut to 63 bits
		f.at = f.base
	}
	if flags&tfhdDescription != 0 {
		r.uint32()
	}
	if flags&tfhdDuration != 0 {
		f.duration = r.uint32()
	}
	if flags&tfhdSize != 0 {
		f.size = r.uint32()
	}
	return r.err("tfhd")
}

// next returns a sample; false: there are no more.
func (f *fragment) next() (sample, bool, error) {
	for f.left == 0 {
		if len(f.truns) == 0 {
			return sample{}, false, nil
		}
		if err := f.open(f.truns[0]); err != nil {
			return sample{}, false, err
		}
		f.truns = f.truns[1:]
	}
	r := fields{b: f.run}
	duration, size, offset := f.duration, f.size, uint32(0)
	if f.flags&trunDuration != 0 {
		duration = r.uint32()
	}
	if f.flags&trunSize != 0 {
		size = r.uint32()
	}
	if f.flags&trunFlags != 0 {
		r.uint32()
	}
	if f.flags&trunShownAt != 0 {
		offset = r.uint32()
	}
	if err := r.err("trun"); err != nil {
		return sample{}, false, err
	}
	f.run = r.b
	out := sample{at: f.at, size: int64(size), shown: int64(f.decode&(1<<62-1)) + int64(int32(offset))} //nolint:gosec // cut to 62 bits
	f.at += int64(size)
	f.decode += uint64(duration)
	f.left--
	return out, true, nil
}

// open begins with a run.
func (f *fragment) open(b []byte) error {
	r := fields{b: b}
	f.flags = r.uint32() & 0xffffff
	f.left = r.uint32()
	if f.flags&trunOffset != 0 {
		f.at = f.base + int64(int32(r.uint32())) //nolint:gosec // the field is signed
	}
	if f.flags&trunFirstFlags != 0 {
		r.uint32()
	}
	f.run = r.b
	return r.err("trun")
}

// fields reads big endian numbers one after another. Beyond the end they are 0.
type fields struct {
	b     []byte
	short bool
}

func (r *fields) uint32() uint32 {
	if len(r.b) < 4 {
		r.b, r.short = nil, true
		return 0
	}
	v := binary.BigEndian.Uint32(r.b)
	r.b = r.b[4:]
	return v
}

func (r *fields) uint64() uint64 {
	high := r.uint32()
	return uint64(high)<<32 | uint64(r.uint32())
}

func (r *fields) err(name string) error {
	if r.short {
		return fmt.Errorf("%s box too short: %w", name, ErrBroken)
	}
	return nil
}

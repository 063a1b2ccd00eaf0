package container

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/camfleet/camfleet/streams"
)

// track is the video track of an MP4 file.
type track struct {
	id        uint32
	codec     streams.Codec
	lengths   int    // bytes of the length before each NAL unit
	timescale uint32 // ticks a second
	table     tables
	trex      struct{ duration, size uint32 } // defaults of fragments
}

// tables are the bodies of the boxes below stbl that say where samples are.
type tables struct {
	stts, ctts, stsc, stsz, stco, co64 []byte
}

// errOther says that a track is no video in H.264 or H.265.
var errOther = errors.New("other track")

// boxes calls f for each box in b.
func boxes(b []byte, f func(name string, body []byte) error) error {
	for len(b) > 0 {
		if len(b) < 8 {
			return fmt.Errorf("%d bytes after the last box: %w", len(b), ErrBroken)
		}
		size, header := uint64(binary.BigEndian.Uint32(b)), uint64(8)
		if size == 1 && len(b) >= 16 {
			size, header = binary.BigEndian.Uint64(b[8:]), 16
		}
		if size < header || size > uint64(len(b)) {
			return fmt.Errorf("box %q of %d bytes: %w", b[4:8], size, ErrBroken)
		}
		if err := f(string(b[4:8]), b[header:size]); err != nil {
			return err
		}
		b = b[size:]
	}
	return nil
}

// parseMovie finds the first video track in the body of a moov box.
func parseMovie(b []byte) (track, error) {
	var found *track
	trex := map[uint32][2]uint32{}
	err := boxes(b, func(name string, body []byte) error {
		switch name {
		case "trak":
			t, err := parseTrack(body)
			switch {
			case errors.Is(err, errOther):
			case err != nil:
				return err
			case found == nil:
				found = &t
			}
		case "mvex":
			return boxes(body, func(name string, body []byte) error {
				if name == "trex" && len(body) >= 24 {
					trex[binary.BigEndian.Uint32(body[4:])] = [2]uint32{binary.BigEndian.Uint32(body[12:]), binary.BigEndian.Uint32(body[16:])}
				}
				return nil
			})
		}
		return nil
	})
	if err != nil {
		return track{}, err
	}
	if found == nil {
		return track{}, fmt.Errorf("no track in H.264 or H.265: %w", ErrUnknown)
	}
	found.trex.duration, found.trex.size = trex[found.id][0], trex[found.id][1]
	return *found, nil
}

// parseTrack reads the body of a trak box.
func parseTrack(b []byte) (track, error) {
	var t track
	err := boxes(b, func(name string, body []byte) error {
		switch name {
		case "tkhd":
			at := 12
			if len(body) > 0 && body[0] == 1 {
				at = 20
			}
			if len(body) < at+4 {
				return fmt.Errorf("tkhd box of %d bytes: %w", len(body), ErrBroken)
			}
			t.id = binary.BigEndian.Uint32(body[at:])
		case "mdia":
			return t.media(body)
		}
		return nil
	})
	if err == nil && (t.codec == "" || t.timescale == 0) {
		err = errOther
	}
	return t, err
}

// media reads the body of a mdia box.
func (t *track) media(b []byte) error {
	return boxes(b, func(name string, body []byte) error {
		switch name {
		case "mdhd":
			at := 12
			if len(body) > 0 && body[0] == 1 {
				at = 20
			}
			if len(body) < at+4 {
				return fmt.Errorf("mdhd box of %d bytes: %w", len(body), ErrBroken)
			}
			t.timescale = binary.BigEndian.Uint32(body[at:])
		case "minf":
			return boxes(body, func(name string, body []byte) error {
				if name == "stbl" {
					return boxes(body, t.sampleBox)
				}
				return nil
			})
		}
		return nil
	})
}

// sampleBox takes a box below stbl.
func (t *track) sampleBox(name string, body []byte) error {
	switch name {
	case "stsd":
		return t.description(body)
	case "stts":
		t.table.stts = body
	case "ctts":
		t.table.ctts = body
	case "stsc":
		t.table.stsc = body
	case "stsz":
		t.table.stsz = body
	case "stco":
		t.table.stco = body
	case "co64":
		t.table.co64 = body
	case "stz2":
		return fmt.Errorf("compact sample sizes are not read: %w", ErrUnknown)
	}
	return nil
}

// visual is the length of the fields of a VisualSampleEntry before its boxes.
const visual = 78

// description reads a stsd box. Only tracks with one description are read: what
// follows of another coding could not be told apart.
func (t *track) description(b []byte) error {
	if len(b) < 8 {
		return fmt.Errorf("stsd box of %d bytes: %w", len(b), ErrBroken)
	}
	entries := 0
	return boxes(b[8:], func(name string, body []byte) error {
		var record string
		switch name {
		case "avc1", "avc3":
			t.codec, record = streams.H264, "avcC"
		case "hvc1", "hev1":
			t.codec, record = streams.H265, "hvcC"
		default:
			return errOther
		}
		if entries++; entries > 1 {
			return fmt.Errorf("several sample descriptions: %w", ErrUnknown)
		}
		if len(body) < visual {
			return fmt.Errorf("sample entry of %d bytes: %w", len(body), ErrBroken)
		}
		err := boxes(body[visual:], func(name string, body []byte) (err error) {
			if name == record {
				t.lengths, err = lengthSize(t.codec, body)
			}
			return err
		})
		if err == nil && t.lengths == 0 {
			err = fmt.Errorf("sample entry without %s: %w", record, ErrBroken)
		}
		return err
	})
}

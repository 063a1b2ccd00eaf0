package container

import (
	"bytes"

	"github.com/camfleet/camfleet/streams"
)

// sniff is how many bytes of a file show what it is.
const sniff = 64 << 10

// detect says what a file is that begins like this; "": none of the kinds.
func detect(head []byte) Kind {
	if bytes.HasPrefix(head, []byte{0x1a, 0x45, 0xdf, 0xa3}) {
		return Matroska
	}
	if len(head) >= 8 {
		switch string(head[4:8]) {
		case "ftyp", "styp", "moov", "moof", "mdat", "free", "skip", "wide", "sidx":
			return MP4
		}
	}
	if _, ok := firstStart(head); ok {
		return AnnexB
	}
	return ""
}

// firstStart returns the offset after the first start code, which only zeros
// may stand before (H.264 and H.265 B.1: leading_zero_8bits).
func firstStart(head []byte) (int, bool) {
	i := bytes.IndexByte(head, 1)
	if i < 2 || len(bytes.Trim(head[:i], "\x00")) > 0 {
		return 0, false
	}
	return i + 1, true
}

// codecOf tells H.264 from H.265 by the parameter sets and the first slices of
// an Annex B stream; "": neither. No header byte of the H.265 units looked for
// is one that an H.264 stream may have there, and the other way round.
func codecOf(head []byte) streams.Codec {
	for {
		i := bytes.Index(head, startCode())
		if i < 0 || i+5 > len(head) {
			return ""
		}
		head = head[i+3:]
		switch first, second := head[0], head[1]; {
		case second == 1 && (first == 0x40 || first == 0x42 || first == 0x44): // VPS, SPS, PPS of layer 0
			return streams.H265
		case second == 1 && (first == 0x26 || first == 0x28 || first == 0x2a): // IDR_W_RADL, IDR_N_LP, CRA
			return streams.H265
		case first == 0x67 || first == 0x27 || first == 0x47: // SPS
			return streams.H264
		case first == 0x65 || first == 0x25 || first == 0x45: // slice of an IDR picture
			return streams.H264
		}
	}
}

func startCode() []byte { return []byte{0, 0, 1} }

// NAL unit types: H.264 table 7-1, H.265 table 7-1.
const (
	h264Slice, h264IDR, h264SEI, h264SPS, h264PPS, h264AUD = 1, 5, 6, 7, 8, 9

	h265LastVCL, h265BLA, h265LastIRAP    = 31, 16, 21
	h265VPS, h265SPS, h265AUD, h265Prefix = 32, 33, 35, 39
)

// unitType returns the type of a NAL unit; -1 if it has no header.
func unitType(codec streams.Codec, nal []byte) int {
	switch {
	case codec == streams.H264 && len(nal) >= 1:
		return int(nal[0] & 0x1f)
	case codec == streams.H265 && len(nal) >= 2:
		return int(nal[0] >> 1 & 0x3f)
	}
	return -1
}

// isSlice reports whether a NAL unit is part of a coded picture.
func isSlice(codec streams.Codec, nal []byte) bool {
	t := unitType(codec, nal)
	if codec == streams.H264 {
		return t >= h264Slice && t <= h264IDR
	}
	return t >= 0 && t <= h265LastVCL
}

// startsGOP reports whether decoding can start at a NAL unit's picture.
func startsGOP(codec streams.Codec, nal []byte) bool {
	t := unitType(codec, nal)
	if codec == streams.H264 {
		return t == h264IDR
	}
	return t >= h265BLA && t <= h265LastIRAP
}

// firstOfPicture reports whether a slice is the first of its picture:
// first_mb_in_slice is 0, first_slice_segment_in_pic_flag is 1. Data
// partitions B and C never are.
func firstOfPicture(codec streams.Codec, nal []byte) bool {
	if codec == streams.H264 {
		t := unitType(codec, nal)
		return t != 3 && t != 4 && len(nal) > 1 && nal[1]&0x80 != 0
	}
	return len(nal) > 2 && nal[2]&0x80 != 0
}

// leads reports whether a NAL unit that is no slice begins a new access unit
// once there was a slice. H.264 7.4.1.2.3, H.265 7.4.2.4.4.
func leads(codec streams.Codec, nal []byte) bool {
	t := unitType(codec, nal)
	if codec == streams.H264 {
		return t >= h264SEI && t <= h264AUD || t >= 14 && t <= 18
	}
	return t >= h265VPS && t <= h265AUD || t == h265Prefix || t >= 41 && t <= 44 || t >= 48 && t <= 55
}

// pictured reports whether there is a slice among NAL units. A sample without
// one is no access unit.
func pictured(codec streams.Codec, nals [][]byte) bool {
	for _, nal := range nals {
		if isSlice(codec, nal) {
			return true
		}
	}
	return false
}

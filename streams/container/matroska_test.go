package container

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// element is an EBML element with a size of 8 bytes.
func element(id uint32, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	b := bytes.TrimLeft(binary.BigEndian.AppendUint32(nil, id), "\x00")
	b = append(b, 0x01)
	b = append(b, binary.BigEndian.AppendUint64(nil, uint64(len(body)))[1:]...)
	return append(b, body...)
}

// recording is a Matroska file with one H.264 track, made by parts of its
// TrackEntry, and clusters of unknown size.
func recording(entry []byte, clusters ...[]byte) []byte {
	track := element(idTrackEntry, element(idTrackNumber, []byte{2}), element(idTrackType, []byte{1}), element(idCodecID, []byte("V_MPEG4/ISO/AVC")),
		element(idCodecPrivate, []byte{1, 77, 0, 30, 0xff, 0xe0, 0}), entry)
	b := []byte{0x1a, 0x45, 0xdf, 0xa3, 0x80, 0x18, 0x53, 0x80, 0x67, 0xff}
	b = append(b, element(idTracks, track)...)
	for _, c := range clusters {
		b = append(append(b, 0x1f, 0x43, 0xb6, 0x75, 0xff), c...)
	}
	return b
}

func encoding(parts ...[]byte) []byte {
	return element(idEncodings, element(idEncoding, parts...))
}

func TestMatroskaBlocksAreRead(t *testing.T) {
	t.Parallel()
	slice := []byte{0, 0, 0, 3, 0x65, 0x88, 1}
	block := func(track, flags byte, frame []byte) []byte {
		return append([]byte{0x80 | track, 0xff, 0xfe, flags}, frame...) // 2 ticks before the cluster's time
	}
	stripped := encoding(element(idCompression, element(idCompressionAlgorithm, []byte{headerStripping}), element(idCompressionSetting, slice[:4])))
	zlib := encoding(element(idCompression, element(idCompressionAlgorithm, []byte{0})))
	at := element(idTimestamp, []byte{0x01, 0x00})
	want := [][]byte{{0x65, 0x88, 1}}
	for name, c := range map[string]struct {
		file []byte
		err  error // nil: one access unit
	}{
		"simple block":       {recording(nil, append(at, element(idSimpleBlock, block(2, 0x80, slice))...)), nil},
		"block group":        {recording(nil, append(at, element(idBlockGroup, element(idBlock, block(2, 0, slice)))...)), nil},
		"another track":      {recording(nil, append(at, append(element(idSimpleBlock, block(1, 0, slice)), element(idSimpleBlock, block(2, 0, slice))...)...)), nil},
		"header stripping":   {recording(stripped, append(at, element(idSimpleBlock, block(2, 0, slice[4:]))...)), nil},
		"compressed":         {recording(zlib, nil), ErrUnknown},
		"lacing":             {recording(nil, append(at, element(idSimpleBlock, block(2, 0x02, slice))...)), ErrUnknown},
		"block without head": {recording(nil, append(at, element(idSimpleBlock, []byte{0x82, 0})...)), ErrBroken},
		"NAL unit too long":  {recording(nil, append(at, element(idSimpleBlock, block(2, 0, slice[:5]))...)), ErrBroken},
		"block cut off":      {recording(nil, append(at, element(idSimpleBlock, block(2, 0, slice))[:14]...)), ErrBroken},
	} {
		r, err := Open(bytes.NewReader(c.file), int64(len(c.file)), Limits{})
		if err == nil {
			au, e := r.Next()
			if err = e; err == nil {
				if diff := cmp.Diff(want, au.NALs); diff != "" || au.Time.UnixMilli() != 254 || !au.Key {
					t.Errorf("%s: at %v: %s", name, au.Time, diff)
				}
			}
		}
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

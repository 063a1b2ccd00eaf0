package container

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/camfleet/camfleet/streams"
)

func box(name string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
	return append(append(b, name...), body...)
}

func words(n ...uint32) []byte {
	var b []byte
	for _, w := range n {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	return b
}

// movie is an MP4 file with one track of these tables, and boxes after it.
func movie(tables []byte, after ...[]byte) []byte {
	entry := box("avc1", make([]byte, visual), box("avcC", []byte{1, 77, 0, 30, 0xff, 0xe0, 0}))
	stbl := box("stbl", box("stsd", words(0, 1), entry), tables)
	mdia := box("mdia", box("mdhd", words(0, 0, 0, 1000, 0, 0)), box("minf", stbl))
	trak := box("trak", box("tkhd", words(0, 0, 0, 1, 0, 0)), mdia)
	return append(append(box("ftyp", []byte("isom")), box("moov", trak)...), bytes.Join(after, nil)...)
}

// TestTablesThatClaimTooMuchCostNothing: each of these small files claims
// billions of samples, bytes or rows.
func TestTablesThatClaimTooMuchCostNothing(t *testing.T) {
	t.Parallel()
	const most = 1<<32 - 1
	chunks := bytes.Join([][]byte{box("stsc", words(0, 1, 1, most, 1)), box("stco", words(0, 1, 0))}, nil)
	fragment := func(flags uint32, rest ...uint32) []byte {
		return box("moof", box("traf", box("tfhd", words(tfhdSize, 1, 0)), box("trun", append(words(flags, most), words(rest...)...))))
	}
	mkv := []byte{0x1a, 0x45, 0xdf, 0xa3, 0x80, 0x18, 0x53, 0x80, 0x67, 0xff}
	for name, b := range map[string][]byte{
		"samples without bytes": movie(append(box("stsz", words(0, 0, most)), chunks...)),
		"samples of one byte":   movie(append(box("stsz", words(0, 1, most)), chunks...)),
		"samples of 4 GB":       movie(append(box("stsz", words(0, most, most)), chunks...)),
		"sizes that lack":       movie(append(box("stsz", words(0, 0, most, 7)), chunks...)),
		"chunks that lack":      movie(append(box("stsz", words(0, 1, most)), box("stco", words(0, most, 0))...)),
		"runs of nothing":       movie(nil, fragment(0)),
		"runs that lack":        movie(nil, fragment(trunSize, 1, 2)),
		"box of 2^63":           append(words(1), append([]byte("moov"), words(0x7fffffff, most)...)...),
		"box beyond the end":    append(words(most), []byte("moov")...),
		"element of 2^55":       append(mkv, 0x16, 0x54, 0xae, 0x6b, 0x01, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
		"tracks of no size":     append(mkv, 0x16, 0x54, 0xae, 0x6b, 0xff),
	} {
		if n, err := drain(b, Limits{}); n != 0 || !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %d access units, %v", name, n, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, codec := range []streams.Codec{streams.H264, streams.H265} {
		file := encode(f, codec)
		f.Add(byteStream(f, codec, file)[:3000])
		for _, c := range [][]string{{"a.mp4"}, {"f.mp4", "-movflags", "+frag_keyframe+empty_moov"}, {"a.mkv"}} {
			f.Add(remux(f, file, c[0], append(c[1:], "-frames:v", "3")...))
		}
	}
	f.Add(movie(append(box("stsz", words(0, 1, 4)), box("stco", words(0, 1, 0))...)))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Open(bytes.NewReader(b), int64(len(b)), Limits{})
		total := 0
		for n := 0; err == nil; n++ {
			au, e := r.Next()
			if err = e; err != nil {
				break
			}
			for _, nal := range au.NALs {
				if len(nal) == 0 {
					t.Fatal("empty NAL unit")
				}
				total += len(nal)
			}
			if n > len(b) || total > len(b)+1<<20 {
				t.Fatalf("%d access units of %d bytes from %d", n, total, len(b))
			}
		}
	})
}

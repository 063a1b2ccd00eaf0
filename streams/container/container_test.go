package container

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/codec/ffmpegtest"
)

// pictures is how many the test streams have.
const pictures = 30

// encode has ffmpeg make an MP4 file of 30 pictures with B pictures and several
// slices.
func encode(t testing.TB, codec streams.Codec) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "encoded.mp4")
	args := []string{
		"-v", "error", "-nostdin", "-f", "lavfi", "-i", fmt.Sprintf("testsrc=size=320x192:rate=10:duration=%d", pictures/10),
		"-threads", "1", "-pix_fmt", "yuv420p",
	}
	if codec == streams.H264 {
		args = append(args, "-c:v", "libx264", "-x264-params", "slices=3:bframes=2:keyint=10:aud=1:log=-1")
	} else {
		args = append(args, "-c:v", "libx265", "-x265-params", "slices=2:bframes=2:keyint=10:aud=1:open-gop=0:info=0:hrd=1:vbv-maxrate=2000:vbv-bufsize=2000:log-level=none:pools=1")
	}
	ffmpegtest.Run(t, nil, "ffmpeg", append(args, path)...)
	return load(t, path)
}

func load(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// remux has ffmpeg put an MP4 file into another kind of file.
func remux(t testing.TB, file []byte, name string, args ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.mp4"), filepath.Join(dir, name)
	if err := os.WriteFile(in, file, 0o600); err != nil {
		t.Fatal(err)
	}
	all := append([]string{"-v", "error", "-nostdin", "-i", in, "-c", "copy"}, args...)
	ffmpegtest.Run(t, nil, "ffmpeg", append(all, out)...)
	return load(t, out)
}

// byteStream is a file as Annex B.
func byteStream(t testing.TB, codec streams.Codec, file []byte) []byte {
	t.Helper()
	if codec == streams.H265 {
		return remux(t, file, "a.h265", "-f", "hevc")
	}
	return remux(t, file, "a.h264", "-f", "h264")
}

// read reads a whole file.
func read(t testing.TB, b []byte) (*Reader, []*streams.AccessUnit) {
	t.Helper()
	r, err := Open(bytes.NewReader(b), int64(len(b)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var all []*streams.AccessUnit
	for {
		au, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r, all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, au)
	}
}

// content is what media signing looks at in access units: slices and SEIs, but
// for the SEI of active parameter sets, which ffmpeg adds to Annex B.
func content(codec streams.Codec, aus []*streams.AccessUnit) [][]string {
	var out [][]string
	for _, au := range aus {
		var nals []string
		for _, nal := range au.NALs {
			t := unitType(codec, nal)
			if isSlice(codec, nal) || codec == streams.H264 && t == h264SEI || codec == streams.H265 && t == h265Prefix && nal[2] != 129 {
				nals = append(nals, string(bytes.TrimRight(nal, "\x00")))
			}
		}
		out = append(out, nals)
	}
	return out
}

func TestEveryContainerHoldsTheSameAccessUnits(t *testing.T) {
	t.Parallel()
	for _, codec := range []streams.Codec{streams.H264, streams.H265} {
		t.Run(string(codec), func(t *testing.T) {
			t.Parallel()
			file := encode(t, codec)
			r, plain := read(t, byteStream(t, codec, file))
			if r.Kind() != AnnexB || r.Codec() != codec || len(plain) != pictures {
				t.Fatalf("%s %s of %d access units, want %d", r.Kind(), r.Codec(), len(plain), pictures)
			}
			want := content(codec, plain)
			for _, nals := range want {
				if len(nals) < 2 {
					t.Fatalf("access unit of %d slices and SEIs", len(nals))
				}
			}
			for _, c := range []struct {
				name string
				kind Kind
				args []string
			}{
				{"plain.mp4", MP4, nil},
				{"fast.mp4", MP4, []string{"-movflags", "+faststart"}},
				{"fragments.mp4", MP4, []string{"-movflags", "+frag_keyframe+empty_moov+default_base_moof"}},
				{"pictures.mp4", MP4, []string{"-movflags", "+frag_every_frame"}},
				{"quicktime.mov", MP4, nil},
				{"plain.mkv", Matroska, nil},
				{"live.mkv", Matroska, []string{"-live", "1"}},
			} {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					r, got := read(t, remux(t, file, c.name, c.args...))
					if r.Kind() != c.kind || r.Codec() != codec {
						t.Errorf("%s %s", r.Kind(), r.Codec())
					}
					if diff := cmp.Diff(want, content(codec, got)); diff != "" {
						t.Error(diff)
					}
					checkTimes(t, got)
				})
			}
		})
	}
}

// checkTimes wants pictures that are shown every tenth of a second, in an order
// that is not the order of decoding.
func checkTimes(t *testing.T, aus []*streams.AccessUnit) {
	t.Helper()
	var times []time.Time
	keys := 0
	for i, au := range aus {
		times = append(times, au.Time)
		if au.Key {
			keys++
		}
		if au.Frame != uint32(i) {
			t.Errorf("access unit %d is number %d", i, au.Frame)
		}
	}
	if keys != pictures/10 {
		t.Errorf("%d key pictures", keys)
	}
	if slices.IsSortedFunc(times, time.Time.Compare) {
		t.Error("the B pictures are shown in the order of decoding")
	}
	slices.SortFunc(times, time.Time.Compare)
	for i := range times[1:] {
		if d := times[i+1].Sub(times[i]); d < 99*time.Millisecond || d > 101*time.Millisecond {
			t.Errorf("picture %d is shown %v after the one before", i+1, d)
		}
	}
}

func TestFrameRateOfAnnexBComesFromTheParameterSets(t *testing.T) {
	t.Parallel()
	for _, codec := range []streams.Codec{streams.H264, streams.H265} {
		_, aus := read(t, byteStream(t, codec, encode(t, codec)))
		if got := aus[len(aus)-1].Time.Sub(aus[0].Time); got != (pictures-1)*100*time.Millisecond {
			t.Errorf("%s lasts %v", codec, got)
		}
	}
}

func TestWhatIsNoVideoIsUnknown(t *testing.T) {
	t.Parallel()
	audio := filepath.Join(t.TempDir(), "a.mp4")
	ffmpegtest.Run(t, nil, "ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac", audio)
	mpeg4 := filepath.Join(t.TempDir(), "v.mkv")
	ffmpegtest.Run(t, nil, "ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc=duration=1:size=64x64", "-c:v", "mpeg4", mpeg4)
	for name, b := range map[string][]byte{
		"nothing":      nil,
		"text":         []byte("RTSP/1.0 200 OK\r\n"),
		"zeros":        make([]byte, 1000),
		"start code":   {0, 0, 1, 9, 0xf0, 0, 0, 1, 9, 0x10},
		"audio":        load(t, audio),
		"other codec":  load(t, mpeg4),
		"ftyp alone":   []byte("\x00\x00\x00\x08ftyp"),
		"EBML alone":   {0x1a, 0x45, 0xdf, 0xa3, 0x80},
		"empty moov":   []byte("\x00\x00\x00\x08moov"),
		"empty tracks": {0x1a, 0x45, 0xdf, 0xa3, 0x80, 0x16, 0x54, 0xae, 0x6b, 0x80},
	} {
		if _, err := Open(bytes.NewReader(b), int64(len(b)), Limits{}); !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// drain reads a file up to its end or first error.
func drain(b []byte, l Limits) (int, error) {
	r, err := Open(bytes.NewReader(b), int64(len(b)), l)
	for n := 0; ; n++ {
		if err == nil {
			_, err = r.Next()
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

func TestLimitsHold(t *testing.T) {
	t.Parallel()
	file := encode(t, streams.H264)
	files := map[string][]byte{"a.h264": byteStream(t, streams.H264, file), "a.mp4": file, "a.mkv": remux(t, file, "a.mkv")}
	for name, b := range files {
		prefix, extra := 4, 0
		if name == "a.h264" {
			prefix, extra = 0, chunk // the scanner reads that much ahead
		}
		_, aus := read(t, b)
		large, most := 0, 0
		for _, au := range aus {
			size := 0
			for _, nal := range au.NALs {
				size += prefix + len(nal)
			}
			large, most = max(large, size), max(most, len(au.NALs))
		}
		for _, c := range []struct {
			what string
			l    Limits
			err  error
		}{
			{"size", Limits{Unit: large + extra}, nil},
			{"size+1", Limits{Unit: large - 1}, ErrLimit},
			{"NALs", Limits{NALs: most}, nil},
			{"NALs+1", Limits{NALs: most - 1}, ErrLimit},
		} {
			if n, err := drain(b, c.l); !errors.Is(err, c.err) {
				t.Errorf("%s, %s: after %d access units: %v", name, c.what, n, err)
			}
		}
	}
	if _, err := drain(files["a.mp4"], Limits{Index: 100}); !errors.Is(err, ErrLimit) {
		t.Errorf("large moov: %v", err)
	}
	if _, err := drain(files["a.mkv"], Limits{Index: 10}); !errors.Is(err, ErrLimit) {
		t.Errorf("large Tracks: %v", err)
	}
}

func TestCutFilesEndWithAnErrorOrEarly(t *testing.T) {
	t.Parallel()
	file := encode(t, streams.H264)
	for name, b := range map[string][]byte{
		"a.mp4":  remux(t, file, "a.mp4", "-movflags", "+faststart"),
		"f.mp4":  remux(t, file, "f.mp4", "-movflags", "+frag_keyframe+empty_moov"),
		"a.mkv":  remux(t, file, "a.mkv"),
		"a.h264": byteStream(t, streams.H264, file),
	} {
		for cut := len(b) * 9 / 10; cut > 0; cut -= len(b)/50 + 1 {
			n, err := drain(b[:cut], Limits{})
			if n > pictures || err == nil && n == pictures {
				t.Errorf("%s cut at %d: %d access units", name, cut, n)
			}
			if err != nil && !errors.Is(err, ErrBroken) && !errors.Is(err, ErrUnknown) {
				t.Errorf("%s cut at %d: %v", name, cut, err)
			}
		}
	}
}

func TestWhatGStreamerWritesIsRead(t *testing.T) {
	t.Parallel()
	file := encode(t, streams.H264)
	_, want := read(t, byteStream(t, streams.H264, file))
	dir := t.TempDir()
	in := filepath.Join(dir, "in.mp4")
	if err := os.WriteFile(in, file, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, mux := range [][]string{{"matroskamux"}, {"matroskamux", "streamable=true"}, {"mp4mux"}, {"mp4mux", "fragment-duration=500"}} {
		out := filepath.Join(dir, "out")
		args := append([]string{"-q", "filesrc", "location=" + in, "!", "qtdemux", "!", "h264parse", "!"}, mux...)
		ffmpegtest.Run(t, nil, "gst-launch-1.0", append(args, "!", "filesink", "location="+out)...)
		if _, got := read(t, load(t, out)); len(got) != len(want) {
			t.Errorf("%q: %d access units, want %d", mux, len(got), len(want))
		}
	}
}

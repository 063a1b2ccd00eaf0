package live

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/codec/ffmpegtest"
	"github.com/camfleet/camfleet/streams/codec/h264"
	"github.com/camfleet/camfleet/streams/scene"
	"github.com/camfleet/camfleet/streams/strip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func mustNew(t testing.TB, o Options) *Picture {
	t.Helper()
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustNext(t testing.TB, p *Picture, n uint32, at time.Time, key bool) *streams.AccessUnit {
	t.Helper()
	au, err := p.Next(n, at, key)
	if err != nil {
		t.Fatal(err)
	}
	return au
}

// raster is what a picture shows, drawn without the code under test.
func raster(t testing.TB, o Options, n uint32, at time.Time, name string) []byte {
	t.Helper()
	o = o.withDefaults()
	w, err := scene.NewWorld(o.Scene, o.Seed)
	if err != nil {
		t.Fatal(err)
	}
	b, err := scene.NewBackdrop(w, o.Width, o.Height)
	if err != nil {
		t.Fatal(err)
	}
	p := scene.NewPainter(b)
	p.Draw(scene.Moment{Name: name, Camera: o.Camera, Stream: o.Stream, Frame: n, Time: at})
	return p.Canvas().I420(nil)
}

// TestFFmpegShowsExactlyTheScene plays streams of all places and profiles, and
// of odd sizes, through renames and a pause in which nobody watched.
func TestFFmpegShowsExactlyTheScene(t *testing.T) {
	t.Parallel()
	for i, o := range []Options{
		{},
		{Width: 640, Height: 360, GOP: 7, H264Profile: h264.Main, Camera: 1, Stream: 1},
		{Width: 1280, Height: 720, FPS: 30, H264Profile: h264.High, Camera: 2, Stream: 15},
		{Width: 702, Height: 574, FPS: 5, GOP: 3, Camera: 3, Seed: [32]byte{9}},
		{Width: 160, Height: 120, Camera: 65535, GOP: 300},
		{Width: 3840, Height: 2160, Camera: 5, GOP: 2},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			p := mustNew(t, o)
			o := o.withDefaults()
			pictures := 12
			switch {
			case o.Width < 700:
				pictures = 60
			case o.Width > 2000:
				pictures = 3
			}
			var stream, want []byte
			at := testTime
			for n := range uint32(pictures) {
				name := "cam " + strings.Repeat("ab", int(n/4)%5)
				if err := p.SetName(name); err != nil {
					t.Fatal(err)
				}
				if n == 5 {
					p.Release()
				}
				au := mustNext(t, p, n*1000, at, n == 8)
				if wantKey := n == 0 || n == 5 || n == 8; wantKey && !au.Key {
					t.Errorf("picture %d isn't a key picture", n)
				}
				if au.Frame != n*1000 || !au.Time.Equal(at) {
					t.Errorf("picture %d says frame %d at %v", n, au.Frame, au.Time)
				}
				stream = append(stream, ffmpegtest.AnnexB(au.NALs)...)
				if n%4 == 3 || pictures < 60 {
					want = append(want, raster(t, o, n*1000, at, name)...)
				}
				at = at.Add(time.Second / time.Duration(o.FPS))
			}
			got := ffmpegtest.Decode(t, "h264", "yuv420p", stream)
			size := o.Width * o.Height * 3 / 2
			if len(got) != size*pictures {
				t.Fatalf("%d bytes decoded, want %d", len(got), size*pictures)
			}
			for n := range pictures {
				if pictures >= 60 && n%4 != 3 {
					continue
				}
				if !bytes.Equal(got[n*size:(n+1)*size], want[:size]) {
					t.Fatalf("picture %d differs", n)
				}
				want = want[size:]
			}
		})
	}
}

// TestStripTellsAStrangerWhatIsShown reads camera, stream, number and instant
// out of decoded pictures, after a second coder has scaled and spoilt them.
func TestStripTellsAStrangerWhatIsShown(t *testing.T) {
	t.Parallel()
	p := mustNew(t, Options{Camera: 4711, Stream: 3, Name: "x"})
	var stream []byte
	for n := range uint32(6) {
		stream = append(stream, ffmpegtest.AnnexB(mustNext(t, p, n+70000, testTime.Add(time.Duration(n)*40*time.Millisecond), false).NALs)...)
	}
	spoilt := ffmpegtest.Run(t, stream, "ffmpeg", "-nostdin", "-v", "error", "-f", "h264", "-i", "pipe:0", "-fps_mode", "passthrough",
		"-vf", "scale=960:540", "-c:v", "mpeg2video", "-q:v", "12", "-f", "mpegts", "pipe:1")
	luma := ffmpegtest.Run(t, spoilt, "ffmpeg", "-nostdin", "-v", "error", "-f", "mpegts", "-i", "pipe:0", "-fps_mode", "passthrough",
		"-f", "rawvideo", "-pix_fmt", "gray", "pipe:1")
	if len(luma) != 6*960*540 {
		t.Fatalf("%d bytes", len(luma))
	}
	for n := range uint32(6) {
		got, err := strip.DecodeScaled(strip.Luma{Pix: luma[n*960*540:][:960*540], Stride: 960, Width: 960, Height: 540}, 1920, 1080)
		if err != nil {
			t.Fatal(err)
		}
		want := strip.Mark{Camera: 4711, Stream: 3, Frame: n + 70000, Time: testTime.Add(time.Duration(n) * 40 * time.Millisecond)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestOneSeedGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	run := func(seed byte, stills bool) (stream []byte) {
		p := mustNew(t, Options{Width: 640, Height: 360, Seed: [32]byte{seed}, GOP: 4, Scene: scene.Park})
		at := testTime
		for n := range uint32(12) {
			if stills {
				if _, err := p.JPEG(99-n, at.Add(-time.Hour), 50); err != nil {
					t.Fatal(err)
				}
			}
			stream = append(stream, ffmpegtest.AnnexB(mustNext(t, p, n, at, false).NALs)...)
			at = at.Add(40 * time.Millisecond)
		}
		return stream
	}
	first := run(1, false)
	if !bytes.Equal(first, run(1, false)) {
		t.Error("the second time differs")
	}
	if !bytes.Equal(first, run(1, true)) {
		t.Error("stills change the video")
	}
	if bytes.Equal(first, run(2, false)) {
		t.Error("another seed gives the same")
	}
}

func TestAccessUnitsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	p := mustNew(t, Options{Width: 640, Height: 360, GOP: 5})
	var units []*streams.AccessUnit
	var copies [][]byte
	for n := range uint32(30) {
		au := mustNext(t, p, n, testTime.Add(time.Duration(n)*time.Second), false)
		units, copies = append(units, au), append(copies, ffmpegtest.AnnexB(au.NALs))
		if n%11 == 10 {
			p.Release()
		}
	}
	for i, au := range units {
		if !bytes.Equal(ffmpegtest.AnnexB(au.NALs), copies[i]) {
			t.Errorf("access unit %d changed", i)
		}
	}
}

func TestStillShowsTheSameScene(t *testing.T) {
	t.Parallel()
	o := Options{Width: 640, Height: 360, Camera: 6, Stream: 1, Name: "still"}
	p := mustNew(t, o)
	file, err := p.JPEG(42, testTime, 90)
	if err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	got, err := strip.DecodeImage(img)
	want := strip.Mark{Camera: 6, Stream: 1, Frame: 42, Time: testTime}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	luma := strip.LumaOf(img)
	exact := raster(t, o, 42, testTime, "still")
	far := 0
	for y := range 360 {
		for x := range 640 {
			full := (int(exact[y*640+x]) - 16) * 255 / 219
			if d := full - int(luma.Pix[y*luma.Stride+x]); d < -40 || d > 40 {
				far++
			}
		}
	}
	if far*100 > 640*360 {
		t.Errorf("%d of %d pixels are far off", far, 640*360)
	}
	for _, quality := range []int{0, 101} {
		if _, err := p.JPEG(1, testTime, quality); err == nil {
			t.Errorf("quality %d accepted", quality)
		}
	}
}

func TestJPEGStreamsHaveWholeFiles(t *testing.T) {
	t.Parallel()
	p := mustNew(t, Options{Width: 320, Height: 180, Codec: streams.JPEG, Camera: 2})
	if diff := cmp.Diff(streams.Format{Codec: streams.JPEG, Width: 320, Height: 180, FPS: 25}, p.Format()); diff != "" {
		t.Error(diff)
	}
	var stream []byte
	for n := range uint32(5) {
		au := mustNext(t, p, n, testTime, false)
		if !au.Key || len(au.NALs) != 1 {
			t.Errorf("key %v, %d parts", au.Key, len(au.NALs))
		}
		stream = append(stream, au.NALs[0]...)
	}
	if got := ffmpegtest.Decode(t, "mjpeg", "yuvj420p", stream); len(got) != 5*320*180*3/2 {
		t.Errorf("%d bytes decoded", len(got))
	}
}

func TestNothingIsHeldWhileNobodyWatches(t *testing.T) {
	t.Parallel()
	p := mustNew(t, Options{Width: 640, Height: 360})
	empty := func() bool { return p.video.painter == nil && p.still.painter == nil && p.backdrop.shared == nil }
	if !empty() {
		t.Error("a new picture holds a canvas")
	}
	mustNext(t, p, 1, testTime, false)
	if _, err := p.JPEG(1, testTime, 50); err != nil {
		t.Fatal(err)
	}
	if empty() {
		t.Error("nothing was kept for the next picture")
	}
	p.Release()
	if !empty() {
		t.Error("a released picture holds a canvas")
	}
	if !mustNext(t, p, 2, testTime, false).Key {
		t.Error("the picture after a release isn't a key picture")
	}
}

// TestPictureIsSafeForManyHands uses everything at once; the race detector judges.
func TestPictureIsSafeForManyHands(t *testing.T) {
	t.Parallel()
	p := mustNew(t, Options{Width: 320, Height: 180})
	var group sync.WaitGroup
	for hand := range 5 {
		group.Go(func() {
			for n := range uint32(30) {
				var err error
				switch hand {
				case 0:
					_, err = p.Next(n, testTime, false)
				case 1:
					_, err = p.JPEG(n, testTime, 50)
				case 2:
					err = p.SetName(fmt.Sprint("name ", n))
				case 3:
					_, err = p.Objects(testTime)
				case 4:
					p.Release()
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}

func TestGroundTruthIsThatOfTheScene(t *testing.T) {
	t.Parallel()
	main := mustNew(t, Options{Seed: [32]byte{4}})
	sub := mustNew(t, Options{Seed: [32]byte{4}, Width: 640, Height: 360})
	a, err := main.Objects(testTime)
	if err != nil {
		t.Fatal(err)
	}
	b, err := sub.Objects(testTime)
	if err != nil {
		t.Fatal(err)
	}
	ids := func(all []scene.Object) (out []int) {
		for _, o := range all {
			out = append(out, o.ID)
		}
		return out
	}
	if len(a) < 2 || !cmp.Equal(ids(a), ids(b)) {
		t.Errorf("main stream shows %v, sub stream %v", a, b)
	}
}

func TestFormatHasTheParameterSetsOfTheStream(t *testing.T) {
	t.Parallel()
	p := mustNew(t, Options{FPS: 30})
	got := p.Format()
	want := streams.Format{Codec: streams.H264, Width: 1920, Height: 1080, FPS: 30}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(streams.Format{}, "ParameterSets")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(mustNext(t, p, 0, testTime, false).NALs[1:3], got.ParameterSets); diff != "" {
		t.Error(diff)
	}
}

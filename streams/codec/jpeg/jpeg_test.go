package jpeg

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/camfleet/camfleet/streams/codec/ffmpegtest"
	"github.com/camfleet/camfleet/streams/scene"
	"github.com/camfleet/camfleet/streams/strip"
)

// picture is a drawn scene.
func picture(t testing.TB, kind scene.Kind, width, height int) *scene.Canvas {
	t.Helper()
	w, err := scene.NewWorld(kind, [32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := scene.NewBackdrop(w, width, height)
	if err != nil {
		t.Fatal(err)
	}
	p := scene.NewPainter(b)
	p.Draw(scene.Moment{Name: "cam-0001", Camera: 7, Stream: 2, Frame: 4711, Time: time.UnixMilli(1780000000123)})
	return p.Canvas()
}

// decode decodes a file with Go's decoder.
func decode(t testing.TB, file []byte) *image.YCbCr {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return img.(*image.YCbCr)
}

// converted returns the canvas as it should come out.
func converted(c *scene.Canvas) *scene.Canvas {
	out := c.Clone()
	for i := range c.MBs {
		convert(&out.MBs[i], &c.MBs[i])
	}
	return out
}

// flat returns the planes of a decoded picture one after the other.
func flat(img *image.YCbCr) (out []byte) {
	b := img.Bounds()
	for y := range b.Dy() {
		out = append(out, img.Y[y*img.YStride:][:b.Dx()]...)
	}
	for _, plane := range [][]byte{img.Cb, img.Cr} {
		for y := range b.Dy() / 2 {
			out = append(out, plane[y*img.CStride:][:b.Dx()/2]...)
		}
	}
	return out
}

// psnr is the peak signal to noise ratio of b to a in dB.
func psnr(a, b []byte) float64 {
	sum := 0.0
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	if sum == 0 {
		return 99
	}
	return 10 * math.Log10(255*255*float64(len(a))/sum)
}

func TestGoAndFFmpegDecodeThePicture(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind          scene.Kind
		width, height int
		quality       int
		least         float64 // dB
	}{
		{scene.Street, 1920, 1080, 90, 42}, {scene.Park, 640, 360, 75, 34}, {scene.Harbour, 638, 358, 100, 48},
		{scene.Warehouse, 320, 180, 50, 28}, {scene.Street, 160, 120, 1, 12}, {scene.Park, 1282, 722, 80, 38},
	} {
		canvas := picture(t, c.kind, c.width, c.height)
		file, err := Encode(canvas, c.quality)
		if err != nil {
			t.Fatal(err)
		}
		want := converted(canvas).I420(nil)
		byGo := flat(decode(t, file))
		byFFmpeg := ffmpegtest.Decode(t, "mjpeg", "yuvj420p", file)
		for name, got := range map[string][]byte{"go": byGo, "ffmpeg": byFFmpeg} {
			if len(got) != len(want) {
				t.Fatalf("%s: %d bytes, want %d", name, len(got), len(want))
			}
			if db := psnr(want, got); db < c.least {
				t.Errorf("%s %dx%d quality %d by %s: %.1f dB, want %.1f", c.kind, c.width, c.height, c.quality, name, db, c.least)
			}
		}
	}
}

func TestAnyCanvasComesOutNearly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := scene.NewCanvas(2*rapid.IntRange(1, 60).Draw(t, "w"), 2*rapid.IntRange(1, 60).Draw(t, "h"))
		noise := rapid.SliceOfN(rapid.Byte(), 24, 24*8).Draw(t, "cells")
		for i := range c.MBs {
			for j := range c.MBs[i] {
				c.MBs[i][j] = 16 + noise[(i*24+j)%len(noise)]%220
			}
		}
		file, err := Encode(c, 100)
		if err != nil {
			t.Fatal(err)
		}
		img, err := jpeg.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		want, got := converted(c).I420(nil), flat(img.(*image.YCbCr))
		for i := range want {
			if d := int(want[i]) - int(got[i]); d < -4 || d > 4 {
				t.Fatalf("sample %d is %d, want %d", i, got[i], want[i])
			}
		}
	})
}

func TestFlatAreasAreExactFromQuality76(t *testing.T) {
	t.Parallel()
	for _, quality := range []int{76, 80, 90, 100} {
		c := scene.NewCanvas(256, 256)
		for i := range c.MBs {
			for j := range 16 {
				c.MBs[i][j] = byte(i)
			}
			for j := range 4 {
				c.MBs[i][scene.Cb+j], c.MBs[i][scene.Cr+j] = byte(96+i%64), byte(160-i%64)
			}
		}
		file, err := Encode(c, quality)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(flat(decode(t, file)), converted(c).I420(nil)) {
			t.Errorf("quality %d isn't exact", quality)
		}
	}
}

// TestColoursSurvive compares colours seen with the colours meant: BT.709
// limited range in, JFIF out.
func TestColoursSurvive(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		y, cb, cr byte
		r, g, b   uint8
	}{
		"white": {235, 128, 128, 255, 255, 255}, "black": {16, 128, 128, 0, 0, 0}, "grey": {126, 128, 128, 128, 128, 128},
		"red": {63, 102, 240, 255, 0, 0}, "green": {173, 42, 26, 0, 255, 0}, "blue": {32, 240, 118, 0, 0, 255},
	} {
		canvas := scene.NewCanvas(16, 16)
		for j := range 16 {
			canvas.MBs[0][j] = c.y
		}
		for j := range 4 {
			canvas.MBs[0][scene.Cb+j], canvas.MBs[0][scene.Cr+j] = c.cb, c.cr
		}
		file, err := Encode(canvas, 100)
		if err != nil {
			t.Fatal(err)
		}
		r, g, b, _ := decode(t, file).At(5, 5).RGBA()
		for i, pair := range [3][2]int{{int(r >> 8), int(c.r)}, {int(g >> 8), int(c.g)}, {int(b >> 8), int(c.b)}} {
			if d := pair[0] - pair[1]; d < -4 || d > 4 {
				t.Errorf("%s: channel %d is %d, want %d", name, i, pair[0], pair[1])
			}
		}
	}
}

func TestStripOfAFileIsRead(t *testing.T) {
	t.Parallel()
	for _, quality := range []int{1, 10, 50, 100} {
		file, err := Encode(picture(t, scene.Street, 640, 360), quality)
		if err != nil {
			t.Fatal(err)
		}
		got, err := strip.DecodeImage(decode(t, file))
		if err != nil {
			t.Fatalf("quality %d: %v", quality, err)
		}
		want := strip.Mark{Camera: 7, Stream: 2, Frame: 4711, Time: time.UnixMilli(1780000000123).UTC()}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("quality %d: %s", quality, diff)
		}
	}
}

// TestFileHasTheShapeThatRFC2435Needs looks at the segments: one frame of type
// 4:2:0, restart intervals of one row, the restart markers in turn.
func TestFileHasTheShapeThatRFC2435Needs(t *testing.T) {
	t.Parallel()
	file, err := Encode(picture(t, scene.Street, 640, 360), 60)
	if err != nil {
		t.Fatal(err)
	}
	var markers []byte
	at := 2
	for file[at+1] != 0xDA {
		size := int(file[at+2])<<8 | int(file[at+3])
		markers = append(markers, file[at+1])
		body := file[at+4 : at+2+size]
		switch file[at+1] {
		case 0xC0:
			if want := []byte{8, 1, 104, 2, 128, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1}; !bytes.Equal(body, want) {
				t.Errorf("SOF0 %x, want %x", body, want)
			}
		case 0xDD:
			if !bytes.Equal(body, []byte{0, 40}) {
				t.Errorf("DRI %x", body)
			}
		}
		at += 2 + size
	}
	if want := []byte{0xE0, 0xDB, 0xDB, 0xC0, 0xC4, 0xC4, 0xC4, 0xC4, 0xDD}; !bytes.Equal(markers, want) {
		t.Errorf("segments %x, want %x", markers, want)
	}
	at += 2 + int(file[at+2])<<8 + int(file[at+3])
	var restarts []byte
	for i := at; i < len(file)-1; i++ {
		if file[i] == 0xFF && file[i+1] != 0 {
			restarts = append(restarts, file[i+1])
		}
	}
	var want []byte
	for row := range 22 {
		want = append(want, 0xD0+byte(row%8))
	}
	if want = append(want, 0xD9); !bytes.Equal(restarts, want) {
		t.Errorf("markers %x, want %x", restarts, want)
	}
}

func TestQualityAndSizeAreLimited(t *testing.T) {
	t.Parallel()
	c := scene.NewCanvas(16, 16)
	for quality, ok := range map[int]bool{-1: false, 0: false, 1: true, 100: true, 101: false} {
		if _, err := Encode(c, quality); (err == nil) != ok {
			t.Errorf("quality %d: %v", quality, err)
		}
	}
	c.Width = 1 << 16
	if _, err := Encode(c, 50); err == nil {
		t.Error("65536 pixels coded")
	}
}

// FuzzEncode lets the fuzzer choose cells and quality; Go decodes.
func FuzzEncode(f *testing.F) {
	f.Add([]byte{1, 2, 3}, uint8(50))
	f.Add(bytes.Repeat([]byte{0, 255}, 200), uint8(99))
	f.Fuzz(func(t *testing.T, data []byte, quality uint8) {
		c := scene.NewCanvas(48, 48)
		for i := range c.MBs {
			n := copy(c.MBs[i][:], data)
			data = data[n:]
		}
		file, err := Encode(c, 1+int(quality)%100)
		if err != nil {
			t.Fatal(err)
		}
		decode(t, file)
	})
}

func BenchmarkEncode(b *testing.B) {
	for _, size := range [][2]int{{640, 360}, {1920, 1080}} {
		b.Run(map[int]string{360: "360p", 1080: "1080p"}[size[1]], func(b *testing.B) {
			c := picture(b, scene.Street, size[0], size[1])
			b.SetBytes(int64(size[0] * size[1] * 3 / 2))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Encode(c, 80); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

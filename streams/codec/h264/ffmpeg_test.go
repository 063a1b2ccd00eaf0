package h264

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/camfleet/camfleet/streams/codec/ffmpegtest"
	"github.com/camfleet/camfleet/streams/scene"
)

// content draws one picture of a test sequence on c.
type content func(r *rng, c *scene.Canvas)

func touchSome(r *rng, c *scene.Canvas, n int, fill func(*scene.MB)) {
	for range n {
		fill(c.Touch(int(r.next() % uint64(len(c.MBs)))))
	}
}

// contents are kinds of pictures from the kindest to the worst.
func contents() map[string]content {
	return map[string]content{
		"still": func(*rng, *scene.Canvas) {},
		"flat": func(r *rng, c *scene.Canvas) {
			touchSome(r, c, 20, func(mb *scene.MB) { fillFlat(r, mb) })
		},
		"text": func(r *rng, c *scene.Canvas) {
			touchSome(r, c, 20, func(mb *scene.MB) { fillTwoTone(r, mb, 32, 224) })
		},
		"smooth": func(r *rng, c *scene.Canvas) {
			touchSome(r, c, 20, func(mb *scene.MB) { fillAround(r, mb, 8) })
		},
		"noise everywhere": func(r *rng, c *scene.Canvas) {
			for i := range c.MBs {
				fillNoise(r, c.Touch(i))
			}
		},
		"extremes": func(r *rng, c *scene.Canvas) {
			touchSome(r, c, len(c.MBs)/2, func(mb *scene.MB) { fillTwoTone(r, mb, 0, 255) })
			touchSome(r, c, len(c.MBs)/8, func(mb *scene.MB) { fillOverflow(r, mb) })
		},
	}
}

// TestFFmpegDecodesEveryPictureExactly compares whole sequences with the
// canvases they were coded from, byte for byte.
func TestFFmpegDecodesEveryPictureExactly(t *testing.T) {
	t.Parallel()
	sizes := []Config{
		{Width: 16, Height: 16, FPS: 25, GOP: 5},
		{Width: 160, Height: 120, FPS: 25, GOP: 600, Profile: Main},
		{Width: 352, Height: 288, FPS: 30, GOP: 7, Profile: High},
		{Width: 638, Height: 358, FPS: 25, GOP: 50},
		{Width: 640, Height: 360, FPS: 25, GOP: 1},
		{Width: 1920, Height: 1080, FPS: 25, GOP: 3, Profile: High},
	}
	for _, config := range sizes {
		for name, draw := range contents() {
			t.Run(fmt.Sprintf("%dx%d GOP %d %s", config.Width, config.Height, config.GOP, name), func(t *testing.T) {
				t.Parallel()
				pictures := 9
				if config.Width > 1000 {
					pictures = 4
				}
				if config.GOP > 1<<log2MaxFrameNum { // frame_num wraps
					pictures = config.GOP
				}
				exact(t, config, pictures, draw)
			})
		}
	}
}

// exact codes pictures and lets ffmpeg decode them.
func exact(t *testing.T, config Config, pictures int, draw content) {
	t.Helper()
	stream, want := sequence(t, config, pictures, draw)
	got := ffmpegtest.Decode(t, "h264", "yuv420p", stream)
	if !bytes.Equal(got, want) {
		t.Fatalf("decoded %d bytes, want %d; first difference at %d", len(got), len(want), firstDifference(got, want))
	}
}

// sequence returns the byte stream of a coded sequence and its raster.
func sequence(t testing.TB, config Config, pictures int, draw content) (stream, raster []byte) {
	t.Helper()
	e, err := NewEncoder(config)
	if err != nil {
		t.Fatal(err)
	}
	r := &rng{uint64(config.Width)}
	c := scene.NewCanvas(config.Width, config.Height)
	for i := range c.MBs {
		fillAround(r, c.Touch(i), 16)
	}
	e.SetMemo(NewMemo(c.Clone()))
	for range pictures {
		c.Begin()
		draw(r, c)
		c.Settle()
		nals, _, err := e.Encode(c, false)
		if err != nil {
			t.Fatal(err)
		}
		stream = append(stream, ffmpegtest.AnnexB(nals)...)
		raster = c.I420(raster)
	}
	return stream, raster
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

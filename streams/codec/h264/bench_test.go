package h264

import (
	"testing"

	"github.com/camfleet/camfleet/streams/scene"
)

// BenchmarkP codes a 1080p picture in which 45 macroblocks changed.
func BenchmarkP(b *testing.B) { benchmark(b, 45, false) }

// BenchmarkSkip codes a 1080p picture in which nothing changed.
func BenchmarkSkip(b *testing.B) { benchmark(b, 0, false) }

// BenchmarkIDR codes a 1080p IDR picture that has a memo, 45 macroblocks off.
func BenchmarkIDR(b *testing.B) { benchmark(b, 45, true) }

func benchmark(b *testing.B, count int, key bool) {
	e, err := NewEncoder(Config{Width: 1920, Height: 1080, FPS: 25, GOP: maxGOP})
	if err != nil {
		b.Fatal(err)
	}
	c, r := scene.NewCanvas(1920, 1080), &rng{1}
	for i := range c.MBs {
		if i%4 == 0 {
			fillTwoTone(r, c.Touch(i), 64, 128)
		}
	}
	e.SetMemo(NewMemo(c.Clone()))
	if _, _, err := e.Encode(c, true); err != nil {
		b.Fatal(err)
	}
	c.Begin()
	touchSome(r, c, count, func(mb *scene.MB) { fillTwoTone(r, mb, 32, 224) })
	b.SetBytes(1920 * 1080 * 3 / 2)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := e.Encode(c, key); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMemo codes the memo of a 1080p background.
func BenchmarkMemo(b *testing.B) {
	c, r := scene.NewCanvas(1920, 1080), &rng{1}
	for i := range c.MBs {
		if i%4 == 0 {
			fillTwoTone(r, c.Touch(i), 64, 128)
		}
	}
	for b.Loop() {
		NewMemo(c)
	}
}

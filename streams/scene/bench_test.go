package scene

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkDraw draws consecutive pictures.
func BenchmarkDraw(b *testing.B) {
	for _, size := range [][2]int{{640, 360}, {1920, 1080}, {3840, 2160}} {
		for _, kind := range Kinds() {
			b.Run(fmt.Sprintf("%dp/%s", size[1], kind), func(b *testing.B) {
				p := NewPainter(backdrop(b, kind, 1, size[0], size[1]))
				m := Moment{Name: "cam-0001", Time: noon}
				changed := 0
				b.ReportAllocs()
				b.SetBytes(int64(size[0] * size[1] * 3 / 2))
				for b.Loop() {
					m.Frame++
					m.Time = m.Time.Add(40 * time.Millisecond)
					p.Draw(m)
					changed += p.Canvas().CountChanged()
				}
				b.ReportMetric(float64(changed)/float64(m.Frame), "MBs/op")
			})
		}
	}
}

// BenchmarkBackdrop paints a background, as for the first picture of a camera.
func BenchmarkBackdrop(b *testing.B) {
	w, err := NewWorld(Street, [32]byte{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NewBackdrop(w, 1920, 1080); err != nil {
			b.Fatal(err)
		}
	}
}

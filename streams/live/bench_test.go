package live

import (
	"fmt"
	"testing"
	"time"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/scene"
)

// BenchmarkNext makes a whole picture: draw and code, one IDR picture in 50.
func BenchmarkNext(b *testing.B) {
	for _, size := range [][2]int{{640, 360}, {1920, 1080}, {3840, 2160}} {
		for _, kind := range scene.Kinds() {
			b.Run(fmt.Sprintf("%dp/%s", size[1], kind), func(b *testing.B) {
				benchmarkNext(b, Options{Name: "cam-0001", Width: size[0], Height: size[1], Scene: kind}, false)
			})
		}
	}
}

// BenchmarkIDR makes a whole IDR picture each time.
func BenchmarkIDR(b *testing.B) {
	for _, size := range [][2]int{{640, 360}, {1920, 1080}} {
		b.Run(fmt.Sprintf("%dp", size[1]), func(b *testing.B) {
			benchmarkNext(b, Options{Name: "cam-0001", Width: size[0], Height: size[1]}, true)
		})
	}
}

// BenchmarkMJPEG makes the pictures of a JPEG stream.
func BenchmarkMJPEG(b *testing.B) {
	for _, size := range [][2]int{{640, 360}, {1920, 1080}} {
		b.Run(fmt.Sprintf("%dp", size[1]), func(b *testing.B) {
			benchmarkNext(b, Options{Name: "cam-0001", Width: size[0], Height: size[1], Codec: streams.JPEG}, false)
		})
	}
}

// BenchmarkFirst makes the first picture after nobody watched.
func BenchmarkFirst(b *testing.B) {
	p, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for n := range b.N {
		p.Release()
		if _, err := p.Next(uint32(n), testTime, false); err != nil {
			b.Fatal(err)
		}
	}
}

var testTime = time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.UTC)

func benchmarkNext(b *testing.B, o Options, key bool) {
	p, err := New(o)
	if err != nil {
		b.Fatal(err)
	}
	at := testTime
	if _, err := p.Next(0, at, true); err != nil {
		b.Fatal(err)
	}
	bytes, keys, keyBytes := 0, 0, 0
	b.SetBytes(int64(o.Width * o.Height * 3 / 2))
	b.ReportAllocs()
	n := uint32(0)
	for b.Loop() {
		n++
		at = at.Add(40 * time.Millisecond)
		au, err := p.Next(n, at, key)
		if err != nil {
			b.Fatal(err)
		}
		size := 0
		for _, nal := range au.NALs {
			size += len(nal)
		}
		if au.Key {
			keys, keyBytes = keys+1, keyBytes+size
		} else {
			bytes += size
		}
	}
	if keys > 0 {
		b.ReportMetric(float64(keyBytes)/float64(keys), "key-bytes")
	}
	if int(n) > keys {
		b.ReportMetric(float64(bytes)/float64(int(n)-keys), "P-bytes")
	}
}

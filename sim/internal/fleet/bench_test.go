package fleet

import (
	"runtime"
	"testing"

	"github.com/camfleet/camfleet/sim/api"
)

// BenchmarkStart starts and stops fleets of fifty cameras of one profile
// each, and says what a camera costs that nobody looks at: heap of this process
// and goroutines. Most of the time is the TPMs making keys, RSA above all; their
// processes are not in the figures.
func BenchmarkStart(b *testing.B) {
	const n = 50
	for _, profile := range showcase() {
		b.Run(profile, func(b *testing.B) {
			heap, goroutines := 0.0, 0.0
			for b.Loop() {
				before, running := live(), runtime.NumGoroutine()
				f, err := New(Config{Config: api.Config{N: n, Profiles: []string{profile}}, ControlURL: controlURL})
				if err != nil {
					b.Fatal(err)
				}
				if err := f.Start(b.Context()); err != nil {
					b.Fatal(err)
				}
				heap += live() - before
				goroutines += float64(runtime.NumGoroutine() - running)
				if err := f.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(heap/1024/n/float64(b.N), "heap-kB/camera")
			b.ReportMetric(goroutines/n/float64(b.N), "goroutines/camera")
			b.ReportMetric(b.Elapsed().Seconds()*1000/n/float64(b.N), "ms/camera")
		})
	}
}

// live is the size of the reachable heap in bytes.
func live() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

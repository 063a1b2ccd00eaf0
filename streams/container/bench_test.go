package container

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/camfleet/camfleet/streams"
)

// BenchmarkRead reads a whole file of each kind; BenchmarkRead/copy is the
// floor: the bytes alone.
func BenchmarkRead(b *testing.B) {
	file := encode(b, streams.H264)
	files := map[string][]byte{"mp4": file, "matroska": remux(b, file, "a.mkv"), "annexb": byteStream(b, streams.H264, file)}
	for name, data := range files {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				r, err := Open(bytes.NewReader(data), int64(len(data)), Limits{})
				for err == nil {
					_, err = r.Next()
				}
				if !errors.Is(err, io.EOF) {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("copy", func(b *testing.B) {
		b.SetBytes(int64(len(file)))
		for b.Loop() {
			if _, err := io.Copy(io.Discard, struct{ io.Reader }{bytes.NewReader(file)}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

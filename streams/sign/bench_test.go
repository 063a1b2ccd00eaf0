package sign_test

import (
	"crypto/elliptic"
	"testing"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

// second is one GOP of 1080p25 at 4 Mbit/s.
func second() []*streams.AccessUnit {
	return film(shape{streams.H264, []int{25}, 1, 20_000})
}

// BenchmarkSign is the cost of one picture of 1080p25 at 4 Mbit/s with GOPs of
// one second, the signature by a P-256 key in software; bytes/s is what signing
// adds to the stream.
func BenchmarkSign(b *testing.B) {
	i := newAuthority(b).identity(b, newKey(b, elliptic.P256()))
	for name, c := range map[string]sign.Config{"every SEI whole": {}, "low bitrate": {LowBitrate: true, CertificateSEI: true}} {
		b.Run(name, func(b *testing.B) {
			c.Codec, c.Identity, c.Inline = streams.H264, i, true
			s, err := sign.NewSigner(c)
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			all := second()
			before, after := 0, 0
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				au := all[n%len(all)]
				out, err := s.Sign(au)
				if err != nil {
					b.Fatal(err)
				}
				before, after = before+size(au), after+size(out)
			}
			b.ReportMetric(float64(after-before)/float64(b.N)*25, "bytes/s")
			b.ReportMetric(float64(before)/float64(b.N)*25, "unsigned-bytes/s")
		})
	}
}

// BenchmarkVerify is the cost of one such picture for the verifier.
func BenchmarkVerify(b *testing.B) {
	i := newAuthority(b).identity(b, newKey(b, elliptic.P256()))
	all := signAll(b, sign.Config{Codec: streams.H264, Identity: i, Inline: true}, film(shape{streams.H264, []int{25, 25, 25, 25}, 1, 20_000}))
	b.ReportAllocs()
	for b.Loop() {
		run(sign.VerifierConfig{Codec: streams.H264}, all)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(all)), "ns/frame")
}

func size(au *streams.AccessUnit) (n int) {
	for _, nal := range au.NALs {
		n += len(nal)
	}
	return n
}

package sign_test

import (
	"bytes"
	"crypto/elliptic"
	"errors"
	"testing"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

func FuzzParseSEI(f *testing.F) {
	i := newAuthority(f).identity(f, newKey(f, elliptic.P256()))
	for _, c := range []sign.Config{{}, {LowBitrate: true}, {CertificateSEI: true}, {PartialGOP: 2}} {
		for _, codec := range []streams.Codec{streams.H264, streams.H265} {
			c.Codec, c.Identity, c.Inline = codec, i, true
			for _, au := range signAll(f, c, film(shape{codec, []int{3, 3, 3}, 1, 20})) {
				for _, nal := range au.NALs {
					if sign.IsSEI(codec, nal) {
						f.Add(nal, codec == streams.H265)
					}
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, nal []byte, h265 bool) {
		codec := streams.H264
		if h265 {
			codec = streams.H265
		}
		kept := bytes.Clone(nal)
		s, err := sign.ParseSEI(codec, nal)
		if !bytes.Equal(kept, nal) {
			t.Fatal("the NAL unit was changed")
		}
		if err != nil {
			if !errors.Is(err, sign.ErrSEI) {
				t.Fatal(err)
			}
			return
		}
		if s.Signature != nil {
			if document, err := s.Document(); err != nil || len(document) == 0 {
				t.Fatalf("no document: %v", err)
			}
		}
		s.Edit()
		again, err := s.NAL()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, err := sign.ParseSEI(codec, again); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}

// FuzzVerifier feeds a verifier with streams whose bytes were changed.
func FuzzVerifier(f *testing.F) {
	i := newAuthority(f).identity(f, newKey(f, elliptic.P256()))
	var stream []byte
	for _, au := range signAll(f, sign.Config{Codec: streams.H264, Identity: i, Inline: true, PartialGOP: 2}, film(shape{streams.H264, []int{3, 1, 2, 3}, 2, 20})) {
		for _, nal := range au.NALs {
			stream = append(append(stream, 0, 0, 1), nal...)
		}
	}
	f.Add(stream)
	f.Fuzz(func(t *testing.T, b []byte) {
		var all []*streams.AccessUnit
		for _, nal := range annexB(append([]byte{0, 0, 1}, b...)) {
			all = append(all, &streams.AccessUnit{NALs: [][]byte{nal}})
		}
		verdicts, r := run(sign.VerifierConfig{Codec: streams.H264}, all)
		n := 0
		for _, of := range r.Counts {
			n += of
		}
		if n != len(verdicts) || r.Open > r.Frames {
			t.Fatalf("%d verdicts, counted %v; %d of %d open", len(verdicts), r.Counts, r.Open, r.Frames)
		}
	})
}

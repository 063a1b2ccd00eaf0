package sign_test

import (
	"bytes"
	"crypto/elliptic"
	"crypto/x509"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

// drawFilm draws a stream and how it is signed.
func drawFilm(t *rapid.T, i sign.Identity) (shape, sign.Config) {
	s := shape{
		codec:  rapid.SampledFrom([]streams.Codec{streams.H264, streams.H265}).Draw(t, "codec"),
		gops:   rapid.SliceOfN(rapid.IntRange(1, 12), 7, 9).Draw(t, "gops"),
		slices: rapid.IntRange(1, 4).Draw(t, "slices"),
		size:   rapid.IntRange(16, 64).Draw(t, "size"),
	}
	c := sign.Config{
		Codec: s.codec, Identity: i, Inline: true, Vendor: sign.Vendor{SerialNumber: "1"},
		LowBitrate:     rapid.Bool().Draw(t, "low bitrate"),
		CertificateSEI: rapid.Bool().Draw(t, "certificate SEI"),
		PartialGOP:     rapid.SampledFrom([]int{0, 1, 2, 3, 7}).Draw(t, "partial"),
	}
	return s, c
}

func run(c sign.VerifierConfig, all []*streams.AccessUnit) ([]sign.Verdict, sign.Report) {
	v, err := sign.NewVerifier(c)
	if err != nil {
		panic(err)
	}
	var verdicts []sign.Verdict
	for _, au := range all {
		verdicts = append(verdicts, v.Push(au)...)
	}
	rest, report := v.Close()
	return append(verdicts, rest...), report
}

// seis counts the SEIs about GOPs.
func seis(codec streams.Codec, all []*streams.AccessUnit) (n int) {
	for _, au := range all {
		for _, nal := range au.NALs {
			if s, err := sign.ParseSEI(codec, nal); err == nil && !s.Certificate {
				n++
			}
		}
	}
	return n
}

func TestUntouchedStreamsAreAuthentic(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	i := a.identity(t, newKey(t, elliptic.P256()))
	rapid.Check(t, func(t *rapid.T) {
		s, c := drawFilm(t, i)
		all := make([]*streams.AccessUnit, 0)
		plain := film(s)
		signer, err := sign.NewSigner(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, au := range plain {
			before := len(au.NALs)
			out, err := signer.Sign(au)
			if err != nil || len(au.NALs) != before {
				t.Fatalf("%v, or the picture was changed", err)
			}
			all = append(all, out)
		}
		signer.Close()
		join := 0
		if !c.CertificateSEI {
			join = rapid.IntRange(0, len(all)-1).Draw(t, "join")
		}
		verdicts, r := run(sign.VerifierConfig{Codec: s.codec, Roots: []*x509.Certificate{a.root}}, all[join:])
		for _, d := range verdicts {
			if d.Authenticity != sign.Authentic && d.Authenticity != sign.Unsigned || d.Authenticity == sign.Authentic && len(d.Reasons) > 0 {
				t.Fatalf("joined at %d: %+v", join, d)
			}
		}
		if join == 0 && (len(verdicts) != seis(s.codec, all) || r.Before > 0) {
			t.Fatalf("%d verdicts: want %d", len(verdicts), seis(s.codec, all))
		}
		if len(verdicts)+r.Before > 0 && r.Counts[sign.Unsigned] == 0 && r.Provenance != sign.Trusted {
			t.Fatalf("provenance %q", r.Provenance)
		}
	})
}

// touch changes one covered picture or the SEI in it; it returns how it is called.
func touch(t *rapid.T, codec streams.Codec, all []*streams.AccessUnit, at int) ([]*streams.AccessUnit, string) {
	all = slices.Clone(all)
	au := *all[at]
	au.NALs = slices.Clone(au.NALs)
	all[at] = &au
	covered := slices.DeleteFunc(indexes(len(au.NALs)), func(i int) bool { return !isCovered(codec, au.NALs[i]) })
	i := rapid.SampledFrom(covered).Draw(t, "NAL unit")
	ways := []string{"flip", "repeat", "insert"}
	if at > 0 { // without its first picture a stream is one that was joined later
		ways = append(ways, "swap", "lose NAL unit", "lose picture")
	}
	what := rapid.SampledFrom(ways).Draw(t, "touch")
	switch what {
	case "flip":
		nal := bytes.Clone(au.NALs[i])
		from, to := 4, len(nal)-2 // after what makes it the NAL unit that it is
		if sign.IsSEI(codec, nal) {
			from, to = 30, len(nal)-12 // the padding after the signature may be anything
		}
		nal[rapid.IntRange(from, to).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		au.NALs[i] = nal
	case "lose NAL unit":
		au.NALs = slices.Delete(au.NALs, i, i+1)
	case "lose picture":
		all = slices.Delete(all, at, at+1)
	case "repeat":
		all = slices.Insert(all, at, all[at])
	case "swap":
		all[at], all[at+1] = all[at+1], all[at]
	case "insert":
		foreign := film(shape{codec: codec, gops: []int{2}, slices: 1, size: 20})[1]
		all = slices.Insert(all, at+1, foreign)
	}
	return all, what
}

func indexes(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

func isCovered(codec streams.Codec, nal []byte) bool {
	if codec == streams.H265 {
		return nal[0]>>1 < 32 || sign.IsSEI(codec, nal)
	}
	return nal[0]&0x1f <= 5 || sign.IsSEI(codec, nal)
}

func TestTouchedStreamsAreNotAuthentic(t *testing.T) {
	t.Parallel()
	i := newAuthority(t).identity(t, newKey(t, elliptic.P256()))
	rapid.Check(t, func(t *rapid.T) {
		s, c := drawFilm(t, i)
		signer, err := sign.NewSigner(c)
		if err != nil {
			t.Fatal(err)
		}
		var all []*streams.AccessUnit
		for _, au := range film(s) {
			out, err := signer.Sign(au)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, out)
		}
		signer.Close()
		verdicts, _ := run(sign.VerifierConfig{Codec: s.codec}, all)
		last := verdicts[len(verdicts)-3].Last
		at := rapid.IntRange(0, last).Draw(t, "frame")
		touched, what := touch(t, s.codec, all, at)
		verdicts, r := run(sign.VerifierConfig{Codec: s.codec}, touched)
		if r.Authenticity == sign.Authentic || r.Authenticity == sign.Unsigned {
			t.Fatalf("%s at frame %d: %s %+v", what, at, r.Authenticity, verdicts)
		}
		if what == "flip" || what == "repeat" || what == "swap" || what == "insert" {
			if r.Authenticity != sign.NotAuthentic {
				t.Fatalf("%s at frame %d: %s %+v", what, at, r.Authenticity, verdicts)
			}
		}
		for _, d := range verdicts {
			if d.Authenticity != sign.Authentic && len(d.Reasons) == 0 {
				t.Fatalf("%s at frame %d: no reason for %+v", what, at, d)
			}
		}
	})
}

package sign_test

import (
	"crypto/elliptic"
	"slices"
	"testing"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

// TestEndOfAPartIsBlamedOnThatPart: GOPs of six pictures are signed in two
// parts, and the last picture of the third part, frame 8, is spoiled.
func TestEndOfAPartIsBlamedOnThatPart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spoil func(*studio)
		want  sign.Authenticity
		cause sign.Cause
		frame int
		next  sign.Authenticity // of the two parts after it; "": authentic
	}{
		"changed":                       {func(s *studio) { s.flip(8, 0) }, sign.NotAuthentic, sign.SliceChanged, 8, ""},
		"second slice changed":          {func(s *studio) { s.flip(8, 1) }, sign.NotAuthentic, sign.SliceChanged, 8, ""},
		"dropped":                       {func(s *studio) { s.film = slices.Delete(s.film, 8, 9) }, sign.AuthenticWithMissing, sign.SliceMissing, -1, ""},
		"dropped, and the next changed": {func(s *studio) { s.film = slices.Delete(s.film, 8, 9); s.flip(8, 0) }, sign.AuthenticWithMissing, sign.SliceMissing, -1, sign.NotAuthentic},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStudio(t, streams.H264, nil)
			i := s.a.identity(t, newKey(t, elliptic.P256()))
			s.film = signAll(t, sign.Config{Codec: s.codec, Identity: i, Inline: true, PartialGOP: 3}, film(shape{s.codec, []int{6, 6, 6, 6}, 2, 40}))
			tt.spoil(s)
			verdicts, r := run(sign.VerifierConfig{Codec: s.codec}, s.film)
			for _, d := range verdicts {
				want := sign.Authentic
				switch {
				case d.Counter == 3:
					want = tt.want
				case (d.Counter == 4 || d.Counter == 5) && tt.next != "": // the second for its link
					want = tt.next
				}
				if d.Authenticity != want || d.Counter == 3 && !has(d.Reasons, tt.cause, tt.frame) {
					t.Errorf("%+v: want %q", d, want)
				}
			}
			if len(verdicts) != 7 || r.Open == 0 {
				t.Errorf("%d verdicts, %d open", len(verdicts), r.Open)
			}
		})
	}
}

// TestHeldVerdictComesAtTheEndAtLast: no further SEI tells more.
func TestHeldVerdictComesAtTheEndAtLast(t *testing.T) {
	t.Parallel()
	s := newStudio(t, streams.H264, nil)
	i := s.a.identity(t, newKey(t, elliptic.P256()))
	s.film = signAll(t, sign.Config{Codec: s.codec, Identity: i, Inline: true, PartialGOP: 3}, film(shape{s.codec, []int{6, 6, 6, 6}, 2, 40}))[:11]
	s.film = slices.Delete(s.film, 8, 9)
	verdicts, _ := run(sign.VerifierConfig{Codec: s.codec}, s.film)
	if len(verdicts) != 3 || verdicts[2].Authenticity != sign.AuthenticWithMissing {
		t.Errorf("%+v", verdicts)
	}
}

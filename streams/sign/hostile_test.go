package sign_test

import (
	"bytes"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"testing"
	"time"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

// forgery is a stream that somebody without the camera's key has made from the
// camera's own streams.
type forgery struct {
	*studio
	bad map[int]bool // frames that the camera did not send, or not there
}

// take returns frames of the camera's stream, both ends included.
func (f *forgery) take(from, to int) []*streams.AccessUnit { return slices.Clone(f.film[from : to+1]) }

// fake returns a GOP that the camera never made, unsigned.
func (f *forgery) fake(pictures int) []*streams.AccessUnit {
	return film(shape{f.codec, []int{pictures}, 2, 60})
}

// second is another stream of the same camera at the same time: same key, same
// counters, other pictures.
func (f *forgery) second() []*streams.AccessUnit {
	i := sign.Identity{Key: f.key, Chain: f.chain()}
	return signAll(f.t, sign.Config{Codec: f.codec, Identity: i, Inline: true}, film(shape{f.codec, []int{5, 5, 5, 5, 5}, 2, 60}))
}

// chain is the one in the stream's SEIs.
func (f *forgery) chain() [][]byte {
	verdicts, r := run(sign.VerifierConfig{Codec: f.codec}, f.film)
	if len(verdicts) == 0 {
		f.t.Fatal("nothing is signed")
	}
	return raws(r.Certificates)
}

// splice makes the stream of pieces; the one of a number given is false.
func (f *forgery) splice(bad int, pieces ...[]*streams.AccessUnit) {
	f.film = nil
	for i, piece := range pieces {
		for _, au := range piece {
			if i == bad {
				f.bad[len(f.film)] = true
			}
			f.film = append(f.film, au)
		}
	}
}

// none of the pieces is false by itself.
const none = -1

// cut takes the SEI of a counter out of the stream and returns it.
func (f *forgery) cut(counter uint32) (nal []byte) {
	f.edit(counter, func(s *sign.SEI) [][]byte { nal, _ = s.NAL(); return nil })
	return nal
}

// put adds a NAL unit in front of a frame's slices.
func (f *forgery) put(frame int, nal []byte) {
	au := *f.film[frame]
	au.NALs = append([][]byte{nal}, au.NALs...)
	f.film[frame] = &au
}

// forgeries are made of a stream of five GOPs of five pictures, whose SEI number
// n, about GOP n from 1, is in the second picture of GOP n+1. What is not refused
// as a whole has its false frames where no verdict is about them.
func forgeries() map[string]func(*forgery) (refused bool) {
	return map[string]func(*forgery) bool{
		"SEI of another GOP in the place of its own": func(f *forgery) bool {
			other := f.cut(2)
			f.cut(3)
			f.put(16, other)
			return true
		},
		"SEIs of two GOPs exchanged": func(f *forgery) bool {
			a, b := f.cut(2), f.cut(3)
			f.put(11, b)
			f.put(16, a)
			return true
		},
		"hash list of another GOP in the SEI": func(f *forgery) bool {
			var list [][]byte
			f.edit(2, func(s *sign.SEI) [][]byte { list = s.Hashes; nal, _ := s.NAL(); return [][]byte{nal} })
			f.forge(3, nil, func(s *sign.SEI) { s.Hashes = list })
			return true
		},
		"all about another GOP under the SEI's signature": func(f *forgery) bool {
			var general *sign.General
			f.edit(2, func(s *sign.SEI) [][]byte { general = s.General; nal, _ := s.NAL(); return [][]byte{nal} })
			f.forge(3, nil, func(s *sign.SEI) { general.Counter = 3; s.General = general })
			return true
		},
		"earlier GOP repeated in the place of a later one": func(f *forgery) bool {
			f.splice(1, f.take(0, 14), f.take(5, 9), f.take(20, 24))
			return true
		},
		"earlier GOP repeated, its own SEI after it": func(f *forgery) bool {
			f.splice(1, f.take(0, 14), f.take(5, 11), f.take(17, 24))
			return true
		},
		"earlier GOPs repeated at the end": func(f *forgery) bool {
			f.splice(1, f.take(0, 24), f.take(5, 19))
			return true
		},
		"GOPs in another order": func(f *forgery) bool {
			f.splice(none, f.take(0, 4), f.take(10, 14), f.take(5, 9), f.take(15, 24))
			return true
		},
		"GOPs backwards": func(f *forgery) bool {
			f.splice(none, f.take(20, 24), f.take(15, 19), f.take(10, 14), f.take(5, 9), f.take(0, 4))
			return true
		},
		"pictures backwards": func(f *forgery) bool {
			slices.Reverse(f.film)
			return true
		},
		"spliced with another stream of the camera": func(f *forgery) bool {
			other := f.second()
			f.splice(none, f.take(0, 14), other[15:])
			return true
		},
		"GOP of another stream of the camera": func(f *forgery) bool {
			other := f.second()
			f.splice(1, f.take(0, 9), other[10:15], f.take(15, 24))
			return true
		},
		"GOP of another stream, the SEIs all of it": func(f *forgery) bool {
			other := f.second()
			f.splice(none, f.take(0, 9), other[10:16], other[16:17], f.take(17, 24))
			return true
		},
		"GOP put in": func(f *forgery) bool {
			f.splice(1, f.take(0, 14), f.fake(5), f.take(15, 24))
			return true
		},
		"GOP put in first": func(f *forgery) bool {
			f.splice(0, f.fake(5), f.take(5, 24))
			return true
		},
		"many GOPs put in first": func(f *forgery) bool {
			var fakes []*streams.AccessUnit
			for range 20 {
				fakes = append(fakes, f.fake(2)...)
			}
			f.splice(0, fakes, f.take(5, 24))
			return true
		},
		"GOP put in first, hidden as the one joined in": func(f *forgery) bool {
			f.splice(0, f.fake(3), f.take(5, 11))
			return true
		},
		"pictures that start no GOP put in first": func(f *forgery) bool {
			f.splice(0, f.fake(5)[1:], f.take(5, 24))
			return false
		},
		"pictures put in last": func(f *forgery) bool {
			f.splice(1, f.take(0, 24), f.fake(9)[1:])
			return false
		},
		"last GOP cut off": func(f *forgery) bool {
			f.splice(none, f.take(0, 22))
			return false
		},
		"GOP in the middle cut short": func(f *forgery) bool {
			f.splice(none, f.take(0, 12), f.take(15, 24))
			return true
		},
		"GOP taken out, all SEIs kept": func(f *forgery) bool {
			f.put(16, f.cut(2))
			f.splice(none, f.take(0, 9), f.take(15, 24))
			return true
		},
		"GOP replaced by a short one, all SEIs kept": func(f *forgery) bool {
			f.put(16, f.cut(2))
			f.splice(1, f.take(0, 9), f.fake(2), f.take(15, 24))
			return true
		},
		"GOP replaced by one as long, all SEIs kept": func(f *forgery) bool {
			f.put(16, f.cut(2))
			f.splice(1, f.take(0, 9), f.fake(5), f.take(15, 24))
			return true
		},
		"SEI twice at once": func(f *forgery) bool {
			f.edit(3, func(s *sign.SEI) [][]byte { nal, _ := s.NAL(); return [][]byte{nal, nal} })
			return true
		},
		"SEI again much later": func(f *forgery) bool {
			f.edit(2, func(s *sign.SEI) [][]byte { nal, _ := s.NAL(); f.put(22, nal); return [][]byte{nal} })
			return true
		},
		"SEI with more than it can hold": func(f *forgery) bool {
			nal := f.cut(3)
			f.put(16, slices.Concat(nal[:len(nal)-1], bytes.Repeat([]byte{0x55}, sign.MaxSEI), []byte{0x80}))
			return true
		},
		"SEI whose list is longer than the message": func(f *forgery) bool {
			nal := f.cut(3)
			at := bytes.LastIndex(nal[:len(nal)-75], []byte{2, 1, 0x41}) // 10 hashes and the version
			nal[at+1], nal[at+2] = 0xff, 0xf1
			f.put(16, nal)
			return true
		},
		"unsigned SEI of somebody else's": func(f *forgery) bool {
			f.edit(3, func(s *sign.SEI) [][]byte {
				real, _ := s.NAL()
				s.Edit()
				s.Signature, s.SignatureSize = nil, 0
				nal, _ := s.NAL()
				return [][]byte{nal, real}
			})
			return true
		},
		"unsigned SEI in the place of the signed one": func(f *forgery) bool {
			f.forge(3, nil, func(s *sign.SEI) { s.Signature, s.SignatureSize = nil, 0 })
			return true
		},
		"re-signed by another camera of the same root": func(f *forgery) bool {
			key := newKey(f.t, elliptic.P256())
			i := f.a.identity(f.t, key)
			f.forge(3, key, func(s *sign.SEI) { s.Chain = &sign.Chain{PEM: pemOf(i.Chain)} })
			return true
		},
		"certificates of another camera of the same root": func(f *forgery) bool {
			i := f.a.identity(f.t, newKey(f.t, elliptic.P256()))
			f.forge(3, nil, func(s *sign.SEI) { s.Chain = &sign.Chain{PEM: pemOf(i.Chain)} })
			return true
		},
		"certificate SEI of another camera, then SEIs without certificates": func(f *forgery) bool {
			key := newKey(f.t, elliptic.P256())
			i := f.a.identity(f.t, key)
			foreign := signAll(f.t, sign.Config{Codec: f.codec, Identity: i, Inline: true, CertificateSEI: true}, film(shape{f.codec, []int{5, 5, 5, 5, 5}, 2, 60}))
			for k, nal := range foreign[0].NALs {
				if sign.IsSEI(f.codec, nal) {
					f.put(11, foreign[0].NALs[k])
				}
			}
			f.splice(1, f.take(0, 14), foreign[15:20], f.take(20, 24))
			return true
		},
		"times moved": func(f *forgery) bool {
			f.forge(3, nil, func(s *sign.SEI) { s.General.Start -= 36e9; s.General.End -= 36e9 })
			return true
		},
	}
}

func TestForgeriesAreNeverAuthentic(t *testing.T) {
	t.Parallel()
	for name, forge := range forgeries() {
		for _, codec := range []streams.Codec{streams.H264, streams.H265} {
			t.Run(name+" "+string(codec), func(t *testing.T) {
				t.Parallel()
				f := &forgery{studio: newStudio(t, codec, nil), bad: map[int]bool{}}
				refused := forge(f)
				verdicts, r := run(sign.VerifierConfig{Codec: codec, Roots: []*x509.Certificate{f.a.root}}, f.film)
				if refused != (r.Authenticity != sign.Authentic) {
					t.Errorf("%q as a whole; %+v", r.Authenticity, verdicts)
				}
				judged := map[int]bool{}
				for _, d := range verdicts {
					for i := d.First; i >= 0 && i <= d.Last; i++ {
						judged[i] = true
						if f.bad[i] && d.Authenticity == sign.Authentic {
							t.Errorf("false frame %d is authentic: %+v", i, d)
						}
					}
				}
				for i := range f.bad {
					if open := i >= r.Frames-r.Open; !judged[i] && !open && i >= r.Skipped {
						t.Errorf("of false frame %d nothing is said", i)
					}
				}
			})
		}
	}
}

// TestNothingIsSaidOfWhatSigningLeavesOut: of slices that the reference does not
// hash either, and of pictures before the first GOP.
func TestNothingIsSaidOfWhatSigningLeavesOut(t *testing.T) {
	t.Parallel()
	for codec, kinds := range map[streams.Codec][][]byte{
		streams.H264: {{0x42, 0x80, 1}, {0x43, 0x80, 1}, {0x44, 0x80, 1}},
		streams.H265: {{2 << 1, 1, 0x80, 1}, {5 << 1, 1, 0x80, 1}, {9 << 1, 1, 0x80, 1}},
	} {
		s := newStudio(t, codec, nil)
		for _, nal := range kinds {
			s.film = slices.Insert(s.film, 8, &streams.AccessUnit{NALs: [][]byte{nal}})
		}
		if _, r := run(sign.VerifierConfig{Codec: codec}, s.film[2:]); r.Uncovered != 3 || r.Skipped != 3 {
			t.Errorf("%s: %d slices not covered, %d pictures skipped: want 3 and 3", codec, r.Uncovered, r.Skipped)
		}
		if _, r := run(sign.VerifierConfig{Codec: codec}, newStudio(t, codec, nil).film); r.Uncovered != 0 || r.Skipped != 0 {
			t.Errorf("%s: %d and %d of a whole stream", codec, r.Uncovered, r.Skipped)
		}
	}
}

// TestCopyOfTheGOPBeforeIsNotWhatAnEndSpeaksFor: the SEI that the reference
// signer ends a stream with repeats the hash of the GOP before, and only its
// list is new.
func TestCopyOfTheGOPBeforeIsNotWhatAnEndSpeaksFor(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		end  func(*studio) []*streams.AccessUnit
		want sign.Authenticity
	}{
		"its own pictures": {func(s *studio) []*streams.AccessUnit { return s.film[20:23] }, sign.Authentic},
		"a copy":           {func(s *studio) []*streams.AccessUnit { return s.film[15:20] }, sign.NotAuthentic},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStudio(t, streams.H264, nil)
			last, end := endOf(s)
			s.film = slices.Concat(s.film[:20], tt.end(s))
			s.film[21] = &streams.AccessUnit{NALs: append([][]byte{last}, covered(s.film[21])...), Time: noon().Add(time.Second)}
			s.film = append(s.film, &streams.AccessUnit{NALs: append([][]byte{end}, film(shape{streams.H264, []int{1}, 1, 40})[0].NALs...)})
			verdicts, _ := run(sign.VerifierConfig{Codec: streams.H264}, s.film)
			if got := verdicts[4]; got.Authenticity != tt.want {
				t.Errorf("%+v: want %q", got, tt.want)
			}
		})
	}
}

// endOf returns the SEI of the fourth GOP, and one for the first three pictures
// of the fifth as the reference signer makes it.
func endOf(s *studio) (last, end []byte) {
	var list [][]byte
	_, r := run(sign.VerifierConfig{Codec: s.codec}, s.film)
	whole := signAll(s.t, sign.Config{Codec: s.codec, Identity: sign.Identity{Key: s.key, Chain: raws(r.Certificates)}, Inline: true},
		film(shape{s.codec, []int{5, 5, 5, 5, 3, 1, 1}, 2, 40}))
	fifth := &studio{t: s.t, codec: s.codec, film: whole}
	fifth.edit(5, func(sei *sign.SEI) [][]byte { list = sei.Hashes; return nil })
	var linked []byte
	s.edit(4, func(sei *sign.SEI) [][]byte { last, _ = sei.NAL(); linked = sei.Hashes[0]; return [][]byte{last} })
	s.forge(4, s.key, func(sei *sign.SEI) {
		sei.General.Counter, sei.General.Linked, sei.Hashes = 5, linked, list
	})
	s.edit(5, func(sei *sign.SEI) [][]byte { end, _ = sei.NAL(); return nil })
	return last, end
}

func raws(certificates []*x509.Certificate) (all [][]byte) {
	for _, c := range certificates {
		all = append(all, c.Raw)
	}
	return all
}

// covered returns the slices of a picture.
func covered(au *streams.AccessUnit) [][]byte {
	return slices.DeleteFunc(slices.Clone(au.NALs), func(nal []byte) bool { return sign.IsSEI(streams.H264, nal) })
}

func pemOf(chain [][]byte) (text []byte) {
	for _, der := range chain {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return text
}

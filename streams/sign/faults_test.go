package sign_test

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

// studio makes signed streams of five GOPs of five pictures and spoils them.
type studio struct {
	t     *testing.T
	a     *authority
	key   crypto.Signer
	codec streams.Codec
	film  []*streams.AccessUnit // signed
}

// edit replaces the SEI of a counter by what change makes of it.
func (s *studio) edit(counter uint32, change func(*sign.SEI) [][]byte) {
	for i, au := range s.film {
		for k, nal := range au.NALs {
			sei, err := sign.ParseSEI(s.codec, nal)
			if err != nil || sei.General == nil || sei.General.Counter != counter {
				continue
			}
			out := *au
			out.NALs = slices.Replace(slices.Clone(au.NALs), k, k+1, change(sei)...)
			s.film[i] = &out
			return
		}
	}
	s.t.Fatalf("no SEI %d", counter)
}

// forge changes a SEI and signs it with a key.
func (s *studio) forge(counter uint32, key crypto.Signer, change func(*sign.SEI)) {
	s.edit(counter, func(sei *sign.SEI) [][]byte {
		sei.Edit()
		change(sei)
		if key != nil {
			if err := sei.Sign(key); err != nil {
				s.t.Fatal(err)
			}
		}
		nal, err := sei.NAL()
		if err != nil {
			s.t.Fatal(err)
		}
		return [][]byte{nal}
	})
}

func (s *studio) flip(frame, slice int) {
	au := *s.film[frame]
	au.NALs = slices.Clone(au.NALs)
	for i, nal := range au.NALs {
		if !isCovered(s.codec, nal) || sign.IsSEI(s.codec, nal) {
			continue
		}
		if slice--; slice < 0 {
			au.NALs[i] = bytes.Clone(nal)
			au.NALs[i][10] ^= 1
			s.film[frame] = &au
			return
		}
	}
}

// TestFaultsAreFoundAndNamed spoils the third GOP, frames 10 to 14.
func TestFaultsAreFoundAndNamed(t *testing.T) {
	t.Parallel()
	const ok, missing, not = sign.Authentic, sign.AuthenticWithMissing, sign.NotAuthentic
	type verdicts []sign.Authenticity
	for _, tt := range []struct {
		name  string
		spoil func(*studio)
		want  verdicts
		at    int // number of the verdict with the cause
		cause sign.Cause
		frame int // -2: any
	}{
		{"nothing", func(*studio) {}, verdicts{ok, ok, ok, ok}, 0, "", 0},
		{"byte of a P slice flipped", func(s *studio) { s.flip(12, 1) }, verdicts{ok, ok, not, ok}, 2, sign.SliceChanged, 12},
		{"byte of the IDR flipped", func(s *studio) { s.flip(10, 0) }, verdicts{ok, ok, not, not}, 2, sign.SliceChanged, 10},
		{"byte of the IDR flipped: link", func(s *studio) { s.flip(10, 0) }, verdicts{ok, ok, not, not}, 3, sign.LinkBroken, -2},
		{"frame dropped", func(s *studio) { s.film = slices.Delete(s.film, 12, 13) }, verdicts{ok, ok, missing, ok}, 2, sign.SliceMissing, -1},
		{"IDR dropped", func(s *studio) { s.film = slices.Delete(s.film, 10, 11) }, verdicts{ok, ok, not, not}, 2, sign.GOPChanged, -2},
		{"GOP dropped", func(s *studio) { s.film = slices.Delete(s.film, 10, 15) }, verdicts{ok, not, not}, 1, sign.CounterJumped, -2},
		{"frame repeated", func(s *studio) { s.film = slices.Insert(s.film, 13, s.film[12]) }, verdicts{ok, ok, not, ok}, 2, sign.SliceAdded, 13},
		{"frames swapped", func(s *studio) { s.film[12], s.film[13] = s.film[13], s.film[12] }, verdicts{ok, ok, not, ok}, 2, sign.SliceMoved, 13},
		{"wrong hash in the list", func(s *studio) {
			s.forge(3, s.key, func(sei *sign.SEI) { sei.Hashes[2][0] ^= 1 })
		}, verdicts{ok, ok, not, ok}, 2, sign.ListChanged, -2},
		{"wrong hash in the list, not signed", func(s *studio) {
			s.forge(3, nil, func(sei *sign.SEI) { sei.Hashes[2][0] ^= 1 })
		}, verdicts{ok, ok, not, ok}, 2, sign.SignatureWrong, 16},
		{"wrong signature", func(s *studio) {
			s.forge(3, nil, func(sei *sign.SEI) { sei.Signature[20] ^= 1 })
		}, verdicts{ok, ok, not, ok}, 2, sign.SignatureWrong, 16},
		{"counter jump", func(s *studio) {
			for n := uint32(4); n >= 3; n-- {
				s.forge(n, s.key, func(sei *sign.SEI) { sei.General.Counter += 7 })
			}
		}, verdicts{ok, ok, not, ok}, 2, sign.CounterJumped, 16},
		{"counter turned back", func(s *studio) {
			s.forge(3, s.key, func(sei *sign.SEI) { sei.General.Counter = 1 })
		}, verdicts{ok, ok, not, not}, 2, sign.SEIRepeated, 16},
		{"clock jump", func(s *studio) {
			s.forge(3, s.key, func(sei *sign.SEI) { sei.General.Start += 36e9; sei.General.End += 36e9 })
		}, verdicts{ok, ok, ok, ok}, 2, sign.TimeJumped, -2},
		{"time that ends before it starts", func(s *studio) {
			s.forge(3, s.key, func(sei *sign.SEI) { sei.General.End = sei.General.Start - 1 })
		}, verdicts{ok, ok, ok, ok}, 2, sign.TimeJumped, -2},
		{"GOP that lasts an hour", func(s *studio) {
			s.forge(3, s.key, func(sei *sign.SEI) { sei.General.End += 36e9 })
		}, verdicts{ok, ok, ok, ok}, 2, sign.TimeJumped, -2},
		{"SEI missing", func(s *studio) {
			s.edit(3, func(*sign.SEI) [][]byte { return nil })
		}, verdicts{ok, ok, not, ok}, 2, sign.SEIMissing, 10},
		{"SEI twice", func(s *studio) {
			s.edit(3, func(sei *sign.SEI) [][]byte { nal, _ := sei.NAL(); return [][]byte{nal, nal} })
		}, verdicts{ok, ok, ok, not}, 3, sign.SEIRepeated, 16},
		{"SEI late", func(s *studio) {
			var late [][]byte
			for n := uint32(3); n <= 4; n++ { // in order
				s.edit(n, func(sei *sign.SEI) [][]byte { nal, _ := sei.NAL(); late = append(late, nal); return nil })
			}
			au := *s.film[22]
			au.NALs = append(late, au.NALs...)
			s.film[22] = &au
		}, verdicts{ok, ok, ok, ok}, 2, sign.SEILate, 22},
		{"SEI unescaped", func(s *studio) {
			s.edit(3, func(sei *sign.SEI) [][]byte {
				nal, _ := sei.NAL()
				return [][]byte{bytes.ReplaceAll(nal, []byte{0, 0, 3}, []byte{0, 0})}
			})
		}, verdicts{ok, ok, not, ok}, 2, sign.SEIUnescaped, 16},
		{"SEI cut off", func(s *studio) {
			s.edit(3, func(sei *sign.SEI) [][]byte { nal, _ := sei.NAL(); return [][]byte{nal[:len(nal)/2]} })
		}, verdicts{ok, ok, not, ok}, 2, sign.SEIDamaged, 16},
		{"another camera's key from the third GOP on", func(s *studio) {
			other := s.a.identity(s.t, newKey(s.t, elliptic.P256()))
			signed := signAll(s.t, sign.Config{Codec: s.codec, Identity: other, Inline: true}, film(shape{s.codec, []int{5, 5, 5, 5, 5}, 2, 40}))
			copy(s.film[15:], signed[15:])
		}, verdicts{ok, ok, not, not}, 2, sign.KeyChanged, 16},
		{"changed after the last SEI", func(s *studio) { s.flip(23, 0) }, verdicts{ok, ok, ok, ok}, 0, "", 0},
	} {
		for _, codec := range []streams.Codec{streams.H264, streams.H265} {
			t.Run(tt.name+" "+string(codec), func(t *testing.T) {
				t.Parallel()
				s := newStudio(t, codec, nil)
				tt.spoil(s)
				got, _ := verify(t, sign.VerifierConfig{Codec: codec, Roots: []*x509.Certificate{s.a.root}}, s.film)
				var kinds verdicts
				for _, d := range got {
					kinds = append(kinds, d.Authenticity)
				}
				if !slices.Equal(kinds, tt.want) {
					t.Fatalf("verdicts %v: want %v; %+v", kinds, tt.want, got)
				}
				named := false
				for _, r := range got[tt.at].Reasons {
					named = named || r.Cause == tt.cause && (tt.frame == -2 || r.Frame == tt.frame) && r.Text != ""
				}
				if named != (tt.cause != "") {
					t.Errorf("reasons %+v: want %q in frame %d", got[tt.at].Reasons, tt.cause, tt.frame)
				}
			})
		}
	}
}

// newStudio signs a film; chain nil: that of the authority.
func newStudio(t *testing.T, codec streams.Codec, chain func(*studio) [][]byte) *studio {
	t.Helper()
	s := &studio{t: t, a: newAuthority(t), key: newKey(t, elliptic.P256()), codec: codec}
	i := s.a.identity(t, s.key)
	if chain != nil {
		i.Chain = chain(s)
	}
	s.film = signAll(t, sign.Config{Codec: codec, Identity: i, Inline: true}, film(shape{codec, []int{5, 5, 5, 5, 5}, 2, 40}))
	return s
}

func TestCertificatesAreJudgedWhenTheSEIWasMade(t *testing.T) {
	t.Parallel()
	leaf := func(change func(*x509.Certificate)) func(*studio) [][]byte {
		return func(s *studio) [][]byte {
			c := template("camera", false)
			change(c)
			return [][]byte{certify(s.t, c, s.a.intermediate, s.key, s.a.intermediateKey).Raw, s.a.intermediate.Raw}
		}
	}
	same := func(*x509.Certificate) {}
	for _, tt := range []struct {
		name  string
		chain func(*studio) [][]byte
		root  func(*studio) *x509.Certificate
		at    time.Time
		want  sign.Cause
	}{
		{name: "good", chain: leaf(same)},
		{name: "expired", chain: leaf(func(c *x509.Certificate) { c.NotAfter = noon().Add(-time.Hour) }), want: sign.CertificateExpired},
		{name: "expired since, but not then", chain: leaf(func(c *x509.Certificate) { c.NotAfter = noon().Add(time.Hour) })},
		{name: "expired at the time asked for", chain: leaf(func(c *x509.Certificate) { c.NotAfter = noon().Add(time.Hour) }), at: noon().AddDate(1, 0, 0), want: sign.CertificateExpired},
		{name: "root expired", chain: leaf(same), at: noon().AddDate(19, 0, 0), root: func(s *studio) *x509.Certificate {
			c := template("root", true)
			c.NotAfter = noon()
			return certify(s.t, c, nil, s.a.rootKey, s.a.rootKey)
		}, want: sign.CertificateExpired},
		{name: "not yet valid", chain: leaf(func(c *x509.Certificate) { c.NotBefore = noon().Add(time.Hour) }), want: sign.CertificateNotYetValid},
		{name: "revoked", chain: leaf(func(c *x509.Certificate) { c.SerialNumber = big.NewInt(666) }), want: sign.CertificateRevoked},
		{name: "revoked afterwards", chain: leaf(func(c *x509.Certificate) { c.SerialNumber = big.NewInt(667) })},
		{name: "chain incomplete", chain: func(s *studio) [][]byte { return leaf(same)(s)[:1] }, want: sign.ChainIncomplete},
		{name: "intermediate of somebody else", chain: func(s *studio) [][]byte {
			other := certify(s.t, template("unrelated", true), s.a.root, newKey(s.t, elliptic.P256()), s.a.rootKey)
			return [][]byte{leaf(same)(s)[0], other.Raw}
		}, want: sign.ChainIncomplete},
		{name: "somebody else's beside them", chain: func(s *studio) [][]byte {
			other := certify(s.t, template("unrelated", true), s.a.root, newKey(s.t, elliptic.P256()), s.a.rootKey)
			return append(leaf(same)(s), other.Raw)
		}, want: sign.CertificateUnfit},
		{name: "wrong order", chain: func(s *studio) [][]byte {
			key := newKey(s.t, elliptic.P256())
			lower := certify(s.t, template("lower one", true), s.a.intermediate, key, s.a.intermediateKey)
			own := certify(s.t, template("camera", false), lower, s.key, key)
			return [][]byte{own.Raw, s.a.intermediate.Raw, lower.Raw}
		}, want: sign.CertificateUnfit},
		{name: "two intermediates", chain: func(s *studio) [][]byte {
			key := newKey(s.t, elliptic.P256())
			lower := certify(s.t, template("lower one", true), s.a.intermediate, key, s.a.intermediateKey)
			own := certify(s.t, template("camera", false), lower, s.key, key)
			return [][]byte{own.Raw, lower.Raw, s.a.intermediate.Raw}
		}},
		{name: "foreign root", chain: leaf(same), root: func(s *studio) *x509.Certificate { return newAuthority(s.t).root }, want: sign.RootUnknown},
		{name: "root in the chain", chain: func(s *studio) [][]byte { return append(leaf(same)(s), s.a.root.Raw) }, want: sign.CertificateUnfit},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStudio(t, streams.H264, tt.chain)
			trusted := s.a.root
			if tt.root != nil {
				trusted = tt.root(s)
			}
			c := sign.VerifierConfig{Codec: s.codec, Roots: []*x509.Certificate{trusted}, Revocations: []*x509.RevocationList{s.a.revoke(t)}, At: tt.at}
			verdicts, r := verify(t, c, s.film)
			want := sign.Trusted
			if tt.want != "" {
				want = sign.Untrusted
			}
			if r.Provenance != want || r.Authenticity != sign.Authentic {
				t.Errorf("%q, %q: want %q, authentic", r.Provenance, r.Authenticity, want)
			}
			for _, d := range verdicts {
				if d.Provenance != want || has(d.Reasons, tt.want, -1) != (tt.want != "") {
					t.Errorf("%q because of %+v: want %q because of %q", d.Provenance, d.Reasons, want, tt.want)
				}
			}
		})
	}
}

// revoke lists certificate 666 since before noon and 667 since after it.
func (a *authority) revoke(t *testing.T) *x509.RevocationList {
	t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: noon(), NextUpdate: noon().AddDate(1, 0, 0),
		RevokedCertificateEntries: []x509.RevocationListEntry{
			{SerialNumber: big.NewInt(666), RevocationTime: noon().Add(-time.Hour)},
			{SerialNumber: big.NewInt(667), RevocationTime: noon().Add(time.Hour)},
		}}
	der, err := x509.CreateRevocationList(rand.Reader, list, a.intermediate, a.intermediateKey)
	if err != nil {
		t.Fatal(err)
	}
	list, err = x509.ParseRevocationList(der)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

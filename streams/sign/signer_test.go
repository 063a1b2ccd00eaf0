package sign_test

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

// moody is a key that may hang or refuse.
type moody struct {
	crypto.Signer
	mu     sync.Mutex
	refuse error
	gate   chan struct{} // not nil: each signature waits for it
}

func (m *moody) set(refuse error, gate chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refuse, m.gate = refuse, gate
}

func (m *moody) Sign(random io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	m.mu.Lock()
	refuse, gate := m.refuse, m.gate
	m.mu.Unlock()
	if gate != nil {
		<-gate
	}
	if refuse != nil {
		return nil, refuse
	}
	return m.Signer.Sign(rand.Reader, digest, o)
}

// diary keeps notices.
type diary struct {
	mu   sync.Mutex
	kept []sign.Notice
}

func (d *diary) note(n sign.Notice) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept = append(d.kept, n)
}

func (d *diary) kinds() (all []sign.NoticeKind) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range d.kept {
		all = append(all, n.Kind)
	}
	return all
}

// play signs pictures from..to of a film; between two, the key has all the time
// it wants.
func play(t *testing.T, s *sign.Signer, all []*streams.AccessUnit) (out []*streams.AccessUnit) {
	t.Helper()
	for _, au := range all {
		signed, err := s.Sign(au)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, signed)
		synctest.Wait()
	}
	return out
}

func ten() []*streams.AccessUnit {
	return film(shape{streams.H264, []int{3, 3, 3, 3, 3, 3, 3, 3, 3, 3}, 1, 40})
}

// where lists the pictures that hold SEIs about GOPs.
func where(all []*streams.AccessUnit) (at []int) {
	for i := range all {
		if n := seis(streams.H264, all[i:i+1]); n > 0 {
			for range n {
				at = append(at, i)
			}
		}
	}
	return at
}

func TestKeyThatHangsDelaysItsSEIsAndNothingElse(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	key := &moody{Signer: newKey(t, elliptic.P256())}
	i := a.identity(t, key)
	synctest.Test(t, func(t *testing.T) {
		var d diary
		s, err := sign.NewSigner(sign.Config{Codec: streams.H264, Identity: i, Notify: d.note})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		gate := make(chan struct{})
		all := ten()
		out := play(t, s, all[:7])
		key.set(nil, gate) // from the SEI on that is due with picture 9
		out = append(out, play(t, s, all[7:17])...)
		close(gate)
		synctest.Wait()
		out = append(out, play(t, s, all[17:])...)
		if want := []int{4, 7, 17, 17, 17, 19, 22, 25, 28}; !slices.Equal(where(out), want) {
			t.Errorf("SEIs in pictures %v: want %v", where(out), want)
		}
		if want := []sign.NoticeKind{sign.Late, sign.Late, sign.Resumed}; !slices.Equal(d.kinds(), want) {
			t.Errorf("notices %v: want %v", d.kinds(), want)
		}
		verdicts, r := run(sign.VerifierConfig{Codec: streams.H264}, out)
		if r.Counts[sign.Authentic] != 9 || len(verdicts) != 9 {
			t.Errorf("verdicts %v: want 9 authentic", r.Counts)
		}
	})
}

func TestKeyThatRefusesIsAskedAgainWithTheNextSEI(t *testing.T) {
	t.Parallel()
	dead := errors.New("the TPM is gone")
	key := &moody{Signer: newKey(t, elliptic.P256())}
	i := newAuthority(t).identity(t, key)
	for name, inline := range map[string]bool{"beside the stream": false, "inline": true} {
		t.Run(name, func(t *testing.T) {
			key.set(nil, nil)
			synctest.Test(t, func(t *testing.T) {
				var d diary
				s, err := sign.NewSigner(sign.Config{Codec: streams.H264, Identity: i, Notify: d.note, Inline: inline})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				all := ten()
				out := play(t, s, all[:7])
				key.set(dead, nil)
				out = append(out, play(t, s, all[7:14])...)
				key.set(nil, nil)
				out = append(out, play(t, s, all[14:])...)
				if want := []int{4, 7, 16, 16, 16, 19, 22, 25, 28}; !slices.Equal(where(out), want) {
					t.Errorf("SEIs in pictures %v: want %v", where(out), want)
				}
				want := []sign.NoticeKind{sign.Failed, sign.Late, sign.Failed, sign.Late, sign.Resumed}
				if !slices.Equal(d.kinds(), want) || !errors.Is(d.kept[0].Err, dead) || d.kept[0].Counter != 3 {
					t.Errorf("notices %+v: want %v", d.kept, want)
				}
			})
		})
	}
}

func TestTooManySEIsThatWaitAreGivenUpOldestFirst(t *testing.T) {
	t.Parallel()
	key := &moody{Signer: newKey(t, elliptic.P256()), refuse: errors.New("no")}
	i := newAuthority(t).identity(t, key)
	for pending, want := range map[int]int{8: 0, 7: 1} {
		synctest.Test(t, func(t *testing.T) {
			key.set(errors.New("no"), nil)
			var d diary
			s, err := sign.NewSigner(sign.Config{Codec: streams.H264, Identity: i, Notify: d.note, Pending: pending})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			all := ten()
			play(t, s, all[:24]) // SEIs 1 to 7
			key.set(nil, nil)
			out := play(t, s, all[24:]) // 8 and 9
			given := 0
			for _, n := range d.kept {
				if n.Kind == sign.GivenUp {
					given++
				}
			}
			if given != want || len(where(out)) != 9-want {
				t.Errorf("%d may wait: %d given up, %d sent: want %d given up", pending, given, len(where(out)), want)
			}
		})
	}
}

func TestNewIdentitySignsFromTheNextGOPOn(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	factory, user := a.identity(t, newKey(t, elliptic.P256())), a.identity(t, newKey(t, elliptic.P384()))
	user.User = true
	s, err := sign.NewSigner(sign.Config{Codec: streams.H264, Identity: factory, Inline: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var out []*streams.AccessUnit
	for n, au := range ten() {
		if n == 10 { // in GOP 4
			if err := s.SetIdentity(user); err != nil {
				t.Fatal(err)
			}
		}
		signed, err := s.Sign(au)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, signed)
	}
	var users []bool
	for _, au := range out {
		for _, nal := range au.NALs {
			if sei, err := sign.ParseSEI(streams.H264, nal); err == nil {
				users = append(users, sei.Chain.User)
			}
		}
	}
	if want := []bool{false, false, false, false, true, true, true, true, true}; !slices.Equal(users, want) {
		t.Errorf("signed by the user's key: %v, want %v", users, want)
	}
	verdicts, r := run(sign.VerifierConfig{Codec: streams.H264, Roots: []*x509.Certificate{a.root}}, out[12:])
	if r.Counts[sign.Authentic] != len(verdicts) || !r.User || r.Provenance != sign.Trusted {
		t.Errorf("who joins then gets %v, user %v, %s", r.Counts, r.User, r.Provenance)
	}
}

func TestEveryKindOfKeySigns(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	for name, key := range map[string]crypto.Signer{
		"P-256": newKey(t, elliptic.P256()), "P-384": newKey(t, elliptic.P384()), "P-521": newKey(t, elliptic.P521()), "RSA-2048": newRSA(t),
	} {
		out := signAll(t, sign.Config{Codec: streams.H265, Identity: a.identity(t, key), Inline: true}, film(shape{streams.H265, []int{4, 4, 4, 4, 4}, 1, 40}))
		_, r := run(sign.VerifierConfig{Codec: streams.H265, Roots: []*x509.Certificate{a.root}}, out)
		if r.Counts[sign.Authentic] != 4 || r.Authenticity != sign.Authentic || r.Provenance != sign.Trusted {
			t.Errorf("%s: %v, %s", name, r.Counts, r.Provenance)
		}
		size := 0
		for _, au := range out {
			for _, nal := range au.NALs {
				if sei, err := sign.ParseSEI(streams.H265, nal); err == nil {
					if size != 0 && size != sei.SignatureSize {
						t.Errorf("%s: signatures of %d and %d bytes", name, size, sei.SignatureSize)
					}
					size = sei.SignatureSize
				}
			}
		}
	}
}

func TestSameKeyTimeAndPicturesGiveTheSameDocuments(t *testing.T) {
	t.Parallel()
	i := newAuthority(t).identity(t, newKey(t, elliptic.P256()))
	documents := func() (all []byte) {
		for _, au := range signAll(t, sign.Config{Codec: streams.H264, Identity: i, Inline: true, PartialGOP: 2}, ten()) {
			for _, nal := range au.NALs {
				if sei, err := sign.ParseSEI(streams.H264, nal); err == nil {
					document, err := sei.Document()
					if err != nil {
						t.Fatal(err)
					}
					all = append(all, document...)
				}
			}
		}
		return all
	}
	if a, b := documents(), documents(); len(a) == 0 || !bytes.Equal(a, b) {
		t.Error("two signers differ in more than the signatures")
	}
}

func TestResetForgetsAndTheCounterGoesOn(t *testing.T) {
	t.Parallel()
	i := newAuthority(t).identity(t, newKey(t, elliptic.P256()))
	s, err := sign.NewSigner(sign.Config{Codec: streams.H264, Identity: i, Inline: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all := ten()
	var out []*streams.AccessUnit
	for n, au := range all {
		if n == 7 {
			s.Reset()
		}
		signed, err := s.Sign(au)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, signed)
	}
	if want := []int{4, 13, 16, 19, 22, 25, 28}; !slices.Equal(where(out), want) {
		t.Errorf("SEIs in pictures %v: want %v", where(out), want)
	}
	verdicts, r := run(sign.VerifierConfig{Codec: streams.H264}, out[9:])
	if r.Authenticity != sign.Authentic || verdicts[0].Counter != 3 {
		t.Errorf("%v, from counter %d on", r.Counts, verdicts[0].Counter)
	}
}

func TestCertificateSEIComesAtTheStartAndWhenAnnounced(t *testing.T) {
	t.Parallel()
	i := newAuthority(t).identity(t, newKey(t, elliptic.P256()))
	s, err := sign.NewSigner(sign.Config{Codec: streams.H264, Identity: i, Inline: true, CertificateSEI: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var at []int
	var out []*streams.AccessUnit
	for n, au := range ten() {
		if n == 16 {
			s.Announce()
		}
		signed, err := s.Sign(au)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, signed)
		for _, nal := range signed.NALs {
			if sei, err := sign.ParseSEI(streams.H264, nal); err == nil && sei.Certificate {
				at = append(at, n)
			} else if err == nil && sei.Chain != nil {
				t.Errorf("picture %d repeats the certificates", n)
			}
		}
	}
	if !slices.Equal(at, []int{0, 18}) {
		t.Errorf("certificate SEIs in pictures %v: want 0 and 18", at)
	}
	if _, r := run(sign.VerifierConfig{Codec: streams.H264}, out); r.Authenticity != sign.Authentic {
		t.Errorf("from the start: %v", r.Counts)
	}
	verdicts, _ := run(sign.VerifierConfig{Codec: streams.H264}, out[3:15])
	for _, d := range verdicts {
		if !has(d.Reasons, sign.NoCertificate, d.SEI) || d.Authenticity != sign.NotAuthentic {
			t.Errorf("without certificate: %+v", d)
		}
	}
}

// TestWhoJoinsWhereTheCertificatesAreAnnouncedVerifiesFromThere, and the key signs
// them once only.
func TestWhoJoinsWhereTheCertificatesAreAnnouncedVerifiesFromThere(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	i := a.identity(t, newKey(t, elliptic.P256()))
	counted := &countingKey{Signer: i.Key}
	i.Key = counted
	s, err := sign.NewSigner(sign.Config{Codec: streams.H264, Identity: i, Inline: true, CertificateSEI: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var out []*streams.AccessUnit
	for _, au := range ten() {
		if au.Key {
			s.Announce()
		}
		signed, err := s.Sign(au)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, signed)
	}
	if want := 10; counted.signatures != want {
		t.Errorf("%d signatures: want %d, 9 for GOPs and 1 for the certificates", counted.signatures, want)
	}
	for at, au := range out[:24] {
		if !au.Key {
			continue
		}
		_, r := run(sign.VerifierConfig{Codec: streams.H264, Roots: []*x509.Certificate{a.root}}, out[at:])
		if before := min(at, 1); r.Authenticity != sign.Authentic || r.Provenance != sign.Trusted || r.Before != before || len(r.Reasons) > 0 {
			t.Errorf("who joins at picture %d: %+v", at, r)
		}
	}
}

// countingKey counts its signatures.
type countingKey struct {
	crypto.Signer
	signatures int
}

func (k *countingKey) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	k.signatures++
	return k.Signer.Sign(r, digest, o)
}

func TestHashListsAreCutAtTheirLimit(t *testing.T) {
	t.Parallel()
	i := newAuthority(t).identity(t, newKey(t, elliptic.P256()))
	for limit, want := range map[int]int{12: 4, 11: 8, 2: 44, 1: 44} {
		all := film(shape{streams.H264, []int{6, 6, 6, 6, 6}, 2, 30}) // 12 slices a GOP
		out := signAll(t, sign.Config{Codec: streams.H264, Identity: i, Inline: true, Hashes: limit}, all)
		_, r := run(sign.VerifierConfig{Codec: streams.H264}, out)
		if limit < 3 {
			want = 28 // every picture but the last two
		}
		if r.Counts[sign.Authentic] != want || r.Authenticity != sign.Authentic {
			t.Errorf("lists of %d: %v, want %d authentic", limit, r.Counts, want)
		}
	}
}

func TestWhatCannotSignIsRefused(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	good := a.identity(t, newKey(t, elliptic.P256()))
	long := func(n int) [][]byte { return slices.Repeat(good.Chain[:1], n) }
	for name, tt := range map[string]struct {
		change func(*sign.Config)
		want   error
	}{
		"JPEG":             {func(c *sign.Config) { c.Codec = streams.JPEG }, sign.ErrCodec},
		"no key":           {func(c *sign.Config) { c.Identity.Key = nil }, sign.ErrIdentity},
		"no certificate":   {func(c *sign.Config) { c.Identity.Chain = nil }, sign.ErrIdentity},
		"4 certificates":   {func(c *sign.Config) { c.Identity.Chain = long(sign.MaxChain) }, nil},
		"5 certificates":   {func(c *sign.Config) { c.Identity.Chain = long(sign.MaxChain + 1) }, sign.ErrIdentity},
		"another key":      {func(c *sign.Config) { c.Identity.Key = newKey(t, elliptic.P256()) }, sign.ErrIdentity},
		"P-224":            {func(c *sign.Config) { c.Identity = a.identity(t, newKey(t, elliptic.P224())) }, sign.ErrIdentity},
		"no certificate 2": {func(c *sign.Config) { c.Identity.Chain = [][]byte{{1}} }, sign.ErrIdentity},
		"255 bytes text":   {func(c *sign.Config) { c.Vendor.SerialNumber = strings.Repeat("x", sign.MaxVendorText) }, nil},
		"256 bytes text":   {func(c *sign.Config) { c.Vendor.SerialNumber = strings.Repeat("x", sign.MaxVendorText+1) }, sign.ErrConfig},
		"2047 hashes":      {func(c *sign.Config) { c.Hashes = sign.MaxHashes }, nil},
		"2048 hashes":      {func(c *sign.Config) { c.Hashes = sign.MaxHashes + 1 }, sign.ErrConfig},
		"pending":          {func(c *sign.Config) { c.Pending = -1 }, sign.ErrConfig},
		"partial":          {func(c *sign.Config) { c.PartialGOP = -1 }, sign.ErrConfig},
	} {
		c := sign.Config{Codec: streams.H264, Identity: good}
		tt.change(&c)
		if _, err := sign.NewSigner(c); !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	if _, err := sign.NewVerifier(sign.VerifierConfig{Codec: streams.JPEG}); !errors.Is(err, sign.ErrCodec) {
		t.Errorf("verifier of JPEG: %v", err)
	}
	if _, err := sign.NewVerifier(sign.VerifierConfig{Codec: streams.H264, Open: -1}); !errors.Is(err, sign.ErrConfig) {
		t.Errorf("verifier that keeps nothing: %v", err)
	}
}

func TestUnsignedStreamsAreUnsigned(t *testing.T) {
	t.Parallel()
	verdicts, r := run(sign.VerifierConfig{Codec: streams.H264}, ten())
	if len(verdicts) != 10 || r.Counts[sign.Unsigned] != 10 || r.Authenticity != sign.Unsigned || r.Open != 0 {
		t.Errorf("%d verdicts, %+v", len(verdicts), r)
	}
	for open, want := range map[int]int{30: 0, 29: 1} { // of 30 slices
		v, err := sign.NewVerifier(sign.VerifierConfig{Codec: streams.H264, Open: open})
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, au := range ten() {
			got += len(v.Push(au))
		}
		if got != want {
			t.Errorf("%d slices may be open: %d verdicts before the end, want %d", open, got, want)
		}
	}
}

// TestSEIsStandBeforeTheSlicesAndAfterWhatOpensTheAccessUnit: delimiter and
// parameter sets. Media Signing 6.11.
func TestSEIsStandBeforeTheSlicesAndAfterWhatOpensTheAccessUnit(t *testing.T) {
	t.Parallel()
	for codec, delimiter := range map[streams.Codec][]byte{streams.H264: {0x09, 0xf0}, streams.H265: {0x46, 0x01, 0x50}} {
		i := newAuthority(t).identity(t, newKey(t, elliptic.P256()))
		all := film(shape{codec, []int{4, 1, 1, 1, 4, 4, 4}, 3, 40})
		for _, au := range all {
			au.NALs = slices.Insert(au.NALs, 0, delimiter)
		}
		found := 0
		for n, au := range signAll(t, sign.Config{Codec: codec, Identity: i, Inline: true, CertificateSEI: true}, all) {
			first := slices.IndexFunc(au.NALs, func(nal []byte) bool { return sign.IsSEI(codec, nal) })
			if first < 0 {
				continue
			}
			last := first + len(au.NALs) - len(all[n].NALs) // SEIs are all that is new
			for k, nal := range au.NALs {
				if sei := k >= first && k < last; sei != sign.IsSEI(codec, nal) || !sei && k < first == isCovered(codec, nal) {
					t.Errorf("%s: picture %d: NAL unit %d, % x, is out of place", codec, n, k, nal[:min(4, len(nal))])
				}
			}
			found += last - first
		}
		if found < 6 {
			t.Errorf("%s: %d SEIs", codec, found)
		}
	}
}

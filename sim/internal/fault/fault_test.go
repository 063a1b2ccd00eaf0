package fault_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/camfleet/camfleet/sim/internal/fault"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/live"
	"github.com/camfleet/camfleet/streams/sign"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is when the recordings begin.
func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// signer is a media-signing root and an identity below it.
type signer struct {
	root     *pki.Authority
	identity sign.Identity
}

func newSigner(t testing.TB) signer {
	t.Helper()
	random := seed.New(5).Stream("test")
	name := func(cn string) pki.Template {
		return pki.Template{Subject: pkix.Name{CommonName: cn}, NotBefore: noon().AddDate(-20, 0, 0), NotAfter: pki.Forever()}
	}
	rootKey, err := pki.NewKey(random)
	if err != nil {
		t.Fatal(err)
	}
	root, err := pki.NewAuthority(func() pki.Template { n := name("root"); n.MaxPath = 1; return n }(), rootKey, random)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pki.NewKey(random)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := root.Issue(name("leaf"), key.Public(), random)
	if err != nil {
		t.Fatal(err)
	}
	return signer{root, sign.Identity{Key: key, Chain: [][]byte{leaf}}}
}

func (s signer) config() fault.Config {
	return fault.Config{
		Seed: seed.New(9), Now: noon, Authority: s.root, Streams: []string{"main", "sub"},
		Identity: func(string) (sign.Identity, error) { return s.identity, nil },
	}
}

// film has a camera make 80 signed pictures, in GOPs of 10. Each signature is
// there before the next picture.
func (s signer) film(t *testing.T) []*streams.AccessUnit {
	t.Helper()
	var film []*streams.AccessUnit
	synctest.Test(t, func(t *testing.T) {
		p, err := live.New(live.Options{Name: "cam", Width: 320, Height: 192, FPS: 10, GOP: 10})
		if err != nil {
			t.Fatal(err)
		}
		x, err := sign.NewSigner(sign.Config{Codec: streams.H264, Identity: s.identity})
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		for n := range 80 {
			au, err := p.Next(uint32(n), noon().Add(time.Duration(n)*100*time.Millisecond), false)
			if err != nil {
				t.Fatal(err)
			}
			if au, err = x.Sign(au); err != nil {
				t.Fatal(err)
			}
			film = append(film, au)
			synctest.Wait()
		}
	})
	return film
}

// send passes a film through the seam of a stream.
func send(film []*streams.AccessUnit, seam func(*streams.AccessUnit) []*streams.AccessUnit) []*streams.AccessUnit {
	var out []*streams.AccessUnit
	for _, au := range film {
		out = append(out, seam(au)...)
	}
	return out
}

// judge returns the verdicts about a film, and the causes of the wrong ones.
func (s signer) judge(t *testing.T, film []*streams.AccessUnit, crl []byte) (map[sign.Authenticity]int, []sign.Cause, sign.Report) {
	t.Helper()
	c := sign.VerifierConfig{Codec: streams.H264, Roots: []*x509.Certificate{s.root.Certificate}}
	if crl != nil {
		list, err := x509.ParseRevocationList(crl)
		if err != nil {
			t.Fatal(err)
		}
		c.Revocations = append(c.Revocations, list)
	}
	v, err := sign.NewVerifier(c)
	if err != nil {
		t.Fatal(err)
	}
	var verdicts []sign.Verdict
	for _, au := range film {
		verdicts = append(verdicts, v.Push(&streams.AccessUnit{NALs: au.NALs})...)
	}
	rest, report := v.Close()
	var causes []sign.Cause
	for _, d := range append(verdicts, rest...) {
		for _, r := range d.Reasons {
			causes = append(causes, r.Cause)
		}
	}
	for _, r := range report.Reasons {
		causes = append(causes, r.Cause)
	}
	return report.Counts, causes, report
}

func TestEveryFaultIsFoundAndNamed(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	film := s.film(t)
	cases := map[string]struct {
		rule  fault.Rule
		cause sign.Cause
		worst sign.Authenticity
		trust sign.Provenance
	}{
		"flip-byte":           {fault.Rule{After: 20, Times: 1}, sign.SliceChanged, sign.NotAuthentic, sign.Trusted},
		"drop-frame":          {fault.Rule{After: 20, Times: 1}, sign.SliceMissing, sign.AuthenticWithMissing, sign.Trusted},
		"duplicate-frame":     {fault.Rule{After: 20, Times: 1}, sign.SliceAdded, sign.NotAuthentic, sign.Trusted},
		"swap-frames":         {fault.Rule{After: 20, Times: 1}, sign.SliceMoved, sign.NotAuthentic, sign.Trusted},
		"freeze":              {fault.Rule{After: 20, Times: 1}, sign.SliceAdded, sign.NotAuthentic, sign.Trusted},
		"wrong-hash":          {fault.Rule{After: 2, Times: 1}, sign.ListChanged, sign.NotAuthentic, sign.Trusted},
		"wrong-signature":     {fault.Rule{After: 2, Times: 1}, sign.SignatureWrong, sign.NotAuthentic, sign.Trusted},
		"counter-jump":        {fault.Rule{After: 2, Times: 1}, sign.CounterJumped, sign.NotAuthentic, sign.Trusted},
		"clock-jump":          {fault.Rule{After: 2, Times: 1}, sign.TimeJumped, sign.Authentic, sign.Trusted},
		"sei-missing":         {fault.Rule{After: 2, Times: 1}, sign.SEIMissing, sign.NotAuthentic, sign.Trusted},
		"sei-late":            {fault.Rule{After: 2, Times: 1}, sign.SEIRepeated, sign.NotAuthentic, sign.Trusted},
		"sei-unescaped":       {fault.Rule{After: 2, Times: 1}, sign.SEIUnescaped, sign.NotAuthentic, sign.Trusted},
		"expired-certificate": {fault.Rule{}, sign.CertificateExpired, sign.Authentic, sign.Untrusted},
		"revoked-certificate": {fault.Rule{}, sign.CertificateRevoked, sign.Authentic, sign.Untrusted},
		"foreign-certificate": {fault.Rule{}, sign.ChainIncomplete, sign.Authentic, sign.Untrusted},
		"incomplete-chain":    {fault.Rule{}, sign.ChainIncomplete, sign.Authentic, sign.Untrusted},
		"other-camera":        {fault.Rule{After: 3}, sign.KeyChanged, sign.NotAuthentic, sign.Trusted},
	}
	for _, do := range fault.Actions() {
		t.Run(do, func(t *testing.T) {
			t.Parallel()
			c, ok := cases[do]
			if !ok {
				t.Fatal("no case")
			}
			set := fault.New(s.config())
			c.rule.Do = do
			status, err := set.Add(c.rule)
			if err != nil {
				t.Fatal(err)
			}
			before := clone(film)
			sent := send(film, set.Frame("main", streams.H264))
			if diff := cmp.Diff(before, film); diff != "" {
				t.Fatalf("what is shared was changed: %s", diff)
			}
			counts, causes, report := s.judge(t, sent, status.CRL)
			if !slices.Contains(causes, c.cause) || report.Authenticity != c.worst || report.Provenance != c.trust {
				t.Errorf("%v, %v, %s, %s: want %s, %s, %s", counts, causes, report.Authenticity, report.Provenance, c.cause, c.worst, c.trust)
			}
			if c.worst != sign.Authentic && counts[sign.Authentic] == 0 {
				t.Errorf("%v: nothing is authentic", counts)
			}
			if now, err := set.Rule(status.ID); err != nil || now.Fired == 0 || c.rule.Times > 0 && now.Fired != uint64(c.rule.Times) {
				t.Errorf("%+v, %v", now, err)
			}
		})
	}
}

// clone copies a film down to its bytes.
func clone(film []*streams.AccessUnit) []*streams.AccessUnit {
	var out []*streams.AccessUnit
	for _, au := range film {
		next := *au
		next.NALs = nil
		for _, nal := range au.NALs {
			next.NALs = append(next.NALs, bytes.Clone(nal))
		}
		out = append(out, &next)
	}
	return out
}

func TestWithoutFaultsNothingIsTouched(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	film := s.film(t)
	set := fault.New(s.config())
	seam := set.Frame("main", streams.H264)
	if _, err := set.Add(fault.Rule{Do: "drop-frame", Stream: "sub"}); err != nil {
		t.Fatal(err)
	}
	if sent := send(film, seam); !slices.Equal(sent, film) {
		t.Error("a fault of another stream touches this one")
	}
	set.Clear()
	counts, causes, report := s.judge(t, send(film, seam), nil)
	if report.Authenticity != sign.Authentic || report.Provenance != sign.Trusted || causes != nil {
		t.Errorf("%v, %v", counts, causes)
	}
}

func TestRulesHitWhenTheySay(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	film := s.film(t)
	for _, c := range []struct {
		rule fault.Rule
		want int
	}{
		{fault.Rule{}, 66}, // of 80 pictures 8 start a GOP, 7 of which make a SEI
		{fault.Rule{Every: 10}, 7},
		{fault.Rule{After: 60}, 5},
		{fault.Rule{Times: 4}, 4},
		{fault.Rule{After: 1, Every: 5, Times: 3}, 3},
	} {
		set := fault.New(s.config())
		c.rule.Do = "drop-frame"
		if _, err := set.Add(c.rule); err != nil {
			t.Fatal(err)
		}
		lost := len(film) - len(send(film, set.Frame("main", streams.H264)))
		if d := lost - c.want; d < -2 || d > 2 {
			t.Errorf("%+v: %d pictures lost, want about %d", c.rule, lost, c.want)
		}
	}
}

func TestEqualSeedsGiveEqualFaultsWhateverElseIsOn(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	film := s.film(t)
	run := func(others ...fault.Rule) []uint32 {
		set := fault.New(s.config())
		for _, r := range append(others, fault.Rule{ID: "mine", Do: "drop-frame", Chance: 0.3}) {
			if _, err := set.Add(r); err != nil {
				t.Fatal(err)
			}
		}
		var frames []uint32
		for _, au := range send(film, set.Frame("main", streams.H264)) {
			frames = append(frames, au.Frame)
		}
		return frames
	}
	alone := run()
	if lost := len(film) - len(alone); lost < 5 || lost > 40 {
		t.Errorf("%d pictures lost", lost)
	}
	if diff := cmp.Diff(alone, run(fault.Rule{Do: "flip-byte", Chance: 0.5})); diff != "" {
		t.Error(diff)
	}
}

func TestFaultsWithoutASignerDoNothing(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	film := s.film(t)
	config := s.config()
	config.Identity = nil
	for _, do := range []string{"counter-jump", "clock-jump", "wrong-hash"} {
		set := fault.New(config)
		if _, err := set.Add(fault.Rule{Do: do}); err != nil {
			t.Fatal(err)
		}
		_, _, report := s.judge(t, send(film, set.Frame("main", streams.H264)), nil)
		if st := set.Rules(); report.Authenticity != sign.Authentic || st[0].Fired != 0 {
			t.Errorf("%s: %s, %+v", do, report.Authenticity, st)
		}
	}
}

func TestBadRulesAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule  fault.Rule
		field string
	}{
		{fault.Rule{}, "do"},
		{fault.Rule{Do: "explode"}, "do"},
		{fault.Rule{Do: "freeze", At: "soap.before"}, "at"},
		{fault.Rule{Do: "freeze", ID: "a b"}, "id"},
		{fault.Rule{Do: "freeze", Chance: 1.1}, "chance"},
		{fault.Rule{Do: "freeze", Chance: -1}, "chance"},
		{fault.Rule{Do: "freeze", Every: -1}, "every"},
		{fault.Rule{Do: "freeze", After: -1}, "every"},
		{fault.Rule{Do: "freeze", Times: -1}, "every"},
		{fault.Rule{Do: "freeze", Amount: -1}, "amount"},
		{fault.Rule{Do: "freeze", Amount: 10001}, "amount"},
		{fault.Rule{Do: "drop-frame", Amount: 1}, "amount"},
		{fault.Rule{Do: "freeze", Stream: "third"}, "stream"},
	} {
		set := fault.New(newSigner(t).config())
		_, err := set.Add(c.rule)
		var wrong *fault.RuleError
		if !errors.Is(err, fault.ErrRule) || !errors.As(err, &wrong) || wrong.Field != c.field || len(set.Rules()) != 0 {
			t.Errorf("%+v: %v", c.rule, err)
		}
	}
}

func TestRulesComeAndGo(t *testing.T) {
	t.Parallel()
	config := newSigner(t).config()
	config.Rules = 3
	set := fault.New(config)
	for _, r := range []fault.Rule{{Do: "freeze"}, {Do: "drop-frame", ID: "mine"}, {Do: "freeze"}} {
		if _, err := set.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := set.Add(fault.Rule{Do: "freeze"}); !errors.Is(err, fault.ErrFull) {
		t.Errorf("one too many: %v", err)
	}
	var ids []string
	for _, r := range set.Rules() {
		ids = append(ids, r.ID)
	}
	if diff := cmp.Diff([]string{"freeze-1", "mine", "freeze-2"}, ids); diff != "" {
		t.Error(diff)
	}
	if err := set.Remove("freeze-1"); err != nil {
		t.Error(err)
	}
	if err := set.Remove("freeze-1"); !errors.Is(err, fault.ErrNone) {
		t.Error(err)
	}
	if _, err := set.Rule("freeze-1"); !errors.Is(err, fault.ErrNone) {
		t.Error(err)
	}
	if _, err := set.Add(fault.Rule{Do: "freeze", ID: "mine"}); !errors.Is(err, fault.ErrExists) {
		t.Error(err)
	}
	set.Clear()
	if len(set.Rules()) != 0 {
		t.Errorf("%+v", set.Rules())
	}
}

// BenchmarkFrame is what the seam costs a picture while there is no fault.
func BenchmarkFrame(b *testing.B) {
	seam := fault.New(fault.Config{}).Frame("main", streams.H264)
	au := &streams.AccessUnit{NALs: [][]byte{{0x41, 0x80}}}
	b.ReportAllocs()
	for b.Loop() {
		seam(au)
	}
}

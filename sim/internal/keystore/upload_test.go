package keystore_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/google/go-cmp/cmp"
)

func parse(t testing.TB, spki []byte) crypto.PublicKey {
	t.Helper()
	public, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		t.Fatal(err)
	}
	return public
}

func (b *bench) upload(public crypto.PublicKey, where keystore.Blob) func(*keystore.Section) error {
	return func(s *keystore.Section) error {
		_, err := s.AddKeyPair(keystore.KeyPair{Public: public, Blob: where, Alias: "uploaded"}, b.random)
		return err
	}
}

func TestUploadedKeyPairJoinsWhatIsThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	public := newKey(t, b.random).Public()
	half := b.certificate(public)
	got, err := b.AddKeyPair(keystore.KeyPair{Public: public, Blob: blob(1), Alias: "ignored"}, b.random)
	if err != nil || got.ID != half.KeyID || !got.HasPrivateKey() || got.Alias != "" || len(b.Keys) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	before := mustJSON(t, b.Section)
	again, err := b.AddKeyPair(keystore.KeyPair{Public: public, Blob: blob(2), Alias: "ignored"}, b.random)
	if err != nil || again.ID != got.ID || mustJSON(t, b.Section) != before {
		t.Errorf("%+v, %v", again, err)
	}
	fresh, err := b.AddKeyPair(keystore.KeyPair{Public: newKey(t, b.random).Public(), Blob: keystore.Blob{Sealed: []byte{1}}, Alias: "ü"}, b.random)
	if err != nil || !fresh.ExternallyGenerated || fresh.SecurelyStored() || !fresh.HasPrivateKey() || fresh.Alias != "ü" {
		t.Errorf("%+v, %v", fresh, err)
	}
	if err := errors.Join(b.Validate(), b.FailKey(got.ID)); err != nil {
		t.Fatal(err)
	}
	b.refuses(keystore.ErrKeyStatus, b.upload(public, blob(1)))
	b.Limits.Keys = 2
	b.refuses(keystore.ErrTooManyKeys, b.upload(newKey(t, b.random).Public(), blob(1)))
	b.refuses(keystore.ErrNoPrivateKey, b.upload(newKey(t, b.random).Public(), keystore.Blob{}))
}

func TestUploadedKeyPairsAreOfOfferedKinds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p224, err := ecdsa.GenerateKey(elliptic.P224(), nil)
	if err != nil {
		t.Fatal(err)
	}
	modulus := func(bits uint) *rsa.PublicKey {
		n := new(big.Int).Lsh(big.NewInt(1), bits-1)
		return &rsa.PublicKey{N: n.SetBit(n, 0, 1), E: 65537}
	}
	for name, public := range map[string]crypto.PublicKey{
		"Ed25519": ed25519.PublicKey(make([]byte, 32)), "P-224": p224.Public(), "nothing": nil,
		"RSA 512": modulus(512), "RSA 1024": modulus(1024), "RSA 2047": modulus(2047), "RSA 16384": modulus(16384),
	} {
		t.Log(name)
		b.refuses(keystore.ErrPublicKey, b.upload(public, blob(1)))
	}
	if err := b.upload(modulus(3072), blob(1))(b.Section); err != nil {
		t.Error(err)
	}
	for _, bits := range []uint{1024, 8192} {
		if _, err := b.AddKey(modulus(bits), keystore.Blob{}, "", true, b.random); err != nil {
			t.Errorf("public half of %d bits: %v", bits, err)
		}
	}
	b.Abilities.EllipticCurves = []string{}
	b.refuses(keystore.ErrPublicKey, b.upload(newKey(t, b.random).Public(), blob(1)))
	b.refuses(keystore.ErrPublicKey, func(s *keystore.Section) error {
		_, err := s.AddCertificate(keystore.NewCertificate{DER: b.root.Certificate.Raw}, b.random)
		return err
	})
}

// file is a path as in a PKCS #12 file: leaf and root.
func (b *bench) file() keystore.NewPath {
	public := newKey(b.t, b.random).Public()
	return keystore.NewPath{
		Certificates: [][]byte{b.issue(public), b.root.Certificate.Raw}, Alias: "path",
		Key: keystore.KeyPair{Public: public, Blob: blob(1), Alias: "key"},
	}
}

func addPath(b *bench, n keystore.NewPath) func(*keystore.Section) error {
	return func(s *keystore.Section) error { _, _, err := s.AddPath(n, b.random); return err }
}

func TestUploadedPathBringsItsCertificatesAndKey(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	n := b.file()
	p, k, err := b.AddPath(n, b.random)
	if err != nil {
		t.Fatal(err)
	}
	chain, leaf, err := b.Chain(p.ID)
	if err != nil || leaf.ID != k.ID || !k.HasPrivateKey() || k.Alias != "key" || !k.ExternallyGenerated || p.Alias != "path" {
		t.Fatalf("%+v, %+v, %v", p, k, err)
	}
	if diff := cmp.Diff(n.Certificates, chain); diff != "" {
		t.Error(diff)
	}
	q, again, err := b.AddPath(n, b.random)
	if err != nil || again.ID != k.ID || q.ID == p.ID || len(b.Keys) != 2 || len(b.Certificates) != 4 {
		t.Errorf("the same file again: %+v, %+v, %v", q, again, err)
	}
	if err := b.Validate(); err != nil {
		t.Error(err)
	}
}

func TestUploadedPathIsAllOrNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	with := func(change func(*keystore.NewPath)) keystore.NewPath {
		n := b.file()
		change(&n)
		return n
	}
	many := func(count int) keystore.NewPath {
		return with(func(n *keystore.NewPath) {
			for len(n.Certificates) < count {
				n.Certificates = append(n.Certificates, b.root.Certificate.Raw)
			}
		})
	}
	b.refuses(keystore.ErrBadPKCS12, addPath(b, with(func(n *keystore.NewPath) { n.Certificates = nil })))
	b.refuses(keystore.ErrBadPKCS12, addPath(b, many(11)))
	b.refuses(keystore.ErrBadPKCS12, addPath(b, many(1000)))
	b.refuses(keystore.ErrKeyMismatch, addPath(b, with(func(n *keystore.NewPath) { n.Key.Public = newKey(t, b.random).Public() })))
	b.refuses(keystore.ErrBadCertificate, addPath(b, with(func(n *keystore.NewPath) { n.Certificates[1] = []byte{1} })))
	b.refuses(keystore.ErrInvalidPath, addPath(b, with(func(n *keystore.NewPath) { n.Certificates[1] = n.Certificates[0] })))
	b.refuses(keystore.ErrAlias, addPath(b, with(func(n *keystore.NewPath) { n.Alias = strings.Repeat("a", 1025) })))
	b.refuses(keystore.ErrPublicKey, addPath(b, with(func(n *keystore.NewPath) { n.Key.Public = ed25519.PublicKey(make([]byte, 32)) })))
	for _, c := range []struct {
		limits keystore.Limits
		want   error
	}{
		{keystore.Limits{Certificates: 1}, keystore.ErrTooManyCertificates},
		{keystore.Limits{Keys: 1}, keystore.ErrTooManyKeys},
		{keystore.Limits{CertificationPaths: -1}, keystore.ErrTooManyPaths},
	} {
		b.Limits = c.limits
		b.refuses(c.want, addPath(b, b.file()))
	}
	b.Limits = keystore.Limits{}
	stuck := b.file()
	k, err := b.AddKey(stuck.Key.Public, blob(1), "", true, b.random)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.FailKey(k.ID); err != nil {
		t.Fatal(err)
	}
	b.refuses(keystore.ErrKeyStatus, addPath(b, stuck))
	if err := addPath(b, many(10))(b.Section); err != nil {
		t.Errorf("ten certificates: %v", err)
	}
}

func TestCertificatesNeedASignatureThatIsOffered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key := newKey(t, b.random)
	ed := ed25519.NewKeyFromSeed(make([]byte, 32))
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)}
	der, err := x509.CreateCertificate(nil, tmpl, tmpl, key.Public(), ed)
	if err != nil {
		t.Fatal(err)
	}
	add := func(der []byte) func(*keystore.Section) error {
		return func(s *keystore.Section) error {
			_, err := s.AddCertificate(keystore.NewCertificate{DER: der}, b.random)
			return err
		}
	}
	b.refuses(keystore.ErrSignatureAlgorithm, add(der))
	if der, err = x509.CreateCertificate(nil, tmpl, tmpl, ed.Public(), key); err != nil {
		t.Fatal(err)
	}
	b.refuses(keystore.ErrPublicKey, add(der))
	b.Abilities.SignatureAlgorithms = []string{"1.2.840.113549.1.1.5"}
	b.refuses(keystore.ErrSignatureAlgorithm, add(b.root.Certificate.Raw))
}

func TestReleasesDifferInCopies(t *testing.T) {
	t.Parallel()
	for release, c := range map[string]struct{ certificate, key bool }{
		"18.12": {true, false}, "24.06": {true, false}, "24.12": {false, false}, "25.06": {false, false},
		"25.12": {false, true}, "26.06": {false, true},
	} {
		rules, err := keystore.RulesOf(release)
		if err != nil {
			t.Fatal(err)
		}
		b := newBench(t)
		b.Rules = rules
		n := b.file()
		first, err := b.AddCertificate(keystore.NewCertificate{DER: n.Certificates[0]}, b.random)
		if err != nil {
			t.Fatal(err)
		}
		second, err := b.AddCertificate(keystore.NewCertificate{DER: n.Certificates[0]}, b.random)
		switch {
		case !c.certificate && !errors.Is(err, keystore.ErrDuplicate):
			t.Errorf("%s: %v", release, err)
		case c.certificate && (err != nil || first.ID == second.ID || first.KeyID != second.KeyID):
			t.Errorf("%s: %+v, %v", release, second, err)
		}
		if err := errors.Join(b.upload(n.Key.Public, blob(1))(b.Section), b.upload(n.Key.Public, blob(2))(b.Section), addPath(b, n)(b.Section), b.Validate()); err != nil {
			t.Errorf("%s: %v", release, err)
		}
		if want := map[bool]int{false: 2, true: 4}[c.key]; len(b.Keys) != want { // with the root's
			t.Errorf("%s: %d keys, want %d", release, len(b.Keys), want)
		}
	}
}

func TestRulesFollowTheRelease(t *testing.T) {
	t.Parallel()
	for release, want := range map[string]keystore.Rules{
		"18.12": {CertificateCopies: true, NoDot1XPolicies: true},
		"24.12": {NoDot1XPolicies: true},
		"25.06": {},
		"26.06": {KeyCopies: true, CountPrivateKeys: true, SigningPlayed: true},
	} {
		got, err := keystore.RulesOf(release)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %s %v", release, diff, err)
		}
	}
	for _, bad := range []string{"", "25", "25.00", "25.13", "x.06", "-1.06", "100.06", "25.06.1"} {
		if _, err := keystore.RulesOf(bad); err == nil {
			t.Errorf("%q is a release", bad)
		}
	}
}

func TestOnlyPrivateKeysCountWhereTheReleaseSaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Rules.CountPrivateKeys, b.Limits.Keys = true, 1
	public := newKey(t, b.random).Public()
	b.certificate(public)
	b.certificate(newKey(t, b.random).Public())
	b.key()
	b.refuses(keystore.ErrTooManyKeys, b.upload(public, blob(1)))
	b.refuses(keystore.ErrTooManyKeys, func(s *keystore.Section) error { _, err := s.BeginKey(p256(), "", b.random); return err })
	b.Limits.Keys = 2
	if err := b.upload(public, blob(1))(b.Section); err != nil {
		t.Error(err)
	}
}

func TestSigningPathStaysWhileItIsInUseAsTheReleaseUnderstandsThat(t *testing.T) {
	t.Parallel()
	idle, enabled := keystore.SigningUse{}, keystore.SigningUse{Enabled: true}
	running := keystore.SigningUse{Enabled: true, Running: true}
	for release, free := range map[string]struct{ remove, replace []keystore.SigningUse }{
		"25.06": {remove: []keystore.SigningUse{idle}, replace: []keystore.SigningUse{idle, enabled, running}},
		"26.06": {remove: []keystore.SigningUse{idle, enabled}, replace: []keystore.SigningUse{idle, enabled}},
	} {
		b := newBench(t)
		rules, err := keystore.RulesOf(release)
		if err != nil {
			t.Fatal(err)
		}
		b.Rules = rules
		b.MediaSigning.Factory = b.path().ID
		user, next := b.path().ID, b.path().ID
		for _, use := range []keystore.SigningUse{idle, enabled, running} {
			b.MediaSigning.User = ""
			if err := b.AssignSigningPath(user, use); err != nil {
				t.Errorf("%s, %+v: the first: %v", release, use, err)
			}
			if err := b.AssignSigningPath(user, use); err != nil {
				t.Errorf("%s, %+v: the same again: %v", release, use, err)
			}
			replace := func(s *keystore.Section) error { return s.AssignSigningPath(next, use) }
			if !slices.Contains(free.replace, use) {
				b.refuses(keystore.ErrReferenceExists, replace)
			} else if err := replace(b.Section); err != nil || b.MediaSigning.User != next {
				t.Errorf("%s, %+v: replaced: %v", release, use, err)
			}
			now := b.MediaSigning.User
			remove := func(s *keystore.Section) error { return s.RemoveSigningPath(now, use) }
			if !slices.Contains(free.remove, use) {
				b.refuses(keystore.ErrReferenceExists, remove)
			} else if err := remove(b.Section); err != nil || b.MediaSigning.User != "" {
				t.Errorf("%s, %+v: removed: %v", release, use, err)
			}
			b.refuses(keystore.ErrFactoryPath, func(s *keystore.Section) error { return s.RemoveSigningPath(s.MediaSigning.Factory, idle) })
		}
	}
}

func TestPathInUseKeepsAPrivateKey(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, factory := b.path(), b.path()
	public, err := b.Path(b.publicPath().ID)
	if err != nil {
		t.Fatal(err)
	}
	set := func(id string) func(*keystore.Section) error {
		return func(s *keystore.Section) error { return s.SetPath(id, public.CertificateIDs, nil) }
	}
	b.MediaSigning.Factory = factory.ID
	b.refuses(keystore.ErrInvalidPath, set(factory.ID))
	if err := b.AssignServerPath(p.ID); err != nil {
		t.Fatal(err)
	}
	b.refuses(keystore.ErrInvalidPath, set(p.ID))
	if err := errors.Join(b.SetPath(p.ID, p.CertificateIDs[:1], nil), b.RemoveServerPath(p.ID, false), set(p.ID)(b.Section)); err != nil {
		t.Error(err)
	}
	if got, err := b.Path(p.ID); err != nil || got.Alias != "path" {
		t.Errorf("the alias is gone: %+v, %v", got, err)
	}
}

func FuzzAddPath(f *testing.F) {
	b := newBench(f)
	n := b.file()
	f.Add(n.Certificates[0], n.Certificates[1])
	f.Add(n.Certificates[1], n.Certificates[0])
	other, err := pki.NewAuthority(template("other"), newKey(f, b.random), b.random)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(other.Certificate.Raw, bytes.Repeat([]byte{0x30}, 100))
	f.Fuzz(func(t *testing.T, leaf, parent []byte) {
		s := b.Clone()
		before := mustJSON(t, s)
		n := keystore.NewPath{Certificates: [][]byte{leaf, parent}, Key: n.Key}
		if _, _, err := s.AddPath(n, newBench(t).random); err != nil {
			if mustJSON(t, s) != before {
				t.Errorf("changed after %v", err)
			}
		} else if err := s.Validate(); err != nil {
			t.Errorf("accepted and not valid: %v", err)
		}
	})
}

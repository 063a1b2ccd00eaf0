package keystore_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func blob(n byte) keystore.Blob {
	return keystore.Blob{Public: []byte{n}, Private: []byte{n}}
}

func p256() keystore.Spec { return keystore.Spec{Algorithm: keystore.ECDSA, Bits: 256} }

// bench is a keystore with what is needed to fill it.
type bench struct {
	*keystore.Section
	t      testing.TB
	random *seed.Stream
	root   *pki.Authority
}

func newBench(t testing.TB) *bench {
	t.Helper()
	random := seed.New(1).Stream("keystore test")
	root, err := pki.NewAuthority(template("root"), newKey(t, random), random)
	if err != nil {
		t.Fatal(err)
	}
	s := &keystore.Section{TLS: keystore.TLSServer{Supported: []string{"1.1", "1.2", "1.3"}, Enabled: []string{"1.3"}}}
	return &bench{s, t, random, root}
}

func template(cn string) pki.Template {
	return pki.Template{Subject: pkix.Name{CommonName: cn}, NotBefore: time.Unix(0, 0), NotAfter: pki.Forever()}
}

func newKey(t testing.TB, random *seed.Stream) *ecdsa.PrivateKey {
	t.Helper()
	key, err := pki.NewKey(random)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// key adds a key pair.
func (b *bench) key() (keystore.Key, crypto.PublicKey) {
	b.t.Helper()
	public := newKey(b.t, b.random).Public()
	k, err := b.AddKey(public, blob(1), "key", false, b.random)
	if err != nil {
		b.t.Fatal(err)
	}
	return k, public
}

// certificate adds a certificate of the root for a public key.
func (b *bench) certificate(public crypto.PublicKey) keystore.Certificate {
	b.t.Helper()
	c, err := b.AddCertificate(keystore.NewCertificate{DER: b.issue(public), Alias: "cert"}, b.random)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func (b *bench) issue(public crypto.PublicKey) []byte {
	b.t.Helper()
	der, err := b.root.Issue(template("leaf"), public, b.random)
	if err != nil {
		b.t.Fatal(err)
	}
	return der
}

// path adds a path of new certificates: a leaf with a private key and the root.
func (b *bench) path() keystore.CertificationPath {
	b.t.Helper()
	_, public := b.key()
	leaf := b.certificate(public)
	p, err := b.CreatePath([]string{leaf.ID, b.rootID()}, "path", b.random)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bench) rootID() string {
	for _, c := range b.Certificates {
		if string(c.DER) == string(b.root.Certificate.Raw) {
			return c.ID
		}
	}
	c, err := b.AddCertificate(keystore.NewCertificate{DER: b.root.Certificate.Raw, Alias: "root"}, b.random)
	if err != nil {
		b.t.Fatal(err)
	}
	return c.ID
}

// refuses checks that f fails with want and leaves the keystore as it was.
func (b *bench) refuses(want error, f func(*keystore.Section) error) {
	b.t.Helper()
	before := mustJSON(b.t, b.Section)
	if err := f(b.Section); !errors.Is(err, want) {
		b.t.Errorf("error %v, want %v", err, want)
	}
	if diff := cmp.Diff(before, mustJSON(b.t, b.Section)); diff != "" {
		b.t.Errorf("after %v: %s", want, diff)
	}
}

func TestKeyLivesFromGeneratingToOK(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	k, err := b.BeginKey(p256(), "ünï", b.random)
	if err != nil || k.Status != keystore.StatusGenerating || k.HasPrivateKey() || k.SecurelyStored() {
		t.Fatalf("%+v, %v", k, err)
	}
	public := newKey(t, b.random).Public()
	if err := b.FinishKey(k.ID, public, blob(1)); err != nil {
		t.Fatal(err)
	}
	got, err := b.Key(k.ID)
	if err != nil || got.Status != keystore.StatusOK || !got.HasPrivateKey() || !got.SecurelyStored() || got.Curve() != "secp256r1" || got.Alias != "ünï" {
		t.Errorf("%+v, %v", got, err)
	}
	b.refuses(keystore.ErrKeyStatus, func(s *keystore.Section) error { return s.FinishKey(k.ID, public, blob(1)) })
	b.refuses(keystore.ErrKeyID, func(s *keystore.Section) error { return s.FinishKey("none", public, blob(1)) })
	other, err := b.BeginKey(p256(), "", b.random)
	if err != nil {
		t.Fatal(err)
	}
	b.refuses(keystore.ErrDuplicateKey, func(s *keystore.Section) error { return s.FinishKey(other.ID, public, blob(2)) })
	rsa, err := b.BeginKey(keystore.Spec{Algorithm: keystore.RSA, Bits: 2048}, "", b.random)
	if err != nil {
		t.Fatal(err)
	}
	b.refuses(keystore.ErrKeyType, func(s *keystore.Section) error {
		return s.FinishKey(rsa.ID, newKey(t, seed.New(9).Stream("x")).Public(), blob(2))
	})
	if err := b.FailKey(k.ID); err != nil {
		t.Fatal(err)
	}
	if got, err = b.Key(k.ID); err != nil || got.Status != keystore.StatusCorrupt || got.HasPrivateKey() {
		t.Errorf("%+v, %v", got, err)
	}
	b.refuses(keystore.ErrKeyID, func(s *keystore.Section) error { return s.FailKey("none") })
	if err := b.DeleteKey(other.ID); err != nil {
		t.Errorf("a key that is being generated: %v", err)
	}
}

func TestKeyIsThereOnlyOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, public := b.key()
	b.refuses(keystore.ErrDuplicateKey, func(s *keystore.Section) error {
		_, err := s.AddKey(public, blob(2), "", false, b.random)
		return err
	})
}

func TestUnknownKindsOfKeysAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.refuses(keystore.ErrPublicKey, func(s *keystore.Section) error {
		_, err := s.AddKey(ed25519.PublicKey(make([]byte, 32)), blob(1), "", false, b.random)
		return err
	})
}

func TestThingsInUseAreNotDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.path()
	leaf, err := b.Certificate(p.CertificateIDs[0])
	if err != nil {
		t.Fatal(err)
	}
	deleteKey := func(s *keystore.Section) error { return s.DeleteKey(leaf.KeyID) }
	deleteCert := func(s *keystore.Section) error { return s.DeleteCertificate(leaf.ID) }
	deletePath := func(s *keystore.Section) error { return s.DeletePath(p.ID) }
	b.refuses(keystore.ErrReferenceExists, deleteKey)
	b.refuses(keystore.ErrReferenceExists, deleteCert)
	for name, use := range map[string]func(*keystore.Section){
		"TLS server":       func(s *keystore.Section) { s.TLS.Paths = []string{p.ID} },
		"media signing":    func(s *keystore.Section) { s.MediaSigning.User = p.ID },
		"device identity":  func(s *keystore.Section) { s.DeviceIdentity = p.ID },
		"802.1X inner one": func(s *keystore.Section) { s.Dot1X = dot1x(keystore.Dot1XStage{PathID: p.ID}) },
	} {
		c := b.Clone()
		use(c)
		var in *keystore.ReferenceError
		if err := deletePath(c); !errors.As(err, &in) || len(in.By) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := errors.Join(deletePath(b.Section), deleteCert(b.Section), deleteKey(b.Section)); err != nil {
		t.Errorf("in the right order: %v", err)
	}
	b.refuses(keystore.ErrCertificationPathID, deletePath)
	b.refuses(keystore.ErrCertificateID, deleteCert)
	b.refuses(keystore.ErrKeyID, deleteKey)
}

func dot1x(inner keystore.Dot1XStage) []keystore.Dot1X {
	return []keystore.Dot1X{{ID: "d1", Outer: keystore.Dot1XStage{Method: "EAP-PEAP", Inner: &inner}}}
}

func TestReferencesAreFoundWhereverTheyAre(t *testing.T) {
	t.Parallel()
	s := &keystore.Section{
		JWT:           keystore.JWT{KeyIDs: []string{"k"}, ValidationPolicy: "pol"},
		Authorization: []keystore.AuthServer{{Token: "a", KeyID: "k", CertificateID: "c", PolicyID: "pol"}},
		Policies:      []keystore.Policy{{ID: "pol", TrustAnchors: []string{"c"}}},
		Dot1X:         dot1x(keystore.Dot1XStage{PassphraseID: "p", PolicyID: "pol"}),
	}
	s.TLS.Policies = []string{"pol"}
	for name, c := range map[string]struct{ got, want []string }{
		"key":         {s.KeyReferences("k"), []string{"authorization server a", "JWT configuration"}},
		"certificate": {s.CertificateReferences("c"), []string{"policy pol", "authorization server a"}},
		"passphrase":  {s.PassphraseReferences("p"), []string{"802.1X configuration d1"}},
		"policy":      {s.PolicyReferences("pol"), []string{"TLS server", "JWT configuration", "authorization server a", "802.1X configuration d1"}},
		"none":        {s.KeyReferences("other"), nil},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestCertificateFindsOrMakesItsKey(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	k, public := b.key()
	if c := b.certificate(public); c.KeyID != k.ID {
		t.Errorf("linked to %q, want %q", c.KeyID, k.ID)
	}
	stranger := newKey(t, b.random).Public()
	c, err := b.AddCertificate(keystore.NewCertificate{DER: b.issue(stranger), KeyAlias: "public half"}, b.random)
	if err != nil {
		t.Fatal(err)
	}
	made, err := b.Key(c.KeyID)
	if err != nil || made.HasPrivateKey() || made.Alias != "public half" || !made.ExternallyGenerated || made.Status != keystore.StatusOK {
		t.Errorf("%+v, %v", made, err)
	}
	add := func(n keystore.NewCertificate) func(*keystore.Section) error {
		return func(s *keystore.Section) error { _, err := s.AddCertificate(n, b.random); return err }
	}
	other := b.issue(newKey(t, b.random).Public())
	b.refuses(keystore.ErrNoMatchingPrivate, add(keystore.NewCertificate{DER: other, PrivateKeyRequired: true}))
	b.refuses(keystore.ErrNoMatchingPrivate, add(keystore.NewCertificate{DER: b.issue(stranger), PrivateKeyRequired: true}))
	b.refuses(keystore.ErrDuplicate, add(keystore.NewCertificate{DER: c.DER}))
	b.refuses(keystore.ErrBadCertificate, add(keystore.NewCertificate{DER: other[:len(other)-1]}))
	b.refuses(keystore.ErrBadCertificate, add(keystore.NewCertificate{}))
	b.refuses(keystore.ErrBadCertificate, add(keystore.NewCertificate{DER: make([]byte, 65537)}))
	b.refuses(keystore.ErrAlias, add(keystore.NewCertificate{DER: other, Alias: strings.Repeat("ä", 513)}))
	if _, err := b.AddCertificate(keystore.NewCertificate{DER: other, Alias: strings.Repeat("ä", 512)}, b.random); err != nil {
		t.Errorf("an alias of 1024 bytes: %v", err)
	}
}

func TestPathWantsEverySignature(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.path()
	leaf, root := p.CertificateIDs[0], p.CertificateIDs[1]
	create := func(ids ...string) func(*keystore.Section) error {
		return func(s *keystore.Section) error { _, err := s.CreatePath(ids, "", b.random); return err }
	}
	b.refuses(keystore.ErrInvalidPath, create(root, leaf))
	b.refuses(keystore.ErrInvalidPath, create(leaf, leaf))
	b.refuses(keystore.ErrInvalidPath, create())
	b.refuses(keystore.ErrCertificateID, create(leaf, "none"))
	b.refuses(keystore.ErrInvalidPath, create(leaf, root, root, root, root, root, root, root, root, root, root)) // 11
	if err := create(leaf, root, root, root, root, root, root, root, root, root)(b.Section); err != nil {        // 10
		t.Error(err)
	}
	if err := create(root)(b.Section); err != nil {
		t.Error(err)
	}
	b.refuses(keystore.ErrInvalidPath, func(s *keystore.Section) error { return s.SetPath(p.ID, []string{root, leaf}, nil) })
	b.refuses(keystore.ErrCertificationPathID, func(s *keystore.Section) error { return s.SetPath("none", []string{root}, nil) })
	alias := "new"
	if err := b.SetPath(p.ID, []string{leaf}, &alias); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Path(p.ID); err != nil || got.Alias != "new" || len(got.CertificateIDs) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestChainGivesCertificatesAndTheLeafsKey(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.path()
	chain, key, err := b.Chain(p.ID)
	if err != nil || len(chain) != 2 || string(chain[1]) != string(b.root.Certificate.Raw) {
		t.Fatalf("%d certificates, %v", len(chain), err)
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, spki, err := keystore.Describe(leaf.PublicKey); err != nil || string(spki) != string(key.Public) {
		t.Errorf("another key: %v", err)
	}
	if _, _, err := b.Chain("none"); !errors.Is(err, keystore.ErrCertificationPathID) {
		t.Error(err)
	}
}

func TestLimitsHold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.path() // 2 keys, 2 certificates, 1 path
	b.Limits = keystore.Limits{Keys: 3, Certificates: 4, CertificationPaths: 2}
	if _, err := b.BeginKey(p256(), "", b.random); err != nil {
		t.Fatal(err)
	}
	b.refuses(keystore.ErrTooManyKeys, func(s *keystore.Section) error { _, err := s.BeginKey(p256(), "", b.random); return err })
	b.refuses(keystore.ErrTooManyKeys, func(s *keystore.Section) error {
		_, err := s.AddCertificate(keystore.NewCertificate{DER: b.issue(newKey(t, b.random).Public())}, b.random)
		return err
	})
	public, err := x509.ParsePKIXPublicKey(b.Keys[0].Public)
	if err != nil {
		t.Fatal(err)
	}
	b.certificate(public)
	b.certificate(public)
	b.refuses(keystore.ErrTooManyCertificates, func(s *keystore.Section) error {
		_, err := s.AddCertificate(keystore.NewCertificate{DER: b.issue(public)}, b.random)
		return err
	})
	if _, err := b.CreatePath(p.CertificateIDs, "", b.random); err != nil {
		t.Fatal(err)
	}
	b.refuses(keystore.ErrTooManyPaths, func(s *keystore.Section) error {
		_, err := s.CreatePath(p.CertificateIDs, "", b.random)
		return err
	})
	if l := (keystore.Limits{Keys: -1}).WithDefaults(); l.Keys != 0 || l.Certificates != 64 {
		t.Errorf("%+v", l)
	}
}

func TestDryRandomSourceChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.refuses(nil, func(s *keystore.Section) error {
		if _, err := s.BeginKey(p256(), "", strings.NewReader("")); err == nil {
			t.Error("an ID of nothing")
		}
		return nil
	})
	same := func() *strings.Reader { return strings.NewReader(strings.Repeat("x", 1000)) }
	if _, err := b.BeginKey(p256(), "", same()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.BeginKey(p256(), "", same()); err == nil {
		t.Error("one ID for two keys")
	}
}

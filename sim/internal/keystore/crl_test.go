package keystore_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/google/go-cmp/cmp"
)

// revocations makes a list of the root's.
func (b *bench) revocations(change func(*x509.RevocationList)) []byte {
	b.t.Helper()
	list := &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: time.Unix(0, 0), NextUpdate: time.Unix(1, 0), // long ago
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: big.NewInt(5), RevocationTime: time.Unix(0, 0), ReasonCode: 1}},
	}
	if change != nil {
		change(list)
	}
	der, err := x509.CreateRevocationList(b.random, list, b.root.Certificate, b.root.Key)
	if err != nil {
		b.t.Fatal(err)
	}
	return der
}

func critical(oid ...int) pkix.Extension {
	return pkix.Extension{Id: asn1.ObjectIdentifier(oid), Critical: true, Value: []byte{5, 0}}
}

func TestCRLsAreKeptAsTheyCame(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	der := b.revocations(nil)
	one, err := b.AddCRL(der, "ünï", b.random)
	if err != nil {
		t.Fatal(err)
	}
	two, err := b.AddCRL(der, "", b.random)
	if err != nil || one.ID == two.ID {
		t.Errorf("a copy of a list: %v", err)
	}
	if got, err := b.CRL(one.ID); err != nil || !bytes.Equal(got.DER, der) || got.Alias != "ünï" {
		t.Errorf("%+v, %v", got, err)
	}
	if err := errors.Join(b.Validate(), b.DeleteCRL(one.ID)); err != nil {
		t.Error(err)
	}
	b.refuses(keystore.ErrCRLID, func(s *keystore.Section) error { return s.DeleteCRL(one.ID) })
	b.refuses(keystore.ErrCRLID, func(s *keystore.Section) error { _, err := s.CRL(one.ID); return err })
}

func TestCRLsThatCannotBeUsedAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	good := b.revocations(nil)
	add := func(der []byte) func(*keystore.Section) error {
		return func(s *keystore.Section) error { _, err := s.AddCRL(der, "", b.random); return err }
	}
	flipped := bytes.Clone(good)
	flipped[1] ^= 1 // a length
	for name, der := range map[string][]byte{
		"nothing":          {},
		"cut":              good[:len(good)-1],
		"with more behind": append(bytes.Clone(good), 0),
		"flipped":          flipped,
		"a certificate":    b.root.Certificate.Raw,
		"unknown and critical": b.revocations(func(l *x509.RevocationList) {
			l.ExtraExtensions = []pkix.Extension{critical(1, 2, 3)}
		}),
		"issuing distribution point that is none": b.revocations(func(l *x509.RevocationList) {
			l.ExtraExtensions = []pkix.Extension{critical(2, 5, 29, 28)}
		}),
		"indirect list": b.revocations(func(l *x509.RevocationList) {
			l.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: []byte{0x30, 3, 0x84, 1, 0xff}}}
		}),
		"entry of an indirect list": b.revocations(func(l *x509.RevocationList) {
			l.RevokedCertificateEntries[0].ExtraExtensions = []pkix.Extension{critical(2, 5, 29, 29)}
		}),
	} {
		t.Log(name)
		b.refuses(keystore.ErrBadCRL, add(der))
	}
	b.refuses(keystore.ErrAlias, func(s *keystore.Section) error {
		_, err := s.AddCRL(good, strings.Repeat("a", 1025), b.random)
		return err
	})
	b.Abilities.SignatureAlgorithms = []string{"1.2.840.113549.1.1.11"}
	b.refuses(keystore.ErrSignatureAlgorithm, add(good))
	b.Abilities.SignatureAlgorithms = nil
	b.Limits.CRL = len(good)
	if err := add(good)(b.Section); err != nil {
		t.Errorf("a list of %d bytes: %v", len(good), err)
	}
	b.Limits.CRL--
	b.refuses(keystore.ErrBadCRL, add(good))
	b.Limits = keystore.Limits{CRLs: 1}
	b.refuses(keystore.ErrTooManyCRLs, add(good))
}

func TestCertificateThatSignedACRLIsNotDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.rootID()
	other, err := pki.NewAuthority(template("root"), newKey(t, b.random), b.random) // of the same name
	if err != nil {
		t.Fatal(err)
	}
	twin, err := b.AddCertificate(keystore.NewCertificate{DER: other.Certificate.Raw}, b.random)
	if err != nil {
		t.Fatal(err)
	}
	list, err := b.AddCRL(b.revocations(nil), "", b.random)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"CRL " + list.ID}, b.CertificateReferences(id)); diff != "" {
		t.Error(diff)
	}
	drop := func(s *keystore.Section) error { return s.DeleteCertificate(id) }
	b.refuses(keystore.ErrReferenceExists, drop)
	if err := errors.Join(b.DeleteCertificate(twin.ID), b.DeleteCRL(list.ID), drop(b.Section)); err != nil {
		t.Error(err)
	}
}

// Validation takes a list whose issuer's name is only written otherwise (RFC
// 5280 7.1): so its certificate is needed.
func TestCertificateIsKeptForEveryListThatItValidates(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.rootID()
	issuer := *b.root.Certificate
	issuer.RawSubject = bytes.ToUpper(bytes.Clone(issuer.RawSubject))
	if bytes.Equal(issuer.RawSubject, b.root.Certificate.RawSubject) {
		t.Fatal("the name has no letters")
	}
	der, err := x509.CreateRevocationList(b.random, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: time.Unix(0, 0), NextUpdate: time.Unix(1, 0),
	}, &issuer, b.root.Key)
	if err != nil {
		t.Fatal(err)
	}
	list, err := b.AddCRL(der, "", b.random)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"CRL " + list.ID}, b.CertificateReferences(id)); diff != "" {
		t.Error(diff)
	}
	b.refuses(keystore.ErrReferenceExists, func(s *keystore.Section) error { return s.DeleteCertificate(id) })
}

// oldAuthority signs with SHA-1, as the public device tests do.
func oldAuthority(t testing.TB) (*x509.Certificate, *rsa.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(nil, 2048)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "old"}, SignatureAlgorithm: x509.SHA1WithRSA,
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		SubjectKeyId: []byte{1},
	}
	der, err := x509.CreateCertificate(nil, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func TestSHA1SignaturesAreChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root, key := oldAuthority(t)
	leafKey := newKey(t, b.random)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "leaf"}, SignatureAlgorithm: x509.SHA1WithRSA,
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0),
	}
	leaf, err := x509.CreateCertificate(nil, tmpl, root, leafKey.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	forged := bytes.Clone(leaf)
	forged[len(forged)-1] ^= 1
	var ids []string
	for _, der := range [][]byte{leaf, forged, root.Raw} {
		c, err := b.AddCertificate(keystore.NewCertificate{DER: der}, b.random)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, c.ID)
	}
	if _, err := b.CreatePath([]string{ids[0], ids[2]}, "", b.random); err != nil {
		t.Error(err)
	}
	b.refuses(keystore.ErrInvalidPath, func(s *keystore.Section) error {
		_, err := s.CreatePath([]string{ids[1], ids[2]}, "", b.random)
		return err
	})
	list, err := x509.CreateRevocationList(nil, &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Unix(0, 0), NextUpdate: time.Unix(1, 0), SignatureAlgorithm: x509.SHA1WithRSA}, root, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.AddCRL(list, "", b.random); err != nil {
		t.Fatal(err)
	}
	if len(b.CertificateReferences(ids[2])) != 2 {
		t.Errorf("%v", b.CertificateReferences(ids[2]))
	}
}

func FuzzAddCRL(f *testing.F) {
	b := newBench(f)
	good := b.revocations(nil)
	f.Add(good, "alias")
	f.Add(good[:len(good)/2], "")
	f.Add(b.revocations(func(l *x509.RevocationList) { l.ExtraExtensions = []pkix.Extension{critical(2, 5, 29, 27)} }), "")
	f.Fuzz(func(t *testing.T, der []byte, alias string) {
		s := b.Clone()
		before := mustJSON(t, s)
		if _, err := s.AddCRL(der, alias, newBench(t).random); err != nil {
			if mustJSON(t, s) != before {
				t.Errorf("changed after %v", err)
			}
		} else if err := s.Validate(); err != nil {
			t.Errorf("accepted and not valid: %v", err)
		}
	})
}

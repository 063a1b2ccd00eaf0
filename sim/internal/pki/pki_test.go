package pki_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
)

func template(cn string) pki.Template {
	return pki.Template{
		Subject:   pkix.Name{CommonName: cn},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:  pki.Forever(),
	}
}

func root(t testing.TB, n uint64) *pki.Authority {
	t.Helper()
	random := seed.New(n).Stream("root")
	key, err := pki.NewKey(random)
	if err != nil {
		t.Fatal(err)
	}
	top := template("root")
	top.MaxPath = 1
	a, err := pki.NewAuthority(top, key, random)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestEqualSeedsGiveEqualCertificates(t *testing.T) {
	t.Parallel()
	a, b, c := root(t, 1), root(t, 1), root(t, 2)
	if !bytes.Equal(a.Certificate.Raw, b.Certificate.Raw) {
		t.Error("one seed gave two certificates")
	}
	if bytes.Equal(a.Certificate.Raw, c.Certificate.Raw) {
		t.Error("two seeds gave one certificate")
	}
}

func TestLeafVerifiesThroughItsAuthorities(t *testing.T) {
	t.Parallel()
	random := seed.New(3).Stream("x")
	top := root(t, 1)
	key, err := pki.NewKey(random)
	if err != nil {
		t.Fatal(err)
	}
	middle, err := top.Authority(template("middle"), key, random)
	if err != nil {
		t.Fatal(err)
	}
	leafKey, err := pki.NewKey(random)
	if err != nil {
		t.Fatal(err)
	}
	leaf := template("leaf")
	leaf.KeyUsage = x509.KeyUsageDigitalSignature
	leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	leaf.DNSNames = []string{"cam"}
	der, err := middle.Issue(leaf, leafKey.Public(), random)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots, inter := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(top.Certificate)
	inter.AddCert(middle.Certificate)
	if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, Intermediates: inter, DNSName: "cam", CurrentTime: cert.NotBefore.Add(time.Hour)}); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(cert.AuthorityKeyId, middle.Certificate.SubjectKeyId) || len(cert.SubjectKeyId) != 20 {
		t.Errorf("key identifiers: %x, authority %x", cert.SubjectKeyId, cert.AuthorityKeyId)
	}
	if cert.IsCA || !middle.Certificate.IsCA || !middle.Certificate.MaxPathLenZero || top.Certificate.MaxPathLen != 1 {
		t.Error("basic constraints")
	}
	if !cert.NotAfter.Equal(pki.Forever()) {
		t.Errorf("notAfter %v", cert.NotAfter)
	}
}

func TestSerialsArePositiveAndOfOneLength(t *testing.T) {
	t.Parallel()
	random := seed.New(1).Stream("serials")
	seen := map[string]bool{}
	for range 1000 {
		s, err := pki.Serial(random)
		if err != nil || s.Sign() <= 0 || len(s.Bytes()) != 16 || seen[s.String()] {
			t.Fatalf("serial %v, %v", s, err)
		}
		seen[s.String()] = true
	}
}

func TestDryRandomSourceIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := pki.NewKey(strings.NewReader("short")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("key: %v", err)
	}
	if _, err := pki.Serial(strings.NewReader("")); !errors.Is(err, io.EOF) {
		t.Errorf("serial: %v", err)
	}
	zeros := bytes.NewReader(make([]byte, 1024))
	if _, err := pki.NewKey(zeros); err == nil {
		t.Error("a key of zeros")
	}
}

func TestAuthoritySurvivesItsPEM(t *testing.T) {
	t.Parallel()
	a := root(t, 1)
	text, err := a.PEM()
	if err != nil {
		t.Fatal(err)
	}
	back, err := text.Parse()
	if err != nil || !bytes.Equal(back.Certificate.Raw, a.Certificate.Raw) {
		t.Fatalf("parse: %v", err)
	}
	other, err := root(t, 2).PEM()
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string]pki.AuthorityPEM{
		"no certificate":    {Key: text.Key},
		"no key":            {Certificate: text.Certificate},
		"another's key":     {Certificate: text.Certificate, Key: other.Key},
		"two certificates":  {Certificate: text.Certificate + other.Certificate, Key: text.Key},
		"key as the cert":   {Certificate: text.Key, Key: text.Key},
		"cert as the key":   {Certificate: text.Certificate, Key: text.Certificate},
		"trailing text":     {Certificate: text.Certificate + "x", Key: text.Key},
		"damaged key block": {Certificate: text.Certificate, Key: strings.Replace(text.Key, "MIG", "AAA", 1)},
	}
	for name, p := range bad {
		if _, err := p.Parse(); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("%s: the error quotes the key: %v", name, err)
		}
	}
}

func FuzzAuthorityPEM(f *testing.F) {
	text, err := root(f, 1).PEM()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text.Certificate, text.Key)
	f.Add("", "")
	f.Add(text.Key, text.Certificate)
	f.Fuzz(func(t *testing.T, cert, key string) {
		a, err := pki.AuthorityPEM{Certificate: cert, Key: key}.Parse()
		if err == nil && (a.Certificate == nil || a.Key == nil) {
			t.Error("half an authority")
		}
	})
}

package pki_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/pki"
)

func algorithmNamed(t testing.TB, name string) pki.SignatureAlgorithm {
	t.Helper()
	for _, a := range pki.SignatureAlgorithms() {
		if a.String() == name {
			return a
		}
	}
	t.Fatalf("no algorithm %q", name)
	return pki.SignatureAlgorithm{}
}

// keyFor is a key of the kind the algorithm wants.
func keyFor(a pki.SignatureAlgorithm) crypto.Signer {
	if a.Fits(keys.rsa.Public()) == nil {
		return keys.rsa
	}
	return keys.p521
}

// TestOpenSSLVerifiesEveryAlgorithm has OpenSSL verify a request and a
// self-signed certificate of each, and verifies both here.
func TestOpenSSLVerifiesEveryAlgorithm(t *testing.T) {
	t.Parallel()
	for _, a := range pki.SignatureAlgorithms() {
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			dir, key := t.TempDir(), keyFor(a)
			again := must[pki.SignatureAlgorithm](t)(pki.ParseSignatureAlgorithm(a.OID(), a.Parameters()))
			if again != a {
				t.Errorf("%v reads as %v", a, again)
			}
			request := must[[]byte](t)(pki.Request{Subject: all()}.Sign(key, a, rand.Reader))
			write(t, dir, "r.der", request)
			if out := tool(t, dir, "openssl", "req", "-inform", "DER", "-in", "r.der", "-verify", "-noout"); !bytes.Contains(out, []byte("verify OK")) {
				t.Errorf("request: %s", out)
			}
			c := pki.Certificate{Subject: all(), NotBefore: day()}
			der := must[[]byte](t)(c.SelfSign(key, a, rand.Reader))
			write(t, dir, "c.pem", pemOf("CERTIFICATE", der))
			tool(t, dir, "openssl", "verify", "-auth_level", "0", "-check_ss_sig", "-CAfile", "c.pem", "c.pem")
			if err := pki.CheckSigned(der, der); err != nil {
				t.Error(err)
			}
			der[len(der)-1] ^= 1
			if err := pki.CheckSigned(der, der); !errors.Is(err, pki.ErrSignature) {
				t.Errorf("changed signature: %v", err)
			}
			if got, err := pki.CertificateAlgorithm(der); err != nil || got != a {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// TestCertificatesOfOpenSSLAreVerified is the other way round.
func TestCertificatesOfOpenSSLAreVerified(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "rsa.pem", pemOf("PRIVATE KEY", pkcs8(t, keys.rsa)))
	write(t, dir, "ec.pem", pemOf("PRIVATE KEY", pkcs8(t, keys.p256)))
	for name, args := range map[string][]string{
		"sha1WithRSAEncryption": {"-key", "rsa.pem", "-sha1"}, "sha224WithRSAEncryption": {"-key", "rsa.pem", "-sha224"},
		"sha512WithRSAEncryption": {"-key", "rsa.pem", "-sha512"}, "ecdsa-with-SHA1": {"-key", "ec.pem", "-sha1"},
		"ecdsa-with-SHA384":  {"-key", "ec.pem", "-sha384"},
		"RSASSA-PSS SHA-1":   {"-key", "rsa.pem", "-sha1", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:20"},
		"RSASSA-PSS SHA-256": {"-key", "rsa.pem", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:100"},
	} {
		tool(t, dir, "openssl", append([]string{"req", "-x509", "-new", "-subj", "/CN=x", "-outform", "DER", "-out", "c.der"}, args...)...)
		der := read(t, dir, "c.der")
		a, err := pki.CertificateAlgorithm(der)
		if err != nil || a.String() != name {
			t.Errorf("%s: %v, %v", name, a, err)
		}
		if err := pki.CheckSigned(der, der); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	tool(t, dir, "openssl", "req", "-x509", "-new", "-subj", "/CN=x", "-outform", "DER", "-out", "md5.der", "-key", "rsa.pem", "-md5")
	if _, err := pki.CertificateAlgorithm(read(t, dir, "md5.der")); !errors.Is(err, pki.ErrSignatureAlgorithm) {
		t.Errorf("MD5: %v", err)
	}
	tool(t, dir, "openssl", "req", "-x509", "-new", "-subj", "/CN=x", "-outform", "DER", "-out", "mgf.der", "-key", "rsa.pem", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_mgf1_md:sha1")
	if _, err := pki.CertificateAlgorithm(read(t, dir, "mgf.der")); !errors.Is(err, pki.ErrSignatureAlgorithm) {
		t.Errorf("PSS with two hashes: %v", err)
	}
}

func TestKeysMustFitTheAlgorithm(t *testing.T) {
	t.Parallel()
	for _, a := range pki.SignatureAlgorithms() {
		wrong := crypto.Signer(keys.rsa)
		if keyFor(a) == wrong {
			wrong = keys.p256
		}
		if _, err := (pki.Request{Subject: all()}).Sign(wrong, a, rand.Reader); !errors.Is(err, pki.ErrKeySignature) {
			t.Errorf("%v with %T: %v", a, wrong, err)
		}
	}
	if _, err := (pki.Request{Subject: all()}).Sign(keys.rsa, pki.SignatureAlgorithm{}, rand.Reader); !errors.Is(err, pki.ErrSignatureAlgorithm) {
		t.Errorf("no algorithm: %v", err)
	}
	for _, oid := range []string{"", "x", "1.2.840.113549.1.1.4", "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.5.1"} {
		if _, err := pki.ParseSignatureAlgorithm(oid, nil); !errors.Is(err, pki.ErrSignatureAlgorithm) {
			t.Errorf("%q: %v", oid, err)
		}
	}
	if _, err := pki.ParseSignatureAlgorithm("1.2.840.113549.1.1.11", []byte{2, 1, 1}); !errors.Is(err, pki.ErrSignatureAlgorithm) {
		t.Errorf("parameters: %v", err)
	}
	if a, err := pki.ParseSignatureAlgorithm("1.2.840.113549.1.1.10", nil); err != nil || a.Hash() != crypto.SHA256 {
		t.Errorf("PSS without parameters: %v, %v", a, err)
	}
}

// broken signs something else.
type broken struct{ *rsa.PrivateKey }

func (b broken) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return b.PrivateKey.Sign(random, make([]byte, len(digest)), opts)
}

// silent is a key, such as one in a TPM, that does not sign.
type silent struct{ *rsa.PrivateKey }

func (silent) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, io.ErrNoProgress
}

func TestSignersThatFailAreNoticed(t *testing.T) {
	t.Parallel()
	a := algorithmNamed(t, "sha256WithRSAEncryption")
	if _, err := (pki.Request{Subject: all()}).Sign(broken{keys.rsa}, a, nil); !errors.Is(err, pki.ErrSignature) {
		t.Errorf("broken: %v", err)
	}
	if _, err := (pki.Certificate{Subject: all()}).SelfSign(silent{keys.rsa}, a, rand.Reader); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("silent: %v", err)
	}
	if _, err := (pki.Certificate{Subject: all()}).SelfSign(keys.rsa, a, strings.NewReader("")); !errors.Is(err, io.EOF) {
		t.Errorf("no serial number: %v", err)
	}
}

func basic(ca bool) pki.Extension {
	value, err := asn1.Marshal(struct {
		CA bool `asn1:"optional"`
	}{ca})
	if err != nil {
		panic(err)
	}
	return pki.Extension{OID: "2.5.29.19", Critical: true, Value: value}
}

func TestRequestAsksForWhatItIsGiven(t *testing.T) {
	t.Parallel()
	strange := pki.Extension{OID: "1.3.6.1.4.1.2147483647", Value: []byte{4, 1, 7}}
	request := pki.Request{
		Subject:    all(),
		Extensions: []pki.Extension{basic(true), strange},
		Attributes: []pki.RequestAttribute{{OID: "1.2.840.113549.1.9.7", Value: []byte("\x0c\x06secret")}, {OID: "1.2.840.113549.1.9.2", Value: []byte("\x0c\x01n")}},
	}
	der := must[[]byte](t)(request.Sign(keys.p256, algorithmNamed(t, "ecdsa-with-SHA256"), nil))
	parsed := must[*x509.CertificateRequest](t)(x509.ParseCertificateRequest(der))
	if err := parsed.CheckSignature(); err != nil {
		t.Error(err)
	}
	dir := t.TempDir()
	write(t, dir, "r.der", der)
	text := string(tool(t, dir, "openssl", "req", "-inform", "DER", "-in", "r.der", "-noout", "-text"))
	for _, want := range []string{"challengePassword        :secret", "unstructuredName         :n", "CA:TRUE", "1.3.6.1.4.1.2147483647", "X509v3 Basic Constraints: critical"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	again := must[[]byte](t)(request.Sign(keys.p256, algorithmNamed(t, "ecdsa-with-SHA256"), nil))
	if !bytes.Equal(der, again) {
		t.Error("ECDSA requests are not repeatable")
	}
}

func TestRequestsThatCannotBeAreErrors(t *testing.T) {
	t.Parallel()
	a := algorithmNamed(t, "ecdsa-with-SHA256")
	san := pki.Extension{OID: "2.5.29.17", Critical: true, Value: []byte{0x30, 3, 0x82, 1, 'x'}}
	relaxed := san
	relaxed.Critical = false
	attribute := pki.RequestAttribute{OID: "1.2.840.113549.1.9.7", Value: []byte{12, 1, 'x'}}
	var many []pki.Extension
	var attributes []pki.RequestAttribute
	for i := range pki.MaxExtensions + 1 {
		many = append(many, pki.Extension{OID: fmt.Sprintf("1.2.%d", i), Value: []byte{5, 0}})
		attributes = append(attributes, pki.RequestAttribute{OID: fmt.Sprintf("1.2.%d", i), Value: []byte{5, 0}})
	}
	for name, tt := range map[string]struct {
		request pki.Request
		want    error
	}{
		"good":                       {pki.Request{Subject: all(), Extensions: []pki.Extension{basic(false)}, Attributes: []pki.RequestAttribute{attribute}}, nil},
		"no subject":                 {pki.Request{}, pki.ErrName},
		"no subject, SAN":            {pki.Request{Extensions: []pki.Extension{san}}, nil},
		"no subject, uncritical SAN": {pki.Request{Extensions: []pki.Extension{relaxed}}, pki.ErrName},
		"extension twice":            {pki.Request{Subject: all(), Extensions: []pki.Extension{san, san}}, pki.ErrExtension},
		"extension without OID":      {pki.Request{Subject: all(), Extensions: []pki.Extension{{Value: []byte{5, 0}}}}, pki.ErrExtension},
		"extension without value":    {pki.Request{Subject: all(), Extensions: []pki.Extension{{OID: "1.2.3"}}}, pki.ErrExtension},
		"extension not DER":          {pki.Request{Subject: all(), Extensions: []pki.Extension{{OID: "1.2.3", Value: []byte{0x30, 2, 5, 1}}}}, pki.ErrExtension},
		"64 extensions":              {pki.Request{Subject: all(), Extensions: many[:pki.MaxExtensions]}, nil},
		"65 extensions":              {pki.Request{Subject: all(), Extensions: many}, pki.ErrExtension},
		"attribute twice":            {pki.Request{Subject: all(), Attributes: []pki.RequestAttribute{attribute, attribute}}, pki.ErrAttribute},
		"two extension requests":     {pki.Request{Subject: all(), Extensions: []pki.Extension{san}, Attributes: []pki.RequestAttribute{{OID: "1.2.840.113549.1.9.14", Value: []byte{0x30, 0}}}}, pki.ErrAttribute},
		"attribute without OID":      {pki.Request{Subject: all(), Attributes: []pki.RequestAttribute{{OID: "x", Value: []byte{5, 0}}}}, pki.ErrAttribute},
		"attribute not DER":          {pki.Request{Subject: all(), Attributes: []pki.RequestAttribute{{OID: "1.2.3", Value: []byte{5}}}}, pki.ErrAttribute},
		"64 attributes":              {pki.Request{Subject: all(), Attributes: attributes[:pki.MaxRequestAttributes]}, nil},
		"65 attributes":              {pki.Request{Subject: all(), Attributes: attributes}, pki.ErrAttribute},
	} {
		der, err := tt.request.Sign(keys.p256, a, nil)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if err == nil {
			if _, err := x509.ParseCertificateRequest(der); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestSelfSignedCertificateSaysWhatItIsGiven(t *testing.T) {
	t.Parallel()
	c := pki.Certificate{
		Subject: all(), NotBefore: day(),
		Extensions: []pki.Extension{basic(true), {OID: "2.5.29.15", Critical: true, Value: []byte{3, 2, 1, 6}}},
	}
	der := must[[]byte](t)(c.SelfSign(keys.rsa, algorithmNamed(t, "sha1WithRSAEncryption"), rand.Reader))
	got := parseCert(t, der)
	if got.Version != 3 || !got.IsCA || got.KeyUsage != x509.KeyUsageCertSign|x509.KeyUsageCRLSign || len(got.SubjectKeyId) != 20 || len(got.Extensions) != 3 {
		t.Errorf("version %d, CA %v, usage %v, key identifier %x, %d extensions", got.Version, got.IsCA, got.KeyUsage, got.SubjectKeyId, len(got.Extensions))
	}
	if !got.NotBefore.Equal(day()) || !got.NotAfter.Equal(pki.Forever()) || !bytes.Equal(got.RawIssuer, got.RawSubject) {
		t.Errorf("from %v to %v", got.NotBefore, got.NotAfter)
	}
	if !bytes.Contains(der, []byte("\x18\x0f99991231235959Z")) || !bytes.Contains(der, []byte("\x17\x0d260601120000Z")) {
		t.Error("times are not as RFC 5280 4.1.2.5 wants")
	}
	if got.SerialNumber.Sign() <= 0 || len(got.SerialNumber.Bytes()) != 16 {
		t.Errorf("serial number %v", got.SerialNumber)
	}
	own := c
	own.Extensions = append(own.Extensions, pki.SubjectKeyIdentifier([]byte{1, 2, 3}))
	if id := parseCert(t, must[[]byte](t)(own.SelfSign(keys.rsa, algorithmNamed(t, "sha256WithRSAEncryption"), rand.Reader))).SubjectKeyId; !bytes.Equal(id, []byte{1, 2, 3}) {
		t.Errorf("key identifier %x", id)
	}
	v1 := pki.Certificate{Version: 1, Subject: all(), NotBefore: day(), SerialNumber: serial(7)}
	if got := parseCert(t, must[[]byte](t)(v1.SelfSign(keys.rsa, algorithmNamed(t, "sha256WithRSAEncryption"), rand.Reader))); got.Version != 1 || len(got.Extensions) != 0 || got.SerialNumber.Int64() != 7 {
		t.Errorf("version %d, serial number %v", got.Version, got.SerialNumber)
	}
}

func TestCertificatesThatCannotBeAreErrors(t *testing.T) {
	t.Parallel()
	a := algorithmNamed(t, "ecdsa-with-SHA256")
	at := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
	for name, tt := range map[string]struct {
		certificate pki.Certificate
		want        error
	}{
		"good":                      {pki.Certificate{Subject: all(), NotBefore: at(2000), NotAfter: at(2000)}, nil},
		"before 1950, after 2050":   {pki.Certificate{Subject: all(), NotBefore: at(1949), NotAfter: at(2050)}, nil},
		"no subject":                {pki.Certificate{}, pki.ErrName},
		"version 2":                 {pki.Certificate{Subject: all(), Version: 2}, pki.ErrVersion},
		"version 4":                 {pki.Certificate{Subject: all(), Version: 4}, pki.ErrVersion},
		"version 1, extensions":     {pki.Certificate{Subject: all(), Version: 1, Extensions: []pki.Extension{basic(true)}}, pki.ErrVersionExtensions},
		"ends before it begins":     {pki.Certificate{Subject: all(), NotBefore: at(2001), NotAfter: at(2000)}, pki.ErrValidity},
		"year 10000":                {pki.Certificate{Subject: all(), NotBefore: at(2001), NotAfter: at(10000)}, pki.ErrValidity},
		"year 0":                    {pki.Certificate{Subject: all(), NotBefore: at(0)}, pki.ErrValidity},
		"extension twice":           {pki.Certificate{Subject: all(), Extensions: []pki.Extension{basic(true), basic(false)}}, pki.ErrExtension},
		"serial number 0":           {pki.Certificate{Subject: all(), SerialNumber: serial(0)}, pki.ErrCertificate},
		"serial number of 160 bits": {pki.Certificate{Subject: all(), SerialNumber: new(big.Int).Lsh(serial(1), 159)}, pki.ErrCertificate},
		"serial number of 159 bits": {pki.Certificate{Subject: all(), SerialNumber: new(big.Int).Lsh(serial(1), 158)}, nil},
	} {
		der, err := tt.certificate.SelfSign(keys.p256, a, rand.Reader)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if err == nil {
			parseCert(t, der)
		}
	}
}

func TestPathsAreSignedLinkByLink(t *testing.T) {
	t.Parallel()
	ders := chain(t, keys.p256)
	for i := range ders[1:] {
		if err := pki.CheckSigned(ders[i], ders[i+1]); err != nil {
			t.Errorf("link %d: %v", i, err)
		}
	}
	if err := pki.CheckSigned(ders[0], ders[2]); !errors.Is(err, pki.ErrSignature) {
		t.Errorf("leaf and root: %v", err)
	}
	rsaCert := must[[]byte](t)(pki.Certificate{Subject: all(), NotBefore: day()}.SelfSign(keys.rsa, algorithmNamed(t, "sha256WithRSAEncryption"), rand.Reader))
	if err := pki.CheckSigned(ders[0], rsaCert); !errors.Is(err, pki.ErrKeySignature) {
		t.Errorf("leaf and RSA: %v", err)
	}
	for _, bad := range [][]byte{nil, {0x30, 0}, ders[0][:100]} {
		if err := pki.CheckSigned(bad, ders[1]); !errors.Is(err, pki.ErrCertificate) {
			t.Errorf("%.10x: %v", bad, err)
		}
		if err := pki.CheckSigned(ders[0], bad); !errors.Is(err, pki.ErrCertificate) {
			t.Errorf("parent %.10x: %v", bad, err)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	ec := algorithmNamed(b, "ecdsa-with-SHA256")
	rsa2048 := algorithmNamed(b, "sha256WithRSAEncryption")
	for name, bb := range map[string]struct {
		key crypto.Signer
		a   pki.SignatureAlgorithm
	}{"P-256": {must[*ecdsa.PrivateKey](b)(pki.NewKey(rand.Reader)), ec}, "RSA-2048": {keys.rsa, rsa2048}} {
		b.Run(name, func(b *testing.B) {
			request := pki.Request{Subject: all()}
			for b.Loop() {
				if _, err := request.Sign(bb.key, bb.a, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

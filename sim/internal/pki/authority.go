// Package pki builds X.509 certificates: authorities made from a seed, leaf
// certificates, PEM chains. With a fixed seed every byte comes out the same.
// It also does, over DER and without ONVIF, what the Security service needs:
//
//   - [ParsePKCS8], [DecryptPKCS8] and [ReadPKCS12] read what clients upload,
//     within limits, and [ParseCRL] reads certificate revocation lists;
//   - [Request] and [Certificate] build certification requests and self-signed
//     certificates from a [Name] and extensions, with any [SignatureAlgorithm];
//   - [PathValidator] validates certification paths.
//
// crypto/x509 verifies no SHA-1 signature any more, which devices must
// (Security 5.8.7): signatures of certificates and CRLs are verified here.
//
// Go ignores the reader given to ecdsa.GenerateKey, so keys are made of raw
// scalars; signatures are those of RFC 6979, which need no randomness.
package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/url"
	"time"
)

// Forever is the notAfter of certificates without an end (RFC 5280 4.1.2.5,
// IEEE 802.1AR 8.7): 99991231235959Z.
func Forever() time.Time { return time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC) }

// Template is what a new certificate says.
type Template struct {
	Subject             pkix.Name
	NotBefore, NotAfter time.Time
	// CA makes a certificate authority; MaxPath is the number of authorities
	// that may follow it (pathLenConstraint).
	CA              bool
	MaxPath         int
	KeyUsage        x509.KeyUsage
	ExtKeyUsage     []x509.ExtKeyUsage
	OtherKeyUsage   []OID // extended key usages Go has no name for
	DNSNames        []string
	IPAddresses     []net.IP
	URIs            []*url.URL
	ExtraExtensions []pkix.Extension
}

// OID is an object identifier in Go's form.
type OID = []int

// Authority is a certificate with its key: what can sign certificates.
type Authority struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
}

// NewKey makes an ECDSA P-256 key of the next numbers of random.
func NewKey(random io.Reader) (*ecdsa.PrivateKey, error) {
	curve := elliptic.P256()
	for range 16 { // a number that is zero or too big has a chance of 2⁻³²
		raw := make([]byte, 32)
		if _, err := io.ReadFull(random, raw); err != nil {
			return nil, fmt.Errorf("new key: %w", err)
		}
		if key, err := ecdsa.ParseRawPrivateKey(curve, raw); err == nil {
			return key, nil
		}
	}
	return nil, errors.New("new key: the random source gives no number in range")
}

// NewAuthority makes a self-signed authority.
func NewAuthority(t Template, key crypto.Signer, random io.Reader) (*Authority, error) {
	t.CA = true
	der, err := create(t, nil, key.Public(), key, random)
	if err != nil {
		return nil, err
	}
	return authority(der, key)
}

// Authority makes an authority below a.
func (a *Authority) Authority(t Template, key crypto.Signer, random io.Reader) (*Authority, error) {
	t.CA = true
	der, err := a.Issue(t, key.Public(), random)
	if err != nil {
		return nil, err
	}
	return authority(der, key)
}

// Issue signs a certificate for public and returns it as DER. The random
// source gives the serial number only.
func (a *Authority) Issue(t Template, public crypto.PublicKey, random io.Reader) ([]byte, error) {
	return create(t, a.Certificate, public, a.Key, random)
}

func authority(der []byte, key crypto.Signer) (*Authority, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	return &Authority{Certificate: cert, Key: key}, nil
}

func create(t Template, parent *x509.Certificate, public crypto.PublicKey, signer crypto.Signer, random io.Reader) ([]byte, error) {
	serial, err := Serial(random)
	if err != nil {
		return nil, err
	}
	skid, err := SubjectKeyID(public)
	if err != nil {
		return nil, err
	}
	c := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               t.Subject,
		NotBefore:             t.NotBefore.UTC(),
		NotAfter:              t.NotAfter.UTC(),
		KeyUsage:              t.KeyUsage,
		ExtKeyUsage:           t.ExtKeyUsage,
		BasicConstraintsValid: true,
		SubjectKeyId:          skid,
		DNSNames:              t.DNSNames,
		IPAddresses:           t.IPAddresses,
		URIs:                  t.URIs,
		ExtraExtensions:       t.ExtraExtensions,
	}
	for _, oid := range t.OtherKeyUsage {
		c.UnknownExtKeyUsage = append(c.UnknownExtKeyUsage, oid)
	}
	if t.CA {
		c.IsCA, c.MaxPathLen, c.MaxPathLenZero = true, t.MaxPath, t.MaxPath == 0
		c.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	}
	if parent == nil {
		parent = c
	}
	der, err := x509.CreateCertificate(nil, c, parent, public, signer)
	if err != nil {
		return nil, fmt.Errorf("certificate %q: %w", t.Subject, err)
	}
	return der, nil
}

// Serial makes a positive serial number of 16 bytes (RFC 5280 4.1.2.2).
func Serial(random io.Reader) (*big.Int, error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(random, b); err != nil {
		return nil, fmt.Errorf("serial number: %w", err)
	}
	b[0] = b[0]&0x7f | 0x40 // positive, and always of 16 bytes
	return new(big.Int).SetBytes(b), nil
}

// SubjectKeyID is the first 160 bits of the SHA-256 of the public key's bits
// (RFC 7093 method 1).
func SubjectKeyID(public crypto.PublicKey) ([]byte, error) {
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("subject key identifier: %w", err)
	}
	bits, err := publicKeyBits(spki)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(bits)
	return sum[:20], nil
}

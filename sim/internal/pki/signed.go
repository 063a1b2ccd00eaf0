package pki

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"fmt"
	"io"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// signed is what certificates, requests and CRLs are: something, the
// algorithm it is signed with, and the signature.
type signed struct {
	body      []byte // one DER element
	algorithm algorithm
	signature []byte
}

// readSigned takes a signed structure apart.
func readSigned(der []byte) (signed, bool) {
	s, ok := readOnly(der, asn1.SEQUENCE)
	var out signed
	var body, bits cryptobyte.String
	ok = ok && s.ReadASN1Element(&body, asn1.SEQUENCE) && readAlgorithm(&s, &out.algorithm) &&
		s.ReadASN1(&bits, asn1.BIT_STRING) && s.Empty() && len(bits) > 0 && bits[0] == 0
	if !ok {
		return signed{}, false
	}
	out.body, out.signature = body, bits[1:]
	return out, true
}

// verify checks the signature with a key.
func (s signed) verify(public crypto.PublicKey) error {
	a, err := signatureAlgorithm(s.algorithm)
	if err != nil {
		return err
	}
	return a.Verify(public, s.body, s.signature)
}

// sign makes a signed structure.
func sign(body []byte, key crypto.Signer, a SignatureAlgorithm, random io.Reader) ([]byte, error) {
	signature, err := a.sign(key, body, random)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(body)
		a.add(b)
		b.AddASN1BitString(signature)
	})
	return b.Bytes()
}

// CertificateAlgorithm says how a certificate (DER) is signed. Errors:
// ErrCertificate, ErrSignatureAlgorithm.
func CertificateAlgorithm(der []byte) (SignatureAlgorithm, error) {
	s, ok := readSigned(der)
	if !ok {
		return SignatureAlgorithm{}, fmt.Errorf("%w: malformed", ErrCertificate)
	}
	return signatureAlgorithm(s.algorithm)
}

// CheckSigned checks that a certificate or revocation list (DER) carries a
// signature of a certificate's key, whatever else they say: what certification
// paths must hold (Security 5.2.6.3.8). Errors: ErrCertificate, ErrSignatureAlgorithm,
// ErrKeySignature, ErrSignature.
func CheckSigned(child, parent []byte) error {
	s, ok := readSigned(child)
	if !ok {
		return fmt.Errorf("%w: malformed", ErrCertificate)
	}
	public, err := x509.ParsePKIXPublicKey(certificateSPKI(parent))
	if err != nil {
		return fmt.Errorf("%w: public key of the next one: %w", ErrCertificate, err)
	}
	return s.verify(public)
}

// addSetOf writes a SET OF, whose elements DER sorts (X.690 11.6).
func addSetOf(b *cryptobyte.Builder, elements [][]byte) {
	slices.SortFunc(elements, bytes.Compare)
	b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) {
		for _, e := range elements {
			b.AddBytes(e)
		}
	})
}

package pki

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Certificate is an X.509 certificate to be signed: exactly what is in it.
// [Template] is the one for our own authorities.
type Certificate struct {
	// Version is 1 or 3; 0 is 3.
	Version int
	// SerialNumber is positive and of at most 20 bytes; nil is a random one
	// of 16 bytes, unlike any other for all practical purposes.
	SerialNumber *big.Int
	Subject      Name
	// NotBefore and NotAfter are to the second. The zero NotAfter is Forever.
	NotBefore, NotAfter time.Time
	Extensions          []Extension
}

// SelfSign makes a self-signed certificate of a key. One of version 3 gets a
// subjectKeyIdentifier unless the extensions have one, which is what RFC 5280
// 4.2.1.2 asks of authorities. Errors: ErrName, ErrVersion, ErrExtension,
// ErrVersionExtensions, ErrValidity, ErrSignatureAlgorithm, ErrKeySignature,
// and the key's own. Security 5.2.6.3.2.
func (c Certificate) SelfSign(key crypto.Signer, a SignatureAlgorithm, random io.Reader) ([]byte, error) {
	name, err := c.Subject.DER()
	if err != nil {
		return nil, err
	}
	if len(c.Subject) == 0 {
		return nil, fmt.Errorf("%w: an issuer's must not be empty", ErrName)
	}
	if c.Version != 1 && !hasExtension(c.Extensions, oidSubjectKeyID) {
		id, err := SubjectKeyID(key.Public())
		if err != nil {
			return nil, err
		}
		c.Extensions = append(c.Extensions[:len(c.Extensions):len(c.Extensions)], SubjectKeyIdentifier(id))
	}
	return c.sign(name, key.Public(), key, a, random)
}

// SignedBy makes a certificate of a public key below an issuer, nothing of
// which is checked: it may say what it should not.
func (c Certificate) SignedBy(issuer *x509.Certificate, public crypto.PublicKey, key crypto.Signer, a SignatureAlgorithm, random io.Reader) ([]byte, error) {
	return c.sign(issuer.RawSubject, public, key, a, random)
}

func (c Certificate) sign(issuer []byte, public crypto.PublicKey, key crypto.Signer, a SignatureAlgorithm, random io.Reader) ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	tbs, err := c.tbs(issuer, public, a, random)
	if err != nil {
		return nil, err
	}
	der, err := sign(tbs, key, a, random)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return der, nil
}

func (c Certificate) check() error {
	switch {
	case c.Version != 0 && c.Version != 1 && c.Version != 3:
		return fmt.Errorf("%w: %d", ErrVersion, c.Version)
	case c.Version == 1 && len(c.Extensions) > 0:
		return fmt.Errorf("%w: 1", ErrVersionExtensions)
	case c.SerialNumber != nil && (c.SerialNumber.Sign() <= 0 || c.SerialNumber.BitLen() > 159):
		return fmt.Errorf("%w: serial number %v", ErrCertificate, c.SerialNumber)
	}
	return checkExtensions(c.Extensions)
}

// tbs encodes a TBSCertificate (RFC 5280 4.1).
func (c Certificate) tbs(issuer []byte, public crypto.PublicKey, a SignatureAlgorithm, random io.Reader) ([]byte, error) {
	subject, err := c.Subject.DER()
	if err != nil {
		return nil, err
	}
	validity, err := c.validity()
	if err != nil {
		return nil, err
	}
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyAlgorithm, err)
	}
	number := c.SerialNumber
	if number == nil {
		if number, err = Serial(random); err != nil {
			return nil, err
		}
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if c.Version != 1 {
			b.AddASN1(constructed0, func(b *cryptobyte.Builder) { b.AddASN1Int64(2) })
		}
		b.AddASN1BigInt(number)
		a.add(b)
		b.AddBytes(bytes.Join([][]byte{issuer, validity, subject, spki}, nil))
		if len(c.Extensions) > 0 {
			b.AddASN1(constructed3, func(b *cryptobyte.Builder) { addExtensions(b, c.Extensions) })
		}
	})
	return b.Bytes()
}

// validity encodes Validity (RFC 5280 4.1.2.5).
func (c Certificate) validity() ([]byte, error) {
	from, to := c.NotBefore.UTC().Truncate(time.Second), c.NotAfter.UTC().Truncate(time.Second)
	if c.NotAfter.IsZero() {
		to = Forever()
	}
	if to.Before(from) {
		return nil, fmt.Errorf("%w: it ends before it begins", ErrValidity)
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, t := range []time.Time{from, to} {
			switch year := t.Year(); {
			case year < 1 || year > 9999:
				b.SetError(fmt.Errorf("%w: the year %d", ErrValidity, year))
			case year >= 1950 && year < 2050:
				b.AddASN1UTCTime(t)
			default:
				b.AddASN1GeneralizedTime(t)
			}
		}
	})
	return b.Bytes()
}

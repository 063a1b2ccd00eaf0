package pki

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// CRLLimits bound what is read of a CRL. A field of zero is its default.
type CRLLimits struct {
	Bytes   int // size of the DER; 1 MiB
	Entries int // revoked certificates; 20,000
}

// CRL is a certificate revocation list of RFC 5280 chapter 5, never changed
// after it was read.
type CRL struct {
	list    *x509.RevocationList
	signed  signed
	issuer  string
	revoked map[string]int // reason code by serial number
	point   issuingPoint
	base    *big.Int // BaseCRLNumber of a delta CRL
	// unusable says which critical part nobody here understands: then the
	// CRL tells nothing about any certificate (RFC 5280 5.2, 5.3).
	unusable string
}

// removeFromCRL is the reason code of a delta CRL's entry that takes a
// certificate out of the complete one (RFC 5280 5.3.1).
const removeFromCRL = 8

// ParseCRL reads a CRL (DER). Its signature is not checked: that takes the
// issuer. Errors: ErrCRL, LimitError, ErrSignatureAlgorithm.
func ParseCRL(der []byte, l CRLLimits) (*CRL, error) {
	if l.Bytes == 0 {
		l.Bytes = 1 << 20
	}
	if l.Entries == 0 {
		l.Entries = 20_000
	}
	if err := within("Bytes", len(der), l.Bytes); err != nil {
		return nil, fmt.Errorf("CRL: %w", err)
	}
	s, ok := readSigned(der)
	if !ok {
		return nil, fmt.Errorf("%w: malformed", ErrCRL)
	}
	if _, err := signatureAlgorithm(s.algorithm); err != nil {
		return nil, fmt.Errorf("CRL: %w", err)
	}
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCRL, err)
	}
	if err := within("Entries", len(list.RevokedCertificateEntries), l.Entries); err != nil {
		return nil, fmt.Errorf("CRL: %w", err)
	}
	c := &CRL{list: list, signed: s, issuer: canonicalName(list.RawIssuer), revoked: map[string]int{}}
	return c, c.read()
}

// read takes in entries and extensions.
func (c *CRL) read() error {
	for _, e := range c.list.RevokedCertificateEntries {
		for _, x := range e.Extensions {
			if x.Critical && x.Id.String() != oidReasonCode {
				c.unusable = "entry extension " + x.Id.String()
			}
		}
		c.revoked[string(e.SerialNumber.Bytes())] = e.ReasonCode
	}
	for _, x := range c.list.Extensions {
		value := cryptobyte.String(x.Value)
		switch x.Id.String() {
		case oidIssuingPoint:
			var err error
			if c.point, err = readIssuingPoint(value); err != nil {
				return err
			}
		case oidDeltaCRL:
			c.base = new(big.Int)
			if !value.ReadASN1Integer(c.base) || !value.Empty() {
				return fmt.Errorf("%w: malformed delta CRL indicator", ErrCRL)
			}
		case oidCRLNumber, oidAuthorityKeyID, oidFreshestCRL, oidIssuerAltName:
		default:
			if x.Critical {
				c.unusable = "extension " + x.Id.String()
			}
		}
	}
	if c.point.indirect {
		c.unusable = "indirect CRL"
	}
	return nil
}

// ThisUpdate is when the CRL was issued, NextUpdate when the next one will be;
// zero if it does not say.
func (c *CRL) ThisUpdate() time.Time { return c.list.ThisUpdate }

// NextUpdate is when the next CRL will be issued; zero if it does not say.
func (c *CRL) NextUpdate() time.Time { return c.list.NextUpdate }

// Delta reports whether this is a delta CRL.
func (c *CRL) Delta() bool { return c.base != nil }

// Len is the number of entries.
func (c *CRL) Len() int { return len(c.revoked) }

// Revoked reports whether the CRL has an entry for a serial number.
func (c *CRL) Revoked(serial *big.Int) bool {
	_, there := c.revoked[string(serial.Bytes())]
	return there
}

// Unusable says what critical part of the CRL nobody here understands, so that
// it cannot tell who is revoked (RFC 5280 5.2, 5.3); "": it can be used.
func (c *CRL) Unusable() string { return c.unusable }

// CheckSignature checks the signature with the key of an issuer, which is
// given: names and key usage are not looked at. Errors: ErrKeySignature,
// ErrSignature.
func (c *CRL) CheckSignature(public crypto.PublicKey) error {
	return c.signed.verify(public)
}

// issuingPoint is the issuing distribution point of a CRL (RFC 5280 5.2.5).
// The reasons it is limited to do not matter: what it lists is revoked.
type issuingPoint struct {
	named    bool     // it has a distribution point name
	names    [][]byte // its general names; none if it is relative to the issuer
	userOnly bool
	caOnly   bool
	indirect bool
	foreign  bool // of attribute certificates
}

func readIssuingPoint(der cryptobyte.String) (issuingPoint, error) {
	var p issuingPoint
	var name cryptobyte.String
	s, ok := readOnly(der, asn1.SEQUENCE)
	ok = ok && s.ReadOptionalASN1(&name, &p.named, constructed0) &&
		readFlag(&s, tag1, &p.userOnly) && readFlag(&s, tag2, &p.caOnly) && s.SkipOptionalASN1(tag3) &&
		readFlag(&s, tag4, &p.indirect) && readFlag(&s, tag5, &p.foreign) && s.Empty()
	if ok && p.named {
		p.names, ok = pointNames(name)
	}
	if !ok {
		return p, fmt.Errorf("%w: malformed issuing distribution point", ErrCRL)
	}
	return p, nil
}

// readFlag reads a BOOLEAN with an implicit tag; DER leaves a false one out.
func readFlag(s *cryptobyte.String, tag asn1.Tag, out *bool) bool {
	var body cryptobyte.String
	var there bool
	if !s.ReadOptionalASN1(&body, &there, tag) || there && len(body) != 1 {
		return false
	}
	*out = there && body[0] != 0
	return true
}

// pointNames reads a DistributionPointName: its general names as elements.
func pointNames(s cryptobyte.String) (names [][]byte, ok bool) {
	if s.PeekASN1Tag(constructed1) { // nameRelativeToCRLIssuer
		return nil, s.SkipASN1(constructed1) && s.Empty()
	}
	var list cryptobyte.String
	if !s.ReadASN1(&list, constructed0) || !s.Empty() {
		return nil, false
	}
	for !list.Empty() {
		var element cryptobyte.String
		var tag asn1.Tag
		if !list.ReadAnyASN1Element(&element, &tag) {
			return nil, false
		}
		names = append(names, element)
	}
	return names, true
}

// covers reports whether the CRL is about such a certificate (RFC 5280 6.3.3
// (b)(2)).
func (p issuingPoint) covers(c *x509.Certificate) bool {
	if p.foreign || p.userOnly && c.IsCA || p.caOnly && !c.IsCA {
		return false
	}
	if !p.named {
		return true
	}
	points, err := certificatePoints(c)
	if err != nil {
		return false
	}
	for _, a := range p.names {
		for _, b := range points {
			if bytes.Equal(a, b) {
				return true
			}
		}
	}
	return false
}

// certificatePoints are the names of a certificate's CRL distribution points
// (RFC 5280 4.2.1.13); without the extension, the issuer's name (6.3.3).
func certificatePoints(c *x509.Certificate) ([][]byte, error) {
	for _, x := range c.Extensions {
		if x.Id.String() != oidCRLPoints {
			continue
		}
		list, ok := readOnly(x.Value, asn1.SEQUENCE)
		var out [][]byte
		for ok && !list.Empty() {
			var point, name cryptobyte.String
			var named bool
			var names [][]byte
			ok = list.ReadASN1(&point, asn1.SEQUENCE) && point.ReadOptionalASN1(&name, &named, constructed0)
			if ok && named {
				names, ok = pointNames(name)
			}
			out = append(out, names...)
		}
		if !ok {
			return nil, errors.New("malformed CRL distribution points")
		}
		return out, nil
	}
	var b cryptobyte.Builder
	b.AddASN1(constructed4, func(b *cryptobyte.Builder) { b.AddBytes(c.RawIssuer) })
	name, err := b.Bytes()
	return [][]byte{name}, err
}

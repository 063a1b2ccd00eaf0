package pki

import (
	"crypto"
	"errors"
	"fmt"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// safeContents reads a SEQUENCE OF SafeBag (RFC 7292 4.2).
func (r *pkcs12Reader) safeContents(der []byte, scheme Scheme, depth int) error {
	if err := within("Depth", depth, r.Limits.Depth); err != nil {
		return fmt.Errorf("PKCS #12: %w", err)
	}
	list, ok := readOnly(der, asn1.SEQUENCE)
	if !ok {
		return fmt.Errorf("%w: malformed SafeContents", ErrPKCS12)
	}
	for !list.Empty() {
		if err := count(&r.bags, "Bags", r.Limits.Bags); err != nil {
			return fmt.Errorf("PKCS #12: %w", err)
		}
		var bag, value, attributes cryptobyte.String
		var kind string
		if !list.ReadASN1(&bag, asn1.SEQUENCE) || !readOID(&bag, &kind) || !bag.ReadASN1(&value, constructed0) ||
			!bag.ReadOptionalASN1(&attributes, nil, asn1.SET) || !bag.Empty() {
			return fmt.Errorf("%w: malformed SafeBag", ErrPKCS12)
		}
		name, id, err := bagAttributes(attributes)
		if err != nil {
			return err
		}
		switch kind {
		case oidKeyBag, oidShroudedKeyBag:
			err = r.key(kind, value, name, id)
		case oidCertBag:
			err = r.certificate(value, PKCS12Certificate{Name: name, ID: id, Scheme: scheme})
		case oidSafeContentsBag:
			err = r.safeContents(value, scheme, depth+1)
		default:
			r.out.Skipped = append(r.out.Skipped, kind)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// key reads a KeyBag or a PKCS8ShroudedKeyBag.
func (r *pkcs12Reader) key(kind string, der []byte, name string, id []byte) (err error) {
	if r.keys++; r.keys > 1 {
		return fmt.Errorf("%w: more than one private key", ErrPKCS12)
	}
	var key *PrivateKey
	switch {
	case kind == oidKeyBag:
		key, err = r.oneAsymmetricKey(der)
	case r.passphrase == nil:
		return fmt.Errorf("PKCS #12: key: %w: none is given", ErrDecrypt)
	default:
		key, err = r.encryptedPrivateKey(der, *r.passphrase)
	}
	if errors.Is(err, ErrPKCS8) { // for the caller it is the file that is bad
		err = fmt.Errorf("%w: %w", ErrPKCS12, err)
	}
	if err != nil {
		return fmt.Errorf("key: %w", err)
	}
	r.out.Key, r.out.KeyName, r.out.KeyID = key, name, id
	return nil
}

// certificate reads a CertBag (RFC 7292 4.2.3).
func (r *pkcs12Reader) certificate(der []byte, c PKCS12Certificate) error {
	if err := count(&r.certificates, "Certificates", r.Limits.Certificates); err != nil {
		return fmt.Errorf("PKCS #12: %w", err)
	}
	s, ok := readOnly(der, asn1.SEQUENCE)
	var kind string
	var wrapped, data cryptobyte.String
	if !ok || !readOID(&s, &kind) || !s.ReadASN1(&wrapped, constructed0) || !s.Empty() {
		return fmt.Errorf("%w: malformed CertBag", ErrPKCS12)
	}
	if kind != oidX509Certificate {
		return fmt.Errorf("%w: a certificate of kind %s", ErrPKCS12, kind)
	}
	if !wrapped.ReadASN1(&data, asn1.OCTET_STRING) || !wrapped.Empty() {
		return fmt.Errorf("%w: malformed CertBag", ErrPKCS12)
	}
	c.DER = append([]byte{}, data...)
	r.out.Certificates = append(r.out.Certificates, c)
	return nil
}

// bagAttributes reads friendlyName and localKeyId (RFC 2985 5.5) and looks at
// no other attribute.
func bagAttributes(s cryptobyte.String) (name string, id []byte, err error) {
	malformed := fmt.Errorf("%w: malformed bag attribute", ErrPKCS12)
	for !s.Empty() {
		var attribute, values, value cryptobyte.String
		var kind string
		if !s.ReadASN1(&attribute, asn1.SEQUENCE) || !readOID(&attribute, &kind) ||
			!attribute.ReadASN1(&values, asn1.SET) || !attribute.Empty() {
			return "", nil, malformed
		}
		switch kind {
		case oidFriendlyName:
			if !values.ReadASN1(&value, bmpString) || !values.Empty() || len(value)%2 != 0 {
				return "", nil, malformed
			}
			name = readBMP(value)
		case oidLocalKeyID:
			if !values.ReadASN1(&value, asn1.OCTET_STRING) || !values.Empty() {
				return "", nil, malformed
			}
			id = append([]byte{}, value...)
		}
	}
	return name, id, nil
}

func readBMP(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
	}
	return string(utf16.Decode(units))
}

// certificateSPKI takes the SubjectPublicKeyInfo out of a certificate, without
// a look at the rest; nil if it is not where it should be.
func certificateSPKI(der []byte) []byte {
	s, ok := readOnly(der, asn1.SEQUENCE)
	var tbs, spki cryptobyte.String
	if !ok || !s.ReadASN1(&tbs, asn1.SEQUENCE) || !tbs.SkipOptionalASN1(constructed0) || !tbs.SkipASN1(asn1.INTEGER) {
		return nil
	}
	for range 4 { // signature, issuer, validity, subject
		if !tbs.SkipASN1(asn1.SEQUENCE) {
			return nil
		}
	}
	if !tbs.ReadASN1Element(&spki, asn1.SEQUENCE) {
		return nil
	}
	return spki
}

// samePublic compares public keys of any kind.
func samePublic(a, b crypto.PublicKey) bool {
	comparable, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && comparable.Equal(b)
}

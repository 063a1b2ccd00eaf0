package pki

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"io"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Request is a PKCS #10 certification request to be signed (RFC 2986).
type Request struct {
	// Subject may be empty only if a critical subjectAltName is asked for.
	Subject Name
	// Extensions are asked for in one extensionRequest attribute (RFC 2985
	// 5.4.2).
	Extensions []Extension
	// Attributes are further attributes, of one value each.
	Attributes []RequestAttribute
}

// RequestAttribute is an attribute of a request, such as challengePassword
// (1.2.840.113549.1.9.7).
type RequestAttribute struct {
	OID   string // dot-decimal
	Value []byte // the DER of one ASN.1 value
}

// MaxRequestAttributes is how many attributes a request may have.
const MaxRequestAttributes = 64

// Sign encodes the request and signs it with its key. Errors: ErrName,
// ErrExtension, ErrAttribute, ErrSignatureAlgorithm, ErrKeySignature, and the
// key's own. Security 5.2.6.3.1.
func (r Request) Sign(key crypto.Signer, a SignatureAlgorithm, random io.Reader) ([]byte, error) {
	subject, err := r.subject()
	if err != nil {
		return nil, err
	}
	attributes, err := r.attributes()
	if err != nil {
		return nil, err
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyAlgorithm, err)
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		b.AddBytes(subject)
		b.AddBytes(spki)
		b.AddBytes(attributes)
	})
	info, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("certification request: %w", err)
	}
	der, err := sign(info, key, a, random)
	if err != nil {
		return nil, fmt.Errorf("certification request: %w", err)
	}
	return der, nil
}

func (r Request) subject() ([]byte, error) {
	if len(r.Subject) == 0 {
		for _, e := range r.Extensions {
			if e.OID == oidSubjectAltName && e.Critical {
				return r.Subject.DER()
			}
		}
		return nil, fmt.Errorf("%w: empty, without a critical subjectAltName", ErrName)
	}
	return r.Subject.DER()
}

// attributes encodes [0] Attributes.
func (r Request) attributes() ([]byte, error) {
	if err := checkExtensions(r.Extensions); err != nil {
		return nil, err
	}
	all := r.Attributes
	if len(r.Extensions) > 0 {
		var b cryptobyte.Builder
		addExtensions(&b, r.Extensions)
		value, err := b.Bytes()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrExtension, err)
		}
		all = append(all[:len(all):len(all)], RequestAttribute{OID: oidExtensionRequest, Value: value})
	}
	if err := within("MaxRequestAttributes", len(all), MaxRequestAttributes); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAttribute, err)
	}
	seen := map[string]bool{}
	var encoded [][]byte
	for _, a := range all {
		switch {
		case !isOID(a.OID):
			return nil, fmt.Errorf("%w: object identifier %.60q", ErrAttribute, a.OID)
		case seen[a.OID]:
			return nil, fmt.Errorf("%w: %s twice", ErrAttribute, a.OID)
		case !oneElement(a.Value, 16):
			return nil, fmt.Errorf("%w: %s: its value is not DER", ErrAttribute, a.OID)
		}
		seen[a.OID] = true
		der, err := a.encode()
		if err != nil {
			return nil, err
		}
		encoded = append(encoded, der)
	}
	return implicitSet(encoded)
}

func (a RequestAttribute) encode() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addOID(b, a.OID)
		b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(a.Value) })
	})
	der, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAttribute, err)
	}
	return der, nil
}

// implicitSet writes a SET OF with the tag [0].
func implicitSet(elements [][]byte) ([]byte, error) {
	var b cryptobyte.Builder
	addSetOf(&b, elements)
	der, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	der[0] = byte(constructed0)
	return der, nil
}

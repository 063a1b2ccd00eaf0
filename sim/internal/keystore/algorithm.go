package keystore

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
)

// signatureAlgorithms are the signature algorithms a keystore can check, by
// their names in RFC 3279, RFC 4055 and RFC 5758, with the kind of key that
// makes them.
var signatureAlgorithms = [...]struct {
	name, oid string
	key       Algorithm
}{
	{"sha1-WithRSAEncryption", "1.2.840.113549.1.1.5", RSA},
	{"sha256WithRSAEncryption", "1.2.840.113549.1.1.11", RSA},
	{"sha384WithRSAEncryption", "1.2.840.113549.1.1.12", RSA},
	{"sha512WithRSAEncryption", "1.2.840.113549.1.1.13", RSA},
	{"id-RSASSA-PSS", "1.2.840.113549.1.1.10", RSA},
	{"ecdsa-with-SHA1", "1.2.840.10045.4.1", ECDSA},
	{"ecdsa-with-SHA256", "1.2.840.10045.4.3.2", ECDSA},
	{"ecdsa-with-SHA384", "1.2.840.10045.4.3.3", ECDSA},
	{"ecdsa-with-SHA512", "1.2.840.10045.4.3.4", ECDSA},
}

// SignatureAlgorithms lists the object identifiers of all signature algorithms
// a keystore can check.
func SignatureAlgorithms() []string {
	var oids []string
	for _, a := range signatureAlgorithms {
		oids = append(oids, a.oid)
	}
	return oids
}

// SignatureAlgorithmNamed finds a signature algorithm by its name, such as
// "sha256WithRSAEncryption": its object identifier and the kind of key that
// makes it.
func SignatureAlgorithmNamed(name string) (oid string, key Algorithm, ok bool) {
	for _, a := range signatureAlgorithms {
		if a.name == name {
			return a.oid, a.key, true
		}
	}
	return "", "", false
}

// CheckAlgorithm reports whether a key of the given kind can sign with an
// algorithm here: [ErrSignatureAlgorithm] or [ErrAlgorithmMismatch] (Security
// 5.2.6.3.1).
func (s *Section) CheckAlgorithm(oid string, spec Spec) error {
	if err := s.Abilities.checkAlgorithm(oid); err != nil {
		return err
	}
	for _, a := range signatureAlgorithms {
		if a.oid == oid && a.key != spec.Algorithm {
			return fmt.Errorf("%s with %s: %w", oid, spec.Algorithm, ErrAlgorithmMismatch)
		}
	}
	return nil
}

// CheckSigned reports whether certificates are signed with algorithms that are
// taken here: [ErrSignatureAlgorithm] (Security 5.8.2).
func (s *Section) CheckSigned(certificates ...*x509.Certificate) error {
	for _, c := range certificates {
		oid, err := algorithmOf(c.Raw)
		if err != nil {
			return fmt.Errorf("certificate of %q: %w", c.Subject, err)
		}
		if err := s.Abilities.checkAlgorithm(oid); err != nil {
			return fmt.Errorf("certificate of %q: %w", c.Subject, err)
		}
	}
	return nil
}

func (a Abilities) checkAlgorithm(oid string) error {
	if !slices.Contains(a.WithDefaults().SignatureAlgorithms, oid) {
		return fmt.Errorf("%.64q: %w", oid, ErrSignatureAlgorithm)
	}
	return nil
}

// algorithmOf returns the signature algorithm of a certificate or revocation
// list (RFC 5280 4.1.1.2, 5.1.1.2).
func algorithmOf(der []byte) (string, error) {
	var signed struct {
		ToBeSigned asn1.RawValue
		Algorithm  pkix.AlgorithmIdentifier
		Signature  asn1.BitString
	}
	rest, err := asn1.Unmarshal(der, &signed)
	if err == nil && len(rest) > 0 {
		err = errors.New("trailing bytes")
	}
	return signed.Algorithm.Algorithm.String(), err
}

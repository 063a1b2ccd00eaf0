package keystore

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"io"
	"slices"
)

// Certificate is an X.509 certificate, linked to the key it certifies.
type Certificate struct {
	ID    string `json:"id"`
	KeyID string `json:"keyId"`
	Alias string `json:"alias,omitempty"`
	DER   []byte `json:"der"`
}

func (c Certificate) id() string { return c.ID }

// Certificate finds a certificate by its ID.
func (s *Section) Certificate(id string) (Certificate, error) {
	c, ok := get(s.Certificates, id)
	if !ok {
		return Certificate{}, unknown("certificate", id, ErrCertificateID)
	}
	return c, nil
}

// NewCertificate is a certificate to be added.
type NewCertificate struct {
	DER      []byte
	Alias    string
	KeyAlias string // of the key that is made if there is none for it
	// PrivateKeyRequired refuses a certificate without private key.
	PrivateKeyRequired bool

	// KeyID says which of several equal keys it is for; empty: the first.
	KeyID string
}

// AddCertificate adds a certificate and links it to the key it certifies,
// making a key of only the public half if there is none (Security 5.2.6.3.3).
// Whether it may be there twice is for the release to say. An error changes
// nothing.
func (s *Section) AddCertificate(n NewCertificate, random io.Reader) (Certificate, error) {
	return s.addCertificate(n, s.Rules.CertificateCopies, random)
}

func (s *Section) addCertificate(n NewCertificate, copies bool, random io.Reader) (Certificate, error) {
	l := s.Limits.WithDefaults()
	if err := l.checkAlias(n.Alias); err != nil {
		return Certificate{}, err
	}
	parsed, err := s.parseCertificate(l, n.DER)
	if err != nil {
		return Certificate{}, err
	}
	if !copies && slices.ContainsFunc(s.Certificates, func(c Certificate) bool { return bytes.Equal(c.DER, n.DER) }) {
		return Certificate{}, ErrDuplicate
	}
	if len(s.Certificates) >= l.Certificates {
		return Certificate{}, fmt.Errorf("%w: %d", ErrTooManyCertificates, l.Certificates)
	}
	id, err := newID("cert", s.Certificates, random)
	if err != nil {
		return Certificate{}, err
	}
	key, err := s.keyOf(parsed, n, random)
	if err != nil {
		return Certificate{}, err
	}
	c := Certificate{ID: id, KeyID: key.ID, Alias: n.Alias, DER: bytes.Clone(n.DER)}
	s.Certificates = append(s.Certificates, c)
	return c, nil
}

// keyOf finds or makes the key that the certificate is for.
func (s *Section) keyOf(parsed *x509.Certificate, n NewCertificate, random io.Reader) (Key, error) {
	spec, spki, err := Describe(parsed.PublicKey)
	if err != nil {
		return Key{}, err
	}
	if err := s.Abilities.checkPublic(spec); err != nil {
		return Key{}, err
	}
	key, ok := s.KeyByPublic(spki)
	if n.KeyID != "" {
		key, ok = get(s.Keys, n.KeyID)
	}
	switch {
	case ok && key.Status != StatusOK:
		return Key{}, fmt.Errorf("key %q is %s: %w", key.ID, key.Status, ErrKeyStatus)
	case n.PrivateKeyRequired && (!ok || !key.HasPrivateKey()):
		return Key{}, ErrNoMatchingPrivate
	case !ok:
		return s.AddKey(parsed.PublicKey, Blob{}, n.KeyAlias, true, random)
	}
	return key, nil
}

// Issued reports whether a certificate is here that has the issuer and the
// serial number of another: no two may (RFC 5280 4.1.2.2, Security 5.2.6.3.2).
func (s *Section) Issued(der []byte) bool {
	other, err := x509.ParseCertificate(der)
	return err == nil && slices.ContainsFunc(s.Certificates, func(c Certificate) bool {
		have, err := x509.ParseCertificate(c.DER)
		return err == nil && bytes.Equal(have.RawIssuer, other.RawIssuer) && have.SerialNumber.Cmp(other.SerialNumber) == 0
	})
}

// DeleteCertificate removes a certificate that nothing refers to; its key
// stays (Security 5.2.6.3.7).
func (s *Section) DeleteCertificate(id string) error {
	i := indexOf(s.Certificates, id)
	if i < 0 {
		return unknown("certificate", id, ErrCertificateID)
	}
	if err := unreferenced("certificate", id, s.CertificateReferences(id)); err != nil {
		return err
	}
	s.Certificates = slices.Delete(s.Certificates, i, i+1)
	return nil
}

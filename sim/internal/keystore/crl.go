package keystore

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/camfleet/camfleet/sim/internal/pki"
)

// CRL is a certificate revocation list (Security 5.2.6.4).
type CRL struct {
	ID    string `json:"id"`
	Alias string `json:"alias,omitempty"`
	DER   []byte `json:"der"`
}

func (c CRL) id() string { return c.ID }

// CRL finds a revocation list by its ID.
func (s *Section) CRL(id string) (CRL, error) {
	c, ok := get(s.CRLs, id)
	if !ok {
		return CRL{}, unknown("CRL", id, ErrCRLID)
	}
	return c, nil
}

// AddCRL stores a revocation list. Nothing is asked of its times and its
// issuer, and equal ones may be there many times (Security 5.2.3, 5.2.6.4.1).
func (s *Section) AddCRL(der []byte, alias string, random io.Reader) (CRL, error) {
	l := s.Limits.WithDefaults()
	if len(der) > l.CRL {
		return CRL{}, fmt.Errorf("%d bytes, at most %d: %w", len(der), l.CRL, ErrBadCRL)
	}
	if err := l.checkAlias(alias); err != nil {
		return CRL{}, err
	}
	if err := checkCRL(der); err != nil {
		return CRL{}, err
	}
	algorithm, err := algorithmOf(der)
	if err != nil {
		return CRL{}, fmt.Errorf("%w: %w", ErrBadCRL, err)
	}
	if err := s.Abilities.checkAlgorithm(algorithm); err != nil {
		return CRL{}, err
	}
	if len(s.CRLs) >= l.CRLs {
		return CRL{}, fmt.Errorf("%w: %d", ErrTooManyCRLs, l.CRLs)
	}
	id, err := newID("crl", s.CRLs, random)
	if err != nil {
		return CRL{}, err
	}
	c := CRL{ID: id, Alias: alias, DER: bytes.Clone(der)}
	s.CRLs = append(s.CRLs, c)
	return c, nil
}

// checkCRL makes sure that path validation can use a revocation list: the TLS
// server considers all that are there, and a critical part that is not
// understood would make it useless (RFC 5280 5.2, 5.3).
func checkCRL(der []byte) error {
	list, err := pki.ParseCRL(der, pki.CRLLimits{Bytes: max(1, len(der)), Entries: max(1, len(der))})
	switch {
	case errors.Is(err, pki.ErrSignatureAlgorithm):
		return fmt.Errorf("%w: %w", ErrSignatureAlgorithm, err)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrBadCRL, err)
	case list.Unusable() != "":
		return fmt.Errorf("%w: critical %s", ErrBadCRL, list.Unusable())
	}
	return nil
}

// DeleteCRL removes a revocation list (Security 5.2.6.4.4). In this model
// nothing refers to one: it is used because it is there.
func (s *Section) DeleteCRL(id string) error {
	i := indexOf(s.CRLs, id)
	if i < 0 {
		return unknown("CRL", id, ErrCRLID)
	}
	s.CRLs = slices.Delete(s.CRLs, i, i+1)
	return nil
}

// crlReferences lists the revocation lists that a certificate's key has
// signed: who deletes it makes them useless (Security 5.2.4).
func (s *Section) crlReferences(c Certificate) []string {
	var by []string
	issuer, err := x509.ParseCertificate(c.DER)
	if err != nil {
		return nil // it never was a certificate: Validate tells
	}
	for _, l := range s.CRLs {
		list, err := x509.ParseRevocationList(l.DER)
		if err == nil && pki.SameName(list.RawIssuer, issuer.RawSubject) && pki.CheckSigned(l.DER, c.DER) == nil {
			by = append(by, "CRL "+l.ID)
		}
	}
	return by
}

package pki

import (
	"crypto/x509"
	"fmt"
	"slices"
)

// check validates a path whose last certificate is an anchor, from there to
// the leaf (RFC 5280 6.1). Signatures and names are right already.
func (s *search) check(path []*node) *PathError {
	for i := len(path) - 1; i >= 0; i-- {
		if err := s.checkOne(path, i); err != nil {
			return err
		}
	}
	if i, err := s.checkNames(path); err != nil {
		return bad(path, i, PathNames, err)
	}
	if i, err := checkPolicies(path); err != nil {
		return bad(path, i, PathPolicies, err)
	}
	if s.policy.RequireClientAuth && !slices.Contains(path[0].ExtKeyUsage, x509.ExtKeyUsageClientAuth) {
		return bad(path, 0, PathExtKeyUsage, nil)
	}
	return nil
}

// checkOne does what concerns one certificate and those below it.
func (s *search) checkOne(path []*node, i int) *PathError {
	c := path[i]
	switch {
	case s.at.Before(c.NotBefore):
		return bad(path, i, PathNotYetValid, nil)
	case s.at.After(c.NotAfter):
		return bad(path, i, PathExpired, nil)
	}
	for _, e := range c.Extensions {
		if e.Critical && !understood(e.Id.String()) {
			return bad(path, i, PathCritical, fmt.Errorf("extension %v", e.Id))
		}
	}
	if s.revoked(c, path[min(i+1, len(path)-1)]) {
		return bad(path, i, PathRevoked, nil)
	}
	if i == 0 {
		return nil
	}
	switch {
	case c.Version != 3 || !c.BasicConstraintsValid || !c.IsCA:
		return bad(path, i, PathNotCA, nil)
	case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0:
		return bad(path, i, PathKeyUsage, nil)
	case (c.MaxPathLen > 0 || c.MaxPathLenZero) && intermediates(path[1:i]) > c.MaxPathLen:
		return bad(path, i, PathLength, nil)
	}
	return nil
}

// intermediates counts the certificates that are not self-issued.
func intermediates(path []*node) (n int) {
	for _, c := range path {
		if !c.selfIssued() {
			n++
		}
	}
	return n
}

func (n *node) selfIssued() bool { return n.subject == n.issuer }

// understood reports whether an extension is one that is processed here.
func understood(oid string) bool {
	switch oid {
	case oidKeyUsage, oidBasicConstraints, oidSubjectAltName, oidNameConstraints, oidPolicies, oidPolicyMappings,
		oidPolicyConstraints, oidInhibitAnyPolicy, oidExtKeyUsage, oidCRLPoints, oidSubjectKeyID, oidAuthorityKeyID:
		return true
	}
	return false
}

// revoked reports whether a CRL of the issuer says that a certificate is
// revoked (RFC 5280 6.3.3).
func (s *search) revoked(c, issuer *node) bool {
	for _, crl := range s.policy.CRLs {
		if crl.Delta() || !s.speaksOf(crl, c, issuer) {
			continue
		}
		revoked := crl.Revoked(c.SerialNumber)
		if delta := s.delta(crl, c, issuer); delta != nil && delta.Revoked(c.SerialNumber) {
			revoked = delta.revoked[string(c.SerialNumber.Bytes())] != removeFromCRL
		}
		if revoked {
			return true
		}
	}
	return false
}

// speaksOf reports whether a CRL tells the status of a certificate now.
func (s *search) speaksOf(crl *CRL, c, issuer *node) bool {
	return crl.issuer == c.issuer && crl.unusable == "" && !crl.ThisUpdate().After(s.at) && crl.point.covers(c.Certificate) &&
		(issuer.KeyUsage == 0 || issuer.KeyUsage&x509.KeyUsageCRLSign != 0) &&
		crl.CheckSignature(issuer.PublicKey) == nil
}

// delta is the newest delta CRL that continues a complete one (RFC 5280 5.2.4,
// 6.3.3 (c)); nil if there is none, or none is to be used.
func (s *search) delta(complete *CRL, c, issuer *node) (newest *CRL) {
	number := complete.list.Number
	if !s.policy.UseDeltaCRLs || number == nil {
		return nil
	}
	for _, crl := range s.policy.CRLs {
		if crl.Delta() && crl.list.Number != nil && s.speaksOf(crl, c, issuer) &&
			number.Cmp(crl.base) >= 0 && number.Cmp(crl.list.Number) < 0 &&
			slices.Equal(crl.list.AuthorityKeyId, complete.list.AuthorityKeyId) &&
			(newest == nil || newest.list.Number.Cmp(crl.list.Number) < 0) {
			newest = crl
		}
	}
	return newest
}

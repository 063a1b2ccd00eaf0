package sign

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"
)

// chain is a certificate chain that was read.
type chain struct {
	pem          []byte
	user         bool
	certificates []*x509.Certificate
}

// parseChain reads the certificates of a SEI.
func parseChain(c *Chain) (*chain, error) {
	out := &chain{pem: bytes.Clone(c.PEM), user: c.User}
	for rest := out.pem; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		out.certificates = append(out.certificates, cert)
		if len(out.certificates) > MaxChain {
			return nil, fmt.Errorf("more than %d certificates", MaxChain)
		}
	}
	if len(out.certificates) == 0 {
		return nil, errors.New("no certificate")
	}
	return out, nil
}

// check verifies the signature of a SEI and judges its certificates.
func (v *Verifier) check(c *claim) {
	s := c.sei
	used := v.chain
	if s.Chain != nil && (used == nil || !bytes.Equal(used.pem, s.Chain.PEM) || used.user != s.Chain.User) {
		parsed, err := parseChain(s.Chain)
		if err != nil {
			c.add(SEIDamaged, "certificates of the SEI: "+err.Error())
			return
		}
		used = parsed
	}
	if used == nil {
		c.add(NoCertificate, "no certificate has been seen that the signature could be checked with")
		return
	}
	if s.Crypto != nil && !bytes.Equal(s.Crypto.Hash, []byte(sha256OID)) {
		c.add(SEIDamaged, fmt.Sprintf("the hash algorithm %x is not SHA-256", s.Crypto.Hash))
		return
	}
	if s.Unescaped {
		c.add(SEIUnescaped, "the SEI has no emulation prevention")
	}
	digest := sha256.Sum256(s.document)
	leaf := used.certificates[0]
	if !checkSignature(leaf.PublicKey, digest[:], s.Signature) {
		c.reasons = append(c.reasons, Reason{Cause: SignatureWrong, Frame: c.frame, Slice: -1, Certificate: leaf.Subject.String(),
			Text: "the signature is not that of the certificate's key over the SEI"})
		return
	}
	c.valid = true
	if s.Unescaped && s.Escaped {
		c.add(SEIDamaged, "the signature is over other bytes than those sent: emulation prevention was taken out")
	}
	v.chain, c.chain = used, used
	c.provenance, c.whence = v.provenance(used, v.when(s.General))
	v.report.Provenance = worse(v.report.Provenance, c.provenance)
}

// sameKey notes if a SEI's chain is not that of the first SEI that was judged.
func (v *Verifier) sameKey(c *claim) {
	if v.first == nil {
		v.first = c.chain
	}
	if !bytes.Equal(v.first.pem, c.chain.pem) {
		c.reasons = append(c.reasons, Reason{Cause: KeyChanged, Frame: c.frame, Slice: -1, Certificate: c.chain.certificates[0].Subject.String(),
			Text: fmt.Sprintf("the stream began with certificates of %s", v.first.certificates[0].Subject)})
	}
}

// when returns the time that certificates have to be valid at; zero: unknown.
func (v *Verifier) when(g *General) time.Time {
	switch {
	case !v.config.At.IsZero():
		return v.config.At
	case g == nil:
		return time.Time{}
	case g.Layout == 1:
		return Instant(g.Start)
	}
	return Instant(g.End)
}

// worse returns the worse of two provenances.
func worse(a, b Provenance) Provenance {
	if a == Untrusted || b == Unknown || b == "" {
		return a
	}
	return b
}

// provenance judges a chain at an instant.
func (v *Verifier) provenance(c *chain, at time.Time) (Provenance, []Reason) {
	if len(v.config.Roots) == 0 || at.IsZero() {
		return Unknown, nil
	}
	var reasons []Reason
	note := func(cause Cause, cert *x509.Certificate, text string) {
		reasons = append(reasons, Reason{Cause: cause, Frame: -1, Slice: -1, Certificate: cert.Subject.String(), Text: text})
	}
	for _, cert := range c.certificates {
		switch {
		case at.Before(cert.NotBefore):
			note(CertificateNotYetValid, cert, fmt.Sprintf("valid from %s, not yet at %s", stamp(cert.NotBefore), stamp(at)))
		case at.After(cert.NotAfter):
			note(CertificateExpired, cert, fmt.Sprintf("valid until %s, not any more at %s", stamp(cert.NotAfter), stamp(at)))
		}
		if bytes.Equal(cert.RawSubject, cert.RawIssuer) {
			note(CertificateUnfit, cert, "the chain holds a root, which it must not")
		}
	}
	path := v.path(c, at, note)
	if path != nil {
		c.stray(note)
	}
	for i, cert := range path {
		if i+1 < len(path) {
			v.revoked(cert, path[i+1], at, note)
		}
	}
	if len(reasons) > 0 {
		return Untrusted, reasons
	}
	return Trusted, nil
}

// path builds the way to a root; nil: there is none, and that was noted.
func (v *Verifier) path(c *chain, at time.Time, note func(Cause, *x509.Certificate, string)) []*x509.Certificate {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for _, root := range v.config.Roots {
		roots.AddCert(root)
	}
	for _, cert := range c.certificates[1:] {
		between.AddCert(cert)
	}
	leaf := c.certificates[0]
	options := x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
	paths, err := leaf.Verify(options)
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	switch {
	case err == nil:
		return paths[0]
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		if !slices.ContainsFunc(c.certificates, invalid.Cert.Equal) { // those are noted
			note(CertificateExpired, invalid.Cert, fmt.Sprintf("the root is not valid at %s", stamp(at)))
		}
	case errors.As(err, &unknown):
		v.lost(c, note)
	default:
		note(CertificateUnfit, leaf, err.Error())
	}
	return nil
}

// stray notes a certificate that did not issue the one before it: the chain must
// be a way, leaf first, and nothing else. Media Signing 6.7.9.
func (c *chain) stray(note func(Cause, *x509.Certificate, string)) {
	for i, cert := range c.certificates[1:] {
		if before := c.certificates[i]; before.CheckSignatureFrom(cert) != nil {
			note(CertificateUnfit, cert, fmt.Sprintf("the chain holds it after %s, which it did not issue", before.Subject))
			return
		}
	}
}

// lost says why no way leads to a root.
func (v *Verifier) lost(c *chain, note func(Cause, *x509.Certificate, string)) {
	for i, cert := range c.certificates[:len(c.certificates)-1] {
		if !bytes.Equal(cert.RawIssuer, c.certificates[i+1].RawSubject) {
			note(ChainIncomplete, cert, fmt.Sprintf("its issuer %s does not follow it in the chain", cert.Issuer))
			return
		}
	}
	end := c.certificates[len(c.certificates)-1]
	if !end.IsCA {
		note(ChainIncomplete, end, fmt.Sprintf("its issuer %s is neither in the chain nor a root given", end.Issuer))
		return
	}
	note(RootUnknown, end, fmt.Sprintf("its issuer %s is no root given", end.Issuer))
}

// revoked looks a certificate up in the revocation lists of its issuer.
func (v *Verifier) revoked(cert, issuer *x509.Certificate, at time.Time, note func(Cause, *x509.Certificate, string)) {
	for _, list := range v.config.Revocations {
		if !bytes.Equal(list.RawIssuer, issuer.RawSubject) || list.CheckSignatureFrom(issuer) != nil {
			continue
		}
		for _, e := range list.RevokedCertificateEntries {
			if e.SerialNumber.Cmp(cert.SerialNumber) == 0 && !e.RevocationTime.After(at) {
				note(CertificateRevoked, cert, fmt.Sprintf("revoked at %s", stamp(e.RevocationTime)))
			}
		}
	}
}

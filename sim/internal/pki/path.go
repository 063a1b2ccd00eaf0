package pki

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// PathReason says why a certification path is not valid.
type PathReason string

// The reasons.
const (
	PathEmpty         PathReason = "no certificate"
	PathUnknownIssuer PathReason = "unknown issuer"
	PathSignature     PathReason = "wrong signature"
	PathNotYetValid   PathReason = "not yet valid"
	PathExpired       PathReason = "expired"
	PathRevoked       PathReason = "revoked"
	PathNotCA         PathReason = "issuer is no certification authority"
	PathKeyUsage      PathReason = "key usage forbids it"
	PathExtKeyUsage   PathReason = "no client authentication in the extended key usage"
	PathLength        PathReason = "path length constraint"
	PathNames         PathReason = "name constraints"
	PathPolicies      PathReason = "certificate policies"
	PathCritical      PathReason = "unknown critical extension"
	PathTooComplex    PathReason = "too many certificates"
)

// PathError is a certification path that is not valid.
type PathError struct {
	Reason PathReason
	Index  int // of the certificate in the path; 0 is the leaf
	// Subject is the name of that certificate, as text.
	Subject string
	Err     error // the cause; may be nil
}

// Error says which certificate and why.
func (e *PathError) Error() string {
	text := fmt.Sprintf("certificate %d of the path, %q: %s", e.Index, e.Subject, e.Reason)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *PathError) Unwrap() error { return e.Err }

// PathLimits bound the search for a path. A field of zero is its default.
type PathLimits struct {
	Certificates int // in a path, with leaf and anchor; 10
	Signatures   int // checked until a path is found; 100
	Names        int // comparisons of names with constraints; 100,000
}

// PathPolicy is a certification path validation policy with what it refers
// to (Security 4.3, 5.2.6.5).
type PathPolicy struct {
	Anchors []*x509.Certificate
	// Repository are certificates that may stand between leaf and anchor.
	Repository []*x509.Certificate
	// CRLs say what is revoked: those whose signature is of the issuer of the
	// certificate in question, and whose thisUpdate has passed. One whose
	// nextUpdate has passed as well still knows what it revoked. Where there
	// is no CRL, nothing is revoked.
	CRLs []*CRL
	// RequireClientAuth demands id-kp-clientAuth in the leaf's extended key
	// usage (RequireTLSWWWClientAuthExtendedKeyUsage). Otherwise extended key
	// usages are not looked at.
	RequireClientAuth bool
	UseDeltaCRLs      bool
	Limits            PathLimits
}

// PathValidator validates certification paths by one policy. It is for any
// number of users at once.
type PathValidator struct {
	policy     PathPolicy
	anchors    []*node
	repository []*node
}

// node is a certificate with what the search looks at.
type node struct {
	*x509.Certificate
	signed          signed
	subject, issuer string // canonical
	anchor          bool
}

func newNode(c *x509.Certificate) *node {
	s, _ := readSigned(c.Raw) // it was parsed; without a signature nothing verifies
	return &node{Certificate: c, signed: s, subject: canonicalName(c.RawSubject), issuer: canonicalName(c.RawIssuer)}
}

// NewPathValidator prepares the validation by a policy.
func NewPathValidator(p PathPolicy) *PathValidator {
	for _, f := range []struct {
		field *int
		value int
	}{{&p.Limits.Certificates, 10}, {&p.Limits.Signatures, 100}, {&p.Limits.Names, 100_000}} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	v := &PathValidator{policy: p}
	for _, c := range p.Anchors {
		n := newNode(c)
		n.anchor = true
		v.anchors = append(v.anchors, n)
	}
	for _, c := range p.Repository {
		v.repository = append(v.repository, newNode(c))
	}
	return v
}

// Validate looks for a valid path from the leaf, the first certificate, to a
// trust anchor, through the others that were presented and the repository, at
// a point in time: RFC 5280 chapter 6 with the parameters of Security 4.3. It
// returns the path, leaf first and anchor last. If several paths are there,
// one valid one is enough. The error is a *PathError.
//
// The anchor counts as a certificate of the path: it must not be expired, and
// must be a CA certificate of version 3 unless it is the leaf itself. Its
// certificate policies are not looked at (RFC 5280 6.1.1 (d)).
func (v *PathValidator) Validate(presented []*x509.Certificate, at time.Time) ([]*x509.Certificate, error) {
	if len(presented) == 0 {
		return nil, &PathError{Reason: PathEmpty}
	}
	s := &search{PathValidator: v, at: at}
	s.candidates = slices.Clone(v.anchors)
	for _, c := range presented {
		s.candidates = append(s.candidates, newNode(c))
	}
	leaf := s.candidates[len(v.anchors)]
	s.candidates = append(s.candidates, v.repository...)
	for _, a := range v.anchors {
		leaf.anchor = leaf.anchor || a.Equal(leaf.Certificate)
	}
	if path := s.extend([]*node{leaf}); path != nil {
		return certificates(path), nil
	}
	return nil, s.failure
}

func certificates(path []*node) []*x509.Certificate {
	var out []*x509.Certificate
	for _, n := range path {
		out = append(out, n.Certificate)
	}
	return out
}

// search is one search for a path.
type search struct {
	*PathValidator
	at         time.Time
	candidates []*node
	signatures int
	names      int
	failure    *PathError
	complete   bool // the failure is that of a path that reached an anchor
}

// fail remembers the first failure; one of a path that reached an anchor says
// more than one of a path that did not.
func (s *search) fail(e *PathError, complete bool) {
	if s.failure == nil || complete && !s.complete {
		s.failure, s.complete = e, complete
	}
}

func bad(path []*node, i int, reason PathReason, err error) *PathError {
	return &PathError{Reason: reason, Index: i, Subject: path[i].Subject.String(), Err: err}
}

// extend returns the first valid path that begins like this; nil if none is.
func (s *search) extend(path []*node) []*node {
	top := len(path) - 1
	last := path[top]
	if last.anchor {
		err := s.check(path)
		if err == nil {
			return path
		}
		s.fail(err, true)
	}
	found := false
	for _, issuer := range s.issuers(path) {
		if len(path) >= s.policy.Limits.Certificates || s.signatures >= s.policy.Limits.Signatures {
			s.fail(bad(path, top, PathTooComplex, nil), false)
			return nil
		}
		s.signatures++
		if err := last.signed.verify(issuer.PublicKey); err != nil {
			s.fail(bad(path, top, PathSignature, err), false)
			found = true
			continue
		}
		found = true
		if longer := s.extend(append(slices.Clip(path), issuer)); longer != nil {
			return longer
		}
	}
	if !found && !last.anchor {
		s.fail(bad(path, top, PathUnknownIssuer, nil), false)
	}
	return nil
}

// issuers are the certificates by whose name the last one of the path was
// issued, the likely ones first: those with the key identifier it names.
func (s *search) issuers(path []*node) []*node {
	last := path[len(path)-1]
	var likely, others []*node
	for _, c := range s.candidates {
		if c.subject != last.issuer || contains(path, c) || contains(likely, c) || contains(others, c) {
			continue
		}
		if len(last.AuthorityKeyId) > 0 && len(c.SubjectKeyId) > 0 && !slices.Equal(last.AuthorityKeyId, c.SubjectKeyId) {
			others = append(others, c)
		} else {
			likely = append(likely, c)
		}
	}
	return append(likely, others...)
}

func contains(list []*node, c *node) bool {
	return slices.ContainsFunc(list, func(n *node) bool { return n.Equal(c.Certificate) })
}

// IsPathReason reports whether an error is a path that is not valid for that
// reason.
func IsPathReason(err error, reason PathReason) bool {
	var e *PathError
	return errors.As(err, &e) && e.Reason == reason
}

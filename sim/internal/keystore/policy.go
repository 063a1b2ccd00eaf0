package keystore

import (
	"fmt"
	"io"
	"slices"
)

// Policy is a certification path validation policy (Security 5.2.6.5).
type Policy struct {
	ID    string `json:"id"`
	Alias string `json:"alias,omitempty"`
	// RequireClientAuthUsage wants id-kp-clientAuth in client certificates.
	RequireClientAuthUsage bool     `json:"requireTlsWwwClientAuthExtendedKeyUsage,omitempty"`
	UseDeltaCRLs           bool     `json:"useDeltaCrls,omitempty"`
	TrustAnchors           []string `json:"trustAnchors"` // certificate IDs
}

func (p Policy) id() string { return p.ID }

// Policy finds a policy by its ID.
func (s *Section) Policy(id string) (Policy, error) {
	p, ok := get(s.Policies, id)
	if !ok {
		return Policy{}, unknown("policy", id, ErrPolicyID)
	}
	return p, nil
}

// CreatePolicy stores a policy under an ID of its own, whatever p.ID says.
// Equal ones may be there many times (Security 5.2.3, 5.2.6.5.1).
func (s *Section) CreatePolicy(p Policy, random io.Reader) (Policy, error) {
	l := s.Limits.WithDefaults()
	if err := s.checkPolicy(l, p); err != nil {
		return Policy{}, err
	}
	if len(s.Policies) >= l.Policies {
		return Policy{}, fmt.Errorf("%w: %d", ErrTooManyPolicies, l.Policies)
	}
	id, err := newID("policy", s.Policies, random)
	if err != nil {
		return Policy{}, err
	}
	p.ID, p.TrustAnchors = id, slices.Clone(p.TrustAnchors)
	s.Policies = append(s.Policies, p)
	return p, nil
}

// SetPolicy replaces the policy of the same ID; nothing may refer to it
// (Security 5.2.4, 5.2.6.5.4). With a nil alias the old one stays.
func (s *Section) SetPolicy(p Policy, alias *string) error {
	i := indexOf(s.Policies, p.ID)
	if i < 0 {
		return unknown("policy", p.ID, ErrPolicyID)
	}
	p.Alias = orOld(alias, s.Policies[i].Alias)
	if err := s.checkPolicy(s.Limits.WithDefaults(), p); err != nil {
		return err
	}
	if err := unreferenced("policy", p.ID, s.PolicyReferences(p.ID)); err != nil {
		return err
	}
	p.TrustAnchors = slices.Clone(p.TrustAnchors)
	s.Policies[i] = p
	return nil
}

// checkPolicy checks the alias and the trust anchors.
func (s *Section) checkPolicy(l Limits, p Policy) error {
	if err := l.checkAlias(p.Alias); err != nil {
		return err
	}
	if n := len(p.TrustAnchors); n < 1 || n > l.TrustAnchors {
		return fmt.Errorf("%d trust anchors, want 1 to %d: %w", n, l.TrustAnchors, ErrPolicyParameters)
	}
	for i, id := range p.TrustAnchors {
		if _, err := s.Certificate(id); err != nil {
			return err
		}
		if slices.Contains(p.TrustAnchors[:i], id) {
			return fmt.Errorf("trust anchor %q: %w: it is there twice", id, ErrPolicyParameters)
		}
	}
	return nil
}

// DeletePolicy removes a policy that nothing refers to (Security 5.2.6.5.5).
func (s *Section) DeletePolicy(id string) error {
	i := indexOf(s.Policies, id)
	if i < 0 {
		return unknown("policy", id, ErrPolicyID)
	}
	if err := unreferenced("policy", id, s.PolicyReferences(id)); err != nil {
		return err
	}
	s.Policies = slices.Delete(s.Policies, i, i+1)
	return nil
}

// AssignServerPolicy lets the TLS server check clients by a policy; if it is
// assigned already, nothing happens (Security 5.3.3.9).
func (s *Section) AssignServerPolicy(id string) error {
	if _, err := s.Policy(id); err != nil {
		return err
	}
	if slices.Contains(s.TLS.Policies, id) {
		return nil
	}
	if l := s.Limits.WithDefaults(); len(s.TLS.Policies) >= l.TLSPolicies {
		return fmt.Errorf("%w: %d", ErrTooManyTLSPolicies, l.TLSPolicies)
	}
	s.TLS.Policies = append(s.TLS.Policies, id)
	return nil
}

// RemoveServerPolicy takes a policy from the TLS server (Security 5.3.3.10).
// If it was the last and certificates are required, no client has a valid one.
func (s *Section) RemoveServerPolicy(id string) error {
	i := slices.Index(s.TLS.Policies, id)
	if i < 0 {
		return unknown("policy", id, ErrPolicyNotAssigned)
	}
	s.TLS.Policies = slices.Delete(s.TLS.Policies, i, i+1)
	return nil
}

// ReplaceServerPolicy puts one policy in the place of another (Security
// 5.3.3.11).
func (s *Section) ReplaceServerPolicy(old, id string) error {
	i := slices.Index(s.TLS.Policies, old)
	if i < 0 {
		return unknown("policy", old, ErrPolicyNotAssigned)
	}
	if _, err := s.Policy(id); err != nil {
		return err
	}
	if j := slices.Index(s.TLS.Policies, id); j >= 0 && j != i {
		s.TLS.Policies = slices.Delete(s.TLS.Policies, i, i+1)
		return nil
	}
	s.TLS.Policies[i] = id
	return nil
}

// orOld is the new text, or the old one if none is given.
func orOld(text *string, old string) string {
	if text == nil {
		return old
	}
	return *text
}

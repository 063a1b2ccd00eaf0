package keystore

import (
	"fmt"
	"slices"
	"strings"
)

// JWT is the JWT configuration (Security 5.7). Tokens are accepted as soon as
// there is a key or a trusted issuer.
type JWT struct {
	Audiences      []string `json:"audiences"`
	TrustedIssuers []string `json:"trustedIssuers"`
	KeyIDs         []string `json:"keyIds,omitempty"`
	// ValidationPolicy is the policy for issuers' server certificates; may be
	// empty.
	ValidationPolicy string        `json:"validationPolicy,omitempty"`
	CustomClaims     []CustomClaim `json:"customClaims,omitempty"`
}

// CustomClaim is a claim that a token must have, with its accepted values.
type CustomClaim struct {
	Name            string   `json:"name"`
	SupportedValues []string `json:"supportedValues"`
}

// Enabled reports whether tokens are accepted at all (Security 5.7.2).
func (j JWT) Enabled() bool { return len(j.KeyIDs) > 0 || len(j.TrustedIssuers) > 0 }

func (j JWT) clone() JWT {
	j.Audiences = slices.Clone(j.Audiences)
	j.TrustedIssuers = slices.Clone(j.TrustedIssuers)
	j.KeyIDs = slices.Clone(j.KeyIDs)
	j.CustomClaims = slices.Clone(j.CustomClaims)
	for i, c := range j.CustomClaims {
		j.CustomClaims[i].SupportedValues = slices.Clone(c.SupportedValues)
	}
	return j
}

// SetJWT replaces the JWT configuration (Security 5.7.2).
func (s *Section) SetJWT(j JWT) error {
	l := s.Limits.WithDefaults()
	if err := l.checkAudiences(j.Audiences); err != nil {
		return err
	}
	if len(j.TrustedIssuers) > l.Issuers {
		return fmt.Errorf("%d issuers, at most %d: %w", len(j.TrustedIssuers), l.Issuers, ErrTooManyIssuers)
	}
	for _, uri := range j.TrustedIssuers {
		if err := l.checkURI(uri); err != nil {
			return fmt.Errorf("trusted issuer: %w", err)
		}
	}
	for i, id := range j.KeyIDs {
		if _, err := s.Key(id); err != nil {
			return err
		}
		if slices.Contains(j.KeyIDs[:i], id) {
			return fmt.Errorf("key %q: %w: it is there twice", id, ErrJWT)
		}
	}
	if j.ValidationPolicy != "" {
		if _, err := s.Policy(j.ValidationPolicy); err != nil {
			return err
		}
	}
	if err := l.checkClaims(j.CustomClaims); err != nil {
		return err
	}
	s.JWT = j.clone()
	return nil
}

// checkAudiences bounds the number and the size of audiences; they are items
// of a list and have no spaces.
func (l Limits) checkAudiences(list []string) error {
	if len(list) > l.Audiences {
		return fmt.Errorf("%d audiences, at most %d: %w", len(list), l.Audiences, ErrTooManyAudiences)
	}
	for _, a := range list {
		if len(a) > l.Text {
			return fmt.Errorf("audience of %d bytes, at most %d: %w", len(a), l.Text, ErrTooManyAudiences)
		}
		if !isItem(a) {
			return fmt.Errorf("audience %q: %w: it is empty or has spaces", a, ErrJWT)
		}
	}
	return nil
}

// checkClaims wants names once each, with values to choose from.
func (l Limits) checkClaims(list []CustomClaim) error {
	if len(list) > l.CustomClaims {
		return fmt.Errorf("%d custom claims, at most %d: %w", len(list), l.CustomClaims, ErrJWT)
	}
	for i, c := range list {
		if c.Name == "" || len(c.Name) > l.Text {
			return fmt.Errorf("custom claim with a name of %d bytes, want 1 to %d: %w", len(c.Name), l.Text, ErrJWT)
		}
		if slices.ContainsFunc(list[:i], func(o CustomClaim) bool { return o.Name == c.Name }) {
			return fmt.Errorf("custom claim %q: %w: it is there twice", c.Name, ErrJWT)
		}
		if n := len(c.SupportedValues); n < 1 || n > l.ClaimValues {
			return fmt.Errorf("custom claim %q: %w: %d values, want 1 to %d", c.Name, ErrJWT, n, l.ClaimValues)
		}
		for _, v := range c.SupportedValues {
			if len(v) > l.Text || !isItem(v) {
				return fmt.Errorf("custom claim %q: %w: a value is empty, has spaces or more than %d bytes", c.Name, ErrJWT, l.Text)
			}
		}
	}
	return nil
}

// isItem reports whether a text can be an item of an XML list.
func isItem(text string) bool { return text != "" && !strings.ContainsAny(text, " \t\r\n") }

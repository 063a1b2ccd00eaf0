package keystore

import (
	"fmt"
	"slices"
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
	return j
}

// SetJWT replaces the JWT configuration (Security 5.7.2).
func (s *Section) SetJWT(j JWT) error {
	l := s.Limits.WithDefaults()
	if len(j.Audiences) > l.Audiences {
		return fmt.Errorf("%d audiences, at most %d: %w", len(j.Audiences), l.Audiences, ErrTooManyAudiences)
	}
	if len(j.TrustedIssuers) > l.Issuers {
		return fmt.Errorf("%d issuers, at most %d: %w", len(j.TrustedIssuers), l.Issuers, ErrTooManyIssuers)
	}
	for _, id := range j.KeyIDs {
		if _, err := s.Key(id); err != nil {
			return err
		}
	}
	if _, ok := get(s.Policies, j.ValidationPolicy); !ok && j.ValidationPolicy != "" {
		return unknown("policy", j.ValidationPolicy, ErrPolicyID)
	}
	s.JWT = j.clone()
	return nil
}

// AuthServer is the configuration of an authorization server (Security 5.6).
type AuthServer struct {
	Token         string `json:"token"`
	Type          string `json:"type"`                 // tas:AuthorizationServerConfigurationType
	ClientAuth    string `json:"clientAuth,omitempty"` // tas:ClientAuthenticationMethod
	ServerURI     string `json:"serverUri"`
	ClientID      string `json:"clientId,omitempty"`
	ClientSecret  []byte `json:"clientSecret,omitempty"` // as the TPM sealed it
	Scope         string `json:"scope,omitempty"`
	KeyID         string `json:"keyId,omitempty"`
	CertificateID string `json:"certificateId,omitempty"`
	PolicyID      string `json:"policyId,omitempty"`
}

func (a AuthServer) id() string { return a.Token }

// Passphrase is a stored passphrase (Security 5.2.6.1).
type Passphrase struct {
	ID     string `json:"id"`
	Alias  string `json:"alias,omitempty"`
	Sealed []byte `json:"sealed"` // as the TPM sealed it
}

func (p Passphrase) id() string { return p.ID }

// CRL is a certificate revocation list (Security 5.2.6.4).
type CRL struct {
	ID    string `json:"id"`
	Alias string `json:"alias,omitempty"`
	DER   []byte `json:"der"`
}

func (c CRL) id() string { return c.ID }

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

// Dot1X is an IEEE 802.1X configuration (Security 5.4).
type Dot1X struct {
	ID    string     `json:"id"`
	Alias string     `json:"alias,omitempty"`
	Outer Dot1XStage `json:"outer"`
}

func (d Dot1X) id() string { return d.ID }

// Dot1XStage is one stage of authentication (tas:Dot1XStage).
type Dot1XStage struct {
	Method       string      `json:"method"` // "EAP-PEAP"
	Identity     string      `json:"identity,omitempty"`
	PathID       string      `json:"pathId,omitempty"`
	PassphraseID string      `json:"passphraseId,omitempty"`
	PolicyID     string      `json:"policyId,omitempty"`
	Inner        *Dot1XStage `json:"inner,omitempty"`
}

package keystore

import (
	"fmt"
	"slices"
)

// TLSServer is the set-up of the camera's TLS server (Security 5.3).
type TLSServer struct {
	// Paths are the assigned certification paths, in order of assignment.
	Paths []string `json:"certificationPaths"`
	// Supported are the versions the camera knows, Enabled those it accepts:
	// "1.0" to "1.3" (TLSServerSupported, SetEnabledTLSVersions).
	Supported []string `json:"supported"`
	Enabled   []string `json:"enabled"`
	// ClientAuthRequired asks every client for a certificate.
	ClientAuthRequired bool `json:"clientAuthenticationRequired,omitempty"`
	// CnMapsToUser takes the user name from the certificate.
	CnMapsToUser bool `json:"cnMapsToUser,omitempty"`
	// Policies are the assigned certification path validation policies.
	Policies []string `json:"policies,omitempty"`
}

func (t TLSServer) clone() TLSServer {
	t.Paths = slices.Clone(t.Paths)
	t.Enabled = slices.Clone(t.Enabled)
	t.Policies = slices.Clone(t.Policies)
	return t
}

// AssignServerPath assigns a path to the TLS server; if it is assigned
// already, nothing happens (Security 5.3.3.1).
func (s *Section) AssignServerPath(id string) error {
	if err := s.checkUsable(id); err != nil {
		return err
	}
	if slices.Contains(s.TLS.Paths, id) {
		return nil
	}
	if l := s.Limits.WithDefaults(); len(s.TLS.Paths) >= l.TLSPaths {
		return fmt.Errorf("%w: %d", ErrTooManyTLSPaths, l.TLSPaths)
	}
	s.TLS.Paths = append(s.TLS.Paths, id)
	return nil
}

// RemoveServerPath takes a path from the TLS server. While the server runs
// that is a [ReferenceError] (Security 5.3.3.2).
func (s *Section) RemoveServerPath(id string, serverEnabled bool) error {
	i := slices.Index(s.TLS.Paths, id)
	if i < 0 {
		return unknown("certification path", id, ErrNotAssigned)
	}
	if serverEnabled {
		return unreferenced("certification path", id, []string{"TLS server, which is enabled"})
	}
	s.TLS.Paths = slices.Delete(s.TLS.Paths, i, i+1)
	return nil
}

// ReplaceServerPath puts one path in the place of another (Security 5.3.3.3).
func (s *Section) ReplaceServerPath(old, id string) error {
	i := slices.Index(s.TLS.Paths, old)
	if i < 0 {
		return unknown("certification path", old, ErrNotAssigned)
	}
	if err := s.checkUsable(id); err != nil {
		return err
	}
	if j := slices.Index(s.TLS.Paths, id); j >= 0 && j != i {
		s.TLS.Paths = slices.Delete(s.TLS.Paths, i, i+1)
		return nil
	}
	s.TLS.Paths[i] = id
	return nil
}

// SetEnabledTLSVersions sets the versions the server accepts (Security
// 5.3.3.13). They are stored once each, in the order of Supported.
func (s *Section) SetEnabledTLSVersions(versions []string) error {
	if len(versions) == 0 {
		return fmt.Errorf("TLS versions: %w", ErrEmptyList)
	}
	for _, v := range versions {
		if !slices.Contains(s.TLS.Supported, v) {
			return fmt.Errorf("TLS version %.16q: %w", v, ErrTLSVersion)
		}
	}
	var enabled []string
	for _, v := range s.TLS.Supported {
		if slices.Contains(versions, v) {
			enabled = append(enabled, v)
		}
	}
	s.TLS.Enabled = enabled
	return nil
}

// SetClientAuthenticationRequired switches client certificates on or off; on
// needs an assigned policy (Security 5.3.3.5).
func (s *Section) SetClientAuthenticationRequired(on bool) error {
	if on && len(s.TLS.Policies) == 0 {
		return ErrNoClientAuth
	}
	s.TLS.ClientAuthRequired = on
	return nil
}

// SetCnMapsToUser lets the common name of client certificates name the user,
// or not; on needs an assigned policy, since without one no certificate is
// valid (Security 5.3.3.7).
func (s *Section) SetCnMapsToUser(on bool) error {
	if on && len(s.TLS.Policies) == 0 {
		return ErrCnMapsToUser
	}
	s.TLS.CnMapsToUser = on
	return nil
}

// checkUsable reports whether the path's leaf has a private key.
func (s *Section) checkUsable(pathID string) error {
	_, key, err := s.Chain(pathID)
	if err != nil {
		return err
	}
	if !key.HasPrivateKey() {
		return fmt.Errorf("certification path %q, key %q: %w", pathID, key.ID, ErrNoPrivateKey)
	}
	return nil
}

package keystore

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/camfleet/camfleet/sim/internal/pki"
)

// AuthServer is the configuration of an authorization server (Security 4.6.3,
// 5.6).
type AuthServer struct {
	Token         string `json:"token"`
	Type          string `json:"type"`                 // tas:AuthorizationServerConfigurationType
	ClientAuth    string `json:"clientAuth,omitempty"` // tas:ClientAuthenticationMethod
	ServerURI     string `json:"serverUri"`
	ClientID      string `json:"clientId,omitempty"`
	ClientSecret  []byte `json:"clientSecret,omitempty"` // encrypted; see [Seal]
	Scope         string `json:"scope,omitempty"`
	KeyID         string `json:"keyId,omitempty"`
	CertificateID string `json:"certificateId,omitempty"`
	PolicyID      string `json:"policyId,omitempty"`
}

func (a AuthServer) id() string { return a.Token }

// ConfigurationTypes lists the types of configurations (Security Table 6).
func ConfigurationTypes() []string {
	return []string{"OAuthAuthorizationCode", "OAuthClientCredentials", "OIDC2AuthorizationCode"}
}

// clientCredentials is the type without a user: the client must say who it is
// (RFC 6749 4.4.2).
const clientCredentials = "OAuthClientCredentials"

// clientAuth says what a client authentication method needs beside a client
// identifier (Security Table 7).
type clientAuth struct {
	name                     string
	secret, key, certificate bool
	selfSigned               bool // of the certificate
}

var clientAuths = [...]clientAuth{
	{name: "client_secret_basic", secret: true},                                // RFC 6749 2.3.1
	{name: "client_secret_post", secret: true},                                 // RFC 6749 2.3.1
	{name: "client_secret_jwt", secret: true},                                  // OpenID Connect Core 9
	{name: "private_key_jwt", key: true},                                       // OpenID Connect Core 9
	{name: "tls_client_auth", certificate: true},                               // RFC 8705 2.1
	{name: "self_signed_tls_client_auth", certificate: true, selfSigned: true}, // RFC 8705 2.2
}

// ClientAuthenticationMethods lists the client authentication methods
// (Security Table 7).
func ClientAuthenticationMethods() []string {
	var names []string
	for _, c := range clientAuths {
		names = append(names, c.name)
	}
	return names
}

// AuthServer finds an authorization server configuration by its token.
func (s *Section) AuthServer(token string) (AuthServer, error) {
	a, ok := get(s.Authorization, token)
	if !ok {
		return AuthServer{}, unknown("authorization server", token, ErrNoConfig)
	}
	return a, nil
}

// CreateAuthServer stores a configuration under a token of its own, whatever
// a.Token says; secret is its client secret, nil: none (Security 5.6.2).
func (s *Section) CreateAuthServer(a AuthServer, secret *string, seal Seal, random io.Reader) (AuthServer, error) {
	l := s.Limits.WithDefaults()
	if len(s.Authorization) >= l.Authorization {
		return AuthServer{}, fmt.Errorf("%w: %d", ErrTooManyAuthServers, l.Authorization)
	}
	a.ClientSecret = nil
	a, err := s.completeAuthServer(l, a, secret, seal)
	if err != nil {
		return AuthServer{}, err
	}
	if a.Token, err = newID("authserver", s.Authorization, random); err != nil {
		return AuthServer{}, err
	}
	s.Authorization = append(s.Authorization, a)
	return a, nil
}

// SetAuthServer replaces the configuration of the same token. Without a secret
// the old one stays: a client that read the configuration never saw it
// (Security 5.6.1, 5.6.3).
func (s *Section) SetAuthServer(a AuthServer, secret *string, seal Seal) error {
	i := indexOf(s.Authorization, a.Token)
	if i < 0 {
		return unknown("authorization server", a.Token, ErrNoConfig)
	}
	a.ClientSecret = s.Authorization[i].ClientSecret
	a, err := s.completeAuthServer(s.Limits.WithDefaults(), a, secret, seal)
	if err != nil {
		return err
	}
	s.Authorization[i] = a
	return nil
}

// DeleteAuthServer removes a configuration (Security 5.6.4).
func (s *Section) DeleteAuthServer(token string) error {
	i := indexOf(s.Authorization, token)
	if i < 0 {
		return unknown("authorization server", token, ErrNoConfig)
	}
	s.Authorization = slices.Delete(s.Authorization, i, i+1)
	return nil
}

// completeAuthServer checks a configuration and puts the secret into it.
func (s *Section) completeAuthServer(l Limits, a AuthServer, secret *string, seal Seal) (AuthServer, error) {
	if err := s.checkAuthServer(l, a); err != nil {
		return AuthServer{}, err
	}
	if secret != nil && (*secret == "" || len(*secret) > l.Text) {
		return AuthServer{}, fmt.Errorf("%w: a client secret of %d bytes, want 1 to %d", ErrInvalidConfig, len(*secret), l.Text)
	}
	if err := s.checkClientAuth(a, secret != nil || len(a.ClientSecret) > 0); err != nil {
		return AuthServer{}, err
	}
	if secret != nil {
		sealed, err := seal([]byte(*secret))
		if err != nil {
			return AuthServer{}, fmt.Errorf("client secret: %w", err)
		}
		a.ClientSecret = sealed
	}
	return a, nil
}

// checkAuthServer checks the fields that every method has.
func (s *Section) checkAuthServer(l Limits, a AuthServer) error {
	abilities := s.Abilities.WithDefaults()
	if !slices.Contains(abilities.ConfigurationTypes, a.Type) {
		return fmt.Errorf("type %.64q: %w", a.Type, ErrInvalidConfig)
	}
	if a.ClientAuth != "" && !slices.Contains(abilities.ClientAuthentication, a.ClientAuth) {
		return fmt.Errorf("client authentication %.64q: %w", a.ClientAuth, ErrInvalidConfig)
	}
	if err := l.checkURI(a.ServerURI); err != nil {
		return fmt.Errorf("%w: %v", ErrInvalidConfig, err) //nolint:errorlint // this fault and no other
	}
	if a.ClientID == "" || len(a.ClientID) > l.Text {
		return fmt.Errorf("%w: a client identifier of %d bytes, want 1 to %d", ErrInvalidConfig, len(a.ClientID), l.Text)
	}
	if len(a.Scope) > l.Text || !isScope(a.Scope) {
		return fmt.Errorf("%w: the scope is none of RFC 6749 3.3, or longer than %d bytes", ErrInvalidConfig, l.Text)
	}
	if _, err := s.Policy(a.PolicyID); err != nil && a.PolicyID != "" {
		return fmt.Errorf("%w: %v", ErrInvalidConfig, err) //nolint:errorlint // this fault and no other
	}
	return nil
}

// checkClientAuth checks what the method needs, and that what is given is
// there even if the method does not need it.
func (s *Section) checkClientAuth(a AuthServer, secret bool) error {
	var method clientAuth
	for _, m := range clientAuths {
		if m.name == a.ClientAuth {
			method = m
		}
	}
	switch {
	case a.ClientAuth == "" && a.Type == clientCredentials:
		return fmt.Errorf("%w: %s needs client authentication", ErrInvalidConfig, a.Type)
	case method.secret && !secret:
		return fmt.Errorf("%w: %s needs a client secret", ErrInvalidConfig, a.ClientAuth)
	case method.key && a.KeyID == "":
		return fmt.Errorf("%w: %s needs a key", ErrInvalidConfig, a.ClientAuth)
	case method.certificate && a.CertificateID == "":
		return fmt.Errorf("%w: %s needs a certificate", ErrInvalidConfig, a.ClientAuth)
	}
	if a.KeyID != "" {
		if err := s.checkHasPrivate(a.KeyID, nil); err != nil {
			return err
		}
	}
	if a.CertificateID != "" {
		return s.checkClientCertificate(a.CertificateID, method.selfSigned)
	}
	return nil
}

// checkHasPrivate passes err on, and checks that the key can be used.
func (s *Section) checkHasPrivate(id string, err error) error {
	key, keyErr := s.Key(id)
	switch {
	case err != nil:
	case keyErr != nil:
		err = keyErr
	case !key.HasPrivateKey():
		err = fmt.Errorf("key %q: %w", id, ErrNoPrivateKey)
	}
	if err != nil {
		return fmt.Errorf("%w: %v", ErrInvalidConfig, err) //nolint:errorlint // this fault and no other
	}
	return nil
}

func (s *Section) checkClientCertificate(id string, selfSigned bool) error {
	c, err := s.Certificate(id)
	if err := s.checkHasPrivate(c.KeyID, err); err != nil {
		return err
	}
	if !selfSigned {
		return nil
	}
	parsed, err := x509.ParseCertificate(c.DER)
	if err == nil && bytes.Equal(parsed.RawIssuer, parsed.RawSubject) && pki.CheckSigned(c.DER, c.DER) == nil {
		return nil
	}
	return fmt.Errorf("%w: certificate %q is not self-signed", ErrInvalidConfig, id)
}

// isScope reports whether a text is a list of scope tokens, or empty (RFC 6749
// 3.3).
func isScope(text string) bool {
	if text == "" {
		return true
	}
	for token := range strings.SplitSeq(text, " ") {
		if token == "" {
			return false
		}
		for i := range len(token) {
			if c := token[i]; c < 0x21 || c > 0x7e || c == '"' || c == '\\' {
				return false
			}
		}
	}
	return true
}

// checkURI wants an absolute HTTP address without fragment (RFC 6749 3.1). Not
// only https: in a laboratory there are servers without certificates.
func (l Limits) checkURI(text string) error {
	if len(text) > l.Text {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrURI, len(text), l.Text)
	}
	u, err := url.Parse(text)
	if err != nil {
		return fmt.Errorf("%w: %.128q", ErrURI, text)
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("%w: %.128q: want an http or https address with a host, without user and fragment", ErrURI, text)
	}
	return nil
}

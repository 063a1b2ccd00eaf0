package issuer

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// Method is how a client authenticates at the token endpoint.
type Method string

// The methods of client authentication, the six of Security 25.06 Table 7 and
// that of public clients.
const (
	ClientSecretBasic       Method = "client_secret_basic"         // RFC 6749 2.3.1
	ClientSecretPost        Method = "client_secret_post"          // RFC 6749 2.3.1
	ClientSecretJWT         Method = "client_secret_jwt"           // OpenID Connect Core 9
	PrivateKeyJWT           Method = "private_key_jwt"             // OpenID Connect Core 9
	TLSClientAuth           Method = "tls_client_auth"             // RFC 8705 2.1
	SelfSignedTLSClientAuth Method = "self_signed_tls_client_auth" // RFC 8705 2.2
	None                    Method = "none"                        // RFC 7591 2: a public client; the code flow with PKCE only
)

// Methods lists the methods of client authentication; those of TLS only where
// there is a listener with TLS.
func Methods(overTLS bool) []Method {
	list := []Method{ClientSecretBasic, ClientSecretPost, ClientSecretJWT, PrivateKeyJWT}
	if overTLS {
		list = append(list, TLSClientAuth, SelfSignedTLSClientAuth)
	}
	return append(list, None)
}

// The grants that clients may use.
const (
	grantClientCredentials = "client_credentials" // RFC 6749 4.4
	grantCode              = "authorization_code" // RFC 6749 4.1
)

// Client is somebody who may fetch tokens. RFC 6749 2, RFC 7591 2.
type Client struct {
	ID string
	// Secret is that of the methods named client_secret; with an empty one
	// they let nobody in.
	Secret string
	// Method is the only one taken; "": client_secret_basic or client_secret_post.
	Method Method
	// Keys are public keys: those of private_key_jwt, or in x5c the
	// certificates of self_signed_tls_client_auth.
	Keys []jose.JSONWebKey
	// Subject is the subject of the certificate of tls_client_auth, as
	// RFC 4514 writes it, and Roots what it must chain to. RFC 8705 2.1.2.
	Subject string
	Roots   *x509.CertPool
	// Redirects are where the code flow may lead back to, compared byte by
	// byte. RFC 6749 3.1.2.
	Redirects []string
	// Grants are client_credentials and authorization_code; nil: the first.
	Grants []string
	// Roles are those of tokens the client gets for itself, Audience the aud
	// of all its access tokens; nil: the issuer's.
	Roles    []string
	Audience []string
}

// may reports whether the client may use a grant.
func (c *Client) may(grant string) bool {
	if c.Grants == nil {
		return grant == grantClientCredentials
	}
	return slices.Contains(c.Grants, grant)
}

// takes reports whether the client authenticates by a method.
func (c *Client) takes(m Method) bool {
	if c.Method == "" {
		return m == ClientSecretBasic || m == ClientSecretPost
	}
	return c.Method == m
}

// Registration is a client's description of itself, RFC 7591 2, with roles,
// audience and tls_client_auth_roots as members of our own.
type Registration struct {
	Name         string              `json:"client_name,omitempty"`
	Method       Method              `json:"token_endpoint_auth_method,omitempty"`
	Grants       []string            `json:"grant_types,omitempty"`
	Responses    []string            `json:"response_types,omitempty"`
	Redirects    []string            `json:"redirect_uris,omitempty"`
	Keys         *jose.JSONWebKeySet `json:"jwks,omitempty"`
	Subject      string              `json:"tls_client_auth_subject_dn,omitempty"`
	Roots        string              `json:"tls_client_auth_roots,omitempty"` // PEM
	Roles        []string            `json:"roles,omitempty"`
	Audience     []string            `json:"audience,omitempty"`
	RegisteredAs                     // set in the answer
}

// RegisteredAs is what a registration gave a client. RFC 7591 3.2.1.
type RegisteredAs struct {
	ID      string `json:"client_id,omitempty"`
	Secret  string `json:"client_secret,omitempty"`
	Issued  int64  `json:"client_id_issued_at,omitempty"`
	Expires *int64 `json:"client_secret_expires_at,omitempty"` // 0: never; with a secret
}

// Limits of a registration.
const (
	maxClients      = 4096 // registered ones; a thousand cameras may each be a client or two
	maxRegistration = 65536
	maxMembers      = 16 // redirects, keys, roots, roles, audiences, each
	maxMemberBytes  = 2048
)

// client checks a registration and makes a client of it, still without
// identifier and secret. The error's text may be shown.
func (r *Registration) client(overTLS bool) (Client, error) {
	if r.Method == "" {
		r.Method = ClientSecretBasic // RFC 7591 2
	}
	if len(r.Grants) == 0 {
		r.Grants = []string{grantClientCredentials}
		if len(r.Redirects) > 0 {
			r.Grants = []string{grantCode}
		}
	}
	c := Client{Method: r.Method, Grants: r.Grants, Redirects: r.Redirects, Subject: r.Subject, Roles: r.Roles, Audience: r.Audience}
	if !slices.Contains(Methods(overTLS), r.Method) {
		return c, fmt.Errorf("token_endpoint_auth_method: %.64q is not offered here", string(r.Method))
	}
	if err := r.check(); err != nil {
		return c, err
	}
	if r.Keys != nil {
		c.Keys = r.Keys.Keys
	}
	if r.Roots != "" {
		roots, err := parseRoots(r.Roots)
		if err != nil {
			return c, err
		}
		c.Roots = roots
	}
	return c, r.checkMethod(c)
}

// check checks counts, sizes and forms.
func (r *Registration) check() error {
	for name, list := range map[string][]string{"grant_types": r.Grants, "redirect_uris": r.Redirects, "roles": r.Roles, "audience": r.Audience} {
		if len(list) > maxMembers || slices.ContainsFunc(list, func(s string) bool { return s == "" || len(s) > maxMemberBytes }) {
			return fmt.Errorf("%s: want at most %d texts of 1 to %d bytes", name, maxMembers, maxMemberBytes)
		}
	}
	for _, g := range r.Grants {
		if g != grantClientCredentials && g != grantCode {
			return fmt.Errorf("grant_types: %.64q is not offered here", g)
		}
	}
	for _, text := range r.Redirects {
		u, err := url.Parse(text)
		if err != nil || !u.IsAbs() || u.Fragment != "" || u.Scheme == "javascript" || u.Scheme == "data" || (u.Host == "" && strings.HasPrefix(u.Scheme, "http")) {
			return fmt.Errorf("redirect_uris: %.128q is no absolute address without fragment", text)
		}
	}
	if len(r.Responses) > 0 && !slices.Equal(r.Responses, []string{"code"}) {
		return errors.New("response_types: code is the only one offered here")
	}
	if len(r.Subject) > maxMemberBytes || len(r.Name) > maxMemberBytes {
		return fmt.Errorf("a name is longer than %d bytes", maxMemberBytes)
	}
	return nil
}

// checkMethod checks that the client has what its method needs.
func (r *Registration) checkMethod(c Client) error {
	if len(c.Keys) > maxMembers {
		return fmt.Errorf("jwks: more than %d keys", maxMembers)
	}
	for _, k := range c.Keys {
		if !k.Valid() || !k.IsPublic() {
			return errors.New("jwks: want public keys alone")
		}
	}
	switch r.Method {
	case PrivateKeyJWT:
		if len(c.Keys) == 0 {
			return errors.New("jwks: private_key_jwt needs a key")
		}
	case SelfSignedTLSClientAuth:
		if !slices.ContainsFunc(c.Keys, func(k jose.JSONWebKey) bool { return len(k.Certificates) > 0 }) {
			return errors.New("jwks: self_signed_tls_client_auth needs a key with its certificate in x5c")
		}
	case TLSClientAuth:
		if c.Subject == "" {
			return errors.New("tls_client_auth_subject_dn: tls_client_auth needs it")
		}
	case None:
		if c.may(grantClientCredentials) {
			return errors.New("grant_types: client_credentials is not for public clients")
		}
	}
	if c.may(grantCode) && len(c.Redirects) == 0 {
		return errors.New("redirect_uris: authorization_code needs one")
	}
	return nil
}

// hasSecret reports whether the method wants a secret.
func (m Method) hasSecret() bool {
	return m == ClientSecretBasic || m == ClientSecretPost || m == ClientSecretJWT
}

// parseRoots reads certificates in PEM.
func parseRoots(text string) (*x509.CertPool, error) {
	pool, n := x509.NewCertPool(), 0
	for rest := []byte(text); ; n++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil || block.Type != "CERTIFICATE" || n == maxMembers {
			return nil, fmt.Errorf("tls_client_auth_roots: want 1 to %d certificates in PEM", maxMembers)
		}
		pool.AddCert(c)
	}
	if n == 0 {
		return nil, fmt.Errorf("tls_client_auth_roots: want 1 to %d certificates in PEM", maxMembers)
	}
	return pool, nil
}

// parseRegistration reads the JSON of a registration. Members we know nothing
// of are ignored (RFC 7591 2), and so is what only the answer has.
func parseRegistration(text []byte) (Registration, error) {
	var r Registration
	if err := json.Unmarshal(text, &r); err != nil {
		return r, errors.New("want one JSON object with the members of RFC 7591 section 2")
	}
	r.RegisteredAs = RegisteredAs{}
	return r, nil
}

package oidc

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// The well-known parts of metadata addresses. OpenID Connect Discovery 1.0
// section 4, RFC 8414 3.
const (
	openIDPart = "/.well-known/openid-configuration"
	oauthPart  = "/.well-known/oauth-authorization-server"
)

// Metadata is what an issuer says of itself: OpenID Connect Discovery 1.0
// section 3, RFC 8414 2.
type Metadata struct {
	Issuer        string `json:"issuer"`
	JWKS          string `json:"jwks_uri"` // "": there is none
	Authorization string `json:"authorization_endpoint"`
	Token         string `json:"token_endpoint"`
	// MTLS are the endpoints for clients with certificates. RFC 8705 5.
	MTLS struct {
		Token string `json:"token_endpoint"`
	} `json:"mtls_endpoint_aliases"`
}

// parseMetadata reads a metadata document that was fetched for a trusted issuer,
// and checks that it is that issuer's.
func parseMetadata(document []byte, uri string) (Metadata, error) {
	var m Metadata
	if err := json.Unmarshal(document, &m); err != nil {
		return Metadata{}, fmt.Errorf("metadata: %w: %v", ErrDocument, err) //nolint:errorlint // a cause to read
	}
	if !slices.Contains(Names(uri), m.Issuer) {
		return Metadata{}, fmt.Errorf("%w: %.128q", ErrIssuer, m.Issuer)
	}
	return m, nil
}

// Names returns the iss values that the trusted issuer uri may have. A trusted
// issuer is written as its metadata's address (Security 4.4.2) or as its own
// identifier. Of the first, the identifier is what is left without the
// well-known part, with a slash at its end or without.
func Names(uri string) []string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" {
		return nil
	}
	base := *u
	path := u.EscapedPath()
	switch {
	case strings.HasSuffix(path, openIDPart):
		path = strings.TrimSuffix(path, openIDPart)
	case path == oauthPart || strings.HasPrefix(path, oauthPart+"/"):
		path = strings.TrimPrefix(path, oauthPart)
	default:
		return []string{uri}
	}
	name := base.Scheme + "://" + base.Host + strings.TrimSuffix(path, "/")
	return []string{name, name + "/"}
}

// documents returns the addresses where the metadata of a trusted issuer may be,
// to be tried in order.
func documents(uri string) []string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" {
		return nil
	}
	if names := Names(uri); len(names) > 1 {
		return []string{uri}
	}
	root, path := u.Scheme+"://"+u.Host, strings.TrimSuffix(u.EscapedPath(), "/")
	return []string{root + path + openIDPart, root + oauthPart + path}
}

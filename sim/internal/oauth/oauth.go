// Package oauth is a camera as client of an authorization server: it fetches
// tokens for itself (RFC 6749 4.4) and for users who sign in elsewhere
// (RFC 6749 4.1 with PKCE, OpenID Connect Core 3.1), and authenticates in the
// six ways of Security 25.06 Table 7.
//
// Keys are crypto.Signers: the private_key_jwt key and that of the TLS client
// may lie in a TPM. Addresses, certificates and sizes are kept in bounds by an
// [oidc.Fetcher]; the requests themselves are those of golang.org/x/oauth2.
package oauth

import (
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// The types of configurations. Security 25.06 Table 6.
const (
	ClientCredentials     = "OAuthClientCredentials"
	AuthorizationCode     = "OAuthAuthorizationCode"
	OIDCAuthorizationCode = "OIDC2AuthorizationCode"
)

// What may be wrong beside what the server says ([*Refused]) and what package
// oidc finds.
var (
	// ErrMethod says that the client authentication method is none of Table 7.
	ErrMethod = errors.New("unknown client authentication method")
	// ErrKey says that the key or certificate of the method is missing or of a
	// kind that no JWS algorithm fits.
	ErrKey = errors.New("the client's key cannot be used")
	// ErrEndpoint says that the server does not name the endpoint that is needed.
	ErrEndpoint = errors.New("the server has no such endpoint")
	// ErrAnswer says that the server's answer cannot be used.
	ErrAnswer = errors.New("the server's answer cannot be used")
)

// Refused is what the server answered instead of a token. RFC 6749 5.2.
type Refused struct {
	Status            int
	Code, Description string // as far as the server gave them, at most 128 bytes each
}

func (r *Refused) Error() string {
	text := fmt.Sprintf("the authorization server refuses with status %d", r.Status)
	if r.Code != "" {
		text += ": " + r.Code
	}
	if r.Description != "" {
		text += " (" + r.Description + ")"
	}
	return text
}

// Config is what a [Client] is made of. Security 25.06 Table 5.
type Config struct {
	Type string // one of Table 6
	// URI is the server's identifier or the address of its metadata. Of
	// OAuthClientCredentials it may be the token endpoint itself.
	URI    string
	Method string // one of Table 7; "": a public client
	ID     string // client_id
	Secret string // of the methods named client_secret
	Scope  string
	// Key signs client assertions (private_key_jwt), KeyID is their kid.
	Key   crypto.Signer
	KeyID string
	// Certificate is that of the TLS client (tls_client_auth and
	// self_signed_tls_client_auth).
	Certificate *tls.Certificate
	// Clock is the camera's own: assertions are made by it.
	Clock  clock.Clock
	Random io.Reader
	oidc.FetcherConfig
}

// Client is a client of one authorization server. It may be used by many
// goroutines, and keeps no connection between calls.
type Client struct {
	config  Config
	fetcher *oidc.Fetcher
}

// New returns a client. Errors: [ErrMethod], [ErrKey].
func New(c Config) (*Client, error) {
	switch c.Method {
	case "", "client_secret_basic", "client_secret_post", "client_secret_jwt":
	case "private_key_jwt":
		if _, err := algorithmOf(c.Key); err != nil {
			return nil, err
		}
	case "tls_client_auth", "self_signed_tls_client_auth":
		if c.Certificate == nil {
			return nil, fmt.Errorf("%w: %s needs a certificate", ErrKey, c.Method)
		}
		c.FetcherConfig.Certificate = c.Certificate
	default:
		return nil, fmt.Errorf("%w: %.64q", ErrMethod, c.Method)
	}
	return &Client{config: c, fetcher: oidc.NewFetcher(c.FetcherConfig)}, nil
}

// Token is what a server gave.
type Token struct {
	Access string // a secret
	ID     string // the ID token; a secret
	Type   string // "Bearer"
	Scope  string // "": as asked for
	// Expires is when it ends by the camera's clock; zero: the server did not say.
	Expires time.Time
}

// endpoints are where a server is asked.
func (c *Client) endpoints(ctx context.Context) (oidc.Metadata, error) {
	m, err := c.fetcher.Metadata(ctx, c.config.URI)
	if c.config.Type == ClientCredentials && errors.Is(err, oidc.ErrStatus) {
		// No metadata there: the address is the token endpoint.
		return oidc.Metadata{Token: c.config.URI}, nil
	}
	if err != nil {
		return m, err
	}
	if c.config.Certificate != nil && m.MTLS.Token != "" {
		m.Token = m.MTLS.Token // RFC 8705 5
	}
	if m.Token == "" {
		return m, fmt.Errorf("%w: token_endpoint", ErrEndpoint)
	}
	return m, nil
}

// Token fetches a token for the camera itself. RFC 6749 4.4.
func (c *Client) Token(ctx context.Context) (Token, error) {
	m, err := c.endpoints(ctx)
	if err != nil {
		return Token{}, err
	}
	form := url.Values{"grant_type": {"client_credentials"}}
	if c.config.Scope != "" {
		form.Set("scope", c.config.Scope)
	}
	return c.ask(ctx, m, form)
}

// ask posts a form to the token endpoint, with the client's credentials.
func (c *Client) ask(ctx context.Context, m oidc.Metadata, form url.Values) (Token, error) {
	secret, style := c.config.Secret, oauth2.AuthStyleInParams
	switch c.config.Method {
	case "client_secret_basic":
		style = oauth2.AuthStyleInHeader
	case "client_secret_post":
	case "client_secret_jwt", "private_key_jwt":
		text, err := c.assertion(m)
		if err != nil {
			return Token{}, err
		}
		secret = ""
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", text)
	default:
		secret = ""
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, c.fetcher.Client())
	t, err := exchange(ctx, c.config.ID, secret, oauth2.Endpoint{TokenURL: m.Token, AuthStyle: style}, form)
	if err != nil {
		return Token{}, refused(err)
	}
	return c.token(t)
}

// exchange has the library send the form of either grant.
func exchange(ctx context.Context, id, secret string, at oauth2.Endpoint, form url.Values) (*oauth2.Token, error) {
	code := form.Get("code")
	if code == "" {
		o := clientcredentials.Config{ClientID: id, ClientSecret: secret, TokenURL: at.TokenURL, AuthStyle: at.AuthStyle, EndpointParams: form}
		return o.Token(ctx)
	}
	var options []oauth2.AuthCodeOption
	for name := range form {
		options = append(options, oauth2.SetAuthURLParam(name, form.Get(name)))
	}
	o := oauth2.Config{ClientID: id, ClientSecret: secret, Endpoint: at}
	return o.Exchange(ctx, code, options...)
}

// token checks an answer.
func (c *Client) token(t *oauth2.Token) (Token, error) {
	out := Token{Access: t.AccessToken, Type: t.Type()}
	out.ID, _ = t.Extra("id_token").(string)
	out.Scope, _ = t.Extra("scope").(string)
	if !strings.EqualFold(out.Type, "Bearer") {
		return Token{}, fmt.Errorf("%w: a token of type %.32q", ErrAnswer, out.Type)
	}
	life, err := lifeOf(t.Extra("expires_in"))
	if err != nil {
		return Token{}, err
	}
	if life > 0 {
		out.Expires = c.config.Clock.Now().Add(life)
	}
	return out, nil
}

// lifeOf reads expires_in, a number that some servers write as a text; 0: it is
// not there. The library reads it by the machine's clock.
func lifeOf(value any) (time.Duration, error) {
	seconds, ok := value.(float64)
	if text, is := value.(string); is {
		n, err := strconv.ParseUint(text, 10, 32)
		seconds, ok = float64(n), err == nil
	}
	if value == nil || value == "" {
		return 0, nil
	}
	if !ok || !(seconds >= 1 && seconds <= maxLife) {
		return 0, fmt.Errorf("%w: expires_in %.32v", ErrAnswer, value)
	}
	return time.Duration(seconds) * time.Second, nil
}

// maxLife is how long a token may be good for, in seconds: ten years.
const maxLife = 10 * 366 * 86400

// refused turns the library's error into ours, which has no body in it.
func refused(err error) error {
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) {
		return err
	}
	if answer.Response == nil || answer.Response.StatusCode/100 == 2 && answer.ErrorCode == "" {
		return fmt.Errorf("%w: it has no access token", ErrAnswer)
	}
	return &Refused{Status: answer.Response.StatusCode, Code: clip(answer.ErrorCode), Description: clip(answer.ErrorDescription)}
}

// clip keeps of a server's words what can be shown: the characters of RFC 6749
// 5.2, at most 128.
func clip(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
	return text[:min(len(text), 128)]
}

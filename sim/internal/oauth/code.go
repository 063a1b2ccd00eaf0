package oauth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/camfleet/camfleet/sim/internal/oidc"
)

// Errors of a sign-in.
var (
	// ErrState says that an answer belongs to no sign-in that is under way.
	ErrState = errors.New("the answer is not to this sign-in")
	// ErrIssuer says that the answer is another server's (RFC 9207 2.4).
	ErrIssuer = errors.New("the answer is another server's")
)

// SignIn is one sign-in under way: what the browser is sent away with, and what
// its return is checked against. It is a secret.
type SignIn struct {
	// Address is where the browser is sent.
	Address string
	// State ties the browser to the sign-in; Nonce is what an ID token must have,
	// "" if none was asked for.
	State, Nonce string

	verifier, redirect string
	metadata           oidc.Metadata
}

// Begin begins to sign a user in who comes back to the address redirect. RFC
// 6749 4.1.1, RFC 7636 4.3, OpenID Connect Core 3.1.2.1.
func (c *Client) Begin(ctx context.Context, redirect string) (*SignIn, error) {
	m, err := c.endpoints(ctx)
	if err != nil {
		return nil, err
	}
	to, err := url.Parse(m.Authorization)
	if err != nil || m.Authorization == "" || to.Scheme != "https" && to.Scheme != "http" || to.Host == "" {
		return nil, fmt.Errorf("%w: authorization_endpoint", ErrEndpoint)
	}
	s := &SignIn{redirect: redirect, metadata: m}
	for _, text := range []*string{&s.State, &s.Nonce, &s.verifier} {
		if *text, err = c.random(); err != nil {
			return nil, err
		}
	}
	scope := strings.Fields(c.config.Scope)
	if c.config.Type == OIDCAuthorizationCode && !slices.Contains(scope, "openid") {
		scope = append([]string{"openid"}, scope...) // Security 25.06 4.6.2
	}
	sum := sha256.Sum256([]byte(s.verifier))
	q := to.Query()
	for name, value := range map[string]string{
		"response_type": "code", "client_id": c.config.ID, "redirect_uri": redirect, "state": s.State,
		"code_challenge": base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method": "S256",
	} {
		q.Set(name, value)
	}
	if len(scope) > 0 {
		q.Set("scope", strings.Join(scope, " "))
	}
	if slices.Contains(scope, "openid") {
		q.Set("nonce", s.Nonce)
	} else {
		s.Nonce = ""
	}
	to.RawQuery = q.Encode()
	s.Address = to.String()
	return s, nil
}

// random returns 32 random bytes as text.
func (c *Client) random() (string, error) {
	raw := make([]byte, 32)
	if _, err := io.ReadFull(c.config.Random, raw); err != nil {
		return "", fmt.Errorf("randomness for a sign-in: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// Finish exchanges what the browser came back with for tokens. Errors:
// [ErrState], [ErrIssuer], [*Refused], and those of [Client.Token]. What the
// tokens say is for the caller to check, Nonce included.
func (c *Client) Finish(ctx context.Context, s *SignIn, answer url.Values) (Token, error) {
	if subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(s.State)) != 1 {
		return Token{}, ErrState
	}
	if iss := answer.Get("iss"); answer.Has("iss") && iss != s.metadata.Issuer {
		return Token{}, fmt.Errorf("%w: %.128q", ErrIssuer, iss)
	}
	if answer.Has("error") {
		return Token{}, &Refused{Status: 303, Code: clip(answer.Get("error")), Description: clip(answer.Get("error_description"))}
	}
	if answer.Get("code") == "" {
		return Token{}, fmt.Errorf("%w: it has no code", ErrAnswer)
	}
	return c.ask(ctx, s.metadata, url.Values{
		"grant_type": {"authorization_code"}, "code": {answer.Get("code")},
		"redirect_uri": {s.redirect}, "code_verifier": {s.verifier},
	})
}

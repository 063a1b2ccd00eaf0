package issuer

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// maxForm is how long a request to the token endpoint may be, in bytes.
const maxForm = 16384

// tokens is the answer of the token endpoint. RFC 6749 5.1, OpenID Connect
// Core 3.1.3.3.
type tokens struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int    `json:"expires_in"`
	Scope   string `json:"scope,omitempty"`
	ID      string `json:"id_token,omitempty"`
}

// grantError is an error of the token endpoint. RFC 6749 5.2.
type grantError struct{ code, description string }

func (e *grantError) Error() string { return e.code + ": " + e.description }

// serveToken is the token endpoint. RFC 6749 3.2.
func (i *Issuer) serveToken(at place) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			refuse(w, http.StatusBadRequest, "invalid_request", "the request is not a form")
			return
		}
		for _, values := range r.PostForm {
			if len(values) > 1 {
				refuse(w, http.StatusBadRequest, "invalid_request", "a parameter comes twice")
				return
			}
		}
		client, err := i.authenticate(r, at)
		switch {
		case errors.Is(err, errTwoWays):
			refuse(w, http.StatusBadRequest, "invalid_request", err.Error())
			return
		case err != nil:
			w.Header().Set("WWW-Authenticate", `Basic realm="camfleet"`)
			refuse(w, http.StatusUnauthorized, "invalid_client", err.Error())
			return
		}
		answer, wrong := i.give(r, at, client)
		if wrong != nil {
			refuse(w, http.StatusBadRequest, wrong.code, wrong.description)
			return
		}
		reply(w, http.StatusOK, answer)
	}
}

// give gives a client the tokens it asks for.
func (i *Issuer) give(r *http.Request, at place, c Client) (*tokens, *grantError) {
	name := r.PostForm.Get("grant_type")
	if name != grantClientCredentials && name != grantCode {
		return nil, &grantError{"unsupported_grant_type", "want client_credentials or authorization_code"}
	}
	if !c.may(name) {
		return nil, &grantError{"unauthorized_client", "the client did not register " + name}
	}
	if name == grantCode {
		return i.giveForCode(r, at, c)
	}
	audience, wrong := audienceOf(c, r.PostForm.Get("resource"))
	if wrong != nil {
		return nil, wrong
	}
	text, _, err := i.mint(TokenRequest{Subject: c.ID, Roles: c.Roles, Audience: audience, at: at.url})
	if err != nil {
		return nil, &grantError{"invalid_request", err.Error()}
	}
	return &tokens{Access: text, Type: "Bearer", Expires: int(i.config.TTL.Seconds())}, nil
}

// audienceOf is the aud of a client's access token: the resource it asks for,
// if its registration does not name others. RFC 8707 2.2.
func audienceOf(c Client, resource string) ([]string, *grantError) {
	switch {
	case resource == "":
		return c.Audience, nil
	case !isResource(resource), c.Audience != nil && !slices.Contains(c.Audience, resource):
		return nil, &grantError{"invalid_target", "resource: want one that the client may ask for"}
	}
	return []string{resource}, nil
}

// giveForCode exchanges a code. RFC 6749 4.1.3, RFC 7636 4.6.
func (i *Issuer) giveForCode(r *http.Request, at place, c Client) (*tokens, *grantError) {
	code := r.PostForm.Get("code")
	g, known, again := i.codes.take(code, i.config.Clock.Now())
	if again {
		for _, id := range g.spent {
			i.withdraw(id)
		}
		return nil, &grantError{"invalid_grant", "the code was used before; its tokens are withdrawn"}
	}
	if !known || g.client.ID != c.ID || g.at != at {
		return nil, &grantError{"invalid_grant", "the code is unknown, of another client, or too old"}
	}
	if r.PostForm.Get("redirect_uri") != g.redirect && r.PostForm.Has("redirect_uri") {
		return nil, &grantError{"invalid_grant", "redirect_uri is not that of the authorization request"}
	}
	if !g.proves(r.PostForm.Get("code_verifier")) {
		return nil, &grantError{"invalid_grant", "code_verifier does not fit the code_challenge"}
	}
	resource := r.PostForm.Get("resource")
	if resource == "" {
		resource = g.resource
	}
	audience, wrong := audienceOf(c, resource)
	if wrong != nil {
		return nil, wrong
	}
	answer, ids, err := i.tokensOf(g, audience)
	if err != nil {
		return nil, &grantError{"invalid_request", err.Error()}
	}
	i.codes.spend(code, ids)
	return answer, nil
}

// proves reports whether the verifier fits the challenge. RFC 7636 4.6.
func (g *grant) proves(verifier string) bool {
	if g.challenge == "" {
		return verifier == ""
	}
	if len(verifier) < 43 || len(verifier) > 128 { // RFC 7636 4.1
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(g.challenge)) == 1
}

// tokensOf mints the access token of a user and, where openid was asked for,
// the ID token. Both have the roles, since a camera may be shown either
// (Security 25.06 4.6.2). It also returns their identifiers.
func (i *Issuer) tokensOf(g grant, audience []string) (*tokens, []string, error) {
	access, id, err := i.mint(TokenRequest{
		Subject: g.user.Name, Roles: g.user.Roles, Audience: audience, at: g.at.url,
		Claims: map[string]any{"client_id": g.client.ID},
	})
	if err != nil {
		return nil, nil, err
	}
	answer, ids := &tokens{Access: access, Type: "Bearer", Expires: int(i.config.TTL.Seconds())}, []string{id}
	var scope []string
	for _, name := range scopes() {
		if slices.Contains(g.scope, name) {
			scope = append(scope, name)
		}
	}
	answer.Scope = strings.Join(scope, " ")
	if !slices.Contains(scope, "openid") {
		return answer, ids, nil
	}
	sum := sha256.Sum256([]byte(access))
	claims := map[string]any{
		"auth_time": g.signedIn.Unix(), "preferred_username": g.user.Name,
		"at_hash": base64.RawURLEncoding.EncodeToString(sum[:16]), // OpenID Connect Core 3.1.3.6
	}
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	answer.ID, id, err = i.mint(TokenRequest{
		Subject: g.user.Name, Roles: g.user.Roles, Audience: []string{g.client.ID}, Claims: claims, at: g.at.url,
	})
	return answer, append(ids, id), err
}

// scopes lists the scopes that mean something here.
func scopes() []string { return []string{"openid", "profile"} }

package web

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/oauth"
)

// session is somebody who signed in.
type session struct {
	token string // the one that the camera accepted
}

// signIn is somebody who was sent away to sign in.
type signIn struct {
	server Server
	begun  *oauth.SignIn
}

// cookie makes the cookie of a purpose. Browsers do not tell the ports of a host
// apart, and the cameras of a fleet may differ in nothing else: so the name has
// the camera's serial number in it.
func (s *Site) cookie(purpose, value string, life time.Duration) *http.Cookie {
	age := int(life / time.Second)
	if value == "" {
		age = -1
	}
	return &http.Cookie{
		Name: s.cookieName(purpose), Value: value, Path: "/", MaxAge: age,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

func (s *Site) cookieName(purpose string) string {
	_, _, serial := s.config.Camera.Names()
	serial = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, serial)
	return "__Host-" + purpose + "-" + serial
}

// user is who asks, by the session's token as it is judged now, and the name of
// the session.
func (s *Site) user(r *http.Request) (auth.Identity, string, bool) {
	if r.TLS == nil {
		return auth.Identity{}, "", false
	}
	c, err := r.Cookie(s.cookieName("session"))
	if err != nil {
		return auth.Identity{}, "", false
	}
	found, ok := s.sessions.get(c.Value)
	if !ok {
		return auth.Identity{}, "", false
	}
	id, err := s.judge(r, found.token)
	if err != nil {
		s.sessions.drop(c.Value)
		return auth.Identity{}, "", false
	}
	return id, c.Value, true
}

// judge has the camera judge a token as if the browser had sent it.
func (s *Site) judge(r *http.Request, token string) (auth.Identity, error) {
	return s.config.Camera.Identify(auth.Request{
		File: true, Method: http.MethodGet, URI: r.RequestURI, Authorization: []string{"Bearer " + token},
		Secure: true, Peer: r.RemoteAddr, Context: r.Context(),
	})
}

// getSignIn sends the browser away to sign in.
func (s *Site) getSignIn(w http.ResponseWriter, r *http.Request) {
	if r.TLS == nil {
		s.page(w, r, http.StatusForbidden, view{Problem: "Signing in needs HTTPS."})
		return
	}
	servers, wanted := s.config.Camera.Servers(), r.URL.Query().Get("server")
	at := slices.IndexFunc(servers, func(x Server) bool { return x.Token == wanted })
	if at < 0 {
		s.page(w, r, http.StatusNotFound, view{Problem: "There is no such server to sign in at."})
		return
	}
	client, err := s.config.Camera.Client(wanted)
	var begun *oauth.SignIn
	if err == nil {
		begun, err = client.Begin(r.Context(), "https://"+r.Host+pathBack)
	}
	if err != nil {
		s.fail(w, r, servers[at], err)
		return
	}
	name, err := s.signIns.add(signIn{servers[at], begun}, s.config.Limits.SignIn)
	if err != nil {
		s.page(w, r, http.StatusServiceUnavailable, view{Problem: "Too many people are just signing in."})
		return
	}
	http.SetCookie(w, s.cookie("signin", name, s.config.Limits.SignIn))
	http.Redirect(w, r, begun.Address, http.StatusSeeOther)
}

// fail tells why it did not work, without what only the log may know.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, server Server, err error) {
	s.config.Log.Info("nobody signed in", "server", server.Token, "error", err)
	s.page(w, r, http.StatusBadGateway, view{Problem: "Signing in did not work: " + err.Error()})
}

// getBack takes the browser back. RFC 6749 4.1.2.
func (s *Site) getBack(w http.ResponseWriter, r *http.Request) {
	var name string
	if c, err := r.Cookie(s.cookieName("signin")); err == nil && r.TLS != nil {
		name = c.Value
	}
	found, ok := s.signIns.take(name)
	http.SetCookie(w, s.cookie("signin", "", 0))
	if !ok {
		s.page(w, r, http.StatusForbidden, view{Problem: "This sign-in is over, or another browser's."})
		return
	}
	client, err := s.config.Camera.Client(found.server.Token)
	var got oauth.Token
	if err == nil {
		got, err = client.Finish(r.Context(), found.begun, r.URL.Query())
	}
	var token string
	if err == nil {
		token, err = s.accept(r, found.begun, got)
	}
	if err != nil {
		s.fail(w, r, found.server, err)
		return
	}
	session, err := s.sessions.add(session{token}, s.config.Limits.Session)
	if err != nil {
		s.page(w, r, http.StatusServiceUnavailable, view{Problem: "Too many people are signed in."})
		return
	}
	http.SetCookie(w, s.cookie("session", session, s.config.Limits.Session))
	http.Redirect(w, r, root, http.StatusSeeOther)
}

// errNonce is an ID token of another sign-in. OpenID Connect Core 3.1.3.7.
var errNonce = errors.New("the ID token is not of this sign-in")

// accept returns the token that the camera takes: the ID token or the access
// token, either will do (Security 25.06 4.6.2).
func (s *Site) accept(r *http.Request, begun *oauth.SignIn, got oauth.Token) (string, error) {
	if begun.Nonce != "" && nonceOf(got.ID) != begun.Nonce {
		return "", errNonce
	}
	var failure error
	for _, token := range []string{got.Access, got.ID} {
		if token == "" {
			continue
		}
		if _, err := s.judge(r, token); err != nil {
			failure = errors.Join(failure, err)
			continue
		}
		return token, nil
	}
	return "", failure
}

// nonceOf is the nonce of an ID token; "": it has none. The token came from the
// token endpoint itself, so its signature is not needed to trust this claim
// (OpenID Connect Core 3.1.3.7, point 6).
func nonceOf(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims struct {
		Nonce string `json:"nonce"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	return claims.Nonce
}

// postSignOut ends a session; only a form of the page itself may.
func (s *Site) postSignOut(w http.ResponseWriter, r *http.Request) {
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		http.Error(w, "only the camera's own page may sign out", http.StatusForbidden)
		return
	}
	if _, name, ok := s.user(r); ok {
		s.sessions.drop(name)
	}
	http.SetCookie(w, s.cookie("session", "", 0))
	http.Redirect(w, r, root, http.StatusSeeOther)
}

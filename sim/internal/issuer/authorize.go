package issuer

import (
	"crypto/sha256"
	"crypto/subtle"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed login.html
var pages embed.FS

// User is somebody who may sign in on the issuer's page.
type User struct {
	Name, Password string
	Roles          []string // of the user's tokens
}

// authorization is one request to the authorization endpoint whose client and
// way back are known to be right. RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1.
type authorization struct {
	client    Client
	redirect  string
	state     string
	scope     []string
	nonce     string
	challenge string // S256 of RFC 7636 4.2; "": none
	resource  string // RFC 8707; the aud of the access token
	prompt    string
}

// Limits of the code flow.
const (
	maxParameter = 2048
	maxCodes     = 1024
	codeLife     = time.Minute // RFC 6749 4.1.2 recommends 10 at most
)

// codeError is an error that goes back to the client by redirection.
// RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6.
type codeError struct{ code, description string }

// pageError is an error that the user is told, since there is no way back that
// could be trusted. RFC 6749 4.1.2.1.
type pageError string

// readAuthorization reads a request to the authorization endpoint.
func (i *Issuer) readAuthorization(f url.Values) (a authorization, page pageError, back *codeError) {
	for name, values := range f {
		if len(values) > 1 {
			return a, pageError(fmt.Sprintf("The parameter %.32q comes more than once.", name)), nil
		}
		if len(values[0]) > maxParameter {
			return a, pageError(fmt.Sprintf("The parameter %.32q is longer than %d bytes.", name, maxParameter)), nil
		}
	}
	client, known := i.client(f.Get("client_id"))
	if !known {
		return a, "No client of this name is registered.", nil
	}
	a = authorization{
		client: client, redirect: f.Get("redirect_uri"), state: f.Get("state"), scope: strings.Fields(f.Get("scope")),
		nonce: f.Get("nonce"), challenge: f.Get("code_challenge"), resource: f.Get("resource"), prompt: f.Get("prompt"),
	}
	if a.redirect == "" && len(client.Redirects) == 1 && !slices.Contains(a.scope, "openid") {
		a.redirect = client.Redirects[0] // RFC 6749 3.1.2.3; OpenID Connect Core 3.1.2.1 wants it said
	}
	if !slices.Contains(client.Redirects, a.redirect) {
		return a, "The client did not register this redirect_uri.", nil
	}
	return a, "", a.check(f)
}

// check checks what is left once the way back is known.
func (a *authorization) check(f url.Values) *codeError {
	method := f.Get("code_challenge_method")
	switch {
	case !a.client.may(grantCode):
		return &codeError{"unauthorized_client", "the client did not register authorization_code"}
	case f.Has("request"):
		return &codeError{"request_not_supported", "parameters must be given as such"}
	case f.Has("request_uri"):
		return &codeError{"request_uri_not_supported", "parameters must be given as such"}
	case f.Get("response_type") != "code":
		return &codeError{"unsupported_response_type", "want code"}
	case f.Has("response_mode") && f.Get("response_mode") != "query":
		return &codeError{"invalid_request", "response_mode: want query"}
	case a.challenge == "" && a.client.takes(None):
		return &codeError{"invalid_request", "code_challenge: a public client must send one (RFC 7636)"}
	case a.challenge != "" && (method != "S256" || len(a.challenge) != 43):
		return &codeError{"invalid_request", "code_challenge_method: want S256 with a challenge of 43 characters"}
	case a.resource != "" && !isResource(a.resource):
		return &codeError{"invalid_target", "resource: want an absolute URI without fragment (RFC 8707)"}
	case a.prompt == "none":
		return &codeError{"login_required", "nobody stays signed in here"}
	}
	return nil
}

// isResource reports whether a text may be a resource. RFC 8707 2.
func isResource(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.IsAbs() && u.Fragment == "" && !strings.Contains(text, "#")
}

// serveAuthorize is the authorization endpoint: it shows the page to sign in,
// takes what was typed there, and leads back with a code.
func (i *Issuer) serveAuthorize(at place) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			i.page(w, http.StatusBadRequest, login{Problem: "The request is no form, or too long."})
			return
		}
		user, password, typed := r.PostForm.Get("username"), r.PostForm.Get("password"), r.PostForm.Has("username")
		r.Form.Del("username")
		r.Form.Del("password")
		a, wrong, back := i.readAuthorization(r.Form)
		switch {
		case wrong != "":
			i.page(w, http.StatusBadRequest, login{Problem: string(wrong)})
		case back != nil:
			a.lead(w, r, at, url.Values{"error": {back.code}, "error_description": {back.description}})
		case !typed:
			i.page(w, http.StatusOK, login{Client: a.client.ID, Form: r.Form})
		default:
			i.signIn(w, r, at, a, user, password)
		}
	}
}

// signIn checks what was typed and leads back with a code.
func (i *Issuer) signIn(w http.ResponseWriter, r *http.Request, at place, a authorization, name, password string) {
	user, ok := i.user(name, password)
	if !ok {
		i.page(w, http.StatusForbidden, login{Client: a.client.ID, Form: r.Form, User: name, Problem: "Unknown name or wrong password."})
		return
	}
	code, err := i.random(32)
	if err == nil {
		now := i.config.Clock.Now()
		err = i.codes.keep(code, grant{authorization: a, user: user, at: at, signedIn: now, until: now.Add(codeLife)}, now)
	}
	if err != nil {
		a.lead(w, r, at, url.Values{"error": {"temporarily_unavailable"}, "error_description": {err.Error()}})
		return
	}
	a.lead(w, r, at, url.Values{"code": {code}})
}

// user finds a user by name and password, in a time that tells neither.
func (i *Issuer) user(name, password string) (User, bool) {
	var user User
	at := slices.IndexFunc(i.config.Users, func(u User) bool { return u.Name == name })
	if at >= 0 {
		user = i.config.Users[at]
	}
	given, want := sha256.Sum256([]byte(password)), sha256.Sum256([]byte(user.Password))
	right := subtle.ConstantTimeCompare(given[:], want[:]) == 1
	return user, right && at >= 0 && user.Password != ""
}

// lead sends the browser back to the client. RFC 6749 4.1.2, RFC 9207 2.
func (a *authorization) lead(w http.ResponseWriter, r *http.Request, at place, answer url.Values) {
	u, err := url.Parse(a.redirect)
	if err != nil { // registration has parsed it; a client of the configuration may be wrong
		http.Error(w, "the client's redirect_uri is no address", http.StatusBadRequest)
		return
	}
	query := u.Query()
	for name, values := range answer {
		query[name] = values
	}
	if a.state != "" {
		query.Set("state", a.state)
	}
	query.Set("iss", at.url)
	u.RawQuery = query.Encode()
	http.Redirect(w, r, u.String(), http.StatusSeeOther)
}

// login is what the page shows.
type login struct {
	Client, User, Problem string
	Form                  url.Values // nil: there is nothing to sign in to
}

func (i *Issuer) page(w http.ResponseWriter, status int, l login) {
	t, err := template.ParseFS(pages, "login.html")
	if err != nil {
		http.Error(w, "the page is broken", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	t.Execute(w, l) //nolint:errcheck // a browser that has gone needs no answer
}

// grant is a code and what it is worth.
type grant struct {
	authorization
	user            User
	at              place
	signedIn, until time.Time
	spent           []string // jti of the tokens it was exchanged for
}

// codes are the codes that were given and are not over yet.
type codes struct {
	mu   sync.Mutex
	list map[string]grant
}

// keep remembers a code; it fails when there are too many.
func (c *codes) keep(code string, g grant, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.list == nil {
		c.list = map[string]grant{}
	}
	for other, g := range c.list {
		if !now.Before(g.until) {
			delete(c.list, other)
		}
	}
	if len(c.list) >= maxCodes {
		return fmt.Errorf("%d people are just signing in", maxCodes)
	}
	c.list[code] = g
	return nil
}

// take returns what a code is worth and whether it was taken before. The code
// stays known until its time is over, so that a second use is seen.
func (c *codes) take(code string, now time.Time) (g grant, known, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, known = c.list[code]
	if !known || !now.Before(g.until) {
		return grant{}, false, false
	}
	again = g.spent != nil
	if !again {
		next := g
		next.spent = []string{}
		c.list[code] = next
	}
	return g, true, again
}

// spend notes the tokens that a code was exchanged for.
func (c *codes) spend(code string, ids []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g, known := c.list[code]; known {
		g.spent = append(g.spent, ids...)
		c.list[code] = g
	}
}

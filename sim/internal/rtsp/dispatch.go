package rtsp

import (
	"errors"
	"net/url"
	"strings"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/camfleet/camfleet/sim/internal/auth"
)

// public is the value of the Public header: the methods the camera knows.
const public = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER"

// known reports whether a method is one of public.
func known(m base.Method) bool {
	switch m {
	case base.Options, base.Describe, base.Setup, base.Play, base.Pause, base.Teardown, base.GetParameter, base.SetParameter:
		return true
	}
	return false
}

// dispatch answers a request. OPTIONS needs no credentials, the rest does.
func (c *conn) dispatch(r *request) *response {
	if cseq := r.header.get("cseq"); !isCSeq(cseq) {
		c.log.Info("bad request", "error", "no CSeq")
		delete(r.header, "cseq")
		return answer(base.StatusBadRequest)
	}
	if !known(r.method) {
		return answer(base.StatusNotImplemented, "Public", public)
	}
	c.keepAlive(r)
	if r.method == base.Options {
		return c.options(r)
	}
	who, refused := c.authorize(r)
	if refused != nil {
		return refused
	}
	if tags := required(r); tags != "" {
		return answer(base.StatusOptionNotSupported, "Unsupported", tags)
	}
	switch r.method {
	case base.Describe:
		return c.describe(r)
	case base.Setup:
		return c.setup(r, who)
	case base.Play:
		return c.play(r, who)
	case base.Pause:
		return c.pause(r, who)
	case base.Teardown:
		return c.teardown(r, who)
	}
	return c.parameter(r, who)
}

// isCSeq reports whether s is a sequence number. RFC 2326 12.17.
func isCSeq(s string) bool {
	return s != "" && len(s) <= 19 && strings.Trim(s, "0123456789") == ""
}

// keepAlive takes any request but TEARDOWN for a sign of life of a session made
// on this connection, even one without good credentials: ffmpeg's keep-alives
// go on with a nonce that has become stale. Streaming 5.2.2.2.
func (c *conn) keepAlive(r *request) {
	id := r.session()
	if id == "" || r.method == base.Teardown {
		return
	}
	c.srv.mu.Lock()
	x := c.srv.sessions[id]
	c.srv.mu.Unlock()
	if x != nil && x.conn == c {
		x.touch()
	}
}

// authorize says who sent the request, or how to refuse it. Core 5.9 wants
// access class READ_MEDIA for streams.
func (c *conn) authorize(r *request) (auth.Identity, *response) {
	ask := auth.Request{
		RTSP: true, Method: string(r.method), URI: r.uri, Authorization: r.header["authorization"],
		Secure: c.secure, Client: c.client, Peer: c.peer,
	}
	if len(ask.Authorization) == 0 {
		ask.Authorization = c.carried
	}
	who, err := c.srv.config.Auth.Identify(ask)
	var refusal *auth.Refusal
	if err != nil && !errors.As(err, &refusal) {
		c.log.Error("no identity", "error", err)
		return who, answer(base.StatusInternalServerError)
	}
	status := base.StatusUnauthorized
	switch {
	case refusal != nil:
		c.log.Info("refused", "method", r.method, "user", refusal.User, "why", refusal.Reason)
		status = base.StatusCode(refusal.Status)
		if status != base.StatusUnauthorized && refusal.Code == "" {
			return who, answer(status)
		}
	case c.srv.config.Allow(who):
		return who, nil
	case who.Known():
		return who, answer(base.StatusForbidden)
	}
	a := answer(status)
	for _, challenge := range c.srv.config.Auth.Challenges(ask, refusal) {
		a.add("WWW-Authenticate", challenge)
	}
	return who, a
}

// required returns the feature tags a request requires. No extension is offered,
// so each of them is unsupported. RFC 2326 12.32.
func required(r *request) string {
	tags := append(append([]string(nil), r.header["require"]...), r.header["proxy-require"]...)
	return strings.Join(tags, ", ")
}

// target is what a URL names: a stream, as the presentation or as its track.
type target struct {
	stream *Stream
	path   string // that it was found by
	base   string // URL of the presentation, without a slash at its end
	track  bool
}

// target finds what the URL of a request names. Slashes at the end and queries
// do not matter; a client that puts the control attribute after a query, as
// some do, is understood.
func (c *conn) target(r *request) (target, bool) {
	if r.url == nil {
		return target{}, false
	}
	escaped := strings.TrimRight(r.url.EscapedPath(), "/")
	if t, ok := c.lookup(r.url, escaped); ok {
		_, query, _ := strings.Cut(strings.TrimRight(r.url.RawQuery, "/"), "/")
		t.track = query == t.stream.config.Control
		return t, true
	}
	at := strings.LastIndexByte(escaped, '/')
	if at < 0 {
		return target{}, false
	}
	t, ok := c.lookup(r.url, strings.TrimRight(escaped[:at], "/"))
	name, err := url.PathUnescape(escaped[at+1:])
	if !ok || err != nil || name != t.stream.config.Control {
		return target{}, false
	}
	t.track = true
	return t, true
}

// lookup finds a presentation by its escaped path.
func (c *conn) lookup(u *url.URL, escaped string) (target, bool) {
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return target{}, false
	}
	if path == "" {
		path = "/"
	}
	s, ok := c.srv.config.Lookup(path)
	if !ok {
		return target{}, false
	}
	scheme, host := u.Scheme, u.Host
	if host == "" { // the client sent a path only
		scheme, host = "rtsp", c.out.LocalAddr().String()
		if c.secure {
			scheme = "rtsps"
		}
	}
	return target{stream: s, path: path, base: scheme + "://" + host + escaped}, true
}

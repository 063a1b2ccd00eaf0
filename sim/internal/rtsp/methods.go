package rtsp

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/camfleet/camfleet/sim/internal/auth"
)

// options answers OPTIONS. RFC 2326 10.1.
func (c *conn) options(r *request) *response {
	if tags := required(r); tags != "" {
		return answer(base.StatusOptionNotSupported, "Unsupported", tags)
	}
	a := answer(base.StatusOK, "Public", public)
	id := r.session()
	if id == "" {
		return a
	}
	c.srv.mu.Lock()
	x := c.srv.sessions[id]
	c.srv.mu.Unlock()
	if x == nil || x.conn != c && !c.samePeer(x.conn.remote) {
		return answer(base.StatusSessionNotFound)
	}
	x.touch()
	a.add("Session", x.header())
	return a
}

// describe answers DESCRIBE. RFC 2326 10.2.
func (c *conn) describe(r *request) *response {
	t, ok := c.target(r)
	if !ok {
		return answer(base.StatusNotFound)
	}
	if !acceptsSDP(r.header["accept"]) {
		return answer(base.StatusNotAcceptable)
	}
	a := answer(base.StatusOK, "Content-Base", t.base+"/", "Content-Type", "application/sdp")
	a.body = t.stream.sdp(c.local)
	return a
}

// acceptsSDP reports whether a client takes an SDP; one that does not say does.
func acceptsSDP(accept []string) bool {
	if len(accept) == 0 {
		return true
	}
	for _, media := range strings.Split(strings.Join(accept, ","), ",") {
		media, _, _ = strings.Cut(media, ";")
		switch strings.ToLower(strings.TrimSpace(media)) {
		case "application/sdp", "application/*", "*/*":
			return true
		}
	}
	return false
}

// pause answers PAUSE. RFC 2326 10.6.
func (c *conn) pause(r *request, who auth.Identity) *response {
	x, refused := c.controlled(r, who)
	if refused != nil {
		return refused
	}
	x.mu.Lock()
	reader := x.reader
	x.reader = nil
	x.mu.Unlock()
	if reader != nil {
		c.srv.retire(x, reader)
	}
	return answer(base.StatusOK, "Session", x.header())
}

// teardown answers TEARDOWN, of the presentation or its only track. RFC 2326
// 10.7.
func (c *conn) teardown(r *request, who auth.Identity) *response {
	x, refused := c.session(r, who)
	if refused != nil {
		return refused
	}
	if t, ok := c.target(r); r.url != nil && (!ok || t.stream != x.stream) {
		return answer(base.StatusNotFound)
	}
	c.srv.end(x, errTeardown)
	return answer(base.StatusOK, "Session", x.id)
}

// parameter answers GET_PARAMETER and SET_PARAMETER, which serve as keep-alive:
// there are no parameters to get or set. RFC 2326 10.8 and 10.9.
func (c *conn) parameter(r *request, who auth.Identity) *response {
	a := answer(base.StatusOK)
	if r.session() != "" {
		x, refused := c.session(r, who)
		if refused != nil {
			return refused
		}
		a.add("Session", x.header())
	}
	if len(bytes.TrimSpace(r.body)) > 0 {
		a.status = base.StatusParameterNotUnderstood
	}
	return a
}

// controlled finds the session that PLAY or PAUSE is for, and checks that the
// URL is that of its stream.
func (c *conn) controlled(r *request, who auth.Identity) (*session, *response) {
	x, refused := c.session(r, who)
	if refused != nil {
		return nil, refused
	}
	if r.url == nil {
		return x, nil
	}
	t, ok := c.target(r)
	switch {
	case !ok:
		return nil, answer(base.StatusNotFound)
	case t.stream != x.stream:
		return nil, answer(base.StatusMethodNotValidInThisState, "Session", x.header(), "Allow", "OPTIONS, TEARDOWN")
	case t.track && c.srv.config.AggregateOnly:
		return nil, answer(base.StatusOnlyAggregateOperationAllowed, "Session", x.header())
	}
	return x, nil
}

// validRange reports whether the stream can play a Range: live video begins
// now, whatever the position in normal play time. RFC 2326 3.6 and 12.29.
func validRange(values []string) bool {
	if len(values) == 0 {
		return true
	}
	ranges, _, _ := strings.Cut(values[0], ";") // a time to start may follow
	unit, spec, ok := strings.Cut(strings.TrimSpace(ranges), "=")
	from, to, both := strings.Cut(spec, "-")
	if !ok || !both || len(values) > 1 || !strings.EqualFold(strings.TrimSpace(unit), "npt") {
		return false
	}
	from, to = strings.TrimSpace(from), strings.TrimSpace(to)
	return (from == "now" || validNPT(from)) && (to == "" || validNPT(to))
}

// validNPT reads seconds, or hours, minutes and seconds. RFC 2326 3.6.
func validNPT(s string) bool {
	parts := strings.Split(s, ":")
	if len(parts) != 1 && len(parts) != 3 || strings.Trim(s, "0123456789.:") != "" {
		return false
	}
	for _, part := range parts {
		if _, err := strconv.ParseFloat(part, 64); err != nil {
			return false
		}
	}
	return true
}

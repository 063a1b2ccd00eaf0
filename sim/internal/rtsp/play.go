package rtsp

import (
	"errors"
	"fmt"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/camfleet/camfleet/sim/internal/auth"
)

// play answers PLAY. The answer waits for the key frame the stream begins with,
// so that RTP-Info and Range can tell its place and time; it is sent right
// before it. RFC 2326 10.5, Streaming 5.2.2.3.
func (c *conn) play(r *request, who auth.Identity) *response {
	x, refused := c.controlled(r, who)
	if refused != nil {
		return refused
	}
	if !validRange(r.header["range"]) {
		return answer(base.StatusInvalidRange, "Session", x.header())
	}
	track := x.trackURL(c, r)
	cseq := r.header.get("cseq")
	begun := make(chan struct{})
	begin := func(first start) {
		defer close(begun)
		a := answer(base.StatusOK, "Session", x.header(), "Range", clockRange(first.wall),
			"RTP-Info", fmt.Sprintf("url=%s;seq=%d;rtptime=%d", track, first.sequence, first.timestamp))
		if err := c.write(a, cseq); err != nil {
			c.log.Debug("no answer", "error", err)
		}
	}
	reader, err := x.begin(begin)
	switch {
	case errors.Is(err, errReaders):
		return answer(base.StatusNotEnoughBandwidth, "Session", x.header())
	case errors.Is(err, errPlaying): // nothing to add to a live stream
		return answer(base.StatusOK, "Session", x.header(), "Range", clockRange(c.srv.config.Wall.Now()))
	case errors.Is(err, errNoTransport):
		return answer(base.StatusMethodNotValidInThisState, "Session", x.header(), "Allow", "OPTIONS, SETUP, TEARDOWN")
	case err != nil:
		c.log.Warn("stream cannot be played", "path", x.path, "error", err)
		return answer(base.StatusServiceUnavailable)
	}
	select {
	case <-begun:
		return &response{status: base.StatusOK, sent: true}
	case <-reader.ended:
	case <-c.out.dead:
		return &response{status: base.StatusServiceUnavailable, sent: true}
	}
	select {
	case <-begun: // and ended at once
		return &response{status: base.StatusOK, sent: true}
	default:
	}
	c.log.Warn("stream did not begin", "path", x.path, "error", reader.why)
	return answer(base.StatusServiceUnavailable)
}

var (
	errPlaying     = errors.New("session plays already")
	errNoTransport = errors.New("session has no transport")
)

// begin makes the session a reader of its stream.
func (x *session) begin(begin func(start)) (*reader, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.ended:
		return nil, errTimeout
	case x.reader != nil:
		return nil, errPlaying
	case x.sink == nil:
		return nil, errNoTransport
	}
	r := newReader(x.sink, begin, x.lost)
	if err := x.stream.join(r); err != nil {
		return nil, err
	}
	x.reader = r
	return r, nil
}

// lost ends the session because its stream has ended. It is called by the
// stream, which must not be called from here.
func (x *session) lost(why error) {
	if !x.srv.enter() {
		return
	}
	go func() {
		defer x.srv.leave()
		x.srv.end(x, why)
	}()
}

// trackURL returns the track's URL in the client's own words.
func (x *session) trackURL(c *conn, r *request) string {
	if t, ok := c.target(r); ok {
		return t.base + "/" + x.stream.config.Control
	}
	return x.stream.config.Control // PLAY *
}

// clockRange returns the Range that begins at an instant and has no end.
// RFC 2326 3.7.
func clockRange(t time.Time) string {
	return "clock=" + t.UTC().Format("20060102T150405.000000") + "Z-"
}

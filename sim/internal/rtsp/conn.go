package rtsp

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/camfleet/camfleet/sim/internal/clock"
)

// conn is one connection of a client. Its requests are read and answered by one
// goroutine; packets are sent by those of the streams.
type conn struct {
	srv    *Server
	out    *outbox
	nc     net.Conn  // requests come and answers go here: out, TLS on it, or framed
	tls    *tls.Conn // nil if not ours
	framed net.Conn  // what a tunnel has above out; nil: nothing
	br     *bufio.Reader
	secure bool
	client *x509.Certificate // that of the client's end of TLS; nil: none
	peer   string
	remote netip.Addr // not valid if the connection is no TCP socket
	local  netip.Addr
	log    *slog.Logger

	tunnel  string   // its name; "": none
	carried []string // credentials of the tunnel

	second   time.Time // when the requests counted in asked began
	asked    int
	watchdog clock.Timer // ends the connection when it goes off

	mu       sync.Mutex
	sessions map[*session]struct{} // made here
	channels map[uint8]*session    // RTCP of interleaved sessions, and their RTP
	reading  bool                  // a request has begun
	over     bool
}

func newConn(s *Server, out *outbox, secure bool) *conn {
	c := &conn{
		srv: s, out: out, nc: out, secure: secure, br: bufio.NewReaderSize(out, 4096),
		remote: addrOf(out.RemoteAddr()), local: addrOf(out.LocalAddr()),
		sessions: map[*session]struct{}{}, channels: map[uint8]*session{},
	}
	if a := out.RemoteAddr(); a != nil {
		c.peer = a.String()
	}
	c.log = s.log.With("peer", c.peer, "secure", secure)
	return c
}

// addrOf returns the IP address of a TCP address, else the zero one.
func addrOf(a net.Addr) netip.Addr {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// run reads and answers until the connection ends, then ends its sessions.
func (c *conn) run() {
	c.watchdog = c.srv.config.Clock.AfterFunc(c.srv.limits.IdleTimeout, func() { c.out.Close() }) //nolint:errcheck // it is given up
	defer c.watchdog.Stop()
	for {
		err := c.next()
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
				c.log.Debug("connection ends", "error", err)
			}
			break
		}
	}
	for _, s := range c.finish() {
		c.srv.end(s, errConnection)
	}
}

// errDone ends a connection after its last answer.
var errDone = errors.New("the last answer is given")

// next handles the next request or interleaved frame.
func (c *conn) next() error {
	first, err := c.br.Peek(1)
	if err != nil {
		return err
	}
	c.begin()
	switch {
	case first[0] == '$':
		err = c.frame()
	case first[0] == '\r' || first[0] == '\n': // before a request, RFC 2326 4
		_, err = c.br.Discard(1)
	default:
		err = c.request()
	}
	c.idle()
	return err
}

// begin starts the time a request may take.
func (c *conn) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading = true
	c.watchdog.Reset(c.srv.limits.RequestTimeout)
}

// idle starts the time between requests: none for connections with a session,
// which has a time-out of its own.
func (c *conn) idle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading = false
	c.rewatch()
}

func (c *conn) rewatch() {
	switch {
	case c.reading || c.over:
	case len(c.sessions) > 0:
		c.watchdog.Stop()
	default:
		c.watchdog.Reset(c.srv.limits.IdleTimeout)
	}
}

// request reads and answers one request.
func (c *conn) request() error {
	r, err := readRequest(c.br, c.srv.limits)
	c.srv.requests.Add(1)
	var bad *badRequest
	switch {
	case errors.Is(err, errResponse):
		return nil
	case errors.As(err, &bad):
		c.log.Info("bad request", "error", bad)
		return c.reply(&response{status: bad.status, ends: bad.ends}, bad.cseq)
	case err != nil:
		return err
	}
	c.mu.Lock()
	c.watchdog.Stop() // it has come; answering takes as long as it takes
	c.mu.Unlock()
	if err := c.throttle(); err != nil {
		return err
	}
	return c.reply(c.dispatch(r), r.header.get("cseq"))
}

// throttle lets a client that asks too often wait.
func (c *conn) throttle() error {
	now := c.srv.config.Clock.Now()
	if d := now.Sub(c.second); d >= time.Second || d < 0 {
		c.second, c.asked = now, 0
	}
	c.asked++
	if c.asked <= c.srv.limits.RequestsASec {
		return nil
	}
	t := c.srv.config.Clock.NewTimer(c.second.Add(time.Second).Sub(now))
	defer t.Stop()
	select {
	case <-t.C():
		return nil
	case <-c.out.dead:
		return net.ErrClosed
	}
}

// reply writes an answer unless that was done already.
func (c *conn) reply(r *response, cseq string) error {
	if !r.sent {
		if err := c.write(r, cseq); err != nil {
			return err
		}
	}
	if !r.ends {
		return nil
	}
	c.linger()
	return errDone
}

// write writes an answer.
func (c *conn) write(r *response, cseq string) error {
	date := c.srv.config.Wall.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
	_, err := c.nc.Write(r.bytes(cseq, c.srv.config.Software, date))
	return err
}

// refuse answers a connection that is not served.
func (c *conn) refuse(status base.StatusCode) {
	if err := c.reply(&response{status: status, ends: true}, ""); !errors.Is(err, errDone) {
		c.log.Debug("no answer", "error", err)
	}
}

// How long and how much a connection is read after its last answer, so that
// what is still on its way does not make the system throw the answer away.
const (
	lingerTime  = time.Second
	lingerBytes = 256 << 10
)

// linger lets the last answer reach the client: it ends the sending direction
// and reads on for a moment or, where that cannot be, waits for the queue.
func (c *conn) linger() {
	half, ok := c.nc.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		c.bye()
		<-c.out.dead
		return
	}
	watch := c.srv.config.Clock.AfterFunc(lingerTime, func() { c.out.Close() }) //nolint:errcheck // it is given up
	defer watch.Stop()
	io.CopyN(io.Discard, c.br, lingerBytes) //nolint:errcheck // whatever comes
}

// frame reads one interleaved frame: RTCP of a session, or something no one
// asked for.
func (c *conn) frame() error {
	head := make([]byte, frameHeader)
	if _, err := io.ReadFull(c.br, head); err != nil {
		return err
	}
	n := int(binary.BigEndian.Uint16(head[2:]))
	if n > c.srv.limits.FrameBytes {
		return errors.New("interleaved frame too large")
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(c.br, b); err != nil {
		return err
	}
	c.mu.Lock()
	s := c.channels[head[1]]
	c.mu.Unlock()
	if s != nil && s.isRTCP(head[1]) {
		s.feedback(b)
	}
	return nil
}

// send sends interleaved frames, which nobody changes any more, without
// blocking. Over TLS they leave in one write all the same.
func (c *conn) send(b []byte) error {
	if c.framed != nil {
		_, err := c.framed.Write(b)
		return err
	}
	if c.tls == nil {
		return c.out.send(b)
	}
	c.out.hold()
	_, err := c.tls.Write(b)
	c.out.release()
	return err
}

// finish says that no more requests are read, and returns the sessions that end
// with the connection: the interleaved. The others go on until their time-out.
// RFC 2326 1.1.
func (c *conn) finish() []*session {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	var list []*session
	for s := range c.sessions {
		if s.carrier() == c {
			list = append(list, s)
		}
	}
	return list
}

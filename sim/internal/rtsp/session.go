package rtsp

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/streams/pack"
	"github.com/pion/rtcp"
)

// Why a session ended.
var (
	errTeardown     = errors.New("torn down")
	errTimeout      = errors.New("session timed out")
	errTokenExpired = errors.New("the identity has expired")
	errConnection   = errors.New("connection ended")
	errServerClosed = errors.New("camera stops")
)

// session is what SETUP makes. It has a transport; it plays while it has a
// reader. RFC 2326 A.2.
type session struct {
	srv    *Server
	id     string
	number uint64
	stream *Stream
	path   string
	conn   *conn // it was made on
	made   time.Time

	mu       sync.Mutex
	ended    bool
	identity auth.Identity
	channels [2]uint8 // of an interleaved transport
	sink     sink     // *tcpSink or *udpSink
	reader   *reader  // nil unless playing
	timeout  clock.Timer
	token    clock.Timer // nil if the identity does not expire
	reports  uint64
	last     rtcp.ReceptionReport
}

// sessionIDBytes is how many random bytes make a session id, which is as good as
// a key: RFC 2326 16 wants it hard to guess.
const sessionIDBytes = 8

// newSession makes a session with its transport already chosen. The error is
// an answer: the camera has as many sessions as it may.
func (c *conn) newSession(t target, who auth.Identity) (*session, *response) {
	id := make([]byte, sessionIDBytes)
	if _, err := io.ReadFull(c.srv.config.Random, id); err != nil {
		c.log.Error("no session id", "error", err)
		return nil, answer(base.StatusInternalServerError)
	}
	x := &session{
		srv: c.srv, id: hex.EncodeToString(id), stream: t.stream, path: t.path, conn: c,
		made: c.srv.config.Wall.Now(),
	}
	s := c.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.sessions) >= s.limits.Sessions {
		return nil, answer(base.StatusNotEnoughBandwidth)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sessions) >= s.limits.SessionsAConn {
		return nil, answer(base.StatusNotEnoughBandwidth)
	}
	s.made++
	x.number = s.made
	x.timeout = s.config.Clock.AfterFunc(s.sessionLife(), x.ender(errTimeout))
	x.identify(who)
	s.sessions[x.id] = x
	c.sessions[x] = struct{}{}
	return x, nil
}

// sessionLife is how long a session lives without a sign of its client.
func (s *Server) sessionLife() time.Duration {
	return s.limits.SessionTimeout + s.limits.SessionGrace
}

// ender returns a function, for timers, that ends the session.
func (x *session) ender(why error) func() {
	return func() {
		if x.srv.enter() {
			defer x.srv.leave()
			x.srv.end(x, why)
		}
	}
}

// header returns the value of the Session header.
func (x *session) header() string {
	return fmt.Sprintf("%s;timeout=%d", x.id, x.srv.limits.SessionTimeout/time.Second)
}

// touch notes a sign of life of the client.
func (x *session) touch() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.ended {
		x.timeout.Reset(x.srv.sessionLife())
	}
}

// identify sets whose session it is, and until when it may last.
func (x *session) identify(who auth.Identity) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended {
		return
	}
	if x.token != nil {
		x.token.Stop()
		x.token = nil
	}
	x.identity = who
	if !who.Expires.IsZero() {
		left := who.Expires.Sub(x.srv.config.Wall.Now()) + x.srv.limits.TokenGrace
		x.token = x.srv.config.Clock.AfterFunc(left, x.ender(errTokenExpired))
	}
}

// user returns the name of the account the session belongs to.
func (x *session) user() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.identity.User
}

// carrier returns the connection that carries the media, nil if none does.
func (x *session) carrier() *conn {
	x.mu.Lock()
	defer x.mu.Unlock()
	if k, ok := x.sink.(*tcpSink); ok {
		return k.conn
	}
	return nil
}

// isRTCP reports whether a channel is that of the session's RTCP.
func (x *session) isRTCP(channel uint8) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	_, tcp := x.sink.(*tcpSink)
	return tcp && x.channels[1] == channel
}

// end ends a session: the stream lets go of it with a BYE, ports and channels
// become free. Unless the client asked for it, the connection that carried its
// media ends too, which is the only way to tell.
func (s *Server) end(x *session, why error) {
	s.mu.Lock()
	known := s.sessions[x.id] == x
	if known {
		delete(s.sessions, x.id)
	}
	s.mu.Unlock()
	if !known {
		return
	}
	carrier := x.carrier()
	x.mu.Lock()
	x.ended = true
	x.timeout.Stop()
	if x.token != nil {
		x.token.Stop()
	}
	r := x.reader
	x.reader = nil
	x.mu.Unlock()
	if r != nil {
		s.retire(x, r)
	}
	x.detach()
	x.conn.forget(x)
	x.conn.log.Info("session ended", "session", x.number, "path", x.path, "why", why)
	if carrier != nil && !errors.Is(why, errTeardown) {
		carrier.bye()
	}
}

// detach gives the session's transport back, if it has one.
func (x *session) detach() {
	x.mu.Lock()
	k := x.sink
	x.sink = nil
	x.mu.Unlock()
	if k != nil {
		k.detach(x)
	}
}

// forget takes a session off the list of those made on the connection.
func (c *conn) forget(x *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.sessions, x)
	c.rewatch()
}

// feedback takes an RTCP packet of the client.
func (x *session) feedback(b []byte) {
	f, ok := readFeedback(b, x.stream.ssrc)
	if !ok {
		return
	}
	if f.alive {
		x.touch()
	}
	x.mu.Lock()
	if f.report != nil {
		x.reports++
		x.last = *f.report
	}
	playing := x.reader != nil
	x.mu.Unlock()
	if f.keyFrame && playing {
		x.stream.RequestKeyFrame()
	}
}

// stats returns what the session does.
func (x *session) stats() SessionStats {
	x.mu.Lock()
	defer x.mu.Unlock()
	st := SessionStats{
		Number: x.number, Peer: x.conn.peer, User: x.identity.User, Path: x.path,
		Secure: x.conn.secure, Made: x.made, Playing: x.reader != nil, Transport: "TCP",
		Reports: x.reports, FractionLost: float64(x.last.FractionLost) / 256, TotalLost: x.last.TotalLost,
		Jitter: time.Duration(x.last.Jitter) * time.Second / pack.ClockRate,
	}
	switch k := x.sink.(type) {
	case *udpSink:
		st.Transport = "UDP"
	case *tcpSink:
		if k.conn.tunnel != "" {
			st.Transport = k.conn.tunnel
		}
	}
	if r := x.reader; r != nil {
		st.Packets, st.Octets = r.packets.Load(), r.octets.Load()
		st.DroppedUnits, st.DroppedPackets = r.droppedUnits.Load(), r.droppedPackets.Load()
	}
	return st
}

// session finds the session a request belongs to. One made on another
// connection must be of the same client and user. The error is an answer.
func (c *conn) session(r *request, who auth.Identity) (*session, *response) {
	c.srv.mu.Lock()
	x := c.srv.sessions[r.session()]
	c.srv.mu.Unlock()
	if x == nil || x.user() != who.User || x.conn != c && !c.samePeer(x.conn.remote) {
		return nil, answer(base.StatusSessionNotFound)
	}
	x.touch()
	x.identify(who)
	return x, nil
}

func (c *conn) samePeer(a netip.Addr) bool { return c.remote.IsValid() && c.remote == a }

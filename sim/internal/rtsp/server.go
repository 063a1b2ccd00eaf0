// Package rtsp serves the video streams of one camera over RTSP and RTSPS.
//
// A [Server] is one camera's; it takes connections from any number of
// listeners ([Server.Serve], which does TLS itself) and tunnels
// ([Server.ServeTunnel]). A [Stream] codes pictures while it has readers and
// hands each access unit to all of them: one buffer, one write a reader.
//
// Sources: RFC 2326 (RTSP), RFC 3550 (RTP, RTCP), RFC 6184 (H.264), RFC 4585
// (PLI), RFC 5104 (FIR), ONVIF Streaming 5 and 6.
package rtsp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
)

// Authenticator says who sent a request. [auth.Authenticator] is one.
type Authenticator interface {
	// Identify gives the zero Identity for a request without credentials; its
	// error is a *auth.Refusal for wrong ones.
	Identify(auth.Request) (auth.Identity, error)
	// Challenges gives the WWW-Authenticate values of a 401, in order.
	Challenges(auth.Request, *auth.Refusal) []string
}

// Config is what a [Server] is made of. Clock, Random, Lookup, Auth and Allow
// must be given.
type Config struct {
	Clock  clock.Clock // for time-outs
	Wall   clock.Clock // the camera's own, for Date and Range; nil: Clock
	Random io.Reader   // for session ids; must not fail
	// Lookup finds a stream by the path of its URL, such as /main.
	Lookup func(path string) (*Stream, bool)
	Auth   Authenticator
	// Allow reports whether the access policy lets an identity, also the zero
	// one, have media (class READ_MEDIA).
	Allow func(auth.Identity) bool
	// TLS is for secure listeners. GetConfigForClient may change it at any time.
	// DynamicRecordSizingDisabled saves a third of the cost of a reader.
	TLS *tls.Config
	// ListenUDP opens sockets for RTP over UDP; nil: net.ListenUDP.
	ListenUDP ListenUDP
	// PlainUDP lets clients of RTSPS have their media over UDP, unencrypted.
	PlainUDP bool
	// AggregateOnly answers PLAY and PAUSE on a track's URL with 460. Streaming
	// 5.2.2.1 leaves it to the device, which tells in NonAggregateControl.
	AggregateOnly bool
	Software      string // Server header; "": camfleet
	Limits        Limits
	Log           *slog.Logger // nil: silent
}

// Server is the RTSP side of one camera. Its methods may be called by many
// goroutines.
type Server struct {
	config   Config
	limits   Limits
	log      *slog.Logger
	pool     *sync.Pool
	requests atomic.Uint64

	noOffload bool // send datagrams one by one even where the kernel could cut them

	mu       sync.Mutex
	closed   bool
	conns    map[*conn]struct{}
	serving  map[net.Listener]struct{}
	sessions map[string]*session
	pairs    map[netip.Addr]*portPair
	made     uint64 // sessions so far
	past     Sent   // by readers that have ended
	wg       sync.WaitGroup
}

// ErrClosed says that the server was closed.
var ErrClosed = errors.New("rtsp server is closed")

// New returns a server without listeners.
func New(c Config) (*Server, error) {
	if c.Clock == nil || c.Random == nil || c.Lookup == nil || c.Auth == nil || c.Allow == nil {
		return nil, errors.New("rtsp server needs a clock, randomness, streams, an authenticator and an access policy")
	}
	if c.Wall == nil {
		c.Wall = c.Clock
	}
	if c.ListenUDP == nil {
		c.ListenUDP = net.ListenUDP
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	text(&c.Software, "camfleet")
	return &Server{
		config: c, limits: c.Limits.orDefault(), log: c.Log, pool: newPool(),
		conns:    map[*conn]struct{}{},
		serving:  map[net.Listener]struct{}{},
		sessions: map[string]*session{},
		pairs:    map[netip.Addr]*portPair{},
	}, nil
}

// Close ends all sessions, with a BYE, all connections and listeners, and waits
// for everything the server started.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	for l := range s.serving {
		l.Close() //nolint:errcheck // its Serve returns
	}
	sessions := make([]*session, 0, len(s.sessions))
	for _, x := range s.sessions {
		sessions = append(sessions, x)
	}
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, x := range sessions {
		s.end(x, errServerClosed)
	}
	for _, c := range conns {
		c.out.Close() //nolint:errcheck // nothing to say to the client
	}
	s.wg.Wait()
}

// enter keeps Close waiting until the matching leave; false if it is too late.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.wg.Add(1)
	return true
}

func (s *Server) leave() { s.wg.Done() }

// acquirePair returns the port pair of a local address, opened if need be.
func (s *Server) acquirePair(local netip.Addr) (*portPair, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	p := s.pairs[local]
	if p == nil {
		var err error
		if p, err = openPortPair(local, s.config.ListenUDP, s.log); err != nil {
			return nil, err
		}
		if s.noOffload {
			p.offload.Store(false)
		}
		s.pairs[local] = p
	}
	p.users++
	return p, nil
}

// releasePair gives a pair back; the last user closes it.
func (s *Server) releasePair(p *portPair) {
	s.mu.Lock()
	p.users--
	last := p.users == 0
	if last {
		delete(s.pairs, p.local)
	}
	s.mu.Unlock()
	if last {
		p.close()
	}
}

// Serve takes connections from a listener until the listener is closed, ctx
// ends or the server is closed; it returns nil then. Connections end with ctx
// or the server, not with the listener. On a secure one they begin with TLS.
func (s *Server) Serve(ctx context.Context, l net.Listener, secure bool) error {
	if secure && s.config.TLS == nil {
		return errors.New("rtsp server has no TLS configuration")
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.serving[l] = struct{}{}
	s.wg.Add(1)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.serving, l)
		s.mu.Unlock()
		s.wg.Done()
	}()
	defer context.AfterFunc(ctx, func() { l.Close() })() //nolint:errcheck // Accept returns
	return s.accept(ctx, l, secure)
}

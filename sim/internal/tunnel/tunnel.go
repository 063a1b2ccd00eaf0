// Package tunnel finds RTSP among the requests of a camera's web server and
// makes connections of it: RTSP over HTTP, which is one GET and one POST
// (Streaming 5.1.1.5, "Tunnelling RTSP and RTP over HTTP" of Apple), and RTSP
// over WebSocket (Streaming 5.1.1.6 and 7, RFC 6455). The numbers are those of
// the Streaming Specification 26.06.
//
// A tunnel is never authenticated as HTTP (Core 5.9.1): the requests within are.
// What credentials its HTTP request carries go along with it.
package tunnel

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
)

// WebSocketPath is where a camera takes RTSP over WebSocket.
const WebSocketPath = "/rtsp-over-websocket"

// WebSocketProtocol is the subprotocol of RTSP over WebSocket, which clients
// must ask for (Streaming 7.3.1.1).
const WebSocketProtocol = "rtsp.onvif.org"

// Limits bounds what tunnels may cost a camera. A zero field means the default.
type Limits struct {
	Pending      int           // GET or POST that wait for each other; more: 503; 16
	JoinTimeout  time.Duration // for which they wait; 10 s
	CookieBytes  int           // of x-sessioncookie; more: 400; 128
	MessageBytes int           // of a client's WebSocket message; more: close code 1009; 65536
}

// DefaultLimits returns the limits of a [Config] that names none.
func DefaultLimits() Limits {
	return Limits{Pending: 16, JoinTimeout: 10 * time.Second, CookieBytes: 128, MessageBytes: 64 << 10}
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ given, byDefault *int }{
		{&l.Pending, &d.Pending}, {&l.CookieBytes, &d.CookieBytes}, {&l.MessageBytes, &d.MessageBytes},
	} {
		if *f.given == 0 {
			*f.given = *f.byDefault
		}
	}
	if l.JoinTimeout == 0 {
		l.JoinTimeout = d.JoinTimeout
	}
	return l
}

// Config is what a [Broker] is made of. Clock and Serve must be given.
type Config struct {
	Clock clock.Clock // for time-outs
	// HTTP and WebSocket say which tunnels there are.
	HTTP, WebSocket bool
	// Origins are the hosts whose pages may open a WebSocket besides the
	// camera's own, with * as a wildcard (path.Match); RFC 6455 10.2.
	Origins []string
	// Serve serves a connection that has been made, until it ends.
	Serve  func(context.Context, Carrier)
	Limits Limits
	Log    *slog.Logger // nil: silent
}

// Carrier is one connection for RTSP, as rtsp.Tunnel is.
type Carrier struct {
	Conn          net.Conn
	Over          func(net.Conn) net.Conn // nil: Conn as it is
	Name          string                  // "HTTP" or "WebSocket"
	Secure        bool
	Client        *x509.Certificate // of the client's end of TLS; nil: none
	Authorization []string          // bearer tokens of the HTTP request
}

// Broker takes the requests of tunnels. Its methods may be called by many
// goroutines.
type Broker struct {
	config Config
	limits Limits
	log    *slog.Logger
	pool   *sync.Pool // of *[]byte, in which messages are framed

	mu      sync.Mutex
	closed  bool
	tunnels map[key]*pair
	wg      sync.WaitGroup
}

// New returns a broker without tunnels.
func New(c Config) *Broker {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Broker{
		config: c, limits: c.Limits.orDefault(), log: c.Log, tunnels: map[key]*pair{},
		pool: &sync.Pool{New: func() any { return new([]byte) }},
	}
}

// Close ends the tunnels over HTTP, and waits for all: WebSockets end with their
// RTSP server, or with the context they were handled with.
func (b *Broker) Close() {
	b.mu.Lock()
	b.closed = true
	for _, p := range b.tunnels {
		p.end(net.ErrClosed)
	}
	b.mu.Unlock()
	b.wg.Wait()
}

// enter keeps Close waiting until the matching b.wg.Done; false if it is too late.
func (b *Broker) enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.wg.Add(1)
	return true
}

// Handle takes a request that is one of a tunnel, with all that follows on its
// connection, and returns when that is over; false: it is none, and nothing was
// done. The tunnel ends with ctx.
func (b *Broker) Handle(ctx context.Context, w http.ResponseWriter, r *http.Request) bool {
	websocket := b.config.WebSocket && r.URL.Path == WebSocketPath
	cookies := r.Header.Values("X-Sessioncookie")
	if !websocket && (!b.config.HTTP || len(cookies) == 0) {
		return false
	}
	if !b.enter() {
		refuse(w, http.StatusServiceUnavailable, "the camera goes down")
		return true
	}
	defer b.wg.Done()
	switch {
	case websocket:
		b.webSocket(ctx, w, r)
	case len(cookies) > 1 || cookies[0] == "" || len(cookies[0]) > b.limits.CookieBytes:
		refuse(w, http.StatusBadRequest, "that is no x-sessioncookie")
	case r.Method == http.MethodGet:
		b.get(ctx, w, r)
	case r.Method == http.MethodPost:
		b.post(ctx, w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		refuse(w, http.StatusMethodNotAllowed, "a tunnel is a GET and a POST")
	}
	return true
}

// refuse answers with a line of text and ends the connection, whose POST is not
// read any further.
func refuse(w http.ResponseWriter, status int, text string) {
	http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0)) //nolint:errcheck // of no use to a connection that is gone
	w.Header().Set("Connection", "close")
	http.Error(w, text, status)
}

// facts are what the two requests of a tunnel must have in common.
func facts(r *http.Request) (secure bool, client *x509.Certificate, peer netip.Addr) {
	if a, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		peer = a.Addr().Unmap()
	}
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		client = r.TLS.PeerCertificates[0]
	}
	return r.TLS != nil, client, peer
}

// tokens are the bearer tokens of a request. Other credentials are answers to a
// challenge of HTTP, which a tunnel has none of.
func tokens(r *http.Request) []string {
	var list []string
	for _, a := range r.Header.Values("Authorization") {
		if scheme, _, _ := strings.Cut(strings.TrimSpace(a), " "); strings.EqualFold(scheme, "Bearer") {
			list = append(list, a)
		}
	}
	return list
}

// hijack takes the connection from the web server. What was read of it already
// comes first.
func hijack(w http.ResponseWriter) (net.Conn, error) {
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	if n := rw.Reader.Buffered(); n > 0 {
		early := make([]byte, n)
		if _, err := io.ReadFull(rw.Reader, early); err != nil {
			return nil, errors.Join(err, nc.Close())
		}
		return &begun{Conn: nc, early: early}, nil
	}
	return nc, nil
}

// begun is a connection of which some bytes have been read.
type begun struct {
	net.Conn
	early []byte
}

func (c *begun) Read(b []byte) (int, error) {
	if len(c.early) == 0 {
		return c.Conn.Read(b)
	}
	n := copy(b, c.early)
	c.early = c.early[n:]
	return n, nil
}

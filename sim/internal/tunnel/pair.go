package tunnel

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"

	"github.com/camfleet/camfleet/sim/internal/clock"
)

// key is what joins a GET and a POST: a cookie of the client's choice, which is
// worth nothing on another address or without TLS.
type key struct {
	cookie string
	peer   netip.Addr
	secure bool
}

var (
	errPending = errors.New("as many halves of tunnels wait as the camera lets")
	errTaken   = errors.New("a tunnel with that cookie has its GET already")
	errClient  = errors.New("the two halves of the tunnel have different client certificates")
	errAlone   = errors.New("the other half of the tunnel did not come")
	errOver    = errors.New("the tunnel is over")
)

// pair is a tunnel over HTTP, whole or half. What POST requests bring, one after
// the other, goes through a pipe; answers and media leave on the connection of
// the GET.
type pair struct {
	key    key
	client *x509.Certificate
	reader *io.PipeReader
	writer *io.PipeWriter
	alone  clock.Timer // ends a half
	whole  chan struct{}

	feeding sync.Mutex // held by the POST whose bytes go on

	mu    sync.Mutex
	get   net.Conn
	post  net.Conn // the latest
	token []string // of the GET, else of the first POST
	ended bool
	over  chan struct{} // closed when ended
}

// half finds the tunnel that a request belongs to, or begins it, and adds the
// request's connection to it. isGet tells which half that is.
func (b *Broker) half(r *http.Request, nc net.Conn, isGet bool) (*pair, error) {
	secure, client, peer := facts(r)
	k := key{r.Header.Get("X-Sessioncookie"), peer, secure}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, net.ErrClosed
	}
	p := b.tunnels[k]
	if p == nil {
		if b.pending() >= b.limits.Pending {
			return nil, errPending
		}
		p = &pair{key: k, client: client, whole: make(chan struct{}), over: make(chan struct{})}
		p.reader, p.writer = io.Pipe()
		p.alone = b.config.Clock.AfterFunc(b.limits.JoinTimeout, func() { p.end(errAlone) })
		b.tunnels[k] = p
	}
	if !sameCertificate(p.client, client) {
		return nil, errClient
	}
	return p, p.add(nc, isGet, tokens(r))
}

// check says beforehand whether half would refuse a request, while there can
// still be an answer.
func (b *Broker) check(r *http.Request, isGet bool) error {
	secure, client, peer := facts(r)
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.tunnels[key{r.Header.Get("X-Sessioncookie"), peer, secure}]
	switch {
	case p == nil && b.pending() >= b.limits.Pending:
		return errPending
	case p != nil && !sameCertificate(p.client, client):
		return errClient
	case p != nil && isGet && p.hasGet():
		return errTaken
	}
	return nil
}

// pending counts the halves; the mutex is held.
func (b *Broker) pending() (n int) {
	for _, p := range b.tunnels {
		select {
		case <-p.whole:
		default:
			n++
		}
	}
	return n
}

func sameCertificate(a, b *x509.Certificate) bool {
	if a == nil || b == nil {
		return a == b
	}
	return bytes.Equal(a.Raw, b.Raw)
}

func (p *pair) hasGet() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.get != nil
}

// add adds a half. A POST takes the place of the one before.
func (p *pair) add(nc net.Conn, isGet bool, token []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ended:
		return errOver
	case isGet && p.get != nil:
		return errTaken
	}
	wasWhole := p.get != nil && p.post != nil
	if isGet {
		p.get = nc
	} else {
		if p.post != nil {
			p.post.Close() //nolint:errcheck // it is given up
		}
		p.post = nc
	}
	if len(token) > 0 && (isGet || len(p.token) == 0) {
		p.token = token
	}
	if !wasWhole && p.get != nil && p.post != nil {
		p.alone.Stop()
		close(p.whole)
	}
	return nil
}

// end ends both halves.
func (p *pair) end(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.ended = true
	p.alone.Stop()
	p.writer.CloseWithError(why)
	for _, nc := range []net.Conn{p.get, p.post} {
		if nc != nil {
			nc.Close() //nolint:errcheck // it is over
		}
	}
	close(p.over)
}

// forget ends a tunnel that nobody is to find any more.
func (b *Broker) forget(p *pair, why error) {
	b.mu.Lock()
	if b.tunnels[p.key] == p {
		delete(b.tunnels, p.key)
	}
	b.mu.Unlock()
	p.end(why)
	p.reader.CloseWithError(why)
}

// carried is what the tunnel is authenticated by.
func (p *pair) carried() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.token
}

// link is the connection a tunnel makes: reads come from the POSTs, writes go
// to the GET.
type link struct {
	net.Conn // the GET
	pair     *pair
}

func (l *link) Read(b []byte) (int, error) { return l.pair.reader.Read(b) }

// Close ends the tunnel.
func (l *link) Close() error {
	l.pair.end(net.ErrClosed)
	l.pair.reader.CloseWithError(net.ErrClosed)
	return nil
}

// SyscallConn gives the socket of a GET without TLS, so that media can be
// written without blocking.
func (l *link) SyscallConn() (syscall.RawConn, error) {
	if s, ok := l.Conn.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// watch reads what comes on the GET, which is of no use, to see its end.
func (p *pair) watch(ctx context.Context, get net.Conn) {
	stop := context.AfterFunc(ctx, func() { p.end(context.Cause(ctx)) })
	defer stop()
	io.Copy(io.Discard, get) //nolint:errcheck // its end is all there is to know
	p.end(io.EOF)
}

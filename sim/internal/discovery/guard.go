package discovery

import (
	"net/netip"
	"time"
)

// guard decides whether a question is answered. It is not safe for concurrent use.
type guard struct {
	limits Limits
	seen   map[question]time.Time
	order  []seenAt // oldest first, from head on
	head   int
	peers  map[netip.Addr]*bucket
}

// question identifies a message of an asker. Two askers may use one identifier.
type question struct {
	peer netip.Addr
	id   string
}

type seenAt struct {
	question
	at time.Time
}

func newGuard(l Limits) *guard {
	return &guard{limits: l, seen: map[question]time.Time{}, peers: map[netip.Addr]*bucket{}}
}

// repeated reports whether the peer has sent that message within the window, and
// remembers it.
func (g *guard) repeated(peer netip.Addr, id string, now time.Time) bool {
	g.forget(now)
	q := question{peer, id}
	if _, ok := g.seen[q]; ok {
		return true
	}
	if len(g.seen) >= g.limits.Remembered {
		g.drop()
	}
	g.seen[q] = now
	g.order = append(g.order, seenAt{q, now})
	return false
}

// forget drops what is older than the window.
func (g *guard) forget(now time.Time) {
	for g.head < len(g.order) && now.Sub(g.order[g.head].at) > g.limits.Window {
		g.drop()
	}
	if g.head > len(g.order)/2 {
		g.order = append([]seenAt(nil), g.order[g.head:]...)
		g.head = 0
	}
}

func (g *guard) drop() {
	delete(g.seen, g.order[g.head].question)
	g.order[g.head] = seenAt{}
	g.head++
}

// allows reports whether the peer may be answered once more now.
func (g *guard) allows(peer netip.Addr, now time.Time) bool {
	b, ok := g.peers[peer]
	if !ok {
		if len(g.peers) >= g.limits.Peers && !g.evict(now) {
			return false
		}
		b = &bucket{}
		g.peers[peer] = b
	}
	_, ok = b.take(now, g.limits.PeerRate, g.limits.PeerBurst)
	return ok
}

// evict forgets the askers that have been quiet for long enough to start anew;
// false if there are none.
func (g *guard) evict(now time.Time) bool {
	before := len(g.peers)
	for peer, b := range g.peers {
		if b.fill(now, g.limits.PeerRate, g.limits.PeerBurst); b.tokens >= float64(g.limits.PeerBurst) {
			delete(g.peers, peer)
		}
	}
	return len(g.peers) < before
}

package auth

import (
	"container/list"
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"
)

// Backoff slows down who tries passwords. After so many wrong ones in a row an
// account, or an address, is closed for a while, each further wrong password
// doubling the time; what comes meanwhile is refused like a wrong password,
// right or not, and does not count. Names that are no users are closed as well,
// so that nobody can tell them from users. The zero Backoff closes nothing.
type Backoff struct {
	// Account is how many wrong passwords close an account, Address how many from
	// one address (of IPv6: its /64) close that; 0: never.
	Account, Address int
	// First is for how long at first, Longest for how long at most. A name that
	// has seen no wrong password for twice Longest is as good as new.
	First, Longest time.Duration
}

// Failure is one wrong password.
type Failure struct {
	// User is the name that was tried; Known says whether it is that of a user.
	User  string
	Known bool
	Peer  string // the client's address
	How   Method
	At    time.Time // by the camera's clock
	// AccountClosed and AddressClosed say that this one closed the account, or
	// the address, until then; zero: it did not.
	AccountClosed, AddressClosed time.Time
}

// tooMany is the reason of refusals while an account or an address is closed.
const tooMany = "too many wrong passwords; closed for a while"

// suspects are the names and the addresses that wrong passwords came with.
type suspects struct{ users, addresses suspectTable }

// suspectTable counts wrong passwords. When it is full, who has been quiet
// longest is forgotten.
type suspectTable struct {
	most int

	mu    sync.Mutex
	known map[[16]byte]*list.Element // of suspect; nil until the first
	order list.List                  // the last to fail at the end
}

// suspect is one name or address.
type suspect struct {
	key         [16]byte
	failures    int
	last, until time.Time
}

// tried counts a password that was right or wrong and returns the reason to
// refuse it, "" if there is none.
func (a *Authenticator) tried(s *Settings, r Request, how Method, user string, right bool) string {
	now, address := a.config.Clock.Now(), addressOf(r.Peer)
	b := s.Backoff
	if b.Account > 0 && a.suspects.users.closed(user, now, b) || b.Address > 0 && a.suspects.addresses.closed(address, now, b) {
		return tooMany
	}
	if right {
		if b.Account > 0 {
			a.suspects.users.clear(user)
		}
		return ""
	}
	_, known := a.account(user)
	f := Failure{User: user, Known: known, Peer: address, How: how, At: now}
	if b.Account > 0 {
		f.AccountClosed = a.suspects.users.failed(user, b.Account, now, b)
	}
	if b.Address > 0 {
		f.AddressClosed = a.suspects.addresses.failed(address, b.Address, now, b)
	}
	if a.config.Failed != nil {
		a.config.Failed(f)
	}
	return wrongPassword
}

// addressOf is a client's address without its port.
func addressOf(peer string) string {
	p, err := netip.ParseAddrPort(peer)
	if err != nil {
		return peer
	}
	if address := p.Addr().Unmap(); address.Is4() {
		return address.String()
	}
	network, err := p.Addr().WithZone("").Prefix(64)
	if err != nil {
		return p.Addr().String()
	}
	return network.String()
}

func suspectKey(name string) [16]byte {
	sum := sha256.Sum256([]byte(name))
	return [16]byte(sum[:16])
}

// closed reports whether somebody has to wait. Where the clock was put back
// behind the last failure nobody has.
func (t *suspectTable) closed(name string, now time.Time, b Backoff) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.known[suspectKey(name)]
	if e == nil {
		return false
	}
	s := e.Value.(*suspect)
	if now.Before(s.last) || now.Sub(s.last) > 2*b.Longest {
		t.drop(e)
		return false
	}
	return now.Before(s.until)
}

// failed counts a wrong password; it returns until when that closes the door,
// the zero time if it does not.
func (t *suspectTable) failed(name string, most int, now time.Time, b Backoff) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil {
		t.known = map[[16]byte]*list.Element{}
	}
	key := suspectKey(name)
	e := t.known[key]
	if e == nil {
		if len(t.known) >= t.most {
			t.drop(t.order.Front())
		}
		e = t.order.PushBack(&suspect{key: key})
		t.known[key] = e
	}
	t.order.MoveToBack(e)
	s := e.Value.(*suspect)
	s.failures++
	s.last = now
	if s.failures < most {
		return time.Time{}
	}
	pause := b.First
	for range s.failures - most {
		if pause = min(2*pause, b.Longest); pause == b.Longest {
			break
		}
	}
	s.until = now.Add(min(pause, b.Longest))
	return s.until
}

// clear forgets somebody.
func (t *suspectTable) clear(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.known[suspectKey(name)]; e != nil {
		t.drop(e)
	}
}

// drop forgets an entry; the table is held.
func (t *suspectTable) drop(e *list.Element) {
	delete(t.known, e.Value.(*suspect).key)
	t.order.Remove(e)
}

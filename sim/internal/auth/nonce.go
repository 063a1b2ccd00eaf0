package auth

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"sync"
	"time"
)

// nonces hands out Digest nonces and judges those that come back.
//
// A nonce carries its time of issue, a serial number and a MAC, so handing one
// out keeps nothing: nobody fills the memory by asking. Only nonces that were
// answered rightly are remembered, with the nonce counts seen. When there are
// too many of them the oldest is forgotten and it and all older ones are stale
// from then on, so that forgetting never lets a replay in.
type nonces struct {
	key      [32]byte
	lifetime time.Duration
	most     int // nonces remembered

	mu     sync.Mutex
	serial uint64
	floor  uint64     // serial numbers up to this one are stale
	used   []usedOnce // ascending by serial
}

// usedOnce is a nonce that was answered rightly at least once.
type usedOnce struct {
	serial uint64
	last   int64  // when it was last answered rightly, in Unix milliseconds
	top    uint32 // the highest nonce count seen
	seen   uint64 // bit i: count top-i was seen
}

const (
	nonceBody = 12 // bytes: 6 of time, 6 of serial number
	nonceMAC  = 10 // bytes of HMAC-SHA-256 kept
	low48     = 1<<48 - 1
)

// issue returns a nonce that no other call returns.
func (n *nonces) issue(now time.Time) string {
	n.mu.Lock()
	n.serial++
	serial := n.serial
	n.mu.Unlock()
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	binary.BigEndian.PutUint64(b[6:14], serial<<16)
	return hex.EncodeToString(n.seal(b[:nonceBody]))
}

// seal returns body and its MAC.
func (n *nonces) seal(body []byte) []byte {
	h := hmac.New(sha256.New, n.key[:])
	h.Write(body)
	return append(body[:nonceBody:nonceBody], h.Sum(nil)[:nonceMAC]...)
}

// open takes a nonce of ours apart; false if it is not ours.
func (n *nonces) open(nonce string) (issued int64, serial uint64, ours bool) {
	if len(nonce) != 2*(nonceBody+nonceMAC) {
		return 0, 0, false
	}
	raw, err := hex.DecodeString(nonce)
	if err != nil || !hmac.Equal(raw, n.seal(raw[:nonceBody])) {
		return 0, 0, false
	}
	at := binary.BigEndian.Uint64(raw[:8]) >> 16
	return int64(at<<16) >> 16, binary.BigEndian.Uint64(raw[4:12]) & low48, true
}

// use judges the nonce of an answer that is right otherwise, and remembers it.
// count is the nonce count, 0 where the answer has none (RFC 2069). It reports
// whether the answer counts; if not, the nonce is stale or the count was seen.
//
// A nonce lives for the lifetime after its issue, and, if slides is set, after
// the last right answer: an RTSP session asks once a minute for hours, and some
// players cannot take up a new nonce then.
func (n *nonces) use(now time.Time, nonce string, count uint32, slides bool) bool {
	issued, serial, ours := n.open(nonce)
	if !ours {
		return false
	}
	ms := now.UnixMilli()
	n.mu.Lock()
	defer n.mu.Unlock()
	if serial <= n.floor {
		return false
	}
	at, known := slices.BinarySearchFunc(n.used, serial, func(u usedOnce, s uint64) int {
		return cmp.Compare(u.serial, s)
	})
	from := issued
	if known && slides {
		from = n.used[at].last
	}
	if ms < issued || ms-from > n.lifetime.Milliseconds() {
		// A nonce of a time to come means that the clock was put back; of answers
		// side by side the one that looked at the clock first may come last.
		return false
	}
	if !known {
		if count == 0 && !slides {
			return true // nothing to remember
		}
		n.used = slices.Insert(n.used, at, usedOnce{serial: serial, last: ms})
		at -= n.forget(ms)
		if at < 0 {
			return true
		}
	}
	if count > 0 && !n.used[at].count(count) {
		return false
	}
	n.used[at].last = ms
	return true
}

// forget drops nonces that are over or too many, oldest first, and returns how
// many.
func (n *nonces) forget(ms int64) int {
	drop := 0
	for drop < len(n.used)-1 {
		last := n.used[drop].last
		if len(n.used)-drop <= n.most && ms-last <= n.lifetime.Milliseconds() {
			break
		}
		drop++
	}
	if drop > 0 {
		n.floor = n.used[drop-1].serial
		n.used = slices.Delete(n.used, 0, drop)
	}
	return drop
}

// count takes note of a nonce count and reports whether it is new. Counts may
// come out of order, as several connections of one client make them, by up
// to 63.
func (u *usedOnce) count(c uint32) bool {
	if c > u.top {
		if shift := c - u.top; shift < 64 {
			u.seen = u.seen<<shift | 1
		} else {
			u.seen = 1
		}
		u.top = c
		return true
	}
	back := u.top - c
	if back > 63 || u.seen&(1<<back) != 0 {
		return false
	}
	u.seen |= 1 << back
	return true
}

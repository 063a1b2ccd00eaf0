package auth

import (
	"crypto/sha256"
	"slices"
	"sync"

	"github.com/golang-jwt/jwt/v5"
)

// verified remembers the tokens whose signature was right, by their hash: a
// client sends the same token with each request, and checking it costs more
// than all else. What may change meanwhile is not remembered: the keys of the
// issuer, times, revocation. A change of the settings forgets all.
type verified struct {
	most int

	mu    sync.Mutex
	known map[[sha256.Size]byte]signed
	order [][sha256.Size]byte // of known, a ring; next is the oldest once it is full
	next  int
}

// signed is a token whose signature is right by one of keys.
type signed struct {
	algorithm, issuer, kid string
	keys                   []jwt.VerificationKey
	claims                 claims
}

// by reports whether the token was checked with these keys and no others.
func (s *signed) by(keys []jwt.VerificationKey) bool {
	return slices.EqualFunc(s.keys, keys, func(a, b jwt.VerificationKey) bool { return equal(a, b) })
}

// find returns a token that was verified before.
func (v *verified) find(key [sha256.Size]byte) (signed, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s, known := v.known[key]
	return s, known
}

// add remembers a token in the place of the oldest one, if there are too many.
func (v *verified) add(key [sha256.Size]byte, s signed) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.known == nil {
		v.known = map[[sha256.Size]byte]signed{}
	}
	if _, again := v.known[key]; !again {
		if len(v.order) < v.most {
			v.order = append(v.order, key)
		} else {
			delete(v.known, v.order[v.next])
			v.order[v.next] = key
			v.next = (v.next + 1) % v.most
		}
	}
	v.known[key] = s
}

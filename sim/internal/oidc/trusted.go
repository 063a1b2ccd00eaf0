package oidc

import (
	"context"
	"crypto"
	"fmt"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
)

// trusted is what is known of one trusted issuer.
type trusted struct {
	source *Source
	uri    string
	names  []string // iss values it may have

	mu       sync.Mutex
	name     string // iss value it has, as of the last fetch that went well
	keys     []Key
	fetched  time.Time     // when that was; zero: never
	failed   time.Time     // when the last fetch failed; zero: it went well
	failures int           // in a row
	err      error         // of the last fetch
	left     int           // refreshes for unknown kids
	regained time.Time     // since when left counts
	flight   chan struct{} // closed when the fetch under way is over; nil: none is
}

// find returns keys, fetched anew where those known are too old or do not have
// kid.
func (t *trusted) find(ctx context.Context, name, kid string) ([]crypto.PublicKey, error) {
	t.mu.Lock()
	now := t.source.config.Clock.Now()
	if t.fresh(now) {
		if keys := t.match(name, kid); keys != nil {
			t.mu.Unlock()
			return keys, nil
		}
	}
	flight := t.flight
	if flight == nil && t.due(now) {
		flight = t.begin()
	}
	t.mu.Unlock()
	if flight != nil {
		select {
		case <-flight:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-t.source.ctx.Done():
			return nil, ErrClosed
		}
	}
	return t.known(name, kid)
}

// known returns keys as they are, if they are not too old.
func (t *trusted) known(name, kid string) ([]crypto.PublicKey, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.source.config.Clock.Now()
	if t.fetched.IsZero() || !now.Before(t.fetched.Add(t.source.config.Limits.Stale)) {
		if t.err == nil { // it was never asked, and would have been
			return nil, ErrClosed
		}
		return nil, fmt.Errorf("%w: %w", ErrWait, t.err)
	}
	if keys := t.match(name, kid); keys != nil {
		return keys, nil
	}
	return nil, fmt.Errorf("key %.64q: %w", kid, auth.ErrNoKey)
}

// fresh reports whether the keys need no fetch because of their age.
func (t *trusted) fresh(now time.Time) bool {
	return !t.fetched.IsZero() && now.Before(t.fetched.Add(t.source.config.Limits.Fresh))
}

// match returns the keys called kid; nil if there is none.
func (t *trusted) match(name, kid string) (keys []crypto.PublicKey) {
	for _, k := range t.keys {
		if name == t.name && (kid == "" || k.ID == kid) {
			keys = append(keys, k.Public)
		}
	}
	return keys
}

// due reports whether the issuer may be asked now: after a failure not too soon,
// and for an unknown kid not too often.
func (t *trusted) due(now time.Time) bool {
	l := t.source.config.Limits
	if !t.failed.IsZero() {
		wait := l.Retry
		for n := 1; n < t.failures && wait < l.RetryMost; n++ {
			wait *= 2
		}
		return !now.Before(t.failed.Add(min(wait, l.RetryMost)))
	}
	if !t.fresh(now) {
		return true
	}
	if gained := int(now.Sub(t.regained) / l.Interval); gained > 0 || t.left == l.Refreshes {
		t.left, t.regained = min(t.left+gained, l.Refreshes), now
	}
	if t.left == 0 {
		return false
	}
	t.left--
	return true
}

// begin starts a fetch; t.mu is held. nil if the source is closed.
func (t *trusted) begin() chan struct{} {
	over := make(chan struct{})
	if !t.source.begin(func() { t.run(over) }) {
		return nil
	}
	t.flight = over
	return over
}

// run is one fetch.
func (t *trusted) run(over chan struct{}) {
	m, keys, err := t.source.fetch(t.uri)
	now := t.source.config.Clock.Now()
	t.mu.Lock()
	t.flight, t.err = nil, err
	if err == nil {
		t.name, t.keys, t.fetched, t.failed, t.failures = m.Issuer, keys, now, time.Time{}, 0
	} else {
		t.failed = now
		t.failures++
	}
	t.mu.Unlock()
	close(over)
	if err != nil && t.source.ctx.Err() == nil {
		t.source.config.Log.Warn("trusted issuer cannot be asked", "issuer", t.uri, "error", err)
	}
}

package event

import (
	"encoding/hex"
	"fmt"
	"io"
	"time"
)

// Caller is whoever calls a pull point. Core leaves open whose a pull point
// is; here it is the user's who made it, and an administrator may use all.
type Caller struct {
	User          string // empty: an anonymous caller
	Administrator bool
}

// Subscription is what a pull point is made of (Core 9.1.1).
type Subscription struct {
	By     Caller
	Filter Filter
	// Until gives the wanted termination time when it is now by the camera's
	// clock; nil leaves it to the camera.
	Until func(now time.Time) time.Time
	// ChangedOnly leaves out the creation and deletion of properties.
	ChangedOnly bool
}

// Terms are what a pull point's answers tell of time, by the camera's clock.
type Terms struct{ Current, Termination time.Time }

// retryTime is added to the earliest termination time a fault offers, so that it
// is still late enough when the client asks for it.
const retryTime = 10 * time.Second

// pullPoint is one subscription. The broker's lock guards it.
type pullPoint struct {
	id          string
	owner       string
	filter      Filter
	changedOnly bool
	created     time.Time // of the base clock, like expires
	expires     time.Time
	queue       []*Notification
	delivered   uint64
	dropped     uint64
	pulling     bool          // a pull waits, or is about to
	wake        chan struct{} // closed to wake it; nil: nobody is to be woken
	ended       bool
}

// wants reports whether n is for p.
func (p *pullPoint) wants(topic string, n *Notification) bool {
	if p.changedOnly && (n.Operation == Initialized || n.Operation == Deleted) {
		return false
	}
	return p.filter.Matches(topic, n)
}

func (p *pullPoint) wakeUp() {
	if p.wake != nil {
		close(p.wake)
		p.wake = nil
	}
}

// expired reports whether p's time is over. It is not while a pull waits: each
// pull prolongs (Core 9.1.1).
func (p *pullPoint) expired(now time.Time) bool { return !p.pulling && !now.Before(p.expires) }

// end takes p away.
func (b *Broker) end(p *pullPoint) {
	p.ended = true
	p.queue = nil
	p.wakeUp()
	delete(b.pullPoints, p.id)
}

// sweep ends the pull points whose time is over.
func (b *Broker) sweep() {
	now := b.config.Base.Now()
	for _, p := range b.pullPoints {
		if p.expired(now) {
			b.end(p)
		}
	}
}

// find returns the caller's pull point.
func (b *Broker) find(id string, by Caller) (*pullPoint, error) {
	b.sweep()
	p := b.pullPoints[id]
	if p == nil || p.owner != by.User && !by.Administrator {
		return nil, ErrUnknown
	}
	return p, nil
}

// terms are p's times; base and wall are one instant on both clocks.
func (p *pullPoint) terms(base, wall time.Time) Terms {
	return Terms{Current: shown(wall), Termination: shown(wall.Add(p.expires.Sub(base)))}
}

// Subscribe makes a pull point and returns its name, which is unique and
// cannot be guessed. What exists of the properties in its filter waits in it.
// Core 9.1.1.
func (b *Broker) Subscribe(s Subscription) (id string, _ Terms, _ error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return "", Terms{}, ErrClosed
	}
	if n := len(s.Filter.Topics) + len(s.Filter.Contents); n > b.limits.Filters {
		return "", Terms{}, fmt.Errorf("%w: %d", ErrFilters, n)
	}
	if err := s.Filter.supported(b.topics); err != nil {
		return "", Terms{}, err
	}
	base, wall := b.config.Base.Now(), b.config.Clock.Now()
	p := &pullPoint{owner: s.By.User, filter: s.Filter, changedOnly: s.ChangedOnly, created: base}
	var err error
	if p.expires, err = b.expiry(s.Until, base, wall); err != nil {
		return "", Terms{}, err
	}
	b.sweep()
	if len(b.pullPoints) >= b.limits.PullPoints {
		return "", Terms{}, fmt.Errorf("%w: %d", ErrTooMany, b.limits.PullPoints)
	}
	if p.id, err = b.newID(); err != nil {
		return "", Terms{}, err
	}
	b.pullPoints[p.id] = p
	b.initialize(p)
	return p.id, p.terms(base, wall), nil
}

// expiry is the instant of the base clock at which the wanted time is over.
func (b *Broker) expiry(until func(time.Time) time.Time, base, wall time.Time) (time.Time, error) {
	if until == nil {
		return base.Add(b.limits.DefaultLifetime), nil
	}
	life := until(wall).Sub(wall)
	if life < b.limits.MinLifetime || life > b.limits.Lifetime {
		return time.Time{}, &TerminationError{
			Minimum: shown(wall.Add(min(b.limits.MinLifetime+retryTime, b.limits.Lifetime))),
			Maximum: shown(wall.Add(b.limits.Lifetime)),
		}
	}
	return base.Add(life), nil
}

// newID draws a name that no pull point has.
func (b *Broker) newID() (string, error) {
	for {
		var raw [16]byte
		if _, err := io.ReadFull(b.config.Random, raw[:]); err != nil {
			return "", fmt.Errorf("name of a pull point: %w", err)
		}
		if id := hex.EncodeToString(raw[:]); b.pullPoints[id] == nil {
			return id, nil
		}
	}
}

// Renew sets when the pull point ends. Core 9.1.3.
func (b *Broker) Renew(id string, by Caller, until func(now time.Time) time.Time) (Terms, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.find(id, by)
	if err != nil {
		return Terms{}, err
	}
	base, wall := b.config.Base.Now(), b.config.Clock.Now()
	expires, err := b.expiry(until, base, wall)
	if err != nil {
		return Terms{}, err
	}
	p.expires = expires
	return p.terms(base, wall), nil
}

// Unsubscribe ends the pull point; a pull that waits returns [ErrUnknown].
// Core 9.1.4.
func (b *Broker) Unsubscribe(id string, by Caller) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.find(id, by)
	if err == nil {
		b.end(p)
	}
	return err
}

// Synchronize queues the properties of the pull point's filter once more, as
// they are now. Core 9.5.
func (b *Broker) Synchronize(id string, by Caller) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.find(id, by)
	if err == nil {
		b.initialize(p)
	}
	return err
}

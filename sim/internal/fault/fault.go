// Package fault makes cameras misbehave on request: rules say where (the seam),
// when and what, and can be added and removed while video flows.
//
// The seam there is is "frame": between the signer of a stream and its packets.
// A rule there changes, holds back or leaves out access units and the signing
// SEIs in them, as an attacker on the way or a broken camera would. The signer
// knows nothing of it. Adding an action is adding a file: a type with candidate
// and pass, and its line in actions.
//
// Each rule draws from its own random stream, so that equal seeds give equal
// faults whatever other rules there are. While a camera has no rule, a stream
// pays one atomic load a picture.
package fault

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

// Rule is one fault: where, when and what.
type Rule struct {
	ID     string // "": given by Add
	At     string // the seam; "": frame
	Do     string // the action, one of [Actions]
	Stream string // name of the stream; "": all

	// When: of the pictures (or SEIs) that the action can do something to, the
	// first After are spared, then every Every-th is hit with Chance, Times times.
	Chance float64 // 0: 1
	Every  int     // 0: 1
	After  int
	Times  int // 0: no end

	// Amount is the action's own number: pictures to freeze, what the counter
	// jumps by, seconds that the clock jumps by. 0: the action's default.
	Amount int64
}

// Status is a rule as it is doing.
type Status struct {
	Rule
	Fired uint64 // how often it has hit
	// CRL is the revocation list, DER, that names the certificate of the action
	// revoked-certificate; nil for others.
	CRL []byte
}

// The ways in which a rule is refused.
var (
	// ErrRule says that a rule cannot be; the text says why.
	ErrRule = errors.New("fault rule")
	// ErrExists says that there is a rule of that ID.
	ErrExists = errors.New("there is a fault of that id")
	// ErrNone says that there is no rule of that ID.
	ErrNone = errors.New("there is no such fault")
	// ErrFull says that there are as many rules as there may be.
	ErrFull = errors.New("too many faults")
)

// Config is what the faults of one camera are made of.
type Config struct {
	// Seed gives each rule its randomness.
	Seed seed.Source
	// Now is the camera's clock.
	Now func() time.Time
	// Authority issues the certificates that are wrong in one thing only: expired,
	// revoked, another camera's. nil: the faults have a root of their own.
	Authority *pki.Authority
	// Identity is what a stream signs with, for the faults of a camera that signs
	// nonsense; nil or an error: they do nothing.
	Identity func(stream string) (sign.Identity, error)
	// Streams are the names of the streams; nil: any name goes.
	Streams []string
	// Rules is how many there can be; 0: 64.
	Rules int
	Log   *slog.Logger // nil: silent
}

// Set is the faults of one camera. Its methods may be called by many goroutines.
type Set struct {
	config Config
	rules  atomic.Pointer[[]*rule] // nil: none

	mu     sync.Mutex
	number int
}

// rule is a rule at work.
type rule struct {
	Rule
	set      *Set
	random   *seed.Stream
	material *material
	fired    atomic.Uint64

	mu      sync.Mutex
	seen    int
	actions map[string]action // by stream
}

// New returns the faults of a camera: none yet.
func New(c Config) *Set {
	if c.Rules == 0 {
		c.Rules = 64
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Set{config: c}
}

// Add puts a rule to work and returns it with its ID. Errors: [ErrRule],
// [ErrExists], [ErrFull].
func (s *Set) Add(r Rule) (Status, error) {
	r, err := s.complete(r)
	if err != nil {
		return Status{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.list()
	if len(old) >= s.config.Rules {
		return Status{}, fmt.Errorf("%w: at most %d", ErrFull, s.config.Rules)
	}
	taken := func(id string) bool { return slices.ContainsFunc(old, func(o *rule) bool { return o.ID == id }) }
	for r.ID == "" {
		s.number++
		if id := r.Do + "-" + strconv.Itoa(s.number); !taken(id) {
			r.ID = id
		}
	}
	if taken(r.ID) {
		return Status{}, fmt.Errorf("%w: %q", ErrExists, r.ID)
	}
	n := &rule{Rule: r, set: s, random: s.config.Seed.Stream("fault/" + r.ID), actions: map[string]action{}}
	if n.material, err = newMaterial(n); err != nil {
		return Status{}, fmt.Errorf("fault %q: %w", r.ID, err)
	}
	next := append(slices.Clone(old), n)
	s.rules.Store(&next)
	return n.status(), nil
}

// Remove takes a rule away; [ErrNone] if there is none.
func (s *Set) Remove(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := slices.DeleteFunc(slices.Clone(s.list()), func(r *rule) bool { return r.ID == id })
	if len(next) == len(s.list()) {
		return fmt.Errorf("%w: %q", ErrNone, id)
	}
	s.store(next)
	return nil
}

// Clear takes all rules away.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store(nil)
}

func (s *Set) store(rules []*rule) {
	if len(rules) == 0 {
		s.rules.Store(nil)
		return
	}
	s.rules.Store(&rules)
}

// list is the rules of now.
func (s *Set) list() []*rule {
	if p := s.rules.Load(); p != nil {
		return *p
	}
	return nil
}

// Rules lists the rules in the order they came.
func (s *Set) Rules() []Status {
	out := []Status{}
	for _, r := range s.list() {
		out = append(out, r.status())
	}
	return out
}

// Rule returns one rule; [ErrNone] if there is none.
func (s *Set) Rule(id string) (Status, error) {
	for _, r := range s.list() {
		if r.ID == id {
			return r.status(), nil
		}
	}
	return Status{}, fmt.Errorf("%w: %q", ErrNone, id)
}

func (r *rule) status() Status {
	s := Status{Rule: r.Rule, Fired: r.fired.Load()}
	if r.material != nil {
		s.CRL = r.material.crl
	}
	return s
}

// Frame returns the frame seam of a stream: what is sent instead of an access
// unit, which may be nothing or several. It belongs to one goroutine.
func (s *Set) Frame(stream string, codec streams.Codec) func(*streams.AccessUnit) []*streams.AccessUnit {
	one := make([]*streams.AccessUnit, 1)
	return func(au *streams.AccessUnit) []*streams.AccessUnit {
		p := s.rules.Load()
		if p == nil {
			one[0] = au
			return one
		}
		units := []*streams.AccessUnit{au}
		for _, r := range *p {
			if r.Stream != "" && r.Stream != stream {
				continue
			}
			var next []*streams.AccessUnit
			for _, u := range units {
				next = append(next, r.pass(stream, codec, u)...)
			}
			units = next
		}
		return units
	}
}

// pass sends an access unit of a stream through the rule.
func (r *rule) pass(stream string, codec streams.Codec, au *streams.AccessUnit) []*streams.AccessUnit {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.actions[stream]
	if a == nil {
		a = actions()[r.Do].make(env{rule: r, stream: stream, codec: codec})
		r.actions[stream] = a
	}
	hit := a.candidate(au) && r.due()
	out, err := a.pass(au, hit)
	if err != nil {
		r.set.config.Log.Warn("fault does nothing", "fault", r.ID, "stream", stream, "error", err)
		return []*streams.AccessUnit{au}
	}
	if hit {
		r.fired.Add(1)
	}
	return out
}

// due counts a candidate and says whether it is hit; the mutex is held.
func (r *rule) due() bool {
	r.seen++
	n := r.seen - 1 - r.After
	if n < 0 || n%r.Every != 0 || r.Times > 0 && r.fired.Load() >= uint64(r.Times) { //nolint:gosec // not negative
		return false
	}
	return r.Chance >= 1 || r.random.Float64() < r.Chance
}

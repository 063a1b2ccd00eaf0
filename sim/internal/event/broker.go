package event

import (
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
)

// Config is what a [Broker] works with.
type Config struct {
	// Clock is the camera's own: messages and termination times show it.
	Clock clock.Clock
	// Base measures lifetimes and time-outs; setting the camera's clock does
	// not change how long something lasts.
	Base clock.Clock
	// Random makes the names of pull points. Two runs of one camera must not
	// give the same ones, or a client would meet a stranger's pull point.
	Random io.Reader
	Limits Limits
	Log    *slog.Logger // nil: nothing is logged
	// Observe gets every message once, in order, while the broker is locked:
	// it must not block nor call the broker. May be nil.
	Observe func(*Notification)
}

// Broker takes a camera's messages and hands them to the pull points whose
// filter they match. There is one for each run of a camera, since pull points
// do not survive a reboot. All methods may be called by many goroutines.
type Broker struct {
	config Config
	limits Limits

	mu         sync.Mutex
	closed     bool
	topics     []*announced // in the order they were announced
	byName     map[string]*announced
	properties []*property // in the order they came to be
	byIdentity map[string]*property
	pullPoints map[string]*pullPoint
	dropped    uint64 // messages, of all pull points so far
}

// announced is a topic with its name.
type announced struct {
	Topic
	name string
}

// New returns a broker without topics.
func New(c Config) *Broker {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Broker{
		config: c, limits: c.Limits.WithDefaults(),
		byName: map[string]*announced{}, byIdentity: map[string]*property{}, pullPoints: map[string]*pullPoint{},
	}
}

// Limits returns the bounds in force.
func (b *Broker) Limits() Limits { return b.limits }

// Now returns the camera's time as messages show it: UTC, to the millisecond.
func (b *Broker) Now() time.Time { return shown(b.config.Clock.Now()) }

// shown is a time as messages show it.
func shown(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Announce adds topics, all or none. A camera announces what can occur before
// its first client comes; only announced topics can be published.
func (b *Broker) Announce(topics ...Topic) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	add := make([]*announced, 0, len(topics))
	seen := map[string]bool{}
	for _, t := range topics {
		if err := t.check(); err != nil {
			return err
		}
		name := t.Path.String()
		if b.byName[name] != nil || seen[name] {
			return fmt.Errorf("topic %q: %w: it is there already", name, ErrAnnounced)
		}
		seen[name] = true
		add = append(add, &announced{t, name})
	}
	for _, t := range add {
		b.byName[t.name] = t
	}
	b.topics = append(b.topics, add...)
	return nil
}

// Topics returns what is announced, in the order it was.
func (b *Broker) Topics() []Topic {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Topic, len(b.topics))
	for i, t := range b.topics {
		out[i] = t.Topic
	}
	return out
}

// Publish delivers messages, all or none: what a waiting pull gets of them it
// gets at once. A property that exists already and is as it was makes no
// message; nor does one that is deleted and did not exist. The message's
// slices must not be changed afterwards.
func (b *Broker) Publish(messages ...Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return ErrClosed
	}
	fresh := 0
	for i := range messages {
		n, err := b.check(&messages[i])
		if err != nil {
			return err
		}
		fresh += n
	}
	if len(b.properties)+fresh > b.limits.Properties {
		return fmt.Errorf("%w: %d", ErrProperties, b.limits.Properties)
	}
	b.sweep()
	for i := range messages {
		m := &messages[i]
		t := b.byName[m.Topic]
		n := &Notification{Topic: &t.Topic, Time: b.timeOf(m), Source: m.Source, Key: m.Key, Data: m.Data}
		if t.Property && !b.record(t, m, n) {
			continue
		}
		b.deliver(t.name, n)
	}
	return nil
}

// check looks at a message before anything is delivered, and returns how many
// properties it may make.
func (b *Broker) check(m *Message) (fresh int, _ error) {
	t := b.byName[m.Topic]
	if t == nil {
		return 0, fmt.Errorf("%q: %w", m.Topic, ErrTopic)
	}
	if err := t.describes(m); err != nil {
		return 0, err
	}
	if t.Property && !m.Deleted && b.byIdentity[identity(t.name, m)] == nil {
		fresh = 1
	}
	return fresh, nil
}

func (b *Broker) timeOf(m *Message) time.Time {
	if m.Time.IsZero() {
		return b.Now()
	}
	return shown(m.Time)
}

// deliver puts n into the pull points that want it.
func (b *Broker) deliver(topic string, n *Notification) {
	for _, p := range b.pullPoints {
		if p.wants(topic, n) {
			b.push(p, n)
		}
	}
	if b.config.Observe != nil {
		b.config.Observe(n)
	}
}

// push queues n, at the cost of the oldest message if the queue is full.
func (b *Broker) push(p *pullPoint, n *Notification) {
	if len(p.queue) >= b.limits.Queue {
		p.queue[0] = nil
		p.queue = p.queue[1:]
		p.dropped++
		b.dropped++
		if p.dropped == 1 {
			b.config.Log.Warn("a pull point drops messages", "subscription", p.id, "queue", b.limits.Queue)
		}
	}
	p.queue = append(p.queue, n)
	p.wakeUp()
}

// Close ends all pull points; waiting pulls return [ErrUnknown].
func (b *Broker) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for _, p := range b.pullPoints {
		b.end(p)
	}
}

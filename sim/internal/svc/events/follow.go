package events

import (
	"errors"
	"slices"
	"sync"

	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// Follow announces the topics that can occur on the camera, publishes its
// properties as they are, and from then on what follows from each change of
// its state, until stop is called. It belongs after the boot is noted in the
// state and before the first client comes.
//
// Events that do not follow from the state (inputs, analytics) are announced
// and published with the broker itself.
func Follow(c *svc.Camera, b *event.Broker) (stop func(), _ error) {
	f := &follower{camera: c, broker: b, sources: occurring(c)}
	for _, s := range f.sources {
		if err := b.Announce(s.topic); err != nil {
			return nil, err
		}
	}
	f.mu.Lock() // changes wait until the properties are published
	defer f.mu.Unlock()
	cancel := c.State.Watch(f.changed)
	now := c.State.View()
	f.seen = now.Version
	f.publish(nil, now)
	return func() {
		cancel()
		f.mu.Lock() // waits for a call under way
		defer f.mu.Unlock()
		f.stopped = true
	}, nil
}

// occurring are the sources whose topic can occur on the camera.
func occurring(c *svc.Camera) []source {
	return slices.DeleteFunc(sources(), func(s source) bool {
		return len(s.needs) > 0 && !slices.ContainsFunc(s.needs, c.Simulated)
	})
}

// follower turns changes of the state into messages.
type follower struct {
	camera  *svc.Camera
	broker  *event.Broker
	sources []source

	mu      sync.Mutex
	seen    uint64 // version that is published
	stopped bool
}

// changed is told of every change, in order.
func (f *follower) changed(before, after *state.Tree) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.stopped && after.Version > f.seen {
		f.seen = after.Version
		f.publish(before, after)
	}
}

// publish tells what follows from one change, all of it at once.
func (f *follower) publish(before, after *state.Tree) {
	var out []event.Message
	for _, s := range f.sources {
		topic := s.topic.Path.String()
		for _, m := range s.follow(before, after) {
			m.Topic = topic
			out = append(out, m)
		}
	}
	if len(out) == 0 {
		return
	}
	if err := f.broker.Publish(out...); err != nil && !errors.Is(err, event.ErrClosed) {
		f.camera.Log.Error("events are lost", "version", after.Version, "error", err)
	}
}

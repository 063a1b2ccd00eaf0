package event

import (
	"slices"
	"strings"
	"time"
)

// Info tells of one pull point.
type Info struct {
	ID, Owner string
	// Created and Expires are of the base clock.
	Created, Expires time.Time
	Waiting          int    // messages
	Delivered        uint64 // messages answered so far
	Dropped          uint64 // messages lost to a full queue
	Pulling          bool   // a pull waits
}

// PullPoints tells of all pull points, the oldest first.
func (b *Broker) PullPoints() []Info {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep()
	out := make([]Info, 0, len(b.pullPoints))
	for _, p := range b.pullPoints {
		out = append(out, Info{
			ID: p.id, Owner: p.owner, Created: p.created, Expires: p.expires,
			Waiting: len(p.queue), Delivered: p.delivered, Dropped: p.dropped, Pulling: p.pulling,
		})
	}
	slices.SortFunc(out, func(a, b Info) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// Dropped counts the messages that full queues have lost so far.
func (b *Broker) Dropped() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dropped
}

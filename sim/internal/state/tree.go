// Package state is the state of one camera: an immutable tree of sections
// with one writer.
//
// Any number of readers call [Camera.View] and get a [Tree] that never
// changes, without a lock. [Camera.Update] runs one change at a time on
// private copies of the sections it touches; if it returns an error or
// panics, nothing happened. Whoever called [Camera.Watch] is told of every
// change, in order.
package state

import (
	"errors"
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/job"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/camfleet/camfleet/sim/internal/users"
)

// Tree is one version of a camera's state. It and everything below it are
// never changed once it is published; two trees share the sections that are
// equal in both, so comparing pointers tells what changed.
type Tree struct {
	Version  uint64            `json:"version"`
	Device   *device.Section   `json:"device"`
	Users    *users.Section    `json:"users"`
	Keystore *keystore.Section `json:"keystore"`
	Media    *mediacfg.Section `json:"media"`
	Jobs     *job.Section      `json:"jobs"`
	// Origin is what a factory default brings back; nil: nobody knows.
	Origin *Origin `json:"origin"`
}

// complete puts an empty section where there is none.
func (t Tree) complete() Tree {
	fill(&t.Device)
	fill(&t.Users)
	fill(&t.Keystore)
	fill(&t.Media)
	fill(&t.Jobs)
	return t
}

func fill[T any](section **T) {
	if *section == nil {
		*section = new(T)
	}
}

// Part is one section of a tree, for those who treat all alike.
type Part struct {
	Name    string // as in the name of its file: "keystore"
	Section interface{ Validate() error }
}

// Parts returns the sections that are there, in a fixed order.
func (t *Tree) Parts() []Part {
	parts := make([]Part, 0, 6)
	if t.Device != nil {
		parts = append(parts, Part{"device", t.Device})
	}
	if t.Users != nil {
		parts = append(parts, Part{"users", t.Users})
	}
	if t.Keystore != nil {
		parts = append(parts, Part{"keystore", t.Keystore})
	}
	if t.Media != nil {
		parts = append(parts, Part{"media", t.Media})
	}
	if t.Jobs != nil {
		parts = append(parts, Part{"jobs", t.Jobs})
	}
	if t.Origin != nil {
		parts = append(parts, Part{"origin", t.Origin})
	}
	return parts
}

// Changed returns the sections of t that are not those of before.
func (t *Tree) Changed(before *Tree) []Part {
	old := map[string]Part{}
	for _, p := range before.Parts() {
		old[p.Name] = p
	}
	var changed []Part
	for _, p := range t.Parts() {
		if old[p.Name] != p {
			changed = append(changed, p)
		}
	}
	return changed
}

// Validate checks every section for damage, see the Validate of each, and what
// refers from one to another.
func (t *Tree) Validate() error {
	var errs []error
	for _, p := range t.Parts() {
		if err := p.Section.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.Name, err))
		}
	}
	if t.Device != nil && t.Keystore != nil {
		for _, i := range t.Device.Network.Interfaces {
			if i.Dot1XID == "" {
				continue
			}
			if _, err := t.Keystore.Dot1XConfiguration(i.Dot1XID); err != nil {
				errs = append(errs, fmt.Errorf("device: interface %q: %w", i.Token, err))
			}
		}
	}
	return errors.Join(errs...)
}

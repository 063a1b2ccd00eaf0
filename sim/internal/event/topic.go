package event

import (
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/soap"
)

// Topic is a topic the camera announces, with the description of its messages
// (Core 9.4.3, 9.6.2).
type Topic struct {
	Path Path
	// Property says that messages tell what something is, not that something
	// happened.
	Property          bool
	Source, Key, Data []ItemDescription
}

// ItemDescription is a tt:SimpleItemDescription, or a
// tt:ElementItemDescription where Element is set.
type ItemDescription struct {
	Name    string
	Type    soap.QName
	Element bool
}

// check finds what a description must not be (Core 9.4.3).
func (t *Topic) check() error {
	if len(t.Path) == 0 {
		return fmt.Errorf("%w: it has no name", ErrAnnounced)
	}
	for _, step := range t.Path {
		if !isNCName(step.Local) || step.Space == "" {
			return fmt.Errorf("topic %q: %w: the step %q is no name of a namespace", t.Path, ErrAnnounced, step)
		}
	}
	if !t.Property && len(t.Key) > 0 {
		return fmt.Errorf("topic %q: %w: only properties have keys", t.Path, ErrAnnounced)
	}
	seen := map[string]bool{}
	for _, group := range [...][]ItemDescription{t.Source, t.Key, t.Data} {
		for _, d := range group {
			if d.Name == "" || d.Type.Local == "" || seen[d.Name] {
				return fmt.Errorf("topic %q: %w: the item %q has no type or is not unique", t.Path, ErrAnnounced, d.Name)
			}
			seen[d.Name] = true
		}
	}
	return nil
}

// describes checks that a message has described items only, each once.
func (t *Topic) describes(m *Message) error {
	for _, g := range [...]struct {
		descriptions []ItemDescription
		items        []Item
	}{{t.Source, m.Source}, {t.Key, m.Key}, {t.Data, m.Data}} {
		for i, item := range g.items {
			for _, earlier := range g.items[:i] {
				if earlier.Name == item.Name {
					return fmt.Errorf("topic %q, item %q twice: %w", t.Path, item.Name, ErrItem)
				}
			}
			if !described(g.descriptions, item) {
				return fmt.Errorf("topic %q, item %q: %w", t.Path, item.Name, ErrItem)
			}
		}
	}
	return nil
}

func described(list []ItemDescription, item Item) bool {
	for _, d := range list {
		if d.Name == item.Name && d.Element == (item.Element != nil) {
			return true
		}
	}
	return false
}

// Package event is a camera's event handling without its messages (Core
// chapter 9): the topics it announces, the properties that exist, pull points
// with their filters, queues and lifetimes.
//
// A [Broker] starts no goroutine and no timer of its own. A pull that waits
// does so in its caller's goroutine; lifetimes end when somebody looks.
package event

import (
	"time"

	"github.com/beevik/etree"
)

// Operation says what happened to a property (tt:PropertyOperation). It is
// empty for messages that are about no property.
type Operation string

// The operations.
const (
	Initialized Operation = "Initialized"
	Changed     Operation = "Changed"
	Deleted     Operation = "Deleted"
)

// Item is a tt:SimpleItem, or a tt:ElementItem where Element is set.
type Item struct {
	Name, Value string
	// Element is the content of an ElementItem; it must not be changed.
	Element *etree.Element
}

// Message is something that happened, or what a property is now.
type Message struct {
	// Topic is the topic's name as [Path.String] writes it:
	// "tns1:Monitoring/OperatingTime/LastReboot".
	Topic string
	// Source and Key say of what; with the topic they are a property's
	// identity. The order of items means nothing. Key is for properties only.
	Source, Key []Item
	Data        []Item
	// Time is when it happened, by the camera's clock; zero: now.
	Time time.Time
	// Deleted says that the property no longer exists.
	Deleted bool
}

// Notification is a message as it is delivered. It is shared by all who get
// it and never changed.
type Notification struct {
	Topic             *Topic
	Time              time.Time // of the camera's clock, UTC
	Operation         Operation
	Source, Key, Data []Item
}

// items calls f for every item of n until f returns true, and returns whether
// it did.
func (n *Notification) items(f func(*Item) bool) bool {
	for _, group := range [...][]Item{n.Source, n.Key, n.Data} {
		for i := range group {
			if f(&group[i]) {
				return true
			}
		}
	}
	return false
}

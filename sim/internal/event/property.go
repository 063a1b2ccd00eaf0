package event

import (
	"slices"
	"strconv"
	"strings"
)

// property is something that exists and has a value (Core 9.4.2).
type property struct {
	topic *announced
	last  *Notification
}

// identity tells properties apart: by topic, source and key, whatever the
// order of the items.
func identity(topic string, m *Message) string {
	buf := append(make([]byte, 0, 128), topic...)
	for _, group := range [...][]Item{m.Source, m.Key} {
		buf = append(buf, '\n')
		sorted := group
		if len(group) > 1 {
			sorted = slices.Clone(group)
			slices.SortFunc(sorted, func(a, b Item) int { return strings.Compare(a.Name, b.Name) })
		}
		for _, i := range sorted {
			buf = strconv.AppendQuote(buf, i.Name)
			buf = strconv.AppendQuote(buf, i.Value)
		}
	}
	return string(buf)
}

// record notes what the message says of a property and gives the notification
// its operation; false if there is nothing to tell.
func (b *Broker) record(t *announced, m *Message, n *Notification) bool {
	id := identity(t.name, m)
	p := b.byIdentity[id]
	switch {
	case m.Deleted && p == nil:
		return false
	case m.Deleted:
		n.Operation = Deleted
		if len(n.Data) == 0 {
			n.Data = p.last.Data
		}
		delete(b.byIdentity, id)
		b.properties = slices.DeleteFunc(b.properties, func(o *property) bool { return o == p })
		return true
	case p == nil:
		n.Operation = Initialized
		p = &property{topic: t}
		b.byIdentity[id] = p
		b.properties = append(b.properties, p)
	case slices.Equal(p.last.Data, m.Data):
		return false
	default:
		n.Operation = Changed
	}
	p.last = n
	return true
}

// initialize queues what every property that p may see is now (Core 9.4.2, 9.5).
func (b *Broker) initialize(p *pullPoint) {
	now := b.Now()
	for _, q := range b.properties {
		n := &Notification{
			Topic: q.last.Topic, Time: now, Operation: Initialized,
			Source: q.last.Source, Key: q.last.Key, Data: q.last.Data,
		}
		if p.wants(q.topic.name, n) {
			b.push(p, n)
		}
	}
}

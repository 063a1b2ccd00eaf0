package event

import "fmt"

// Filter selects messages: all of its expressions must hold
// (WS-BaseNotification 1.3, 4.2). The zero Filter selects everything.
type Filter struct {
	Topics   []TopicExpression
	Contents []ContentExpression
}

// Matches reports whether n gets through.
func (f *Filter) Matches(topic string, n *Notification) bool {
	for _, e := range f.Topics {
		if !e.Matches(topic) {
			return false
		}
	}
	for _, e := range f.Contents {
		if !e.Matches(n) {
			return false
		}
	}
	return true
}

// supported checks that each topic expression selects a topic there is.
func (f *Filter) supported(topics []*announced) error {
next:
	for _, e := range f.Topics {
		for _, t := range topics {
			if e.Matches(t.name) {
				continue next
			}
		}
		return fmt.Errorf("%w: %.128q", ErrTopicNotSupported, e.alternatives[0].topic)
	}
	return nil
}

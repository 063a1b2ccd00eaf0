package event_test

import (
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/event"
)

// BenchmarkPublish has ten pull points, half of them with filters, whose
// queues are full: the dearest case of a camera nobody pulls from.
func BenchmarkPublish(b *testing.B) {
	r := newRig(b, event.Limits{})
	for i := range 10 {
		s := event.Subscription{Until: in(24 * time.Hour)}
		if i%2 == 0 {
			s.Filter = topicFilter(b, "tns1:VideoSource//.|tns1:Media//.")
			s.Filter.Contents = contentFilter(b, `boolean(//tt:SimpleItem[@Name="Source" and @Value="a"])`).Contents
		}
		r.subscribe(b, s)
	}
	states := [...]event.Message{alarm("a", "true"), alarm("a", "false")}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := r.Publish(states[i%2]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPull has a message wait each time.
func BenchmarkPull(b *testing.B) {
	r := newRig(b, event.Limits{})
	id := r.subscribe(b, event.Subscription{})
	m := profile("p")
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Publish(m); err != nil {
			b.Fatal(err)
		}
		if list, _, err := r.Pull(b.Context(), id, admin(), time.Minute, 10); err != nil || len(list) != 1 {
			b.Fatal(len(list), err)
		}
	}
}

func BenchmarkParseContentExpression(b *testing.B) {
	text := `boolean(//tt:SimpleItem[@Name="VideoSourceConfigurationToken" and @Value="1"]) and not(boolean(//tt:ElementItem[@Name="Shape"]))`
	b.ReportAllocs()
	for b.Loop() {
		if _, err := event.ParseContentExpression(event.DialectItemFilter, text, spaces, event.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

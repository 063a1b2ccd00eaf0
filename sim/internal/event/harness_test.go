package event_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	motion   = "tns1:VideoSource/MotionAlarm"             // a property
	reboot   = "tns1:Monitoring/OperatingTime/LastReboot" // a property
	changed  = "tns1:Media/ProfileChanged"                // an event
	acmeFire = "tns1:Device/{urn:acme}Fire/Smoke"         // an event
)

func topics() []event.Topic {
	item := func(name, kind string) []event.ItemDescription {
		return []event.ItemDescription{{Name: name, Type: soap.Name(kind)}}
	}
	acme := event.NewPath(event.SpaceTopics, "Device")
	acme = append(acme, event.NewPath("urn:acme", "Fire", "Smoke")...)
	return []event.Topic{
		{
			Path: event.NewPath(event.SpaceTopics, "VideoSource", "MotionAlarm"), Property: true,
			Source: append(item("Source", "tt:ReferenceToken"), item("Region", "xs:int")...),
			Key:    item("Object", "xs:int"), Data: item("State", "xs:boolean"),
		},
		{Path: event.NewPath(event.SpaceTopics, "Monitoring", "OperatingTime", "LastReboot"), Property: true, Data: item("Status", "xs:dateTime")},
		{Path: event.NewPath(event.SpaceTopics, "Media", "ProfileChanged"), Source: item("Token", "tt:ReferenceToken")},
		{Path: acme, Data: []event.ItemDescription{{Name: "Picture", Type: soap.Name("tt:Frame"), Element: true}}},
	}
}

// rig is a broker on a clock of its own, an hour behind the base clock.
type rig struct {
	*event.Broker
	wall *clock.Skewed
	base clock.Clock
}

func newRig(t testing.TB, l event.Limits) *rig {
	t.Helper()
	r := &rig{base: clock.Real()}
	r.wall = clock.Skew(r.base)
	r.wall.SetOffset(-time.Hour)
	r.Broker = event.New(event.Config{Clock: r.wall, Base: r.base, Random: seed.New(1).Stream("event"), Limits: l})
	if err := r.Announce(topics()...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// bubble runs f with a rig whose time passes as f makes it pass.
func bubble(t *testing.T, l event.Limits, f func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newRig(t, l)) })
}

func admin() event.Caller { return event.Caller{User: "admin", Administrator: true} }

func in(d time.Duration) func(time.Time) time.Time {
	return func(now time.Time) time.Time { return now.Add(d) }
}

func (r *rig) subscribe(t testing.TB, s event.Subscription) string {
	t.Helper()
	if s.By == (event.Caller{}) {
		s.By = admin()
	}
	id, _, err := r.Subscribe(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (r *rig) publish(t testing.TB, m ...event.Message) {
	t.Helper()
	if err := r.Publish(m...); err != nil {
		t.Fatal(err)
	}
}

// pull returns the messages in short, "Operation topic source=… data=…".
func (r *rig) pull(t testing.TB, id string, timeout time.Duration, limit int) []string {
	t.Helper()
	list, _, err := r.Pull(context.Background(), id, admin(), timeout, limit)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = short(n)
	}
	return out
}

func short(n *event.Notification) string {
	words := []string{n.Topic.Path[len(n.Topic.Path)-1].Local}
	if n.Operation != "" {
		words = append([]string{string(n.Operation)}, words...)
	}
	for _, group := range [][]event.Item{n.Source, n.Key, n.Data} {
		for _, i := range group {
			words = append(words, i.Name+"="+i.Value)
		}
	}
	return strings.Join(words, " ")
}

func items(namesAndValues ...string) []event.Item {
	var out []event.Item
	for i := 0; i < len(namesAndValues); i += 2 {
		out = append(out, event.Item{Name: namesAndValues[i], Value: namesAndValues[i+1]})
	}
	return out
}

func alarm(source, state string) event.Message {
	return event.Message{Topic: motion, Source: items("Source", source), Data: items("State", state)}
}

func profile(token string) event.Message {
	return event.Message{Topic: changed, Source: items("Token", token)}
}

// spaces resolves prefixes as the tests' expressions use them.
func spaces(prefix string) (string, bool) {
	space, ok := map[string]string{
		"tns1": event.SpaceTopics, "t": event.SpaceTopics, "acme": "urn:acme",
		"tt": "http://www.onvif.org/ver10/schema", "schema": "http://www.onvif.org/ver10/schema", "empty": "",
	}[prefix]
	return space, ok
}

func topicFilter(t testing.TB, expressions ...string) event.Filter {
	t.Helper()
	var f event.Filter
	for _, text := range expressions {
		e, err := event.ParseTopicExpression(event.DialectConcreteSet, text, spaces, event.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		f.Topics = append(f.Topics, e)
	}
	return f
}

func contentFilter(t testing.TB, expressions ...string) event.Filter {
	t.Helper()
	var f event.Filter
	for _, text := range expressions {
		e, err := event.ParseContentExpression(event.DialectItemFilter, text, spaces, event.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		f.Contents = append(f.Contents, e)
	}
	return f
}

package event_test

import (
	"errors"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/google/go-cmp/cmp"
)

func TestPropertiesAreInitializedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	r := newRig(t, event.Limits{})
	id := r.subscribe(t, event.Subscription{})
	gone := alarm("a", "")
	gone.Data, gone.Deleted = nil, true
	r.publish(t, gone) // there is none
	r.publish(t, alarm("a", "false"), alarm("b", "false"))
	r.publish(t, alarm("a", "false")) // as it was
	r.publish(t, alarm("a", "true"), profile("p"), alarm("a", "false"))
	r.publish(t, gone, gone)
	r.publish(t, profile("p")) // an event may come again
	r.publish(t, alarm("a", "false"))
	want := []string{
		"Initialized MotionAlarm Source=a State=false", "Initialized MotionAlarm Source=b State=false",
		"Changed MotionAlarm Source=a State=true", "ProfileChanged Token=p", "Changed MotionAlarm Source=a State=false",
		"Deleted MotionAlarm Source=a State=false", "ProfileChanged Token=p",
		"Initialized MotionAlarm Source=a State=false",
	}
	if diff := cmp.Diff(want, r.pull(t, id, 0, 100)); diff != "" {
		t.Error(diff)
	}
}

func TestPropertiesAreToldApartBySourceAndKey(t *testing.T) {
	t.Parallel()
	r := newRig(t, event.Limits{})
	id := r.subscribe(t, event.Subscription{})
	object := func(key, value string, source ...string) event.Message {
		return event.Message{Topic: motion, Source: items(source...), Key: items("Object", key), Data: items("State", value)}
	}
	r.publish(t, object("1", "true", "Source", "a", "Region", "1"))
	r.publish(t, object("2", "true", "Source", "a", "Region", "1"))
	r.publish(t, object("1", "true", "Source", "a", "Region", "2"))
	r.publish(t, object("1", "true", "Source", "a"))
	r.publish(t, object("1", "false", "Region", "1", "Source", "a")) // the first, in another order
	want := []string{
		"Initialized MotionAlarm Source=a Region=1 Object=1 State=true",
		"Initialized MotionAlarm Source=a Region=1 Object=2 State=true",
		"Initialized MotionAlarm Source=a Region=2 Object=1 State=true",
		"Initialized MotionAlarm Source=a Object=1 State=true",
		"Changed MotionAlarm Region=1 Source=a Object=1 State=false",
	}
	if diff := cmp.Diff(want, r.pull(t, id, 0, 100)); diff != "" {
		t.Error(diff)
	}
}

func TestNewPullPointsGetWhatExists(t *testing.T) {
	t.Parallel()
	r := newRig(t, event.Limits{})
	r.publish(t, alarm("a", "false"), alarm("b", "true"), profile("p"))
	r.publish(t, alarm("a", "true"))
	for name, c := range map[string]struct {
		s    event.Subscription
		want []string
	}{
		"everything":   {event.Subscription{}, []string{"Initialized MotionAlarm Source=a State=true", "Initialized MotionAlarm Source=b State=true"}},
		"by topic":     {event.Subscription{Filter: topicFilter(t, "tns1:Media//.")}, []string{}},
		"by content":   {event.Subscription{Filter: contentFilter(t, `boolean(//tt:SimpleItem[@Value="b"])`)}, []string{"Initialized MotionAlarm Source=b State=true"}},
		"changes only": {event.Subscription{ChangedOnly: true}, []string{}},
		"both must hold": {event.Subscription{Filter: event.Filter{
			Topics:   topicFilter(t, "tns1:VideoSource//.").Topics,
			Contents: contentFilter(t, `boolean(//tt:SimpleItem[@Value="a"])`, `boolean(//tt:SimpleItem[@Value="b"])`).Contents,
		}}, []string{}},
	} {
		id := r.subscribe(t, c.s)
		if diff := cmp.Diff(c.want, r.pull(t, id, 0, 100)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSynchronizationPointRepeatsWhatExists(t *testing.T) {
	t.Parallel()
	r := newRig(t, event.Limits{})
	id := r.subscribe(t, event.Subscription{})
	only := r.subscribe(t, event.Subscription{ChangedOnly: true})
	r.publish(t, alarm("a", "false"))
	r.publish(t, alarm("a", "true"), profile("p"))
	for _, id := range []string{id, only} {
		if err := r.Synchronize(id, admin()); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"Initialized MotionAlarm Source=a State=false", "Changed MotionAlarm Source=a State=true",
		"ProfileChanged Token=p", "Initialized MotionAlarm Source=a State=true",
	}
	if diff := cmp.Diff(want, r.pull(t, id, 0, 100)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[1:3], r.pull(t, only, 0, 100)); diff != "" {
		t.Error(diff)
	}
}

func TestChangedOnlyLeavesOutCreationAndDeletion(t *testing.T) {
	t.Parallel()
	r := newRig(t, event.Limits{})
	id := r.subscribe(t, event.Subscription{ChangedOnly: true})
	gone := alarm("a", "")
	gone.Deleted = true
	r.publish(t, alarm("a", "false"), alarm("a", "true"), gone, profile("p"))
	want := []string{"Changed MotionAlarm Source=a State=true", "ProfileChanged Token=p"}
	if diff := cmp.Diff(want, r.pull(t, id, 0, 100)); diff != "" {
		t.Error(diff)
	}
}

func TestMessagesOutsideTheirDescriptionAreNotPublished(t *testing.T) {
	t.Parallel()
	r := newRig(t, event.Limits{})
	id := r.subscribe(t, event.Subscription{})
	picture := event.Item{Name: "Picture", Element: etree.NewElement("tt:Frame")}
	for name, c := range map[string]struct {
		m    event.Message
		want error
	}{
		"topic not announced":     {event.Message{Topic: "tns1:Nothing"}, event.ErrTopic},
		"topic above":             {event.Message{Topic: "tns1:Media"}, event.ErrTopic},
		"item not described":      {event.Message{Topic: changed, Source: items("Name", "x")}, event.ErrItem},
		"item in the wrong group": {event.Message{Topic: changed, Data: items("Token", "x")}, event.ErrItem},
		"item twice":              {event.Message{Topic: changed, Source: items("Token", "x", "Token", "y")}, event.ErrItem},
		"text for an element":     {event.Message{Topic: acmeFire, Data: items("Picture", "x")}, event.ErrItem},
		"element for a text":      {event.Message{Topic: changed, Source: []event.Item{{Name: "Token", Element: picture.Element}}}, event.ErrItem},
	} {
		if err := r.Publish(profile("p"), c.m); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := r.pull(t, id, 0, 100); len(got) > 0 {
		t.Errorf("published: %v", got)
	}
	r.publish(t, event.Message{Topic: acmeFire, Data: []event.Item{picture}}, event.Message{Topic: changed})
	if got := r.pull(t, id, 0, 100); len(got) != 2 {
		t.Errorf("an element and a message without optional items: %v", got)
	}
}

func TestPropertiesAreBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t, event.Limits{Properties: 2})
	r.publish(t, alarm("a", "true"), alarm("b", "true"))
	if err := r.Publish(alarm("a", "false"), alarm("c", "true")); !errors.Is(err, event.ErrProperties) {
		t.Error(err)
	}
	id := r.subscribe(t, event.Subscription{})
	want := []string{"Initialized MotionAlarm Source=a State=true", "Initialized MotionAlarm Source=b State=true"}
	if diff := cmp.Diff(want, r.pull(t, id, 0, 100)); diff != "" {
		t.Error(diff)
	}
	gone := alarm("b", "")
	gone.Deleted = true
	r.publish(t, gone)
	r.publish(t, alarm("c", "true"))
}

func TestMessagesShowTheCamerasTime(t *testing.T) {
	t.Parallel()
	base := clock.NewManual(time.Date(2026, 3, 4, 5, 6, 7, 89_123_456, time.UTC))
	wall := clock.Skew(base)
	wall.SetOffset(-24 * time.Hour)
	b := event.New(event.Config{Clock: wall, Base: base, Random: seed.New(1).Stream("event")})
	t.Cleanup(b.Close)
	if err := b.Announce(topics()...); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(alarm("a", "true")); err != nil {
		t.Fatal(err)
	}
	base.Advance(time.Minute)
	id, _, err := b.Subscribe(event.Subscription{})
	if err != nil {
		t.Fatal(err)
	}
	earlier := profile("p")
	earlier.Time = time.Date(2026, 1, 1, 1, 0, 0, 0, time.FixedZone("CET", 3600))
	if err := b.Publish(earlier, profile("q")); err != nil {
		t.Fatal(err)
	}
	list, _, err := b.Pull(t.Context(), id, event.Caller{}, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range list {
		got = append(got, n.Time.Format(time.RFC3339Nano))
	}
	// what exists is told as of the subscription
	want := []string{"2026-03-03T05:07:07.089Z", "2026-01-01T00:00:00Z", "2026-03-03T05:07:07.089Z"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestObserverSeesEveryMessageOnce(t *testing.T) {
	t.Parallel()
	var got []string
	b := event.New(event.Config{
		Clock: clock.Real(), Base: clock.Real(), Random: seed.New(1).Stream("event"),
		Observe: func(n *event.Notification) { got = append(got, short(n)) },
	})
	if err := b.Announce(topics()...); err != nil {
		t.Fatal(err)
	}
	for range 3 { // pull points, whose initial messages are theirs alone
		if _, _, err := b.Subscribe(event.Subscription{}); err != nil {
			t.Fatal(err)
		}
		if err := b.Publish(alarm("a", "true"), profile("p")); err != nil {
			t.Fatal(err)
		}
	}
	b.Close()
	want := []string{"Initialized MotionAlarm Source=a State=true", "ProfileChanged Token=p", "ProfileChanged Token=p", "ProfileChanged Token=p"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

package event_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/google/go-cmp/cmp"
)

func TestPullPointEndsWithItsTime(t *testing.T) {
	t.Parallel()
	bubble(t, event.Limits{PullPoints: 1}, func(t *testing.T, r *rig) {
		id, terms, err := r.Subscribe(event.Subscription{By: admin(), Until: in(20 * time.Second)})
		if err != nil {
			t.Fatal(err)
		}
		if d := terms.Termination.Sub(terms.Current); d != 20*time.Second {
			t.Errorf("lives for %v", d)
		}
		if want := r.wall.Now(); !terms.Current.Equal(want) || terms.Current.Location() != time.UTC {
			t.Errorf("now is %v, want %v", terms.Current, want)
		}
		r.pass(20*time.Second - 1)
		if _, _, err := r.Subscribe(event.Subscription{}); !errors.Is(err, event.ErrTooMany) {
			t.Errorf("a second one: %v", err)
		}
		r.pass(1)
		for name, err := range map[string]error{
			"unsubscribe": r.Unsubscribe(id, admin()), "synchronize": r.Synchronize(id, admin()),
		} {
			if !errors.Is(err, event.ErrUnknown) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := r.Renew(id, admin(), in(time.Minute)); !errors.Is(err, event.ErrUnknown) {
			t.Errorf("renew: %v", err)
		}
		r.subscribe(t, event.Subscription{}) // its place is free
	})
}

func TestTerminationTimeIsBounded(t *testing.T) {
	t.Parallel()
	at := func(when time.Time) func(time.Time) time.Time { return func(time.Time) time.Time { return when } }
	bubble(t, event.Limits{Lifetime: time.Hour, MinLifetime: 2 * time.Second, DefaultLifetime: 30 * time.Second}, func(t *testing.T, r *rig) {
		now := r.wall.Now()
		for _, c := range []struct {
			name  string
			until func(time.Time) time.Time
			lives time.Duration // 0: refused
		}{
			{"absolute", at(now.Add(90 * time.Second)), 90 * time.Second},
			{"absolute, of the base clock", at(r.base.Now().Add(time.Second)), 0}, // an hour off
			{"left open", nil, 30 * time.Second},
			{"shortest", in(2 * time.Second), 2 * time.Second},
			{"too short", in(2*time.Second - 1), 0},
			{"nothing", in(0), 0},
			{"over", in(-time.Hour), 0},
			{"longest", in(time.Hour), time.Hour},
			{"too long", in(time.Hour + 1), 0},
			{"for ever", in(1<<63 - 1), 0},
			{"absolute, over", at(time.Unix(0, 0)), 0},
			{"absolute, far", at(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)), 0},
		} {
			id, terms, err := r.Subscribe(event.Subscription{By: admin(), Until: c.until})
			if c.lives > 0 {
				if err != nil || terms.Termination.Sub(terms.Current) != c.lives {
					t.Errorf("%s: %v, %v", c.name, terms, err)
				}
				if err := r.Unsubscribe(id, admin()); err != nil {
					t.Error(err)
				}
				continue
			}
			var bounds *event.TerminationError
			if !errors.As(err, &bounds) {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			// what the error offers is accepted a little later
			r.pass(time.Second)
			for _, offer := range []time.Time{bounds.Minimum, bounds.Maximum} {
				id, _, err := r.Subscribe(event.Subscription{By: admin(), Until: at(offer)})
				if err != nil {
					t.Errorf("%s: offered %v: %v", c.name, offer, err)
				} else if err := r.Unsubscribe(id, admin()); err != nil {
					t.Error(err)
				}
			}
		}
	})
}

func TestRenewSetsTheTerminationTime(t *testing.T) {
	t.Parallel()
	bubble(t, event.Limits{}, func(t *testing.T, r *rig) {
		id := r.subscribe(t, event.Subscription{Until: in(10 * time.Second)})
		for _, d := range []time.Duration{time.Hour, 5 * time.Second, time.Minute} {
			terms, err := r.Renew(id, admin(), in(d))
			if err != nil || terms.Termination.Sub(terms.Current) != d {
				t.Errorf("%v, %v", terms, err)
			}
		}
		var bounds *event.TerminationError
		if _, err := r.Renew(id, admin(), in(25*time.Hour)); !errors.As(err, &bounds) {
			t.Error(err)
		}
		r.pass(time.Minute - 1)
		if err := r.Synchronize(id, admin()); err != nil {
			t.Error("a refused renewal changed the termination time")
		}
		r.pass(1)
		if err := r.Synchronize(id, admin()); !errors.Is(err, event.ErrUnknown) {
			t.Error(err)
		}
	})
}

func TestSettingTheClockDoesNotMoveTheEnd(t *testing.T) {
	t.Parallel()
	bubble(t, event.Limits{}, func(t *testing.T, r *rig) {
		id := r.subscribe(t, event.Subscription{Until: in(time.Minute)})
		r.wall.SetOffset(-20 * 365 * 24 * time.Hour)
		r.pass(10 * time.Second)
		_, terms, err := r.Pull(t.Context(), id, admin(), 0, 1)
		if err != nil || terms.Termination.Sub(terms.Current) != 50*time.Second || !terms.Current.Equal(r.wall.Now()) {
			t.Errorf("%v, %v", terms, err)
		}
		r.wall.SetOffset(20 * 365 * 24 * time.Hour)
		r.pass(50*time.Second - 1)
		if err := r.Synchronize(id, admin()); err != nil {
			t.Error(err)
		}
	})
}

func TestPullPointsAreTheirMakersAndAdministrators(t *testing.T) {
	t.Parallel()
	r := newRig(t, event.Limits{})
	viewer, other, nobody := event.Caller{User: "viewer"}, event.Caller{User: "operator"}, event.Caller{}
	for _, c := range []struct {
		owner, by event.Caller
		may       bool
	}{
		{viewer, viewer, true}, {viewer, admin(), true}, {viewer, other, false}, {viewer, nobody, false},
		{nobody, nobody, true}, {nobody, viewer, false}, {admin(), viewer, false},
		{admin(), event.Caller{User: "root", Administrator: true}, true},
	} {
		id := r.subscribe(t, event.Subscription{By: c.owner})
		if c.owner == nobody { // subscribe fills in the administrator
			var err error
			if id, _, err = r.Subscribe(event.Subscription{}); err != nil {
				t.Fatal(err)
			}
		}
		_, _, pull := r.Pull(t.Context(), id, c.by, 0, 1)
		_, renew := r.Renew(id, c.by, in(time.Minute))
		for i, err := range []error{pull, renew, r.Synchronize(id, c.by), r.Unsubscribe(id, c.by)} {
			if want := event.ErrUnknown; c.may && err != nil || !c.may && !errors.Is(err, want) {
				t.Errorf("%+v by %+v, call %d: %v", c.owner, c.by, i, err)
			}
		}
		for _, p := range r.PullPoints() {
			if err := r.Unsubscribe(p.ID, admin()); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestPullPointsAreCounted(t *testing.T) {
	t.Parallel()
	r := newRig(t, event.Limits{PullPoints: 3})
	seen := map[string]bool{}
	for range 3 {
		id := r.subscribe(t, event.Subscription{})
		if seen[id] || len(id) != 32 {
			t.Errorf("name %q", id)
		}
		seen[id] = true
	}
	if _, _, err := r.Subscribe(event.Subscription{}); !errors.Is(err, event.ErrTooMany) {
		t.Errorf("the fourth: %v", err)
	}
	for id := range seen {
		if err := r.Unsubscribe(id, admin()); err != nil {
			t.Fatal(err)
		}
		break
	}
	r.subscribe(t, event.Subscription{})
}

func TestFullQueueLosesTheOldest(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := event.New(event.Config{
		Clock: clock.Real(), Base: clock.Real(), Random: seed.New(1).Stream("event"),
		Limits: event.Limits{Queue: 3}, Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	r := &rig{Broker: b}
	t.Cleanup(b.Close)
	if err := b.Announce(topics()...); err != nil {
		t.Fatal(err)
	}
	id := r.subscribe(t, event.Subscription{})
	for i := range 3 {
		r.publish(t, profile(fmt.Sprint(i)))
	}
	if n := b.Dropped(); n != 0 {
		t.Errorf("%d dropped from a queue that is just full", n)
	}
	r.publish(t, profile("3"), profile("4"))
	if diff := cmp.Diff([]string{"ProfileChanged Token=2", "ProfileChanged Token=3", "ProfileChanged Token=4"}, r.pull(t, id, 0, 10)); diff != "" {
		t.Error(diff)
	}
	info := b.PullPoints()[0]
	if b.Dropped() != 2 || info.Dropped != 2 || info.Delivered != 3 || info.Waiting != 0 || info.Owner != "admin" || info.ID != id {
		t.Errorf("%d dropped, %+v", b.Dropped(), info)
	}
	if n := strings.Count(log.String(), "drops messages"); n != 1 {
		t.Errorf("said %d times: %s", n, log.String())
	}
}

func TestFiltersAreCounted(t *testing.T) {
	t.Parallel()
	r := newRig(t, event.Limits{Filters: 2})
	f := topicFilter(t, "tns1:Media//.", "tns1:Media//.")
	r.subscribe(t, event.Subscription{Filter: f})
	f.Contents = contentFilter(t, `boolean(//tt:SimpleItem[@Name="a"])`).Contents
	if _, _, err := r.Subscribe(event.Subscription{Filter: f}); !errors.Is(err, event.ErrFilters) {
		t.Error(err)
	}
}

func TestNamesNeedRandomness(t *testing.T) {
	t.Parallel()
	b := event.New(event.Config{Clock: clock.Real(), Base: clock.Real(), Random: strings.NewReader("short")})
	if _, _, err := b.Subscribe(event.Subscription{}); err == nil || len(b.PullPoints()) != 0 {
		t.Error(err)
	}
	// a name that is taken is drawn again
	same := strings.Repeat("0123456789abcdef", 2)
	b = event.New(event.Config{Clock: clock.Real(), Base: clock.Real(), Random: strings.NewReader(same + "another 16 bytes")})
	for range 2 {
		if _, _, err := b.Subscribe(event.Subscription{}); err != nil {
			t.Error(err)
		}
	}
	if n := len(b.PullPoints()); n != 2 {
		t.Errorf("%d pull points", n)
	}
}

func TestClosedBrokerTakesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, event.Limits{})
	r.subscribe(t, event.Subscription{})
	r.Close()
	r.Close()
	if err := r.Publish(profile("p")); !errors.Is(err, event.ErrClosed) {
		t.Error(err)
	}
	if _, _, err := r.Subscribe(event.Subscription{}); !errors.Is(err, event.ErrClosed) {
		t.Error(err)
	}
	if n := len(r.PullPoints()); n != 0 {
		t.Errorf("%d pull points", n)
	}
}

func TestLimitsHaveDefaults(t *testing.T) {
	t.Parallel()
	want := event.Limits{
		PullPoints: 10, Queue: 256, MessageLimit: 100, PullTimeout: 2 * time.Minute, Lifetime: 24 * time.Hour,
		MinLifetime: time.Second, DefaultLifetime: time.Minute, Properties: 4096, Filters: 16, Expression: 4096, ExpressionDepth: 32,
	}
	if diff := cmp.Diff(want, event.Limits{}.WithDefaults()); diff != "" {
		t.Error(diff)
	}
	if got := (event.Limits{Lifetime: 20 * time.Second}).WithDefaults().DefaultLifetime; got != 20*time.Second {
		t.Errorf("left open it would live for %v, longer than it may", got)
	}
}

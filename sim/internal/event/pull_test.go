package event_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/google/go-cmp/cmp"
)

// pulled is how a pull ended, and after what time.
type pulled struct {
	Messages []string
	Err      error
	After    time.Duration
}

// start pulls in a goroutine and waits until it waits.
func (r *rig) start(ctx context.Context, id string, timeout time.Duration) (result func() pulled) {
	begin := r.base.Now()
	var out pulled
	var wg sync.WaitGroup
	wg.Go(func() {
		list, _, err := r.Pull(ctx, id, admin(), timeout, 100)
		for _, n := range list {
			out.Messages = append(out.Messages, short(n))
		}
		out.Err, out.After = err, r.base.Now().Sub(begin)
	})
	synctest.Wait()
	return func() pulled { wg.Wait(); return out }
}

func (r *rig) pass(d time.Duration) { <-r.base.NewTimer(d).C() }

func TestPullAnswersAtOnceWhatWaits(t *testing.T) {
	t.Parallel()
	bubble(t, event.Limits{}, func(t *testing.T, r *rig) {
		id := r.subscribe(t, event.Subscription{})
		r.publish(t, profile("1"), profile("2"), profile("3"))
		begin := r.base.Now()
		if diff := cmp.Diff([]string{"ProfileChanged Token=1", "ProfileChanged Token=2"}, r.pull(t, id, time.Minute, 2)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"ProfileChanged Token=3"}, r.pull(t, id, time.Minute, 2)); diff != "" {
			t.Error(diff)
		}
		if d := r.base.Now().Sub(begin); d != 0 {
			t.Errorf("took %v", d)
		}
	})
}

func TestPullAnswersAsSoonAsSomethingHappens(t *testing.T) {
	t.Parallel()
	bubble(t, event.Limits{}, func(t *testing.T, r *rig) {
		id := r.subscribe(t, event.Subscription{})
		result := r.start(t.Context(), id, time.Minute)
		r.pass(20 * time.Second)
		r.publish(t, profile("1"), profile("2")) // happen together
		synctest.Wait()
		r.publish(t, profile("3")) // is not waited for
		want := pulled{[]string{"ProfileChanged Token=1", "ProfileChanged Token=2"}, nil, 20 * time.Second}
		if diff := cmp.Diff(want, result()); diff != "" {
			t.Error(diff)
		}
		if got := r.pull(t, id, 0, 10); len(got) != 1 {
			t.Errorf("left: %v", got)
		}
	})
}

func TestPullIsEmptyAtItsTimeoutAndNotEarlier(t *testing.T) {
	t.Parallel()
	bubble(t, event.Limits{}, func(t *testing.T, r *rig) {
		id := r.subscribe(t, event.Subscription{Filter: topicFilter(t, "tns1:Monitoring//.")})
		result := r.start(t.Context(), id, time.Minute)
		r.pass(30 * time.Second)
		r.publish(t, profile("not asked for"))
		if diff := cmp.Diff(pulled{After: time.Minute}, result()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(pulled{}, r.start(t.Context(), id, 0)()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMessageLimitNeverIsAnError(t *testing.T) {
	t.Parallel()
	r := newRig(t, event.Limits{MessageLimit: 3})
	id := r.subscribe(t, event.Subscription{})
	for _, c := range []struct{ limit, want int }{{-1, 1}, {0, 1}, {1, 1}, {3, 3}, {4, 3}, {1 << 30, 3}} {
		for range 4 {
			r.publish(t, profile("p"))
		}
		if got := r.pull(t, id, 0, c.limit); len(got) != c.want {
			t.Errorf("limit %d: %d messages, want %d", c.limit, len(got), c.want)
		}
		for len(r.pull(t, id, 0, 100)) > 0 {
		}
	}
}

func TestTimeoutIsBounded(t *testing.T) {
	t.Parallel()
	bubble(t, event.Limits{PullTimeout: 90 * time.Second, MessageLimit: 7}, func(t *testing.T, r *rig) {
		id := r.subscribe(t, event.Subscription{})
		if diff := cmp.Diff(pulled{After: 90 * time.Second}, r.start(t.Context(), id, 90*time.Second)()); diff != "" {
			t.Error(diff)
		}
		r.publish(t, profile("kept"))
		_, _, err := r.Pull(t.Context(), id, admin(), 90*time.Second+1, 1)
		var bound *event.TimeoutError
		if !errors.As(err, &bound) || *bound != (event.TimeoutError{MaxTimeout: 90 * time.Second, MaxMessageLimit: 7}) {
			t.Errorf("%v", err)
		}
		if got := r.pull(t, id, 0, 1); len(got) != 1 {
			t.Error("the refused pull took a message")
		}
	})
}

func TestOnePullAtATime(t *testing.T) {
	t.Parallel()
	bubble(t, event.Limits{}, func(t *testing.T, r *rig) {
		id := r.subscribe(t, event.Subscription{})
		first := r.start(t.Context(), id, time.Minute)
		if _, _, err := r.Pull(t.Context(), id, admin(), time.Minute, 1); !errors.Is(err, event.ErrBusy) {
			t.Errorf("%v", err)
		}
		other := r.subscribe(t, event.Subscription{})
		second := r.start(t.Context(), other, time.Minute)
		r.publish(t, profile("p"))
		want := pulled{Messages: []string{"ProfileChanged Token=p"}}
		if diff := cmp.Diff([]pulled{want, want}, []pulled{first(), second()}); diff != "" {
			t.Error(diff)
		}
		if got := r.pull(t, id, 0, 1); len(got) != 0 {
			t.Error(got)
		}
	})
}

func TestEndOfThePullPointEndsAPull(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*rig, string) error{
		"unsubscribe": func(r *rig, id string) error { return r.Unsubscribe(id, admin()) },
		"close":       func(r *rig, _ string) error { r.Close(); return nil },
	} {
		bubble(t, event.Limits{}, func(t *testing.T, r *rig) {
			id := r.subscribe(t, event.Subscription{})
			result := r.start(t.Context(), id, time.Minute)
			r.pass(time.Second)
			if err := end(r, id); err != nil {
				t.Fatal(err)
			}
			if got := result(); !errors.Is(got.Err, event.ErrUnknown) || got.After != time.Second {
				t.Errorf("%s: %+v", name, got)
			}
			if _, _, err := r.Pull(t.Context(), id, admin(), 0, 1); !errors.Is(err, event.ErrUnknown) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func TestInterruptedPullLosesNothing(t *testing.T) {
	t.Parallel()
	bubble(t, event.Limits{}, func(t *testing.T, r *rig) {
		id := r.subscribe(t, event.Subscription{})
		ctx, cancel := context.WithCancel(t.Context())
		result := r.start(ctx, id, time.Minute)
		r.pass(time.Second)
		cancel()
		if got := result(); !errors.Is(got.Err, event.ErrInterrupted) || !errors.Is(got.Err, context.Canceled) || got.After != time.Second {
			t.Errorf("%+v", got)
		}
		r.publish(t, profile("p"))
		if _, _, err := r.Pull(ctx, id, admin(), time.Minute, 1); !errors.Is(err, event.ErrInterrupted) {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"ProfileChanged Token=p"}, r.pull(t, id, time.Minute, 1)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestEachPullProlongs(t *testing.T) {
	t.Parallel()
	bubble(t, event.Limits{}, func(t *testing.T, r *rig) {
		id := r.subscribe(t, event.Subscription{Until: in(10 * time.Second)})
		result := r.start(t.Context(), id, time.Minute) // longer than it lives
		r.pass(30 * time.Second)
		r.publish(t, profile("p"))
		if got := result(); got.Err != nil || len(got.Messages) != 1 {
			t.Fatalf("%+v", got)
		}
		r.pass(time.Minute - 1)
		_, terms, err := r.Pull(t.Context(), id, admin(), 0, 1)
		if err != nil {
			t.Fatal("ended before the last pull's timeout had passed again")
		}
		if d := terms.Termination.Sub(terms.Current); d < 0 || d > time.Millisecond {
			t.Errorf("lives for %v more", d)
		}
		r.pass(1)
		if _, _, err := r.Pull(t.Context(), id, admin(), 0, 1); !errors.Is(err, event.ErrUnknown) {
			t.Errorf("still there: %v", err)
		}
		// a pull does not shorten
		id = r.subscribe(t, event.Subscription{Until: in(time.Hour)})
		if _, terms, err = r.Pull(t.Context(), id, admin(), time.Second, 1); err != nil || terms.Termination.Sub(terms.Current) != time.Hour-time.Second {
			t.Errorf("%v, %v", terms, err)
		}
	})
}

func TestRenewDuringAPullDoesNotCutItShort(t *testing.T) {
	t.Parallel()
	bubble(t, event.Limits{}, func(t *testing.T, r *rig) {
		id := r.subscribe(t, event.Subscription{})
		result := r.start(t.Context(), id, time.Minute)
		if _, err := r.Renew(id, admin(), in(10*time.Second)); err != nil {
			t.Fatal(err)
		}
		r.pass(30 * time.Second)
		r.publish(t, profile("p"))
		if got := result(); got.Err != nil || len(got.Messages) != 1 {
			t.Errorf("%+v", got)
		}
	})
}

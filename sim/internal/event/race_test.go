package event_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/seed"
)

// TestEveryPullPointGetsEveryMessageInOrder has many publishers, and pullers
// that wait, give up and come back.
func TestEveryPullPointGetsEveryMessageInOrder(t *testing.T) {
	t.Parallel()
	const publishers, each, pullers = 4, 200, 8
	bubble(t, event.Limits{PullPoints: 100, Queue: publishers * each, MessageLimit: 7}, func(t *testing.T, r *rig) {
		var ids []string
		for range pullers {
			ids = append(ids, r.subscribe(t, event.Subscription{Filter: topicFilter(t, "tns1:Media//.")}))
		}
		var wg sync.WaitGroup
		for p := range publishers {
			wg.Go(func() {
				for i := range each {
					if err := r.Publish(profile(fmt.Sprintf("%d-%d", p, i)), alarm("a", fmt.Sprint(p, i))); err != nil {
						t.Error(err)
					}
					if i%50 == 0 {
						r.pass(time.Second)
					}
				}
			})
		}
		for n, id := range ids {
			wg.Go(func() {
				var next [publishers]int
				random := seed.New(uint64(n)).Stream("pull")
				for got := 0; got < publishers*each; {
					timeout := time.Duration(random.IntN(300)) * time.Millisecond
					list, _, err := r.Pull(t.Context(), id, admin(), timeout, 1+random.IntN(10))
					if err != nil {
						t.Error(err)
						return
					}
					for _, m := range list {
						var p, i int
						if _, err := fmt.Sscanf(m.Source[0].Value, "%d-%d", &p, &i); err != nil || next[p] != i {
							t.Errorf("%s where number %d of publisher %d is due", short(m), next[p], p)
						}
						next[p] = i + 1
					}
					got += len(list)
				}
			})
		}
		wg.Wait()
	})
}

// TestCallsFromAllSidesAgree is for the race detector: everything at once, and
// whatever is left ends with Close.
func TestCallsFromAllSidesAgree(t *testing.T) {
	t.Parallel()
	bubble(t, event.Limits{PullPoints: 6, Queue: 4}, func(t *testing.T, r *rig) {
		var wg sync.WaitGroup
		for n := range 8 {
			wg.Go(func() {
				random := seed.New(uint64(n)).Stream("calls")
				for i := range 200 {
					id, _, err := r.Subscribe(event.Subscription{By: admin(), Until: in(time.Duration(1+random.IntN(5)) * time.Second)})
					if err != nil && !errors.Is(err, event.ErrTooMany) {
						t.Error(err)
					}
					r.publish(t, alarm(fmt.Sprint(random.IntN(4)), fmt.Sprint(i)), profile("p"))
					for _, p := range r.PullPoints() {
						if random.IntN(4) == 0 {
							id = p.ID
						}
					}
					_, _, err = r.Pull(t.Context(), id, admin(), time.Duration(random.IntN(2000))*time.Millisecond, 3)
					_, renew := r.Renew(id, admin(), in(2*time.Second))
					for _, err := range []error{err, renew, r.Synchronize(id, admin())} {
						if err != nil && !errors.Is(err, event.ErrUnknown) && !errors.Is(err, event.ErrBusy) {
							t.Error(err)
						}
					}
					if random.IntN(2) == 0 {
						r.Unsubscribe(id, admin()) //nolint:errcheck // it may have ended
					}
				}
			})
		}
		wg.Wait()
		if n := len(r.PullPoints()); n > 6 {
			t.Errorf("%d pull points", n)
		}
		waiting := r.subscribeWhenFree(t)
		result := r.start(t.Context(), waiting, time.Minute)
		r.Close()
		synctest.Wait()
		if got := result(); !errors.Is(got.Err, event.ErrUnknown) {
			t.Errorf("%+v", got)
		}
	})
}

// subscribeWhenFree makes a pull point that gets nothing.
func (r *rig) subscribeWhenFree(t *testing.T) string {
	t.Helper()
	r.pass(time.Minute)
	return r.subscribe(t, event.Subscription{Filter: contentFilter(t, `boolean(//tt:SimpleItem[@Name="`+strings.Repeat("none", 3)+`"])`)})
}

package job_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/job"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// runs notes what ran.
type runs struct {
	mu   sync.Mutex
	done []string
}

func (r *runs) run(_ context.Context, j job.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = append(r.done, j.Name)
}

func (r *runs) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.done
	r.done = nil
	return out
}

func section(t *testing.T, now time.Time, jobs map[string]time.Duration) *job.Section {
	t.Helper()
	s := &job.Section{}
	for name, d := range jobs {
		if err := s.Put(job.Job{Name: name, Due: now.Add(d), What: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestJobsRunWhenTheyAreDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := clock.Real()
		s := job.NewScheduler(c)
		defer s.Close()
		var r runs
		s.Add("cam", job.Timed, r.run)
		s.Set("cam", section(t, c.Now(), map[string]time.Duration{"c": 3 * time.Hour, "a": time.Hour, "b": 2 * time.Hour, "past": -time.Hour}))
		var got []string
		for range 4 {
			synctest.Wait()
			got = append(got, r.take()...)
			<-c.NewTimer(time.Hour).C()
		}
		if diff := cmp.Diff([]string{"past", "a", "b", "c"}, got); diff != "" {
			t.Error(diff)
		}
		if _, ok := s.Next(); ok {
			t.Error("something is still to come")
		}
	})
}

func TestJobRunsOnceForEachDueTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := clock.Real()
		s := job.NewScheduler(c)
		defer s.Close()
		var r runs
		s.Add("cam", job.Timed, r.run)
		sec := section(t, c.Now(), map[string]time.Duration{"a": 0})
		s.Set("cam", sec)
		s.Wait()
		s.Set("cam", sec)
		s.Set("cam", sec.Clone())
		s.Wait()
		if got := r.take(); len(got) != 1 {
			t.Errorf("ran %v", got)
		}
		later := sec.Clone()
		if err := later.Put(job.Job{Name: "a", Due: c.Now().Add(time.Minute), What: "test"}); err != nil {
			t.Fatal(err)
		}
		s.Set("cam", later)
		<-c.NewTimer(2 * time.Minute).C()
		synctest.Wait()
		if got := r.take(); len(got) != 1 {
			t.Errorf("with a new due time: ran %v", got)
		}
	})
}

func TestRemovedJobDoesNotRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := clock.Real()
		s := job.NewScheduler(c)
		defer s.Close()
		var r runs
		s.Add("one", job.Timed, r.run)
		s.Add("two", job.Timed, r.run)
		s.Set("one", section(t, c.Now(), map[string]time.Duration{"a": time.Minute, "b": time.Minute}))
		s.Set("two", section(t, c.Now(), map[string]time.Duration{"c": time.Minute}))
		s.Set("one", section(t, c.Now(), map[string]time.Duration{"b": time.Minute}))
		s.Remove("two")
		s.Set("two", section(t, c.Now(), map[string]time.Duration{"c": 0}))
		<-c.NewTimer(time.Hour).C()
		synctest.Wait()
		if diff := cmp.Diff([]string{"b"}, r.take()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPaceOfACamera(t *testing.T) {
	t.Parallel()
	m := clock.NewManual(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	s := job.NewScheduler(m)
	defer s.Close()
	var instant, manual, timed runs
	s.Add("instant", job.Instant, instant.run)
	s.Add("manual", job.Manual, manual.run)
	s.Add("timed", job.Timed, timed.run)
	for _, cam := range []string{"instant", "manual", "timed"} {
		s.Set(cam, section(t, m.Now(), map[string]time.Duration{"a": time.Hour}))
	}
	s.Wait()
	if diff := cmp.Diff([]string{"a"}, instant.take()); diff != "" {
		t.Error("instant:", diff)
	}
	m.Advance(2 * time.Hour)
	s.Wait()
	if len(timed.take()) != 1 || len(manual.take()) != 0 {
		t.Error("two hours later: want the timed one alone")
	}
	if s.Run("manual", "b") || s.Run("nobody", "a") || !s.Run("manual", "a") || s.Run("manual", "a") {
		t.Error("Run: want true for the waiting job only, once")
	}
	s.Wait()
	if len(manual.take()) != 1 {
		t.Error("the manual one did not run")
	}
}

func TestManyJobsShareFewWorkers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := job.NewScheduler(clock.Real())
		release := make(chan struct{})
		var mu sync.Mutex
		now, most, ran := 0, 0, 0
		jobs := map[string]time.Duration{}
		for i := range 100 {
			jobs[fmt.Sprint(i)] = 0
		}
		s.Add("cam", job.Instant, func(context.Context, job.Job) {
			mu.Lock()
			now, ran = now+1, ran+1
			most = max(most, now)
			mu.Unlock()
			<-release
			mu.Lock()
			now--
			mu.Unlock()
		})
		s.Set("cam", section(t, time.Time{}, jobs))
		synctest.Wait()
		close(release)
		s.Wait()
		if most != job.Workers || ran != 100 {
			t.Errorf("%d ran, %d at a time, want 100 and %d", ran, most, job.Workers)
		}
		s.Close()
	})
}

func TestCloseEndsRunningJobsAndStartsNoMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := job.NewScheduler(clock.Real())
		ran := 0
		s.Add("cam", job.Instant, func(ctx context.Context, _ job.Job) { <-ctx.Done() })
		s.Add("late", job.Timed, func(context.Context, job.Job) { ran++ })
		s.Set("cam", section(t, time.Time{}, map[string]time.Duration{"a": 0}))
		s.Set("late", section(t, clock.Real().Now(), map[string]time.Duration{"a": time.Second}))
		synctest.Wait()
		s.Close()
		s.Set("late", section(t, time.Time{}, map[string]time.Duration{"b": 0}))
		<-clock.Real().NewTimer(time.Minute).C()
		if ran != 0 || s.Run("late", "a") {
			t.Error("a job ran after Close")
		}
	})
}

func TestSectionKeepsNamesInOrder(t *testing.T) {
	t.Parallel()
	s := &job.Section{}
	for _, n := range []string{"b", "a", "c", "a"} {
		if err := s.Put(job.Job{Name: n, What: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Validate(); err != nil || len(s.Jobs) != 3 {
		t.Errorf("%v, %v", s.Jobs, err)
	}
	c := s.Clone()
	if !c.Remove("b") || c.Remove("b") || len(s.Jobs) != 3 {
		t.Error("Remove: want true, then false, and the original as it was")
	}
	if _, ok := s.Job("b"); !ok {
		t.Error("b is gone")
	}
	s.Jobs[0], s.Jobs[1] = s.Jobs[1], s.Jobs[0]
	if s.Validate() == nil {
		t.Error("wrong order is valid")
	}
}

func TestJobsHaveALimit(t *testing.T) {
	t.Parallel()
	s := &job.Section{}
	for i := range job.MaxJobs {
		if err := s.Put(job.Job{Name: fmt.Sprint(i), What: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Put(job.Job{Name: "one more", What: "x"}); !errors.Is(err, job.ErrTooMany) || len(s.Jobs) != job.MaxJobs {
		t.Errorf("one more: %v", err)
	}
	if err := s.Put(job.Job{Name: "0", What: "y"}); err != nil {
		t.Errorf("replacing one: %v", err)
	}
}

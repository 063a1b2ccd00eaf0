package job_test

import (
	"context"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/job"
)

// movedClock moves on once, right after somebody has looked at it.
type movedClock struct {
	*clock.Manual
	by time.Duration
}

func (c *movedClock) Now() time.Time {
	now := c.Manual.Now()
	by := c.by
	c.by = 0
	c.Advance(by)
	return now
}

func TestJobIsNotLateWhenTheClockMovesWhileItIsSet(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, by := range []time.Duration{4 * time.Second, 10 * time.Second, time.Hour} {
		c := &movedClock{clock.NewManual(start), by}
		s := job.NewScheduler(c)
		ran := make(chan string, 1)
		s.Add("cam", job.Timed, func(_ context.Context, j job.Job) { ran <- j.Name })
		s.Set("cam", &job.Section{Jobs: []job.Job{{Name: "a", Due: start.Add(10 * time.Second)}}})
		if rest := 10*time.Second - by; rest > 0 {
			c.Advance(rest)
		}
		s.Wait()
		select {
		case <-ran:
		default:
			t.Errorf("moved by %s: the job has not run when it was due", by)
		}
		s.Close()
	}
}

package camera

import (
	"context"

	"github.com/camfleet/camfleet/sim/internal/job"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc/security"
)

// jobs has the camera's jobs done. They are in its state and belong to no run:
// what a client asked for goes on across a reboot.
type jobs struct {
	scheduler *job.Scheduler // nil: not started
	own       bool
	unwatch   func()
}

// startJobs hands the jobs of the state to the scheduler, now and whenever they
// change.
func (c *Camera) startJobs() error {
	if err := c.failUnfinished(); err != nil {
		return err
	}
	s := c.config.Jobs
	c.jobs.own = s == nil
	if s == nil {
		s = job.NewScheduler(c.config.Clock)
	}
	c.jobs.scheduler = s
	s.Add(c.config.Name, job.Timed, c.work)
	c.jobs.unwatch = c.config.State.Watch(func(before, after *state.Tree) {
		if before.Jobs != after.Jobs {
			s.Set(c.config.Name, after.Jobs)
		}
	})
	s.Set(c.config.Name, c.config.State.View().Jobs)
	return nil
}

// failUnfinished makes keys corrupt that nobody would ever finish.
func (c *Camera) failUnfinished() error {
	now := c.config.State.View()
	planned := func(task string) bool {
		_, ok := now.Jobs.Job(task)
		return ok
	}
	ids := now.Keystore.Unfinished(planned)
	if len(ids) == 0 {
		return nil
	}
	return c.config.State.Update(func(tx *state.Tx) error {
		for _, id := range ids {
			if err := tx.Keystore().FailKey(id); err != nil {
				return err
			}
		}
		return nil
	})
}

// stopJobs lets no further job begin; who waits for c.wg waits for those that
// have.
func (c *Camera) stopJobs() {
	if c.jobs.scheduler == nil {
		return
	}
	c.jobs.unwatch()
	c.jobs.scheduler.Remove(c.config.Name)
	if c.jobs.own {
		c.jobs.scheduler.Close()
	}
}

// work does a job.
func (c *Camera) work(ctx context.Context, j job.Job) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.wg.Add(1)
	c.mu.Unlock()
	defer c.wg.Done()
	switch j.What {
	case keystore.TaskGenerate, keystore.TaskCorrupt:
		random := c.config.Seed.Sub("keys").Stream(keystore.KeyOfTask(j.Name))
		if err := security.FinishKey(ctx, c.config.State, c.vault, random, j); err != nil {
			c.log.Error("a key is not finished", "job", j.Name, "error", err)
		}
	default:
		c.log.Error("nobody knows how to do this job", "job", j.Name, "what", j.What)
	}
}

package job

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
)

// Pace says when the jobs of a camera run.
type Pace uint8

// The paces of a camera.
const (
	Timed   Pace = iota // when they are due
	Instant             // at once, whenever they are due
	Manual              // only when a test says so, with [Scheduler.Run]
)

// Workers is how many jobs run at the same time.
const Workers = 8

// Scheduler runs the jobs of all cameras of a fleet when they are due. It has
// one timer and a few workers, and no goroutine while nothing runs. A job is
// run once for each due time that is set; it is for the job itself to go from
// the section, or to come again with a later due time.
type Scheduler struct {
	clock clock.Clock

	mu     sync.Mutex
	owners map[string]*owner
	heap   entries
	order  uint64
	timer  clock.Timer
	ready  []*entry
	busy   int // workers at work
	idle   sync.Cond
	closed bool
	ctx    context.Context //nolint:containedctx // ends with Close
	cancel context.CancelFunc
}

// owner is one camera.
type owner struct {
	pace Pace
	run  func(context.Context, Job)
	jobs map[string]*entry
}

// entry is a job that is waiting, ready, running or has run.
type entry struct {
	job   Job
	owner *owner
	order uint64
	index int  // in the heap; -1 when not waiting
	gone  bool // removed or replaced: it is not to run any more
}

// NewScheduler returns a scheduler that goes by c.
func NewScheduler(c clock.Clock) *Scheduler {
	s := &Scheduler{clock: c, owners: map[string]*owner{}}
	s.idle.L = &s.mu
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Add makes a camera known. run does a job; it is called by a goroutine of
// the scheduler, ends when its context does, and may call Set.
func (s *Scheduler) Add(name string, p Pace, run func(context.Context, Job)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(name)
	s.owners[name] = &owner{pace: p, run: run, jobs: map[string]*entry{}}
}

// Remove forgets a camera. A job of it may still be running.
func (s *Scheduler) Remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(name)
}

func (s *Scheduler) drop(name string) {
	o := s.owners[name]
	if o == nil {
		return
	}
	for _, e := range o.jobs {
		s.take(e)
	}
	delete(s.owners, name)
}

// Set says what jobs a camera has now, as a watcher of its state sees them.
// Jobs that are the same as before go on waiting, or stay done.
func (s *Scheduler) Set(name string, section *Section) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.owners[name]
	if o == nil || s.closed {
		return
	}
	for id, e := range o.jobs {
		if j, ok := section.Job(id); !ok || j != e.job {
			s.take(e)
			delete(o.jobs, id)
		}
	}
	for _, j := range section.Jobs {
		if o.jobs[j.Name] == nil {
			s.put(o, j)
		}
	}
	s.wake()
}

// Run makes a waiting job of a camera ready at once, whatever the pace; false
// if no job of that name is waiting.
func (s *Scheduler) Run(name, jobName string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.owners[name]
	if o == nil || s.closed {
		return false
	}
	e := o.jobs[jobName]
	if e == nil || e.index < 0 {
		return false
	}
	heap.Remove(&s.heap, e.index)
	s.start(e)
	return true
}

// Wait returns when no job is running or ready.
func (s *Scheduler) Wait() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.busy > 0 {
		s.idle.Wait()
	}
}

// Close ends the context of running jobs and waits for them. Jobs that have
// not begun do not run.
func (s *Scheduler) Close() {
	s.mu.Lock()
	s.closed = true
	s.ready = nil
	if s.timer != nil {
		s.timer.Stop()
	}
	s.mu.Unlock()
	s.cancel()
	s.Wait()
}

func (s *Scheduler) put(o *owner, j Job) {
	s.order++
	e := &entry{job: j, owner: o, order: s.order}
	if o.pace == Instant {
		e.index = -1
		s.start(e)
	} else {
		heap.Push(&s.heap, e)
	}
	o.jobs[j.Name] = e
}

// take makes sure that an entry does not run any more.
func (s *Scheduler) take(e *entry) {
	e.gone = true
	if e.index >= 0 {
		heap.Remove(&s.heap, e.index)
	}
}

// start hands an entry to the workers.
func (s *Scheduler) start(e *entry) {
	s.ready = append(s.ready, e)
	if s.busy < Workers {
		s.busy++
		go s.work()
	}
}

// work runs ready jobs until there is none.
func (s *Scheduler) work() {
	for e := s.next(); e != nil; e = s.next() {
		e.owner.run(s.ctx, e.job)
	}
}

func (s *Scheduler) next() *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.ready) > 0 {
		e := s.ready[0]
		s.ready = s.ready[1:]
		if !e.gone {
			return e
		}
	}
	s.busy--
	if s.busy == 0 {
		s.idle.Broadcast()
	}
	return nil
}

// How late a timer may be set, since a clock goes on meanwhile, and how often it
// is tried: one that runs a thousand times as fast is never exact.
const (
	slack = time.Millisecond
	tries = 8
)

// wake starts what is due and sets the timer for what is next. A clock that is
// moved between the look at it and the timer would make the timer late by as
// much: then it is set anew.
func (s *Scheduler) wake() {
	for range tries {
		if s.timer != nil {
			s.timer.Stop()
			s.timer = nil
		}
		now := s.clock.Now()
		for len(s.heap) > 0 && s.heap[0].due() && !s.heap[0].job.Due.After(now) {
			s.start(heap.Pop(&s.heap).(*entry)) //nolint:forcetypeassert // the heap holds nothing else
		}
		if len(s.heap) == 0 || !s.heap[0].due() {
			return
		}
		s.timer = s.clock.AfterFunc(s.heap[0].job.Due.Sub(now), s.tick)
		if s.clock.Now().Sub(now) < slack {
			return
		}
	}
}

func (s *Scheduler) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.wake()
	}
}

// due tells whether the entry ever becomes due by itself.
func (e *entry) due() bool { return e.owner.pace != Manual }

// Next returns when the next job becomes due by itself; false if none does.
func (s *Scheduler) Next() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.heap) == 0 || !s.heap[0].due() {
		return time.Time{}, false
	}
	return s.heap[0].job.Due, true
}

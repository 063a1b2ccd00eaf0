package clock

import (
	"container/heap"
	"sync"
	"time"
)

// Manual is a clock that stands still until it is told to move.
type Manual struct {
	mu      sync.Mutex
	now     time.Time
	pending timerHeap
	order   uint64
}

// NewManual returns a clock that stands at start.
func NewManual(start time.Time) *Manual { return &Manual{now: start.UTC()} }

// Now returns the instant the clock stands at.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Advance moves the clock by d and sets off every timer due on the way, in
// order of their due times. Functions of AfterFunc run before Advance returns.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	end := m.now.Add(d)
	for len(m.pending) > 0 && !m.pending[0].due.After(end) {
		t := heap.Pop(&m.pending).(*manualTimer)
		m.now = t.due
		if t.f == nil {
			select {
			case t.c <- t.due:
			default:
			}
			continue
		}
		m.mu.Unlock()
		t.f()
		m.mu.Lock()
	}
	m.now = end
	m.mu.Unlock()
}

// NewTimer returns a timer that goes off when Advance has moved the clock by d.
func (m *Manual) NewTimer(d time.Duration) Timer {
	return m.add(d, &manualTimer{clock: m, c: make(chan time.Time, 1), index: -1})
}

// AfterFunc calls f from the Advance that moves the clock by d.
func (m *Manual) AfterFunc(d time.Duration, f func()) Timer {
	return m.add(d, &manualTimer{clock: m, f: f, index: -1})
}

func (m *Manual) add(d time.Duration, t *manualTimer) Timer {
	t.Reset(d)
	return t
}

type manualTimer struct {
	clock *Manual
	due   time.Time
	order uint64
	c     chan time.Time
	f     func()
	index int // place in the heap; -1 when not pending
}

func (t *manualTimer) C() <-chan time.Time { return t.c }

func (t *manualTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	return t.remove()
}

func (t *manualTimer) Reset(d time.Duration) bool {
	m := t.clock
	m.mu.Lock()
	defer m.mu.Unlock()
	was := t.remove()
	m.order++
	t.due, t.order = m.now.Add(d), m.order
	if d <= 0 && t.f == nil {
		select {
		case t.c <- m.now:
		default:
		}
		return was
	}
	heap.Push(&m.pending, t)
	return was
}

func (t *manualTimer) remove() bool {
	if t.index < 0 {
		return false
	}
	heap.Remove(&t.clock.pending, t.index)
	return true
}

// timerHeap orders timers by due time, then by the order they were set.
type timerHeap []*manualTimer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	if h[i].due.Equal(h[j].due) {
		return h[i].order < h[j].order
	}
	return h[i].due.Before(h[j].due)
}
func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *timerHeap) Push(x any) {
	t := x.(*manualTimer)
	t.index = len(*h)
	*h = append(*h, t)
}
func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.index = -1
	return t
}

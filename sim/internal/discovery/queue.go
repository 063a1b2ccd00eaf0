package discovery

import (
	"container/heap"
	"time"
)

// job is one message to be sent.
type job struct {
	due     time.Time
	order   uint64 // of equal due times
	conn    Conn
	path    Path
	render  func() []byte // called once, when it is due; nil: nothing to say any more
	data    []byte        // as rendered
	repeats int           // still to be sent after this
	gap     time.Duration // until the next repeat
}

// queue holds jobs by due time. It is not safe for concurrent use.
type queue struct {
	jobs  []*job
	order uint64
	limit int
}

// push adds a job; false if the queue is full. Repeats only use half of it.
func (q *queue) push(j *job) bool {
	if len(q.jobs) >= q.limit || j.data != nil && len(q.jobs) >= (q.limit+1)/2 {
		return false
	}
	q.order++
	j.order = q.order
	heap.Push((*jobHeap)(&q.jobs), j)
	return true
}

// next returns the job due first, nil if there is none.
func (q *queue) next() *job {
	if len(q.jobs) == 0 {
		return nil
	}
	return q.jobs[0]
}

func (q *queue) pop() *job { return heap.Pop((*jobHeap)(&q.jobs)).(*job) }

type jobHeap []*job

func (h jobHeap) Len() int { return len(h) }
func (h jobHeap) Less(i, j int) bool {
	if h[i].due.Equal(h[j].due) {
		return h[i].order < h[j].order
	}
	return h[i].due.Before(h[j].due)
}
func (h jobHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *jobHeap) Push(x any)   { *h = append(*h, x.(*job)) }
func (h *jobHeap) Pop() any {
	old := *h
	j := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return j
}

// bucket lets things through at a rate, and a burst at once.
type bucket struct {
	tokens float64
	at     time.Time
}

// take takes a token if there is one; else it returns how long until there is.
func (b *bucket) take(now time.Time, rate float64, burst int) (wait time.Duration, ok bool) {
	b.fill(now, rate, burst)
	if b.tokens >= 1 {
		b.tokens--
		return 0, true
	}
	return max(time.Microsecond, time.Duration((1-b.tokens)/rate*float64(time.Second))), false
}

func (b *bucket) fill(now time.Time, rate float64, burst int) {
	if b.at.IsZero() {
		b.tokens = float64(burst)
	} else if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(float64(burst), b.tokens+passed.Seconds()*rate)
	}
	b.at = now
}

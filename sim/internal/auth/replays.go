package auth

import (
	"container/heap"
	"math"
	"sync"
	"time"
)

// replays remembers the nonces of right UsernameTokens for as long as the
// tokens could come again.
//
// When there are too many, the oldest is forgotten and timed tokens as old as
// it are refused from then on: under load the window of Created narrows, and
// still no token works twice. An untimed token (Created is not looked at) can
// come again once it is forgotten. Setting the clock back by more than the
// window forgets everything, lest tokens of a time to come shut out those of
// the present.
type replays struct {
	most int

	mu    sync.Mutex
	known map[[16]byte]struct{} // nil until the first
	queue replayQueue
	floor int64 // timed tokens created at or before it are refused
	last  int64 // when add was called last
}

// replay is one nonce and the time that decides when it is forgotten. All
// times are Unix milliseconds.
type replay struct {
	created int64
	key     [16]byte
}

// add notes a nonce and reports whether it is new.
func (r *replays) add(key [16]byte, created, now time.Time, window time.Duration, timed bool) bool {
	at, ms, w := created.UnixMilli(), now.UnixMilli(), window.Milliseconds()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || ms < r.last-w {
		r.known, r.queue, r.floor = make(map[[16]byte]struct{}), nil, math.MinInt64
	}
	r.last = ms
	for len(r.queue) > 0 && r.queue[0].created < ms-w {
		r.drop()
	}
	if _, again := r.known[key]; again || timed && at <= r.floor {
		return false
	}
	r.known[key] = struct{}{}
	heap.Push(&r.queue, replay{created: at, key: key})
	if len(r.queue) > r.most {
		r.floor = max(r.floor, r.drop())
	}
	return true
}

// drop forgets the oldest nonce and returns when it was created.
func (r *replays) drop() int64 {
	oldest := heap.Pop(&r.queue).(replay)
	delete(r.known, oldest.key)
	return oldest.created
}

// replayQueue is a heap, the oldest nonce first.
type replayQueue []replay

func (q replayQueue) Len() int           { return len(q) }
func (q replayQueue) Less(i, j int) bool { return q[i].created < q[j].created }
func (q replayQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *replayQueue) Push(x any)        { *q = append(*q, x.(replay)) }
func (q *replayQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

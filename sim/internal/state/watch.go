package state

import "sync"

// change is one step from a tree to the next.
type change struct{ before, after *Tree }

// Watch calls f for every change from now on, in order of versions, one at a
// time, on a goroutine of its own and without any lock: f may read the state,
// change it and take its time. No change is left out. After cancel no call
// begins, though one may still be running.
func (c *Camera) Watch(f func(before, after *Tree)) (cancel func()) {
	w := &watcher{f: f}
	w.idle.L = &w.mu
	c.mu.Lock()
	defer c.mu.Unlock()
	// The list is replaced, so that Close may walk the one it took.
	c.watchers = append(append([]*watcher(nil), c.watchers...), w)
	return func() { c.unwatch(w) }
}

func (c *Camera) unwatch(w *watcher) {
	w.stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	var rest []*watcher
	for _, o := range c.watchers {
		if o != w {
			rest = append(rest, o)
		}
	}
	c.watchers = rest
}

// watcher has a queue and, while there is something in it, a goroutine.
type watcher struct {
	f func(before, after *Tree)

	mu      sync.Mutex
	idle    sync.Cond // signalled when running becomes false
	queue   []change
	running bool
	stopped bool
}

func (w *watcher) put(c change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	w.queue = append(w.queue, c)
	if !w.running {
		w.running = true
		go w.drain()
	}
}

// drain delivers until the queue is empty.
func (w *watcher) drain() {
	for {
		c, ok := w.next()
		if !ok {
			return
		}
		w.f(c.before, c.after)
	}
}

// next takes the oldest change; without one the watcher becomes idle.
func (w *watcher) next() (change, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 || w.stopped {
		w.queue, w.running = nil, false
		w.idle.Broadcast()
		return change{}, false
	}
	c := w.queue[0]
	w.queue[0] = change{}
	w.queue = w.queue[1:]
	return c, true
}

func (w *watcher) behind() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queue)
}

func (w *watcher) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
}

// wait returns when everything is delivered.
func (w *watcher) wait() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.running {
		w.idle.Wait()
	}
}

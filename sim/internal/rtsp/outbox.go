package rtsp

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
)

// piece is how much of a backlog is given to a connection at once, in bytes:
// a connection that takes not even that within the write timeout is dead.
const piece = 64 << 10

// controlRoom is how far answers may go beyond the queue's limit, in bytes, on
// a connection whose client sends requests and reads nothing.
const controlRoom = 256 << 10

// seiRoom is how far the SEIs of access units that are dropped may go beyond the
// queue's limit, in bytes.
const seiRoom = 64 << 10

var errNotReading = errors.New("the client does not read its answers")

// outbox is a connection whose writes never block. What the socket does not
// take at once waits in a queue that a goroutine empties; the goroutine exists
// only while there is a queue.
//
// TLS writes into an outbox record by record. Between hold and release the
// records of one access unit are collected and leave in one write; those of
// several streams that do so at the same time leave together.
type outbox struct {
	net.Conn
	clock clock.Clock
	limit int           // bytes the queue may hold
	stall time.Duration // without progress ends the connection
	try   *tryWriter    // nil: the connection cannot write without blocking
	pool  *sync.Pool    // of *[]byte, shared by the connections of a camera

	mu       sync.Mutex
	queue    [][]byte
	backlog  int     // bytes in the queue
	held     *[]byte // collected since hold; nil otherwise
	holders  int     // that have not released yet
	draining bool
	closing  bool // close when the queue is empty
	err      error
	dead     chan struct{} // closed with the connection
	wg       sync.WaitGroup
}

func newOutbox(nc net.Conn, c clock.Clock, l Limits, pool *sync.Pool) *outbox {
	return &outbox{
		Conn: nc, clock: c, limit: l.QueueBytes, stall: l.WriteTimeout,
		try: newTryWriter(nc), pool: pool, dead: make(chan struct{}),
	}
}

// newPool returns a pool of buffers for what outboxes hold.
func newPool() *sync.Pool {
	return &sync.Pool{New: func() any { return new([]byte) }}
}

// room reports whether n more bytes fit into the queue.
func (o *outbox) room(n int) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.backlog == 0 || o.backlog+n <= o.limit
}

// Write takes b without blocking and does not keep it.
func (o *outbox) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return 0, o.err
	}
	if o.backlog > o.limit+controlRoom {
		o.fail(errNotReading)
		return 0, o.err
	}
	if o.held != nil {
		*o.held = append(*o.held, b...)
		return len(b), nil
	}
	if rest := o.direct(b); len(rest) > 0 {
		o.push(append([]byte(nil), rest...))
	}
	return len(b), o.err
}

// send takes b without blocking and may keep it: nobody changes b any more.
func (o *outbox) send(b []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return o.err
	}
	if rest := o.direct(b); len(rest) > 0 {
		o.push(rest)
	}
	return o.err
}

// hold makes the writes up to release leave together.
func (o *outbox) hold() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.holders++
	if o.err == nil && o.held == nil {
		o.held = o.pool.Get().(*[]byte)
	}
}

// release sends what was collected since hold, once nobody holds it any more.
func (o *outbox) release() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.holders--
	if o.held == nil || o.holders > 0 {
		return
	}
	held := o.held
	o.held = nil
	if rest := o.direct(*held); len(rest) > 0 {
		o.push(rest)
		return // the queue has the buffer now
	}
	*held = (*held)[:0]
	o.pool.Put(held)
}

// direct gives b to the socket if nothing waits, and returns what it left.
func (o *outbox) direct(b []byte) []byte {
	if o.try == nil || o.backlog > 0 || o.draining || len(b) == 0 {
		return b
	}
	n, err := o.try.write(b)
	if err != nil {
		o.fail(err)
		return nil
	}
	return b[n:]
}

// push queues b and sees to it that somebody empties the queue.
func (o *outbox) push(b []byte) {
	o.queue = append(o.queue, b)
	o.backlog += len(b)
	if !o.draining {
		o.draining = true
		o.wg.Add(1)
		go o.drain()
	}
}

// drain writes the queue until it is empty.
func (o *outbox) drain() {
	defer o.wg.Done()
	watch := o.clock.AfterFunc(o.stall, func() { o.Close() }) //nolint:errcheck // it is given up
	defer watch.Stop()
	for {
		b := o.first()
		if b == nil {
			return
		}
		for len(b) > 0 {
			n, err := o.Conn.Write(b[:min(len(b), piece)])
			b = b[n:]
			o.took(n, err)
			if err != nil {
				break
			}
			watch.Reset(o.stall)
		}
	}
}

// first returns the oldest piece of the queue, nil if there is nothing to do.
func (o *outbox) first() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil || len(o.queue) == 0 {
		o.draining = false
		if o.closing {
			o.fail(net.ErrClosed)
		}
		return nil
	}
	b := o.queue[0]
	o.queue[0] = nil
	o.queue = o.queue[1:]
	return b
}

// took notes that the connection took n bytes of the queue.
func (o *outbox) took(n int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.backlog -= n
	if err != nil {
		o.fail(err)
	}
}

// fail ends the connection; the mutex is held.
func (o *outbox) fail(err error) {
	if o.err != nil {
		return
	}
	o.err, o.held = err, nil
	o.queue, o.backlog = nil, 0
	o.Conn.Close() //nolint:errcheck // it is given up
	close(o.dead)
}

// Close ends the connection at once.
func (o *outbox) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fail(net.ErrClosed)
	return nil
}

// shut ends the connection once the queue is empty.
func (o *outbox) shut() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closing = true
	if !o.draining {
		o.fail(net.ErrClosed)
	}
}

// CloseWrite ends the sending direction if the connection has two and nothing
// waits.
func (o *outbox) CloseWrite() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	half, ok := o.Conn.(interface{ CloseWrite() error })
	if !ok || o.draining {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// wait waits for the goroutine of a closed outbox.
func (o *outbox) wait() { o.wg.Wait() }

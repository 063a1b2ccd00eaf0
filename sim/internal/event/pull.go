package event

import (
	"context"
	"fmt"
	"time"
)

// Pull returns messages of the pull point, the oldest first, up to limit and
// to the broker's own limit. If none wait it blocks until one comes, or for
// timeout and then returns none. Afterwards the pull point lives for at least
// timeout more. Core 9.1.2.
//
// A timeout beyond the broker's is a [*TimeoutError]; a limit never is an
// error. While a pull waits, others are [ErrBusy]. If ctx ends first, no
// message is lost.
func (b *Broker) Pull(ctx context.Context, id string, by Caller, timeout time.Duration, limit int) ([]*Notification, Terms, error) {
	p, wake, err := b.beginPull(id, by, timeout)
	if err != nil {
		return nil, Terms{}, err
	}
	if wake != nil {
		timer := b.config.Base.NewTimer(timeout)
		defer timer.Stop()
		select {
		case <-wake:
		case <-timer.C():
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", ErrInterrupted, context.Cause(ctx))
	}
	return b.endPull(p, timeout, limit, err)
}

// beginPull reserves the pull point; wake is nil if messages wait.
func (b *Broker) beginPull(id string, by Caller, timeout time.Duration) (_ *pullPoint, wake <-chan struct{}, _ error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.find(id, by)
	if err != nil {
		return nil, nil, err
	}
	if timeout > b.limits.PullTimeout {
		return nil, nil, &TimeoutError{MaxTimeout: b.limits.PullTimeout, MaxMessageLimit: b.limits.MessageLimit}
	}
	if p.pulling {
		return nil, nil, ErrBusy
	}
	p.pulling = true
	if len(p.queue) == 0 {
		p.wake = make(chan struct{})
	}
	return p, p.wake, nil
}

// endPull takes the messages out, unless the pull failed.
func (b *Broker) endPull(p *pullPoint, timeout time.Duration, limit int, failed error) ([]*Notification, Terms, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.pulling, p.wake = false, nil
	base, wall := b.config.Base.Now(), b.config.Clock.Now()
	if until := base.Add(timeout); until.After(p.expires) {
		p.expires = until
	}
	switch {
	case p.ended:
		return nil, Terms{}, ErrUnknown
	case failed != nil:
		return nil, Terms{}, failed
	}
	n := min(max(limit, 1), b.limits.MessageLimit, len(p.queue))
	out := make([]*Notification, n)
	copy(out, p.queue)
	clear(p.queue[:n])
	p.queue = p.queue[n:]
	p.delivered += uint64(n)
	return out, p.terms(base, wall), nil
}

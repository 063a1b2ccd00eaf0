package discovery

import (
	"errors"
	"net"
	"time"
)

// The gap before a repeat (SOAP-over-UDP 1.0 appendix I): a random time of the
// first range, then doubled up to the last.
const (
	repeatLeast = 50 * time.Millisecond
	repeatMost  = 250 * time.Millisecond
	repeatUpper = 500 * time.Millisecond
)

// readPause is how long a reader rests after an error of its connection.
const readPause = 100 * time.Millisecond

// read answers what comes in on a connection, until it is closed.
func (s *Server) read(c Conn) {
	buf := make([]byte, s.cfg.Limits.DatagramBytes+1)
	for {
		n, path, err := c.Read(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.complain("discovery cannot read", err)
			if !s.pause(readPause) {
				return
			}
			continue
		}
		s.handle(c, path, buf[:n])
	}
}

// pause waits; false if the server was closed meanwhile.
func (s *Server) pause(d time.Duration) bool {
	t := s.cfg.Clock.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C():
		return true
	case <-s.done:
		return false
	}
}

// handle answers one datagram. What is no question is passed over in silence.
func (s *Server) handle(c Conn, path Path, data []byte) {
	if !unicast(path.Peer) {
		return
	}
	r, err := parse(data, s.cfg.Limits)
	if err != nil {
		s.cfg.Log.Debug("discovery: passed over", "peer", path.Peer.String(), "why", err)
		return
	}
	s.stats.questions.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Clock.Now()
	switch {
	case s.closed:
		return
	case s.guard.repeated(path.Peer.Addr(), r.id, now):
		s.stats.repeated.Add(1)
		return
	case !s.guard.allows(path.Peer.Addr(), now):
		s.stats.refused.Add(1)
		return
	}
	if r.probe != nil && !r.probe.known() {
		s.fault(c, path, r)
		return
	}
	for _, d := range s.devices {
		s.answer(c, path, r, d)
	}
}

// answer queues a device's answer if the question is for it.
func (s *Server) answer(c Conn, path Path, r *request, d *Device) {
	now := d.current.Load()
	kind := "Probe"
	switch {
	case now.Hidden:
		return
	case r.probe == nil:
		if kind = "Resolve"; r.resolve != now.Address {
			return
		}
	case !r.probe.matches(now.Types, now.scopes):
		return
	}
	back := Path{Peer: path.Peer, Local: path.Local, Interface: path.Interface}
	s.enqueue(&job{conn: c, path: back, render: func() []byte {
		now := d.current.Load()
		if now.Hidden {
			return nil
		}
		xaddrs := now.XAddrs(path)
		if len(xaddrs) == 0 {
			return nil
		}
		h := s.header(d, r.id)
		h.to = r.replyTo
		return match(h, kind, &now.Target, xaddrs)
	}}, path.Multicast)
}

// fault tells a single asker that the matching rule is not known; a multicast
// gets no answer (WS-Discovery 5.3). One answer stands for all cameras there.
func (s *Server) fault(c Conn, path Path, r *request) {
	if path.Multicast {
		return
	}
	for _, d := range s.devices {
		if now := d.current.Load(); !now.Hidden && len(now.XAddrs(path)) > 0 {
			back := Path{Peer: path.Peer, Local: path.Local, Interface: path.Interface}
			s.enqueue(&job{conn: c, path: back, render: func() []byte {
				h := s.header(d, r.id)
				h.to = r.replyTo
				return ruleFault(h)
			}}, false)
			return
		}
	}
}

// enqueue puts a job into the queue, due after a random delay if spread is set.
// The caller holds mu.
func (s *Server) enqueue(j *job, spread bool) {
	j.due = s.cfg.Clock.Now()
	if spread {
		j.due = j.due.Add(time.Duration(s.cfg.Random.Float64() * float64(s.cfg.Limits.MaxDelay)))
	}
	j.repeats = s.cfg.Limits.Repeats
	j.gap = repeatLeast + time.Duration(s.cfg.Random.Float64()*float64(repeatMost-repeatLeast))
	if !s.queue.push(j) {
		s.stats.dropped.Add(1)
		return
	}
	s.poke()
}

// poke makes the sender look at the queue again.
func (s *Server) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// send sends what is due, at the pace of the limits, until Close.
func (s *Server) send() {
	defer close(s.done)
	var pace bucket
	timer := s.cfg.Clock.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		j, wait, ok := s.due(&pace)
		switch {
		case !ok:
			return
		case j != nil:
			s.deliver(j)
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C():
		case <-s.wake:
		}
	}
}

// due returns the job to send now, or how long to wait for one; false when the
// server is closed and has said everything, or may take no longer.
func (s *Server) due(pace *bucket) (_ *job, wait time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		now, next := s.cfg.Clock.Now(), s.queue.next()
		switch {
		case s.closed && (next == nil || !now.Before(s.leave)):
			s.stats.dropped.Add(uint64(len(s.queue.jobs)))
			return nil, 0, false
		case next == nil:
			return nil, time.Hour, true
		case now.Before(next.due):
			return nil, next.due.Sub(now), true
		case now.Sub(next.due) > s.cfg.Limits.Patience:
			s.queue.pop()
			s.stats.dropped.Add(1)
			continue
		}
		if s.closed {
			return s.queue.pop(), 0, true
		}
		if wait, ok := pace.take(now, s.cfg.Limits.Rate, s.cfg.Limits.Burst); !ok {
			return nil, wait, true
		}
		return s.queue.pop(), 0, true
	}
}

// deliver sends a job and queues its repeat.
func (s *Server) deliver(j *job) {
	if j.data == nil {
		if j.data = j.render(); j.data == nil {
			return
		}
	}
	if err := j.conn.Write(j.data, j.path); err != nil {
		s.stats.failed.Add(1)
		s.complain("discovery cannot send", err)
		return
	}
	s.stats.sent.Add(1)
	if j.repeats == 0 {
		return
	}
	again := *j
	again.repeats--
	again.due, again.gap = s.cfg.Clock.Now().Add(j.gap), min(2*j.gap, repeatUpper)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.queue.push(&again) {
		s.stats.dropped.Add(1)
	}
}

// complain logs an error of the network, but not every time.
func (s *Server) complain(what string, err error) {
	s.mu.Lock()
	now := s.cfg.Clock.Now()
	last, said := s.complaint[what]
	quiet := said && now.Sub(last) < s.cfg.Limits.LogEvery
	if !quiet {
		s.complaint[what] = now
	}
	s.mu.Unlock()
	if !quiet {
		s.cfg.Log.Warn(what, "err", err)
	}
}

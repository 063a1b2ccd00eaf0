package rtsp

import (
	"time"

	"github.com/camfleet/camfleet/streams"
)

// run codes pictures and hands them out until there is no reader left.
func (s *Stream) run() {
	defer s.wg.Done()
	timer := s.config.Clock.NewTimer(time.Hour)
	defer timer.Stop()
	n := s.frameAt(s.config.Clock.Now())
	for s.watched() {
		if !s.picture(n) {
			continue // the readers are gone
		}
		n = max(n+1, s.frameAt(s.config.Clock.Now()))
		s.pause(timer, s.instant(n))
	}
}

// pause waits for an instant, or until nobody watches.
func (s *Stream) pause(timer interface {
	C() <-chan time.Time
	Reset(time.Duration) bool
}, until time.Time) {
	d := until.Sub(s.config.Clock.Now())
	if d <= 0 {
		return
	}
	timer.Reset(d)
	for {
		select {
		case <-timer.C():
			return
		case <-s.wake:
			if s.rests() {
				return
			}
		}
	}
}

// rests reports whether there is no reader.
func (s *Stream) rests() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.readers) == 0
}

// watched reports whether there is a reader. If not, the goroutine is over and
// the source released when it returns.
func (s *Stream) watched() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.readers) > 0 {
		return true
	}
	if r, ok := s.config.Source.(Releaser); ok {
		r.Release()
	}
	s.running = false
	clear(s.batches)
	return false
}

// keyDue reports whether the next picture is to be a key frame.
func (s *Stream) keyDue(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastKey.IsZero() || s.wantKey && now.Sub(s.lastKey) >= s.config.KeyInterval
}

// picture codes frame n and sends it. If that fails, the stream ends for its
// readers and the answer is false.
func (s *Stream) picture(n int64) bool {
	at := s.instant(n)
	au, err := s.config.Source.Next(uint32(n), s.wall(at), s.keyDue(s.config.Clock.Now()))
	if err == nil {
		err = s.sendAll(au, at)
	}
	if err == nil {
		return true
	}
	s.log.Error("stream ends: no picture", "stream", s.config.Name, "frame", n, "error", err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts.Failures++
	for r := range s.readers {
		s.remove(r, err)
	}
	return false
}

// sendAll sends an access unit, or what the seam makes of it.
func (s *Stream) sendAll(au *streams.AccessUnit, at time.Time) error {
	if s.config.Seam == nil {
		return s.send(au, at)
	}
	units := s.config.Seam(au)
	for i, u := range units {
		share := time.Second / time.Duration(s.format.FPS*len(units))
		if err := s.send(u, at.Add(time.Duration(i)*share)); err != nil {
			return err
		}
	}
	return nil
}

// send packs an access unit and hands it to the readers.
func (s *Stream) send(au *streams.AccessUnit, at time.Time) error {
	timestamp := s.timeline.At(at)
	s.mu.Lock()
	defer s.mu.Unlock()
	first := start{sequence: s.packer.Sequence(), timestamp: timestamp, wall: s.wall(at)}
	packets, err := s.packer.Pack(au, timestamp)
	if err != nil {
		return err
	}
	u := newUnit(packets, au.Key)
	now := s.config.Clock.Now()
	if au.Key {
		s.wantKey, s.lastKey = false, now
		s.counts.KeyFrames++
	}
	due := now.Sub(s.reported) >= s.config.ReportInterval
	if due {
		s.reported = now
	}
	s.counts.Frames++
	s.counts.Packets += uint64(len(packets))
	s.counts.Octets += uint64(u.payload)
	s.handOut(u, first, now, due)
	return nil
}

// again is when a reader gets its second sender report. The first may overtake
// the packets it came with, and clients drop a report from a source they have
// not heard of (gortsplib does): they are not to wait a whole interval.
const again = time.Second

// handOut sends a unit to all readers, and sender reports after it: to all if
// due, else to those that begin or began a second ago. The mutex is held.
func (s *Stream) handOut(u *unit, first start, now time.Time, due bool) {
	var reports []*reader
	for r := range s.readers {
		if s.deliver(r, u, first) {
			r.again = now.Add(again)
			reports = append(reports, r)
			continue
		}
		second := !r.again.IsZero() && !now.Before(r.again)
		if second {
			r.again = time.Time{}
		}
		if r.begun && (due || second) {
			reports = append(reports, r)
		}
	}
	for pair, b := range s.batches {
		if len(b.messages) == 0 {
			delete(s.batches, pair) // nobody is left there
			continue
		}
		b.flush()
	}
	for _, r := range reports {
		s.report(r, false)
	}
}

// deliver gives one reader a unit, begins with it if it is the first one that
// can be decoded, or drops it if the reader is behind; the mutex is held. It
// reports whether the reader begins.
func (s *Stream) deliver(r *reader, u *unit, first start) (begins bool) {
	if !r.begun {
		if !u.key {
			return false
		}
		begins, r.begun = true, true
		r.begin(first)
	}
	if r.behind && !u.key || !r.sink.unit(s, r, u) {
		r.drop(u)
		r.keepSEIs(s, u)
		return begins
	}
	r.behind = false
	r.took(u)
	return begins
}

// report sends a reader a sender report, with a BYE if the stream ends for it;
// the mutex is held.
func (s *Stream) report(r *reader, bye bool) {
	now := s.config.Clock.Now()
	b, err := senderReport{
		ssrc: s.ssrc, wall: s.wall(now), timestamp: s.timeline.At(now),
		packets: uint32(s.counts.Packets), octets: uint32(s.counts.Octets), cname: s.config.CNAME,
	}.bytes(bye)
	if err != nil {
		s.log.Error("no sender report", "stream", s.config.Name, "error", err)
		return
	}
	r.sink.rtcp(b)
}

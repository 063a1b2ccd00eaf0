package discovery

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/seed"
)

func mustAddrPort(t *testing.T, text string) netip.AddrPort {
	t.Helper()
	a, err := netip.ParseAddrPort(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// between returns the text between two others.
func between(text, before, after string) string {
	_, rest, _ := strings.Cut(text, before)
	rest, _, _ = strings.Cut(rest, after)
	return rest
}

// settleShort lets the answers of one question go out.
func settleShort() {
	time.Sleep(2 * time.Second)
	synctest.Wait()
}

func TestThousandCamerasAnswerOneProbe(t *testing.T) {
	t.Parallel()
	start(t, DefaultLimits(), func(t *testing.T, s *Server, w *wire) {
		for n := range 1000 {
			s.Add(target(n))
		}
		settle()
		w.take()
		begin := time.Now()
		w.ask(asker(1), probeOf("urn:uuid:1", "dn:NetworkVideoTransmitter", "", "onvif://www.onvif.org/Profile/T"))
		settle()
		cameras, messages := map[string]bool{}, map[string]bool{}
		var last time.Time
		second := map[int64]int{}
		for _, d := range w.take() {
			cameras[between(string(d.data), "<wsa:Address>", "<")] = true
			id := between(string(d.data), "<wsa:MessageID>", "<")
			if !messages[id] {
				last = d.at
			}
			messages[id] = true
			second[int64(d.at.Sub(begin)/time.Second)]++
		}
		if len(cameras) != 1000 || len(messages) != 1000 {
			t.Errorf("%d cameras answered with %d messages", len(cameras), len(messages))
		}
		if took := last.Sub(begin); took > 1200*time.Millisecond {
			t.Errorf("the last camera answered after %v", took)
		}
		for sec, n := range second {
			if n > 2016 {
				t.Errorf("%d messages in second %d, want at most 2000 and a burst", n, sec)
			}
		}
		if got := s.Stats(); got.Dropped != 0 || got.Failed != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestAskerIsAnsweredOnlySoOften(t *testing.T) {
	t.Parallel()
	l := DefaultLimits()
	l.PeerBurst, l.PeerRate = 3, 1
	start(t, l, func(t *testing.T, s *Server, w *wire) {
		s.Add(target(1))
		settle()
		w.take()
		for i := range 4 {
			w.ask(asker(1), probeOf(fmt.Sprintf("urn:uuid:%d", i), "", "", ""))
		}
		w.ask(asker(2), probeOf("urn:uuid:0", "", "", ""))
		settleShort()
		if got := len(kinds(t, w.take())); got != 4 { // 3 of the first, 1 of the second asker
			t.Errorf("%d answers, want 4", got)
		}
		if got := s.Stats(); got.Refused != 1 || got.Questions != 5 {
			t.Errorf("%+v", got)
		}
		w.ask(asker(1), probeOf("urn:uuid:9", "", "", ""))
		settleShort()
		if got := len(kinds(t, w.take())); got != 1 {
			t.Errorf("%d answers after a rest, want 1", got)
		}
	})
}

func TestQueueHoldsItsLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ cameras, sent, dropped int }{{8, 8, 0}, {9, 8, 1}} {
		l := DefaultLimits()
		l.Queue, l.Repeats = 8, 0
		start(t, l, func(t *testing.T, s *Server, w *wire) {
			for n := range c.cameras {
				s.Add(target(n))
			}
			settle()
			if got := len(w.take()); got != c.sent || s.Stats().Dropped != uint64(c.dropped) {
				t.Errorf("%d cameras: %d sent, %+v", c.cameras, got, s.Stats())
			}
		})
	}
}

func TestRepeatsGiveWayWhenTheQueueIsHalfFull(t *testing.T) {
	t.Parallel()
	q := queue{limit: 4}
	for range 2 {
		if !q.push(&job{}) {
			t.Fatal("the queue is full")
		}
	}
	if q.push(&job{data: []byte("again")}) {
		t.Error("a repeat took the second half")
	}
	if !q.push(&job{}) || !q.push(&job{}) || q.push(&job{}) {
		t.Error("want room for 4 messages")
	}
}

func TestMessagesThatAreTooLateAreDropped(t *testing.T) {
	t.Parallel()
	l := DefaultLimits()
	l.Rate, l.Burst, l.Repeats, l.Patience = 10, 1, 0, 2*time.Second
	start(t, l, func(t *testing.T, s *Server, w *wire) {
		for n := range 100 {
			s.Add(target(n))
		}
		settle()
		got := s.Stats()
		if got.Sent < 20 || got.Sent > 26 || got.Sent+got.Dropped != 100 {
			t.Errorf("%+v, want what 10 a second can be in 2 to 2.5 s", got)
		}
	})
}

func TestGuardRemembersNoMoreThanItsLimits(t *testing.T) {
	t.Parallel()
	l := DefaultLimits()
	l.Remembered, l.Window, l.Peers, l.PeerBurst, l.PeerRate = 3, time.Minute, 2, 1, 1
	g, now := newGuard(l), time.Unix(1000, 0)
	a, b, c := asker(1).Peer.Addr(), asker(2).Peer.Addr(), asker(3).Peer.Addr()
	for i := range 100 {
		if g.repeated(a, fmt.Sprint(i), now) {
			t.Errorf("%d is new", i)
		}
		if len(g.seen) > 3 || len(g.order)-g.head != len(g.seen) || len(g.order) > 8 {
			t.Fatalf("%d seen, %d in order from %d", len(g.seen), len(g.order), g.head)
		}
	}
	if !g.repeated(a, "97", now) || g.repeated(a, "96", now) {
		t.Error("want the last 3 remembered, and no more")
	}
	if g.repeated(a, "99", now.Add(61*time.Second)) {
		t.Error("remembered beyond the window")
	}
	if !g.allows(a, now) || !g.allows(b, now) || g.allows(c, now) {
		t.Error("want 2 askers kept in mind, and no more")
	}
	if !g.allows(c, now.Add(time.Second)) || len(g.peers) > 2 {
		t.Error("quiet askers are to make room")
	}
}

func TestOneSeedGivesTheSameMessages(t *testing.T) {
	t.Parallel()
	run := func() (out []string) {
		synctest.Test(t, func(t *testing.T) {
			w := newWire()
			s, err := Start(Config{Conns: []Conn{w}, Clock: clock.Real(), Random: seed.New(7).Stream("d"), Limits: DefaultLimits()})
			if err != nil {
				t.Fatal(err)
			}
			for n := range 20 {
				s.Add(target(n))
			}
			w.ask(asker(1), probeOf("urn:uuid:1", "", "", ""))
			settle()
			for _, d := range w.take() {
				out = append(out, d.at.Format(time.RFC3339Nano)+string(d.data))
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return out
	}
	a, b := run(), run()
	if len(a) != 80 || fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("%d and %d messages, or they differ", len(a), len(b))
	}
}

func BenchmarkProbe1000(b *testing.B) {
	w := newWire()
	l := DefaultLimits()
	l.Queue, l.Rate, l.Burst, l.MaxDelay, l.Repeats, l.PeerRate, l.PeerBurst = 1<<20, 1e9, 1<<20, 0, 0, 1e9, 1<<20
	s, err := Start(Config{Conns: []Conn{w}, Clock: clock.Real(), Random: seed.New(1).Stream("d"), Limits: l})
	if err != nil {
		b.Fatal(err)
	}
	for n := range 1000 {
		s.Add(target(n))
	}
	n := 0
	for b.Loop() {
		n++
		w.in <- datagram{data: []byte(probeOf(fmt.Sprint("urn:uuid:", n), "tds:Device", "", "onvif://www.onvif.org/Profile/T")), path: asker(1)}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

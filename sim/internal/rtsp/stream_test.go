package rtsp

import (
	"bytes"
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/pack"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"pgregory.net/rapid"
)

// probe is a sink that keeps what it gets.
type probe struct {
	units   []*unit
	reports [][]byte
	full    bool // takes nothing
}

func (p *probe) unit(_ *Stream, _ *reader, u *unit) bool {
	if p.full {
		return false
	}
	p.units = append(p.units, u)
	return true
}
func (p *probe) rtcp(b []byte)   { p.reports = append(p.reports, b) }
func (p *probe) detach(*session) {}

// watch joins a stream with a probe.
func watch(t testing.TB, s *Stream) (*reader, *probe) {
	t.Helper()
	p := &probe{}
	r := newReader(p, func(start) {}, func(error) {})
	if err := s.join(r); err != nil {
		t.Fatal(err)
	}
	return r, p
}

// look runs f while the stream does nothing.
func look(s *Stream, f func()) {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func TestNothingIsCodedWhileNobodyWatches(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		pass(time.Minute)
		if calls, _, _ := b.mainSource.seen(); len(calls) > 0 {
			t.Errorf("%d pictures without a reader", len(calls))
		}
		r, _ := watch(t, b.main)
		pass(990 * time.Millisecond)
		b.main.leave(r)
		pass(time.Minute)
		calls, keys, released := b.mainSource.seen()
		if len(calls) != 25 || keys != 1 || released != 1 {
			t.Errorf("%d pictures, %d keys, released %d times; want 25, 1, 1", len(calls), keys, released)
		}
	})
}

func TestFrameNumbersFollowTheTimeSinceTheCameraStarted(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		pass(10 * time.Millisecond) // within frame 90000
		r, p := watch(t, b.main)
		pass(100 * time.Millisecond) // 40 ms borders at 30 and 70
		synctest.Wait()
		b.main.leave(r)
		pass(3 * time.Second)
		r, _ = watch(t, b.main)
		synctest.Wait()
		b.main.leave(r)
		calls, _, _ := b.mainSource.seen()
		if want := []uint32{90000, 90001, 90002, 90077}; !slices.Equal(calls, want) {
			t.Errorf("frames %v, want %v", calls, want)
		}
		if len(p.units) != 3 || p.units[0].packets[0].Timestamp != b.main.timeline.Base+3600*90000%(1<<32) {
			t.Errorf("%d units, first at %d from base", len(p.units), p.units[0].packets[0].Timestamp-b.main.timeline.Base)
		}
	})
}

func TestFrameNumbersAndInstantsAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		begin := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
		s := &Stream{config: StreamConfig{Start: begin}}
		s.format.FPS = rapid.IntRange(1, 1000).Draw(t, "fps")
		n := rapid.Int64Range(0, 1<<33).Draw(t, "n")
		if at := s.instant(n); s.frameAt(at) != n || n > 0 && s.frameAt(at.Add(-1)) != n-1 {
			t.Fatalf("frame %d is at %v, which shows %d, and before it %d", n, at, s.frameAt(at), s.frameAt(at.Add(-1)))
		}
		if s.frameAt(begin.Add(-time.Hour)) != 0 {
			t.Fatal("a frame before the start")
		}
	})
}

func TestCameraThatIsUpForYearsGoesOn(t *testing.T) {
	old := func(_ *Config, s *StreamConfig) { s.Start = s.Start.AddDate(-20, 0, 0) }
	inBubble(t, old, func(t *testing.T, b *bench) {
		r, _ := watch(t, b.main)
		pass(time.Second)
		b.main.leave(r)
		calls, _, _ := b.mainSource.seen()
		if len(calls) < 25 || len(calls) > 26 || calls[24] != calls[0]+24 {
			t.Errorf("%d pictures: %v", len(calls), calls)
		}
	})
}

func TestSlowCodingSkipsFramesInsteadOfFallingBehind(t *testing.T) {
	slow := &slowSource{flatSource: newFlatSource(), takes: 90 * time.Millisecond}
	inBubble(t, func(_ *Config, s *StreamConfig) { s.Source = slow }, func(t *testing.T, b *bench) {
		r, _ := watch(t, b.main)
		pass(time.Second)
		b.main.leave(r)
		synctest.Wait()
		calls, _, _ := slow.seen()
		if last := calls[len(calls)-1]; last < 90020 || len(calls) > 12 {
			t.Errorf("%d pictures up to %d in 25 frames' time", len(calls), last)
		}
	})
}

// slowSource takes its time.
type slowSource struct {
	*flatSource
	takes time.Duration
}

func (s *slowSource) Next(n uint32, at time.Time, key bool) (*streams.AccessUnit, error) {
	pass(s.takes)
	return s.flatSource.Next(n, at, key)
}

func TestNewReaderBeginsWithAKeyFrameAtOnce(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		begin := at()
		_, first := watch(t, b.main)
		look(b.main, func() {
			if len(first.units) != 1 || !first.units[0].key || at() != begin {
				t.Fatalf("%d units after %v", len(first.units), at()-begin)
			}
		})
		pass(time.Second + time.Millisecond)
		_, second := watch(t, b.main)
		pass(40 * time.Millisecond)
		look(b.main, func() {
			if len(second.units) != 1 || !second.units[0].key {
				t.Fatalf("the second reader has %d units after a frame's time", len(second.units))
			}
			if last := first.units[len(first.units)-1]; last != second.units[0] {
				t.Error("the readers do not share their units")
			}
			if len(first.units) != 27 {
				t.Errorf("the first reader has %d units, want 27", len(first.units))
			}
		})
	})
}

func TestKeyFramesAskedForKeepTheirDistance(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		_, p := watch(t, b.main)
		for range 95 {
			b.main.RequestKeyFrame()
			pass(10 * time.Millisecond)
		}
		look(b.main, func() {
			var keys []int
			for i, u := range p.units {
				if u.key {
					keys = append(keys, i)
				}
			}
			if want := []int{0, 5, 10, 15, 20}; !slices.Equal(keys, want) {
				t.Errorf("key frames %v, want %v", keys, want)
			}
		})
		pass(5 * time.Second)
		if _, keys, _ := b.mainSource.seen(); keys > 6 {
			t.Errorf("%d key frames, but nobody asks any more", keys)
		}
	})
}

func TestSlowReaderDropsToTheNextKeyFrameAndOthersDoNot(t *testing.T) {
	gop := func(_ *Config, s *StreamConfig) { s.Source.(*flatSource).gop = 10 }
	inBubble(t, gop, func(t *testing.T, b *bench) {
		_, good := watch(t, b.main)
		slow, p := watch(t, b.main)
		pass(90 * time.Millisecond) // frames 0, 1, 2
		look(b.main, func() { p.full = true })
		pass(80 * time.Millisecond) // 3, 4
		look(b.main, func() { p.full = false })
		pass(280 * time.Millisecond) // 5 to 11
		look(b.main, func() {
			if len(good.units) != 12 {
				t.Errorf("the other reader has %d units, want 12", len(good.units))
			}
			if len(p.units) != 5 || !p.units[3].key {
				t.Errorf("the slow reader has %d units, want 5: three, and two from the key frame on", len(p.units))
			}
			if got := slow.droppedUnits.Load(); got != 7 {
				t.Errorf("%d units dropped, want 7", got)
			}
		})
	})
}

// seiSource puts a SEI into the second picture of each GOP.
type seiSource struct {
	*flatSource
	second bool
	all    <-chan struct{} // closed once all readers are there
}

func (s *seiSource) Next(n uint32, at time.Time, key bool) (*streams.AccessUnit, error) {
	<-s.all
	au, err := s.flatSource.Next(n, at, key)
	if err == nil && s.second {
		au.NALs = append([][]byte{bytes.Repeat([]byte{6}, 3000)}, au.NALs...)
	}
	s.second = err == nil && au.Key
	return au, err
}

// TestSlowReaderGetsTheSEIsOfWhatItLoses, with their own sequence numbers and a
// marker, and nothing else.
func TestSlowReaderGetsTheSEIsOfWhatItLoses(t *testing.T) {
	var all chan struct{}
	gop := func(_ *Config, s *StreamConfig) {
		flat := s.Source.(*flatSource)
		flat.gop, all = 5, make(chan struct{})
		s.Source = &seiSource{flatSource: flat, all: all}
	}
	inBubble(t, gop, func(t *testing.T, b *bench) {
		_, good := watch(t, b.main)
		slow, p := watch(t, b.main)
		close(all)
		pass(90 * time.Millisecond) // frames 0, 1, 2
		look(b.main, func() { p.full = true })
		pass(120 * time.Millisecond) // 3, 4, 5: no room for a key frame
		look(b.main, func() { p.full = false })
		pass(240 * time.Millisecond) // 6 to 11
		look(b.main, func() {
			var got []int // packets of each unit
			for _, u := range p.units {
				got = append(got, len(u.packets))
			}
			whole := len(good.units[6].packets)
			if want := []int{len(good.units[0].packets), whole, 1, whole - 1, len(good.units[0].packets), whole}; !slices.Equal(got, want) {
				t.Fatalf("units of %d packets, want %d", got, want)
			}
			seis := p.units[3].packets
			if !seis[len(seis)-1].Marker || seis[0].Marker || seis[0].SequenceNumber != good.units[6].packets[0].SequenceNumber {
				t.Errorf("packets %v are not those of the SEI", seis)
			}
			if last := good.units[6].packets; last[len(seis)-1].Marker {
				t.Error("the other reader's packets have changed")
			}
			if units, packets := slow.droppedUnits.Load(), slow.droppedPackets.Load(); units != 7 || packets == 0 || packets > 100 {
				t.Errorf("%d units, %d packets dropped", units, packets)
			}
		})
	})
}

func TestSEIsHaveRoomBeyondTheLimit(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	near, far := net.Pipe()
	defer near.Close() //nolint:errcheck // the test is over
	out := newOutbox(far, clock.Real(), Limits{QueueBytes: 100, WriteTimeout: time.Hour}, newPool())
	k := &tcpSink{conn: &conn{out: out}}
	defer out.wait()
	defer out.Close() //nolint:errcheck // as above
	if err := out.send(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	packet := func(n int, due bool) *unit {
		u := newUnit([]rtp.Packet{{Header: rtp.Header{Version: 2}, Payload: make([]byte, n-16)}}, false)
		u.due = due
		return u
	}
	for _, tt := range []struct {
		size      int
		due, fits bool
	}{{20, false, false}, {seiRoom + 1, true, false}, {seiRoom - 20, true, true}, {21, true, false}, {20, true, true}} {
		if got := k.unit(b.main, nil, packet(tt.size, tt.due)); got != tt.fits {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}

func TestStreamHasItsLimitOfReaders(t *testing.T) {
	inBubble(t, func(_ *Config, s *StreamConfig) { s.Readers = 2 }, func(t *testing.T, b *bench) {
		watch(t, b.main)
		r, _ := watch(t, b.main)
		if err := b.main.join(newReader(&probe{}, nil, nil)); !errors.Is(err, errReaders) {
			t.Errorf("third reader: %v", err)
		}
		b.main.leave(r)
		watch(t, b.main)
		if got := b.main.Stats().Readers; got != 2 {
			t.Errorf("%d readers", got)
		}
	})
}

func TestFailingSourceEndsItsReadersAndMayRecover(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		r, _ := watch(t, b.main)
		pass(990 * time.Millisecond)
		b.mainSource.breaks()
		<-r.ended
		synctest.Wait()
		if st := b.main.Stats(); st.Failures != 1 || st.Readers != 0 || st.Frames != 25 {
			t.Errorf("%+v", st)
		}
		b.mainSource.mu.Lock()
		b.mainSource.fail = nil
		b.mainSource.mu.Unlock()
		_, p := watch(t, b.main)
		look(b.main, func() {
			if len(p.units) != 1 || !p.units[0].key {
				t.Errorf("%d units after the source came back", len(p.units))
			}
		})
	})
}

func TestSenderReportsGiveTheCamerasTimeToTheMillisecond(t *testing.T) {
	var wrong *clock.Skewed
	skew := func(_ *Config, s *StreamConfig) {
		wrong = clock.Skew(s.Clock)
		wrong.SetOffset(-3*time.Hour + 123456789*time.Nanosecond)
		s.Wall = wrong
	}
	inBubble(t, skew, func(t *testing.T, b *bench) {
		_, p := watch(t, b.main)
		pass(7*time.Second + 999*time.Millisecond)
		wrong.SetOffset(time.Hour) // somebody sets the clock
		pass(time.Minute)
		look(b.main, func() {
			if len(p.reports) != 15 {
				t.Errorf("%d reports in 68 s, want 15: every 5 s from the start, and one after a second", len(p.reports))
			}
			sent := uint32(0)
			for i, raw := range p.reports {
				packets, err := rtcp.Unmarshal(raw)
				if err != nil {
					t.Fatal(err)
				}
				sr := packets[0].(*rtcp.SenderReport)
				elapsed := time.Duration(i-1) * 5 * time.Second
				if i < 2 {
					elapsed = time.Duration(i) * time.Second
				}
				offset := -3*time.Hour + 123456789*time.Nanosecond
				if i > 2 {
					offset = time.Hour
				}
				want := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(elapsed + offset)
				if d := instantOf(sr, sr.RTPTime).Sub(want); d.Abs() > time.Microsecond {
					t.Errorf("report %d: NTP is off by %v", i, d)
				}
				if want := b.main.timeline.Base + uint32(pack.Ticks(time.Hour+elapsed)); sr.RTPTime != want {
					t.Errorf("report %d: RTP time %d, want %d", i, sr.RTPTime, want)
				}
				if sr.PacketCount < sent || i > 0 && sr.PacketCount == 0 {
					t.Errorf("report %d: %d packets after %d", i, sr.PacketCount, sent)
				}
				sent = sr.PacketCount
			}
		})
	})
}

func TestStreamsOfOneSeedAreAlikeAndOfOtherSeedsNot(t *testing.T) {
	t.Parallel()
	stream := func(n uint64) *Stream {
		s, err := NewStream(StreamConfig{Source: newFlatSource(), Clock: clock.NewManual(begin2026()), Start: begin2026(), Seed: seed.New(n)})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, b, c := stream(1), stream(1), stream(2)
	if a.ssrc != b.ssrc || a.timeline != b.timeline || a.packer.Sequence() != b.packer.Sequence() {
		t.Error("one seed gave two streams")
	}
	if a.ssrc == c.ssrc || a.timeline == c.timeline {
		t.Error("two seeds gave one stream")
	}
}

func TestStreamsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	good := StreamConfig{Source: newFlatSource(), Clock: clock.NewManual(begin2026()), Start: begin2026()}
	for name, change := range map[string]func(*StreamConfig){
		"no source":      func(c *StreamConfig) { c.Source = nil },
		"no clock":       func(c *StreamConfig) { c.Clock = nil },
		"no start":       func(c *StreamConfig) { c.Start = time.Time{} },
		"no frames":      func(c *StreamConfig) { c.Source = &flatSource{columns: 1, rows: 1} },
		"control":        func(c *StreamConfig) { c.Control = "a/b" },
		"payload size":   func(c *StreamConfig) { c.PayloadSize = 1 },
		"unknown coding": func(c *StreamConfig) { c.Source = jpegSource{} },
	} {
		c := good
		change(&c)
		if _, err := NewStream(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

type jpegSource struct{ streams.Source }

func (jpegSource) Format() streams.Format { return streams.Format{Codec: streams.JPEG, FPS: 1} }

package rtsp

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/pack"
)

// StreamConfig is what a [Stream] is made of. Only Source, Clock and Start must
// be given.
type StreamConfig struct {
	Source streams.Source
	// Clock paces the pictures and numbers them; it must not be set back.
	Clock clock.Clock
	// Wall is the camera's clock, which may be wrong, drift and be set. It gives
	// access units, sender reports and Range their times. nil: Clock.
	Wall clock.Clock
	// Start is when, by Clock, the camera showed its frame 0. Streams of one
	// camera share it: equal instants have equal frame numbers and RTP times run
	// alike.
	Start time.Time
	// Seed gives SSRC, first sequence number and timestamp base.
	Seed seed.Source

	Name        string // session name of the SDP; "": Live
	Profile     string // token of the media profile, for a=x-onvif-profile; "": left out
	Control     string // control attribute of the track; "": trackID=0
	CNAME       string // of the RTCP source description; "": camfleet
	PayloadType uint8  // 0: 96
	PayloadSize int    // bytes of an RTP payload; 0: pack.DefaultPayloadSize

	// Seam, if there is one, says what is sent instead of each access unit: nothing,
	// or some, in this order; each has its share of the picture's time.
	Seam func(*streams.AccessUnit) []*streams.AccessUnit

	Readers        int           // at most; 0: 256
	KeyInterval    time.Duration // at least between two key frames asked for; 0: DefaultKeyInterval
	ReportInterval time.Duration // between sender reports; 0: 5 s

	Log *slog.Logger // nil: silent
}

// DefaultKeyInterval is what StreamConfig.KeyInterval is if it is not given.
const DefaultKeyInterval = 200 * time.Millisecond

// Releaser is what a source may have besides: Release tells it that nobody
// watches any more. The next picture will be asked for with key set.
type Releaser interface {
	Release()
}

var (
	errReaders      = errors.New("stream has as many readers as it may")
	errStreamClosed = errors.New("stream is closed")
)

// Stream is one video stream of one camera and its readers. It codes pictures
// while it has a reader. Its methods may be called by many goroutines.
//
// Pictures are numbered by time: frame n is that of the instant Start plus n
// periods, whether it was coded or not. Main and sub stream and a stream that
// rested agree on the numbers.
type Stream struct {
	config   StreamConfig
	format   streams.Format
	log      *slog.Logger
	ssrc     uint32
	timeline pack.Timeline // of Clock
	packer   *pack.Packetizer

	mu       sync.Mutex
	readers  map[*reader]struct{}
	batches  map[*portPair]*batch
	running  bool
	closed   bool
	wantKey  bool
	lastKey  time.Time // by Clock; zero: none since the goroutine started
	reported time.Time // last sender report to all
	counts   StreamStats
	wake     chan struct{}
	wg       sync.WaitGroup
}

// NewStream returns a stream that rests until somebody plays it. The error says
// what of the configuration cannot be streamed.
func NewStream(c StreamConfig) (*Stream, error) {
	if c.Source == nil || c.Clock == nil || c.Start.IsZero() {
		return nil, errors.New("stream needs a source, a clock and a start")
	}
	if c.Wall == nil {
		c.Wall = c.Clock
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.PayloadType == 0 {
		c.PayloadType = 96
	}
	text(&c.Name, "Live")
	text(&c.Control, "trackID=0")
	text(&c.CNAME, "camfleet")
	fill(&c.Readers, 256)
	fill(&c.KeyInterval, DefaultKeyInterval)
	fill(&c.ReportInterval, 5*time.Second)
	if strings.Contains(c.Control, "/") {
		return nil, fmt.Errorf("control attribute %q has a slash", c.Control)
	}
	format := c.Source.Format()
	if format.FPS < 1 || format.FPS > 1000 {
		return nil, fmt.Errorf("stream of %d frames a second", format.FPS)
	}
	random := c.Seed.Stream("rtp")
	s := &Stream{
		config: c, format: format, log: c.Log,
		ssrc:     uint32(random.Uint64()),
		timeline: pack.Timeline{Epoch: c.Start, Base: uint32(random.Uint64())},
		readers:  map[*reader]struct{}{},
		batches:  map[*portPair]*batch{},
		wake:     make(chan struct{}, 1),
	}
	var err error
	s.packer, err = pack.New(format.Codec, pack.Config{
		PayloadType: c.PayloadType, SSRC: s.ssrc, Sequence: uint16(random.Uint64()), PayloadSize: c.PayloadSize,
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func text(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

// Format returns how the stream is coded.
func (s *Stream) Format() streams.Format { return s.format }

// RequestKeyFrame makes the next picture one where decoding can start, unless
// there was one within the key interval: then one as soon as that is over. A
// stream without readers starts with one anyway.
func (s *Stream) RequestKeyFrame() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wantKey = true
}

// Close ends the stream and the sessions that play it, with a BYE, and waits
// for its goroutine. It cannot be played again.
func (s *Stream) Close() {
	s.mu.Lock()
	s.closed = true
	for r := range s.readers {
		s.remove(r, errStreamClosed)
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// join adds a reader; it gets its first packets, after begin was called, with
// the next key frame.
func (s *Stream) join(r *reader) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errStreamClosed
	}
	if len(s.readers) >= s.config.Readers {
		return errReaders
	}
	s.readers[r] = struct{}{}
	s.wantKey = true
	if !s.running {
		s.running, s.lastKey = true, time.Time{}
		s.wg.Add(1)
		go s.run()
	}
	return nil
}

// leave removes a reader. When it returns, nothing more is sent to it.
func (s *Stream) leave(r *reader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(r, errLeft)
}

// remove takes a reader out, with a BYE if it has begun; the mutex is held.
func (s *Stream) remove(r *reader, why error) {
	if _, ok := s.readers[r]; !ok {
		return
	}
	delete(s.readers, r)
	if r.begun {
		s.report(r, true)
	}
	r.end(why)
	if len(s.readers) == 0 {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// frameAt returns the number of the frame shown at an instant of Clock. What
// the picture shows of it are 32 bits, which last for years.
func (s *Stream) frameAt(t time.Time) int64 {
	d := max(t.Sub(s.config.Start), 0)
	fps := time.Duration(s.format.FPS)
	whole, rest := d/time.Second, d%time.Second
	return int64(whole*fps + rest*fps/time.Second)
}

// instant returns when, by Clock, frame n is shown first.
func (s *Stream) instant(n int64) time.Time {
	fps := int64(s.format.FPS)
	whole, rest := n/fps, n%fps
	return s.config.Start.Add(time.Duration(whole)*time.Second + time.Duration((rest*int64(time.Second)+fps-1)/fps))
}

// The two clocks are read one after the other. What the machine does in between
// would go into every picture's time, so that they are read again where it was more
// than readingGap; of that many readings the closest counts.
const (
	readings   = 8
	readingGap = 50 * time.Microsecond
)

// wall returns what the camera's clock shows at an instant of Clock near now.
func (s *Stream) wall(t time.Time) time.Time {
	var shown time.Time
	closest := time.Duration(math.MaxInt64)
	for range readings {
		before := s.config.Clock.Now()
		wall := s.config.Wall.Now()
		if gap := s.config.Clock.Now().Sub(before); gap < closest {
			closest, shown = gap, wall.Add(t.Sub(before))
		}
		if closest <= readingGap {
			break
		}
	}
	return shown
}

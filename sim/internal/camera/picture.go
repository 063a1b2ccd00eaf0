package camera

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/codec/h264"
	"github.com/camfleet/camfleet/streams/live"
)

// snapshotQuality is the JPEG quality of still pictures, 1 to 100.
const snapshotQuality = 85

// stillRest is how long a picture keeps what it has drawn its last still with:
// one to two MB, which take some milliseconds to make.
const stillRest = 10 * time.Second

// scenery is a [live.Picture].
type scenery interface {
	streams.Source
	JPEG(n uint32, at time.Time, quality int) ([]byte, error)
	Release()
}

// picture is what one stream of the camera shows: coded for its RTSP readers,
// and as still pictures.
type picture struct {
	stream  mediacfg.Stream
	live    scenery
	clock   clock.Clock // paces and numbers the frames
	wall    clock.Clock // the camera's own
	start   time.Time   // of frame 0, by clock
	watched func() bool // reports whether the stream has readers

	mu     sync.Mutex
	last   uint32 // frame of jpeg
	jpeg   []byte // nil: none is kept
	rest   clock.Timer
	drawn  time.Time // when the last still was, by clock
	closed bool
	wg     sync.WaitGroup // a rest that has begun
}

// newPicture makes a stream's picture. Cameras of one seed and number look the
// same each time; no two cameras of a fleet look alike.
func newPicture(c *Config, i int, s mediacfg.Stream, start time.Time, wall clock.Clock) (*picture, error) {
	e := s.Encoder
	o := live.Options{
		Width: e.Width, Height: e.Height, FPS: int(e.FrameRate), GOP: mediacfg.MaxGovLength, Name: c.Name,
		Camera: uint16(c.Number), Stream: uint8(i), H264Profile: h264Profile(e.Profile), //nolint:gosec // bounded by the fleet and the profile
	}
	copy(o.Seed[:], c.Seed.Bytes("picture", len(o.Seed)))
	p, err := live.New(o)
	if err != nil {
		return nil, fmt.Errorf("stream %q: %w", s.Profile.Stream, err)
	}
	return &picture{stream: s, live: p, clock: c.Clock, wall: wall, start: start}, nil
}

// h264Profile reads a tt:H264Profile word. The encoder's Baseline is the
// constrained one, which every decoder of either knows.
func h264Profile(word string) h264.Profile {
	switch word {
	case "Main":
		return h264.Main
	case "High":
		return h264.High
	}
	return h264.ConstrainedBaseline
}

// frame is the number of the frame shown now.
func (p *picture) frame() uint32 {
	since := max(p.clock.Now().Sub(p.start), 0)
	fps := time.Duration(p.stream.Encoder.FrameRate)
	whole, part := since/time.Second, since%time.Second
	return uint32(whole*fps + part*fps/time.Second) //nolint:gosec // wraps after years, as the stream's numbers do
}

// Still returns the picture of now as a JPEG file.
func (p *picture) Still(ctx context.Context) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if p.closed {
		return nil, ErrStopped
	}
	n := p.frame()
	if p.jpeg != nil && n == p.last {
		return p.jpeg, nil
	}
	b, err := p.live.JPEG(n, p.wall.Now(), snapshotQuality)
	if err != nil {
		return nil, err
	}
	p.last, p.jpeg, p.drawn = n, b, p.clock.Now()
	if p.rest == nil {
		p.restIn(stillRest)
	}
	return b, nil
}

// restIn arms the timer that gives the memory of stills back; the mutex is held.
func (p *picture) restIn(d time.Duration) {
	p.wg.Add(1)
	p.rest = p.clock.AfterFunc(d, func() {
		defer p.wg.Done()
		p.forget()
	})
}

// forget gives the memory of stills back, if none was asked for lately. A stream
// that has readers gives back all of its memory when they have gone.
func (p *picture) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rest = nil
	if p.closed {
		return
	}
	if since := p.clock.Now().Sub(p.drawn); since < stillRest {
		p.restIn(stillRest - since)
		return
	}
	p.jpeg = nil
	if !p.watched() {
		p.live.Release()
	}
}

// close ends the picture and waits for what it has started.
func (p *picture) close() {
	p.mu.Lock()
	p.closed = true
	if p.rest != nil && p.rest.Stop() {
		p.wg.Done()
	}
	p.mu.Unlock()
	p.wg.Wait()
}

// Package live is the picture of one stream of one simulated camera: it draws
// a scene and codes it, when asked, for each instant anew.
package live

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/codec/h264"
	"github.com/camfleet/camfleet/streams/codec/jpeg"
	"github.com/camfleet/camfleet/streams/scene"
)

// Picture is the picture of one stream: a [streams.Source], and a still camera.
// All its methods may be called concurrently; Next belongs to one reader, for
// each access unit builds on the one before.
type Picture struct {
	options Options
	name    atomic.Pointer[string]
	world   *scene.World
	sets    [][]byte // parameter sets

	backdrop struct {
		sync.Mutex
		shared *scene.Backdrop // of video and stills; nil while unused
	}
	video struct {
		sync.Mutex
		encoder *h264.Encoder // nil for JPEG streams
		painter *scene.Painter
	}
	still struct {
		sync.Mutex
		painter *scene.Painter
	}
}

var _ streams.Source = (*Picture)(nil)

// New returns a picture that holds next to nothing until it is asked for one.
// The error names every option that is wrong.
func New(o Options) (*Picture, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("live picture: %w", err)
	}
	world, err := scene.NewWorld(o.Scene, o.Seed)
	if err != nil {
		return nil, fmt.Errorf("live picture: %w", err)
	}
	p := &Picture{options: o, world: world}
	p.name.Store(&o.Name)
	if o.Codec == streams.H264 {
		p.video.encoder, err = h264.NewEncoder(h264.Config{
			Width: o.Width, Height: o.Height, FPS: o.FPS, GOP: o.GOP, Profile: o.H264Profile,
		})
		if err != nil {
			return nil, fmt.Errorf("live picture: %w", err)
		}
		p.sets = p.video.encoder.ParameterSets()
	}
	return p, nil
}

// Format returns how the stream is coded.
func (p *Picture) Format() streams.Format {
	return streams.Format{
		Codec: p.options.Codec, Width: p.options.Width, Height: p.options.Height,
		FPS: p.options.FPS, ParameterSets: p.sets,
	}
}

// SetName changes the name in the pictures to come; it is at most MaxName bytes.
func (p *Picture) SetName(name string) error {
	if err := checkName(name); err != nil {
		return fmt.Errorf("live picture: %w", err)
	}
	p.name.Store(&name)
	return nil
}

// Next codes the picture of frame number n at the instant at. The first one,
// the first after Release, and every GOP-th start a new coded video sequence,
// as does every one with key set.
func (p *Picture) Next(n uint32, at time.Time, key bool) (*streams.AccessUnit, error) {
	p.video.Lock()
	defer p.video.Unlock()
	if p.video.painter == nil {
		b, err := p.getBackdrop()
		if err != nil {
			return nil, err
		}
		p.video.painter = scene.NewPainter(b)
		if p.video.encoder != nil {
			p.video.encoder.SetMemo(h264.NewMemo(b.Still()))
		}
	}
	p.video.painter.Draw(p.moment(n, at))
	canvas := p.video.painter.Canvas()
	if p.video.encoder == nil {
		file, err := jpeg.Encode(canvas, p.options.Quality)
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", n, err)
		}
		return &streams.AccessUnit{NALs: [][]byte{file}, Key: true, Frame: n, Time: at}, nil
	}
	nals, key, err := p.video.encoder.Encode(canvas, key)
	if err != nil {
		return nil, fmt.Errorf("frame %d: %w", n, err)
	}
	return &streams.AccessUnit{NALs: nals, Key: key, Frame: n, Time: at}, nil
}

// JPEG returns a still of the same picture as a JPEG file, at a quality of 1
// to 100. It has nothing to do with the access units that Next makes.
func (p *Picture) JPEG(n uint32, at time.Time, quality int) ([]byte, error) {
	if err := jpeg.CheckQuality(quality); err != nil {
		return nil, err
	}
	p.still.Lock()
	defer p.still.Unlock()
	if p.still.painter == nil {
		b, err := p.getBackdrop()
		if err != nil {
			return nil, err
		}
		p.still.painter = scene.NewPainter(b)
	}
	p.still.painter.Draw(p.moment(n, at))
	return jpeg.Encode(p.still.painter.Canvas(), quality)
}

// Objects returns the ground truth: what moves in the picture of an instant
// and can be seen, far things first.
func (p *Picture) Objects(at time.Time) ([]scene.Object, error) {
	b, err := p.getBackdrop()
	if err != nil {
		return nil, err
	}
	return b.Objects(at), nil
}

// Release gives all memory back that grew with use; call it when nobody
// watches any more. The picture stays usable.
func (p *Picture) Release() {
	p.video.Lock()
	p.video.painter = nil
	if p.video.encoder != nil {
		p.video.encoder.SetMemo(nil)
		p.video.encoder.Restart()
	}
	p.video.Unlock()
	p.still.Lock()
	p.still.painter = nil
	p.still.Unlock()
	p.backdrop.Lock()
	p.backdrop.shared = nil
	p.backdrop.Unlock()
}

// moment is what the picture of frame n shows.
func (p *Picture) moment(n uint32, at time.Time) scene.Moment {
	return scene.Moment{
		Name: *p.name.Load(), Camera: p.options.Camera, Stream: p.options.Stream, Frame: n, Time: at,
	}
}

// getBackdrop returns the backdrop, painted when first needed.
func (p *Picture) getBackdrop() (*scene.Backdrop, error) {
	p.backdrop.Lock()
	defer p.backdrop.Unlock()
	if p.backdrop.shared == nil {
		b, err := scene.NewBackdrop(p.world, p.options.Width, p.options.Height)
		if err != nil {
			return nil, fmt.Errorf("live picture: %w", err)
		}
		p.backdrop.shared = b
	}
	return p.backdrop.shared, nil
}

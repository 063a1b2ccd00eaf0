package camera

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/rtsp"
	"github.com/camfleet/camfleet/sim/internal/svc"
	"github.com/camfleet/camfleet/sim/internal/tunnel"
	"github.com/camfleet/camfleet/sim/internal/web"
)

// shutdownGrace is how long requests under way may take when the camera goes
// down: long enough to send the answer to SystemReboot.
const shutdownGrace = 500 * time.Millisecond

// run is one life of a camera, between power-on and power-off. What does not
// outlive a reboot is here.
type run struct {
	camera   *Camera
	software string
	auth     *auth.Authenticator
	settings settings
	access   *access
	warnings warnings
	pipeline *op.Pipeline[*svc.Call]
	pictures []*picture
	// broadcasts are the sources of the streams, in the order of the pictures.
	broadcasts []*broadcast
	streams    map[string]*rtsp.Stream
	rtsp       *rtsp.Server
	tunnels    *tunnel.Broker
	doors      doors
	services   *services
	// authorizations keep the tokens that the camera gets for itself.
	authorizations authorizations
	page           *web.Site

	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup
}

func newRun(c *Camera) (*run, error) {
	r := &run{camera: c, software: software(c), streams: map[string]*rtsp.Stream{}}
	r.ctx, r.stop = context.WithCancel(context.Background())
	config := c.authConfig()
	r.warnings.run, config.Failed = r, r.warnings.failed
	r.auth = auth.New(config)
	var err error
	if r.access, err = newAccess(c.config.Profile, c.config.State); err != nil {
		r.close()
		return nil, err
	}
	if err := r.makeStreams(); err != nil {
		r.close()
		return nil, err
	}
	if r.rtsp, err = r.makeRTSP(); err != nil {
		r.close()
		return nil, err
	}
	r.tunnels = r.makeTunnels()
	r.services = newServices(r)
	r.page = newPage(r)
	r.pipeline = r.makePipeline()
	return r, nil
}

// software is the Server header, as the maker would write it.
func software(c *Camera) string {
	i := c.config.State.View().Device.Identity
	return strings.Map(func(x rune) rune {
		if x <= ' ' || x > '~' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, x) {
			return '-'
		}
		return x
	}, i.Model) + "/" + i.FirmwareVersion
}

// makeStreams makes the pictures and the RTSP streams of all media profiles.
func (r *run) makeStreams() error {
	c := r.camera
	start := c.config.Clock.Now() // frames count from the power-on
	for i, s := range c.config.State.View().Media.Streams() {
		p, err := newPicture(&c.config, i, s, start, c.wall)
		if err != nil {
			return err
		}
		r.pictures = append(r.pictures, p)
		name := s.Profile.Stream
		b := &broadcast{scenery: p.live, run: r, name: name}
		r.broadcasts = append(r.broadcasts, b)
		stream, err := rtsp.NewStream(rtsp.StreamConfig{
			Source: b, Clock: c.config.Clock, Wall: c.wall, Start: start,
			Seed: c.config.Seed.Sub("rtsp/" + name), Seam: c.faults.Frame(name, p.live.Format().Codec),
			Name: s.Profile.Name, Profile: s.Profile.Token, CNAME: c.config.Name,
			Readers: c.config.Profile.Limits.RTSP.Readers, Log: c.log.With("stream", name),
		})
		if err != nil {
			return fmt.Errorf("stream %q: %w", name, err)
		}
		r.streams[name] = stream
		p.watched = func() bool { return stream.Stats().Readers > 0 }
	}
	return nil
}

func (r *run) makeRTSP() (*rtsp.Server, error) {
	c := r.camera
	l := c.config.Profile.Limits.RTSP
	return rtsp.New(rtsp.Config{
		Clock: c.config.Clock, Wall: c.wall, Random: c.fresh("rtsp/session"),
		Lookup: func(path string) (*rtsp.Stream, bool) {
			s, ok := r.streams[strings.TrimPrefix(path, "/")]
			return s, ok
		},
		Auth: settled{r}, Allow: r.access.stream,
		TLS: c.tls.Config(), Software: r.software, Log: c.log,
		Limits: rtsp.Limits{
			HeaderBytes: int(l.HeaderBytes), BodyBytes: int(l.BodyBytes), Connections: l.Connections,
			Sessions: l.Sessions, QueueBytes: int(l.Queue), IdleTimeout: l.IdleTimeout, SessionTimeout: l.SessionTimeout,
			HandshakeTimeout: c.config.Profile.Limits.HTTP.HandshakeTimeout, TokenGrace: c.config.Profile.Auth.JWT.SessionGrace,
		},
	})
}

func (r *run) makePipeline() *op.Pipeline[*svc.Call] {
	c := r.camera
	return op.New(op.Config[*svc.Call]{
		Table: r.services.table, Binder: c.config.Binder, Limits: soapLimits(c.config.Profile.Limits.SOAP), Clock: c.config.Clock, Log: c.log,
		Auth: settled{r}, Allow: r.access.operation, Off: r.services.off,
		Call: func(ctx context.Context, x *op.Exchange) *svc.Call {
			return &svc.Call{Context: ctx, Camera: r.services.camera, Exchange: x}
		},
		Fault: r.services.fault, Observe: c.config.Observe, Bug: c.config.Bug,
	})
}

// close ends everything of this life and waits for it.
func (r *run) close() {
	if r.services != nil {
		r.services.close() // pull points that wait are told so
	}
	r.authorizations.close()
	r.stop()                  // pull points answer
	r.camera.foreign.forget() // so do tokens that wait for their issuer
	r.closeDoors()
	for _, s := range r.streams {
		s.Close()
	}
	for _, b := range r.broadcasts {
		b.close()
	}
	for _, p := range r.pictures {
		p.close()
	}
	if r.rtsp != nil {
		r.rtsp.Close()
		r.tunnels.Close()
	}
	r.wg.Wait()
	r.camera.foreign.forget() // what the last requests may have begun
}

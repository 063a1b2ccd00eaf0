package svc

import (
	"errors"
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/camfleet/camfleet/sim/internal/onvif/tt"
	"github.com/camfleet/camfleet/sim/internal/tunnel"
)

// The errors both media services share.
var (
	ErrNoProfile  = errors.New("no such media profile")
	ErrNoConfig   = errors.New("no such configuration")
	ErrIncomplete = errors.New("the profile lacks a configuration")
	ErrStreamKind = errors.New("the stream cannot be had that way")
)

// MediaFaults are the faults of the errors both media services share.
func MediaFaults() Faults {
	return append(Faults{
		FaultFor(ErrNoProfile, "env:Sender/ter:InvalidArgVal/ter:NoProfile"),
		FaultFor(ErrNoConfig, "env:Sender/ter:InvalidArgVal/ter:NoConfig"),
		FaultFor(mediacfg.ErrNoEncoder, "env:Sender/ter:InvalidArgVal/ter:NoConfig"),
		FaultFor(mediacfg.ErrModify, "env:Sender/ter:InvalidArgVal/ter:ConfigModify"),
		FaultFor(ErrIncomplete, "env:Receiver/ter:Action/ter:IncompleteConfiguration"),
		FaultFor(ErrStreamKind, "env:Sender/ter:InvalidArgVal/ter:InvalidStreamSetup"),
	}, Common()...)
}

// MediaProfile finds a media profile by its token.
func (c *Call) MediaProfile(token string) (mediacfg.Profile, error) {
	p, ok := c.View().Media.Profile(token)
	if !ok {
		return p, fmt.Errorf("profile %.64q: %w", token, ErrNoProfile)
	}
	return p, nil
}

// Stream finds what a profile streams; [ErrIncomplete] if it lacks a part.
func (c *Call) Stream(token string) (mediacfg.Stream, error) {
	p, err := c.MediaProfile(token)
	if err != nil {
		return mediacfg.Stream{}, err
	}
	for _, s := range c.View().Media.Streams() {
		if s.Profile.Token == p.Token {
			return s, nil
		}
	}
	return mediacfg.Stream{}, fmt.Errorf("profile %q: %w", token, ErrIncomplete)
}

// StreamURI is the address of what a profile streams, over RTSP or RTSPS.
func (c *Call) StreamURI(token string, secure bool) (string, error) {
	s, err := c.Stream(token)
	if err != nil {
		return "", err
	}
	uri, ok := c.RTSP(s.Profile.Stream, secure)
	if !ok {
		return "", fmt.Errorf("profile %q: that protocol is off: %w", token, ErrStreamKind)
	}
	return uri, nil
}

// TunnelURI is the address of what a profile streams over HTTP or HTTPS: the
// scheme is that of the request.
func (c *Call) TunnelURI(token string) (string, error) {
	s, err := c.Stream(token)
	if err != nil {
		return "", err
	}
	if !c.Profile.RTSP.HTTPTunnel {
		return "", fmt.Errorf("profile %q: RTSP over HTTP is off: %w", token, ErrStreamKind)
	}
	return c.URL("/" + s.Profile.Stream), nil
}

// WebSocketURI is the capability RTSPWebSocketUri, with the scheme of the request
// and without a host (Streaming 5.1.1.6); nil: there is none.
func (c *Call) WebSocketURI() *string {
	switch {
	case !c.Profile.RTSP.WebSocket:
		return nil
	case c.Exchange.Request.Secure:
		return Ref("wss:" + tunnel.WebSocketPath)
	}
	return Ref("ws:" + tunnel.WebSocketPath)
}

// SnapshotURI is the address of a profile's still picture, with the scheme of
// the request.
func (c *Call) SnapshotURI(token string) (string, error) {
	s, err := c.Stream(token)
	if err != nil {
		return "", err
	}
	return c.URL(SnapshotPath(s.Profile.Stream)), nil
}

// SnapshotPath is where the camera's HTTP server has a stream's still picture.
func SnapshotPath(stream string) string { return "/snapshot/" + stream + ".jpg" }

// Streams reports whether the camera streams at all, over RTSP, RTSPS or through
// the web server, which is there if anybody asks.
func (c *Call) Streams() bool {
	if c.Profile.RTSP.HTTPTunnel || c.Profile.RTSP.WebSocket {
		return true
	}
	n := c.View().Device.Network
	for _, name := range [...]device.ProtocolName{device.RTSP, device.RTSPS} {
		if p, ok := n.Protocol(name); ok && p.Enabled {
			return true
		}
	}
	return false
}

// MaxProfiles is how many media profiles there can be: those there are, where
// the service with that prefix does not make new ones.
func (c *Call) MaxProfiles(prefix string) int {
	if c.SimulatedAll(prefix+":CreateProfile", prefix+":DeleteProfile") {
		return c.Profile.Limits.Media.Profiles
	}
	return len(c.View().Media.Profiles)
}

// KeyPicture makes a profile's stream go on with a picture where decoding can
// start.
func (c *Call) KeyPicture(token string) error {
	p, err := c.MediaProfile(token)
	if err == nil && p.Stream != "" {
		c.KeyFrame(p.Stream)
	}
	return err
}

// VideoSourceConfiguration is a source configuration as both services show it;
// nil if there is none with that token.
func (c *Call) VideoSourceConfiguration(token string) *tt.VideoSourceConfiguration {
	m := c.View().Media
	v, ok := m.SourceConfiguration(token)
	if !ok {
		return nil
	}
	return &tt.VideoSourceConfiguration{
		Token: v.Token, Name: v.Name, UseCount: m.UseCount(v.Token), SourceToken: v.SourceToken,
		Bounds: tt.IntRectangle{X: v.Bounds.X, Y: v.Bounds.Y, Width: v.Bounds.Width, Height: v.Bounds.Height},
	}
}

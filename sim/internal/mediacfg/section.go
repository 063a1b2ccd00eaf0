// Package mediacfg holds a camera's media configuration: video sources, their
// configurations, encoder configurations and profiles, the things the media
// services show (Media2 chapter 5, Media chapter 5), without messages.
//
// A [Section] is plain data and never changed once published. Use counts and
// stream names are computed, not stored.
package mediacfg

import (
	"errors"
	"fmt"
	"slices"
)

// Section is the media part of a camera's state.
type Section struct {
	VideoSources         []VideoSource              `json:"videoSources"`
	SourceConfigurations []VideoSourceConfiguration `json:"sourceConfigurations"`
	Encoders             []VideoEncoder             `json:"encoders"`
	Profiles             []Profile                  `json:"profiles"`
}

// VideoSource is a physical video input (tt:VideoSource).
type VideoSource struct {
	Token     string  `json:"token"`
	Width     int     `json:"width"`  // pixels
	Height    int     `json:"height"` // pixels
	Framerate float64 `json:"framerate"`
}

// VideoSourceConfiguration is a view of a source (tt:VideoSourceConfiguration).
type VideoSourceConfiguration struct {
	Token       string `json:"token"`
	Name        string `json:"name"`
	SourceToken string `json:"sourceToken"`
	Bounds      Bounds `json:"bounds"`
}

// Bounds is the part of the source that is used, in pixels (tt:IntRectangle).
type Bounds struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// VideoEncoder is an encoder configuration (tt:VideoEncoder2Configuration).
type VideoEncoder struct {
	Token     string  `json:"token"`
	Name      string  `json:"name"`
	Encoding  string  `json:"encoding"` // "H264", "H265", "JPEG"
	Profile   string  `json:"profile,omitempty"`
	Width     int     `json:"width"`     // pixels
	Height    int     `json:"height"`    // pixels
	FrameRate float64 `json:"frameRate"` // frames a second, at most
	BitRate   int     `json:"bitRate"`   // kbit/s, at most
	Quality   float64 `json:"quality"`
	GovLength int     `json:"govLength,omitempty"` // frames from key frame to key frame
	// Signed says that the stream carries ONVIF media signatures.
	Signed bool `json:"signed,omitempty"`
	// SessionTimeout is the RTSP session timeout, in seconds.
	SessionTimeout int `json:"sessionTimeout"`
}

// Profile joins configurations to what a client can stream (tr2:MediaProfile).
// Empty tokens: nothing of that kind is in the profile.
type Profile struct {
	Token        string `json:"token"`
	Name         string `json:"name"`
	Fixed        bool   `json:"fixed,omitempty"` // cannot be deleted
	VideoSource  string `json:"videoSource,omitempty"`
	VideoEncoder string `json:"videoEncoder,omitempty"`
	// Stream is the last part of the stream's URI ("main"); unique.
	Stream string `json:"stream,omitempty"`
}

// Clone returns a copy whose fields and slices may be changed freely.
func (s *Section) Clone() *Section {
	c := *s
	c.VideoSources = slices.Clone(s.VideoSources)
	c.SourceConfigurations = slices.Clone(s.SourceConfigurations)
	c.Encoders = slices.Clone(s.Encoders)
	c.Profiles = slices.Clone(s.Profiles)
	return &c
}

// VideoSource finds a source by its token.
func (s *Section) VideoSource(token string) (VideoSource, bool) {
	return find(s.VideoSources, func(v VideoSource) bool { return v.Token == token })
}

// SourceConfiguration finds a video source configuration by its token.
func (s *Section) SourceConfiguration(token string) (VideoSourceConfiguration, bool) {
	return find(s.SourceConfigurations, func(v VideoSourceConfiguration) bool { return v.Token == token })
}

// Encoder finds an encoder configuration by its token.
func (s *Section) Encoder(token string) (VideoEncoder, bool) {
	return find(s.Encoders, func(v VideoEncoder) bool { return v.Token == token })
}

// Profile finds a profile by its token.
func (s *Section) Profile(token string) (Profile, bool) {
	return find(s.Profiles, func(p Profile) bool { return p.Token == token })
}

// Stream is a profile that can be streamed, with what it is made of.
type Stream struct {
	Profile Profile
	Source  VideoSource
	View    VideoSourceConfiguration
	Encoder VideoEncoder
}

// Stream finds what the URI part name streams; false if there is no such
// stream or its profile lacks a source or an encoder.
func (s *Section) Stream(name string) (Stream, bool) {
	p, ok := find(s.Profiles, func(p Profile) bool { return p.Stream == name && name != "" })
	if !ok {
		return Stream{}, false
	}
	return s.streamOf(p)
}

// Streams returns everything that can be streamed, in the order of the profiles.
func (s *Section) Streams() []Stream {
	var out []Stream
	for _, p := range s.Profiles {
		if st, ok := s.streamOf(p); ok {
			out = append(out, st)
		}
	}
	return out
}

func (s *Section) streamOf(p Profile) (Stream, bool) {
	view, ok1 := s.SourceConfiguration(p.VideoSource)
	enc, ok2 := s.Encoder(p.VideoEncoder)
	src, ok3 := s.VideoSource(view.SourceToken)
	return Stream{Profile: p, Source: src, View: view, Encoder: enc}, ok1 && ok2 && ok3 && p.Stream != ""
}

// UseCount counts the profiles that hold the configuration with the given
// token (tt:ConfigurationEntity UseCount).
func (s *Section) UseCount(token string) (n int) {
	for _, p := range s.Profiles {
		if token != "" && (p.VideoSource == token || p.VideoEncoder == token) {
			n++
		}
	}
	return n
}

// Validate checks that tokens and stream names are unique and that every
// reference leads somewhere.
func (s *Section) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, kind := range s.tokens() {
		seen := map[string]bool{}
		for _, t := range kind.tokens {
			if t == "" || seen[t] {
				bad("%s token %q: empty or not unique", kind.name, t)
			}
			seen[t] = true
		}
	}
	for _, v := range s.SourceConfigurations {
		if _, ok := s.VideoSource(v.SourceToken); !ok {
			bad("source configuration %q: no video source %q", v.Token, v.SourceToken)
		}
	}
	streams := map[string]bool{}
	for _, p := range s.Profiles {
		if _, ok := s.SourceConfiguration(p.VideoSource); !ok && p.VideoSource != "" {
			bad("profile %q: no source configuration %q", p.Token, p.VideoSource)
		}
		if _, ok := s.Encoder(p.VideoEncoder); !ok && p.VideoEncoder != "" {
			bad("profile %q: no encoder %q", p.Token, p.VideoEncoder)
		}
		if p.Stream != "" && streams[p.Stream] {
			bad("profile %q: stream %q is taken", p.Token, p.Stream)
		}
		streams[p.Stream] = true
	}
	return errors.Join(errs...)
}

type tokenKind struct {
	name   string
	tokens []string
}

// tokens lists the tokens of each kind.
func (s *Section) tokens() []tokenKind {
	return []tokenKind{
		{"video source", collect(s.VideoSources, func(v VideoSource) string { return v.Token })},
		{"source configuration", collect(s.SourceConfigurations, func(v VideoSourceConfiguration) string { return v.Token })},
		{"encoder", collect(s.Encoders, func(v VideoEncoder) string { return v.Token })},
		{"profile", collect(s.Profiles, func(p Profile) string { return p.Token })},
	}
}

func find[T any](in []T, match func(T) bool) (T, bool) {
	if i := slices.IndexFunc(in, match); i >= 0 {
		return in[i], true
	}
	var zero T
	return zero, false
}

func collect[T any](in []T, f func(T) string) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

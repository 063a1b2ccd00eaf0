package live

import (
	"errors"
	"fmt"
	"slices"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/codec/h264"
	"github.com/camfleet/camfleet/streams/codec/jpeg"
	"github.com/camfleet/camfleet/streams/scene"
	"github.com/camfleet/camfleet/streams/strip"
)

// Limits of options.
const (
	MaxFPS  = 60    // pictures a second
	MaxGOP  = 36000 // pictures; ten minutes at MaxFPS
	MaxName = 64    // bytes; what has no room in the picture isn't shown
)

// Options say what a picture shows and how it is coded. The zero value of a
// field that has a default stands for it.
type Options struct {
	// Name of the camera in the picture; printable ASCII is shown as it is.
	Name string
	// Camera and Stream are numbers that the machine-readable strip carries;
	// Stream is at most 15.
	Camera uint16
	Stream uint8
	// Seed chooses the look. All streams of a camera have the same.
	Seed [32]byte
	// Scene is the kind of place; default: one after the other of
	// [scene.Kinds] by camera number, so that neighbours differ.
	Scene scene.Kind

	// Width and Height are even, 160x120 to 3840x2160 pixels. Default 1920x1080.
	Width, Height int
	FPS           int // pictures a second, 1 to MaxFPS. Default 25.
	// GOP is the number of pictures from one IDR picture to the next, at most
	// MaxGOP. Default: two seconds.
	GOP int
	// Codec is streams.H264 (default) or streams.JPEG.
	Codec streams.Codec
	// H264Profile is declared in the SPS. Default h264.ConstrainedBaseline.
	H264Profile h264.Profile
	// Quality is that of JPEG streams, 1 to 100. Default 80.
	Quality int
}

// withDefaults returns o with the defaults filled in.
func (o Options) withDefaults() Options {
	fill := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	if o.Width == 0 && o.Height == 0 {
		o.Width, o.Height = 1920, 1080
	}
	fill(&o.FPS, 25)
	fill(&o.GOP, 2*o.FPS)
	fill(&o.Quality, 80)
	if o.Codec == "" {
		o.Codec = streams.H264
	}
	if o.H264Profile == 0 {
		o.H264Profile = h264.ConstrainedBaseline
	}
	if o.Scene == "" {
		o.Scene = scene.Kinds()[int(o.Camera)%len(scene.Kinds())]
	}
	return o
}

// validate returns everything that is wrong with o.
func (o Options) validate() error {
	var all []error
	wrong := func(format string, args ...any) { all = append(all, fmt.Errorf(format, args...)) }
	if err := scene.CheckSize(o.Width, o.Height); err != nil {
		all = append(all, err)
	}
	if o.FPS < 1 || o.FPS > MaxFPS {
		wrong("fps %d: want 1 to %d", o.FPS, MaxFPS)
	}
	if o.GOP < 1 || o.GOP > MaxGOP {
		wrong("gop %d: want 1 to %d pictures", o.GOP, MaxGOP)
	}
	if o.Stream > strip.MaxStream {
		wrong("stream %d: want 0 to %d", o.Stream, strip.MaxStream)
	}
	if o.Codec != streams.H264 && o.Codec != streams.JPEG {
		wrong("codec %q: want %q or %q", o.Codec, streams.H264, streams.JPEG)
	}
	if !slices.Contains([]h264.Profile{h264.ConstrainedBaseline, h264.Main, h264.High}, o.H264Profile) {
		wrong("h264 profile_idc %d: want 66, 77 or 100", o.H264Profile)
	}
	if err := jpeg.CheckQuality(o.Quality); err != nil {
		all = append(all, err)
	}
	if err := checkName(o.Name); err != nil {
		all = append(all, err)
	}
	return errors.Join(all...)
}

func checkName(name string) error {
	if len(name) > MaxName {
		return fmt.Errorf("name of %d bytes: want at most %d", len(name), MaxName)
	}
	return nil
}

package live

import (
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/codec/h264"
	"github.com/camfleet/camfleet/streams/scene"
)

func TestOptionsAreLimited(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options Options
		want    string // part of the error; empty: accepted
	}{
		"zero":              {Options{}, ""},
		"smallest":          {Options{Width: 160, Height: 120, FPS: 1, GOP: 1}, ""},
		"largest":           {Options{Width: 3840, Height: 2160, FPS: MaxFPS, GOP: MaxGOP}, ""},
		"too narrow":        {Options{Width: 158, Height: 120}, "158x120"},
		"too high":          {Options{Width: 3840, Height: 2162}, "3840x2162"},
		"odd":               {Options{Width: 641, Height: 360}, "even"},
		"width alone":       {Options{Width: 640}, "640x0"},
		"negative":          {Options{Width: -640, Height: -360}, "-640x-360"},
		"fps":               {Options{FPS: MaxFPS + 1}, "fps 61: want 1 to 60"},
		"negative fps":      {Options{FPS: -1}, "fps -1"},
		"gop":               {Options{GOP: MaxGOP + 1}, "gop 36001"},
		"negative gop":      {Options{GOP: -1}, "gop -1"},
		"stream":            {Options{Stream: 15}, ""},
		"stream number":     {Options{Stream: 16}, "stream 16: want 0 to 15"},
		"codec":             {Options{Codec: streams.H265}, `codec "h265"`},
		"jpeg":              {Options{Codec: streams.JPEG, Quality: 100}, ""},
		"profile":           {Options{H264Profile: 44}, "profile_idc 44"},
		"high profile":      {Options{H264Profile: h264.High}, ""},
		"quality":           {Options{Quality: 101}, "quality 101"},
		"name":              {Options{Name: strings.Repeat("x", MaxName)}, ""},
		"long name":         {Options{Name: strings.Repeat("x", MaxName+1)}, "name of 65 bytes"},
		"scene":             {Options{Scene: "moon"}, `"moon"`},
		"several":           {Options{FPS: 99, Stream: 99}, "stream 99"},
		"several, other":    {Options{FPS: 99, Stream: 99}, "fps 99"},
		"every known place": {Options{Scene: scene.Warehouse}, ""},
	} {
		p, err := New(c.options)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", name, err, c.want)
		case (err == nil) == (p == nil):
			t.Errorf("%s: picture %v with error %v", name, p, err)
		}
	}
}

func TestLongNamesAreRefusedAndChangeNothing(t *testing.T) {
	t.Parallel()
	p := mustNew(t, Options{Name: "good"})
	if err := p.SetName(strings.Repeat("x", MaxName+1)); err == nil {
		t.Error("accepted")
	}
	if got := *p.name.Load(); got != "good" {
		t.Errorf("name is %q", got)
	}
}

func TestNeighboursHaveDifferentPlaces(t *testing.T) {
	t.Parallel()
	seen := map[scene.Kind]bool{}
	for camera := range uint16(4) {
		seen[mustNew(t, Options{Camera: camera}).world.Kind()] = true
	}
	if len(seen) != 4 {
		t.Errorf("four cameras look at %v", seen)
	}
}

// FuzzOptions makes pictures of whatever is accepted.
func FuzzOptions(f *testing.F) {
	f.Add("cam", uint16(1), uint8(1), 640, 360, 25, 50, uint8(66), 80, int64(1780000000000), uint32(1))
	f.Add("\xff\x00é", uint16(65535), uint8(15), 160, 120, 60, 36000, uint8(100), 1, int64(-1)<<62, ^uint32(0))
	f.Fuzz(func(t *testing.T, name string, camera uint16, stream uint8, width, height, fps, gop int, profile uint8, quality int, ms int64, n uint32) {
		o := Options{
			Name: name, Camera: camera, Stream: stream, Width: width, Height: height, FPS: fps, GOP: gop,
			H264Profile: h264.Profile(profile), Quality: quality,
		}
		p, err := New(o)
		if err != nil {
			if p != nil {
				t.Fatal("a picture and an error")
			}
			return
		}
		at, gop := time.UnixMilli(ms), o.withDefaults().GOP
		for i := range uint32(3) {
			if au := mustNext(t, p, n+i, at, false); au.Key != (int(i)%gop == 0) {
				t.Fatalf("picture %d: key is %v, GOP %d", i, au.Key, gop)
			}
		}
		if _, err := p.JPEG(n, at, 50); err != nil {
			t.Fatal(err)
		}
	})
}

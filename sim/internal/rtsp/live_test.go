package rtsp

import (
	"testing"
	"time"

	"github.com/camfleet/camfleet/streams/live"
	"github.com/camfleet/camfleet/streams/strip"
)

// TestPictureTellsCameraNumberAndTime plays the live picture to ffmpeg and reads
// the strip of what comes out.
func TestPictureTellsCameraNumberAndTime(t *testing.T) {
	t.Parallel()
	const width, height, n = 640, 360, 20
	b := newBench(t, func(_ *Config, s *StreamConfig) {
		picture, err := live.New(live.Options{Name: "cam-0007", Camera: 7, Stream: 1, Width: width, Height: height})
		if err != nil {
			t.Fatal(err)
		}
		s.Source = picture
	})
	out, errs, err := player(t, "ffmpeg", "-nostdin", "-v", "warning", "-rtsp_transport", "tcp", "-i", b.url,
		"-frames:v", "20", "-fps_mode", "passthrough", "-pix_fmt", "gray", "-f", "rawvideo", "-")
	if err != nil || errs != "" || len(out) != n*width*height {
		t.Fatalf("%d bytes, %v\n%s", len(out), err, errs)
	}
	var last strip.Mark
	for i := range n {
		pixels := []byte(out[i*width*height:][:width*height])
		mark, err := strip.Decode(strip.Luma{Pix: pixels, Stride: width, Width: width, Height: height})
		if err != nil {
			t.Fatalf("picture %d: %v", i, err)
		}
		if mark.Camera != 7 || mark.Stream != 1 {
			t.Errorf("picture %d is of camera %d, stream %d", i, mark.Camera, mark.Stream)
		}
		if late := b.main.instant(int64(mark.Frame)).Sub(mark.Time); late < 0 || late >= time.Millisecond {
			t.Errorf("frame %d is of %v, %v off", mark.Frame, mark.Time, late)
		}
		if i > 0 && (mark.Frame <= last.Frame || !mark.Time.After(last.Time)) {
			t.Errorf("picture %d: %+v after %+v", i, mark, last)
		}
		last = mark
	}
	if now := uint32(b.main.frameAt(b.clock.Now())); last.Frame > now || now-last.Frame > 25*30 {
		t.Errorf("frame %d was shown, the clock says %d", last.Frame, now)
	}
}

package e2e

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/simtest"
)

// gstreamer plays an address with a user and returns what it decoded.
func gstreamer(t testing.TB, address, user, password string, s api.Stream, properties ...string) shown {
	t.Helper()
	asked := time.Now()
	args := append([]string{"-q", "rtspsrc", "location=" + address, "user-id=" + user, "user-pw=" + password, "latency=100"}, properties...)
	args = append(args, "!", "rtph264depay", "!", "h264parse", "!", "avdec_h264", "max-threads=1", "!", "videoconvert", "!", "video/x-raw,format=GRAY8",
		"!", "identity", "eos-after="+strconv.Itoa(wanted), "!", "fdsink", "fd=1", "sync=false")
	r := played(t, run(t, "", "gst-launch-1.0", args...), address)
	return readPictures(r.stdout, s, asked)
}

// played fails the test unless GStreamer has played to its end. Some 4 in 100 times
// rtspsrc 1.22 then cancels its own PAUSE ("Operation was cancelled", which it takes
// for the end of the connection), or what it is reading of an answer, and counts that
// as an error; what it has shown is right all the same, and is looked at.
func played(t testing.TB, r result, what string) result {
	t.Helper()
	for _, closing := range []string{"gst_rtspsrc_pause ()", "gst_rtspsrc_close ()"} {
		if r.code != 0 && strings.Contains(r.stderr, closing) {
			return r
		}
	}
	return r.want(t, "gst-launch-1.0 "+what)
}

func TestGStreamerPlaysEveryProfileWithDigest(t *testing.T) {
	t.Parallel()
	forEach(t, startShowcase(t), func(t *testing.T, number int, cam *simtest.Cam) {
		main, sub, password := cam.Streams[0], cam.Streams[1], cam.Password("viewer")
		gstreamer(t, main.RTSP, "viewer", password, main, "protocols=tcp").checkAll(t, number, 0, main)
		gstreamer(t, sub.RTSP, "viewer", password, sub, "protocols=udp").checkSome(t, number, 1, sub)
		gstreamer(t, sub.RTSPS, "viewer", password, sub, "protocols=tcp", "tls-validation-flags=0").checkAll(t, number, 1, sub)
	})
}

func TestGStreamerEndsAfterTheBuffersItWants(t *testing.T) {
	t.Parallel()
	cam := simtest.Camera(t)
	r := run(t, "", "gst-launch-1.0", "rtspsrc", "location="+cam.Streams[0].RTSP, "user-id=viewer", "user-pw="+cam.Password("viewer"),
		"!", "rtph264depay", "!", "fakesink", "num-buffers=20")
	r = played(t, r, cam.Streams[0].RTSP)
	if !strings.Contains(r.stdout, "Got EOS") {
		t.Errorf("no end of the stream:\n%s", r.stdout)
	}
}

func TestGStreamerIsRefusedWithAWrongPassword(t *testing.T) {
	t.Parallel()
	cam := simtest.Camera(t)
	r := run(t, "", "gst-launch-1.0", "rtspsrc", "location="+cam.Streams[0].RTSP, "user-id=viewer", "user-pw=wrong", "!", "fakesink", "num-buffers=1")
	if r.code == 0 || !strings.Contains(r.stderr, "Unauthorized") {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

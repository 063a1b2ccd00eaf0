package e2e

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/simtest"
)

// ffmpeg plays an address and returns what it decoded; options stand before
// the input.
func ffmpeg(t testing.TB, address string, s api.Stream, options ...string) shown {
	t.Helper()
	asked := time.Now()
	r := ffmpegRun(t, address, options...).want(t, "ffmpeg "+s.Profile)
	if r.stderr != "" && !strings.Contains(strings.Join(options, " "), "udp") {
		t.Errorf("ffmpeg is not pleased:\n%s", r.stderr)
	}
	return readPictures(r.stdout, s, asked)
}

func ffmpegRun(t testing.TB, address string, options ...string) result {
	t.Helper()
	args := append([]string{"-nostdin", "-v", "error", "-threads", "1"}, options...)
	args = append(args, "-i", address, "-an", "-frames:v", strconv.Itoa(wanted), "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1")
	return run(t, "", "ffmpeg", args...)
}

// bearer makes ffmpeg send a token. Its RTSP client has no option for headers,
// but sends the user agent as it is given.
func bearer(token string) []string {
	return []string{"-user_agent", "e2e\r\nAuthorization: Bearer " + token}
}

func TestFFmpegPlaysEveryStreamOverTCPWithDigest(t *testing.T) {
	t.Parallel()
	forEach(t, startShowcase(t), func(t *testing.T, number int, cam *simtest.Cam) {
		for i, s := range cam.Streams {
			ffmpeg(t, login(s.RTSP, "viewer", cam.Password("viewer")), s, "-rtsp_transport", "tcp").checkAll(t, number, i, s)
		}
	})
}

func TestFFmpegPlaysEveryStreamOverUDPWithDigest(t *testing.T) {
	t.Parallel()
	forEach(t, startShowcase(t), func(t *testing.T, number int, cam *simtest.Cam) {
		for i, s := range cam.Streams {
			ffmpeg(t, login(s.RTSP, "viewer", cam.Password("viewer")), s, "-rtsp_transport", "udp").checkSome(t, number, i, s)
		}
	})
}

func TestFFmpegPlaysEveryStreamOverTLSWithDigest(t *testing.T) {
	t.Parallel()
	forEach(t, startShowcase(t), func(t *testing.T, number int, cam *simtest.Cam) {
		for i, s := range cam.Streams {
			ffmpeg(t, login(s.RTSPS, "operator", cam.Password("operator")), s).checkAll(t, number, i, s)
		}
	})
}

func TestFFmpegPlaysEveryStreamOverTLSWithToken(t *testing.T) {
	t.Parallel()
	forEach(t, startShowcase(t), func(t *testing.T, number int, cam *simtest.Cam) {
		for i, s := range cam.Streams {
			if !cam.Tokens { // release 18.12 knows no tokens
				refused(t, ffmpegRun(t, s.RTSPS, bearer(cam.Token("User"))...))
				continue
			}
			ffmpeg(t, s.RTSPS, s, bearer(cam.Token("User"))...).checkAll(t, number, i, s)
		}
	})
}

// refused fails the test unless ffmpeg was answered 401.
func refused(t testing.TB, r result) {
	t.Helper()
	if r.code == 0 || r.stdout != "" || !strings.Contains(r.stderr, "401 Unauthorized") {
		t.Errorf("exit code %d, %d bytes of pictures, want a refusal with 401\n%s", r.code, len(r.stdout), r.stderr)
	}
}

func TestFFmpegIsRefusedWithoutOrWithWrongCredentials(t *testing.T) {
	t.Parallel()
	forEach(t, startShowcase(t), func(t *testing.T, _ int, cam *simtest.Cam) {
		s := cam.Streams[0]
		token := bearer(cam.Token("User"))
		refused(t, ffmpegRun(t, s.RTSP))
		refused(t, ffmpegRun(t, s.RTSPS))
		refused(t, ffmpegRun(t, login(s.RTSP, "viewer", "wrong")))
		refused(t, ffmpegRun(t, login(s.RTSPS, "nobody", cam.Password("viewer"))))
		refused(t, ffmpegRun(t, s.RTSP, token...)) // a token may only come over TLS
	})
}

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/simtest"
	"github.com/camfleet/camfleet/streams/codec/ffmpegtest"
)

// overHTTP asks a camera where a stream is to be had over HTTP, or over HTTPS,
// as players want it written.
func overHTTP(t testing.TB, cam *simtest.Cam, number int, secure bool) string {
	t.Helper()
	w := newWeb(t, cam)
	device := cam.DeviceURL
	if secure {
		device = cam.DeviceURLTLS
	}
	token := w.call(t, `<GetProfiles xmlns="http://www.onvif.org/ver20/media/wsdl"/>`).FindElements("./Profiles")[number].SelectAttrValue("token", "")
	ask := func(body string) string {
		a := w.post(t, device, "", envelope(usernameToken("viewer", cam.Password("viewer")), body))
		_, rest, _ := strings.Cut(a.body, ":Uri>")
		uri, _, _ := strings.Cut(rest, "<")
		return uri
	}
	newer := ask(`<GetStreamUri xmlns="http://www.onvif.org/ver20/media/wsdl"><Protocol>RtspOverHttp</Protocol><ProfileToken>` + token + `</ProfileToken></GetStreamUri>`)
	older := ask(`<GetStreamUri xmlns="http://www.onvif.org/ver10/media/wsdl"><StreamSetup><Stream xmlns="http://www.onvif.org/ver10/schema">RTP-Unicast</Stream>` +
		`<Transport xmlns="http://www.onvif.org/ver10/schema"><Protocol>HTTP</Protocol></Transport></StreamSetup><ProfileToken>` + token + `</ProfileToken></GetStreamUri>`)
	scheme, rest, ok := strings.Cut(newer, "://")
	if !ok || newer != older || (scheme == "https") != secure {
		t.Fatalf("the media services say %q and %q", newer, older)
	}
	return "rtsp://" + rest
}

func TestFFmpegPlaysEveryStreamOverHTTPAndHTTPS(t *testing.T) {
	t.Parallel()
	forEach(t, startShowcase(t), func(t *testing.T, number int, cam *simtest.Cam) {
		for i, s := range cam.Streams {
			for _, transport := range []string{"http", "https"} {
				address := overHTTP(t, cam, i, transport == "https")
				ffmpeg(t, login(address, "viewer", cam.Password("viewer")), s, "-rtsp_transport", transport).checkAll(t, number, i, s)
			}
		}
	})
}

// TestFFmpegPlaysOverHTTPSWithToken, and not over HTTP.
func TestFFmpegPlaysOverHTTPSWithToken(t *testing.T) {
	t.Parallel()
	cam := simtest.Camera(t)
	s, token := cam.Streams[1], bearer(cam.Token("User"))
	ffmpeg(t, overHTTP(t, cam, 1, true), s, append(token, "-rtsp_transport", "https")...).checkAll(t, 1, 1, s)
	refused(t, ffmpegRun(t, overHTTP(t, cam, 1, false), append(token, "-rtsp_transport", "http")...))
	refused(t, ffmpegRun(t, login(overHTTP(t, cam, 1, false), "viewer", "wrong"), "-rtsp_transport", "http"))
}

// TestGStreamerPlaysOverHTTPAndHTTPS: rtspsrc opens a tunnel where the scheme of
// the address says so.
func TestGStreamerPlaysOverHTTPAndHTTPS(t *testing.T) {
	t.Parallel()
	forEach(t, startShowcase(t), func(t *testing.T, number int, cam *simtest.Cam) {
		s, password := cam.Streams[1], cam.Password("viewer")
		for scheme, secure := range map[string]bool{"rtsph": false, "rtspsh": true} {
			address := scheme + strings.TrimPrefix(overHTTP(t, cam, 1, secure), "rtsp")
			gstreamer(t, address, "viewer", password, s, "protocols=tcp+http", "tls-validation-flags=0").checkAll(t, number, 1, s)
		}
	})
}

// nodeSocket plays over WebSocket with the npm package ws.
func nodeSocket(t testing.TB, cam *simtest.Cam, s api.Stream, secure bool, with map[string]any) (result, time.Time) {
	t.Helper()
	if _, err := os.Stat(filepath.Join("testdata", "node", "node_modules", "ws")); err != nil {
		t.Fatalf("the npm package ws is missing: %v; `make npm` installs it", err)
	}
	capabilities := newWeb(t, cam)
	device := cam.DeviceURL
	if secure {
		device = cam.DeviceURLTLS
	}
	a := capabilities.post(t, device, "", envelope("", `<GetServiceCapabilities xmlns="http://www.onvif.org/ver20/media/wsdl"/>`))
	_, rest, ok := strings.Cut(a.body, `RTSPWebSocketUri="`)
	uri, _, _ := strings.Cut(rest, `"`)
	scheme, path, _ := strings.Cut(uri, ":")
	if !ok || (scheme == "wss") != secure {
		t.Fatalf("no WebSocket:\n%s", a.body)
	}
	_, host, _ := strings.Cut(device, "://")
	host, _, _ = strings.Cut(host, "/")
	config := map[string]any{"websocket": scheme + "://" + host + path, "rtsp": s.RTSP, "ca": cam.Fleet.Info().CA, "pictures": wanted}
	for name, value := range with {
		config[name] = value
	}
	stdin, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	asked := time.Now()
	return run(t, string(stdin), "node", filepath.Join("testdata", "node", "websocket.js")), asked
}

func TestNodePlaysOverWebSocket(t *testing.T) {
	t.Parallel()
	forEach(t, startShowcase(t), func(t *testing.T, number int, cam *simtest.Cam) {
		if cam.Profile == "legacy-18-12" {
			return // TestWebSocketIsAnnouncedIfItIsOn has it without
		}
		user := map[string]any{"username": "viewer", "password": cam.Password("viewer")}
		for i, s := range cam.Streams {
			for _, secure := range []bool{false, true} {
				r, asked := nodeSocket(t, cam, s, secure, user)
				raw := ffmpegtest.Decode(t, "h264", "gray", []byte(r.want(t, "node").stdout))
				readPictures(string(raw), s, asked).checkAll(t, number, i, s)
			}
		}
	})
}

// TestNodePlaysOverWebSocketWithToken in the handshake, over TLS only.
func TestNodePlaysOverWebSocketWithToken(t *testing.T) {
	t.Parallel()
	cam := simtest.Camera(t)
	s := cam.Streams[1]
	r, asked := nodeSocket(t, cam, s, true, map[string]any{"token": cam.Token("User")})
	raw := ffmpegtest.Decode(t, "h264", "gray", []byte(r.want(t, "node").stdout))
	readPictures(string(raw), s, asked).checkAll(t, 1, 1, s)
	for way, with := range map[string]map[string]any{
		"a token without TLS": {"token": cam.Token("User")}, "a wrong password": {"username": "viewer", "password": "wrong"}, "nobody": {},
	} {
		if r, _ := nodeSocket(t, cam, s, false, with); r.code == 0 || r.stdout != "" || !strings.Contains(r.stderr, "401 Unauthorized") {
			t.Errorf("%s: exit code %d, %q", way, r.code, r.stderr)
		}
	}
}

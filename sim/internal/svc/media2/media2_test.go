package media2_test

import (
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/state"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const arg = "env:Sender/ter:InvalidArgVal"

func streamURI(protocol, profile string) string {
	return "<tr2:GetStreamUri><tr2:Protocol>" + protocol + "</tr2:Protocol><tr2:ProfileToken>" + profile + "</tr2:ProfileToken></tr2:GetStreamUri>"
}

func TestStreamAddress(t *testing.T) {
	t.Parallel()
	check := schematest.Collect(t)
	opened := cameratest.Open(t, "flagship")
	const rtsp, rtsps = "rtsp://camera.example:20006/", "rtsps://camera.example:20007/"
	const setup, incomplete = arg + "/ter:InvalidStreamSetup", "env:Receiver/ter:Action/ter:IncompleteConfiguration"
	off := func(protocols profiles.Protocols) func(*profiles.Profile) {
		return func(p *profiles.Profile) { p.Network.Protocols = protocols }
	}
	all := profiles.Protocols{HTTP: true, HTTPS: true, RTSP: true, RTSPS: true}
	noRTSP, noRTSPS := all, all
	noRTSP.RTSP, noRTSPS.RTSPS = false, false
	for _, tc := range []struct {
		protocol, profile string
		change            func(*profiles.Profile)
		uri, fault        string
	}{
		{"RtspUnicast", "Profile_main", nil, rtsp + "main", ""},
		{"RTSP", "Profile_sub", nil, rtsp + "sub", ""},
		{"RtspsUnicast", "Profile_main", nil, rtsps + "main", ""},
		{"RtspMulticast", "Profile_main", nil, "", setup},
		{"RtspsMulticast", "Profile_main", nil, "", setup},
		{"RtspOverHttp", "Profile_main", nil, "http://camera.example:20004/main", ""},
		{"RtspOverHttp", "Profile_main", off(noRTSP), "http://camera.example:20004/main", ""},
		{"RtspOverHttp", "Profile_main", func(p *profiles.Profile) { p.RTSP.HTTPTunnel = false }, "", setup},
		{"RtspOverHttp", "none", nil, "", arg + "/ter:NoProfile"},
		{"", "Profile_main", nil, "", setup},
		{strings.Repeat("R", 10_000), "Profile_main", nil, "", setup},
		{"RtspUnicast", "none", nil, "", arg + "/ter:NoProfile"},
		{"RtspMulticast", "none", nil, "", arg + "/ter:NoProfile"},
		{"RtspUnicast", "Profile_main", off(noRTSP), "", setup},
		{"RtspsUnicast", "Profile_main", off(noRTSP), rtsps + "main", ""},
		{"RtspsUnicast", "Profile_main", off(noRTSPS), "", setup},
	} {
		c := cameratest.New(t, cameratest.Config{Opened: opened, Change: tc.change})
		a := c.As(t, "viewer", streamURI(tc.protocol, tc.profile))
		check.Add("", a.Body)
		if got := a.Text("./Uri"); got != tc.uri || a.Fault != tc.fault {
			t.Errorf("%.40s of %s: %q %s, want %q %s", tc.protocol, tc.profile, got, a.Fault, tc.uri, tc.fault)
		}
	}
	c := cameratest.New(t, cameratest.Config{Opened: opened})
	if err := c.State.Update(func(tx *state.Tx) error { tx.Media().Profiles[0].VideoEncoder = ""; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{streamURI("RtspUnicast", "Profile_main"), "<tr2:GetSnapshotUri><tr2:ProfileToken>Profile_main</tr2:ProfileToken></tr2:GetSnapshotUri>"} {
		if a := c.As(t, "viewer", body); a.Fault != incomplete {
			t.Errorf("profile without encoder: %s", a.Fault)
		}
	}
}

// TestSecureStreamingIsAnnouncedIfItIsOn: SecureRTSPStreaming is what the
// protocols say.
func TestSecureStreamingIsAnnouncedIfItIsOn(t *testing.T) {
	t.Parallel()
	for want, on := range map[string]bool{"true": true, "false": false} {
		c := cameratest.New(t, cameratest.Config{Change: func(p *profiles.Profile) { p.Network.Protocols.RTSPS = on }})
		a := c.As(t, "", "<tr2:GetServiceCapabilities/>")
		if got := a.Root.FindElement(".//StreamingCapabilities").SelectAttrValue("SecureRTSPStreaming", ""); got != want {
			t.Errorf("RTSPS %v: SecureRTSPStreaming is %s", on, got)
		}
	}
}

// TestWebSocketIsAnnouncedIfItIsOn with an absolute path and the scheme of the
// request (Streaming 5.1.1.6); legacy cameras have none.
func TestWebSocketIsAnnouncedIfItIsOn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		profile      string
		secure       bool
		change       func(*profiles.Profile)
		want, tunnel string
	}{
		{"flagship", false, nil, "ws:/rtsp-over-websocket", "http://camera.example:20004/main"},
		{"flagship", true, nil, "wss:/rtsp-over-websocket", "https://camera.example:20004/main"},
		{"flagship", false, func(p *profiles.Profile) { p.RTSP.WebSocket = false }, "", "http://camera.example:20004/main"},
		{"legacy-18-12", false, nil, "", "http://camera.example:20004/main"},
	} {
		c := cameratest.New(t, cameratest.Config{Profile: tc.profile, Change: tc.change})
		a := c.Call(t, cameratest.Call{Body: "<tr2:GetServiceCapabilities/>", Secure: tc.secure})
		schematest.Validate(t, a.Body)
		if got := a.Root.FindElement(".//StreamingCapabilities").SelectAttrValue("RTSPWebSocketUri", ""); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.profile, got, tc.want)
		}
		token := c.State.View().Media.Profiles[0].Token
		if got := c.Call(t, cameratest.Call{As: "viewer", Body: streamURI("RtspOverHttp", token), Secure: tc.secure}).Text("./Uri"); got != tc.tunnel {
			t.Errorf("%s: %q, want %q", tc.profile, got, tc.tunnel)
		}
	}
}

// TestStreamsAreAnnouncedWhileThereIsAWayToThem: tunnels are one, where the ports
// of RTSP are closed.
func TestStreamsAreAnnouncedWhileThereIsAWayToThem(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rtsp, http, webSocket bool
		want                  string
	}{{true, false, false, "true"}, {false, true, false, "true"}, {false, false, true, "true"}, {false, false, false, "false"}} {
		c := cameratest.New(t, cameratest.Config{Change: func(p *profiles.Profile) {
			p.Network.Protocols = profiles.Protocols{HTTP: true, RTSP: tc.rtsp}
			p.RTSP = profiles.RTSP{HTTPTunnel: tc.http, WebSocket: tc.webSocket}
		}})
		streaming := c.As(t, "", "<tr2:GetServiceCapabilities/>").Root.FindElement(".//StreamingCapabilities")
		for _, name := range []string{"RTSPStreaming", "RTP_RTSP_TCP"} {
			if got := streaming.SelectAttrValue(name, ""); got != tc.want {
				t.Errorf("%+v: %s is %s", tc, name, got)
			}
		}
		older := c.As(t, "", "<trt:GetServiceCapabilities/>").Root.FindElement(".//StreamingCapabilities")
		if none := older.SelectAttrValue("NoRTSPStreaming", "false"); none == tc.want {
			t.Errorf("%+v: NoRTSPStreaming is %s", tc, none)
		}
	}
}

// TestProfilesShowTheKindsAskedFor and none without a kind (Media2 5.1.2).
func TestProfilesShowTheKindsAskedFor(t *testing.T) {
	t.Parallel()
	check := schematest.Collect(t)
	c := cameratest.New(t, cameratest.Config{})
	for body, want := range map[string]string{
		"": "", "<tr2:Type>All</tr2:Type>": "VideoSource VideoEncoder", "<tr2:Type>VideoSource</tr2:Type>": "VideoSource",
		"<tr2:Type>VideoEncoder</tr2:Type>": "VideoEncoder", "<tr2:Type>PTZ</tr2:Type>": "", "<tr2:Type>Weather</tr2:Type>": "",
		"<tr2:Type>PTZ</tr2:Type><tr2:Type>VideoEncoder</tr2:Type><tr2:Type>VideoSource</tr2:Type>": "VideoSource VideoEncoder",
	} {
		a := c.As(t, "viewer", "<tr2:GetProfiles>"+body+"</tr2:GetProfiles>")
		check.Add("", a.Body)
		if got := a.Root.FindElements("./Profiles"); len(got) != 2 {
			t.Errorf("%s: %d profiles", body, len(got))
		}
		var kinds []string
		if set := a.Root.FindElement("./Profiles/Configurations"); set != nil {
			for _, el := range set.ChildElements() {
				kinds = append(kinds, el.Tag)
			}
		}
		if got := strings.Join(kinds, " "); got != want {
			t.Errorf("%q shows %q, want %q", body, got, want)
		}
	}
}

func TestEncoderShowsWhatItHas(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	err := c.State.Update(func(tx *state.Tx) error {
		tx.Media().Encoders[0] = mediacfg.VideoEncoder{Token: "vec-main", Name: "n", Encoding: "JPEG", Width: 640, Height: 480, FrameRate: 12.5, BitRate: 1, Quality: 0.5}
		tx.Media().Encoders[1].Signed = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	a := c.As(t, "viewer", "<tr2:GetVideoEncoderConfigurations/>")
	schematest.Validate(t, a.Body)
	list := a.Root.FindElements("./Configurations")
	if len(list) != 2 {
		t.Fatalf("%d configurations", len(list))
	}
	for i, want := range []map[string]string{
		{"GovLength": "", "Profile": "", "Signed": ""}, {"GovLength": "50", "Profile": "Main", "Signed": "true"},
	} {
		for name, value := range want {
			if got := list[i].SelectAttrValue(name, ""); got != value {
				t.Errorf("configuration %d: %s is %q, want %q", i, name, got, value)
			}
		}
	}
	if got := list[0].FindElement(".//FrameRateLimit").Text(); got != "12.5" {
		t.Errorf("frame rate %s", got)
	}
}

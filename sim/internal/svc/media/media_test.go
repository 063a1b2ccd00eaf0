package media_test

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

func streamURI(stream, protocol, profile string) string {
	return "<trt:GetStreamUri><trt:StreamSetup><tt:Stream>" + stream + "</tt:Stream><tt:Transport><tt:Protocol>" + protocol +
		"</tt:Protocol></tt:Transport></trt:StreamSetup><trt:ProfileToken>" + profile + "</trt:ProfileToken></trt:GetStreamUri>"
}

func of(operation, element, token string) string {
	return "<trt:" + operation + "><trt:" + element + ">" + token + "</trt:" + element + "></trt:" + operation + ">"
}

// change edits the media configuration, as no request can yet.
func change(t *testing.T, c *cameratest.Camera, f func(m *mediacfg.Section)) {
	t.Helper()
	if err := c.State.Update(func(tx *state.Tx) error { f(tx.Media()); return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestStreamAddress(t *testing.T) {
	t.Parallel()
	check := schematest.Collect(t)
	c := cameratest.New(t, cameratest.Config{})
	const rtsp = "rtsp://camera.example:20006/"
	for _, tc := range []struct{ body, uri, fault string }{
		{streamURI("RTP-Unicast", "RTSP", "Profile_main"), rtsp + "main", ""},
		{streamURI("RTP-Unicast", "UDP", "Profile_sub"), rtsp + "sub", ""},
		{streamURI("RTP-Unicast", "TCP", "Profile_sub"), rtsp + "sub", ""},
		{streamURI("RTP-Unicast", "HTTP", "Profile_sub"), "http://camera.example:20004/sub", ""},
		{streamURI("RTP-Unicast", "HTTP", "none"), "", arg + "/ter:NoProfile"},
		{streamURI("RTP-Multicast", "HTTP", "Profile_sub"), "", arg + "/ter:InvalidStreamSetup"},
		{streamURI("RTP-Multicast", "UDP", "Profile_sub"), "", arg + "/ter:InvalidStreamSetup"},
		{streamURI("RTP-Multicast", "UDP", "none"), "", arg + "/ter:NoProfile"},
		{streamURI("RTP-Unicast", "RTSP", ""), "", arg + "/ter:NoProfile"},
		{streamURI("RTP-Unicast", "RTSP", strings.Repeat("p", 65)), "", arg},
		{streamURI("RTP", "RTSP", "Profile_main"), "", arg},
		{streamURI("RTP-Unicast", "SRT", "Profile_main"), "", arg},
	} {
		a := c.As(t, "viewer", tc.body)
		check.Add("", a.Body)
		if got := a.Text("./MediaUri/Uri"); got != tc.uri || a.Fault != tc.fault {
			t.Errorf("%s: %q %s, want %q %s", tc.body, got, a.Fault, tc.uri, tc.fault)
		}
	}
	change(t, c, func(m *mediacfg.Section) { m.Profiles[0].VideoEncoder = "" })
	for _, body := range []string{streamURI("RTP-Unicast", "RTSP", "Profile_main"), of("GetSnapshotUri", "ProfileToken", "Profile_main")} {
		if a := c.As(t, "viewer", body); a.Fault != "env:Receiver/ter:Action/ter:IncompleteConfiguration" {
			t.Errorf("profile without encoder: %s", a.Fault)
		}
	}
}

func TestStreamAddressNeedsItsProtocol(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Change: func(p *profiles.Profile) { p.Network.Protocols.RTSP = false }})
	if a := c.As(t, "viewer", streamURI("RTP-Unicast", "RTSP", "Profile_main")); a.Fault != arg+"/ter:InvalidStreamSetup" {
		t.Errorf("RTSP is off: %s", a.Fault)
	}
}

// TestEncodingsWithoutAWordInVer10AreLeftOut: clients of ver10 do not know them.
func TestEncodingsWithoutAWordInVer10AreLeftOut(t *testing.T) {
	t.Parallel()
	check := schematest.Collect(t)
	c := cameratest.New(t, cameratest.Config{})
	change(t, c, func(m *mediacfg.Section) { m.Encoders[0].Encoding = "H265"; m.Encoders[1].Encoding = "JPEG" })
	a := c.As(t, "viewer", "<trt:GetProfiles/>")
	check.Add("", a.Body)
	if got := a.Texts("./Profiles/VideoEncoderConfiguration/Encoding"); len(got) != 1 || got[0] != "JPEG" {
		t.Errorf("encodings %q", got)
	}
	if a.Root.FindElement(".//H264") != nil {
		t.Errorf("JPEG has H.264 settings:\n%s", a.Body)
	}
	all := c.As(t, "viewer", "<trt:GetVideoEncoderConfigurations/>")
	check.Add("", all.Body)
	if got := all.Texts("./Configurations/Name"); len(got) != 1 || got[0] != "sub" {
		t.Errorf("configurations %q", got)
	}
	if a := c.As(t, "viewer", of("GetVideoEncoderConfiguration", "ConfigurationToken", "vec-main")); a.Fault != arg+"/ter:NoConfig" {
		t.Errorf("H.265: %s", a.Fault)
	}
}

// TestConfigurationsAgree: the same configuration is the same wherever it is shown.
func TestConfigurationsAgree(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	for kind, prefix := range map[string]string{"VideoSource": "vsc-VideoSource_1", "VideoEncoder": "vec-main"} {
		one := c.As(t, "viewer", of("Get"+kind+"Configuration", "ConfigurationToken", prefix)).Root.FindElement("./Configuration")
		for body, path := range map[string]string{
			"<trt:GetProfiles/>":                                                      "./Profiles/" + kind + "Configuration",
			of("GetProfile", "ProfileToken", "Profile_main"):                          "./Profile/" + kind + "Configuration",
			"<trt:Get" + kind + "Configurations/>":                                    "./Configurations",
			of("GetCompatible"+kind+"Configurations", "ProfileToken", "Profile_main"): "./Configurations",
		} {
			el := c.As(t, "viewer", body).Root.FindElement(path)
			if el == nil || el.SelectAttrValue("token", "") != one.SelectAttrValue("token", "") || len(el.ChildElements()) != len(one.ChildElements()) {
				t.Errorf("%s shows another %s", body, kind)
				continue
			}
			for i, part := range el.ChildElements() {
				if a, b := part, one.ChildElements()[i]; a.Tag != b.Tag || a.Text() != b.Text() {
					t.Errorf("%s: %s is %q, want %q", body, a.Tag, a.Text(), b.Text())
				}
			}
		}
	}
}

// TestMediaCapabilitiesCountTheProfilesThereCanBe: without CreateProfile no more
// than there are, whatever room the vendor profile has.
func TestMediaCapabilitiesCountTheProfilesThereCanBe(t *testing.T) {
	t.Parallel()
	const want = "2"
	c := cameratest.New(t, cameratest.Config{Change: func(p *profiles.Profile) { p.Limits.Media.Profiles = 7 }})
	a := c.As(t, "", "<trt:GetServiceCapabilities/>")
	if got := a.Root.FindElement("./Capabilities/ProfileCapabilities").SelectAttrValue("MaximumNumberOfProfiles", ""); got != want {
		t.Errorf("MaximumNumberOfProfiles is %s", got)
	}
	older := c.As(t, "", "<tds:GetCapabilities><tds:Category>Media</tds:Category></tds:GetCapabilities>")
	if got := older.Text(".//MaximumNumberOfProfiles"); got != want {
		t.Errorf("in the older listing it is %s", got)
	}
}

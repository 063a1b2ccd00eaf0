package camera_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

// attribute is the value of the attribute at the end of a path, "" if there is none.
func attribute(root *etree.Element, path string) string {
	at, name, _ := strings.Cut(path, "/@")
	if el := root.FindElement(at); el != nil {
		return el.SelectAttrValue(name, "")
	}
	return ""
}

func getServices(capabilities string) string {
	return "<tds:GetServices><tds:IncludeCapability>" + capabilities + "</tds:IncludeCapability></tds:GetServices>"
}

func offeredBy(t *testing.T, c *cameratest.Camera) []string {
	t.Helper()
	return c.As(t, "", getServices("false")).Texts("./Service/Namespace")
}

// canonical is an element as text, with the usual prefixes.
func canonical(el *etree.Element) string {
	return string(soap.Render(soap.Response{Body: soap.Standalone(el)}))
}

// TestCapabilitiesOfGetServicesAreThoseOfEachService for every service the
// camera has, in every profile (Core 8.1.2.2, 8.1.2.3).
func TestCapabilitiesOfGetServicesAreThoseOfEachService(t *testing.T) {
	t.Parallel()
	for _, name := range profiles.Builtin() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := cameratest.New(t, cameratest.Config{Profile: name})
			with := c.As(t, "", getServices("true")).Root.ChildElements()
			without := c.As(t, "", getServices("false")).Root.ChildElements()
			if len(with) < 3 || len(with) != len(without) {
				t.Fatalf("%d services with capabilities, %d without", len(with), len(without))
			}
			for i, service := range with {
				space := service.FindElement("./Namespace").Text()
				for _, part := range []string{"Namespace", "XAddr", "Version/Major", "Version/Minor"} {
					if a, b := service.FindElement("./"+part).Text(), without[i].FindElement("./"+part).Text(); a != b {
						t.Errorf("%s: %s is %q with capabilities and %q without", space, part, a, b)
					}
				}
				if without[i].FindElement("./Capabilities") != nil {
					t.Errorf("%s: capabilities nobody asked for", space)
				}
				listed := service.FindElement("./Capabilities").ChildElements()
				if len(listed) != 1 {
					t.Fatalf("%s: %d elements of capabilities", space, len(listed))
				}
				own := c.Call(t, cameratest.Call{Body: `<x:GetServiceCapabilities xmlns:x="` + space + `"/>`})
				if own.Fault != "" {
					t.Fatalf("%s: %s", space, own.Fault)
				}
				if a, b := canonical(listed[0]), canonical(own.Root.ChildElements()[0]); a != b {
					t.Errorf("%s: GetServices shows\n%s\nGetServiceCapabilities\n%s", space, a, b)
				}
			}
		})
	}
}

func TestServicesSayTheReleaseOfTheProfile(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]string{"flagship": {"25", "6"}, "legacy-18-12": {"18", "12"}, "security-baseline": {"26", "6"}} {
		c := cameratest.New(t, cameratest.Config{Profile: name})
		a := c.As(t, "", getServices("false"))
		for i, part := range []string{"Major", "Minor"} {
			for _, got := range a.Texts("./Service/Version/" + part) {
				if got != want[i] {
					t.Errorf("%s: %s is %s, want %s", name, part, got, want[i])
				}
			}
		}
	}
}

// TestOlderListingAgreesWithTheNewer: clients that know only GetCapabilities
// find the same addresses.
func TestOlderListingAgreesWithTheNewer(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	addresses := c.As(t, "", getServices("false")).Texts("./Service/XAddr")
	older := c.As(t, "", "<tds:GetCapabilities/>")
	for _, category := range []string{"Device", "Media", "Events"} {
		at := older.Text("./Capabilities/" + category + "/XAddr")
		if at == "" && category == "Events" && !slices.Contains(offeredBy(t, c), "http://www.onvif.org/ver10/events/wsdl") {
			continue
		}
		if !slices.Contains(addresses, at) {
			t.Errorf("%s is at %q, which is not among %q", category, at, addresses)
		}
		alone := c.As(t, "", "<tds:GetCapabilities><tds:Category>"+category+"</tds:Category></tds:GetCapabilities>")
		if parts := alone.Root.FindElement("./Capabilities").ChildElements(); len(parts) != 1 || parts[0].Tag != category {
			t.Errorf("asked for %s, answered\n%s", category, alone.Body)
		}
	}
	for _, category := range []string{"PTZ", "Imaging", "Analytics"} {
		for _, body := range []string{"<tds:Category>" + category + "</tds:Category>", "<tds:Category>Device</tds:Category><tds:Category>" + category + "</tds:Category>"} {
			if a := c.As(t, "", "<tds:GetCapabilities>"+body+"</tds:GetCapabilities>"); a.Fault != "env:Receiver/ter:ActionNotSupported/ter:NoSuchService" {
				t.Errorf("%s: %d %s", body, a.Status, a.Fault)
			}
		}
	}
	if a := c.As(t, "", "<tds:GetCapabilities><tds:Category>Weather</tds:Category></tds:GetCapabilities>"); a.Fault != "env:Sender/ter:InvalidArgVal" {
		t.Errorf("unknown category: %s", a.Fault)
	}
}

// TestAddressesFollowTheRequest: scheme and host of what the client has sent,
// also behind address translation; nothing of a Host header that is none.
func TestAddressesFollowTheRequest(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	const own = "127.0.0.1:20004" // the camera's end of the connection
	for _, tc := range []struct{ host, want, stream string }{
		{"192.0.2.7", "192.0.2.7", "192.0.2.7"},
		{"192.0.2.7:8080", "192.0.2.7:8080", "192.0.2.7"},
		{"nat.example:49152", "nat.example:49152", "nat.example"},
		{"Camera", "Camera", "Camera"},
		{"cam_1.local:80", "cam_1.local:80", "cam_1.local"},
		{"xn--bcher-kva.example", "xn--bcher-kva.example", "xn--bcher-kva.example"},
		{"[2001:db8::7]", "[2001:db8::7]", "[2001:db8::7]"},
		{"[2001:DB8:0::7]:8080", "[2001:db8::7]:8080", "[2001:db8::7]"},
		{"[::1]:80", "[::1]:80", "[::1]"},
		{"-", own, "127.0.0.1"}, // none
		{"evil.example/path", own, "127.0.0.1"},
		{"user@evil.example", own, "127.0.0.1"},
		{"evil.example:80:90", own, "127.0.0.1"},
		{"evil.example:http", own, "127.0.0.1"},
		{"evil.example:0", own, "127.0.0.1"},
		{"evil.example:65536", own, "127.0.0.1"},
		{"evil.example:080", own, "127.0.0.1"},
		{"evil.example:", own, "127.0.0.1"},
		{"evil.example</tds:XAddr>", own, "127.0.0.1"},
		{`evil.example" x="`, own, "127.0.0.1"},
		{"evil.example\r\nX: y", own, "127.0.0.1"},
		{"evil%2eexample", own, "127.0.0.1"},
		{"é.example", own, "127.0.0.1"},
		{".example", own, "127.0.0.1"},
		{"::1", own, "127.0.0.1"},
		{"[::1", own, "127.0.0.1"},
		{"[192.0.2.7]", own, "127.0.0.1"},
		{"[fe80::1%25eth0]", own, "127.0.0.1"},
		{"[::1]]:80", own, "127.0.0.1"},
		{strings.Repeat("a", 255), strings.Repeat("a", 255), strings.Repeat("a", 255)},
		{strings.Repeat("a", 256), own, "127.0.0.1"},
	} {
		for scheme, secure := range map[string]bool{"http": false, "https": true} {
			call := func(body string) cameratest.Answer {
				return c.Call(t, cameratest.Call{As: "viewer", Host: tc.host, Secure: secure, Body: body})
			}
			for _, at := range call(getServices("false")).Texts("./Service/XAddr") {
				if !strings.HasPrefix(at, scheme+"://"+tc.want+"/onvif/") {
					t.Errorf("host %q: address %q, want %s://%s/onvif/…", tc.host, at, scheme, tc.want)
				}
			}
			if at := call("<tds:GetCapabilities/>").Text("./Capabilities/Media/XAddr"); at != scheme+"://"+tc.want+"/onvif/media_service" {
				t.Errorf("host %q: older address %q", tc.host, at)
			}
			if at := call("<tr2:GetSnapshotUri><tr2:ProfileToken>Profile_sub</tr2:ProfileToken></tr2:GetSnapshotUri>").Text("./Uri"); at != scheme+"://"+tc.want+"/snapshot/sub.jpg" {
				t.Errorf("host %q: snapshot at %q", tc.host, at)
			}
			if at := call("<tr2:GetStreamUri><tr2:Protocol>RtspUnicast</tr2:Protocol><tr2:ProfileToken>Profile_sub</tr2:ProfileToken></tr2:GetStreamUri>").Text("./Uri"); at != "rtsp://"+tc.stream+":20006/sub" {
				t.Errorf("host %q: stream at %q, want rtsp://%s:20006/sub", tc.host, at, tc.stream)
			}
		}
	}
}

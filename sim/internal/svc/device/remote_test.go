package device_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

func remote(name, password, derived string) string {
	if password != "" {
		password = "<tt:Password>" + password + "</tt:Password>"
	}
	return "<tds:SetRemoteUser><tds:RemoteUser><tt:Username>" + name + "</tt:Username>" + password +
		"<tt:UseDerivedPassword>" + derived + "</tt:UseDerivedPassword></tds:RemoteUser></tds:SetRemoteUser>"
}

// TestRemoteUserIsKeptAndShownWithoutItsPassword: Core 8.4.7 and 8.4.8. It is no
// user of the camera itself.
func TestRemoteUserIsKeptAndShownWithoutItsPassword(t *testing.T) {
	t.Parallel()
	const get, secret, denied = "<tds:GetRemoteUser/>", "Gate-3-secret", "env:Sender/ter:NotAuthorized"
	none := map[string]string{"./RemoteUser/Username": ""}
	is := func(name, derived string) map[string]string {
		return map[string]string{"./RemoteUser/Username": name, "./RemoteUser/UseDerivedPassword": derived, "./RemoteUser/Password": ""}
	}
	c := cameratest.New(t, cameratest.Config{Answered: func(a cameratest.Answer) {
		if strings.Contains(string(a.Body), secret) {
			t.Errorf("an answer has the password:\n%s", a.Body)
		}
	}})
	tell(t, schematest.Collect(t), c, []step{
		{as: "viewer", body: get, want: none},
		{as: "operator", body: remote("recorder", secret, "true"), fault: denied},
		{body: remote("recorder", secret, "true")},
		{as: "viewer", body: get, want: is("recorder", "true")},
		{as: "recorder", body: get, fault: denied},
		{body: remote("", secret, "true"), fault: arg},
		{body: remote("a:b", secret, "true"), fault: arg},
		{body: remote(strings.Repeat("n", 65), secret, "true"), fault: arg},
		{body: remote("recorder", secret+strings.Repeat("x", 128), "true"), fault: arg},
		{body: remote("recorder", secret, "perhaps"), fault: "env:Sender/ter:InvalidArgs"},
		{body: get, want: is("recorder", "true")},
		{body: remote(strings.Repeat("n", 64), strings.Repeat("p", 128), "false")},
		{body: remote("other", "", "false")},
		{body: get, want: is("other", "false")},
		{body: remote("recorder", secret, "false")},
	})
	if text, err := json.Marshal(c.State.View()); err != nil || strings.Contains(string(text), secret) || !strings.Contains(string(text), "recorder") {
		t.Errorf("the state: %v", err)
	}
	tell(t, schematest.Collect(t), c, []step{{body: "<tds:SetRemoteUser/>"}, {body: get, want: none}, {body: "<tds:SetRemoteUser/>"}})
}

// TestRemoteUserHandlingIsSignalledWhereItIs, in both lists of capabilities.
func TestRemoteUserHandlingIsSignalledWhereItIs(t *testing.T) {
	t.Parallel()
	const notRemote, notSupported = "env:Receiver/ter:ActionNotSupported/ter:NotRemoteUser", "env:Receiver/ter:ActionNotSupported"
	for name, tc := range map[string]struct {
		change   func(*profiles.Profile)
		want     string
		get, set string // faults
	}{
		"on":          {func(*profiles.Profile) {}, "true", "", ""},
		"off":         {func(p *profiles.Profile) { p.Auth.RemoteUser = false }, "false", notRemote, notRemote},
		"without Set": {func(p *profiles.Profile) { p.ONVIF.OperationsOff = []string{"tds:SetRemoteUser"} }, "false", "", notSupported},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := cameratest.New(t, cameratest.Config{Change: tc.change})
			security := c.As(t, "", "<tds:GetServiceCapabilities/>").Root.FindElement("./Capabilities/Security")
			if got := security.SelectAttrValue("RemoteUserHandling", ""); got != tc.want {
				t.Errorf("RemoteUserHandling is %q, want %q", got, tc.want)
			}
			tell(t, schematest.Collect(t), c, []step{
				{body: "<tds:GetCapabilities><tds:Category>Device</tds:Category></tds:GetCapabilities>", want: map[string]string{".//RemoteUserHandling": tc.want}},
				{body: "<tds:GetRemoteUser/>", fault: tc.get},
				{body: remote("recorder", "x", "false"), fault: tc.set},
			})
		})
	}
}

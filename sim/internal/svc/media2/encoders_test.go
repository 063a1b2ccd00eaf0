package media2_test

import (
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

// setEncoder is a request that changes nothing of vec-sub but its attributes,
// with some of its text replaced.
func setEncoder(attributes string, replace ...string) string {
	return strings.NewReplacer(replace...).Replace(`<tr2:SetVideoEncoderConfiguration><tr2:Configuration token="vec-sub" ` + attributes + `>` +
		`<tt:Name>sub</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>640</tt:Width><tt:Height>360</tt:Height></tt:Resolution>` +
		`<tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit><tt:BitrateLimit>768</tt:BitrateLimit></tt:RateControl><tt:Quality>5</tt:Quality></tr2:Configuration></tr2:SetVideoEncoderConfiguration>`)
}

func TestEncoderConfigurationsAreSetWithinTheirOptions(t *testing.T) {
	t.Parallel()
	check := schematest.Collect(t)
	opened := cameratest.Open(t, "flagship")
	const modify = arg + "/ter:ConfigModify"
	keyless := func(p *profiles.Profile) { p.Security.MediaSigning = false }
	for name, tc := range map[string]struct {
		body   string
		change func(*profiles.Profile)
		fault  string
		gov    int
		signed bool
	}{
		"nothing":                 {body: setEncoder(`Signed="true"`), gov: 50, signed: true},
		"Signed left out":         {body: setEncoder(``), gov: 50},
		"Signed without a key":    {body: setEncoder(`Signed="true"`), change: keyless, fault: modify, gov: 50},
		"unsigned without a key":  {body: setEncoder(`Signed="false" GovLength="9"`), change: keyless, gov: 9},
		"GovLength":               {body: setEncoder(`Signed="1" GovLength="2"`), gov: 2, signed: true},
		"GovLength too small":     {body: setEncoder(`GovLength="1"`), fault: modify, gov: 50, signed: true},
		"GovLength at its end":    {body: setEncoder(`GovLength="36000"`), gov: 36000},
		"GovLength too large":     {body: setEncoder(`GovLength="36001"`), fault: modify, gov: 50, signed: true},
		"profile":                 {body: setEncoder(`Profile="High"`), fault: modify, gov: 50, signed: true},
		"resolution":              {body: setEncoder(``, "640", "1920"), fault: modify, gov: 50, signed: true},
		"frame rate":              {body: setEncoder(``, "25<", "30<"), fault: modify, gov: 50, signed: true},
		"bit rate":                {body: setEncoder(``, "768", "100"), fault: modify, gov: 50, signed: true},
		"encoding":                {body: setEncoder(``, "H264", "H265"), fault: modify, gov: 50, signed: true},
		"no such configuration":   {body: setEncoder(``, "vec-sub", "none"), fault: arg + "/ter:NoConfig", gov: 50, signed: true},
		"configuration of others": {body: setEncoder(``, "vec-sub", "vsc-VideoSource_1"), fault: arg + "/ter:NoConfig", gov: 50, signed: true},
	} {
		c := cameratest.New(t, cameratest.Config{Opened: opened, Change: tc.change})
		before := c.State.View()
		a := c.As(t, "operator", tc.body)
		check.Add("", a.Body)
		e, _ := c.State.View().Media.Encoder("vec-sub")
		if a.Fault != tc.fault || e.GovLength != tc.gov || e.Signed != tc.signed {
			t.Errorf("%s: %q, GovLength %d, signed %v; want %q, %d, %v", name, a.Fault, e.GovLength, e.Signed, tc.fault, tc.gov, tc.signed)
		}
		if tc.fault != "" && c.State.View() != before {
			t.Errorf("%s: a refused request has changed the state", name)
		}
	}
}

// TestSigningIsOfferedWhereThereIsAKey: in the options of the encoders.
func TestSigningIsOfferedWhereThereIsAKey(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*profiles.Profile){
		"true": nil, "": func(p *profiles.Profile) { p.Security.MediaSigning = false },
	} {
		c := cameratest.New(t, cameratest.Config{Change: change})
		a := c.As(t, "viewer", "<tr2:GetVideoEncoderConfigurationOptions/>")
		for _, o := range a.Root.FindElements("./Options") {
			if got := o.SelectAttrValue("SigningSupported", ""); got != want {
				t.Errorf("SigningSupported %q, want %q", got, want)
			}
		}
	}
}

package device_test

import (
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

func scopes(operation, element string, items ...string) string {
	return "<tds:" + operation + "><tds:" + element + ">" + strings.Join(items, "</tds:"+element+"><tds:"+element+">") + "</tds:" + element + "></tds:" + operation + ">"
}

// TestScopesAreSetAddedAndRemoved, fixed ones never; a change counts up what
// WS-Discovery announces (Core 7.3.3, 8.3.14 to 8.3.17).
func TestScopesAreSetAddedAndRemoved(t *testing.T) {
	t.Parallel()
	check := schematest.Collect(t)
	opened := cameratest.Open(t, "flagship")
	const root = "onvif://www.onvif.org/"
	const fixed = root + "Profile/Streaming " + root + "name/Aurora " + root + "hardware/NL-B2510"
	const made = fixed + " " + root + "location/country/freedonia " + root + "location/city/lakeside"
	list := func(items string) step {
		return step{body: "<tds:GetScopes/>", want: map[string]string{".//ScopeItem": items}}
	}
	for name, tc := range map[string]struct {
		steps    []step
		announce uint32 // how often it changed
	}{
		"as made": {[]step{list(made), {body: "<tds:GetScopes/>", want: map[string]string{".//ScopeDef": "Fixed Fixed Fixed Configurable Configurable"}}}, 0},
		"set":     {[]step{{body: scopes("SetScopes", "Scopes", "urn:a", "urn:b", "urn:a")}, list(fixed + " urn:a urn:b")}, 1},
		"set to what is there": {[]step{
			{body: scopes("SetScopes", "Scopes", root+"location/country/freedonia", root+"location/city/lakeside")}, list(made),
		}, 0},
		"add":       {[]step{{body: scopes("AddScopes", "ScopeItem", "urn:a", root+"hardware/NL-B2510")}, list(made + " urn:a")}, 1},
		"add again": {[]step{{body: scopes("AddScopes", "ScopeItem", "urn:a")}, {body: scopes("AddScopes", "ScopeItem", "urn:a")}, list(made + " urn:a")}, 1},
		"remove": {[]step{
			{body: scopes("RemoveScopes", "ScopeItem", root+"location/city/lakeside"), want: map[string]string{"./ScopeItem": root + "location/city/lakeside"}},
			list(fixed + " " + root + "location/country/freedonia"),
			{body: scopes("RemoveScopes", "ScopeItem", root+"location/city/lakeside"), fault: arg + "/ter:NoScope"},
		}, 1},
		"remove a fixed one": {[]step{
			{body: scopes("RemoveScopes", "ScopeItem", root+"location/city/lakeside", root+"Profile/Streaming"), fault: prohibited + "/ter:FixedScope"}, list(made),
		}, 0},
		"too many": {[]step{
			{body: "<tds:AddScopes>" + repeat(7, "<tds:ScopeItem>urn:%d</tds:ScopeItem>") + "</tds:AddScopes>"}, // 12 in all
			{body: scopes("AddScopes", "ScopeItem", "urn:more"), fault: action + "/ter:TooManyScopes"},
			{body: "<tds:SetScopes>" + repeat(10, "<tds:Scopes>urn:%d</tds:Scopes>") + "</tds:SetScopes>", fault: action + "/ter:TooManyScopes"},
			{body: "<tds:SetScopes>" + repeat(9, "<tds:Scopes>urn:%d</tds:Scopes>") + "</tds:SetScopes>"},
		}, 2},
		"length": {[]step{
			{body: scopes("AddScopes", "ScopeItem", "urn:"+strings.Repeat("a", 60))},
			{body: scopes("AddScopes", "ScopeItem", "urn:"+strings.Repeat("a", 61)), fault: arg},
		}, 1},
		"not usable": {[]step{
			{body: scopes("AddScopes", "ScopeItem", ""), fault: arg},
			{body: scopes("AddScopes", "ScopeItem", "nothing"), fault: arg},
			{body: scopes("AddScopes", "ScopeItem", ":a"), fault: arg},
			{body: scopes("AddScopes", "ScopeItem", "urn:a b"), fault: arg},
			{body: scopes("SetScopes", "Scopes", "urn:a", "urn:b\u0085"), fault: arg},
			list(made),
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := cameratest.New(t, cameratest.Config{Opened: opened, Change: func(p *profiles.Profile) {
				p.Limits.Scopes = profiles.ScopeLimits{Scopes: 12, Length: 64}
			}})
			before := c.State.View().Device.MetadataVersion
			tell(t, check, c, tc.steps)
			if got := c.State.View().Device.MetadataVersion - before; got != tc.announce {
				t.Errorf("announced %d changes, want %d", got, tc.announce)
			}
		})
	}
}

func TestDiscoveryModeIsSet(t *testing.T) {
	t.Parallel()
	const get, set = "<tds:GetDiscoveryMode/>", "<tds:SetDiscoveryMode><tds:DiscoveryMode>%</tds:DiscoveryMode></tds:SetDiscoveryMode>"
	mode := func(m string) string { return strings.Replace(set, "%", m, 1) }
	tell(t, schematest.Collect(t), cameratest.New(t, cameratest.Config{}), []step{
		{body: get, want: map[string]string{"./DiscoveryMode": "Discoverable"}},
		{body: mode("NonDiscoverable")},
		{body: get, want: map[string]string{"./DiscoveryMode": "NonDiscoverable"}},
		{body: mode("Hidden"), fault: arg},
		{body: mode("Discoverable")},
		{body: get, want: map[string]string{"./DiscoveryMode": "Discoverable"}},
	})
}

package device_test

import (
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

// set is a request that sets parameters, names and values in turn.
func set(operation string, namesAndValues ...string) string {
	body := ""
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		body += "<tds:" + namesAndValues[i] + ">" + namesAndValues[i+1] + "</tds:" + namesAndValues[i] + ">"
	}
	return "<tds:" + operation + ">" + body + "</tds:" + operation + ">"
}

// TestSecurityPoliciesAreSetAndKept: Core 8.5, and what is enforced then.
func TestSecurityPoliciesAreSetAndKept(t *testing.T) {
	t.Parallel()
	const complexity, history, warning, hashing = "SetPasswordComplexityConfiguration", "SetPasswordHistoryConfiguration", "SetAuthFailureWarningConfiguration", "SetHashingAlgorithm"
	const weak, weaker = prohibited + "/ter:Password", prohibited + "/ter:PasswordTooWeak"
	check := schematest.Collect(t)
	flagship := cameratest.Open(t, "flagship")
	for name, steps := range map[string][]step{
		"complexity": {
			{body: "<tds:GetPasswordComplexityConfiguration/>", want: map[string]string{"./MinLen": "0", "./Uppercase": "0", "./Number": "0", "./SpecialChars": "0", "./BlockUsernameOccurrence": "false", "./PolicyConfigurationLocked": "false"}},
			{body: set(complexity, "MinLen", "8", "Uppercase", "1", "Number", "2", "SpecialChars", "1", "BlockUsernameOccurrence", "true")},
			{body: set(complexity, "Uppercase", "0")}, // what is left out stays
			{body: "<tds:GetPasswordComplexityConfiguration/>", want: map[string]string{"./MinLen": "8", "./Uppercase": "0", "./Number": "2", "./BlockUsernameOccurrence": "true"}},
			{body: create(user("guard", "abcd12!", "User")), fault: weak},
			{body: create(user("guard", "abcdef1!", "User")), fault: weak},
			{body: create(user("guard", "abcdef12", "User")), fault: weak},
			{body: create(user("guard", "Guard-12!", "User")), fault: weak},
			{body: change(user("viewer", "viewer12!", "User")), fault: weaker},
			{body: create(user("guard", "abcdef12!", "User"))},
			{as: "viewer", body: "<tds:GetDNS/>"}, // whose password is from before
		},
		"complexity's limits": {
			{body: set(complexity, "MinLen", "128", "Uppercase", "8", "Number", "8", "SpecialChars", "8")},
			{body: set(complexity, "MinLen", "129"), fault: arg},
			{body: set(complexity, "Uppercase", "9"), fault: arg},
			{body: set(complexity, "Number", "-1"), fault: arg},
			{body: set(complexity, "PolicyConfigurationLocked", "true")},
			{body: set(complexity, "MinLen", "1"), fault: arg},
			{body: set(complexity, "PolicyConfigurationLocked", "false"), fault: arg},
		},
		"history": {
			{body: "<tds:GetPasswordHistoryConfiguration/>", want: map[string]string{"./Enabled": "false", "./Length": "0"}},
			{body: set(history, "Enabled", "true", "Length", "2")},
			{body: "<tds:GetPasswordHistoryConfiguration/>", want: map[string]string{"./Enabled": "true", "./Length": "2"}},
			{body: change(user("viewer", "second", "User"))},
			{body: change(user("viewer", cameratest.Password, "User")), fault: weaker},
			{body: change(user("viewer", "second", "Operator"))}, // only the level
			{body: change(user("viewer", "third", "User"))},
			{body: change(user("viewer", cameratest.Password, "User"))},
			{body: set(history, "Enabled", "true", "Length", "10")},
			{body: set(history, "Enabled", "true", "Length", "11"), fault: arg},
			{body: set(history, "Enabled", "true", "Length", "0"), fault: arg},
			{body: set(history, "Enabled", "false", "Length", "-1"), fault: arg},
		},
		"warnings": {
			{body: "<tds:GetAuthFailureWarningOptions/>", want: map[string]string{"./MonitorPeriodRange/Min": "1", "./MonitorPeriodRange/Max": "3600", "./AuthFailureRange/Min": "1", "./AuthFailureRange/Max": "1000"}},
			{body: "<tds:GetAuthFailureWarningConfiguration/>", want: map[string]string{"./Enabled": "false", "./MonitorPeriod": "60", "./MaxAuthFailures": "10"}},
			{body: set(warning, "Enabled", "true", "MonitorPeriod", "3600", "MaxAuthFailures", "1000")},
			{body: "<tds:GetAuthFailureWarningConfiguration/>", want: map[string]string{"./Enabled": "true", "./MonitorPeriod": "3600", "./MaxAuthFailures": "1000"}},
			{body: set(warning, "Enabled", "true", "MonitorPeriod", "3601", "MaxAuthFailures", "1"), fault: arg},
			{body: set(warning, "Enabled", "true", "MonitorPeriod", "1", "MaxAuthFailures", "1001"), fault: arg},
			{body: set(warning, "Enabled", "true", "MonitorPeriod", "0", "MaxAuthFailures", "0"), fault: arg},
		},
		"hashing": {
			{body: set(hashing, "Algorithm", "MD5 SHA-256")},
			{body: set(hashing, "Algorithm", "SHA-256,MD5")},
			{body: set(hashing, "Algorithm", "SHA-512-256"), fault: arg},
			{body: set(hashing, "Algorithm", ""), fault: arg},
			{body: set(hashing, "Algorithm", "MD5 MD5"), fault: arg},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, check, cameratest.New(t, cameratest.Config{Opened: flagship}), steps)
		})
	}
}

// TestPolicyCapabilitiesSayWhatThereIs of the policies' operations.
func TestPolicyCapabilitiesSayWhatThereIs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*profiles.Profile)
		want   map[string]string
		off    string // an operation that is not there
	}{
		"all": {func(*profiles.Profile) {}, map[string]string{"SecurityPolicies": "PasswordComplexity AuthFailureWarnings", "MaxPasswordHistory": "10", "HashingAlgorithms": "MD5 SHA-256"}, ""},
		"one off": {func(p *profiles.Profile) { p.ONVIF.OperationsOff = []string{"tds:GetPasswordComplexityOptions"} },
			map[string]string{"SecurityPolicies": "AuthFailureWarnings", "MaxPasswordHistory": "10"}, "GetPasswordComplexityOptions"},
		"no history": {func(p *profiles.Profile) { p.Limits.Users.PasswordHistory = 0 }, map[string]string{"MaxPasswordHistory": ""}, "GetPasswordHistoryConfiguration"},
		"18.12": {func(p *profiles.Profile) { p.ONVIF.Release, p.Auth.JWT.Enabled = "18.12", false },
			map[string]string{"SecurityPolicies": "", "MaxPasswordHistory": "", "HashingAlgorithms": ""}, "GetAuthFailureWarningConfiguration"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := cameratest.New(t, cameratest.Config{Change: tc.change})
			security := c.As(t, "", "<tds:GetServiceCapabilities/>").Root.FindElement("./Capabilities/Security")
			for attribute, want := range tc.want {
				if got := strings.TrimSpace(security.SelectAttrValue(attribute, "")); got != want {
					t.Errorf("%s is %q, want %q", attribute, got, want)
				}
			}
			if tc.off == "" {
				return
			}
			if a := c.As(t, "admin", "<tds:"+tc.off+"/>"); a.Fault != "env:Receiver/ter:ActionNotSupported" {
				t.Errorf("%s: %s", tc.off, a.Fault)
			}
		})
	}
}

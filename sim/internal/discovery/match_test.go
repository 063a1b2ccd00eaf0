package discovery

import "testing"

func TestScopesMatchByTheirRule(t *testing.T) {
	t.Parallel()
	const d1 = "onvif://www.onvif.org/hardware/D1-566"
	for _, c := range []struct {
		rule, want, have string
		match            bool
	}{
		{"", d1, d1, true},
		{"", "onvif://www.onvif.org/hardware/D1", d1, false},
		{"", "onvif://www.onvif.org/hardware", d1, true},
		{"", "onvif://www.onvif.org/hardware/", d1, true},
		{"", "onvif://www.onvif.org", d1, true},
		{"", "onvif://www.onvif.org/", d1, true},
		{"", "ONVIF://WWW.onvif.ORG/hardware/D1-566", d1, true},
		{"", "onvif://www.onvif.org/Hardware", d1, false},
		{"", d1 + "/more", d1, false},
		{"", "onvif://onvif.org/hardware", d1, false},
		{"", "http://www.onvif.org/hardware", d1, false},
		{"", d1 + "?x=1#y", d1, true},
		{"", "onvif://www.onvif.org/hardware/D1%2D566", d1, true},
		{"", "onvif://www.onvif.org/location/new%20york", "onvif://www.onvif.org/location/new%20york/5", true},
		{"", "onvif://www.onvif.org/location/a%2Fb", "onvif://www.onvif.org/location/a/b", false},
		{"", "onvif://www.onvif.org/./hardware", d1, false},
		{"", "onvif://www.onvif.org/../hardware", "onvif://www.onvif.org/../hardware", false},
		{"", "odm:name:x", "odm:name:x", true},
		{"", "odm:name", "odm:name:x", false},
		{"", "not a uri%zz", "not a uri%zz", false},
		{ruleURI, "onvif://www.onvif.org/hardware", d1, true},
		{ruleURI2396, "onvif://www.onvif.org/hardware", d1, true},
		{ruleExact, d1, d1, true},
		{ruleExact, "ONVIF://www.onvif.org/hardware/D1-566", d1, false},
		{ruleExact, "onvif://www.onvif.org/hardware", d1, false},
		{ruleUUID, "urn:uuid:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", "uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", true},
		{ruleUUID, "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf7", "uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", false},
		{ruleUUID, "urn:uuid:f81d4fae7dec11d0a76500a0c91e6bf6", "urn:uuid:f81d4fae7dec11d0a76500a0c91e6bf6", false},
		{ruleUUID, d1, d1, false},
		{ruleLDAP, "ldap://host/o=Acme,c=US", "ldap://HOST/ou=Cams,o=acme,c=us", true},
		{ruleLDAP, "ldap://host/ou=Cams,o=Acme", "ldap://host/ou=Cams,o=Acme,c=US", false},
		{ruleLDAP, "ldap://host/", "ldap://host/c=US", true},
		{ruleLDAP, "ldap://host/c=US", "ldap://other/c=US", false},
		{ruleLDAP, `ldap://host/b,c=US`, `ldap://host/o=a\,b,c=US`, false},
		{ruleLDAP, d1, d1, false},
		{"urn:unknown", d1, d1, false},
	} {
		want, have := scopeOf(c.want), scopeOf(c.have)
		if got := want.matches(c.rule, &have); got != c.match {
			t.Errorf("rule %q: %s with %s: got %v", c.rule, c.want, c.have, got)
		}
	}
}

func TestProbeMatchesAllTypesAndAllScopes(t *testing.T) {
	t.Parallel()
	types := []QName{DeviceType(), {"urn:x", "Device"}}
	scopes := scopesOf([]string{"onvif://www.onvif.org/Profile/T", "onvif://www.onvif.org/name/a"})
	for _, c := range []struct {
		name  string
		probe probe
		match bool
	}{
		{"empty", probe{}, true},
		{"one type", probe{types: []QName{DeviceType()}}, true},
		{"both types", probe{types: types}, true},
		{"same local name", probe{types: []QName{{"urn:y", "Device"}}}, false},
		{"one type missing", probe{types: []QName{DeviceType(), NetworkVideoTransmitterType()}}, false},
		{"one scope", probe{scopes: scopes[:1]}, true},
		{"both scopes", probe{scopes: scopes}, true},
		{"one scope missing", probe{scopes: append(scopesOf([]string{"onvif://www.onvif.org/Profile/G"}), scopes...)}, false},
		{"scope and type", probe{types: types[:1], scopes: scopes[1:]}, true},
	} {
		if got := c.probe.matches(types, scopes); got != c.match {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}

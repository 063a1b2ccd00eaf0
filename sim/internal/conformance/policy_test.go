package conformance

import (
	"net/http"
	"strings"
)

// policyCases are those of the access policy, version 21.12.
func policyCases() []testCase {
	return with([]testCase{
		{"ACCESS_POLICY-1-1-1", "what nobody but administrators may do", nil, othersAreRefused},
		{"ACCESS_POLICY-1-1-2", "before anybody logs in", nil, everybodyMay},
		{"ACCESS_POLICY-1-1-3", "users", []need{service("tev", "event")}, usersMay},
		{"ACCESS_POLICY-1-1-4", "administrators, and nobody", nil, administratorsMay},
		{"ACCESS_POLICY-1-1-5", "administrators, not users and operators", nil, onlyAdministratorsMay},
	}, capability("tds/Security/DefaultAccessPolicy"))
}

// refusedTo checks that an account may not call an operation: 401, 403 or
// ter:ActionNotSupported (Core 5.9.4).
func (s *session) refusedTo(account, body string) {
	s.Helper()
	before := s.camera.State.View()
	a := s.post(s.url(body), account, "", body)
	if !denied(a.Status, a.Fault) {
		s.Errorf("%s as %q: %d %s", body, account, a.Status, a.Fault)
	}
	if s.camera.State.View() != before {
		s.Errorf("%s as %q changes the camera", body, account)
	}
}

func denied(status int, fault string) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden ||
		strings.Contains(fault, "ter:NotAuthorized") || strings.HasPrefix(fault, "env:Receiver/ter:ActionNotSupported")
}

// grantedTo checks that an account may call an operation.
func (s *session) grantedTo(account, body string) {
	s.Helper()
	if a := s.post(s.url(body), account, "", body); a.Status != http.StatusOK || a.Fault != "" {
		s.Errorf("%s as %q: %d %s", body, account, a.Status, a.Fault)
	}
}

// writes are operations of the classes WRITE_SYSTEM, READ_SYSTEM_SECRET and
// UNRECOVERABLE, with requests that do no harm.
func (s *session) writes() []string {
	all := map[string]string{
		"tds:SetHostname":      tds("SetHostname", tds("Name", s.do("<tds:GetHostname/>").Text(".//Name"))),
		"tds:GetUsers":         "<tds:GetUsers/>",
		"tds:CreateUsers":      "<tds:CreateUsers/>",
		"tds:SetDiscoveryMode": tds("SetDiscoveryMode", tds("DiscoveryMode", "Discoverable")),
		"tds:SetNTP":           tds("SetNTP", tds("FromDHCP", "false")),
		"tds:SystemReboot":     "<tds:SystemReboot/>",
		"tas:GetAllKeys":       "<tas:GetAllKeys/>",
		"tas:DeleteKey":        tas("DeleteKey", tas("KeyID", "nothing")),
	}
	var list []string
	for id, body := range all {
		if s.features.simulated[id] {
			list = append(list, body)
		}
	}
	return list
}

func othersAreRefused(s *session) {
	for _, body := range s.writes() {
		for _, account := range []string{"", "viewer", "operator"} {
			s.refusedTo(account, body)
		}
	}
}

func everybodyMay(s *session) {
	for _, body := range []string{
		tds("GetServices", tds("IncludeCapability", "false")), "<tds:GetServiceCapabilities/>", "<tds:GetHostname/>", "<tds:GetSystemDateAndTime/>",
	} {
		s.grantedTo("", body)
	}
}

func usersMay(s *session) {
	for _, body := range []string{
		"<tds:GetNTP/>", "<tds:GetNetworkInterfaces/>", "<tds:GetScopes/>", "<tds:GetDiscoveryMode/>", "<tev:GetEventProperties/>",
	} {
		s.refusedTo("", body)
		s.grantedTo("viewer", body)
	}
}

// harmless are requests of administrators' operations that change nothing.
func (s *session) harmless() []string {
	mode := s.do("<tds:GetDiscoveryMode/>").Text("./DiscoveryMode")
	return []string{tds("SetDiscoveryMode", tds("DiscoveryMode", mode)), "<tds:GetUsers/>"}
}

func administratorsMay(s *session) {
	for _, body := range s.harmless() {
		s.refusedTo("", body)
		s.grantedTo(admin, body)
	}
}

func onlyAdministratorsMay(s *session) {
	for _, body := range s.harmless() {
		s.refusedTo("viewer", body)
		s.refusedTo("operator", body)
		s.grantedTo(admin, body)
	}
}

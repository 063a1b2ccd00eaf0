package camera_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

// release2606 claims the release that has user roles.
func release2606(p *profiles.Profile) { p.ONVIF.Release = "26.06" }

// goldenStory are the requests about user roles and the remote user, in their order.
func goldenStory() []struct{ name, body, fault string } {
	const (
		arg, action, prohibited = "env:Sender/ter:InvalidArgVal/ter:", "env:Receiver/ter:Action/ter:", "env:Sender/ter:OperationProhibited/ter:"
		remote                  = "<tt:Username>recorder</tt:Username><tt:Password>Gate+3</tt:Password><tt:UseDerivedPassword>true</tt:UseDerivedPassword>"
	)
	return []struct{ name, body, fault string }{
		{"GetUserRoles-predefined", "<tds:GetUserRoles/>", ""},
		{"SetUserRole", setRole("Guard", "tds:GetDNS tr2:GetSnapshotUri"), ""},
		{"SetUserRole-OnvifPrefix", setRole("onvif:Guard", "tds:GetDNS"), prohibited + "OnvifPrefix"},
		{"SetUserRole-FunctionNotImplemented", setRole("Guard", "tds:GetDNS tds:StartFirmwareUpgrade"), action + "FunctionNotImplemented"},
		{"SetUserRole-TooManyUserRoles", setRole("Another", "tds:GetDNS"), action + "TooManyUserRoles"},
		{"GetUserRoles", "<tds:GetUserRoles/>", ""},
		{"GetUserRoles-one", "<tds:GetUserRoles><tds:UserRole>Guard</tds:UserRole></tds:GetUserRoles>", ""},
		{"GetUserRoles-InvalidUserRole", "<tds:GetUserRoles><tds:UserRole>Nobody</tds:UserRole></tds:GetUserRoles>", arg + "InvalidUserRole"},
		{"CreateUsers-Extended-UserRole", create("guard", "onvif:User Guard"), ""},
		{"GetUsers-Extended-UserRole", "<tds:GetUsers/>", ""},
		{"DeleteUserRole", "<tds:DeleteUserRole><tds:UserRole>Guard</tds:UserRole></tds:DeleteUserRole>", ""},
		{"DeleteUserRole-InvalidUserRole", "<tds:DeleteUserRole><tds:UserRole>Guard</tds:UserRole></tds:DeleteUserRole>", arg + "InvalidUserRole"},
		{"DeleteUserRole-OnvifPrefix", "<tds:DeleteUserRole><tds:UserRole>onvif:User</tds:UserRole></tds:DeleteUserRole>", prohibited + "OnvifPrefix"},
		{"GetRemoteUser-none", "<tds:GetRemoteUser/>", ""},
		{"SetRemoteUser", "<tds:SetRemoteUser><tds:RemoteUser>" + remote + "</tds:RemoteUser></tds:SetRemoteUser>", ""},
		{"GetRemoteUser", "<tds:GetRemoteUser/>", ""},
		{"SetRemoteUser-removed", "<tds:SetRemoteUser/>", ""},
	}
}

// TestGoldenStoryHasItsGoldenAnswers plays them on one new camera with room for one role.
func TestGoldenStoryHasItsGoldenAnswers(t *testing.T) {
	t.Parallel()
	c, check := cameratest.New(t, cameratest.Config{Change: func(p *profiles.Profile) {
		release2606(p)
		p.Limits.Users.Roles = 1
	}}), schematest.Collect(t)
	for _, m := range goldenStory() {
		file := filepath.Join(golden, "device", m.name)
		if *update {
			cameratest.Golden(t, file+".request.xml", []byte(cameratest.Envelope("", m.body)), true)
		}
		request, err := os.ReadFile(file + ".request.xml")
		if err != nil {
			t.Fatalf("%v (go test -update writes it)", err)
		}
		before := c.State.View()
		a := c.Call(t, cameratest.Call{As: "admin", Envelope: string(request)})
		check.Add("", request)
		operation, _, _ := strings.Cut(m.name, "-")
		if a.Fault == "" {
			check.Add("", a.Body)
		} else {
			check.Add("device:"+operation, a.Body)
		}
		if a.Fault != m.fault || a.Fault != "" && c.State.View() != before {
			t.Errorf("%s: fault %q, want %q\n%s", m.name, a.Fault, m.fault, a.Body)
		}
		cameratest.Golden(t, file+".response.xml", a.Body, *update)
	}
}

// setRole, create and the like are requests of these tests.
func setRole(name, functions string) string {
	return "<tds:SetUserRole><tds:UserRole><tt:Name>" + name + "</tt:Name><tt:Functions>" + functions + "</tt:Functions></tds:UserRole></tds:SetUserRole>"
}

func create(name, roles string) string {
	return "<tds:CreateUsers><tds:User><tt:Username>" + name + "</tt:Username><tt:Password>" + cameratest.Password +
		"</tt:Password><tt:UserLevel>Extended</tt:UserLevel><tt:Extension><tt:Roles>" + roles + "</tt:Roles></tt:Extension></tds:User></tds:CreateUsers>"
}

package device_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

func release2606(p *profiles.Profile) { p.ONVIF.Release = "26.06" }

func role(name, functions string) string {
	return "<tds:SetUserRole><tds:UserRole><tt:Name>" + name + "</tt:Name><tt:Functions>" + functions + "</tt:Functions></tds:UserRole></tds:SetUserRole>"
}

func noRole(name string) string {
	return "<tds:DeleteUserRole><tds:UserRole>" + name + "</tds:UserRole></tds:DeleteUserRole>"
}

func oneRole(name string) string {
	return "<tds:GetUserRoles><tds:UserRole>" + name + "</tds:UserRole></tds:GetUserRoles>"
}

// extended is a user with roles; their password is that of all accounts.
func extended(name, level, roles string) string {
	return "<tds:User><tt:Username>" + name + "</tt:Username><tt:Password>" + cameratest.Password + "</tt:Password><tt:UserLevel>" + level +
		"</tt:UserLevel><tt:Extension><tt:Roles>" + roles + "</tt:Roles></tt:Extension></tds:User>"
}

// TestUserRolesSayWhoMayDoWhat: Core 25.12 8.4.10 and 5.9.4, from the next request on.
func TestUserRolesSayWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	const (
		list, denied = "<tds:GetUserRoles/>", "env:Sender/ter:NotAuthorized"
		names, ours  = "./UserRole/Name", "onvif:Administrator onvif:Operator onvif:User"
	)
	check := schematest.Collect(t)
	flagship := cameratest.Open(t, "flagship")
	for name, steps := range map[string][]step{
		"predefined": {
			{body: list, want: map[string]string{names: ours, "./UserRole/Functions": "  "}},
			{as: "viewer", body: oneRole("onvif:User"), want: map[string]string{names: "onvif:User"}},
			{body: oneRole("onvif:Anonymous"), fault: arg + "/ter:InvalidUserRole"},
			{body: oneRole(""), fault: arg + "/ter:InvalidUserRole"},
			{body: noRole("onvif:User"), fault: prohibited + "/ter:OnvifPrefix"},
			{body: noRole("onvif:Nobody"), fault: prohibited + "/ter:OnvifPrefix"},
			{body: role("onvif:User", "tds:GetUsers"), fault: prohibited + "/ter:OnvifPrefix"},
		},
		"made, changed and deleted": {
			{body: role("Guard", "tds:GetDNS tds:GetNTP")},
			{body: list, want: map[string]string{names: ours + " Guard"}},
			{body: role("Guard", "tds:GetUsers")},
			{body: oneRole("Guard"), want: map[string]string{names: "Guard", "./UserRole/Functions": "tds:GetUsers"}},
			{body: role("Guard", "")},
			{body: oneRole("Guard"), want: map[string]string{"./UserRole/Functions": ""}},
			{as: "operator", body: role("Guard", ""), fault: denied},
			{as: "operator", body: noRole("Guard"), fault: denied},
			{body: noRole("Guard")},
			{body: noRole("Guard"), fault: arg + "/ter:InvalidUserRole"},
		},
		"names and functions": {
			{body: role("", "tds:GetDNS"), fault: arg},
			{body: role("Gate guard", "tds:GetDNS"), fault: arg},
			{body: role(strings.Repeat("ü", 64), "tds:GetDNS")},
			{body: role(strings.Repeat("ü", 65), "tds:GetDNS"), fault: arg},
			{body: role("Guard", "tds:GetDNS tds:CreateStorageConfiguration"), fault: action + "/ter:FunctionNotImplemented"},
			{body: role("Guard", "GetDNS"), fault: action + "/ter:FunctionNotImplemented"},
			{body: role("Guard", "xyz:GetDNS"), fault: action + "/ter:FunctionNotImplemented"},
			{body: role("Guard", "tas:GetAllKeys tr2:GetProfiles tev:GetEventProperties trt:GetStreamUri")},
		},
		"limit": {
			{body: role("r0", "")},
			{body: role("r1", "")},
			{body: role("r2", "")},
			{body: role("r3", ""), fault: action + "/ter:TooManyUserRoles"},
			{body: role("r2", "tds:GetDNS")},
			{body: noRole("r1")},
			{body: role("r3", "")},
		},
		"users": {
			{body: role("Guard", "tds:GetUsers tds:SetDNS")},
			{body: role("Clock", "tds:GetNTP")},
			{body: create(extended("guard", "Extended", "Guard Clock") + extended("boss", "Extended", "onvif:Administrator") + extended("both", "Extended", "onvif:User Guard"))},
			{body: "<tds:GetUsers/>", want: map[string]string{
				"./User/UserLevel": "Administrator Operator User Extended Extended Extended", "./User/Extension/Roles": "Guard Clock onvif:Administrator onvif:User Guard",
			}},
			{as: "guard", body: "<tds:GetUsers/>"},
			{as: "guard", body: "<tds:GetNTP/>"},
			{as: "guard", body: "<tds:GetDNS/>", fault: denied},
			{as: "guard", body: "<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>"},
			{as: "both", body: "<tds:GetUsers/>"},
			{as: "both", body: "<tds:GetDNS/>"},
			{as: "both", body: drop("boss"), fault: denied},
			{as: "boss", body: role("Guard", "tds:GetDNS")},
			{as: "guard", body: "<tds:GetUsers/>", fault: denied},
			{as: "guard", body: "<tds:GetDNS/>"},
			{body: noRole("Guard")},
			{as: "guard", body: "<tds:GetDNS/>", fault: denied},
			{as: "guard", body: "<tds:GetNTP/>"},
			{body: role("Guard", "tds:GetDNS")}, // another one, which is nobody's
			{as: "guard", body: "<tds:GetDNS/>", fault: denied},
			{body: change(extended("guard", "Extended", "Guard"))},
			{as: "guard", body: "<tds:GetDNS/>"},
			{as: "guard", body: "<tds:GetNTP/>", fault: denied},
			{body: change(user("guard", cameratest.Password, "User"))},
			{as: "guard", body: "<tds:GetNTP/>"},
			{body: drop("guard", "boss", "both")},
		},
		"users that cannot be": {
			{body: role("Guard", "tds:GetDNS")},
			{body: create(extended("a", "Extended", "Nobody")), fault: arg},
			{body: create(extended("a", "Extended", "")), fault: arg},
			{body: create(user("a", "x", "Extended")), fault: arg},
			{body: create(extended("a", "Extended", "Guard Guard")), fault: arg},
			{body: create(extended("a", "User", "Guard")), fault: arg},
			{body: create(extended("a", "Anonymous", "")), fault: prohibited + "/ter:AnonymousNotAllowed"},
			{body: create(extended("a", "User", ""))},
			{body: change(extended("a", "Extended", "Nobody")), fault: arg},
			{body: change(extended("admin", "Extended", "Guard")), fault: arg + "/ter:FixedUser"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, check, cameratest.New(t, cameratest.Config{Opened: flagship, Change: func(p *profiles.Profile) {
				release2606(p)
				p.Limits.Users.Roles = 3
			}}), steps)
		})
	}
}

// TestUserRolesAreThereFromRelease2512On, if the profile has room for any.
func TestUserRolesAreThereFromRelease2512On(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*profiles.Profile)
		want   string // MaxUserRoles
	}{
		"26.06":       {release2606, "19"},
		"one role":    {func(p *profiles.Profile) { release2606(p); p.Limits.Users.Roles = 1 }, "4"},
		"25.06":       {func(*profiles.Profile) {}, ""},
		"none":        {func(p *profiles.Profile) { release2606(p); p.Limits.Users.Roles = 0 }, ""},
		"without Set": {func(p *profiles.Profile) { release2606(p); p.ONVIF.OperationsOff = []string{"tds:SetUserRole"} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := cameratest.New(t, cameratest.Config{Change: tc.change})
			security := c.As(t, "", "<tds:GetServiceCapabilities/>").Root.FindElement("./Capabilities/Security")
			if got := security.SelectAttrValue("MaxUserRoles", ""); got != tc.want {
				t.Errorf("MaxUserRoles is %q, want %q", got, tc.want)
			}
			if tc.want != "" {
				return
			}
			steps := []step{{body: role("Guard", ""), fault: "env:Receiver/ter:ActionNotSupported"}}
			if name != "without Set" {
				steps = append(steps, step{body: "<tds:GetUserRoles/>", fault: "env:Receiver/ter:ActionNotSupported"},
					step{body: create(extended("a", "Extended", "onvif:User")), fault: arg})
			}
			tell(t, schematest.Collect(t), c, steps)
		})
	}
}

// TestRolesAreAsManyAsTheCapabilitySays: the predefined ones count (Core 25.12 8.1.2.3).
func TestRolesAreAsManyAsTheCapabilitySays(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Change: release2606})
	var steps []step
	for i := range 16 {
		steps = append(steps, step{body: role(fmt.Sprint("r", i), "tds:GetDNS")})
	}
	steps = append(steps, step{body: role("r16", ""), fault: action + "/ter:TooManyUserRoles"})
	tell(t, schematest.Collect(t), c, steps)
	if n := len(c.As(t, "admin", "<tds:GetUserRoles/>").Texts("./UserRole/Name")); n != 19 {
		t.Errorf("%d roles, want 19", n)
	}
}

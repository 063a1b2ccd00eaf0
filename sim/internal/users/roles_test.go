package users_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/users"
	"github.com/google/go-cmp/cmp"
)

// implemented are the operations of a camera that has three.
func implemented(operation string) bool {
	return slices.Contains([]string{"tds:GetDNS", "tds:SetDNS", "tptz:Stop"}, operation)
}

// withRoles is section with room for three roles, one of which is there.
func withRoles(t *testing.T) *users.Section {
	t.Helper()
	s := section()
	s.Limits.Roles = 3
	if err := s.SetRole(users.Role{Name: "Guard", Functions: []string{"tds:GetDNS"}}, implemented); err != nil {
		t.Fatal(err)
	}
	return s
}

func role(name string, functions ...string) func(*users.Section) error {
	return func(s *users.Section) error {
		return s.SetRole(users.Role{Name: name, Functions: functions}, implemented)
	}
}

func TestRolesHaveNamesAndFunctionsThatThereAre(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		set  func(*users.Section) error
		want error
	}{
		"onvif prefix":             {role("onvif:Guard"), users.ErrOnvifPrefix},
		"predefined":               {role("onvif:Administrator", "tds:GetDNS"), users.ErrOnvifPrefix},
		"prefix alone":             {role("onvif:"), users.ErrOnvifPrefix},
		"no name":                  {role(""), users.ErrRoleName},
		"with a space":             {role("Gate guard"), users.ErrRoleName},
		"with a no-break space":    {role("Gate\u00a0guard"), users.ErrRoleName},
		"with a control character": {role("Gate\x01"), users.ErrRoleName},
		"no UTF-8":                 {role("Gate\xff"), users.ErrRoleName},
		"65 characters":            {role(strings.Repeat("ä", 65)), users.ErrRoleName},
		"not implemented":          {role("Gate", "tds:GetDNS", "tds:GetNTP"), users.ErrFunctionNotImplemented},
		"without a prefix":         {role("Gate", "GetDNS"), users.ErrFunctionNotImplemented},
		"of a role that is there":  {role("Guard", "tds:GetNTP"), users.ErrFunctionNotImplemented},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuses(t, withRoles(t), tc.want, tc.set)
		})
	}
	s := withRoles(t)
	for _, r := range []users.Role{{Name: strings.Repeat("ä", 64)}, {Name: "ONVIF:Guard", Functions: []string{"tptz:Stop", "tds:SetDNS", "tptz:Stop"}}} {
		if err := s.SetRole(r, implemented); err != nil {
			t.Error(err)
		}
	}
	if want := []string{"tptz:Stop", "tds:SetDNS"}; !cmp.Equal(s.Roles[2].Functions, want) {
		t.Errorf("functions %q, want %q", s.Roles[2].Functions, want)
	}
	refuses(t, s, users.ErrTooManyRoles, role("Fourth"))
	if err := role("Guard", "tds:SetDNS")(s); err != nil || len(s.Roles) != 3 || !s.Permits("Guard", "tds:SetDNS") || s.Permits("Guard", "tds:GetDNS") {
		t.Errorf("%v, %v", err, s.Roles)
	}
	s.Limits.Roles = 0
	refuses(t, s, users.ErrTooManyRoles, role("Fourth"))
}

// TestUsersOfLevelExtendedHaveRoles that there are, and no others have any.
func TestUsersOfLevelExtendedHaveRoles(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		level    auth.Level
		extended bool
		roles    []string
		want     auth.Level
		custom   auth.Roles
		err      error
	}{
		"custom":               {extended: true, roles: []string{"Guard"}, custom: "Guard"},
		"predefined":           {extended: true, roles: []string{"onvif:Operator"}, want: auth.Operator},
		"both":                 {extended: true, roles: []string{"onvif:User", "Guard"}, want: auth.User, custom: "Guard"},
		"predefined twice":     {extended: true, roles: []string{"onvif:User", "onvif:Operator"}, want: auth.Operator},
		"none":                 {extended: true, err: users.ErrUserRoles},
		"unknown":              {extended: true, roles: []string{"Guard", "Nobody"}, err: users.ErrUserRoles},
		"unknown predefined":   {extended: true, roles: []string{"onvif:Anonymous"}, err: users.ErrUserRoles},
		"the same twice":       {extended: true, roles: []string{"Guard", "Guard"}, err: users.ErrUserRoles},
		"roles of a level":     {level: auth.User, roles: []string{"Guard"}, err: users.ErrUserRoles},
		"anonymous and a role": {level: auth.Anonymous, roles: []string{"Guard"}, err: users.ErrUserRoles},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			create := func(s *users.Section) error {
				return s.Create([]users.User{{Name: "a", Password: "x", Level: tc.level, Extended: tc.extended, Roles: tc.roles}}, backwards)
			}
			word := "y"
			set := func(s *users.Section) error {
				return s.Set([]users.Change{{Name: "b", Password: &word, Level: tc.level, Extended: tc.extended, Roles: tc.roles}}, backwards)
			}
			s := withRoles(t)
			if err := s.Create([]users.User{user("b")}, backwards); err != nil {
				t.Fatal(err)
			}
			if tc.err != nil {
				refuses(t, s, tc.err, create)
				refuses(t, s, tc.err, set)
				return
			}
			for name, do := range map[string]func(*users.Section) error{"a": create, "b": set} {
				err := do(s)
				got, _ := s.Account(name)
				if err != nil || got.Level != tc.want || got.Roles != tc.custom || s.Validate() != nil {
					t.Errorf("%s: %v, %v %q, %v", name, err, got.Level, got.Roles, s.Validate())
				}
			}
			s = withRoles(t)
			s.Limits.Roles = 0
			refuses(t, s, users.ErrUserRoles, create)
		})
	}
}

// TestAdministratorByRoleIsOne: as good as by level, also as the last one.
func TestAdministratorByRoleIsOne(t *testing.T) {
	t.Parallel()
	word := "secret-1"
	s := withRoles(t)
	boss := users.Change{Name: "admin", Password: &word, Extended: true, Roles: []string{"onvif:Administrator", "Guard"}}
	if err := s.Set([]users.Change{boss}, backwards); err != nil {
		t.Fatal(err)
	}
	refuses(t, s, users.ErrFixedUser, func(s *users.Section) error { return s.Delete([]string{"admin"}) })
	boss.Roles = []string{"Guard"}
	refuses(t, s, users.ErrFixedUser, func(s *users.Section) error { return s.Set([]users.Change{boss}, backwards) })
	if text := fmt.Sprint(s.Users[0]); text != "admin (Extended)" {
		t.Error(text)
	}
}

// TestDeletedRoleIsNobodys, so that a later one of its name is given to nobody.
func TestDeletedRoleIsNobodys(t *testing.T) {
	t.Parallel()
	s := withRoles(t)
	if err := s.Create([]users.User{{Name: "a", Password: "x", Extended: true, Roles: []string{"onvif:User", "Guard"}}, {Name: "b", Password: "x", Extended: true, Roles: []string{"Guard"}}}, backwards); err != nil {
		t.Fatal(err)
	}
	before := s.Clone()
	refuses(t, s, users.ErrRoleMissing, func(s *users.Section) error { return s.DeleteRole("Nobody") })
	refuses(t, s, users.ErrOnvifPrefix, func(s *users.Section) error { return s.DeleteRole("onvif:User") })
	if err := s.DeleteRole("Guard"); err != nil {
		t.Fatal(err)
	}
	if err := role("Guard", "tds:GetDNS")(s); err != nil {
		t.Fatal(err)
	}
	for name, level := range map[string]auth.Level{"a": auth.User, "b": auth.Anonymous} {
		if got, _ := s.Account(name); got.Roles != "" || got.Level != level {
			t.Errorf("%s: %v %q", name, got.Level, got.Roles)
		}
	}
	if got, _ := before.Account("b"); got.Roles != "Guard" {
		t.Error("an earlier version of the section has changed")
	}
	text, err := json.Marshal(s)
	var back users.Section
	if err != nil || json.Unmarshal(text, &back) != nil || !cmp.Equal(s, &back) || back.Validate() != nil {
		t.Errorf("%v, %s", err, text)
	}
}

func TestRolesPermitTheirFunctions(t *testing.T) {
	t.Parallel()
	s := withRoles(t)
	if err := role("PTZ", "tptz:Stop", "tds:SetDNS")(s); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		roles     auth.Roles
		functions []string
		want      bool
	}{
		{"Guard", []string{"tds:GetDNS"}, true},
		{"Guard", []string{"tds:SetDNS", "tds:GetDNS"}, true},
		{"Guard", []string{"tds:SetDNS"}, false},
		{"Guard PTZ", []string{"tds:SetDNS"}, true},
		{"Nobody PTZ", []string{"tptz:Stop"}, true},
		{"Nobody", []string{"tptz:Stop"}, false},
		{"onvif:Administrator", []string{"tptz:Stop"}, false}, // that is a level
		{"", []string{"tptz:Stop"}, false},
		{"PTZ", nil, false},
	} {
		if got := s.Permits(tc.roles, tc.functions...); got != tc.want {
			t.Errorf("%q, %q: %v", tc.roles, tc.functions, got)
		}
	}
}

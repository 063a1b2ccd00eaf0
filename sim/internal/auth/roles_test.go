package auth_test

import (
	"slices"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

// TestTokensGrantTheRolesOfTheCamera beside the level, all of them (Security
// 25.12 4.4.1); names that are no role of the camera grant nothing.
func TestTokensGrantTheRolesOfTheCamera(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	c := newCamera(k.trust(), func(c *auth.Config) {
		c.Role = func(name string) bool { return slices.Contains([]string{"Guard", "PTZ", "with space"}, name) }
	})
	for name, tc := range map[string]struct {
		roles any
		level auth.Level
		want  auth.Roles
		code  string
	}{
		"one":             {[]string{"Guard"}, auth.Anonymous, "Guard", ""},
		"as text":         {"PTZ", auth.Anonymous, "PTZ", ""},
		"two and a level": {[]string{"PTZ", "onvif:User", "Guard"}, auth.User, "PTZ Guard", ""},
		"twice":           {[]string{"PTZ", "PTZ"}, auth.Anonymous, "PTZ", ""},
		"one unknown":     {[]string{"Nobody", "Guard"}, auth.Anonymous, "Guard", ""},
		"level only":      {[]string{"onvif:Operator", "Nobody"}, auth.Operator, "", ""},
		"two in one text": {[]string{"PTZ Guard"}, 0, "", "insufficient_scope"},
		"with a space":    {[]string{"with space"}, 0, "", "insufficient_scope"},
		"another case":    {[]string{"guard"}, 0, "", "insufficient_scope"},
		"unknown":         {[]string{"Nobody"}, 0, "", "insufficient_scope"},
		"empty":           {[]string{""}, 0, "", "insufficient_scope"},
	} {
		tok := minting{method: jwt.SigningMethodES256, key: k.es256, claims: map[string]any{"roles": tc.roles}}.token(t)
		id, err := c.Identify(https(tok))
		r := refusal(t, err)
		if tc.code != "" {
			if r == nil || r.Code != tc.code || r.Status != 403 {
				t.Errorf("%s: %+v, %+v", name, id, r)
			}
			continue
		}
		if err != nil || id.Level != tc.level || id.Roles != tc.want {
			t.Errorf("%s: %+v, %v; want %v %q", name, id, err, tc.level, tc.want)
		}
	}
}

func TestRolesAreNamesWithSpacesBetween(t *testing.T) {
	t.Parallel()
	for text, names := range map[auth.Roles][]string{"": nil, "A": {"A"}, "A Bä C-1": {"A", "Bä", "C-1"}} {
		if got := text.Names(); !cmp.Equal(got, names) && len(got)+len(names) > 0 || auth.RolesOf(names) != text {
			t.Errorf("%q is %q, and %q is %q", text, got, names, auth.RolesOf(names))
		}
	}
	if got := auth.RolesOf([]string{"", " A", "B C", "D\t", "E"}); got != "E" {
		t.Errorf("names with white space are roles: %q", got)
	}
	for roles, level := range map[string]auth.Level{"onvif:User": auth.User, "onvif:Anonymous": auth.Anonymous, "User": auth.Anonymous, "onvif:Extended": auth.Anonymous} {
		if got := auth.RoleLevel([]string{roles}); got != level {
			t.Errorf("%s is %v", roles, got)
		}
	}
	if auth.LevelName(auth.User, "") != "User" || auth.LevelName(auth.User, "Guard") != "Extended" {
		t.Error("levels have other names")
	}
}

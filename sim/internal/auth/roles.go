package auth

import (
	"slices"
	"strings"
)

// PredefinedRoles is the prefix of the roles that stand for user levels. Core
// 25.12 5.9.4, Security 25.06 4.4.1.
const PredefinedRoles = "onvif:"

// Roles are names of user roles that were defined on the camera, with a space
// between each two: no name has one (Core 25.12 5.9.4). What they permit, the
// access policy knows.
type Roles string

// RolesOf joins names; those with white space are none of a role and are left out.
func RolesOf(names []string) Roles {
	return Roles(strings.Join(slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return len(strings.Fields(name)) != 1 || strings.TrimSpace(name) != name
	}), " "))
}

// Names lists the roles.
func (r Roles) Names() []string { return strings.Fields(string(r)) }

// and are the roles that are in both.
func (r Roles) and(other Roles) Roles {
	names := other.Names()
	return RolesOf(slices.DeleteFunc(r.Names(), func(name string) bool { return !slices.Contains(names, name) }))
}

// RoleLevel is the highest user level that the predefined ones among roles stand
// for; Anonymous if there is none.
func RoleLevel(roles []string) Level {
	highest := Anonymous
	for l := User; l <= Administrator; l++ {
		if slices.Contains(roles, PredefinedRoles+l.String()) {
			highest = l
		}
	}
	return highest
}

// LevelName is the word of tt:UserLevel for somebody of this level and these
// roles: Extended where there are any.
func LevelName(l Level, r Roles) string {
	if r != "" {
		return "Extended"
	}
	return l.String()
}

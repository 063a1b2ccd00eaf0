package users

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/camfleet/camfleet/sim/internal/auth"
)

// The errors of user roles (Core 25.12 8.4.10) and of accounts that have some.
var (
	ErrRoleMissing            = errors.New("no such user role")                            // InvalidUserRole
	ErrTooManyRoles           = errors.New("too many user roles")                          // TooManyUserRoles
	ErrFunctionNotImplemented = errors.New("function is not implemented")                  // FunctionNotImplemented
	ErrOnvifPrefix            = errors.New("roles starting with onvif: cannot be changed") // OnvifPrefix
	ErrRoleName               = errors.New("not a possible name of a user role")           // InvalidArgVal
	ErrUserRoles              = errors.New("not possible roles of a user")                 // InvalidArgVal
)

// Role is a user role that a client made: whoever has it may call its functions.
type Role struct {
	Name string `json:"name"`
	// Functions are operations as "tds:GetUsers", each once, in the client's order.
	Functions []string `json:"functions"`
}

// Predefined lists the roles of all cameras that have user roles. They stand for
// user levels and cannot be changed; what they permit is the access policy's.
func Predefined() []string {
	return []string{
		auth.PredefinedRoles + auth.Administrator.String(), auth.PredefinedRoles + auth.Operator.String(), auth.PredefinedRoles + auth.User.String(),
	}
}

// SetRole makes a role, or gives the one of that name other functions. implemented
// reports which operations the camera has. Core 25.12 8.4.10.2.
func (s *Section) SetRole(role Role, implemented func(operation string) bool) error {
	if strings.HasPrefix(role.Name, auth.PredefinedRoles) {
		return fmt.Errorf("role %.64q: %w", role.Name, ErrOnvifPrefix)
	}
	if err := s.Limits.WithDefaults().checkRole(role.Name); err != nil {
		return err
	}
	next := Role{Name: role.Name}
	for _, f := range role.Functions {
		if !implemented(f) {
			return fmt.Errorf("role %q: %w: %.64q", role.Name, ErrFunctionNotImplemented, f)
		}
		if !slices.Contains(next.Functions, f) { // it is a set
			next.Functions = append(next.Functions, f)
		}
	}
	i := s.role(role.Name)
	switch {
	case i >= 0:
		s.Roles[i] = next
	case len(s.Roles) >= s.Limits.Roles:
		return fmt.Errorf("role %q: %w (at most %d)", role.Name, ErrTooManyRoles, s.Limits.Roles)
	default:
		s.Roles = append(s.Roles, next)
	}
	return nil
}

// DeleteRole takes a role away, from the accounts that have it as well: a later
// role of that name is another one. Core 25.12 8.4.10.3.
func (s *Section) DeleteRole(name string) error {
	if strings.HasPrefix(name, auth.PredefinedRoles) {
		return fmt.Errorf("role %.64q: %w", name, ErrOnvifPrefix)
	}
	i := s.role(name)
	if i < 0 {
		return fmt.Errorf("role %.64q: %w", name, ErrRoleMissing)
	}
	s.Roles = slices.Delete(s.Roles, i, i+1)
	for i, u := range s.Users {
		s.Users[i].Roles = without(u.Roles, name)
	}
	return nil
}

// without is a list that does not have the name; nil if nothing is left.
func without(list []string, name string) (rest []string) {
	for _, n := range list {
		if n != name {
			rest = append(rest, n)
		}
	}
	return rest
}

// HasRole reports whether a client made a role of that name.
func (s *Section) HasRole(name string) bool { return s.role(name) >= 0 }

// Permits reports whether one of the roles has one of the functions.
func (s *Section) Permits(roles auth.Roles, functions ...string) bool {
	if roles == "" {
		return false
	}
	for _, name := range roles.Names() {
		if i := s.role(name); i >= 0 && slices.ContainsFunc(functions, func(f string) bool {
			return slices.Contains(s.Roles[i].Functions, f)
		}) {
			return true
		}
	}
	return false
}

func (s *Section) role(name string) int {
	return slices.IndexFunc(s.Roles, func(r Role) bool { return r.Name == name })
}

// checkRole checks a role's name: Core 25.12 5.9.4 forbids spaces, and lists of
// names could not tell other white space from them.
func (l Limits) checkRole(name string) error {
	n := utf8.RuneCountInString(name)
	if n == 0 || n > l.NameMax || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}) {
		return fmt.Errorf("role %.64q: %w (1 to %d characters, no white space)", name, ErrRoleName, l.NameMax)
	}
	return nil
}

// LevelName is the word of tt:UserLevel for the account.
func (u User) LevelName() string {
	if u.Extended {
		return "Extended"
	}
	return u.Level.String()
}

// custom are the account's roles that clients made.
func (u User) custom() auth.Roles {
	if len(u.Roles) == 0 {
		return ""
	}
	return auth.RolesOf(slices.DeleteFunc(slices.Clone(u.Roles), func(name string) bool {
		return strings.HasPrefix(name, auth.PredefinedRoles)
	}))
}

// level checks the level, or for one of level Extended the roles, that a client
// wants an account to have. The level of the latter is that of the highest
// predefined role; Anonymous where there is none.
func (s *Section) level(name string, level auth.Level, extended bool, roles []string) (auth.Level, error) {
	if !extended {
		if len(roles) > 0 {
			return level, fmt.Errorf("user %q: %w: only those of level Extended have some", name, ErrUserRoles)
		}
		return level, checkLevel(name, level)
	}
	if s.Limits.Roles <= 0 || len(roles) == 0 {
		return level, fmt.Errorf("user %q: %w: there are none", name, ErrUserRoles)
	}
	for i, role := range roles {
		if !slices.Contains(Predefined(), role) && !s.HasRole(role) || slices.Contains(roles[:i], role) {
			return level, fmt.Errorf("user %q: %w: %.64q", name, ErrUserRoles, role)
		}
	}
	return auth.RoleLevel(roles), nil
}

// Package users holds a camera's accounts and the rules of user management
// (Core 8.4, 8.5), without its messages.
//
// A [Section] is plain data and never changed once published; rules change a
// private copy. Of a password there is the hash that Digest needs, and the
// password itself, which WS-UsernameToken needs, as the camera's vault sealed
// it. Neither is ever printed or logged.
package users

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/camfleet/camfleet/sim/internal/auth"
)

// Section is the accounts of a camera and the rules for them.
type Section struct {
	// Realm is what the keys of all accounts were made for; Settle changes it.
	Realm  string `json:"realm,omitempty"`
	Users  []User `json:"users"`
	Limits Limits `json:"limits"`
	// The security policies of Core 8.5.
	Complexity Complexity     `json:"passwordComplexity,omitzero"`
	History    History        `json:"passwordHistory,omitzero"`
	Warning    FailureWarning `json:"authFailureWarning,omitzero"`
	// Hashing are the algorithms of Digest that a client chose, in order of
	// preference (Core 5.9.3.1); empty: those of the profile.
	Hashing []string `json:"hashingAlgorithms,omitempty"`
	// Roles are the user roles that clients made.
	Roles []Role `json:"userRoles,omitempty"`
	// Remote is the remote user; nil: none. It is replaced, never changed.
	Remote *RemoteUser `json:"remoteUser,omitempty"`
}

// User is one account.
type User struct {
	Name string `json:"name"`
	// Level is the user level; of an Extended account that of the highest
	// predefined role, Anonymous if it has none of those.
	Level auth.Level `json:"level"`
	// Extended accounts have Roles in the place of a level, predefined ones among
	// them (Core 25.12 5.9.4).
	Extended bool     `json:"extended,omitempty"`
	Roles    []string `json:"roles,omitempty"`
	// Fixed users can neither be deleted nor changed by a client (FixedUser).
	Fixed bool `json:"fixed,omitempty"`
	// Password is the password in clear, of an account that Settle has not seen
	// yet: one of the factory, or of a camfleet that kept them so.
	Password string `json:"password,omitempty"`
	// Secret is what is kept of the password.
	Secret Secret `json:"secret,omitzero"`
	// Former are the passwords before, the last one first, as [former] hashes.
	Former []string `json:"former,omitempty"`
}

// Secret is a password as it is kept.
type Secret struct {
	Keys   auth.Keys `json:"keys"`
	Sealed []byte    `json:"sealed"`
}

// String keeps a secret out of logs.
func (Secret) String() string { return "(secret)" }

// GoString is String.
func (Secret) GoString() string { return "users.Secret{}" }

// Seal encrypts a password for storage.
type Seal func(plain []byte) ([]byte, error)

// String shows the account without its password.
func (u User) String() string { return fmt.Sprintf("%s (%s)", u.Name, u.LevelName()) }

// GoString is String: the password stays out of %#v as well.
func (u User) GoString() string { return "users.User{" + u.String() + "}" }

// LogValue is what slog shows of an account.
func (u User) LogValue() slog.Value { return slog.StringValue(u.String()) }

// Limits bounds what clients may store, in characters. A zero field means the
// default; PasswordMin -1 allows empty passwords, History -1 means that former
// passwords are not remembered.
type Limits struct {
	Users       int `json:"users,omitempty"`       // accounts; 32 (MaxUsers)
	NameMin     int `json:"nameMin,omitempty"`     // 1
	NameMax     int `json:"nameMax,omitempty"`     // 64 (MaxUserNameLength)
	PasswordMin int `json:"passwordMin,omitempty"` // 1
	PasswordMax int `json:"passwordMax,omitempty"` // 128 (MaxPasswordLength)
	History     int `json:"history,omitempty"`     // former passwords of an account; 10 (MaxPasswordHistory)
	Roles       int `json:"roles,omitempty"`       // user roles that clients make; 0: there are no roles
}

// WithDefaults fills in the zero fields.
func (l Limits) WithDefaults() Limits {
	for _, f := range []struct {
		value *int
		def   int
	}{{&l.Users, 32}, {&l.NameMin, 1}, {&l.NameMax, 64}, {&l.PasswordMin, 1}, {&l.PasswordMax, 128}, {&l.History, 10}} {
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	return l
}

// Clone returns a copy whose fields and slices may be changed freely.
func (s *Section) Clone() *Section {
	c := *s
	c.Users, c.Roles = slices.Clone(s.Users), slices.Clone(s.Roles)
	return &c
}

// Account finds an account by its name, as authentication wants it.
func (s *Section) Account(name string) (auth.Account, bool) {
	i := s.index(name)
	if i < 0 {
		return auth.Account{}, false
	}
	u := s.Users[i]
	return auth.Account{Name: u.Name, Keys: u.Secret.Keys, Level: u.Level, Roles: u.custom()}, true
}

// Sealed finds the sealed password of an account. Where there is none of that
// name it is another account's, so that opening it takes as long.
func (s *Section) Sealed(name string) (sealed []byte, found bool) {
	i := s.index(name)
	if i < 0 && len(s.Users) > 0 {
		return s.Users[0].Secret.Sealed, false
	}
	if i < 0 {
		return nil, false
	}
	return s.Users[i].Secret.Sealed, true
}

// Names lists the accounts.
func (s *Section) Names() []string {
	names := make([]string, len(s.Users))
	for i, u := range s.Users {
		names[i] = u.Name
	}
	return names
}

// Has reports whether an account is there and has this password.
func (s *Section) Has(name, password string) bool {
	i := s.index(name)
	if i < 0 {
		return false
	}
	if u := s.Users[i]; u.Password == "" {
		return u.Secret.Keys.Equal(auth.KeysOf(name, s.Realm, password))
	}
	return s.Users[i].Password == password
}

func (s *Section) index(name string) int {
	return slices.IndexFunc(s.Users, func(u User) bool { return u.Name == name })
}

// Validate checks the rules that hold for every stored section.
func (s *Section) Validate() error {
	var errs []error
	seen := map[string]bool{}
	for _, u := range s.Users {
		switch {
		case u.Name == "":
			errs = append(errs, errors.New("user without a name"))
		case seen[u.Name]:
			errs = append(errs, fmt.Errorf("user %q: %w", u.Name, ErrUsernameClash))
		case u.Level == auth.Anonymous && !u.Extended || u.Level > auth.Administrator:
			errs = append(errs, fmt.Errorf("user %q: %w", u.Name, ErrAnonymousNotAllowed))
		case u.Password != "" && len(u.Secret.Sealed) > 0:
			errs = append(errs, fmt.Errorf("user %q: a password in clear beside the sealed one", u.Name))
		}
		seen[u.Name] = true
	}
	return errors.Join(append(errs, s.Complexity.check(s.Limits.WithDefaults()), s.History.check(s.Limits.WithDefaults()), s.Warning.check())...)
}

// Package users holds a camera's accounts and the rules of user management
// (Core 8.4), without its messages.
//
// A [Section] is plain data and never changed once published; rules change a
// private copy. Passwords are kept in clear, since Digest and UsernameToken
// authentication both need them; they are never printed or logged.
package users

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/camfleet/camfleet/sim/internal/auth"
)

// Section is the accounts of a camera.
type Section struct {
	Users  []User `json:"users"`
	Limits Limits `json:"limits"`
}

// User is one account.
type User struct {
	Name     string     `json:"name"`
	Password string     `json:"password"` // a secret
	Level    auth.Level `json:"level"`
	// Fixed users can neither be deleted nor changed by a client (FixedUser).
	Fixed bool `json:"fixed,omitempty"`
}

// String shows the account without its password.
func (u User) String() string { return fmt.Sprintf("%s (%v)", u.Name, u.Level) }

// GoString is String: the password stays out of %#v as well.
func (u User) GoString() string { return "users.User{" + u.String() + "}" }

// LogValue is what slog shows of an account.
func (u User) LogValue() slog.Value { return slog.StringValue(u.String()) }

// Limits bounds what clients may store, in characters. A zero field means the
// default; PasswordMin -1 allows empty passwords.
type Limits struct {
	Users       int `json:"users,omitempty"`       // accounts; 32 (MaxUsers)
	NameMin     int `json:"nameMin,omitempty"`     // 1
	NameMax     int `json:"nameMax,omitempty"`     // 64 (MaxUserNameLength)
	PasswordMin int `json:"passwordMin,omitempty"` // 1
	PasswordMax int `json:"passwordMax,omitempty"` // 128 (MaxPasswordLength)
}

// WithDefaults fills in the zero fields.
func (l Limits) WithDefaults() Limits {
	for _, f := range []struct {
		value *int
		def   int
	}{{&l.Users, 32}, {&l.NameMin, 1}, {&l.NameMax, 64}, {&l.PasswordMin, 1}, {&l.PasswordMax, 128}} {
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	return l
}

// Clone returns a copy whose fields and slices may be changed freely.
func (s *Section) Clone() *Section {
	c := *s
	c.Users = slices.Clone(s.Users)
	return &c
}

// Account finds an account by its name; it makes a Section an auth.Accounts.
func (s *Section) Account(name string) (auth.Account, bool) {
	i := s.index(name)
	if i < 0 {
		return auth.Account{}, false
	}
	u := s.Users[i]
	return auth.Account{Name: u.Name, Password: u.Password, Level: u.Level}, true
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
		case u.Level == auth.Anonymous || u.Level > auth.Administrator:
			errs = append(errs, fmt.Errorf("user %q: %w", u.Name, ErrAnonymousNotAllowed))
		}
		seen[u.Name] = true
	}
	return errors.Join(errs...)
}

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

// The errors of this package, each of which the Device Management Service turns
// into the fault named beside it (Core 8.4.4 to 8.4.6).
var (
	ErrUsernameClash       = errors.New("user name already exists") // UsernameClash
	ErrUsernameTooShort    = errors.New("user name is too short")   // UsernameTooShort
	ErrUsernameTooLong     = errors.New("user name is too long")    // UsernameTooLong
	ErrUsername            = errors.New("not a usable user name")   // InvalidArgVal
	ErrUsernameMissing     = errors.New("no such user")             // UsernameMissing
	ErrPasswordTooLong     = errors.New("password is too long")     // PasswordTooLong
	ErrPasswordTooWeak     = errors.New("password is too weak")     // Password, PasswordTooWeak
	ErrTooManyUsers        = errors.New("too many users")           // TooManyUsers
	ErrAnonymousNotAllowed = errors.New("not a level for a user")   // AnonymousNotAllowed
	ErrFixedUser           = errors.New("user is fixed")            // FixedUser
)

// Create adds accounts, all or none (Core 8.4.4).
func (s *Section) Create(list []User) error {
	l := s.Limits.WithDefaults()
	next := slices.Clone(s.Users)
	for _, u := range list {
		if err := l.checkName(u.Name); err != nil {
			return err
		}
		if slices.ContainsFunc(next, func(o User) bool { return o.Name == u.Name }) {
			return fmt.Errorf("user %q: %w", u.Name, ErrUsernameClash)
		}
		if err := l.checkPassword(u.Name, u.Password); err != nil {
			return err
		}
		if err := checkLevel(u.Name, u.Level); err != nil {
			return err
		}
		if len(next) >= l.Users {
			return fmt.Errorf("user %q: %w (at most %d)", u.Name, ErrTooManyUsers, l.Users)
		}
		u.Fixed = false
		next = append(next, u)
	}
	s.Users = next
	return nil
}

// Delete removes accounts, all or none (Core 8.4.5). The last administrator
// counts as fixed, so that nobody locks the camera for good.
func (s *Section) Delete(names []string) error {
	next := slices.Clone(s.Users)
	for _, name := range names {
		i := slices.IndexFunc(next, func(u User) bool { return u.Name == name })
		switch {
		case i < 0:
			return fmt.Errorf("user %.64q: %w", name, ErrUsernameMissing)
		case next[i].Fixed:
			return fmt.Errorf("user %q: %w", name, ErrFixedUser)
		}
		next = slices.Delete(next, i, i+1)
	}
	return s.replace(next)
}

// Change is one change of an account (Core 8.4.6).
type Change struct {
	Name string
	// Password is the new one; nil clears it, as leaving it out does.
	Password *string
	Level    auth.Level
}

// Set changes accounts, all or none (Core 8.4.6).
func (s *Section) Set(list []Change) error {
	l := s.Limits.WithDefaults()
	next := slices.Clone(s.Users)
	for _, c := range list {
		i := slices.IndexFunc(next, func(u User) bool { return u.Name == c.Name })
		switch {
		case i < 0:
			return fmt.Errorf("user %.64q: %w", c.Name, ErrUsernameMissing)
		case next[i].Fixed:
			return fmt.Errorf("user %q: %w", c.Name, ErrFixedUser)
		}
		password := ""
		if c.Password != nil {
			password = *c.Password
		}
		if err := l.checkPassword(c.Name, password); err != nil {
			return err
		}
		if err := checkLevel(c.Name, c.Level); err != nil {
			return err
		}
		next[i].Password, next[i].Level = password, c.Level
	}
	return s.replace(next)
}

// replace puts the new list in place unless it takes the last administrator.
func (s *Section) replace(next []User) error {
	if countAdministrators(s.Users) > 0 && countAdministrators(next) == 0 {
		return fmt.Errorf("the last administrator: %w", ErrFixedUser)
	}
	s.Users = next
	return nil
}

func countAdministrators(list []User) (n int) {
	for _, u := range list {
		if u.Level == auth.Administrator {
			n++
		}
	}
	return n
}

func (l Limits) checkName(name string) error {
	n := utf8.RuneCountInString(name)
	switch {
	case n < l.NameMin:
		return fmt.Errorf("user %q: %w (at least %d characters)", name, ErrUsernameTooShort, l.NameMin)
	case n > l.NameMax:
		return fmt.Errorf("user %.64q…: %w (at most %d characters)", name, ErrUsernameTooLong, l.NameMax)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("user %q: %w", name, ErrUsername)
	}
	return nil
}

func (l Limits) checkPassword(name, password string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case n < l.PasswordMin:
		return fmt.Errorf("user %q: %w (at least %d characters)", name, ErrPasswordTooWeak, l.PasswordMin)
	case n > l.PasswordMax:
		return fmt.Errorf("user %q: %w (at most %d characters)", name, ErrPasswordTooLong, l.PasswordMax)
	}
	return nil
}

func checkLevel(name string, level auth.Level) error {
	if level == auth.Anonymous || level > auth.Administrator {
		return fmt.Errorf("user %q, level %v: %w", name, level, ErrAnonymousNotAllowed)
	}
	return nil
}

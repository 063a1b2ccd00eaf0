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
	ErrUsernameClash       = errors.New("user name already exists")                  // UsernameClash
	ErrUsernameTooShort    = errors.New("user name is too short")                    // UsernameTooShort
	ErrUsernameTooLong     = errors.New("user name is too long")                     // UsernameTooLong
	ErrUsername            = errors.New("not a usable user name")                    // InvalidArgVal
	ErrUsernameMissing     = errors.New("no such user")                              // UsernameMissing
	ErrPasswordTooLong     = errors.New("password is too long")                      // PasswordTooLong
	ErrPasswordTooWeak     = errors.New("password is too weak")                      // Password, PasswordTooWeak
	ErrTooManyUsers        = errors.New("too many users")                            // TooManyUsers
	ErrAnonymousNotAllowed = errors.New("not a level for a user")                    // AnonymousNotAllowed
	ErrFixedUser           = errors.New("user is fixed")                             // FixedUser
	ErrNoAdministrator     = errors.New("the first user has to be an administrator") // InvalidArgVal
)

// Create adds accounts, all or none (Core 8.4.4); their passwords are in clear.
func (s *Section) Create(list []User, seal Seal) error {
	l := s.Limits.WithDefaults()
	next := slices.Clone(s.Users)
	for _, u := range list {
		if err := l.checkName(u.Name); err != nil {
			return err
		}
		if slices.ContainsFunc(next, func(o User) bool { return o.Name == u.Name }) {
			return fmt.Errorf("user %q: %w", u.Name, ErrUsernameClash)
		}
		if err := s.checkPassword(u.Name, u.Password); err != nil {
			return err
		}
		level, err := s.level(u.Name, u.Level, u.Extended, u.Roles)
		if err != nil {
			return err
		}
		if len(next) >= l.Users {
			return fmt.Errorf("user %q: %w (at most %d)", u.Name, ErrTooManyUsers, l.Users)
		}
		secret, err := s.keep(u.Name, u.Password, seal)
		if err != nil {
			return err
		}
		next = append(next, User{
			Name: u.Name, Level: level, Extended: u.Extended, Roles: slices.Clone(u.Roles),
			Secret: secret, Former: s.History.remember(u, u.Password),
		})
	}
	if len(next) > 0 && countAdministrators(next) == 0 {
		return ErrNoAdministrator // nobody could make another one
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
	// Extended and Roles are as those of [User].
	Extended bool
	Roles    []string
}

// Set changes accounts, all or none (Core 8.4.6).
func (s *Section) Set(list []Change, seal Seal) error {
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
		if err := s.checkPassword(c.Name, password); err != nil {
			return err
		}
		if s.remembered(next[i], password) {
			return fmt.Errorf("user %q: %w: it was used before", c.Name, ErrPasswordTooWeak)
		}
		level, err := s.level(c.Name, c.Level, c.Extended, c.Roles)
		if err != nil {
			return err
		}
		secret, err := s.keep(c.Name, password, seal)
		if err != nil {
			return err
		}
		next[i].Former = s.History.remember(next[i], password)
		next[i].Secret, next[i].Level, next[i].Extended, next[i].Roles = secret, level, c.Extended, slices.Clone(c.Roles)
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
	case strings.Contains(name, ":"): // RFC 7616 3.4 and RFC 7617 2
		return fmt.Errorf("user %q: %w", name, ErrUsername)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("user %q: %w", name, ErrUsername)
	}
	return nil
}

func (s *Section) checkPassword(name, password string) error {
	l, n := s.Limits.WithDefaults(), utf8.RuneCountInString(password)
	switch {
	case n < l.PasswordMin:
		return fmt.Errorf("user %q: %w (at least %d characters)", name, ErrPasswordTooWeak, l.PasswordMin)
	case n > l.PasswordMax:
		return fmt.Errorf("user %q: %w (at most %d characters)", name, ErrPasswordTooLong, l.PasswordMax)
	}
	if lack := s.Complexity.weak(name, password); lack != "" {
		return fmt.Errorf("user %q: %w: %s", name, ErrPasswordTooWeak, lack)
	}
	return nil
}

func checkLevel(name string, level auth.Level) error {
	if level == auth.Anonymous || level > auth.Administrator {
		return fmt.Errorf("user %q, level %v: %w", name, level, ErrAnonymousNotAllowed)
	}
	return nil
}

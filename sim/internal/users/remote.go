package users

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// ErrRemoteUser means that a remote user has an impossible name or password.
var ErrRemoteUser = errors.New("not a possible remote user") // InvalidArgVal

// RemoteUser is the user as which the camera would log in to another device (Core
// 8.4.7). It opens nothing on the camera itself.
type RemoteUser struct {
	Name string `json:"name"`
	// Sealed is the password as the vault sealed it; nil: there is none.
	Sealed []byte `json:"sealed,omitempty"`
	// Derived says that the other device knows a password derived from this one.
	Derived bool `json:"useDerivedPassword,omitempty"`
}

// SetRemote replaces the remote user (Core 8.4.8); password is the original one,
// never derived, nil where there is none. What was there before is forgotten.
func (s *Section) SetRemote(name string, password *string, derived bool, seal Seal) error {
	l := s.Limits.WithDefaults()
	if err := l.checkName(name); err != nil {
		return fmt.Errorf("%w: %s", ErrRemoteUser, err.Error())
	}
	next := &RemoteUser{Name: name, Derived: derived}
	if password != nil {
		if n := utf8.RuneCountInString(*password); n > l.PasswordMax {
			return fmt.Errorf("%w: a password of %d characters, at most %d", ErrRemoteUser, n, l.PasswordMax)
		}
		sealed, err := seal([]byte(*password))
		if err != nil {
			return fmt.Errorf("remote user %q: %w", name, err)
		}
		next.Sealed = sealed
	}
	s.Remote = next
	return nil
}

// RemoveRemote forgets the remote user.
func (s *Section) RemoveRemote() { s.Remote = nil }

package users

import (
	"fmt"
	"slices"

	"github.com/camfleet/camfleet/sim/internal/auth"
)

// keep makes what is stored of a password.
func (s *Section) keep(name, password string, seal Seal) (Secret, error) {
	sealed, err := seal([]byte(password))
	if err != nil {
		return Secret{}, fmt.Errorf("user %q: %w", name, err)
	}
	return Secret{Keys: auth.KeysOf(name, s.Realm, password), Sealed: sealed}, nil
}

// Settled reports whether all accounts are as Settle leaves them for the realm.
func (s *Section) Settled(realm string) bool {
	return s.Realm == realm && !slices.ContainsFunc(s.Users, unsettled)
}

func unsettled(u User) bool { return len(u.Secret.Sealed) == 0 }

// Settle seals passwords that are there in clear, and makes the keys of all
// accounts anew where the realm is another one; for that it opens them.
func (s *Section) Settle(realm string, seal Seal, open func(sealed []byte) ([]byte, error)) error {
	moved := s.Realm != realm
	s.Realm = realm
	for i, u := range s.Users {
		password := u.Password
		switch {
		case unsettled(u):
		case moved:
			plain, err := open(u.Secret.Sealed)
			if err != nil {
				return fmt.Errorf("user %q: %w", u.Name, err)
			}
			u.Secret.Keys = auth.KeysOf(u.Name, realm, string(plain))
			s.Users[i] = u
			continue
		default:
			continue
		}
		secret, err := s.keep(u.Name, password, seal)
		if err != nil {
			return err
		}
		s.Users[i].Password, s.Users[i].Secret, s.Users[i].Former = "", secret, s.History.remember(u, password)
	}
	return nil
}

// former is how an earlier password is remembered: its hash, which does not
// depend on the realm.
func former(name, password string) string {
	return auth.KeysOf(name, "former password", password).SHA256
}

// remembered checks a new password against those before; the one of now may stay.
func (s *Section) remembered(u User, password string) bool {
	return s.History.Enabled && !s.Has(u.Name, password) && slices.Contains(u.Former, former(u.Name, password))
}

// remember notes a password that an account has from now on: always the one of
// now, and those before as far as they are to be remembered.
func (h History) remember(u User, password string) []string {
	now := former(u.Name, password)
	list := slices.DeleteFunc(slices.Clone(u.Former), func(f string) bool { return f == now })
	list = append([]string{now}, list...)
	return list[:min(len(list), h.most())]
}

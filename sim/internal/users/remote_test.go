package users_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/users"
)

// TestRemoteUserIsReplacedAsAWhole and its password kept as it was sealed.
func TestRemoteUserIsReplacedAsAWhole(t *testing.T) {
	t.Parallel()
	s := section()
	set := func(name string, password *string, derived bool) func(*users.Section) error {
		return func(s *users.Section) error { return s.SetRemote(name, password, derived, backwards) }
	}
	word, longest, long := "secret-3", strings.Repeat("x", 128), strings.Repeat("x", 129)
	if err := set("recorder", &word, true)(s); err != nil {
		t.Fatal(err)
	}
	first := s.Remote
	plain, err := open(first.Sealed)
	if err != nil || string(plain) != word || !first.Derived || first.Name != "recorder" {
		t.Errorf("%+v, %v", first, err)
	}
	text, err := json.Marshal(s)
	if err != nil || strings.Contains(string(text), word) || s.Validate() != nil {
		t.Errorf("%v: %s", err, text)
	}
	for name, bad := range map[string]func(*users.Section) error{
		"no name": set("", &word, false), "long name": set(strings.Repeat("n", 65), &word, false), "colon": set("a:b", &word, false),
		"long password": set("recorder", &long, false),
	} {
		t.Run(name, func(t *testing.T) { refuses(t, s, users.ErrRemoteUser, bad) })
	}
	failed := errors.New("the vault says no")
	refuses(t, s, failed, func(s *users.Section) error {
		return s.SetRemote("other", &word, false, func([]byte) ([]byte, error) { return nil, failed })
	})
	if err := set(strings.Repeat("n", 64), &longest, false)(s); err != nil {
		t.Error(err)
	}
	if err := set("recorder", nil, false)(s); err != nil || s.Remote.Sealed != nil || s.Remote.Derived || !first.Derived {
		t.Errorf("%v: %+v", err, s.Remote)
	}
	if _, ok := s.Account("recorder"); ok {
		t.Error("the remote user has an account")
	}
	s.RemoveRemote()
	if s.Remote != nil {
		t.Error("the remote user is still there")
	}
}

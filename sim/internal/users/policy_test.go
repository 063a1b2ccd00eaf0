package users_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/users"
	"github.com/google/go-cmp/cmp"
)

func TestNewPasswordsFollowTheComplexity(t *testing.T) {
	t.Parallel()
	rules := users.Complexity{MinLen: 8, Uppercase: 2, Number: 2, SpecialChars: 1, BlockName: true}
	for password, good := range map[string]bool{
		"ABcdef12!": true, "ÄÖcdef12 ": true, "AB12!xyz": true, "AB12!xy": false,
		"Abcdef12!": false, "ABcdefg1!": false, "ABcdef123": false, "ABguard12!": false, "ABGUARD12!": false, "": false,
	} {
		s := section()
		if err := s.SetComplexity(rules); err != nil {
			t.Fatal(err)
		}
		err := s.Create([]users.User{{Name: "guard", Password: password, Level: auth.User}}, backwards)
		if (err == nil) != good || err != nil && !errors.Is(err, users.ErrPasswordTooWeak) {
			t.Errorf("%q: %v", password, err)
		}
		err = s.Set([]users.Change{{Name: "admin", Password: &password, Level: auth.Administrator}}, backwards)
		if (err == nil) != (good || strings.Contains(strings.ToLower(password), "guard")) {
			t.Errorf("changed to %q: %v", password, err)
		}
	}
}

func TestPoliciesHaveTheirRanges(t *testing.T) {
	t.Parallel()
	const most = users.ComplexityMax
	for name, tc := range map[string]struct {
		set  func(*users.Section) error
		want error
	}{
		"complexity at its limits": {func(s *users.Section) error {
			return s.SetComplexity(users.Complexity{MinLen: 128, Uppercase: most, Number: most, SpecialChars: most})
		}, nil},
		"too long":         {func(s *users.Section) error { return s.SetComplexity(users.Complexity{MinLen: 129}) }, users.ErrComplexity},
		"too many letters": {func(s *users.Section) error { return s.SetComplexity(users.Complexity{Uppercase: most + 1}) }, users.ErrComplexity},
		"too many digits":  {func(s *users.Section) error { return s.SetComplexity(users.Complexity{Number: most + 1}) }, users.ErrComplexity},
		"negative":         {func(s *users.Section) error { return s.SetComplexity(users.Complexity{SpecialChars: -1}) }, users.ErrComplexity},
		"history":          {func(s *users.Section) error { return s.SetHistory(users.History{Enabled: true, Length: 10}) }, nil},
		"history too long": {func(s *users.Section) error { return s.SetHistory(users.History{Enabled: true, Length: 11}) }, users.ErrHistory},
		"history of none":  {func(s *users.Section) error { return s.SetHistory(users.History{Enabled: true}) }, users.ErrHistory},
		"history off":      {func(s *users.Section) error { return s.SetHistory(users.History{}) }, nil},
		"warning": {func(s *users.Section) error {
			return s.SetWarning(users.FailureWarning{Period: 3600, MaxFailures: 1000})
		}, nil},
		"warning too late": {func(s *users.Section) error { return s.SetWarning(users.FailureWarning{Period: 3601, MaxFailures: 5}) }, users.ErrWarning},
		"warning of none":  {func(s *users.Section) error { return s.SetWarning(users.FailureWarning{Period: 60}) }, users.ErrWarning},
		"too many failures": {func(s *users.Section) error {
			return s.SetWarning(users.FailureWarning{Period: 60, MaxFailures: 1001})
		}, users.ErrWarning},
		"hashing":           {func(s *users.Section) error { return s.SetHashing([]string{"SHA-256"}, []string{"MD5", "SHA-256"}) }, nil},
		"no hashing":        {func(s *users.Section) error { return s.SetHashing(nil, []string{"MD5"}) }, users.ErrHashing},
		"hashing twice":     {func(s *users.Section) error { return s.SetHashing([]string{"MD5", "MD5"}, []string{"MD5"}) }, users.ErrHashing},
		"hashing not there": {func(s *users.Section) error { return s.SetHashing([]string{"SHA-512"}, []string{"MD5"}) }, users.ErrHashing},
	} {
		s := section()
		if tc.want != nil {
			refuses(t, s, tc.want, tc.set)
			continue
		}
		if err := tc.set(s); err != nil || s.Validate() != nil {
			t.Errorf("%s: %v, %v", name, err, s.Validate())
		}
	}
}

func TestLockedComplexityStays(t *testing.T) {
	t.Parallel()
	s := section()
	if err := s.SetComplexity(users.Complexity{MinLen: 8, Locked: true}); err != nil {
		t.Fatal(err)
	}
	refuses(t, s, users.ErrLocked, func(s *users.Section) error { return s.SetComplexity(users.Complexity{}) })
}

// TestFormerPasswordsAreNotTakenAgain as far as they are remembered; the one of
// now may stay, as when only the level changes.
func TestFormerPasswordsAreNotTakenAgain(t *testing.T) {
	t.Parallel()
	s := section()
	change := func(password string) error {
		return s.Set([]users.Change{{Name: "admin", Password: &password, Level: auth.Administrator}}, backwards)
	}
	history := func(enabled bool, length int) {
		t.Helper()
		if err := s.SetHistory(users.History{Enabled: enabled, Length: length}); err != nil {
			t.Fatal(err)
		}
	}
	history(true, 3)
	for i, step := range []struct {
		password string
		good     bool
	}{
		{"secret-1", true}, {"b", true}, {"secret-1", false}, {"c", true}, {"b", false}, {"c", true}, {"secret-1", false},
		{"d", true}, {"secret-1", true}, {"c", false},
	} {
		if err := change(step.password); (err == nil) != step.good || err != nil && !errors.Is(err, users.ErrPasswordTooWeak) {
			t.Errorf("step %d, %q: %v", i, step.password, err)
		}
	}
	history(true, 1)
	if err := change("c"); err != nil {
		t.Errorf("what is forgotten: %v", err)
	}
	history(false, 0)
	for _, password := range []string{"d", "c", "d"} {
		if err := change(password); err != nil {
			t.Errorf("without a history: %v", err)
		}
	}
	if n := len(s.Users[0].Former); n != 1 {
		t.Errorf("%d passwords remembered without a history", n)
	}
}

// TestFirstUserIsAnAdministrator, or nobody could ever make another one.
func TestFirstUserIsAnAdministrator(t *testing.T) {
	t.Parallel()
	s := &users.Section{}
	refuses(t, s, users.ErrNoAdministrator, func(s *users.Section) error { return s.Create([]users.User{user("a")}, backwards) })
	first := user("boss")
	first.Level = auth.Administrator
	if err := s.Create([]users.User{user("a"), first}, backwards); err != nil {
		t.Error(err)
	}
}

// TestSettleLeavesNoPasswordInTheClear and makes keys anew for another realm.
func TestSettleLeavesNoPasswordInTheClear(t *testing.T) {
	t.Parallel()
	old := &users.Section{Users: []users.User{{Name: "admin", Password: "secret-1", Level: auth.Administrator}, {Name: "none", Level: auth.User}}}
	if old.Settled("") || !old.Has("admin", "secret-1") {
		t.Error("a password in clear counts as settled, or is not seen")
	}
	for _, realm := range []string{"here", "there"} {
		if err := old.Settle(realm, backwards, open); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(old)
		if err != nil || strings.Contains(string(text), "secret-1") {
			t.Errorf("%v: %s", err, text)
		}
		account, _ := old.Account("admin")
		if account.Keys != auth.KeysOf("admin", realm, "secret-1") || !old.Has("admin", "secret-1") || !old.Has("none", "") || !old.Settled(realm) {
			t.Errorf("realm %s: %v", realm, account.Level)
		}
	}
	before := old.Clone()
	if err := old.Settle("there", nil, nil); err != nil || !cmp.Equal(before, old) {
		t.Errorf("settling again: %v", err)
	}
	failed := errors.New("the vault says no")
	for name, s := range map[string]*users.Section{"seal": {Users: []users.User{{Name: "a", Password: "x", Level: auth.User}}}, "open": old} {
		err := s.Settle("elsewhere", func([]byte) ([]byte, error) { return nil, failed }, func([]byte) ([]byte, error) { return nil, failed })
		if !errors.Is(err, failed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

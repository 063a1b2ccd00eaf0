package users_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/users"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// backwards is a seal that anybody can open.
func backwards(text []byte) ([]byte, error) {
	out := slices.Clone(text)
	slices.Reverse(out)
	return append([]byte("sealed "), out...), nil
}

// open opens what backwards has sealed.
func open(sealed []byte) ([]byte, error) {
	out := slices.Clone(bytes.TrimPrefix(sealed, []byte("sealed ")))
	slices.Reverse(out)
	return out, nil
}

// section is settled for the realm "here".
func section() *users.Section {
	s := &users.Section{Users: []users.User{
		{Name: "admin", Password: "secret-1", Level: auth.Administrator},
		{Name: "factory", Password: "secret-2", Level: auth.Operator, Fixed: true},
	}}
	if err := s.Settle("here", backwards, open); err != nil {
		panic(err)
	}
	return s
}

func user(name string) users.User {
	return users.User{Name: name, Password: "password", Level: auth.User}
}

// refuses checks that f fails with want, leaves the accounts as they were and
// tells no password.
func refuses(t *testing.T, s *users.Section, want error, f func(*users.Section) error) {
	t.Helper()
	before := s.Clone()
	err := f(s)
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
	if err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "password ") && strings.Contains(err.Error(), "x\"")) {
		t.Errorf("the error tells a password: %v", err)
	}
	if diff := cmp.Diff(before, s); diff != "" {
		t.Errorf("after %v: %s", want, diff)
	}
}

func TestCreateMakesAllUsersOrNone(t *testing.T) {
	t.Parallel()
	s := section()
	s.Limits = users.Limits{Users: 4, NameMin: 2, NameMax: 8, PasswordMin: 4, PasswordMax: 8}
	create := func(list ...users.User) func(*users.Section) error {
		return func(s *users.Section) error { return s.Create(list, backwards) }
	}
	with := func(name, password string, level auth.Level) users.User {
		return users.User{Name: name, Password: password, Level: level}
	}
	for _, c := range []struct {
		want error
		bad  users.User
	}{
		{users.ErrUsernameClash, user("admin")},
		{users.ErrUsernameClash, user("good")}, // twice in one request
		{users.ErrUsernameTooShort, user("a")},
		{users.ErrUsernameTooShort, user("")},
		{users.ErrUsernameTooLong, user("ninechars")},
		{users.ErrUsername, user("a\x00b")},
		{users.ErrUsername, user("a:b")},
		{users.ErrUsername, user("a\xffb")},
		{users.ErrPasswordTooWeak, with("new", "123", auth.User)},
		{users.ErrPasswordTooWeak, with("new", "", auth.User)},
		{users.ErrPasswordTooLong, with("new", "secret789", auth.User)},
		{users.ErrAnonymousNotAllowed, with("new", "password", auth.Anonymous)},
		{users.ErrAnonymousNotAllowed, with("new", "password", auth.Administrator+1)},
	} {
		refuses(t, s, c.want, create(user("good"), c.bad))
	}
	refuses(t, s, users.ErrTooManyUsers, create(user("u1"), user("u2"), user("u3")))
	fixed := with("äöüßäöüß", "ääääääää", auth.Operator)
	fixed.Fixed = true
	if err := s.Create([]users.User{user("u1"), fixed}, backwards); err != nil || len(s.Users) != 4 {
		t.Fatalf("%v, %v", s.Users, err)
	}
	if s.Users[3].Fixed {
		t.Error("a client has made a fixed user")
	}
}

func TestDeleteTakesAllUsersOrNone(t *testing.T) {
	t.Parallel()
	s := section()
	if err := s.Create([]users.User{user("a"), user("b")}, backwards); err != nil {
		t.Fatal(err)
	}
	del := func(names ...string) func(*users.Section) error {
		return func(s *users.Section) error { return s.Delete(names) }
	}
	refuses(t, s, users.ErrUsernameMissing, del("a", "nobody"))
	refuses(t, s, users.ErrUsernameMissing, del("a", "a"))
	refuses(t, s, users.ErrFixedUser, del("a", "factory"))
	refuses(t, s, users.ErrFixedUser, del("a", "admin")) // the last administrator
	if err := s.Delete([]string{"a", "b"}); err != nil || len(s.Users) != 2 {
		t.Errorf("%v, %v", s.Users, err)
	}
}

func TestSetChangesAllUsersOrNone(t *testing.T) {
	t.Parallel()
	s := section()
	if err := s.Create([]users.User{user("a")}, backwards); err != nil {
		t.Fatal(err)
	}
	set := func(list ...users.Change) func(*users.Section) error {
		return func(s *users.Section) error { return s.Set(list, backwards) }
	}
	word, long := "other", strings.Repeat("x", 129)
	good := users.Change{Name: "a", Password: &word, Level: auth.Operator}
	refuses(t, s, users.ErrUsernameMissing, set(good, users.Change{Name: "nobody", Password: &word, Level: auth.User}))
	refuses(t, s, users.ErrFixedUser, set(good, users.Change{Name: "factory", Password: &word, Level: auth.User}))
	refuses(t, s, users.ErrPasswordTooLong, set(good, users.Change{Name: "a", Password: &long, Level: auth.User}))
	refuses(t, s, users.ErrPasswordTooWeak, set(good, users.Change{Name: "a", Level: auth.User}))
	refuses(t, s, users.ErrAnonymousNotAllowed, set(good, users.Change{Name: "a", Password: &word}))
	refuses(t, s, users.ErrFixedUser, set(good, users.Change{Name: "admin", Password: &word, Level: auth.User}))
	if err := set(good)(s); err != nil {
		t.Fatal(err)
	}
	if got, ok := s.Account("a"); !ok || !s.Has("a", "other") || s.Has("a", "password") || got.Level != auth.Operator {
		t.Errorf("%v, %v", got.Level, ok)
	}
	s.Limits.PasswordMin = -1
	if err := set(users.Change{Name: "a", Level: auth.User})(s); err != nil {
		t.Errorf("a camera that can clear passwords: %v", err)
	}
	if s.Has("a", "other") || !s.Has("a", "") {
		t.Error("the password is still there")
	}
}

func TestAccountFindsByExactName(t *testing.T) {
	t.Parallel()
	s := section()
	for _, name := range []string{"", "Admin", "admin ", "nobody"} {
		if _, ok := s.Account(name); ok {
			t.Errorf("%q has an account", name)
		}
	}
	want := auth.Account{Name: "admin", Keys: auth.KeysOf("admin", "here", "secret-1"), Level: auth.Administrator}
	if got, ok := s.Account("admin"); !ok || got != want {
		t.Errorf("%v", ok)
	}
}

func TestPasswordsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	u := section().Users[0]
	u.Password = "secret-1"
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("user", "user", u)
	for _, text := range []string{fmt.Sprint(u), fmt.Sprintf("%+v", u), fmt.Sprintf("%#v", u), fmt.Sprintf("%v", section().Users), log.String()} {
		if strings.Contains(text, "secret") || !strings.Contains(text, "admin") {
			t.Errorf("printed as %s", text)
		}
	}
}

func TestSectionSurvivesJSONAndFindsDamage(t *testing.T) {
	t.Parallel()
	s := section()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back users.Section
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, &back); diff != "" || back.Validate() != nil {
		t.Error(diff, back.Validate())
	}
	for name, damage := range map[string]func(*users.Section){
		"no name":   func(s *users.Section) { s.Users[0].Name = "" },
		"two names": func(s *users.Section) { s.Users[0].Name = "factory" },
		"no level":  func(s *users.Section) { s.Users[0].Level = auth.Anonymous },
	} {
		c := s.Clone()
		damage(c)
		if c.Validate() == nil {
			t.Errorf("%s: nobody minds", name)
		}
	}
}

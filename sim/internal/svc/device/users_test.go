package device_test

import (
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/state"
)

func user(name, password, level string) string {
	if password != "" {
		password = "<tt:Password>" + password + "</tt:Password>"
	}
	return "<tds:User><tt:Username>" + name + "</tt:Username>" + password + "<tt:UserLevel>" + level + "</tt:UserLevel></tds:User>"
}

func create(users string) string { return "<tds:CreateUsers>" + users + "</tds:CreateUsers>" }
func change(users string) string { return "<tds:SetUser>" + users + "</tds:SetUser>" }

func drop(names ...string) string {
	return "<tds:DeleteUsers><tds:Username>" + strings.Join(names, "</tds:Username><tds:Username>") + "</tds:Username></tds:DeleteUsers>"
}

// TestUsersComeChangeAndGo all or none (Core 8.4), and nothing but the password
// of now lets them in.
func TestUsersComeChangeAndGo(t *testing.T) {
	t.Parallel()
	check := schematest.Collect(t)
	flagship := cameratest.Open(t, "flagship")
	const list, names = "<tds:GetUsers/>", "./User/Username"
	for name, steps := range map[string][]step{
		"come": {
			{body: create(user("guard", cameratest.Password, "Operator") + user("wärter", "x", "User"))},
			{body: list, want: map[string]string{names: "admin operator viewer guard wärter", "./User/UserLevel": "Administrator Operator User Operator User", "./User/Password": ""}},
			{as: "guard", body: "<tds:GetDNS/>"},
			{as: "guard", body: list, fault: "env:Sender/ter:NotAuthorized"},
		},
		"change": {
			{body: change(user("viewer", cameratest.Password, "Administrator"))},
			{as: "viewer", body: list},
			{body: change(user("viewer", "another", "User"))},
			{as: "viewer", body: "<tds:GetDNS/>", fault: "env:Sender/ter:NotAuthorized"},
		},
		"go": {
			{body: drop("viewer", "operator")},
			{body: list, want: map[string]string{names: "admin"}},
			{as: "viewer", body: "<tds:GetDNS/>", fault: "env:Sender/ter:NotAuthorized"},
		},
		"all or none": {
			{body: create(user("a", "x", "User") + user("a", "x", "User")), fault: prohibited + "/ter:UsernameClash"},
			{body: change(user("viewer", "x", "User") + user("nobody", "x", "User")), fault: arg + "/ter:UsernameMissing"},
			{body: drop("viewer", "viewer"), fault: arg + "/ter:UsernameMissing"},
			{body: list, want: map[string]string{names: "admin operator viewer"}},
			{as: "viewer", body: "<tds:GetDNS/>"},
		},
		"limits": {
			{body: create(user(strings.Repeat("ü", 64), strings.Repeat("p", 128), "User"))},
			{body: create(user(strings.Repeat("ü", 65), "x", "User")), fault: prohibited + "/ter:UsernameTooLong"},
			{body: create(user("b", strings.Repeat("p", 129), "User")), fault: prohibited + "/ter:PasswordTooLong"},
			{body: change(user("viewer", strings.Repeat("p", 129), "User")), fault: prohibited + "/ter:PasswordTooLong"},
			{body: create(user("b", "", "User")), fault: prohibited + "/ter:Password"},
			{body: create(user("", "x", "User")), fault: prohibited + "/ter:UsernameTooShort"},
			{body: create(user("a\tb", "x", "User")), fault: arg},
			{body: create(user("b", "x", "Extended")), fault: arg},
			{body: create(user("b", "x", "Root")), fault: arg},
			{body: create(repeat(60, user("u%d", "x", "User")))}, // 64 with those that are there
			{body: create(user("b", "x", "User")), fault: action + "/ter:TooManyUsers"},
			{body: create(user("admin", "x", "User")), fault: prohibited + "/ter:UsernameClash"},
		},
		"last administrator": {
			{body: drop("admin"), fault: arg + "/ter:FixedUser"},
			{body: drop("admin", "operator", "viewer"), fault: arg + "/ter:FixedUser"},
			{body: change(user("admin", "x", "Operator")), fault: arg + "/ter:FixedUser"},
			{body: change(user("operator", cameratest.Password, "Administrator"))},
			{body: drop("admin")},
			{as: "operator", body: list, want: map[string]string{names: "operator viewer"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, check, cameratest.New(t, cameratest.Config{Opened: flagship}), steps)
		})
	}
}

// TestLimitsOfUsersAreTheCapabilities: what is announced is enforced.
func TestLimitsOfUsersAreTheCapabilities(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Change: func(p *profiles.Profile) {
		p.Limits.Users = profiles.UserLimits{Users: 4, NameLength: 8, PasswordLength: 28}
	}})
	security := c.As(t, "", "<tds:GetServiceCapabilities/>").Root.FindElement("./Capabilities/Security")
	for name, want := range map[string]string{"MaxUsers": "4", "MaxUserNameLength": "8", "MaxPasswordLength": "28"} {
		if got := security.SelectAttrValue(name, ""); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	tell(t, schematest.Collect(t), c, []step{
		{body: create(user("ninechars", "x", "User")), fault: prohibited + "/ter:UsernameTooLong"},
		{body: create(user("eightcha", strings.Repeat("p", 29), "User")), fault: prohibited + "/ter:PasswordTooLong"},
		{body: create(user("eightcha", strings.Repeat("p", 28), "User"))},
		{body: create(user("fifth", "x", "User")), fault: action + "/ter:TooManyUsers"},
	})
}

func TestFixedUserStays(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	err := c.State.Update(func(tx *state.Tx) error { tx.Users().Users[2].Fixed = true; return nil })
	if err != nil {
		t.Fatal(err)
	}
	tell(t, schematest.Collect(t), c, []step{
		{body: drop("operator", "viewer"), fault: arg + "/ter:FixedUser"},
		{body: change(user("viewer", "x", "User")), fault: arg + "/ter:FixedUser"},
		{body: drop("operator")},
	})
}

// TestPasswordsAreNowhereInAnswers neither those of users nor wrong ones.
func TestPasswordsAreNowhereInAnswers(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	const secret = "Gate-3-secret"
	for _, body := range []string{
		create(user("guard", secret, "Operator")), create(user("guard", secret, "Operator")), create(user("other", secret, "Anonymous")),
		create(user("other", secret, "Root")), change(user("nobody", secret, "User")), change(user("guard", secret+strings.Repeat("x", 128), "User")), "<tds:GetUsers/>",
	} {
		if a := c.As(t, "admin", body); strings.Contains(string(a.Body), secret) {
			t.Errorf("%s\nis answered with the password:\n%s", body, a.Body)
		}
	}
}

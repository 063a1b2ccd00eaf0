package camera_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/tpm"
	"github.com/camfleet/camfleet/sim/internal/users"
)

// TestNoPasswordIsInTheState in the clear: not of the factory, not of a client,
// and not of a state from when they were kept so.
func TestNoPasswordIsInTheState(t *testing.T) {
	t.Parallel()
	host, err := tpm.StartHost(t.Context(), tpm.HostConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(); err != nil {
			t.Error(err)
		}
	})
	const secret = "Gate-3-secret"
	for name, config := range map[string]cameratest.Config{"with a TPM": {Host: host}, "without": {}} {
		c := cameratest.New(t, config)
		a := c.As(t, "admin", `<tds:CreateUsers><tds:User><tt:Username>guard</tt:Username><tt:Password>`+secret+`</tt:Password><tt:UserLevel>User</tt:UserLevel></tds:User></tds:CreateUsers>`)
		if a.Fault != "" {
			t.Fatalf("%s: %s", name, a.Body)
		}
		text, err := json.Marshal(c.State.View())
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range c.State.View().Users.Users {
			if u.Password != "" || len(u.Secret.Sealed) == 0 || u.Secret.Keys == (auth.Keys{}) {
				t.Errorf("%s: %s is not sealed", name, u.Name)
			}
		}
		if strings.Contains(string(text), secret) {
			t.Errorf("%s: the state has a password", name)
		}
		if name == "with a TPM" && len(c.State.View().Keystore.Vault.Software) > 0 {
			t.Error("the key of the vault is not in the TPM")
		}
		for _, q := range []cameratest.Call{
			{Header: cameratest.UsernameToken("guard", secret, "n", cameratest.Start()), Body: readSystem}, {As: "viewer", Body: readSystem},
		} {
			if a := c.Call(t, q); a.Fault != "" {
				t.Errorf("%s: %d %s", name, a.Status, a.Fault)
			}
		}
	}
}

// TestOldStateIsSealedWhenItStarts, and another realm gets keys of its own.
func TestOldStateIsSealedWhenItStarts(t *testing.T) {
	t.Parallel()
	first := cameratest.New(t, cameratest.Config{}).State.View()
	old := *first
	old.Users = &users.Section{Users: []users.User{{Name: "admin", Password: cameratest.Password, Level: auth.Administrator}}}
	sealed := cameratest.New(t, cameratest.Config{First: &old}).State.View()
	if u := sealed.Users.Users[0]; u.Password != "" || len(u.Secret.Sealed) == 0 {
		t.Error("the password is still there")
	}
	moved := cameratest.New(t, cameratest.Config{First: sealed, Change: func(p *profiles.Profile) { p.Auth.Realm = "elsewhere" }})
	if a := moved.As(t, "admin", readSecret); a.Fault != "" {
		t.Errorf("in another realm: %d %s", a.Status, a.Fault)
	}
	if a := moved.Call(t, cameratest.Call{Header: cameratest.UsernameToken("admin", cameratest.Password, "n", cameratest.Start()), Body: readSecret}); a.Fault != "" {
		t.Errorf("UsernameToken in another realm: %d %s", a.Status, a.Fault)
	}
}

// firstUser makes the first user of a camera.
const firstUser = `<tds:CreateUsers><tds:User><tt:Username>viewer</tt:Username><tt:Password>` + cameratest.Password +
	`</tt:Password><tt:UserLevel>Administrator</tt:UserLevel></tds:User></tds:CreateUsers>`

// TestCameraWithoutUsersIsOpenUntilTheFirstOne: at every door, as the profile
// says; then it is closed for good.
func TestCameraWithoutUsersIsOpenUntilTheFirstOne(t *testing.T) {
	t.Parallel()
	for before, open := range map[string]bool{"anything": true, "create_users": false} {
		g := &guarded{clients: &clients{Camera: cameratest.New(t, cameratest.Config{Listen: true, Change: func(p *profiles.Profile) {
			p.Users, p.Auth.BeforeFirstUser = nil, before
		}})}}
		plain := slices.DeleteFunc(doors(), door.secure)
		for _, d := range plain {
			want := challenged
			if open {
				want = served
			}
			want.check(t, d, g.ask(t, d, credentials{}))
		}
		soap := plain[0]
		for body, want := range map[string]outcome{
			readSecret: served, // that there is nobody
			strings.Replace(firstUser, "Administrator", "Operator", 1): {status: 400, fault: "env:Sender/ter:InvalidArgVal"},
		} {
			soap.body = body
			want.check(t, soap, g.ask(t, soap, credentials{}))
		}
		soap.body = firstUser
		served.check(t, soap, g.ask(t, soap, credentials{}))
		challenged.check(t, soap, g.ask(t, soap, credentials{}))
		for _, d := range plain {
			challenged.check(t, d, g.ask(t, d, credentials{}))
			served.check(t, d, g.ask(t, d, g.challenge(t, d, "SHA-256").header("")))
		}
		err := g.State.Update(func(tx *state.Tx) error { return tx.Users().Delete([]string{"viewer"}) })
		if err == nil {
			t.Errorf("%s: the last administrator can go, and the camera is open again", before)
		}
	}
}

// TestProfileReplacesTheAccessPolicy for a class, which READ_MEDIA is for
// streams and snapshots as well, and for single operations.
func TestProfileReplacesTheAccessPolicy(t *testing.T) {
	t.Parallel()
	g := &guarded{clients: &clients{Camera: cameratest.New(t, cameratest.Config{Listen: true, Change: func(p *profiles.Profile) {
		p.Auth.Access.Classes.ReadMedia = "Operator"
		p.Auth.Access.Operations = []profiles.OperationAccess{{Operation: "tds:GetUsers", Level: "User"}, {Operation: "tds:GetSystemDateAndTime", Level: "User"}}
	}})}}
	for _, d := range slices.DeleteFunc(doors(), func(d door) bool { return d.secure() || d.soap() }) {
		refusal := challenged
		if d.rtsp() {
			refusal = outcome{status: 403}
		}
		for user, want := range map[string]outcome{"viewer": refusal, "operator": served} {
			r := g.challenge(t, d, "MD5")
			r.user = user
			want.check(t, d, g.ask(t, d, r.header("")))
		}
	}
	for body, want := range map[string][2]string{ // nobody, viewer
		"<tds:GetSystemDateAndTime/>": {"env:Sender/ter:NotAuthorized", ""},
		"<tds:GetHostname/>":          {"", ""},
		readSecret:                    {"env:Sender/ter:NotAuthorized", ""},
		"<trt:GetProfiles/>":          {"env:Sender/ter:NotAuthorized", "env:Sender/ter:NotAuthorized"},
	} {
		for i, account := range []string{"", "viewer"} {
			if a := g.As(t, account, body); a.Fault != want[i] {
				t.Errorf("%s as %q: %q, want %q", body, account, a.Fault, want[i])
			}
		}
	}
	security := g.As(t, "", "<tds:GetServiceCapabilities/>").Root
	if got := attribute(security, "./Capabilities/Security/@DefaultAccessPolicy"); got != "false" {
		t.Errorf("DefaultAccessPolicy is %s", got)
	}
}

// TestHashingAlgorithmsAreThoseOfTheClient: the next challenge has the new list,
// and what is not in it is refused, at every door.
func TestHashingAlgorithmsAreThoseOfTheClient(t *testing.T) {
	t.Parallel()
	g := &guarded{clients: &clients{Camera: cameratest.New(t, cameratest.Config{Listen: true})}}
	plain := slices.DeleteFunc(doors(), door.secure)
	for list, want := range map[string][]string{"SHA-256": {"SHA-256"}, "SHA-256 MD5": {"SHA-256", "MD5"}, "MD5,SHA-256": {"MD5", "SHA-256"}} {
		err := g.State.Update(func(tx *state.Tx) error {
			return tx.Users().SetHashing(strings.FieldsFunc(list, func(r rune) bool { return r == ' ' || r == ',' }), []string{"MD5", "SHA-256"})
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range plain {
			challenges := g.ask(t, d, credentials{}).header.Values("WWW-Authenticate")
			if len(challenges) != len(want) {
				t.Fatalf("%s, %s: %q", d.name, list, challenges)
			}
			for i, algorithm := range want {
				if !strings.Contains(challenges[i], "algorithm="+algorithm+",") {
					t.Errorf("%s, %s: %q", d.name, list, challenges)
				}
			}
			for _, algorithm := range []string{"MD5", "SHA-256"} {
				expected := challenged
				if slices.Contains(want, algorithm) {
					expected = served
				}
				expected.check(t, d, g.ask(t, d, g.challenge(t, d, algorithm).header("")))
			}
		}
		g.Clock.Advance(11e9) // the pull points end
	}
	for body, fault := range map[string]string{"SHA-512": "env:Sender/ter:InvalidArgVal", "MD5 MD5": "env:Sender/ter:InvalidArgVal", "": "env:Sender/ter:InvalidArgVal"} {
		q := cameratest.Call{Header: cameratest.UsernameToken("admin", cameratest.Password, "h"+body, g.Clock.Now()), Body: "<tds:SetHashingAlgorithm><tds:Algorithm>" + body + "</tds:Algorithm></tds:SetHashingAlgorithm>"}
		if a := g.Call(t, q); a.Fault != fault {
			t.Errorf("%q: %s", body, a.Fault)
		}
	}
}

package camera_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
)

// done fails the test if an answer is a fault.
func done(t *testing.T, a cameratest.Answer) {
	t.Helper()
	if a.Fault != "" {
		t.Fatalf("fault %s\n%s", a.Fault, a.Body)
	}
}

// TestRolesDecideOverEveryOperation: whoever has a role may call its functions and
// what anybody may, and nothing else, by whatever way of logging in.
func TestRolesDecideOverEveryOperation(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	c := cameratest.New(t, cameratest.Config{Change: release2606, Issuers: m.keys()})
	operations := slices.DeleteFunc(camera.Operations(c.Profile), func(o camera.Coverage) bool {
		return o.Row.Class == 0 || o.Row.ID() == "tds:SystemReboot" || o.Row.Service != "device" && !slices.Contains(c.Profile.ONVIF.Services, o.Row.Service)
	})
	functions := map[string][]string{} // by role
	for i, o := range operations {
		if name := []string{"A", "B", ""}[i%3]; name != "" && o.Simulated && !o.Off {
			functions[name] = append(functions[name], o.Row.ID())
		}
	}
	for _, name := range []string{"A", "B"} {
		done(t, c.As(t, "admin", setRole(name, strings.Join(functions[name], " "))))
	}
	for account, roles := range map[string]string{"a": "A", "b": "B", "ab": "A B", "user": "onvif:User B"} {
		done(t, c.As(t, "admin", create(account, roles)))
	}
	for account, roles := range map[string][]string{"a": {"A"}, "b": {"B"}, "ab": {"A", "B"}, "user": {"onvif:User", "B"}} {
		for _, o := range operations {
			class := o.Row.Class.String()
			may := class == "PRE_AUTH" || account == "user" && slices.Contains(mayCall[class], "viewer")
			for _, r := range roles {
				may = may || slices.Contains(functions[r], o.Row.ID())
			}
			body := attempt(o, "", false).Body
			token := m.token(t, cameratest.Start(), map[string]any{"roles": roles})
			for way, q := range map[string]cameratest.Call{
				"Digest":        {As: account, Body: body},
				"UsernameToken": {Header: cameratest.UsernameToken(account, cameratest.Password, account+o.Row.ID(), cameratest.Start()), Body: body},
				"token":         {Bearer: token, Secure: true, Body: body},
			} {
				a := c.Call(t, q)
				denied := a.Fault == "env:Sender/ter:NotAuthorized"
				missing := a.Fault == "env:Receiver/ter:ActionNotSupported"
				if want := !o.Simulated || o.Off; missing != want || !want && denied == may {
					t.Errorf("%s with %q by %s: %d %s, may it: %v", o.Row.ID(), roles, way, a.Status, a.Fault, may)
				}
			}
		}
	}
}

// TestRolesDecideAtEveryDoor: who may ask for the address of streams may play
// them, who may ask for that of pictures may fetch them, and so on.
func TestRolesDecideAtEveryDoor(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	g := m.trusting(t, release2606)
	kinds := map[string]func(door) bool{
		"tds:GetDNS":                      func(d door) bool { return d.body == readSystem },
		"tr2:GetSnapshotUri":              func(d door) bool { return !d.soap() && !d.rtsp() },
		"trt:GetStreamUri":                door.rtsp,
		"tev:CreatePullPointSubscription": func(d door) bool { return d.body == subscribe },
	}
	number := 0
	for function, opens := range kinds {
		number++
		account := fmt.Sprint("guard", number)
		done(t, g.As(t, "admin", setRole(account, function)))
		done(t, g.As(t, "admin", create(account, account)))
		token := "Bearer " + m.token(t, g.Clock.Now(), map[string]any{"roles": account})
		for _, d := range doors() {
			want := map[bool]outcome{true: served, false: challenged}[opens(d)]
			if d.rtsp() && !opens(d) {
				want = outcome{status: 403}
			}
			digest := g.challenge(t, d, "MD5")
			digest.user = account
			want.check(t, d, g.ask(t, d, digest.header("")))
			if !d.secure() {
				continue
			}
			if !d.rtsp() && !opens(d) {
				want = outcome{status: 403, fault: "env:Sender/ter:NotAuthorized", challenge: `error="insufficient_scope"`}
			}
			want.check(t, d, g.ask(t, d, credentials{authorization: []string{token}}))
		}
	}
}

// TestRoleThatIsGoneOpensNothing, at once: accounts and tokens are asked for their
// roles at each request.
func TestRoleThatIsGoneOpensNothing(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	c := cameratest.New(t, cameratest.Config{Change: release2606, Issuers: m.keys()})
	token := m.token(t, cameratest.Start(), map[string]any{"roles": []string{"Guard", "Other"}})
	statuses := func(want ...int) {
		t.Helper()
		for i, q := range []cameratest.Call{{As: "guard", Body: readSystem}, {Bearer: token, Secure: true, Body: readSystem}} {
			if a := c.Call(t, q); a.Status != want[i] {
				t.Errorf("%d: status %d, want %d", i, a.Status, want[i])
			}
		}
	}
	done(t, c.As(t, "admin", setRole("Guard", "tds:GetDNS")))
	done(t, c.As(t, "admin", create("guard", "Guard")))
	statuses(200, 200)
	done(t, c.As(t, "admin", setRole("Guard", "tds:GetNTP")))
	statuses(401, 403)
	done(t, c.As(t, "admin", setRole("Other", "tds:GetDNS")))
	statuses(401, 200)
	done(t, c.As(t, "admin", "<tds:DeleteUserRole><tds:UserRole>Other</tds:UserRole></tds:DeleteUserRole>"))
	done(t, c.As(t, "admin", "<tds:DeleteUserRole><tds:UserRole>Guard</tds:UserRole></tds:DeleteUserRole>"))
	statuses(401, 403)
}

// TestRolesGoBesideTheProfilesPolicy: exceptions of a profile raise or lower levels,
// and a role's functions are its own in either case.
func TestRolesGoBesideTheProfilesPolicy(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Change: func(p *profiles.Profile) {
		release2606(p)
		p.Auth.Access.Operations = []profiles.OperationAccess{{Operation: "tds:GetDNS", Level: "Administrator"}, {Operation: "tds:GetScopes", Level: "Anonymous"}}
		p.Auth.Access.Classes.PreAuth = "User"
	}})
	done(t, c.As(t, "admin", setRole("Guard", "tds:GetDNS tds:GetEndpointReference")))
	done(t, c.As(t, "admin", create("guard", "Guard")))
	for body, want := range map[string]int{
		readSystem: 200, "<tds:GetScopes/>": 200, "<tds:GetEndpointReference/>": 200, "<tds:GetServiceCapabilities/>": 401, "<tds:GetNTP/>": 401,
	} {
		if a := c.As(t, "guard", body); a.Status != want {
			t.Errorf("%s: %d, want %d", body, a.Status, want)
		}
	}
}

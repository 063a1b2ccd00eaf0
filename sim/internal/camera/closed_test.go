package camera_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
)

var anyNonce = regexp.MustCompile(`nonce="[^"]*"`)

// TestClosedAccountLooksLikeNone: what comes back for wrong passwords of a user is to
// the byte what comes back for somebody who is none, before the account is closed and
// after it, when the right password does not open it either.
func TestClosedAccountLooksLikeNone(t *testing.T) {
	t.Parallel()
	g := &guarded{clients: &clients{Camera: cameratest.New(t, cameratest.Config{Listen: true, Change: func(p *profiles.Profile) {
		p.Auth.Backoff = profiles.Backoff{Enabled: true, AccountFailures: 3, First: time.Minute, Longest: time.Hour}
	}})}}
	number := 0
	kinds := map[string]func(d door, user, password string) credentials{
		"Digest MD5":     func(d door, user, password string) credentials { return g.reply(t, d, "MD5", user, password) },
		"Digest SHA-256": func(d door, user, password string) credentials { return g.reply(t, d, "SHA-256", user, password) },
		"UsernameToken": func(_ door, user, password string) credentials {
			number++
			return credentials{security: cameratest.UsernameToken(user, password, fmt.Sprint("nonce", number), g.Clock.Now())}
		},
	}
	for kind, carry := range kinds {
		for _, d := range doors() {
			if d.secure() || kind == "UsernameToken" && !d.soap() {
				continue
			}
			told := map[string][]string{}
			for _, user := range []string{"viewer", "nobody"} {
				g.Clock.Advance(2 * time.Hour) // whatever was closed is open
				served.check(t, d, g.ask(t, d, carry(d, "viewer", cameratest.Password)))
				g.Clock.Advance(11 * time.Second)
				for attempt := range 5 {
					password := "wrong"
					if attempt == 4 {
						password = cameratest.Password
					}
					a := g.ask(t, d, carry(d, user, password))
					a.header.Del("Date")
					told[user] = append(told[user], anyNonce.ReplaceAllString(fmt.Sprintf("%d %v %s", a.status, a.header, a.body), "nonce"))
					if a.status == 200 || a.status == 0 {
						t.Errorf("%s, %s, %s, attempt %d: %d", kind, d.name, user, attempt, a.status)
					}
				}
			}
			for i, text := range told["viewer"] {
				if other := told["nobody"][i]; text != other {
					t.Errorf("%s, %s, attempt %d:\n%s\nand for nobody\n%s", kind, d.name, i, text, other)
				}
			}
		}
	}
}

// reply is a Digest answer of a user to a new challenge.
func (g *guarded) reply(t *testing.T, d door, algorithm, user, password string) credentials {
	t.Helper()
	r := g.challenge(t, d, algorithm)
	r.user, r.password = user, password
	return r.header("")
}

package auth_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/google/go-cmp/cmp"
)

// guess is a UsernameToken with a password, from an address.
func (c camera) guess(name, password, peer string, n int) auth.Request {
	r := soap(token(name, password, fmt.Sprint("guess", n), c.clock.Now()))
	r.Peer = peer
	return r
}

// slow is a back-off after three wrong passwords of an account and six of an address.
func slow(failures *[]auth.Failure) func(*auth.Config) {
	return func(c *auth.Config) {
		c.Backoff = auth.Backoff{Account: 3, Address: 6, First: 10 * time.Second, Longest: 35 * time.Second}
		c.Failed = func(f auth.Failure) { *failures = append(*failures, f) }
	}
}

// TestWrongPasswordsCloseAnAccount for ever longer, and time opens it again.
func TestWrongPasswordsCloseAnAccount(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"admin", "nobody"} { // one that is no user as well
		var failures []auth.Failure
		c, n := newCamera(slow(&failures)), 0
		try := func(password string) error {
			n++
			_, err := c.Identify(c.guess(name, password, fmt.Sprintf("192.0.2.%d:1", n), n)) // no address twice
			return err
		}
		for range 3 {
			if try("wrong") == nil {
				t.Fatal("a wrong password is right")
			}
		}
		for _, pause := range []time.Duration{10, 20, 35, 35} {
			c.clock.Advance(pause*time.Second - time.Second)
			counted := len(failures)
			if r := refusal(t, try("camfleet")); r == nil || r.Status != 400 || !r.SOAPFault {
				t.Errorf("%s: the right password within %d s: %+v", name, pause, r)
			}
			if len(failures) != counted {
				t.Errorf("%s: what comes while it is closed counts", name)
			}
			c.clock.Advance(time.Second)
			if try("wrong"); len(failures) != counted+1 || failures[counted].AccountClosed.IsZero() {
				t.Errorf("%s: after %d s it is not open", name, pause)
			}
		}
		c.clock.Advance(71 * time.Second)
		if err := try("camfleet"); (err == nil) != (name == "admin") {
			t.Errorf("%s: after a long time: %v", name, err)
		}
	}
}

func TestRightPasswordStartsAnAccountAnew(t *testing.T) {
	t.Parallel()
	var failures []auth.Failure
	c := newCamera(slow(&failures))
	for n := range 20 {
		password := "wrong"
		if n%3 == 2 {
			password = "camfleet"
		}
		_, err := c.Identify(c.guess("admin", password, fmt.Sprintf("192.0.2.%d:1", n), n))
		if (err == nil) != (n%3 == 2) {
			t.Fatalf("try %d: %v", n, err)
		}
	}
}

// TestWrongPasswordsCloseAnAddress whatever names they come with; others may go on.
func TestWrongPasswordsCloseAnAddress(t *testing.T) {
	t.Parallel()
	for name, peers := range map[string][2]string{
		"IPv4": {"192.0.2.7:%d", "192.0.2.8:1"}, "IPv6": {"[2001:db8::%d]:9", "[2001:db8:0:1::1]:9"}, "mapped": {"[::ffff:192.0.2.7]:%d", "192.0.2.8:1"},
	} {
		var failures []auth.Failure
		c := newCamera(slow(&failures))
		for n := range 6 {
			c.Identify(c.guess(fmt.Sprint("name", n), "x", fmt.Sprintf(peers[0], n+1), n)) //nolint:errcheck // it is wrong
		}
		if last := failures[5]; last.AddressClosed.Sub(last.At) != 10*time.Second || last.Known || !last.AccountClosed.IsZero() {
			t.Errorf("%s: %+v", name, last)
		}
		if _, err := c.Identify(c.guess("admin", "camfleet", fmt.Sprintf(peers[0], 7), 100)); err == nil {
			t.Errorf("%s: the address is open", name)
		}
		if _, err := c.Identify(c.guess("admin", "camfleet", peers[1], 101)); err != nil {
			t.Errorf("%s: another address: %v", name, err)
		}
	}
}

// TestClockPutBackOpensWhatWasClosed: nobody waits for a time that was a mistake.
func TestClockPutBackOpensWhatWasClosed(t *testing.T) {
	t.Parallel()
	var failures []auth.Failure
	c := newCamera(slow(&failures))
	c.clock.Advance(24 * time.Hour)
	for n := range 3 {
		c.Identify(c.guess("admin", "x", "192.0.2.7:1", n)) //nolint:errcheck // it is wrong
	}
	c.clock.Advance(-24 * time.Hour)
	if _, err := c.Identify(c.guess("admin", "camfleet", "192.0.2.7:1", 9)); err != nil {
		t.Error(err)
	}
}

// TestSuspectsAreBounded: the one that was quiet longest is forgotten.
func TestSuspectsAreBounded(t *testing.T) {
	t.Parallel()
	for most, open := range map[int]bool{3: true, 4: false} { // three more than admin
		c := newCamera(func(c *auth.Config) {
			c.Limits.Suspects = most
			c.Backoff = auth.Backoff{Account: 1, First: time.Minute, Longest: time.Minute}
		})
		for n, name := range []string{"admin", "a", "b", "c"} {
			c.Identify(c.guess(name, "x", "192.0.2.7:1", n)) //nolint:errcheck // it is wrong
		}
		if _, err := c.Identify(c.guess("admin", "camfleet", "192.0.2.7:1", 9)); (err == nil) != open {
			t.Errorf("%d suspects: %v", most, err)
		}
	}
}

// TestNobodyCanTellUsersFromOthers: refusals of a user with a wrong password and
// of a name that is none are equal, before and after the lock, by every method.
func TestNobodyCanTellUsersFromOthers(t *testing.T) {
	t.Parallel()
	for method, make := range map[string]func(c camera, name string, n int) auth.Request{
		"UsernameToken": func(c camera, name string, n int) auth.Request { return c.guess(name, "x", "192.0.2.7:1", n) },
		"Digest": func(c camera, name string, n int) auth.Request {
			a := c.admin()
			a.user, a.password, a.nc = name, "x", fmt.Sprintf("%08x", n+1)
			return request(a.header())
		},
		"Basic": func(_ camera, name string, _ int) auth.Request { return secured(basic(name, "x")) },
	} {
		var seen [2][]auth.Refusal
		for i, name := range []string{"admin", "nobody"} {
			var failures []auth.Failure
			c := newCamera(slow(&failures), withBasic)
			for n := range 5 {
				_, err := c.Identify(make(c, name, n))
				r := *refusal(t, err)
				r.User = ""
				seen[i] = append(seen[i], r)
			}
		}
		if diff := cmp.Diff(seen[0], seen[1]); diff != "" {
			t.Errorf("%s: %s", method, diff)
		}
	}
}

// counting are accounts that count what they are asked for.
type counting struct {
	accounts
	passwords *int
}

func (c counting) Password(name string) (string, bool) {
	*c.passwords++
	return c.accounts.Password(name)
}

// TestUnknownUserCostsWhatAKnownOneDoes: the password is opened for both, once.
func TestUnknownUserCostsWhatAKnownOneDoes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"admin", "nobody"} {
		opened := 0
		c := newCamera(func(c *auth.Config) { c.Accounts = counting{users(), &opened} })
		if _, err := c.Identify(c.guess(name, "x", "", 1)); err == nil || opened != 1 {
			t.Errorf("%s: opened %d passwords, %v", name, opened, err)
		}
	}
}

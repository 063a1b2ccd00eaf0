package camera_test

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/tpm"
)

// newGuarded is a camera with all its doors and a profile of its own.
func newGuarded(t *testing.T, change func(*profiles.Profile)) *guarded {
	t.Helper()
	host, err := tpm.StartHost(t.Context(), tpm.HostConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(); err != nil {
			t.Error(err)
		}
	})
	return &guarded{clients: &clients{Camera: cameratest.New(t, cameratest.Config{Host: host, Listen: true, Change: change})}}
}

// rawChallenges are the lines of an answer that challenge, down to the byte but
// for nonce and opaque, which become N and O; a challenge has one nonce.
func (g *guarded) rawChallenges(t *testing.T, d door) []string {
	t.Helper()
	conn, err := g.connect(d, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it is over
	if _, err := io.WriteString(conn, d.request(g.Addresses[d.protocol], credentials{})); err != nil {
		t.Fatal(err)
	}
	var list []string
	nonces := map[string]bool{}
	secret := regexp.MustCompile(`(nonce|opaque)="([0-9a-f]+)"`)
	for lines := bufio.NewScanner(conn); lines.Scan() && lines.Text() != ""; {
		line := lines.Text()
		if !strings.HasPrefix(strings.ToLower(line), "www-authenticate") {
			continue
		}
		for _, m := range secret.FindAllStringSubmatch(line, -1) {
			nonces[m[1]+m[2]] = true
		}
		line = strings.NewReplacer(`nonce="`, `nonce="N`, `opaque="`, `opaque="O`).Replace(line)
		list = append(list, regexp.MustCompile(`"([NO])[0-9a-f]+"`).ReplaceAllString(line, `"$1"`))
	}
	if len(nonces) > 2 {
		t.Errorf("%s: the challenges share no nonce", d.name)
	}
	return list
}

// TestChallengesOnTheWireAreByteExact at every door: under annex those that
// Security 25.06 annexes C (HTTP) and D (RTSP) print.
func TestChallengesOnTheWireAreByteExact(t *testing.T) {
	t.Parallel()
	const (
		bearer   = `WWW-Authenticate: Bearer realm="Silvan_http_digest"`
		annexMD5 = `WWW-Authenticate: Digest algorithm=MD5, realm="Silvan_http_digest", qop="auth", nonce="N", opaque="O"`
		annexSHA = `WWW-Authenticate: Digest algorithm=SHA-256, realm="Silvan_http_digest", qop="auth", nonce="N", opaque="O"`
		md5      = `WWW-Authenticate: Digest realm="Silvan_http_digest", nonce="N", qop="auth", algorithm=MD5, opaque="O"`
		sha256   = `WWW-Authenticate: Digest realm="Silvan_http_digest", nonce="N", qop="auth", algorithm=SHA-256, opaque="O"`
	)
	for order, want := range map[string]struct{ plain, secure []string }{
		"players": {[]string{md5}, []string{md5, bearer}},
		"sha256":  {[]string{sha256, md5}, []string{sha256, md5, bearer}},
		"annex":   {[]string{annexMD5, annexSHA}, []string{bearer, annexMD5, annexSHA}},
	} {
		g := newGuarded(t, func(p *profiles.Profile) { p.Auth.Realm, p.Auth.Challenges = "Silvan_http_digest", order })
		for _, d := range doors() {
			expected := want.plain
			if d.secure() {
				expected = want.secure
			}
			if got := g.rawChallenges(t, d); !slices.Equal(got, expected) {
				t.Errorf("%s, %s:\n%s\nwant\n%s", order, d.name, strings.Join(got, "\n"), strings.Join(expected, "\n"))
			}
		}
	}
}

// TestWhatAProfileOffersIsTaken at every door: Basic over TLS, UsernameTokens
// with the password in clear, hashes for user names.
func TestWhatAProfileOffersIsTaken(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, func(p *profiles.Profile) {
		p.Auth.Basic, p.Auth.UsernameToken.PasswordText, p.Auth.Digest.UserHash = true, true, true
	})
	offers := outcome{status: 401, fault: challenged.fault, challenge: `Basic realm="Aurora", charset="UTF-8"`}
	basicRow := func(way, user, password string, secure outcome) accessRow {
		return accessRow{kind: "Basic", way: way, want: challenged, except: map[string]outcome{"secure": secure}, carry: func(*testing.T, *guarded, door) credentials {
			return credentials{authorization: []string{basic(user, password)}}
		}}
	}
	textRow := func(way, user, password string, soap outcome) accessRow {
		return accessRow{kind: "UsernameToken in clear", way: way, want: challenged, except: map[string]outcome{"SOAP": soap}, carry: func(_ *testing.T, g *guarded, _ door) credentials {
			return credentials{security: noNonce(clearToken(user, password))}
		}}
	}
	hashRow := func(way, algorithm, user string, want outcome) accessRow {
		return accessRow{kind: "userhash", way: way + " " + algorithm, want: want, carry: func(t *testing.T, g *guarded, d door) credentials {
			r := g.challenge(t, d, algorithm)
			r.user = user
			c := r.header(", userhash=true")
			c.authorization[0] = strings.Replace(c.authorization[0], `username="`+user+`"`, `username="`+r.hash(user, r.realm)+`"`, 1)
			return c
		}}
	}
	tryDoors(t, g, []accessRow{
		{kind: "none", way: "missing", carry: func(*testing.T, *guarded, door) credentials { return credentials{} }, want: challenged, except: map[string]outcome{"secure": offers}},
		basicRow("good", "viewer", cameratest.Password, served),
		basicRow("wrong password", "viewer", "Camfleet", offers),
		basicRow("unknown user", "nobody", cameratest.Password, offers),
		textRow("good", "viewer", cameratest.Password, served),
		textRow("wrong password", "viewer", "Camfleet", refused),
		textRow("unknown user", "nobody", cameratest.Password, refused),
		hashRow("good", "MD5", "viewer", served), hashRow("good", "SHA-256", "viewer", served),
		hashRow("unknown user", "SHA-256", "nobody", challenged),
	})
}

// noNonce is a UsernameToken without nonce and time, as those in clear are.
func noNonce(token string) string {
	return regexp.MustCompile(`<wsse:Nonce>.*</wsu:Created>`).ReplaceAllString(token, "")
}

// TestGuessingClosesTheAccountAtEveryDoor at once, for a while by the camera's
// clock, and clients that want to know of it are told.
func TestGuessingClosesTheAccountAtEveryDoor(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, func(p *profiles.Profile) {
		p.Auth.Backoff = profiles.Backoff{Enabled: true, AccountFailures: 4, First: 10 * time.Second, Longest: time.Minute}
	})
	g.must(t, `<tds:SetAuthFailureWarningConfiguration><tds:Enabled>true</tds:Enabled><tds:MonitorPeriod>60</tds:MonitorPeriod><tds:MaxAuthFailures>3</tds:MaxAuthFailures></tds:SetAuthFailureWarningConfiguration>`)
	created := g.must(t, `<tev:CreatePullPointSubscription/>`)
	guess := func(d door, user, password string) answered {
		r := g.challenge(t, d, "MD5")
		r.user, r.password = user, password
		return g.ask(t, d, r.header(""))
	}
	all := doors()
	for i := range 4 { // each at another door
		challenged.check(t, all[i], guess(all[i], "viewer", fmt.Sprint("guess", i)))
	}
	for _, d := range all {
		challenged.check(t, d, guess(d, "viewer", cameratest.Password))
	}
	operator := guess(all[0], "operator", cameratest.Password)
	served.check(t, all[0], operator)
	g.Clock.Advance(10*time.Second - time.Millisecond)
	challenged.check(t, all[4], guess(all[4], "viewer", cameratest.Password))
	g.Clock.Advance(time.Millisecond)
	for _, d := range all[:6] {
		served.check(t, d, guess(d, "viewer", cameratest.Password))
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(created.Text("./SubscriptionReference/Address"), "http://"), "/")
	a := g.Call(t, cameratest.Call{As: "admin", Path: "/" + path, Body: `<tev:PullMessages><tev:Timeout>PT0S</tev:Timeout><tev:MessageLimit>100</tev:MessageLimit></tev:PullMessages>`})
	text := string(a.Body)
	for _, want := range []string{"AuthenticationFailures", `Name="Failures" Value="3"`, "Lockout", `Name="Closed" Value="Account"`, `Name="UserName" Value="viewer"`, `Name="Address" Value="127.0.0.1"`, `Name="Until" Value="2026-03-04T05:06:17Z"`} {
		if !strings.Contains(text, want) {
			t.Errorf("nobody is told %s:\n%s", want, text)
		}
	}
	if strings.Contains(text, "guess") {
		t.Error("the messages have a password")
	}
}

// TestAnswersDoNotTellUsersFromOthers: a wrong password and an unknown user have
// equal answers, to the byte but for the nonce, at every door, also when closed.
func TestAnswersDoNotTellUsersFromOthers(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, func(p *profiles.Profile) {
		p.Auth.Basic = true
		p.Auth.Backoff = profiles.Backoff{Enabled: true, AccountFailures: 9, First: 10 * time.Second, Longest: time.Minute}
	})
	nonce := regexp.MustCompile(`nonce="[0-9a-f]+"`)
	number := 0
	for _, d := range doors() {
		for method, carry := range map[string]func(user string) credentials{
			"Digest": func(user string) credentials {
				r := g.challenge(t, d, "SHA-256")
				r.user, r.password = user, "x"
				return r.header("")
			},
			"Basic": func(user string) credentials { return credentials{authorization: []string{basic(user, "x")}} },
			"UsernameToken": func(user string) credentials {
				number++
				return credentials{security: cameratest.UsernameToken(user, "x", fmt.Sprint("u", number), g.Clock.Now())}
			},
		} {
			var seen []string
			for _, user := range []string{"viewer", "nobody"} {
				a := g.ask(t, d, carry(user))
				a.header.Del("Date")
				seen = append(seen, nonce.ReplaceAllString(fmt.Sprint(a.status, a.header, string(a.body)), "nonce"))
			}
			if seen[0] != seen[1] {
				t.Errorf("%s, %s:\n%s\n%s", d.name, method, seen[0], seen[1])
			}
		}
	}
}

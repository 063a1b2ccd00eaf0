package camera_test

import (
	"crypto/md5" //nolint:gosec // RFC 7616
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
)

// digestReply is an answer to a Digest challenge, right unless it is spoiled.
type digestReply struct {
	algorithm, user, password, realm, nonce, opaque, uri, method string
	nc                                                           int
}

var challengeParameter = regexp.MustCompile(`([a-z]+)="([^"]*)"`)

// challenge asks a door for a nonce and makes the right reply of a viewer to it.
func (g *guarded) challenge(t *testing.T, d door, algorithm string) *digestReply {
	t.Helper()
	a := g.ask(t, d, credentials{})
	r := &digestReply{algorithm: algorithm, user: "viewer", password: cameratest.Password, uri: d.uri, method: d.method, nc: 1}
	for _, c := range a.header.Values("WWW-Authenticate") {
		if !strings.HasPrefix(c, "Digest ") {
			continue
		}
		given := map[string]string{}
		for _, m := range challengeParameter.FindAllStringSubmatch(c, -1) {
			given[m[1]] = m[2]
		}
		r.realm, r.nonce, r.opaque = given["realm"], given["nonce"], given["opaque"]
	}
	if r.nonce == "" {
		t.Fatalf("%s: no Digest challenge: %v", d.name, a.header)
	}
	return r
}

func (r *digestReply) hash(parts ...string) string {
	h := md5.New() //nolint:gosec // RFC 7616
	if r.algorithm == "SHA-256" {
		h = sha256.New()
	}
	h.Write([]byte(strings.Join(parts, ":")))
	return hex.EncodeToString(h.Sum(nil))
}

// header is the Authorization header, with parameters more after the others.
func (r *digestReply) header(more string) credentials {
	nc := fmt.Sprintf("%08x", r.nc)
	response := r.hash(r.hash(r.user, r.realm, r.password), r.nonce, nc, "c", "auth", r.hash(r.method, r.uri))
	return credentials{authorization: []string{fmt.Sprintf(
		`Digest username="%s", realm="%s", nonce="%s", uri="%s", algorithm=%s, qop=auth, nc=%s, cnonce="c", response="%s", opaque="%s"%s`,
		r.user, r.realm, r.nonce, r.uri, r.algorithm, nc, response, r.opaque, more)}}
}

// digestRows are good answers and bad ones, of both algorithms.
func digestRows() []accessRow {
	var rows []accessRow
	for _, algorithm := range []string{"MD5", "SHA-256"} {
		row := func(way string, want outcome, spoil func(*guarded, *digestReply)) accessRow {
			return accessRow{kind: "Digest " + algorithm, way: way, want: want, carry: func(t *testing.T, g *guarded, d door) credentials {
				r := g.challenge(t, d, algorithm)
				spoil(g, r)
				return r.header("")
			}}
		}
		// again sends an answer that is right once, and gives another to the same nonce.
		again := func(way string, want outcome, nc int) accessRow {
			return accessRow{kind: "Digest " + algorithm, way: way, want: want, carry: func(t *testing.T, g *guarded, d door) credentials {
				r := g.challenge(t, d, algorithm)
				r.nc = 2
				served.check(t, d, g.ask(t, d, r.header("")))
				r.nc = nc
				return r.header("")
			}}
		}
		wrongMethod := row("of another method", challenged, func(_ *guarded, r *digestReply) { r.method = "OPTIONS" })
		rows = append(rows,
			row("good", served, func(*guarded, *digestReply) {}),
			row("wrong password", challenged, func(_ *guarded, r *digestReply) { r.password = "Camfleet" }),
			row("unknown user", challenged, func(_ *guarded, r *digestReply) { r.user = "nobody" }),
			row("no user name", challenged, func(_ *guarded, r *digestReply) { r.user = "" }),
			row("wrong realm", challenged, func(_ *guarded, r *digestReply) { r.realm = "elsewhere" }),
			row("wrong uri", challenged, func(_ *guarded, r *digestReply) { r.uri = "/other" }),
			wrongMethod,
			row("foreign nonce", stale, func(_ *guarded, r *digestReply) { r.nonce = strings.Repeat("0", len(r.nonce)) }),
			row("foreign opaque", stale, func(_ *guarded, r *digestReply) { r.opaque = "00" }),
			row("stale nonce", stale, func(g *guarded, _ *digestReply) {
				g.Clock.Advance(g.Profile.Auth.Digest.NonceLifetime + time.Second)
			}),
			row("nonce at its end", served, func(g *guarded, _ *digestReply) { g.Clock.Advance(g.Profile.Auth.Digest.NonceLifetime) }),
			row("nc of 0", bad, func(_ *guarded, r *digestReply) { r.nc = 0 }),
			again("next nc", served, 3),
			again("replayed nc", stale, 2),
			again("earlier nc of another connection", served, 1),
			accessRow{kind: "Digest " + algorithm, way: "malformed", want: bad, carry: func(t *testing.T, g *guarded, d door) credentials {
				return g.challenge(t, d, algorithm).header(`, realm="twice"`)
			}},
			accessRow{kind: "Digest " + algorithm, way: "under-privileged", body: readSecret, want: served, carry: func(t *testing.T, g *guarded, d door) credentials {
				return g.challenge(t, d, algorithm).header("")
			}, except: map[string]outcome{"SOAP over HTTP": challenged, "SOAP over HTTPS": challenged}},
		)
	}
	return rows
}

// basicRows are Basic authentication on a camera that does not offer it.
func basicRows() []accessRow {
	return []accessRow{{kind: "Basic", way: "not offered", want: challenged, carry: func(*testing.T, *guarded, door) credentials {
		return credentials{authorization: []string{basic("viewer", cameratest.Password)}}
	}}}
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// usernameTokenRows are tokens in the SOAP header; the other doors know none.
func usernameTokenRows() []accessRow {
	number := 0
	row := func(way string, want outcome, token func(g *guarded, nonce string) string) accessRow {
		return accessRow{
			kind: "UsernameToken", way: way, want: challenged, except: map[string]outcome{"SOAP": want},
			carry: func(_ *testing.T, g *guarded, _ door) credentials {
				number++
				return credentials{security: token(g, fmt.Sprintf("table-%d", number))}
			},
		}
	}
	at := func(g *guarded, nonce string, from time.Duration) string {
		return cameratest.UsernameToken("viewer", cameratest.Password, nonce, g.Clock.Now().Add(from))
	}
	window := func(g *guarded) time.Duration { return g.Profile.Auth.UsernameToken.Window }
	replayed := row("replayed", refused, nil)
	replayed.carry = func(t *testing.T, g *guarded, d door) credentials {
		number++
		c := credentials{security: at(g, fmt.Sprintf("table-%d", number), 0)}
		if d.soap() {
			served.check(t, d, g.ask(t, d, c))
		}
		return c
	}
	under := row("under-privileged", served, func(g *guarded, nonce string) string { return at(g, nonce, 0) })
	under.body = readSecret
	under.except["SOAP over HTTP"], under.except["SOAP over HTTPS"] = refused, refused
	return []accessRow{
		row("good", served, func(g *guarded, nonce string) string { return at(g, nonce, 0) }),
		row("wrong password", refused, func(g *guarded, nonce string) string {
			return cameratest.UsernameToken("viewer", "Camfleet", nonce, g.Clock.Now())
		}),
		row("unknown user", refused, func(g *guarded, nonce string) string {
			return cameratest.UsernameToken("nobody", cameratest.Password, nonce, g.Clock.Now())
		}),
		row("at the end of its window", served, func(g *guarded, nonce string) string { return at(g, nonce, -window(g)) }),
		row("expired", refused, func(g *guarded, nonce string) string { return at(g, nonce, -window(g)-time.Second) }),
		row("not yet", refused, func(g *guarded, nonce string) string { return at(g, nonce, window(g)+time.Second) }),
		row("password in clear", refused, func(g *guarded, _ string) string { return clearToken("viewer", cameratest.Password) }),
		replayed, under,
	}
}

// clearToken is a UsernameToken with the password in clear.
func clearToken(user, password string) string {
	token := cameratest.UsernameToken(user, password, "n", cameratest.Start())
	token = regexp.MustCompile(`(<wsse:Password[^>]*>)[^<]*`).ReplaceAllString(token, "${1}"+password)
	return strings.Replace(token, "#PasswordDigest", "#PasswordText", 1)
}

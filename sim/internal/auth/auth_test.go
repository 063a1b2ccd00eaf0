package auth_test

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start is where the clocks of all tests stand at first.
func start() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// realm is that of all cameras here.
const realm = "cam-0001"

// accounts is a fixed set of users.
type accounts map[string]account

type account struct {
	password string
	level    auth.Level
	keys     auth.Keys
}

func (a accounts) Account(name string) (auth.Account, bool) {
	u, known := a[name]
	if !known {
		return auth.Account{}, false
	}
	return auth.Account{Name: name, Keys: u.keys, Level: u.level}, true
}

func (a accounts) Password(name string) (string, bool) {
	u, known := a[name]
	return u.password, known
}

func (a accounts) Names() []string { return slices.Sorted(maps.Keys(a)) }

func users() accounts {
	list := accounts{"admin": {password: "camfleet", level: auth.Administrator}, "viewer": {password: "pässwörd: \"\\", level: auth.User}}
	for name, u := range list {
		u.keys = auth.KeysOf(name, realm, u.password)
		list[name] = u
	}
	return list
}

// camera is an authenticator and the clock it reads.
type camera struct {
	*auth.Authenticator
	clock *clock.Manual
}

func newCamera(change ...func(*auth.Config)) camera {
	c := clock.NewManual(start())
	config := auth.Config{Realm: realm, Clock: c, Random: seed.New(1).Stream("auth"), Accounts: users()}
	for _, f := range change {
		f(&config)
	}
	return camera{auth.New(config), c}
}

// refusal is the error as a refusal; it ends the test if it is another error.
func refusal(t *testing.T, err error) *auth.Refusal {
	t.Helper()
	var r *auth.Refusal
	if err != nil && !errors.As(err, &r) {
		t.Fatalf("error %v is a %T, want *auth.Refusal", err, err)
	}
	return r
}

// identified fails the test unless err is nil and id is the user.
func identified(t *testing.T, id auth.Identity, err error, user string, how auth.Method) {
	t.Helper()
	if err != nil || id.User != user || id.How != how {
		t.Fatalf("identity %+v, error %v; want %s by %s", id, err, user, how)
	}
}

var parameter = regexp.MustCompile(`([a-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^,]+))`)

// params takes a challenge apart.
func params(challenge string) map[string]string {
	out := map[string]string{}
	for _, m := range parameter.FindAllStringSubmatch(challenge, -1) {
		out[m[1]] = m[2] + m[3]
	}
	return out
}

// nonce returns the nonce of a fresh Digest challenge.
func (c camera) nonce(r auth.Request) string {
	for _, challenge := range c.Challenges(r, nil) {
		if strings.HasPrefix(challenge, "Digest ") {
			return params(challenge)["nonce"]
		}
	}
	return ""
}

// answer is a Digest answer as a client computes it, written from RFC 7616
// and not with the code under test.
type answer struct {
	user, password, realm, nonce, uri, method string
	nc, cnonce                                string // nc "": RFC 2069
	sha256                                    bool
}

// hash is the answer's hash.
func (a answer) hash() func(string) string {
	if a.sha256 {
		return func(s string) string { b := sha256.Sum256([]byte(s)); return hex.EncodeToString(b[:]) }
	}
	return func(s string) string { b := md5.Sum([]byte(s)); return hex.EncodeToString(b[:]) }
}

func (a answer) response() string {
	hash := a.hash()
	ha1 := hash(a.user + ":" + a.realm + ":" + a.password)
	ha2 := hash(a.method + ":" + a.uri)
	if a.nc == "" {
		return hash(ha1 + ":" + a.nonce + ":" + ha2)
	}
	return hash(ha1 + ":" + a.nonce + ":" + a.nc + ":" + a.cnonce + ":auth:" + ha2)
}

func (a answer) header() string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	h := fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s"`,
		escape.Replace(a.user), a.realm, a.nonce, a.uri, a.response())
	if a.sha256 {
		h += ", algorithm=SHA-256"
	}
	if a.nc != "" {
		h += fmt.Sprintf(`, qop=auth, nc=%s, cnonce="%s"`, a.nc, a.cnonce)
	}
	return h
}

// request is a SOAP request with an Authorization header, if it is not empty.
func request(header string) auth.Request {
	r := auth.Request{Method: "POST", URI: "/onvif/device_service", Peer: "192.0.2.1:5000"}
	if header != "" {
		r.Authorization = []string{header}
	}
	return r
}

// admin is the right answer of admin to a fresh challenge.
func (c camera) admin() answer {
	return answer{
		user: "admin", password: "camfleet", realm: "cam-0001", nonce: c.nonce(request("")),
		uri: "/onvif/device_service", method: "POST", nc: "00000001", cnonce: "0a4f113b",
	}
}

const digestType = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"

// token is a WS-UsernameToken as a client makes it.
func token(user, password, nonce string, created time.Time) *auth.UsernameToken {
	t := &auth.UsernameToken{
		Username: user, PasswordType: digestType, Created: created.UTC().Format("2006-01-02T15:04:05.000Z"),
		Nonce: base64.StdEncoding.EncodeToString([]byte(nonce)),
	}
	t.Password = passwordFor(t, nonce, password)
	return t
}

// passwordFor is the digest that goes into a token.
func passwordFor(t *auth.UsernameToken, nonce, password string) string {
	sum := sha1.Sum([]byte(nonce + t.Created + password))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// same fails the test unless got is want.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

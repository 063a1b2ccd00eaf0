package camera_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/golang-jwt/jwt/v5"
)

const (
	trustedIssuer = "https://issuer.example" // that cameratest has a camera trust
	messageWSS    = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0"
	securityNS    = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
)

// mint makes tokens of a trusted issuer, good and bad.
type mint struct{ own, foreign *ecdsa.PrivateKey }

func newMint(t testing.TB) *mint {
	t.Helper()
	var m mint
	for _, k := range []**ecdsa.PrivateKey{&m.own, &m.foreign} {
		var err error
		if *k, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	return &m
}

func (m *mint) keys() auth.KeySource {
	return auth.StaticKeys{{Issuer: trustedIssuer, ID: "1", Public: m.own.Public()}}
}

// token is a good token but for some claims; nil takes a claim away. It is made
// at the time that now is.
func (m *mint) token(t testing.TB, now time.Time, change map[string]any) string {
	t.Helper()
	return m.signed(t, jwt.SigningMethodES256, m.own, now, change)
}

func (m *mint) signed(t testing.TB, method jwt.SigningMethod, key any, now time.Time, change map[string]any) string {
	t.Helper()
	claims := jwt.MapClaims{
		"iss": trustedIssuer, "aud": camera.Audience, "sub": "somebody", "jti": "1", "roles": []string{"onvif:User"},
		"nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	maps.Copy(claims, change)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	token := jwt.NewWithClaims(method, claims)
	token.Header["kid"] = "1"
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// tampered raises the role in a token without signing it anew.
func tampered(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(payload), "onvif:User", "onvif:Operator", 1)))
	return strings.Join(parts, ".")
}

// tokenWay is a token in one way, and what a Bearer challenge says of it; "":
// it is good.
type tokenWay struct {
	way         string
	token       func(t *testing.T, now time.Time) string
	description string
}

// tokenWays are all the ways for a token to be that the table of issue 4 asks for.
func (m *mint) tokenWays(t *testing.T) []tokenWay {
	t.Helper()
	with := func(name string, value any) func(*testing.T, time.Time) string {
		return func(t *testing.T, now time.Time) string { return m.token(t, now, map[string]any{name: value}) }
	}
	by := func(method jwt.SigningMethod, key any) func(*testing.T, time.Time) string {
		return func(t *testing.T, now time.Time) string { return m.signed(t, method, key, now, nil) }
	}
	public, err := x509.MarshalPKIXPublicKey(m.own.Public())
	if err != nil {
		t.Fatal(err)
	}
	return []tokenWay{
		{"good", with("sub", "somebody"), ""},
		{"audiences as a list", with("aud", []string{"another", camera.Audience}), ""},
		{"wrong", func(*testing.T, time.Time) string { return "x.y.z" }, "The access token is malformed"},
		{"expired", func(t *testing.T, now time.Time) string {
			return m.token(t, now, map[string]any{"nbf": now.Add(-time.Hour).Unix(), "exp": now.Unix()})
		}, "The access token expired"},
		{"not yet", func(t *testing.T, now time.Time) string {
			return m.token(t, now, map[string]any{"nbf": now.Add(time.Second).Unix()})
		}, "The access token is not valid yet"},
		{"foreign issuer", with("iss", "https://other.example"), "The issuer of the access token is not trusted"},
		{"foreign audience", with("aud", "another"), "The access token is for another audience"},
		{"foreign key", by(jwt.SigningMethodES256, m.foreign), "The signature of the access token is invalid"},
		{"alg none", by(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType), "The signature algorithm of the access token is not accepted"},
		{"HMAC with the public key", by(jwt.SigningMethodHS256, public), "The signature algorithm of the access token is not accepted"},
		{"tampered payload", func(t *testing.T, now time.Time) string { return tampered(t, m.token(t, now, nil)) }, "The signature of the access token is invalid"},
		{"no iss", with("iss", nil), "The issuer of the access token is not trusted"},
		{"no aud", with("aud", nil), "The access token is for another audience"},
		{"no exp", with("exp", nil), "The access token lacks exp or nbf"},
		{"no nbf", with("nbf", nil), "The access token lacks exp or nbf"},
		{"no roles", with("roles", nil), "The access token has no roles"},
		{"revoked", with("jti", "revoked"), "The access token was revoked"},
	}
}

// tokenRows are those of the Authorization header: over TLS only (Security 4.4.3
// to 4.4.7), and elsewhere nobody is told that there are tokens.
func (m *mint) tokenRows(t *testing.T) []accessRow {
	t.Helper()
	unheard := outcome{status: 401, fault: "env:Sender/ter:NotAuthorized", challenge: "!Bearer"}
	row := func(way string, token func(*testing.T, time.Time) string, secure outcome) accessRow {
		return accessRow{kind: "bearer", way: way, want: secure, except: map[string]outcome{"plain": unheard},
			carry: func(t *testing.T, g *guarded, _ door) credentials {
				return credentials{authorization: []string{"Bearer " + token(t, g.Clock.Now())}}
			}}
	}
	var rows []accessRow
	for _, w := range m.tokenWays(t) {
		o := served
		if w.description != "" {
			o = outcome{status: 401, fault: "env:Sender/ter:NotAuthorized",
				challenge: `Bearer realm="Q-2000", error="invalid_token", error_description="` + w.description + `"`}
		}
		rows = append(rows, row(w.way, w.token, o))
	}
	little := outcome{status: 403, fault: "env:Sender/ter:NotAuthorized",
		challenge: `Bearer realm="Q-2000", error="insufficient_scope", error_description="The access token grants too little"`}
	nobody := row("no role of ONVIF", func(t *testing.T, now time.Time) string {
		return m.token(t, now, map[string]any{"roles": []string{"onvif:Nobody"}})
	}, little)
	under := row("under-privileged", func(t *testing.T, now time.Time) string { return m.token(t, now, nil) }, served)
	under.body, under.except["SOAP over HTTPS"] = readSecret, little
	missing := accessRow{kind: "bearer", way: "missing", want: challenged, except: map[string]outcome{"secure": {
		status: 401, fault: "env:Sender/ter:NotAuthorized", challenge: `Bearer realm="Q-2000"`,
	}}, carry: func(*testing.T, *guarded, door) credentials { return credentials{} }}
	return append(rows, nobody, under, missing)
}

// block is a Security header with a token as annex B of Security has it.
func block(token, attributes string) string {
	return `<wsse:Security xmlns:wsse="` + securityNS + `"><wsse:BinarySecurityToken` + attributes + `>` + token + `</wsse:BinarySecurityToken></wsse:Security>`
}

// binaryRows are those of the BinarySecurityToken: in SOAP messages only, and
// refused as a WS-UsernameToken is (Security 4.4.5, Core 5.9.1).
func (m *mint) binaryRows(t *testing.T) []accessRow {
	t.Helper()
	const value, encoding = ` ValueType="urn:ietf:params:oauth:token-type:jwt"`, ` EncodingType="` + messageWSS + `#BinarySecurityToken"`
	row := func(way, attributes string, once bool, token func(*testing.T, time.Time) string, secure outcome) accessRow {
		return accessRow{kind: "binary token", way: way, want: challenged, except: map[string]outcome{
			"SOAP over HTTP": refused, "event subscription over HTTP": refused,
			"SOAP over HTTPS": secure, "event subscription over HTTPS": secure,
		}, carry: func(t *testing.T, g *guarded, _ door) credentials {
			text := token(t, g.Clock.Now())
			if !once {
				text = base64.StdEncoding.EncodeToString([]byte(text))
			}
			return credentials{security: block(text, attributes)}
		}}
	}
	good := func(t *testing.T, now time.Time) string { return m.token(t, now, nil) }
	rows := []accessRow{
		row("good, plain", value+encoding, true, good, served),
		row("good, Base64Binary", value+` EncodingType="`+messageWSS+`#Base64Binary"`, false, good, served),
		row("no ValueType", encoding, false, good, refused),
		row("no EncodingType", value, false, good, refused),
		row("neither attribute", "", false, good, refused),
		row("no role of ONVIF", value+encoding, false, func(t *testing.T, now time.Time) string {
			return m.token(t, now, map[string]any{"roles": []string{"onvif:Nobody"}})
		}, refused),
	}
	for _, w := range m.tokenWays(t) {
		o := served
		if w.description != "" {
			o = refused
		}
		rows = append(rows, row(w.way, value+encoding, false, w.token, o))
	}
	under := row("under-privileged", value+encoding, false, good, served)
	under.body, under.except["SOAP over HTTPS"] = readSecret, refused
	return append(rows, under)
}

// trusting is a camera that trusts the mint's issuer, at all doors.
func (m *mint) trusting(t *testing.T, change func(*profiles.Profile)) *guarded {
	t.Helper()
	return &guarded{clients: &clients{Camera: cameratest.New(t, cameratest.Config{
		Listen: true, Host: host(t), Issuers: m.keys(), Change: change,
		Revoked: func(issuer, jti string) bool { return issuer == trustedIssuer && jti == "revoked" },
	})}}
}

// TestTokensAtEveryDoor are the rows of the table of issue 4 that have a JWT.
func TestTokensAtEveryDoor(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	tryDoors(t, m.trusting(t, realm), slices.Concat(m.tokenRows(t), m.binaryRows(t)))
}

func realm(p *profiles.Profile) { p.Auth.Realm = "Q-2000" }

var nonceAndOpaque = regexp.MustCompile(`nonce="[0-9A-Za-z+/=_-]+", opaque="[0-9a-f]+"`)

// TestChallengesAreThoseOfTheAnnexes: under `annex` the headers are, but for nonce
// and opaque, to the byte those of Security annexes C (HTTPS) and D (RTSPS).
func TestChallengesAreThoseOfTheAnnexes(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	g := m.trusting(t, func(p *profiles.Profile) {
		p.Auth.Challenges, p.Auth.Digest.Algorithms, p.Auth.Realm = "annex", []string{"MD5", "SHA-256"}, "Silvan_http_digest"
	})
	digests := []string{
		`Digest algorithm=MD5, realm="Silvan_http_digest", qop="auth", NONCE`,
		`Digest algorithm=SHA-256, realm="Silvan_http_digest", qop="auth", NONCE`,
	}
	expired := "Bearer " + m.token(t, g.Clock.Now(), map[string]any{"nbf": 1670482800, "exp": 1670572800})
	for _, d := range doors() {
		for _, tc := range []struct {
			what   string
			carry  credentials
			bearer string
		}{
			{"no credentials", credentials{}, `Bearer realm="Silvan_http_digest"`},
			{"an expired token", credentials{authorization: []string{expired}},
				`Bearer realm="Silvan_http_digest", error="invalid_token", error_description="The access token expired"`},
		} {
			want := digests
			if d.secure() {
				want = append([]string{tc.bearer}, digests...)
			}
			a := g.ask(t, d, tc.carry)
			got := slices.Clone(a.header.Values("WWW-Authenticate"))
			for i := range got {
				got[i] = nonceAndOpaque.ReplaceAllString(got[i], "NONCE")
			}
			if a.status != 401 || !slices.Equal(got, want) {
				t.Errorf("%s, %s: %d\n%s\nwant\n%s", d.name, tc.what, a.status, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
}

// TestTokensAreNeverEchoed: whatever a token is sent to, and however it is
// refused, no answer holds a part of it.
func TestTokensAreNeverEchoed(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	g := m.trusting(t, nil)
	for _, w := range m.tokenWays(t) {
		token := w.token(t, g.Clock.Now())
		secret := token[strings.LastIndexByte(token, '.')+1:]
		if len(secret) < 8 {
			secret = token
		}
		for _, d := range doors() {
			a := g.ask(t, d, credentials{authorization: []string{"Bearer " + token}})
			if text := headerText(t, a.header) + string(a.body); strings.Contains(text, secret) {
				t.Errorf("%s, %s: %s", d.name, w.way, text)
			}
		}
	}
}

func headerText(t *testing.T, h http.Header) string {
	t.Helper()
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

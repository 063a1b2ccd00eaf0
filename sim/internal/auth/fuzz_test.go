package auth_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/golang-jwt/jwt/v5"
)

// FuzzIdentifyDigest checks that no header gets in but the one with the right
// response, and that refusals are well formed.
func FuzzIdentifyDigest(f *testing.F) {
	c := newCamera(func(c *auth.Config) {
		c.UserHash = true
		c.Methods = []auth.Method{auth.ByDigestMD5, auth.ByDigestSHA256, auth.ByDigestMD5Sess, auth.ByDigestSHA256Sess}
	})
	right := c.admin().header()
	f.Add(right)
	f.Add(right + ", algorithm=MD5-sess")
	f.Add(right + ", algorithm=SHA-256-sess")
	f.Add(strings.Replace(right, `username="admin"`, `userhash=true, username="`+c.admin().hash()("admin:"+realm)+`"`, 1))
	f.Add(strings.Replace(right, "qop=auth, ", "", 1))
	f.Add(strings.Replace(right, "username=", "username*=UTF-8''", 1))
	f.Add("Bearer x.y.z")
	response := params(right)["response"]
	f.Fuzz(func(t *testing.T, header string) {
		id, err := c.Identify(request(header))
		checkRefusal(t, err)
		if id.Known() && !strings.Contains(strings.ToLower(header), response) {
			t.Fatalf("%q got in as %+v", header, id)
		}
		for _, ch := range c.Challenges(request(header), nil) {
			if strings.ContainsAny(ch, "\r\n") {
				t.Fatalf("challenge %q", ch)
			}
		}
	})
}

// FuzzIdentifyBasic checks that nobody gets in but with name and password.
func FuzzIdentifyBasic(f *testing.F) {
	c := newCamera(withBasic)
	for _, header := range []string{basic("admin", "camfleet"), basic("admin", ""), basic("", ""), "Basic", "basic YQ==", "Basic YWRtaW46Y2FtZmxlZXQ", "Basic a=b"} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		id, err := c.Identify(secured(header))
		checkRefusal(t, err)
		if id.How == auth.ByBasic && !strings.Contains(header, strings.TrimPrefix(basic(id.User, users()[id.User].password), "Basic ")) {
			t.Fatalf("%q got in as %+v", header, id)
		}
	})
}

// FuzzIdentifyBearer checks that no token gets in but one whose signed part is
// ours.
func FuzzIdentifyBearer(f *testing.F) {
	k := newKeys(f)
	c := newCamera(k.trust(func(b *auth.BearerConfig) {
		b.Revoked = func(_, jti string) bool { return jti == "revoked" }
	}))
	right := minting{method: jwt.SigningMethodES256, key: k.es256}.token(f)
	f.Add(right)
	for _, bad := range badTokens(f, k) {
		f.Add(bad.token)
	}
	input := right[:strings.LastIndexByte(right, '.')]
	f.Fuzz(func(t *testing.T, tok string) {
		id, err := c.Identify(https(tok))
		checkRefusal(t, err)
		if id.Known() && !strings.HasPrefix(strings.TrimSpace(tok), input+".") {
			t.Fatalf("%q got in as %+v", tok, id)
		}
	})
}

// FuzzIdentifyUsernameToken checks that no token gets in but with the right
// digest, or the password, and with the window of Created.
func FuzzIdentifyUsernameToken(f *testing.F) {
	right := token("admin", "camfleet", "n", start())
	f.Add(right.Username, right.Password, right.PasswordType, right.Nonce, right.Created)
	f.Add("admin", "camfleet", "#PasswordText", "", "")
	f.Add("admin", right.Password, "#PasswordDigest", "bg", "2026-01-02T03:04:05+14:00")
	c := newCamera(func(c *auth.Config) { c.NonceReuse, c.PasswordText = true, true })
	f.Fuzz(func(t *testing.T, user, password, typ, nonce, created string) {
		tok := &auth.UsernameToken{Username: user, Password: password, PasswordType: typ, Nonce: nonce, Created: created}
		id, err := c.Identify(soap(tok))
		checkRefusal(t, err)
		if !id.Known() {
			return
		}
		if !strings.HasSuffix(typ, "#PasswordDigest") {
			if password != users()[id.User].password {
				t.Fatalf("%+v got in", tok)
			}
			return
		}
		at, parseErr := time.Parse(time.RFC3339, strings.TrimSuffix(strings.TrimSpace(created), "Z")+"Z")
		if nonce == "" || parseErr == nil && at.Sub(start()).Abs() > 15*time.Hour {
			t.Fatalf("%+v got in", tok)
		}
	})
}

// checkRefusal fails the test if an error is no refusal or not well formed.
func checkRefusal(t *testing.T, err error) {
	t.Helper()
	var r *auth.Refusal
	if err == nil {
		return
	}
	if !errors.As(err, &r) || r.Status != 400 && r.Status != 401 && r.Status != 403 || r.Reason == "" || len(r.Reason) > 200 ||
		(r.Code == "") != (r.Description == "") {
		t.Fatalf("%#v", err)
	}
}

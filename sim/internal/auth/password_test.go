package auth_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
)

// basic is a Basic Authorization header.
func basic(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}

// withBasic switches Basic on, beside Digest and UsernameToken.
func withBasic(c *auth.Config) {
	c.Methods = []auth.Method{auth.ByDigestMD5, auth.ByDigestSHA256, auth.ByUsernameToken, auth.ByBasic}
}

// secured is a request with an Authorization header over TLS.
func secured(authorization string) auth.Request {
	r := request(authorization)
	r.Secure = true
	return r
}

// TestBasicIsForTLSOnly and only where it is offered.
func TestBasicIsForTLSOnly(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		r      auth.Request
		off    bool
		status int // 0: served
	}{
		"over TLS":             {r: secured(basic("admin", "camfleet"))},
		"any characters":       {r: secured(basic("viewer", "pässwörd: \"\\"))},
		"in clear":             {r: request(basic("admin", "camfleet")), status: 401},
		"not offered":          {r: secured(basic("admin", "camfleet")), off: true, status: 401},
		"wrong password":       {r: secured(basic("admin", "Camfleet")), status: 401},
		"unknown user":         {r: secured(basic("nobody", "camfleet")), status: 401},
		"no password":          {r: secured("Basic " + base64.StdEncoding.EncodeToString([]byte("admin"))), status: 400},
		"not base64":           {r: secured("Basic YWRtaW4"), status: 400},
		"nothing":              {r: secured("Basic"), status: 400},
		"parameters":           {r: secured("Basic a=b"), status: 400},
		"longer than a header": {r: secured(basic("admin", strings.Repeat("x", 16384))), status: 400},
	} {
		c := newCamera(withBasic)
		if tc.off {
			c = newCamera()
		}
		id, err := c.Identify(tc.r)
		r := refusal(t, err)
		switch {
		case tc.status == 0 && (err != nil || id.How != auth.ByBasic):
			t.Errorf("%s: %+v, %v", name, id, err)
		case tc.status != 0 && (r == nil || r.Status != tc.status):
			t.Errorf("%s: %+v, want %d", name, r, tc.status)
		}
	}
	const want = `Basic realm="cam-0001", charset="UTF-8"`
	c := newCamera(withBasic)
	if list := c.Challenges(secured(""), nil); list[len(list)-1] != want {
		t.Errorf("challenges %q", list)
	}
	if list := c.Challenges(request(""), nil); slices.Contains(list, want) {
		t.Errorf("challenges in clear %q", list)
	}
}

// TestSessAlgorithmsHashTheNoncesIn (RFC 7616 3.4.2), where they are named.
func TestSessAlgorithmsHashTheNoncesIn(t *testing.T) {
	t.Parallel()
	for algorithm, how := range map[string]auth.Method{"MD5-sess": auth.ByDigestMD5Sess, "SHA-256-sess": auth.ByDigestSHA256Sess} {
		on := func(c *auth.Config) { c.Methods = []auth.Method{how} }
		reply := func(c camera, qop bool) auth.Request {
			a := c.admin()
			a.sha256 = strings.HasPrefix(algorithm, "SHA")
			hash := a.hash()
			a1 := hash(hash("admin:"+realm+":camfleet") + ":" + a.nonce + ":" + a.cnonce)
			response := hash(a1 + ":" + a.nonce + ":" + a.nc + ":" + a.cnonce + ":auth:" + hash(a.method+":"+a.uri))
			h := fmt.Sprintf(`Digest username="admin", realm=%q, nonce=%q, uri=%q, response=%q, algorithm=%s`, realm, a.nonce, a.uri, response, algorithm)
			if qop {
				h += fmt.Sprintf(`, qop=auth, nc=%s, cnonce=%q`, a.nc, a.cnonce)
			}
			return request(h)
		}
		c := newCamera(on)
		id, err := c.Identify(reply(c, true))
		identified(t, id, err, "admin", how)
		if _, err := c.Identify(reply(c, false)); refusal(t, err) == nil || refusal(t, err).Status != 400 {
			t.Errorf("%s without qop: %v", algorithm, err)
		}
		if list := c.Challenges(request(""), nil); len(list) != 1 || !strings.Contains(list[0], "algorithm="+algorithm+",") {
			t.Errorf("%s: challenges %q", algorithm, list)
		}
		other := newCamera()
		if _, err := other.Identify(reply(other, true)); refusal(t, err) == nil || refusal(t, err).Status != 401 {
			t.Errorf("%s where it is off: %v", algorithm, err)
		}
	}
}

// TestUserHashStandsForTheName (RFC 7616 3.4.4), where it is offered.
func TestUserHashStandsForTheName(t *testing.T) {
	t.Parallel()
	on := func(c *auth.Config) { c.UserHash = true }
	for _, sha256 := range []bool{false, true} {
		for name, status := range map[string]int{"admin": 0, "viewer": 0, "nobody": 401} {
			c := newCamera(on)
			a := c.admin()
			a.sha256, a.user, a.password = sha256, name, users()[name].password
			hashed := a.hash()(name + ":" + realm)
			h := strings.Replace(a.header(), `username="`+name+`"`, `userhash=true, username="`+hashed+`"`, 1)
			id, err := c.Identify(request(h))
			if r := refusal(t, err); (r == nil) != (status == 0) || r != nil && r.Status != status || r == nil && id.User != name {
				t.Errorf("%s, SHA-256 %v: %+v, %v", name, sha256, id, err)
			}
		}
	}
	if list := newCamera(on).Challenges(request(""), nil); !strings.HasSuffix(list[0], ", userhash=true") {
		t.Errorf("challenges %q", list)
	}
}

// TestPreferredAlgorithmsAreOfferedInTheirOrder as SetHashingAlgorithm asks.
func TestPreferredAlgorithmsAreOfferedInTheirOrder(t *testing.T) {
	t.Parallel()
	for _, want := range [][]auth.Method{
		{auth.ByDigestMD5, auth.ByDigestSHA256}, {auth.ByDigestSHA256, auth.ByDigestMD5}, {auth.ByDigestSHA256},
	} {
		c := newCamera(func(c *auth.Config) { c.Methods, c.Preferred = want, want })
		var got []auth.Method
		for _, challenge := range c.Challenges(request(""), nil) {
			if strings.Contains(challenge, "algorithm=SHA-256") {
				got = append(got, auth.ByDigestSHA256)
			} else {
				got = append(got, auth.ByDigestMD5)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("offered %v, want %v", got, want)
		}
	}
}

func TestKeysAreNeverPrinted(t *testing.T) {
	t.Parallel()
	k := auth.KeysOf("admin", realm, "camfleet")
	for _, text := range []string{fmt.Sprint(k), fmt.Sprintf("%+v", k), fmt.Sprintf("%#v", k), fmt.Sprintf("%#v", auth.Account{Keys: k})} {
		if strings.Contains(text, k.MD5) || strings.Contains(text, k.SHA256) {
			t.Errorf("printed as %s", text)
		}
	}
}

package auth_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
)

func TestDigestOfARightPasswordIdentifies(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*answer)
		how    auth.Method
		user   string
	}{
		"MD5":                 {func(a *answer) {}, auth.ByDigestMD5, "admin"},
		"SHA-256":             {func(a *answer) { a.sha256 = true }, auth.ByDigestSHA256, "admin"},
		"MD5 of RFC 2069":     {func(a *answer) { a.nc, a.cnonce = "", "" }, auth.ByDigestMD5, "admin"},
		"SHA-256 without qop": {func(a *answer) { a.nc, a.sha256 = "", true }, auth.ByDigestSHA256, "admin"},
		"quotes and umlauts":  {func(a *answer) { a.user, a.password = "viewer", users()["viewer"].password }, auth.ByDigestMD5, "viewer"},
		"a count that skips":  {func(a *answer) { a.nc = "0000ffff" }, auth.ByDigestMD5, "admin"},
		"absolute uri":        {func(a *answer) { a.uri = "http://camera.example" + a.uri }, auth.ByDigestMD5, "admin"},
		"count in upper case": {func(a *answer) { a.nc = "0000000A" }, auth.ByDigestMD5, "admin"},
	} {
		for _, order := range []auth.Order{auth.Players, auth.SHA256First, auth.Annex} {
			t.Run(name+" under "+string(order), func(t *testing.T) {
				t.Parallel()
				c := newCamera(func(c *auth.Config) { c.Order = order })
				a := c.admin()
				tc.change(&a)
				id, err := c.Identify(request(a.header()))
				identified(t, id, err, tc.user, tc.how)
				if id.Level != users()[tc.user].level || !id.Expires.IsZero() {
					t.Errorf("identity %+v", id)
				}
			})
		}
	}
}

func TestDigestThatIsWrongIsRefused(t *testing.T) {
	t.Parallel()
	set := func(old, now string) func(string) string {
		return func(h string) string {
			if !strings.Contains(h, old) {
				panic("nothing to replace: " + old)
			}
			return strings.Replace(h, old, now, 1)
		}
	}
	for name, tc := range map[string]struct {
		answer func(*answer)
		header func(string) string
		status int
		stale  bool
	}{
		"wrong password":      {answer: func(a *answer) { a.password = "Camfleet" }, status: 401},
		"unknown user":        {answer: func(a *answer) { a.user = "nobody" }, status: 401},
		"unknown user, empty": {answer: func(a *answer) { a.user, a.password = "nobody", "" }, status: 401},
		"other realm":         {answer: func(a *answer) { a.realm = "cam-0002" }, status: 401},
		"other method":        {answer: func(a *answer) { a.method = "GET" }, status: 401},
		"other uri":           {answer: func(a *answer) { a.uri = "/onvif/media_service" }, status: 401},
		"uri above":           {answer: func(a *answer) { a.uri = "/onvif" }, status: 401},
		"uri with a slash":    {answer: func(a *answer) { a.uri += "/" }, status: 401},
		"uri with a query":    {answer: func(a *answer) { a.uri += "?x" }, status: 401},
		"foreign nonce":       {answer: func(a *answer) { a.nonce = "62d82aa9ca59e3a04cd1" }, status: 401, stale: true},
		"nonce with other MAC": {answer: func(a *answer) {
			a.nonce = a.nonce[:len(a.nonce)-1] + string("0123456789abcdef0"[strings.IndexByte("0123456789abcdef", a.nonce[len(a.nonce)-1])+1])
		}, status: 401, stale: true},
		"foreign nonce, wrong password": {answer: func(a *answer) { a.nonce, a.password = "x", "y" }, status: 401},
		"tampered response":             {header: set(`response="`, `response="0`), status: 401},
		"no response":                   {header: set(`response=`, `respond=`), status: 400},
		"no nonce":                      {header: set(`nonce=`, `nonsense=`), status: 400},
		"no uri":                        {header: set(`uri=`, `url=`), status: 400},
		"no realm":                      {header: set(`realm=`, `real=`), status: 400},
		"no user":                       {header: set(`username=`, `name=`), status: 400},
		"two users":                     {header: set(`username=`, `username*=UTF-8''admin, username=`), status: 400},
		"userhash not offered":          {header: set(`username=`, `userhash=true, username=`), status: 400},
		"qop without cnonce":            {header: set(`, cnonce="0a4f113b"`, ``), status: 400},
		"qop with an empty cnonce":      {header: set(`"0a4f113b"`, `""`), status: 400},
		"qop without nc":                {header: set(`, nc=00000001`, ``), status: 400},
		"nc of zero":                    {header: set(`nc=00000001`, `nc=00000000`), status: 400},
		"nc too short":                  {header: set(`nc=00000001`, `nc=1`), status: 400},
		"nc with a sign":                {header: set(`nc=00000001`, `nc=+0000001`), status: 400},
		"nc changed":                    {header: set(`nc=00000001`, `nc=00000002`), status: 401},
		"auth-int":                      {header: set(`qop=auth`, `qop=auth-int`), status: 400},
		"unknown algorithm":             {header: set(`Digest `, `Digest algorithm=SHA-512-256, `), status: 400},
		"MD5-sess":                      {header: set(`Digest `, `Digest algorithm=MD5-sess, `), status: 401},
		"algorithm changed":             {header: set(`Digest `, `Digest algorithm=SHA-256, `), status: 401},
		"parameter twice":               {header: set(`nc=00000001`, `nc=00000001, nc=00000001`), status: 400},
		"parameter twice, other case":   {header: set(`nc=00000001`, `nc=00000001, NC=00000001`), status: 400},
		"quote without end":             {header: set(`cnonce="0a4f113b"`, `cnonce="0a4f113b`), status: 400},
		"no comma":                      {header: set(`qop=auth, `, `qop=auth `), status: 400},
		"nothing after the scheme":      {header: func(string) string { return "Digest" }, status: 400},
		"opaque of another camera":      {header: set(`Digest `, `Digest opaque="5b6ea228", `), status: 401, stale: true},
		"Basic":                         {header: func(string) string { return "Basic YWRtaW46Y2FtZmxlZXQ=" }, status: 401},
		"an unknown scheme":             {header: func(string) string { return "NTLM TlRMTVNTUA==" }, status: 401},
		"a bearer token":                {header: func(string) string { return "Bearer a.b.c" }, status: 401},
		"no scheme":                     {header: func(string) string { return `"x" y` }, status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCamera()
			a := c.admin()
			if tc.answer != nil {
				tc.answer(&a)
			}
			h := a.header()
			if tc.header != nil {
				h = tc.header(h)
			}
			id, err := c.Identify(request(h))
			r := refusal(t, err)
			if r == nil || id.Known() {
				t.Fatalf("identity %+v, want none", id)
			}
			if r.Status != tc.status || r.Stale != tc.stale || r.SOAPFault || r.Code != "" {
				t.Errorf("refusal %+v, want status %d, stale %v", r, tc.status, tc.stale)
			}
			challenges := c.Challenges(request(h), r)
			if tc.status == 400 && challenges != nil || tc.status == 401 && len(challenges) != 1 {
				t.Errorf("challenges %q", challenges)
			}
			for _, ch := range challenges {
				if strings.HasSuffix(ch, ", stale=true") != tc.stale {
					t.Errorf("challenge %s, want stale %v", ch, tc.stale)
				}
			}
			if strings.Contains(err.Error(), "amfleet") {
				t.Errorf("the reason shows the password: %v", err)
			}
		})
	}
}

func TestDigestDoesNotTellAnUnknownUserFromAWrongPassword(t *testing.T) {
	t.Parallel()
	c := newCamera()
	unknown, wrong := c.admin(), c.admin()
	unknown.user, wrong.password = "adm1n", "camflee7"
	_, first := c.Identify(request(unknown.header()))
	_, second := c.Identify(request(wrong.header()))
	a, b := *refusal(t, first), *refusal(t, second)
	a.User, b.User = "", ""
	same(t, "refusals", a, b)
}

func TestDigestWorksOnceWithEachNonceCount(t *testing.T) {
	t.Parallel()
	c := newCamera()
	a := c.admin()
	send := func(nc int) bool {
		a.nc = fmt.Sprintf("%08x", nc)
		_, err := c.Identify(request(a.header()))
		r := refusal(t, err)
		if r != nil && !r.Stale {
			t.Fatalf("nc %d: %v, not stale", nc, r)
		}
		return r == nil
	}
	for _, step := range []struct {
		nc   int
		good bool
	}{
		{1, true}, {1, false}, {2, true}, {4, true}, {3, true}, {3, false}, {2, false}, {1, false},
		{100, true}, {37, true}, {36, false}, {37, false}, {100, false}, {99, true},
		{1 << 31, true}, {101, false}, {1<<31 - 63, true}, {1<<31 - 64, false}, {1<<32 - 1, true}, {1<<32 - 1, false},
	} {
		if got := send(step.nc); got != step.good {
			t.Errorf("nc %d accepted: %v, want %v", step.nc, got, step.good)
		}
	}
}

func TestDigestWrongPasswordDoesNotUseUpTheCount(t *testing.T) {
	t.Parallel()
	c := newCamera()
	a := c.admin()
	bad := a
	bad.password = "guess"
	if _, err := c.Identify(request(bad.header())); err == nil {
		t.Fatal("a guess got in")
	}
	id, err := c.Identify(request(a.header()))
	identified(t, id, err, "admin", auth.ByDigestMD5)
}

func TestNonceIsStaleAfterItsLifetime(t *testing.T) {
	t.Parallel()
	const life = time.Minute
	limit := func(c *auth.Config) { c.Limits.NonceLifetime = life }
	for name, tc := range map[string]struct {
		waits []time.Duration // before each request
		rtsp  bool
		nc    bool
		good  bool // the last request
	}{
		"at the limit":                       {waits: []time.Duration{life}, nc: true, good: true},
		"beyond the limit":                   {waits: []time.Duration{life + time.Millisecond}, nc: true},
		"use prolongs it":                    {waits: []time.Duration{life, life, life}, nc: true, good: true},
		"use prolongs it up to the limit":    {waits: []time.Duration{life, life + time.Millisecond}, nc: true},
		"without qop use does not prolong":   {waits: []time.Duration{life, time.Millisecond}},
		"without qop over RTSP use prolongs": {waits: []time.Duration{life, life}, rtsp: true, good: true},
		"the clock is put back":              {waits: []time.Duration{-time.Hour}, nc: true},
		"answers side by side overtake":      {waits: []time.Duration{life / 2, -time.Millisecond}, nc: true, good: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCamera(limit)
			a := c.admin()
			var r *auth.Refusal
			for i, wait := range tc.waits {
				c.clock.Advance(wait)
				a.nc = ""
				if tc.nc {
					a.nc = fmt.Sprintf("%08x", i+1)
				}
				req := request(a.header())
				req.RTSP = tc.rtsp
				_, err := c.Identify(req)
				r = refusal(t, err)
			}
			if tc.good != (r == nil) || r != nil && !r.Stale {
				t.Errorf("refusal %+v, want good: %v", r, tc.good)
			}
		})
	}
}

func TestNoncesRememberedAreBoundedAndForgettingLetsNoReplayIn(t *testing.T) {
	t.Parallel()
	const most = 8
	c := newCamera(func(c *auth.Config) { c.Limits.Nonces = most })
	var sent []string
	for range most {
		h := c.admin().header()
		if _, err := c.Identify(request(h)); err != nil {
			t.Fatal(err)
		}
		sent = append(sent, h)
	}
	for i, h := range sent {
		if _, err := c.Identify(request(h)); refusal(t, err) == nil {
			t.Errorf("answer %d works twice", i)
		}
	}
	first := c.admin() // issued before the nonces that push it out
	for range most + 1 {
		if _, err := c.Identify(request(c.admin().header())); err != nil {
			t.Fatal(err)
		}
	}
	for i, h := range append(sent, first.header()) {
		if _, err := c.Identify(request(h)); refusal(t, err) == nil || !refusal(t, err).Stale {
			t.Errorf("answer %d, forgotten, works again", i)
		}
	}
}

func TestEachChallengeHasItsOwnNonce(t *testing.T) {
	t.Parallel()
	c := newCamera()
	seen := map[string]bool{}
	for range 1000 {
		n := c.nonce(request(""))
		if seen[n] || len(n) != 44 {
			t.Fatalf("nonce %q", n)
		}
		seen[n] = true
	}
	if other := newCamera(func(c *auth.Config) { c.Random = nil }); seen[other.nonce(request(""))] {
		t.Error("two cameras with different randomness share a nonce")
	}
}

func TestQopCanBeRequired(t *testing.T) {
	t.Parallel()
	c := newCamera(func(c *auth.Config) { c.QopRequired = true })
	a := c.admin()
	id, err := c.Identify(request(a.header()))
	identified(t, id, err, "admin", auth.ByDigestMD5)
	a = c.admin()
	a.nc = ""
	if _, err := c.Identify(request(a.header())); refusal(t, err) == nil {
		t.Error("an answer without qop is taken")
	}
}

func TestUserNameMayComeEncoded(t *testing.T) {
	t.Parallel()
	c := newCamera()
	for _, tc := range []struct {
		text string
		good bool
	}{
		{"UTF-8''admin", true}, {"utf-8'en'%61dmin", true}, {"ISO-8859-1''admin", false}, {"UTF-8'admin", false},
		{"admin", false}, {"UTF-8''%zz", false},
	} {
		h := strings.Replace(c.admin().header(), `username="admin"`, "username*="+tc.text, 1)
		if _, err := c.Identify(request(h)); (err == nil) != tc.good {
			t.Errorf("username*=%s: %v, want good: %v", tc.text, err, tc.good)
		}
	}
}

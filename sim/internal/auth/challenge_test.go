package auth_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
)

func TestChallengesAreByteExact(t *testing.T) {
	t.Parallel()
	expired := &auth.Refusal{Status: 401, Code: "invalid_token", Description: "The access token expired"}
	stale := &auth.Refusal{Status: 401, Stale: true}
	scope := &auth.Refusal{Status: 403, Code: "insufficient_scope", Description: "The access token grants too little"}
	const (
		md5       = `Digest realm="Silvan", nonce="%[1]s", qop="auth", algorithm=MD5, opaque="%[2]s"`
		sha256    = `Digest realm="Silvan", nonce="%[1]s", qop="auth", algorithm=SHA-256, opaque="%[2]s"`
		annexMD5  = `Digest algorithm=MD5, realm="Silvan", qop="auth", nonce="%[1]s", opaque="%[2]s"`
		annexSHA  = `Digest algorithm=SHA-256, realm="Silvan", qop="auth", nonce="%[1]s", opaque="%[2]s"`
		bearer    = `Bearer realm="Silvan"`
		wasOver   = `Bearer realm="Silvan", error="invalid_token", error_description="The access token expired"`
		tooLittle = `Bearer realm="Silvan", error="insufficient_scope", error_description="The access token grants too little"`
	)
	for name, tc := range map[string]struct {
		order   auth.Order
		secure  bool
		refusal *auth.Refusal
		want    []string
	}{
		"default":                     {"", false, nil, []string{md5}},
		"players":                     {auth.Players, false, nil, []string{md5}},
		"players over TLS":            {auth.Players, true, nil, []string{md5, bearer}},
		"players, stale":              {auth.Players, true, stale, []string{md5 + ", stale=true", bearer}},
		"players, expired token":      {auth.Players, true, expired, []string{md5, wasOver}},
		"players, too little":         {auth.Players, true, scope, []string{tooLittle}},
		"players, may not":            {auth.Players, true, &auth.Refusal{Status: 403}, nil},
		"players, malformed":          {auth.Players, true, &auth.Refusal{Status: 400}, nil},
		"sha256":                      {auth.SHA256First, false, nil, []string{sha256, md5}},
		"sha256 over TLS":             {auth.SHA256First, true, nil, []string{sha256, md5, bearer}},
		"sha256, stale":               {auth.SHA256First, false, stale, []string{sha256 + ", stale=true", md5 + ", stale=true"}},
		"annex":                       {auth.Annex, false, nil, []string{annexMD5, annexSHA}},
		"annex C and D":               {auth.Annex, true, nil, []string{bearer, annexMD5, annexSHA}},
		"annex C, expired token":      {auth.Annex, true, expired, []string{wasOver, annexMD5, annexSHA}},
		"annex, stale":                {auth.Annex, true, stale, []string{bearer, annexMD5 + ", stale=true", annexSHA + ", stale=true"}},
		"no bearer error without TLS": {auth.Annex, false, expired, []string{annexMD5, annexSHA}},
	} {
		for _, rtsp := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, RTSP %v", name, rtsp), func(t *testing.T) {
				t.Parallel()
				c := newCamera(newTrust, func(c *auth.Config) { c.Realm, c.Order = "Silvan", tc.order })
				got := c.Challenges(auth.Request{RTSP: rtsp, Secure: tc.secure}, tc.refusal)
				values := map[string]string{}
				for _, ch := range got {
					if p := params(ch); p["nonce"] != "" {
						values = p
					}
				}
				if len(tc.want) > 0 && strings.HasPrefix(tc.want[0], "Digest") && len(values["nonce"])*len(values["opaque"]) != 44*8 {
					t.Errorf("nonce %q, opaque %q", values["nonce"], values["opaque"])
				}
				want := tc.want
				for i := range want {
					if strings.HasPrefix(want[i], "Digest") {
						want = append([]string(nil), want...)
						want[i] = fmt.Sprintf(want[i], values["nonce"], values["opaque"])
					}
				}
				same(t, "challenges", got, want)
			})
		}
	}
}

// newTrust switches bearer tokens on.
func newTrust(c *auth.Config) {
	c.Bearer = &auth.BearerConfig{Issuers: []string{fleet}, Source: auth.StaticKeys{}}
}

func TestCharsetIsOfferedWhereItIsSwitchedOn(t *testing.T) {
	t.Parallel()
	c := newCamera(func(c *auth.Config) { c.Charset, c.Realm = true, `a "b" \c` })
	got := c.Challenges(auth.Request{}, &auth.Refusal{Status: 401, Stale: true})
	if len(got) != 1 || !strings.HasSuffix(got[0], ", charset=UTF-8, stale=true") ||
		!strings.HasPrefix(got[0], `Digest realm="a \"b\" \\c", nonce="`) {
		t.Errorf("challenges %q", got)
	}
}

func TestSeedGivesTheSameNonces(t *testing.T) {
	t.Parallel()
	a, b := newCamera(), newCamera()
	same(t, "challenges", a.Challenges(auth.Request{}, nil), b.Challenges(auth.Request{}, nil))
}

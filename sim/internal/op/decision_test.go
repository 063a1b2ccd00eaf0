package op_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

// TestDecisionTableOfCore591 walks the rows of Core 5.9.1, with Security 4.4
// for tokens, as clients see them: status, fault and challenges.
func TestDecisionTableOfCore591(t *testing.T) {
	t.Parallel()
	const right, wrong, poor, malformed = "right", "wrong", "poor", "malformed"
	both := []auth.Method{auth.ByDigestMD5, auth.ByUsernameToken}
	digestOnly, wssOnly := both[:1], both[1:]
	all := append(both[:2:2], auth.ByBearer)
	const notAuthorized = "env:Sender/ter:NotAuthorized"
	challenged := outcome{Status: 401, Fault: notAuthorized, Challenges: []string{"Digest"}}
	offered := outcome{Status: 401, Fault: notAuthorized, Challenges: []string{"Digest", "Bearer"}}
	refused := outcome{Status: 400, Fault: notAuthorized}
	served := outcome{Status: 200}
	for _, tc := range []struct {
		name                string
		methods             []auth.Method
		digest, wss, bearer string
		plain               bool
		pre                 bool
		want                outcome
	}{
		{name: "PRE_AUTH, nothing", methods: both, pre: true, want: served},
		{name: "PRE_AUTH, wrong digest", methods: both, digest: wrong, pre: true, want: served},
		{name: "PRE_AUTH, wrong token", methods: both, wss: wrong, pre: true, want: served},
		{name: "PRE_AUTH, wrong JWT", methods: all, bearer: wrong, pre: true, want: served},

		{name: "digest device, nothing", methods: digestOnly, want: challenged},
		{name: "both, nothing", methods: both, want: challenged},
		{name: "WSS device, nothing", methods: wssOnly, want: refused},

		{name: "digest device, digest right", methods: digestOnly, digest: right, want: served},
		{name: "digest device, digest wrong", methods: digestOnly, digest: wrong, want: challenged},
		{name: "digest device, WSS right", methods: digestOnly, wss: right, want: challenged},
		{name: "digest device, digest malformed", methods: digestOnly, digest: malformed, want: outcome{Status: 400}},
		{name: "WSS device, digest right", methods: wssOnly, digest: right, want: refused},
		{name: "WSS device, WSS right", methods: wssOnly, wss: right, want: served},
		{name: "WSS device, WSS wrong", methods: wssOnly, wss: wrong, want: refused},

		{name: "both, WSS right", methods: both, wss: right, want: served},
		{name: "both, WSS wrong", methods: both, wss: wrong, want: refused},
		{name: "both, digest wrong and WSS right", methods: both, digest: wrong, wss: right, want: challenged},
		{name: "both, digest right and WSS wrong", methods: both, digest: right, wss: wrong, want: refused},
		{name: "both, both right", methods: both, digest: right, wss: right, want: served},
		{name: "both, both wrong", methods: both, digest: wrong, wss: wrong, want: challenged},

		{name: "digest, too little", methods: both, digest: poor, want: challenged},
		{name: "WSS, too little", methods: both, wss: poor, want: refused},
		{name: "digest right, WSS too little", methods: both, digest: right, wss: poor, want: refused},

		{name: "JWT device, nothing", methods: all, want: offered},
		{name: "JWT device, nothing, without TLS", methods: all, plain: true, want: challenged},
		{name: "JWT right", methods: all, bearer: right, want: served},
		{name: "JWT wrong", methods: all, bearer: wrong, want: offered},
		{name: "JWT without TLS", methods: all, bearer: right, plain: true, want: challenged},
		{name: "JWT malformed", methods: all, bearer: malformed, want: outcome{Status: 400, Challenges: []string{"Bearer"}}},
		{name: "JWT, too little", methods: all, bearer: poor, want: outcome{Status: 403, Fault: notAuthorized, Challenges: []string{"Bearer"}}},
		{name: "JWT for a device without", methods: both, bearer: right, want: challenged},
		{name: "JWT device, digest right", methods: all, digest: right, want: served},
		{name: "JWT device, WSS right", methods: all, wss: right, want: served},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), append(make([]byte, 31), 7))
			if err != nil {
				t.Fatal(err)
			}
			b := newBench(t, func(_ *bench, c *auth.Config) {
				c.Methods = tc.methods
				c.Bearer = &auth.BearerConfig{
					Audiences: []string{"cam"}, Issuers: []string{"https://issuer.example"},
					Source: auth.StaticKeys{{Issuer: "https://issuer.example", ID: "1", Public: key.Public()}},
				}
			})
			q := post(message(envelope12, wssHeader(tc.wss), call(map[bool]string{true: "Pre", false: "Write"}[tc.pre])))
			q.Secure = !tc.plain
			switch tc.digest {
			case right:
				q.Header.Add("Authorization", b.digest("Administrator", "Administrator"))
			case wrong:
				q.Header.Add("Authorization", b.digest("Administrator", "x"))
			case poor:
				q.Header.Add("Authorization", b.digest("User", "User"))
			case malformed:
				q.Header.Add("Authorization", `Digest username="`)
			}
			if tc.bearer != "" {
				q.Header.Add("Authorization", "Bearer "+bearer(t, key, tc.bearer))
			}
			got := see(t, b.pipeline.Handle(t.Context(), q))
			got.Type = ""
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			b.noBugs(t)
		})
	}
}

// wssHeader is a UsernameToken of the kind.
func wssHeader(kind string) string {
	switch kind {
	case "right":
		return token("Administrator", "Administrator", "n", begin())
	case "wrong":
		return token("Administrator", "x", "n", begin())
	case "poor":
		return token("User", "User", "n", begin())
	}
	return ""
}

// bearer is a token of the kind.
func bearer(t *testing.T, key *ecdsa.PrivateKey, kind string) string {
	t.Helper()
	if kind == "malformed" {
		return "a b"
	}
	claims := jwt.MapClaims{
		"iss": "https://issuer.example", "aud": "cam", "sub": "somebody", "exp": begin().Add(time.Hour).Unix(),
		"nbf": begin().Unix(), "iat": begin().Unix(), "roles": []string{"onvif:Administrator"},
	}
	switch kind {
	case "wrong":
		claims["aud"] = "another"
	case "poor":
		claims["roles"] = []string{"onvif:User"}
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["kid"] = "1"
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestStaleNonceIsToldSo: the client then tries again without asking its user.
func TestStaleNonceIsToldSo(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	q := post(message(envelope12, "", call("Read")), b.digest("User", "User"))
	b.clock.Advance(6 * time.Minute)
	r := b.pipeline.Handle(t.Context(), q)
	challenges := r.Header.Values("WWW-Authenticate")
	if r.Status != 401 || len(challenges) != 1 || !strings.Contains(challenges[0], "stale=true") {
		t.Fatalf("%d %q", r.Status, challenges)
	}
	again := post(string(q.Body), digest(challenges[0], "User", "User", 1))
	if r := b.pipeline.Handle(t.Context(), again); r.Status != 200 {
		t.Errorf("with the new nonce: %d\n%s", r.Status, r.Body)
	}
	// The count of a nonce must rise (RFC 7616 3.4.5).
	if r := b.pipeline.Handle(t.Context(), again); r.Status != 401 {
		t.Errorf("replayed: %d", r.Status)
	}
	if r := b.pipeline.Handle(t.Context(), post(string(q.Body), digest(challenges[0], "User", "User", 2))); r.Status != 200 {
		t.Errorf("with the next count: %d", r.Status)
	}
}

func TestUsernameTokenCannotBeReplayed(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	body := message(envelope12, token("User", "User", "once", begin()), call("Read"))
	for i, want := range []int{200, 400} {
		if r := b.pipeline.Handle(t.Context(), post(body)); r.Status != want {
			t.Errorf("time %d: %d, want %d", i+1, r.Status, want)
		}
	}
}

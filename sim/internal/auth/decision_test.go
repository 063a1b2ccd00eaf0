package auth_test

import (
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
)

// verdict is what a row of the decision table of Core 5.9.1 comes to.
type verdict struct {
	User   string // "": nobody
	Status int    // 0: served, if the user may
	Fault  bool
}

func TestDecisionTableOfCore591(t *testing.T) {
	t.Parallel()
	wssOnly := []auth.Method{auth.ByUsernameToken}
	digestOnly := []auth.Method{auth.ByDigestMD5}
	const none, right, wrong = "", "right", "wrong"
	for name, tc := range map[string]struct {
		methods     []auth.Method
		header, wss string
		want        verdict
	}{
		"both, digest right":            {nil, right, none, verdict{User: "admin"}},
		"both, digest wrong":            {nil, wrong, none, verdict{Status: 401}},
		"both, WSS right":               {nil, none, right, verdict{User: "admin"}},
		"both, WSS wrong":               {nil, none, wrong, verdict{Status: 400, Fault: true}},
		"both, both right":              {nil, right, right, verdict{User: "admin"}},
		"both, digest wrong, WSS right": {nil, wrong, right, verdict{Status: 401}},
		"both, digest right, WSS wrong": {nil, right, wrong, verdict{Status: 400, Fault: true}},
		"both, both wrong":              {nil, wrong, wrong, verdict{Status: 401}},
		"both, Basic and WSS right":     {nil, "Basic YTpi", right, verdict{User: "admin"}},
		"both, empty header, WSS right": {nil, " ", right, verdict{User: "admin"}},
		"WSS only, WSS right":           {wssOnly, none, right, verdict{User: "admin"}},
		"WSS only, WSS wrong":           {wssOnly, none, wrong, verdict{Status: 400, Fault: true}},
		"WSS only, digest right":        {wssOnly, right, none, verdict{Status: 400, Fault: true}},
		"WSS only, digest wrong, WSS":   {wssOnly, wrong, right, verdict{User: "admin"}},
		"digest only, WSS right":        {digestOnly, none, right, verdict{}},
		"digest only, digest right":     {digestOnly, right, wrong, verdict{User: "admin"}},
		"nothing":                       {nil, none, none, verdict{}},
		"an empty header":               {nil, " ", none, verdict{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCamera()
			r := request("")
			a := c.admin()
			c.Configure(auth.Settings{Methods: tc.methods})
			if tc.header == wrong {
				a.password = "wrong"
			}
			switch tc.header {
			case right, wrong:
				r.Authorization = []string{a.header()}
			case none:
			default:
				r.Authorization = []string{tc.header}
			}
			switch tc.wss {
			case right:
				r.Token = token("admin", "camfleet", "n", start())
			case wrong:
				r.Token = token("admin", "wrong", "n", start())
			}
			id, err := c.Identify(r)
			got := verdict{User: id.User}
			if ref := refusal(t, err); ref != nil {
				got.Status, got.Fault = ref.Status, ref.SOAPFault
			}
			same(t, "verdict", got, tc.want)
		})
	}
}

func TestNobodyIsAskedForWhatTheCameraTakes(t *testing.T) {
	t.Parallel()
	type ask struct {
		Status     int
		Fault      bool
		Challenges int
	}
	bearer := &auth.BearerConfig{Issuers: []string{"https://i"}, Source: auth.StaticKeys{}}
	for name, tc := range map[string]struct {
		settings auth.Settings
		request  auth.Request
		want     ask
	}{
		"all":                    {auth.Settings{}, auth.Request{}, ask{401, false, 1}},
		"both algorithms":        {auth.Settings{Order: auth.SHA256First}, auth.Request{}, ask{401, false, 2}},
		"WSS only":               {auth.Settings{Methods: []auth.Method{auth.ByUsernameToken}}, auth.Request{}, ask{400, true, 0}},
		"WSS only, RTSP":         {auth.Settings{Methods: []auth.Method{auth.ByUsernameToken}}, auth.Request{RTSP: true}, ask{401, false, 1}},
		"WSS only, snapshot":     {auth.Settings{Methods: []auth.Method{auth.ByUsernameToken}}, auth.Request{File: true}, ask{401, false, 1}},
		"bearer, plain":          {auth.Settings{Bearer: bearer}, auth.Request{}, ask{401, false, 1}},
		"bearer, TLS":            {auth.Settings{Bearer: bearer}, auth.Request{Secure: true}, ask{401, false, 2}},
		"bearer only, TLS":       {auth.Settings{Bearer: bearer, Methods: []auth.Method{auth.ByBearer}}, auth.Request{Secure: true}, ask{401, false, 1}},
		"bearer without trust":   {auth.Settings{Bearer: &auth.BearerConfig{}}, auth.Request{Secure: true}, ask{401, false, 1}},
		"bearer switched off":    {auth.Settings{Bearer: bearer, Methods: []auth.Method{auth.ByDigestMD5}}, auth.Request{Secure: true}, ask{401, false, 1}},
		"SHA-256 only":           {auth.Settings{Methods: []auth.Method{auth.ByDigestSHA256}}, auth.Request{}, ask{401, false, 1}},
		"SHA-256 only, in annex": {auth.Settings{Order: auth.Annex, Methods: []auth.Method{auth.ByDigestSHA256}}, auth.Request{}, ask{401, false, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCamera(func(c *auth.Config) { c.Settings = tc.settings })
			id, err := c.Identify(tc.request)
			if id.Known() || err != nil {
				t.Fatalf("identity %+v, %v", id, err)
			}
			r := c.Deny(tc.request, id)
			same(t, "asked", ask{r.Status, r.SOAPFault, len(c.Challenges(tc.request, r))}, tc.want)
		})
	}
}

func TestWhoMayNotIsToldAsTheMethodHasIt(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		how    auth.Method
		forbid bool
		status int
		fault  bool
		code   string
	}{
		{auth.ByDigestMD5, false, 401, false, ""},
		{auth.ByDigestSHA256, true, 403, false, ""},
		{auth.ByUsernameToken, false, 400, true, ""},
		{auth.ByUsernameToken, true, 403, true, ""},
		{auth.ByBearer, false, 403, false, "insufficient_scope"},
		{auth.ByBearer, true, 403, false, "insufficient_scope"},
	} {
		c := newCamera(func(c *auth.Config) { c.Forbid = tc.forbid })
		r := c.Deny(request(""), auth.Identity{User: "viewer", Level: auth.User, How: tc.how})
		if r.Status != tc.status || r.SOAPFault != tc.fault || r.Code != tc.code || r.User != "viewer" {
			t.Errorf("%s: %+v, want %+v", tc.how, r, tc)
		}
	}
}

func TestTheLowerOfTwoLevelsCounts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ header, wss, want string }{{"admin", "viewer", "viewer"}, {"viewer", "admin", "viewer"}} {
		c := newCamera()
		a := c.admin()
		a.user, a.password = tc.header, users()[tc.header].password
		r := request(a.header())
		r.Token = token(tc.wss, users()[tc.wss].password, "n", start())
		id, err := c.Identify(r)
		if err != nil || id.User != tc.want || id.Level != auth.User {
			t.Errorf("%s over %s: %+v, %v", tc.header, tc.wss, id, err)
		}
	}
}

func TestSeveralAuthorizationHeadersAreRefused(t *testing.T) {
	t.Parallel()
	c := newCamera()
	r := request(c.admin().header())
	r.Authorization = append(r.Authorization, "Basic YTpi")
	_, err := c.Identify(r)
	if ref := refusal(t, err); ref == nil || ref.Status != 400 {
		t.Errorf("refusal %+v", ref)
	}
}

func TestSwitchedOffAlgorithmsAreRefused(t *testing.T) {
	t.Parallel()
	for _, sha256 := range []bool{false, true} {
		c := newCamera()
		a := c.admin()
		a.sha256 = sha256
		off := auth.ByDigestSHA256
		if sha256 {
			off = auth.ByDigestMD5
		}
		c.Configure(auth.Settings{Methods: []auth.Method{off}})
		_, err := c.Identify(request(a.header()))
		if r := refusal(t, err); r == nil || r.Status != 401 {
			t.Errorf("SHA-256 %v: %v", sha256, err)
		}
		if c.Configure(auth.Settings{}); sha256 {
			id, err := c.Identify(request(a.header()))
			identified(t, id, err, "admin", auth.ByDigestSHA256)
		}
	}
}

func TestCameraWithoutAccountsLetsNobodyIn(t *testing.T) {
	t.Parallel()
	c := newCamera(func(c *auth.Config) { c.Accounts = nil })
	a := c.admin()
	a.user, a.password = "", ""
	if _, err := c.Identify(request(a.header())); refusal(t, err) == nil {
		t.Error("the empty user got in")
	}
}

package auth_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
)

// soap is a request with a UsernameToken.
func soap(t *auth.UsernameToken) auth.Request {
	r := request("")
	r.Token = t
	return r
}

func TestUsernameTokenExampleOfCoreIdentifies(t *testing.T) {
	t.Parallel()
	// The worked example of the ONVIF Application Programmer's Guide, 6.1.1.3.
	at := time.Date(2010, 9, 16, 7, 50, 45, 0, time.UTC)
	c := auth.New(auth.Config{Clock: clock.NewManual(at), Accounts: accounts{
		"user": {password: "userpassword", level: auth.Operator},
	}})
	id, err := c.Identify(soap(&auth.UsernameToken{
		Username: "user", Password: "tuOSpGlFlIXsozq4HFNeeGeFLEI=", PasswordType: digestType,
		Nonce: "LKqI6G/AikKCQrN0zqZFlg==", Created: "2010-09-16T07:50:45Z",
	}))
	identified(t, id, err, "user", auth.ByUsernameToken)
}

func TestUsernameTokenGoodAndBad(t *testing.T) {
	t.Parallel()
	right := func() *auth.UsernameToken { return token("admin", "camfleet", "0123456789abcdef", start()) }
	clear := func(typ string) func() *auth.UsernameToken {
		return func() *auth.UsernameToken {
			return &auth.UsernameToken{Username: "admin", Password: "camfleet", PasswordType: typ}
		}
	}
	with := func(change func(*auth.UsernameToken)) func() *auth.UsernameToken {
		return func() *auth.UsernameToken { t := right(); change(t); return t }
	}
	allowText := func(c *auth.Config) { c.PasswordText = true }
	for name, tc := range map[string]struct {
		token  func() *auth.UsernameToken
		config func(*auth.Config)
		good   bool
	}{
		"right":      {token: right, good: true},
		"umlauts":    {token: func() *auth.UsernameToken { return token("viewer", users()["viewer"].password, "n", start()) }, good: true},
		"short type": {token: with(func(t *auth.UsernameToken) { t.PasswordType = "#PasswordDigest" }), good: true},
		"white space": {token: with(func(t *auth.UsernameToken) {
			t.Nonce, t.Created = "\n "+t.Nonce[:8]+"\n"+t.Nonce[8:], " "+t.Created+"\n"
		}), good: true},
		"nonce without padding": {token: with(func(t *auth.UsernameToken) { t.Nonce = strings.TrimRight(t.Nonce, "=") }), good: true},
		"wrong password":        {token: func() *auth.UsernameToken { return token("admin", "x", "n", start()) }},
		"unknown user":          {token: func() *auth.UsernameToken { return token("nobody", "", "n", start()) }},
		"other user":            {token: with(func(t *auth.UsernameToken) { t.Username = "viewer" })},
		"tampered nonce":        {token: with(func(t *auth.UsernameToken) { t.Nonce = "AAAA" })},
		"tampered created":      {token: with(func(t *auth.UsernameToken) { t.Created = "2026-01-02T03:04:06.000Z" })},
		"nonce not base64":      {token: with(func(t *auth.UsernameToken) { t.Nonce = "!" })},
		"no nonce":              {token: with(func(t *auth.UsernameToken) { t.Nonce = "" })},
		"blank nonce":           {token: with(func(t *auth.UsernameToken) { t.Nonce = " " })},
		"no created":            {token: with(func(t *auth.UsernameToken) { t.Created = "" })},
		"created is no time":    {token: with(func(t *auth.UsernameToken) { t.Created = "yesterday" })},
		"created with month 13": {token: with(func(t *auth.UsernameToken) { t.Created = "2026-13-02T03:04:06Z" })},
		"unknown type":          {token: with(func(t *auth.UsernameToken) { t.PasswordType = "#PasswordHash" })},
		"digest without a type": {token: with(func(t *auth.UsernameToken) { t.PasswordType = "" })},
		"text":                  {token: clear("#PasswordText")},
		"no type":               {token: clear("")},
		"text, allowed":         {token: clear("#PasswordText"), config: allowText, good: true},
		"no type, allowed":      {token: clear(""), config: allowText, good: true},
		"text, allowed, wrong":  {token: func() *auth.UsernameToken { t := clear("")(); t.Password = "x"; return t }, config: allowText},
		"text, allowed, unknown user": {
			token: func() *auth.UsernameToken { return &auth.UsernameToken{Username: "nobody"} }, config: allowText,
		},
		"all empty":      {token: func() *auth.UsernameToken { return &auth.UsernameToken{} }},
		"long user name": {token: func() *auth.UsernameToken { return token(strings.Repeat("x", 1025), "", "n", start()) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := tc.config
			if config == nil {
				config = func(*auth.Config) {}
			}
			id, err := newCamera(config).Identify(soap(tc.token()))
			if tc.good {
				identified(t, id, err, tc.token().Username, auth.ByUsernameToken)
				return
			}
			r := refusal(t, err)
			if r == nil || id.Known() {
				t.Fatalf("identity %+v, want none", id)
			}
			if r.Status != 400 || !r.SOAPFault || r.How != auth.ByUsernameToken || r.Stale || r.Code != "" {
				t.Errorf("refusal %+v, want 400 with a fault", r)
			}
			if ch := newCamera(config).Challenges(soap(tc.token()), r); ch != nil {
				t.Errorf("challenges %q, want none", ch)
			}
		})
	}
}

func TestUsernameTokenTextsHaveALimit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1025)
	for i, set := range []func(*auth.UsernameToken, string){
		func(t *auth.UsernameToken, s string) { t.Username = s },
		func(t *auth.UsernameToken, s string) { t.Password = s },
		func(t *auth.UsernameToken, s string) { t.PasswordType = s + "#PasswordDigest" },
		func(t *auth.UsernameToken, s string) { t.Nonce = s },
		func(t *auth.UsernameToken, s string) { t.Created = s },
	} {
		tok := token("admin", "camfleet", "n", start())
		set(tok, long)
		_, err := newCamera().Identify(soap(tok))
		if r := refusal(t, err); r == nil || !strings.Contains(r.Reason, "1024") || len(r.User) > 1024 {
			t.Errorf("text %d of 1025 bytes: %v", i, err)
		}
	}
	atLimit := newCamera(func(c *auth.Config) { c.Limits.TokenField = len(digestType) })
	if _, err := atLimit.Identify(soap(token("admin", "camfleet", "n", start()))); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	beyond := newCamera(func(c *auth.Config) { c.Limits.TokenField = len(digestType) - 1 })
	if _, err := beyond.Identify(soap(token("admin", "camfleet", "n", start()))); err == nil {
		t.Error("beyond the limit: taken")
	}
}

func TestCreatedIsJudgedByTheCamerasClock(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		off, window time.Duration
		good        bool
	}{
		{0, 0, true}, {300 * time.Second, 0, true}, {-300 * time.Second, 0, true},
		{300*time.Second + time.Millisecond, 0, false}, {-300*time.Second - time.Millisecond, 0, false},
		{5 * time.Second, 5 * time.Second, true}, {6 * time.Second, 5 * time.Second, false},
		{-56 * 365 * 24 * time.Hour, -1, true}, {1000 * time.Hour, -1, true},
	} {
		c := newCamera(func(c *auth.Config) { c.CreatedWindow = tc.window })
		_, err := c.Identify(soap(token("admin", "camfleet", "n", start().Add(tc.off))))
		if (refusal(t, err) == nil) != tc.good {
			t.Errorf("created %v off, window %v: %v, want good: %v", tc.off, tc.window, err, tc.good)
		}
	}
}

func TestCreatedMayHaveAnyZone(t *testing.T) {
	t.Parallel()
	for _, created := range []string{
		"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456789Z", "2026-01-02T05:04:05+02:00", "2026-01-02T03:04:05",
		"2026-01-01T22:04:05.5-05:00",
	} {
		tok := token("admin", "camfleet", "n", start())
		tok.Created = created
		tok.Password = passwordFor(tok, "n", "camfleet")
		id, err := newCamera().Identify(soap(tok))
		identified(t, id, err, "admin", auth.ByUsernameToken)
	}
}

func TestNonceOfAUsernameTokenWorksOnce(t *testing.T) {
	t.Parallel()
	c := newCamera()
	first := token("admin", "camfleet", "n", start())
	id, err := c.Identify(soap(first))
	identified(t, id, err, "admin", auth.ByUsernameToken)
	if _, err := c.Identify(soap(first)); refusal(t, err) == nil {
		t.Error("a token works twice")
	}
	if _, err := c.Identify(soap(token("admin", "camfleet", "n", start().Add(time.Second)))); refusal(t, err) == nil {
		t.Error("a nonce works twice")
	}
	if _, err := c.Identify(soap(token("viewer", users()["viewer"].password, "n", start()))); err != nil {
		t.Errorf("a nonce of another user: %v", err)
	}
	if _, err := c.Identify(soap(token("admin", "guess", "m", start()))); refusal(t, err) == nil {
		t.Fatal("a guess got in")
	}
	if _, err := c.Identify(soap(token("admin", "camfleet", "m", start()))); err != nil {
		t.Errorf("a wrong token uses up the nonce: %v", err)
	}
	reuse := newCamera(func(c *auth.Config) { c.NonceReuse = true })
	for range 2 {
		if _, err := reuse.Identify(soap(first)); err != nil {
			t.Errorf("with NonceReuse: %v", err)
		}
	}
}

func TestUsernameTokenNoncesAreBoundedAndForgettingLetsNoReplayIn(t *testing.T) {
	t.Parallel()
	c := newCamera(func(c *auth.Config) { c.Limits.TokenNonces = 4 })
	var sent []*auth.UsernameToken
	for i := range 6 {
		tok := token("admin", "camfleet", fmt.Sprint("n", i), c.clock.Now())
		if _, err := c.Identify(soap(tok)); err != nil {
			t.Fatalf("token %d: %v", i, err)
		}
		sent = append(sent, tok)
		c.clock.Advance(time.Second)
	}
	for i, tok := range sent {
		if _, err := c.Identify(soap(tok)); refusal(t, err) == nil {
			t.Errorf("token %d works twice", i)
		}
	}
	if _, err := c.Identify(soap(token("admin", "camfleet", "old", start()))); refusal(t, err) == nil {
		t.Error("a token as old as a forgotten one is taken")
	}
	if _, err := c.Identify(soap(token("admin", "camfleet", "new", c.clock.Now()))); err != nil {
		t.Errorf("a new token: %v", err)
	}
}

func TestSettingTheClockBackLocksNobodyOut(t *testing.T) {
	t.Parallel()
	c := newCamera(func(c *auth.Config) { c.Limits.TokenNonces = 2 })
	login := func(nonce string) {
		t.Helper()
		if _, err := c.Identify(soap(token("admin", "camfleet", nonce, c.clock.Now()))); err != nil {
			t.Errorf("at %v: %v", c.clock.Now(), err)
		}
	}
	login("a")
	c.clock.Advance(10 * 365 * 24 * time.Hour)
	for _, n := range []string{"b", "c", "d", "e"} {
		login(n)
		c.clock.Advance(time.Second)
	}
	c.clock.Advance(-10 * 365 * 24 * time.Hour)
	login("f")
	login("g")
}

func TestUsernameTokenWithoutAClockIsStillTakenOnce(t *testing.T) {
	t.Parallel()
	c := newCamera(func(c *auth.Config) { c.CreatedWindow = -1 })
	tok := token("admin", "camfleet", "n", time.Unix(0, 0))
	if _, err := c.Identify(soap(tok)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Identify(soap(tok)); refusal(t, err) == nil {
		t.Error("a token works twice")
	}
}

package fleet

import (
	"errors"
	"testing"

	"github.com/camfleet/camfleet/sim/api"
)

func TestTokenIsRevokedByItselfOrItsIdentifierAndStaysSo(t *testing.T) {
	t.Parallel()
	c := Config{Config: api.Config{N: 1, State: t.TempDir()}, ControlURL: "http://127.0.0.1:8800"}
	f, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	token, err := f.Mint(api.TokenRequest{Claims: map[string]any{"jti": "mine"}})
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := f.Mint(api.TokenRequest{Bad: "issuer"})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		request api.Revocation
		field   string // at fault; "": none
		jti     string
	}{
		"by its jti":         {api.Revocation{JTI: "another"}, "", "another"},
		"itself":             {api.Revocation{Token: token.Token}, "", "mine"},
		"neither":            {api.Revocation{}, "jti", ""},
		"both":               {api.Revocation{JTI: "mine", Token: token.Token}, "jti", ""},
		"no token":           {api.Revocation{Token: "x.y.z"}, "token", ""},
		"of another issuer":  {api.Revocation{Token: foreign.Token}, "token", ""},
		"longer than may be": {api.Revocation{JTI: string(make([]byte, 257))}, "jti", ""},
	} {
		done, err := f.Revoke(tc.request)
		var bad *api.ConfigError
		if tc.field == "" && (err != nil || done.JTI != tc.jti || done.Token != "") || tc.field != "" && (!errors.As(err, &bad) || bad.Field != tc.field) {
			t.Errorf("%s: %+v, %v", name, done, err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if !again.issuer.Revoked(again.issuer.URL(), "mine") || again.issuer.Revoked(again.issuer.URL(), "x") {
		t.Error("after a restart it is not as it was")
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

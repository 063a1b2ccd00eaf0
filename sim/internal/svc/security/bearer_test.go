package security_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/state"
	mint "github.com/golang-jwt/jwt/v5"
)

// TestTokensAreTakenAsConfigured: from the next request on.
func TestTokensAreTakenAsConfigured(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	signer, err := pki.NewKey(seed.New(1).Stream("tokens"))
	if err != nil {
		t.Fatal(err)
	}
	var key keystore.Key
	err = c.State.Update(func(tx *state.Tx) (err error) {
		key, err = tx.Keystore().AddKey(signer.Public(), keystore.Blob{}, "", true, tx.Random())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	claims := mint.MapClaims{
		"iss": "me", "sub": "alice", "aud": "site", "iat": cameratest.Start().Unix(), "nbf": cameratest.Start().Unix(),
		"exp": cameratest.Start().Add(time.Minute).Unix(), "roles": []string{"onvif:Administrator"}, "region": "north",
	}
	token, err := mint.NewWithClaims(mint.SigningMethodES256, claims).SignedString(signer)
	if err != nil {
		t.Fatal(err)
	}
	keyID := element("KeyID", key.ID)
	for i, s := range []struct {
		set    string
		status int
	}{
		{jwt("site", "", "", "", ""), 401},
		{jwt("site", "", keyID, "", ""), 200},
		{jwt("elsewhere", "", keyID, "", ""), 401},
		{jwt("site", "", keyID, "", claim("region", "south west")), 401},
		{jwt("site", "", keyID, "", claim("region", "south north")), 200},
		{jwt("site", "<tas:TrustedIssuers>https://issuer.example/</tas:TrustedIssuers>", "", "", ""), 401},
	} {
		if a := c.As(t, "admin", s.set); a.Fault != "" {
			t.Fatalf("step %d: %s", i, a.Body)
		}
		reply, err := c.Handle(t.Context(), &op.Request{
			Method: http.MethodPost, URI: "/onvif/device_service", Secure: true,
			Header: http.Header{"Authorization": {"Bearer " + token}}, Body: []byte(cameratest.Envelope("", "<tds:GetUsers/>")),
		})
		if err != nil || reply.Status != s.status {
			t.Errorf("step %d: %v, status %d, want %d", i, err, reply.Status, s.status)
		}
	}
}

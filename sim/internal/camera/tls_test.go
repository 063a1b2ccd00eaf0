package camera_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/tpm"
	"github.com/golang-jwt/jwt/v5"
)

// host starts what runs TPMs.
func host(t *testing.T) *tpm.Host {
	t.Helper()
	h, err := tpm.StartHost(t.Context(), tpm.HostConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// keys edits the keystore.
func keys(t *testing.T, c *cameratest.Camera, f func(*keystore.Section) error) {
	t.Helper()
	if err := c.State.Update(func(tx *state.Tx) error { return f(tx.Keystore()) }); err != nil {
		t.Fatal(err)
	}
}

// shake does a handshake and returns what came of it.
func shake(c *cameratest.Camera, name device.ProtocolName, change func(*tls.Config)) (tls.ConnectionState, error) {
	config := c.TLS()
	config.InsecureSkipVerify = true // the path under test may be that of no server
	if change != nil {
		change(config)
	}
	conn, err := tls.Dial("tcp", c.Addresses[name], config)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	return conn.ConnectionState(), nil
}

// TestHandshakesFollowTheKeystore: the next one shows the path assigned last,
// connections go on (Security 5.3).
func TestHandshakesFollowTheKeystore(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Listen: true, Host: host(t)})
	keystoreOf := func() *keystore.Section { return c.State.View().Keystore }
	shows := func(id string) {
		t.Helper()
		chain, _, err := keystoreOf().Chain(id)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []device.ProtocolName{device.HTTPS, device.RTSPS} {
			s, err := shake(c, name, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got [][]byte
			for _, cert := range s.PeerCertificates {
				got = append(got, cert.Raw)
			}
			if !slices.EqualFunc(got, chain, slices.Equal) {
				t.Errorf("%s: %d certificates of %s, want the path %s", name, len(got), s.PeerCertificates[0].Subject, id)
			}
		}
	}
	client := c.Client(t)
	ask := func() *http.Response {
		t.Helper()
		resp, _ := cameratest.Do(t, client, http.MethodPost, c.URL(true, "/onvif/device_service"), "", []byte(cameratest.Envelope("", getHostname)))
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("GetHostname: %d", resp.StatusCode)
		}
		return resp
	}
	first := ask()
	server := keystoreOf().TLS.Paths[0]
	shows(server)
	keys(t, c, func(k *keystore.Section) error { return k.ReplaceServerPath(server, k.DeviceIdentity) })
	shows(keystoreOf().DeviceIdentity)
	if again := ask(); !slices.Equal(again.TLS.PeerCertificates[0].Raw, first.TLS.PeerCertificates[0].Raw) {
		t.Error("the connection did not go on")
	}
	keys(t, c, func(k *keystore.Section) error { return k.ReplaceServerPath(k.DeviceIdentity, server) })
	shows(server)
	keys(t, c, func(k *keystore.Section) error { return k.RemoveServerPath(server, false) })
	if _, err := shake(c, device.HTTPS, nil); err == nil {
		t.Error("a handshake without a certificate")
	}
	keys(t, c, func(k *keystore.Section) error { return k.AssignServerPath(server) })
	shows(server)
}

// TestEnabledVersionsAreEnforced on the wire (Security 5.3.3.13).
func TestEnabledVersionsAreEnforced(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Listen: true, Host: host(t)})
	for _, enabled := range [][]string{{"1.2"}, {"1.3"}, {"1.2", "1.3"}} {
		keys(t, c, func(k *keystore.Section) error { return k.SetEnabledTLSVersions(enabled) })
		for text, version := range map[string]uint16{"1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
			for _, name := range []device.ProtocolName{device.HTTPS, device.RTSPS} {
				s, err := shake(c, name, func(c *tls.Config) { c.MinVersion, c.MaxVersion = version, version })
				if on := slices.Contains(enabled, text); on != (err == nil) || on && s.Version != version {
					t.Errorf("%v enabled, %s over %s: %v", enabled, text, name, err)
				}
			}
		}
	}
}

func TestKeysOutliveAReboot(t *testing.T) {
	t.Parallel()
	var d diary
	c := cameratest.New(t, cameratest.Config{Listen: true, Host: host(t), Status: d.enter})
	before, err := shake(c, device.HTTPS, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Reboot()
	c.Until(time.Second, d.at(camera.Running, 2))
	after, err := shake(c, device.HTTPS, nil)
	if err != nil || !slices.Equal(before.PeerCertificates[0].Raw, after.PeerCertificates[0].Raw) {
		t.Errorf("after the reboot: %v", err)
	}
}

// issuer is a token issuer that the factory's JWT configuration trusts.
func issuer(t *testing.T) (auth.KeySource, func(audience string) string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	const name = "https://issuer.example"
	return auth.StaticKeys{{Issuer: name, ID: "1", Public: key.Public()}}, func(audience string) string {
		token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
			"iss": name, "aud": audience, "sub": "somebody", "roles": []string{"onvif:User"},
			"iat": cameratest.Start().Unix(), "nbf": cameratest.Start().Unix(), "exp": cameratest.Start().Add(time.Hour).Unix(),
		})
		token.Header["kid"] = "1"
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
}

// TestTokensFollowTheJWTConfiguration: what SetJWT changes counts at the next
// request, for SOAP and for snapshots.
func TestTokensFollowTheJWTConfiguration(t *testing.T) {
	t.Parallel()
	source, mint := issuer(t)
	c := cameratest.New(t, cameratest.Config{Listen: true, Host: host(t), Issuers: source})
	client := c.Client(t)
	ask := func(audience string) (statuses [2]int, challenges string) {
		t.Helper()
		for i, path := range []string{"/onvif/device_service", "/snapshot/sub.jpg"} {
			method, body := http.MethodPost, cameratest.Envelope("", "<tds:GetDNS/>")
			if i == 1 {
				method, body = http.MethodGet, ""
			}
			req, err := http.NewRequestWithContext(t.Context(), method, c.URL(true, path), strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if audience != "" {
				req.Header.Set("Authorization", "Bearer "+mint(audience))
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			statuses[i], challenges = resp.StatusCode, strings.Join(resp.Header.Values("WWW-Authenticate"), "\n")
		}
		return statuses, challenges
	}
	own := c.State.View().Device.Identity.EndpointReference()
	for _, step := range []struct {
		what, audience string
		change         func(*keystore.Section) error
		status         int
		bearer         bool // offered
	}{
		{"of the factory", camera.Audience, nil, 200, true},
		{"to the camera itself", own, nil, 200, true},
		{"to another", "another", nil, 401, true},
		{"none", "", nil, 401, true},
		{"audience added", "another", func(k *keystore.Section) error {
			j := k.JWT
			j.Audiences = []string{"another"}
			return k.SetJWT(j)
		}, 200, true},
		{"audience removed", camera.Audience, nil, 401, true},
		{"to the camera itself, which is not listed", own, nil, 401, true},
		{"issuer removed", "another", func(k *keystore.Section) error { return k.SetJWT(keystore.JWT{Audiences: []string{"another"}}) }, 401, false},
		{"issuer back", "another", func(k *keystore.Section) error {
			return k.SetJWT(keystore.JWT{Audiences: []string{"another"}, TrustedIssuers: []string{"https://issuer.example"}})
		}, 200, true},
	} {
		if step.change != nil {
			keys(t, c, step.change)
		}
		statuses, challenges := ask(step.audience)
		if statuses != [2]int{step.status, step.status} {
			t.Errorf("%s: %v, want %d", step.what, statuses, step.status)
		}
		if step.status == 401 && strings.Contains(challenges, "Bearer ") != step.bearer {
			t.Errorf("%s: challenges %q", step.what, challenges)
		}
	}
}

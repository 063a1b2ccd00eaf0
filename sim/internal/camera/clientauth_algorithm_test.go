package camera_test

import (
	"crypto/tls"
	"net/http"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/state"
)

// TestClientsOfOtherAlgorithmsAreRefused: a camera that does not take a
// signature algorithm does not take it of a client either.
func TestClientsOfOtherAlgorithmsAreRefused(t *testing.T) {
	t.Parallel()
	c := newClients(t)
	c.policy(t)
	own := c.certificate(t, c.root, "good", nil)
	const sha256RSA, sha256ECDSA = "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"
	for name, tc := range map[string]struct {
		algorithms []string
		status     int
	}{
		"all of them":   {keystore.SignatureAlgorithms(), http.StatusOK},
		"its algorithm": {[]string{sha256ECDSA}, http.StatusOK},
		"another":       {[]string{sha256RSA}, 0},
	} {
		err := c.State.Update(func(tx *state.Tx) error { tx.Keystore().Abilities.SignatureAlgorithms = tc.algorithms; return nil })
		if err != nil {
			t.Fatal(err)
		}
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			if status := c.ask(t, device.HTTPS, version, own, soapRequest(getHostname)); status != tc.status {
				t.Errorf("%s, TLS %x: status %d, want %d", name, version, status, tc.status)
			}
		}
	}
}

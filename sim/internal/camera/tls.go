package camera

import (
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/state"
)

// errNoCertificate says that no certification path is assigned to the server.
var errNoCertificate = errors.New("no certification path is assigned to the TLS server")

// tlsServer is the camera's TLS server configuration, made anew when the
// keystore changes: handshakes after a change use the new one, connections go
// on (Security 5.3).
type tlsServer struct {
	state *state.Camera
	open  func(keystore.Key) (crypto.Signer, error)
	clock clock.Clock // the camera's own

	mu     sync.Mutex
	of     *keystore.Section
	config *tls.Config
	err    error
}

// Config is for listeners; what it says follows the keystore.
func (t *tlsServer) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, DynamicRecordSizingDisabled: true,
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			c, err := t.current()
			if err != nil {
				return nil, err
			}
			return narrow(c, t.state.View().Keystore.TLS.Enabled, hello.SupportedVersions)
		},
	}
}

// current returns the configuration of the keystore as it is.
func (t *tlsServer) current() (*tls.Config, error) {
	keys := t.state.View().Keystore
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of != keys {
		t.of = keys
		t.config, t.err = t.make(keys)
	}
	return t.config, t.err
}

func (t *tlsServer) make(keys *keystore.Section) (*tls.Config, error) {
	c := &tls.Config{
		Time:       t.clock.Now, // session tickets grow old by the camera's own clock
		NextProtos: []string{"http/1.1"}, DynamicRecordSizingDisabled: true,
		MinVersion: tls.VersionTLS13, MaxVersion: tls.VersionTLS12, CipherSuites: suites(),
	}
	for _, v := range keys.TLS.Enabled {
		n, err := version(v)
		if err != nil {
			return nil, err
		}
		c.MinVersion, c.MaxVersion = min(c.MinVersion, n), max(c.MaxVersion, n)
	}
	for _, id := range keys.TLS.Paths {
		chain, key, err := keys.Chain(id)
		if err != nil {
			return nil, err
		}
		signer, err := t.open(key)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", key.ID, err)
		}
		leaf, err := x509.ParseCertificate(chain[0])
		if err != nil {
			return nil, fmt.Errorf("certification path %q: %w", id, err)
		}
		c.Certificates = append(c.Certificates, tls.Certificate{Certificate: chain, PrivateKey: signer, Leaf: leaf})
	}
	if len(c.Certificates) == 0 {
		return nil, errNoCertificate
	}
	if err := newTickets(c); err != nil {
		return nil, err
	}
	if keys.TLS.ClientAuthRequired {
		clients, err := newClientAuth(keys, t.clock)
		if err != nil {
			return nil, err
		}
		clients.require(c)
	}
	return c, nil
}

// newTickets makes the session tickets of earlier configurations worthless: who
// comes back after a change gets a full handshake and sees the path that is
// assigned now.
func newTickets(c *tls.Config) error {
	var key [32]byte
	if _, err := rand.Read(key[:]); err != nil {
		return err
	}
	c.SetSessionTicketKeys([][32]byte{key})
	return nil
}

// narrow leaves the best version that the server has enabled and the client
// offers, where one between those enabled is not: crypto/tls knows only ranges.
// A client that offers none gets the alert protocol_version (Security 5.3.3.13).
// Below TLS 1.2 it takes other cipher suites.
func narrow(c *tls.Config, enabled []string, offered []uint16) (*tls.Config, error) {
	best := uint16(0)
	for _, v := range enabled {
		n, err := version(v)
		if err != nil {
			return nil, err
		}
		if slices.Contains(offered, n) {
			best = max(best, n)
		}
	}
	if best == 0 {
		best = c.MaxVersion
	}
	gaps := int(c.MaxVersion)-int(c.MinVersion)+1 != len(enabled)
	if !gaps && best >= tls.VersionTLS12 {
		return c, nil
	}
	c = c.Clone()
	c.MinVersion, c.MaxVersion = best, best
	if best < tls.VersionTLS12 {
		c.CipherSuites = oldSuites()
	}
	return c, nil
}

// suites are those of TLS 1.2 in Security 25.06 Annex E. Those of TLS 1.3 are
// there always: Annex E's two and TLS_AES_128_GCM_SHA256, which RFC 8446 9.1
// demands.
func suites() []uint16 {
	return []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
}

// oldSuites are for clients that know neither TLS 1.2 nor 1.3, where a camera
// still serves them: what such clients have of AES (RFC 4492 6, RFC 5246 A.5).
func oldSuites() []uint16 {
	return []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
		tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA,
	}
}

// version reads "1.2" as crypto/tls numbers it.
func version(text string) (uint16, error) {
	switch text {
	case "1.0":
		return tls.VersionTLS10, nil
	case "1.1":
		return tls.VersionTLS11, nil
	case "1.2":
		return tls.VersionTLS12, nil
	case "1.3":
		return tls.VersionTLS13, nil
	}
	return 0, fmt.Errorf("TLS version %q is unknown", text)
}

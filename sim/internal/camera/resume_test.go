package camera_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/state"
)

// returning is a client that comes again with the session ticket it was given.
type returning struct {
	c        *clients
	protocol device.ProtocolName
	config   *tls.Config
}

func (c *clients) returning(protocol device.ProtocolName, version uint16, own *tls.Certificate) returning {
	config := c.TLS()
	config.MinVersion, config.MaxVersion, config.Time = version, version, cameratest.Start
	config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own, nil }
	return returning{c, protocol, config}
}

// come connects and asks; whether it was answered, and on the session of the
// time before.
func (r returning) come(t *testing.T) (served, resumed bool) {
	t.Helper()
	conn, err := tls.Dial("tcp", r.c.Addresses[r.protocol], r.config)
	if err != nil {
		return false, false
	}
	defer conn.Close() //nolint:errcheck // it is over
	request := options
	if r.protocol == device.HTTPS {
		request = soapRequest(getHostname)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		return false, false
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return err == nil && strings.Contains(line, " 200 "), conn.ConnectionState().DidResume
}

// TestResumedSessionsAreCheckedAgain: a ticket is no way around a certificate
// that is not valid any more, for what has changed in the keystore or because
// its time is over (Security 5.3.2).
func TestResumedSessionsAreCheckedAgain(t *testing.T) {
	t.Parallel()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, protocol := range secureDoors() {
			t.Run(tls.VersionName(version)+" "+string(protocol), func(t *testing.T) {
				t.Parallel()
				c := newClients(t)
				lasting, revoked := c.certificate(t, c.root, "lasting", nil), c.certificate(t, c.root, "revoked", nil)
				c.policy(t)
				first, second := c.returning(protocol, version, lasting), c.returning(protocol, version, revoked)
				for n, want := range []bool{false, true, true} {
					for name, r := range map[string]returning{"lasting": first, "revoked": second} {
						if served, resumed := r.come(t); !served || resumed != want {
							t.Fatalf("%s, time %d: served %v, resumed %v", name, n, served, resumed)
						}
					}
				}
				c.revoke(t, revoked)
				if served, _ := second.come(t); served {
					t.Error("a revoked certificate comes in by its ticket")
				}
				if served, resumed := first.come(t); !served || resumed {
					t.Errorf("the other, after the change: served %v, resumed %v", served, resumed)
				}
				if served, resumed := first.come(t); !served || !resumed {
					t.Errorf("the other, after that: served %v, resumed %v", served, resumed)
				}
				c.Clock.Advance(2 * time.Hour)
				if served, _ := first.come(t); served {
					t.Error("an expired certificate comes in by its ticket")
				}
			})
		}
	}
}

// revoke puts a certificate of the root on a revocation list of the camera.
func (c *clients) revoke(t *testing.T, own *tls.Certificate) {
	t.Helper()
	leaf, err := x509.ParseCertificate(own.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	list, err := x509.CreateRevocationList(c.random, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: cameratest.Start().Add(-time.Hour), NextUpdate: cameratest.Start().Add(24 * time.Hour),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: leaf.SerialNumber, RevocationTime: cameratest.Start().Add(-time.Hour)}},
	}, c.root.Certificate, c.root.Key)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.State.Update(func(tx *state.Tx) error { _, err := tx.Keystore().AddCRL(list, "", tx.Random()); return err }); err != nil {
		t.Fatal(err)
	}
}

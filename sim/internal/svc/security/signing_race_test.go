package security_test

import (
	"crypto/x509"
	"encoding/base64"
	"sync"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/state"
)

// A TPM that is making a key is busy for seconds: what only signs must not hold
// the camera's one writer meanwhile, nor wait for it.
func TestRequestsAreSignedWhileAChangeIsUnderWay(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	id := working(t, c)["ec"]
	if err := c.State.Update(func(*state.Tx) error {
		if a := c.As(t, "admin", csr(id, commonName("camera"), "", withECDSA)); a.Fault != "" {
			t.Errorf("fault %q\n%s", a.Fault, a.Body)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// SEC-148: the serial numbers of one subject are unique, also of certificates
// that are made at the same time.
func TestSelfSignedCertificatesOfOneMomentHaveTheirOwnNumbers(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	id := working(t, c)["ec"]
	before := len(c.State.View().Keystore.Certificates)
	const many = 12
	start := make(chan struct{})
	var wg sync.WaitGroup
	for range many {
		wg.Go(func() {
			<-start
			if a := c.As(t, "admin", selfSigned("", commonName("camera"), id, "", withECDSA, "")); a.Fault != "" {
				t.Errorf("fault %q\n%s", a.Fault, a.Body)
			}
		})
	}
	close(start)
	wg.Wait()
	made := c.State.View().Keystore.Certificates[before:]
	numbers := map[string]bool{}
	for _, cert := range made {
		parsed, err := x509.ParseCertificate(cert.DER)
		if err != nil {
			t.Fatal(err)
		}
		numbers[parsed.SerialNumber.String()] = true
	}
	if len(made) != many || len(numbers) != many {
		t.Errorf("%d certificates with %d serial numbers, want %d of each", len(made), len(numbers), many)
	}
}

// Security 5.2.4: a key that was deleted while it signed gets no certificate.
func TestSelfSignedCertificateOfADeletedKeyIsNotStored(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	id := working(t, c)["ec"]
	answers := make(chan cameratest.Answer, 2)
	if err := c.State.Update(func(tx *state.Tx) error { // which holds up the storing, and not the signing
		go func() { answers <- c.As(t, "admin", selfSigned("", commonName("camera"), id, "", withECDSA, "")) }()
		return tx.Keystore().DeleteKey(id)
	}); err != nil {
		t.Fatal(err)
	}
	if a := <-answers; a.Fault != arg+"/ter:KeyID" {
		t.Errorf("fault %q\n%s", a.Fault, a.Body)
	}
	for _, cert := range c.State.View().Keystore.Certificates {
		if cert.KeyID == id {
			t.Errorf("certificate %s is for a key that is gone: %s", cert.ID, base64.StdEncoding.EncodeToString(cert.DER))
		}
	}
}

//go:build cgo && linux

package security_test

import (
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/tpm"
)

// TestKeysAreSecurelyStoredWhereTheTPMHoldsThem makes keys with an emulated TPM:
// what it cannot hold lies encrypted in the state, and works as well.
func TestKeysAreSecurelyStoredWhereTheTPMHoldsThem(t *testing.T) {
	t.Parallel()
	host, err := tpm.StartHost(t.Context(), tpm.HostConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(); err != nil {
			t.Error(err)
		}
	})
	c := cameratest.New(t, cameratest.Config{Host: host, Clock: clock.Real()})
	done := make(chan keystore.Key, 8)
	cancel := c.State.Watch(func(before, after *state.Tree) {
		for _, k := range after.Keystore.Keys {
			if old, err := before.Keystore.Key(k.ID); err == nil && old.Status != k.Status {
				done <- k
			}
		}
	})
	defer cancel()
	for _, body := range []string{createECC("secp256r1"), createRSA(2048), createRSA(3072)} {
		id, _ := start(t, c, body)
		k := <-done
		if k.ID != id || k.Status != keystore.StatusOK {
			t.Fatalf("%s: key %s is %s, asked for %s", body, k.ID, k.Status, id)
		}
		own := "./KeyAttribute[KeyID='" + id + "']/securelyStored"
		held := map[bool]string{true: "true", false: "false"}[c.TPM.Supports(tpm.KeySpec{Algorithm: algorithm(k), Bits: k.Bits})]
		if got := c.As(t, "admin", "<tas:GetAllKeys/>").Text(own); got != held {
			t.Errorf("%s: securelyStored is %s, want %s", body, got, held)
		}
		if _, err := c.Signer(k); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestUploadedKeysGoIntoTheTPMThatHoldsThem and sign there: requests, with
// every algorithm of the capabilities.
func TestUploadedKeysGoIntoTheTPMThatHoldsThem(t *testing.T) {
	t.Parallel()
	host, err := tpm.StartHost(t.Context(), tpm.HostConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(); err != nil {
			t.Error(err)
		}
	})
	c := cameratest.New(t, cameratest.Config{Host: host})
	f := newFiles(t)
	f.key("rsa", rsaBits("2048")...)
	f.key("ec", curve("P-256")...)
	ids := map[string]string{}
	for _, name := range []string{"rsa", "ec"} {
		id := c.As(t, "admin", pkcs8(f.in(name), "")).Text("./KeyID")
		k, err := c.State.View().Keystore.Key(id)
		if err != nil {
			t.Fatal(err)
		}
		if held := c.TPM.Supports(tpm.KeySpec{Algorithm: algorithm(k), Bits: k.Bits}); k.SecurelyStored() != held {
			t.Errorf("%s: securely stored %v, want %v", name, k.SecurelyStored(), held)
		}
		ids[name] = id
	}
	for _, oid := range keystore.SignatureAlgorithms() {
		id := ids["rsa"]
		if strings.HasPrefix(oid, "1.2.840.10045.") {
			id = ids["ec"]
		}
		a := c.As(t, "admin", csr(id, commonName("camera"), "", oid))
		if a.Fault != "" {
			t.Errorf("%s: %s", oid, a.Body)
			continue
		}
		openssl(t, "req", "-in", der(t, "CERTIFICATE REQUEST", a.Text("./PKCS10CSR")), "-verify", "-noout")
	}
}

func algorithm(k keystore.Key) tpm.Algorithm {
	if k.Algorithm == keystore.RSA {
		return tpm.RSA
	}
	return tpm.ECDSA
}

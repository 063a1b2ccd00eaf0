package factory_test

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/factory"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/seed"
)

func TestSoftwareKeysSignAndAreNotSecurelyStored(t *testing.T) {
	t.Parallel()
	for _, spec := range []keystore.Spec{
		{Algorithm: keystore.ECDSA, Bits: 256}, {Algorithm: keystore.ECDSA, Bits: 384},
		{Algorithm: keystore.ECDSA, Bits: 521}, {Algorithm: keystore.RSA, Bits: 2048},
	} {
		blob, public, err := factory.Software(seed.New(1).Stream("key")).CreateKey(spec)
		if err != nil {
			t.Fatalf("%v: %v", spec, err)
		}
		key := keystore.Key{Status: keystore.StatusOK, Blob: blob}
		if !key.HasPrivateKey() || key.SecurelyStored() {
			t.Errorf("%v: private %v, securely stored %v", spec, key.HasPrivateKey(), key.SecurelyStored())
		}
		signer, err := factory.OpenSoftware(blob)
		if err != nil {
			t.Fatalf("%v: %v", spec, err)
		}
		if !public.(interface{ Equal(crypto.PublicKey) bool }).Equal(signer.Public()) {
			t.Errorf("%v: another key came back", spec)
		}
		sum := sha256.Sum256([]byte("x"))
		if _, err := signer.Sign(rand.Reader, sum[:], crypto.SHA256); err != nil {
			t.Errorf("%v: %v", spec, err)
		}
	}
	if _, _, err := factory.Software(seed.New(1).Stream("key")).CreateKey(keystore.Spec{Algorithm: keystore.RSA, Bits: 1024}); !errors.Is(err, keystore.ErrPublicKey) {
		t.Errorf("RSA-1024: %v", err)
	}
}

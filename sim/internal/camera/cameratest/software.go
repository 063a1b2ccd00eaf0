package cameratest

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
)

// software stands in for a TPM in the factory: it makes keys and forgets them.
type software struct{ random *seed.Stream }

// CreateKey makes a key pair, of which only the public half remains.
func (s *software) CreateKey(k keystore.Spec) (keystore.Blob, crypto.PublicKey, error) {
	var key crypto.Signer
	var err error
	if k.Algorithm == keystore.RSA {
		key, err = rsa.GenerateKey(s.random, k.Bits)
	} else {
		key, err = pki.NewKey(s.random)
	}
	if err != nil {
		return keystore.Blob{}, nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	return keystore.Blob{Public: der, Private: []byte("forgotten")}, key.Public(), err
}

// EK returns the public half of an endorsement key.
func (s *software) EK() (crypto.PublicKey, error) {
	key, err := pki.NewKey(s.random)
	if err != nil {
		return nil, err
	}
	return key.Public(), nil
}

// WriteNV forgets the data.
func (s *software) WriteNV(uint32, []byte) error { return nil }

package factory

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"github.com/camfleet/camfleet/sim/internal/keystore"
)

// errNoTPM says that software keys have no endorsement key and no NV memory.
var errNoTPM = errors.New("the camera has no TPM")

// Software makes keys without a TPM: they lie in the state as PKCS #8 and
// securelyStored is false. ECDSA keys follow from random; RSA keys are always
// new, since Go's generator takes no randomness from outside. Cameras made with
// it need [Spec].OwnEK.
func Software(random io.Reader) TPM { return software{random} }

type software struct{ random io.Reader }

func (s software) CreateKey(spec keystore.Spec) (keystore.Blob, crypto.PublicKey, error) {
	key, err := s.key(spec)
	if err != nil {
		return keystore.Blob{}, nil, fmt.Errorf("%s key of %d bits: %w", spec.Algorithm, spec.Bits, err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return keystore.Blob{Software: der}, key.Public(), err
}

func (s software) key(spec keystore.Spec) (crypto.Signer, error) {
	switch spec {
	case keystore.Spec{Algorithm: keystore.ECDSA, Bits: 256}:
		return s.ecdsa(elliptic.P256())
	case keystore.Spec{Algorithm: keystore.ECDSA, Bits: 384}:
		return s.ecdsa(elliptic.P384())
	case keystore.Spec{Algorithm: keystore.ECDSA, Bits: 521}:
		return s.ecdsa(elliptic.P521())
	}
	if spec.Algorithm == keystore.RSA && spec.Bits >= 2048 && spec.Bits <= 4096 {
		return rsa.GenerateKey(rand.Reader, spec.Bits)
	}
	return nil, keystore.ErrKeyType
}

// ecdsa draws numbers until one is a private key of the curve.
func (s software) ecdsa(curve elliptic.Curve) (crypto.Signer, error) {
	bits := curve.Params().BitSize
	raw := make([]byte, (bits+7)/8)
	for range 64 {
		if _, err := io.ReadFull(s.random, raw); err != nil {
			return nil, err
		}
		raw[0] &= 0xff >> (8*len(raw) - bits)
		if key, err := ecdsa.ParseRawPrivateKey(curve, raw); err == nil {
			return key, nil
		}
	}
	return nil, errors.New("the random source gives no number in range")
}

func (software) EK() (crypto.PublicKey, error) { return nil, errNoTPM }

func (software) WriteNV(uint32, []byte) error { return errNoTPM }

// OpenSoftware opens a key that [Software] made.
func OpenSoftware(b keystore.Blob) (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(b.Software)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, keystore.ErrKeyType
	}
	return signer, nil
}

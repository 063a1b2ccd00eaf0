package vault

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"io"

	"github.com/camfleet/camfleet/sim/internal/keystore"
)

// Generate makes a key pair in software. ECDSA keys follow from random; RSA
// keys are always new, since Go's generator takes no randomness from outside.
// Errors: keystore.ErrPublicKey.
func Generate(spec keystore.Spec, random io.Reader) (crypto.Signer, error) {
	switch spec {
	case keystore.Spec{Algorithm: keystore.ECDSA, Bits: 256}:
		return generateECDSA(elliptic.P256(), random)
	case keystore.Spec{Algorithm: keystore.ECDSA, Bits: 384}:
		return generateECDSA(elliptic.P384(), random)
	case keystore.Spec{Algorithm: keystore.ECDSA, Bits: 521}:
		return generateECDSA(elliptic.P521(), random)
	}
	if spec.Algorithm == keystore.RSA && spec.Bits >= 2048 && spec.Bits <= 4096 {
		return rsa.GenerateKey(rand.Reader, spec.Bits)
	}
	return nil, keystore.ErrPublicKey
}

// generateECDSA draws numbers until one is a private key of the curve.
func generateECDSA(curve elliptic.Curve, random io.Reader) (crypto.Signer, error) {
	bits := curve.Params().BitSize
	raw := make([]byte, (bits+7)/8)
	for range 64 {
		if _, err := io.ReadFull(random, raw); err != nil {
			return nil, err
		}
		raw[0] &= 0xff >> (8*len(raw) - bits)
		if key, err := ecdsa.ParseRawPrivateKey(curve, raw); err == nil {
			return key, nil
		}
	}
	return nil, errors.New("the random source gives no number in range")
}

package vault

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/tpm"
)

// Made is a new private key on its way into a keystore; see [Vault.Keep].
type Made struct {
	Public crypto.PublicKey
	blob   keystore.Blob
	pkcs8  []byte // where the TPM does not hold it; a secret
}

// Make makes a key: in the TPM if that can hold it, else in software, of random
// (see [Generate]). It may take seconds. Errors: keystore.ErrPublicKey, those of the TPM and of ctx,
// which is asked before and after.
func (v *Vault) Make(ctx context.Context, spec keystore.Spec, random io.Reader) (*Made, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	start := v.config.Clock.Now()
	m, err := v.make(spec, random)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("%s key of %d bits: %w", spec.Algorithm, spec.Bits, err)
	}
	v.config.Estimates.add(spec, v.config.Clock.Now().Sub(start))
	return m, nil
}

func (v *Vault) make(spec keystore.Spec, random io.Reader) (*Made, error) {
	if v.Holds(spec) {
		of, err := tpmSpec(spec)
		if err != nil {
			return nil, err
		}
		blob, err := v.config.TPM.CreateKey(of)
		if err != nil {
			return nil, err
		}
		public, err := blob.PublicKey()
		return &Made{Public: public, blob: wrapped(blob)}, err
	}
	key, err := Generate(spec, random)
	if err != nil {
		return nil, err
	}
	return software(key)
}

// Import brings a private key from outside: into the TPM if that can hold it.
// Errors: keystore.ErrPublicKey (a kind no keystore holds),
// keystore.ErrKeyMismatch (its halves do not belong together), those of the
// TPM.
func (v *Vault) Import(private crypto.PrivateKey) (*Made, error) {
	key, err := consistent(private)
	if err != nil {
		return nil, err
	}
	spec, _, err := keystore.Describe(key.Public())
	if err != nil {
		return nil, err
	}
	if !v.Holds(spec) {
		return software(key)
	}
	blob, err := v.config.TPM.ImportKey(private)
	switch {
	case errors.Is(err, tpm.ErrUnsupportedKey): // of that size, but not like that: an exponent, the primes
		return software(key)
	case errors.Is(err, tpm.ErrInvalidKey):
		return nil, fmt.Errorf("%w: %w", keystore.ErrKeyMismatch, err)
	case err != nil:
		return nil, err
	}
	return &Made{Public: key.Public(), blob: wrapped(blob)}, nil
}

// Keep returns what a keystore stores of a key; s, a private copy, gets a root
// key if it needs one and has none.
func (v *Vault) Keep(s *keystore.Section, m *Made) (keystore.Blob, error) {
	if m.pkcs8 == nil {
		return m.blob, nil
	}
	sealed, err := v.Seal(s, PrivateKey, m.pkcs8)
	return keystore.Blob{Sealed: sealed}, err
}

// Holds reports whether keys of this kind go into the TPM.
func (v *Vault) Holds(spec keystore.Spec) bool {
	of, err := tpmSpec(spec)
	return err == nil && v.config.TPM.Supports(of)
}

// consistent checks that the halves of a private key belong together.
func consistent(private crypto.PrivateKey) (crypto.Signer, error) {
	switch k := private.(type) {
	case *rsa.PrivateKey:
		if err := k.Validate(); err != nil {
			return nil, fmt.Errorf("%w: %w", keystore.ErrKeyMismatch, err)
		}
		return k, nil
	case *ecdsa.PrivateKey:
		raw, err := k.Bytes()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", keystore.ErrKeyMismatch, err)
		}
		same, err := ecdsa.ParseRawPrivateKey(k.Curve, raw)
		if err != nil || !same.PublicKey.Equal(&k.PublicKey) {
			return nil, fmt.Errorf("ECDSA key: %w", keystore.ErrKeyMismatch)
		}
		return k, nil
	}
	return nil, fmt.Errorf("%T: %w", private, keystore.ErrPublicKey)
}

func software(key crypto.Signer) (*Made, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return &Made{Public: key.Public(), pkcs8: der}, err
}

func wrapped(b tpm.Blob) keystore.Blob { return keystore.Blob{Public: b.Public, Private: b.Private} }

// tpmSpec says in the TPM's words what key a keystore wants.
func tpmSpec(s keystore.Spec) (tpm.KeySpec, error) {
	switch s.Algorithm {
	case keystore.RSA:
		return tpm.KeySpec{Algorithm: tpm.RSA, Bits: s.Bits}, nil
	case keystore.ECDSA:
		return tpm.KeySpec{Algorithm: tpm.ECDSA, Bits: s.Bits}, nil
	}
	return tpm.KeySpec{}, fmt.Errorf("algorithm %.16q: %w", string(s.Algorithm), keystore.ErrPublicKey)
}

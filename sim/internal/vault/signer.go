package vault

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/tpm"
)

// Signer opens the private half of a key where it is kept, for crypto/tls and
// crypto/x509. Errors: keystore.ErrNoPrivateKey, ErrSealed, ErrMismatch, those
// of the TPM.
func (v *Vault) Signer(s *keystore.Section, k keystore.Key) (crypto.Signer, error) {
	signer, err := v.signer(s, k)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", k.ID, err)
	}
	_, spki, err := keystore.Describe(signer.Public())
	if err != nil || !bytes.Equal(spki, k.Public) {
		return nil, fmt.Errorf("key %q: %w", k.ID, ErrMismatch)
	}
	return signer, nil
}

func (v *Vault) signer(s *keystore.Section, k keystore.Key) (crypto.Signer, error) {
	switch {
	case !k.HasPrivateKey():
		return nil, keystore.ErrNoPrivateKey
	case len(k.Blob.Private) > 0:
		key, err := v.config.TPM.Key(tpm.Blob{Public: k.Blob.Public, Private: k.Blob.Private})
		if err != nil {
			return nil, err
		}
		if decrypter, ok := key.RSA(); ok {
			return decrypter, nil
		}
		return key, nil
	case len(k.Blob.Software) > 0:
		return parse(k.Blob.Software)
	}
	der, err := v.Open(s, PrivateKey, k.Blob.Sealed)
	if err != nil {
		return nil, err
	}
	return parse(der)
}

// parse reads a private key; its errors tell nothing of it.
func parse(pkcs8 []byte) (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		return nil, fmt.Errorf("%w: no private key inside", ErrSealed)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%w: %T inside", ErrSealed, key)
	}
	return signer, nil
}

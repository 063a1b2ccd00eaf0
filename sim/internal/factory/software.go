package factory

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/vault"
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
	key, err := vault.Generate(spec, s.random)
	if err != nil {
		return keystore.Blob{}, nil, fmt.Errorf("%s key of %d bits: %w", spec.Algorithm, spec.Bits, err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return keystore.Blob{Software: der}, key.Public(), err
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

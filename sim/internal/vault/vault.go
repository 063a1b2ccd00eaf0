// Package vault keeps a camera's private keys and secrets. Keys that its TPM
// can hold are made in it or brought into it and never leave it. The others,
// passphrases and client secrets lie in the state encrypted with AES-256-GCM,
// under a key that the TPM sealed; a camera without TPM has that key in the
// clear, as such cameras do.
//
// A [Vault] holds nothing of its own: what it makes goes into the
// keystore.Section of the camera's state.
package vault

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/tpm"
)

// TPM is what a vault asks of a camera's TPM; *tpm.TPM is one.
type TPM interface {
	io.Reader // random numbers
	Supports(tpm.KeySpec) bool
	CreateKey(tpm.KeySpec) (tpm.Blob, error)
	ImportKey(crypto.PrivateKey) (tpm.Blob, error)
	Key(tpm.Blob) (*tpm.Key, error)
	Seal(data []byte) (tpm.Blob, error)
	Unseal(tpm.Blob) ([]byte, error)
}

var (
	// ErrSealed means that encrypted data is not of this vault and purpose, or
	// damaged.
	ErrSealed = errors.New("not sealed by this camera")
	// ErrSize means that a secret is too long to be encrypted.
	ErrSize = errors.New("too long to be sealed")
	// ErrMismatch means that a key that was opened is not the one it is said
	// to be.
	ErrMismatch = errors.New("the private key is another one's")
)

// Config is what a vault works with.
type Config struct {
	TPM TPM
	// Random makes equal secrets look different, and gives the root key where
	// there is no TPM.
	Random io.Reader
	Clock  clock.Clock // tells how long making keys takes
	// Estimates remembers it; several cameras may share one. Nil: one's own.
	Estimates *Estimates
}

// Vault opens and makes the keys of one camera. It may be used by many
// goroutines.
type Vault struct {
	config Config

	mu  sync.Mutex    // for what follows, and for Config.Random
	of  keystore.Blob // the sealed root key that box was made of
	box *box
}

// New returns the vault of a camera.
func New(c Config) *Vault {
	if c.Estimates == nil {
		c.Estimates = NewEstimates()
	}
	return &Vault{config: c}
}

// Seal encrypts a secret, for storage in s; the purpose is needed to open it.
// s is a private copy: where it has no root key yet, it gets one. Errors:
// ErrSize, those of the TPM.
func (v *Vault) Seal(s *keystore.Section, p Purpose, plain []byte) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if isEmpty(s.Vault) {
		root, err := v.newRoot()
		if err != nil {
			return nil, fmt.Errorf("vault: %w", err)
		}
		s.Vault = root
	}
	b, err := v.open(s.Vault)
	if err != nil {
		return nil, err
	}
	return b.seal(p, plain, v.config.Random)
}

// Open decrypts what Seal gave for the same purpose. Errors: ErrSealed, those
// of the TPM.
func (v *Vault) Open(s *keystore.Section, p Purpose, sealed []byte) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if isEmpty(s.Vault) {
		return nil, fmt.Errorf("%s: %w: there is no vault", p, ErrSealed)
	}
	b, err := v.open(s.Vault)
	if err != nil {
		return nil, err
	}
	return b.open(p, sealed)
}

// Ready reports whether Seal would leave s as it is.
func Ready(s *keystore.Section) bool { return !isEmpty(s.Vault) }

// Sealer is Seal for one section and purpose, as the keystore's rules take it.
func (v *Vault) Sealer(s *keystore.Section, p Purpose) keystore.Seal {
	return func(plain []byte) ([]byte, error) { return v.Seal(s, p, plain) }
}

// newRoot makes a root key and has the TPM seal it.
func (v *Vault) newRoot() (keystore.Blob, error) {
	root := make([]byte, rootSize)
	_, err := io.ReadFull(v.config.TPM, root)
	if err == nil {
		blob, err := v.config.TPM.Seal(root)
		return keystore.Blob{Public: blob.Public, Private: blob.Private}, err
	}
	if !errors.Is(err, tpm.ErrNoTPM) {
		return keystore.Blob{}, err
	}
	if _, err := io.ReadFull(v.config.Random, root); err != nil {
		return keystore.Blob{}, err
	}
	return keystore.Blob{Software: root}, nil
}

// open unseals a root key, once while it stays the same.
func (v *Vault) open(root keystore.Blob) (*box, error) {
	if v.box != nil && equal(v.of, root) {
		return v.box, nil
	}
	plain := root.Software
	if len(root.Private) > 0 {
		var err error
		if plain, err = v.config.TPM.Unseal(tpm.Blob{Public: root.Public, Private: root.Private}); err != nil {
			return nil, fmt.Errorf("vault: %w", err)
		}
	}
	if len(plain) != rootSize {
		return nil, fmt.Errorf("vault: %w: a key of %d bytes", ErrSealed, len(plain))
	}
	b, err := newBox(plain)
	if err != nil {
		return nil, err
	}
	v.of, v.box = root, b
	return b, nil
}

func isEmpty(b keystore.Blob) bool { return len(b.Private) == 0 && len(b.Software) == 0 }

func equal(a, b keystore.Blob) bool {
	return bytes.Equal(a.Private, b.Private) && bytes.Equal(a.Public, b.Public) && bytes.Equal(a.Software, b.Software)
}

package tpm

import (
	"context"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rsa"
	"fmt"

	"github.com/google/go-tpm/tpm2"
)

// Key is a private key in a TPM. It is a crypto.Signer that crypto/tls (1.2
// and 1.3) and crypto/x509 take; [Key.RSA] is one that decrypts too. It may be
// used by many goroutines; its TPM does one operation at a time.
type Key struct {
	tpm        *TPM
	blob       Blob           // nothing for a persistent key
	persistent tpm2.TPMHandle // 0 unless the key is persistent in the TPM
	spec       KeySpec
	public     *public
}

// RSAKey is an RSA key, which decrypts as well as it signs. It is a type of
// its own because crypto/tls takes every crypto.Decrypter for an RSA key.
type RSAKey struct{ *Key }

var (
	_ crypto.Signer    = (*Key)(nil)
	_ crypto.Signer    = RSAKey{}
	_ crypto.Decrypter = RSAKey{}
)

// RSA returns the key as one that decrypts; false if it is not an RSA key.
func (k *Key) RSA() (RSAKey, bool) {
	_, ok := k.rsa()
	return RSAKey{k}, ok
}

// Key returns the key of a blob after the TPM has loaded it once. Errors:
// ErrBlob, ErrForeign, ErrNoTPM, ErrClosed, ErrDead.
func (t *TPM) Key(b Blob) (*Key, error) {
	k, err := t.newKey(b.Public, b)
	if err != nil {
		return nil, fmt.Errorf("TPM key: %w", err)
	}
	if _, err := b.parse(); err != nil {
		return nil, fmt.Errorf("TPM key: %w", err)
	}
	err = t.do(context.Background(), "TPM key", func() error {
		_, err := t.handle(k)
		return err
	})
	if err != nil {
		return nil, err
	}
	return k, nil
}

// newKey returns a key by its public area, which must be one that signs.
func (t *TPM) newKey(area []byte, b Blob) (*Key, error) {
	p, err := parsePublic(area)
	if err != nil {
		return nil, err
	}
	spec, ok := specOf(p.key)
	if !ok {
		return nil, fmt.Errorf("%w: it is no key", ErrBlob)
	}
	return &Key{tpm: t, blob: b, spec: spec, public: p}, nil
}

// Public returns an *rsa.PublicKey or *ecdsa.PublicKey.
func (k *Key) Public() crypto.PublicKey { return k.public.key }

// Spec returns the kind and size of the key.
func (k *Key) Spec() KeySpec { return k.spec }

// Blob returns the blob the key was loaded from; nothing for a persistent key.
func (k *Key) Blob() Blob { return k.blob }

// String names the kind of key and never what is secret.
func (k *Key) String() string { return "TPM key " + k.spec.String() }

// use runs f with the key's handle.
func (k *Key) use(op string, f func(handle tpm2.TPMHandle) error) error {
	return k.tpm.do(context.Background(), op, func() error {
		handle, err := k.tpm.handle(k)
		if err != nil {
			return err
		}
		return f(handle)
	})
}

// ECDH returns the x coordinate of the product of the private key and a point
// of its curve, as crypto/ecdh does. TPM2_ECDH_ZGen, Part 3, 14.5.
func (k *Key) ECDH(remote *ecdh.PublicKey) (secret []byte, err error) {
	const op = "TPM ECDH"
	own, ok := k.public.key.(*ecdsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%s: %w: an RSA key agrees on nothing", op, ErrUnsupportedScheme)
	}
	same, err := own.ECDH()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if same.Curve() != remote.Curve() {
		return nil, fmt.Errorf("%s: %w: the other key is of another curve", op, ErrInvalidKey)
	}
	point := remote.Bytes() // 4, x, y
	size := len(point) / 2
	sized := newSized(point[1:1+size], point[1+size:])
	err = k.use(op, func(handle tpm2.TPMHandle) error {
		r, err := k.tpm.run(newCommand(tpm2.TPMCCECDHZGen, 1, handle).sized(sized), 0)
		if err != nil {
			return err
		}
		product := &reader{b: r.sized()}
		x := product.sized()
		product.sized()
		if r.done() != nil || product.done() != nil || len(x) > size {
			return fmt.Errorf("%w: malformed point", ErrDead)
		}
		secret = make([]byte, size)
		copy(secret[size-len(x):], x)
		return nil
	})
	return secret, err
}

// newSized returns TPM2Bs one after the other.
func newSized(parts ...[]byte) []byte {
	var c command
	for _, p := range parts {
		c.sized(p)
	}
	return c.b
}

func (k *Key) rsa() (*rsa.PublicKey, bool) {
	p, ok := k.public.key.(*rsa.PublicKey)
	return p, ok
}

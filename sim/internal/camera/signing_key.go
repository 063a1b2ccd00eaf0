package camera

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"fmt"
	"io"
	"sync"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/streams/sign"
)

// identityOf is what a certification path signs media with: its chain
// without root, which SEIs must not hold, and its key, opened when first used.
func (c *Camera) identityOf(s *keystore.Section, path string) (sign.Identity, error) {
	chain, key, err := s.Chain(path)
	if err != nil {
		return sign.Identity{}, err
	}
	public, err := x509.ParsePKIXPublicKey(key.Public)
	if err != nil {
		return sign.Identity{}, fmt.Errorf("key %q: %w", key.ID, err)
	}
	i := sign.Identity{
		Key:  &lateKey{public: public, open: func() (crypto.Signer, error) { return c.Signer(key) }},
		User: path != s.MediaSigning.Factory,
	}
	for n, der := range chain {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return sign.Identity{}, fmt.Errorf("certification path %q: %w", path, err)
		}
		if n == 0 || !bytes.Equal(certificate.RawSubject, certificate.RawIssuer) {
			i.Chain = append(i.Chain, der)
		}
	}
	return i, nil
}

// lateKey is a key that is opened when it first signs, which may take a while.
type lateKey struct {
	public crypto.PublicKey
	open   func() (crypto.Signer, error)

	mu  sync.Mutex
	key crypto.Signer // nil: not open yet
}

// Public returns the public key.
func (k *lateKey) Public() crypto.PublicKey { return k.public }

// Sign signs with the key; see [crypto.Signer].
func (k *lateKey) Sign(random io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.key == nil {
		key, err := k.open()
		if err != nil {
			return nil, err
		}
		k.key = key
	}
	return k.key.Sign(random, digest, o)
}

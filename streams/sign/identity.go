package sign

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// MaxChain is how many certificates a chain may have, the root not among them;
// the reference validator takes no more.
const MaxChain = 4

// Smallest and largest modulus of an RSA key, in bits.
const (
	minRSABits = 2048
	maxRSABits = 4096
)

// ErrIdentity says that a key and its certificates cannot sign a stream.
var ErrIdentity = errors.New("no identity to sign with")

// Identity is a key that signs streams, and the certificates that speak for it.
type Identity struct {
	// Key signs SHA-256 digests: ECDSA on P-256, P-384 or P-521, or RSA of 2048 to
	// 4096 bits, which is asked for PSS with a salt of 32 bytes. It may be slow.
	Key crypto.Signer
	// Chain are the certificates as DER, the one of Key first, each followed by
	// its issuer's, without the root; 1 to MaxChain.
	Chain [][]byte
	// User says that the key was brought by the user, not by the factory.
	User bool
}

// check returns what is wrong with the identity: always an [ErrIdentity].
func (i Identity) check() error {
	if i.Key == nil {
		return fmt.Errorf("%w: no key", ErrIdentity)
	}
	if n := len(i.Chain); n < 1 || n > MaxChain {
		return fmt.Errorf("%w: chain of %d certificates: want 1 to %d", ErrIdentity, n, MaxChain)
	}
	for n, der := range i.Chain {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return fmt.Errorf("%w: certificate %d: %w", ErrIdentity, n, err)
		}
		public, ok := c.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
		if n == 0 && (!ok || !public.Equal(i.Key.Public())) {
			return fmt.Errorf("%w: the first certificate is for another key", ErrIdentity)
		}
	}
	if _, err := signatureSize(i.Key.Public()); err != nil {
		return fmt.Errorf("%w: %w", ErrIdentity, err)
	}
	return nil
}

// pem returns the chain as PEM text.
func (i Identity) pem() []byte {
	var b bytes.Buffer
	for _, der := range i.Chain {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	return b.Bytes()
}

// signatureSize returns the bytes that signatures of a key are padded to: for
// ECDSA two INTEGERs with a leading zero each in a SEQUENCE.
func signatureSize(public crypto.PublicKey) (int, error) {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256():
			return 72, nil
		case elliptic.P384():
			return 104, nil
		case elliptic.P521():
			return 141, nil
		}
		return 0, fmt.Errorf("curve %s", key.Curve.Params().Name)
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return 0, fmt.Errorf("RSA key of %d bits: want %d to %d", bits, minRSABits, maxRSABits)
		}
		return key.Size(), nil
	}
	return 0, fmt.Errorf("key of type %T", public)
}

// signDigest has a SHA-256 digest signed as the specification's signature TLV
// wants it. ECDSA keys in software get no randomness and sign by RFC 6979; the
// salt of PSS is random.
func signDigest(key crypto.Signer, digest []byte) ([]byte, error) {
	if _, ok := key.Public().(*rsa.PublicKey); ok {
		return key.Sign(rand.Reader, digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256})
	}
	return key.Sign(nil, digest, crypto.SHA256)
}

// checkSignature reports whether a signature over a SHA-256 digest is that of a
// public key.
func checkSignature(public crypto.PublicKey, digest, signature []byte) bool {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, digest, signature)
	case *rsa.PublicKey:
		options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto, Hash: crypto.SHA256}
		return rsa.VerifyPSS(key, crypto.SHA256, digest, signature, options) == nil
	}
	return false
}

package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
)

// Purpose says what a sealed secret is for: what was sealed as one thing does
// not open as another.
type Purpose string

// The purposes of sealed secrets.
const (
	PrivateKey   Purpose = "private key"
	Passphrase   Purpose = "passphrase"
	ClientSecret Purpose = "client secret"
	Password     Purpose = "password"
	RemoteUser   Purpose = "remote user"
)

// MaxSecret is the most bytes that are sealed at once; an RSA key of 8192 bits
// needs less than 5000.
const MaxSecret = 1 << 16

const (
	rootSize  = 32 // bytes; fits into what a TPM seals
	nonceSize = 12
	// boxV1 is the first byte of sealed data: AES-256-GCM, the nonce next.
	boxV1 = 1
)

// box encrypts under keys that follow from a root key.
type box struct {
	aead  cipher.AEAD
	nonce []byte // key of the function that makes nonces
}

func newBox(root []byte) (*box, error) {
	key, err := hkdf.Key(sha256.New, root, nil, "camfleet vault: encryption", 32)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, root, nil, "camfleet vault: nonces", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &box{aead, nonce}, err
}

// seal encrypts. The nonce is made of random numbers and of the secret itself:
// cameras of a seed see the same random numbers again after a change that
// failed, or in a restored snapshot, and a nonce must never serve two secrets.
func (b *box) seal(p Purpose, plain []byte, random io.Reader) ([]byte, error) {
	if len(plain) > MaxSecret {
		return nil, fmt.Errorf("%s: %w: %d bytes, at most %d", p, ErrSize, len(plain), MaxSecret)
	}
	salt := make([]byte, 16)
	if _, err := io.ReadFull(random, salt); err != nil {
		return nil, fmt.Errorf("%s: %w", p, err)
	}
	mac := hmac.New(sha256.New, b.nonce)
	for _, part := range [][]byte{salt, {byte(len(p))}, []byte(p), plain} {
		mac.Write(part)
	}
	nonce := mac.Sum(nil)[:nonceSize]
	out := append([]byte{boxV1}, nonce...)
	return b.aead.Seal(out, nonce, plain, []byte(p)), nil
}

func (b *box) open(p Purpose, sealed []byte) ([]byte, error) {
	if len(sealed) < 1+nonceSize || sealed[0] != boxV1 {
		return nil, fmt.Errorf("%s: %w", p, ErrSealed)
	}
	plain, err := b.aead.Open(nil, sealed[1:1+nonceSize], sealed[1+nonceSize:], []byte(p))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p, ErrSealed)
	}
	return plain, nil
}

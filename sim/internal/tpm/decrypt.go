package tpm

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"

	"github.com/google/go-tpm/tpm2"
)

// Decrypt decrypts. opts is an *rsa.OAEPOptions (one hash for
// all, SHA-1 or SHA-2, no label), an *rsa.PKCS1v15DecryptOptions or nil (PKCS
// #1 v1.5). With a SessionKeyLen the result is, in constant time and as
// crypto/rsa has it, a random key if the ciphertext is not good; the reader is
// where it comes from, crypto/rand if nil. Errors: ErrDecryption,
// ErrUnsupportedScheme, ErrClosed, ErrDead. TPM2_RSA_Decrypt, Part 3, 14.3.
func (k RSAKey) Decrypt(random io.Reader, ciphertext []byte, opts crypto.DecrypterOpts) ([]byte, error) {
	const op = "TPM decryption"
	key, _ := k.rsa()
	if len(ciphertext) > key.Size() {
		return nil, fmt.Errorf("%s: %w", op, ErrDecryption)
	}
	switch o := opts.(type) {
	case *rsa.OAEPOptions:
		return k.oaep(op, ciphertext, o)
	case nil:
		return k.pkcs1(op, ciphertext)
	case *rsa.PKCS1v15DecryptOptions: //nolint:staticcheck // deprecated, and what TLS 1.2 and PKCS #7 need
		if o.SessionKeyLen > 0 {
			return k.sessionKey(op, random, ciphertext, o.SessionKeyLen)
		}
		return k.pkcs1(op, ciphertext)
	}
	return nil, fmt.Errorf("%s: %w: options %T", op, ErrUnsupportedScheme, opts)
}

func (k RSAKey) oaep(op string, ciphertext []byte, o *rsa.OAEPOptions) ([]byte, error) {
	hash, ok := hashAlg(o.Hash)
	if !ok || o.MGFHash != 0 && o.MGFHash != o.Hash || len(o.Label) != 0 {
		return nil, fmt.Errorf("%s: %w: OAEP with hash %v, mask hash %v and a label of %d bytes",
			op, ErrUnsupportedScheme, o.Hash, o.MGFHash, len(o.Label))
	}
	return k.rsaDecrypt(op, ciphertext, tpm2.TPMAlgOAEP, hash)
}

func (k RSAKey) pkcs1(op string, ciphertext []byte) ([]byte, error) {
	return k.rsaDecrypt(op, ciphertext, tpm2.TPMAlgRSAES)
}

// rsaDecrypt has the TPM decrypt; scheme is an algorithm and its hash, if it
// has one.
func (k RSAKey) rsaDecrypt(op string, ciphertext []byte, scheme ...tpm2.TPMAlgID) (message []byte, err error) {
	err = k.use(op, func(handle tpm2.TPMHandle) error {
		c := newCommand(tpm2.TPMCCRSADecrypt, 1, handle).sized(ciphertext)
		for _, s := range scheme {
			c.u16(uint16(s))
		}
		r, err := k.tpm.run(c.u16(0), 0) // no label
		if err != nil {
			return meaning(err, rule{tpm2.TPMRCValue, ErrDecryption}, rule{tpm2.TPMRCSize, ErrDecryption}, rule{tpm2.TPMRCFailure, ErrDecryption})
		}
		message = r.sized()
		return r.done()
	})
	return message, err
}

// sessionKey decrypts a session key of a known length so that nobody learns
// from the result or its timing whether the ciphertext was good (RFC 8017,
// 7.2.2; RFC 5246, 7.4.7.1): the TPM takes the private power and the padding
// is looked at here, without branches.
func (k RSAKey) sessionKey(op string, random io.Reader, ciphertext []byte, size int) ([]byte, error) {
	if random == nil {
		random = rand.Reader
	}
	secret := make([]byte, size)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	block, err := k.rsaDecrypt(op, ciphertext, tpm2.TPMAlgNull)
	if err != nil {
		if errors.Is(err, ErrDecryption) {
			return secret, nil // the number was no smaller than the modulus, which everybody can see
		}
		return nil, err
	}
	key, _ := k.rsa()
	if len(block) > key.Size() || key.Size() < size+11 {
		return nil, fmt.Errorf("%s: %w", op, ErrDecryption)
	}
	padded := make([]byte, key.Size())
	copy(padded[len(padded)-len(block):], block)
	subtle.ConstantTimeCopy(paddingIsGood(padded, size), secret, padded[len(padded)-size:])
	return secret, nil
}

// paddingIsGood is 1 if the block is 0, 2, at least 8 bytes other than 0, 0,
// and size bytes; otherwise 0. Its timing depends on the lengths only.
func paddingIsGood(block []byte, size int) int {
	end := len(block) - size - 1
	good := subtle.ConstantTimeByteEq(block[0], 0) & subtle.ConstantTimeByteEq(block[1], 2) & subtle.ConstantTimeByteEq(block[end], 0)
	for _, b := range block[2:end] {
		good &= 1 ^ subtle.ConstantTimeByteEq(b, 0)
	}
	return good
}

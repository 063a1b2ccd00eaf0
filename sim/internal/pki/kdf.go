package pki

import (
	"crypto/pbkdf2"
	"fmt"
	"hash"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/scrypt"
)

// The purposes of a key derived by RFC 7292 appendix B (B.3).
const (
	purposeKey byte = 1
	purposeIV  byte = 2
	purposeMAC byte = 3
)

// pkcs12KDF derives size bytes from a password (a BMPString with its two
// zeros) and a salt: RFC 7292 appendix B.2.
func pkcs12KDF(newHash func() hash.Hash, password, salt []byte, purpose byte, rounds int64, size int) []byte {
	h := newHash()
	v := h.BlockSize()
	diversifier := make([]byte, v)
	for i := range diversifier {
		diversifier[i] = purpose
	}
	input := append(repeated(salt, v), repeated(password, v)...)
	var out, sum []byte
	for {
		h.Reset()
		h.Write(diversifier)
		h.Write(input)
		sum = h.Sum(sum[:0])
		for range rounds - 1 {
			h.Reset()
			h.Write(sum)
			sum = h.Sum(sum[:0])
		}
		out = append(out, sum...)
		if len(out) >= size {
			return out[:size]
		}
		addToBlocks(input, sum, v)
	}
}

// repeated fills whole blocks of v bytes with copies of b; none if b is empty.
func repeated(b []byte, v int) []byte {
	out := make([]byte, (len(b)+v-1)/v*v)
	for i := range out {
		out[i] = b[i%len(b)]
	}
	return out
}

// addToBlocks adds b, repeated to v bytes, and one to each block of v bytes,
// as big-endian numbers modulo 2^(8v).
func addToBlocks(blocks, b []byte, v int) {
	for block := range len(blocks) / v {
		carry := 1
		for i := v - 1; i >= 0; i-- {
			carry += int(blocks[block*v+i]) + int(b[i%len(b)])
			blocks[block*v+i] = byte(carry)
			carry >>= 8
		}
	}
}

// pbkdf1 derives 16 bytes or more (the digest's size): RFC 8018 5.1.
func pbkdf1(newHash func() hash.Hash, password, salt []byte, rounds int64) []byte {
	h := newHash()
	h.Write(password)
	h.Write(salt)
	sum := h.Sum(nil)
	for range rounds - 1 {
		h.Reset()
		h.Write(sum)
		sum = h.Sum(sum[:0])
	}
	return sum
}

func pbkdf2Key(newHash func() hash.Hash, password, salt []byte, rounds int64, size int) ([]byte, error) {
	key, err := pbkdf2.Key(newHash, string(password), salt, int(rounds), size)
	if err != nil {
		return nil, fmt.Errorf("PBKDF2: %w", err)
	}
	return key, nil
}

// scryptParameters are those of RFC 7914 7.1.
type scryptParameters struct {
	salt    []byte
	n, r, p int64
	key     int64 // 0: not given
}

func (s scryptParameters) derive(password []byte, size int) ([]byte, error) {
	key, err := scrypt.Key(password, s.salt, int(s.n), int(s.r), int(s.p), size)
	if err != nil {
		return nil, fmt.Errorf("scrypt: %w", err)
	}
	return key, nil
}

// bmpPasswords are the ways in which software writes a passphrase for
// [pkcs12KDF]: UTF-16 with two zero bytes at the end (RFC 7292 B.1). Of the
// empty passphrase some keep only the zeros and some keep nothing.
func bmpPasswords(passphrase string) [][]byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(passphrase)) {
		out = append(out, byte(unit>>8), byte(unit))
	}
	out = append(out, 0, 0)
	if passphrase == "" {
		return [][]byte{out, {}}
	}
	return [][]byte{out}
}

// checkPassphrase refuses what is not UTF-8: it has no encoding.
func checkPassphrase(passphrase string) error {
	if !utf8.ValidString(passphrase) {
		return fmt.Errorf("%w: it is not UTF-8", ErrDecrypt)
	}
	return nil
}

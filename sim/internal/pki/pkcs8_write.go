package pki

import (
	"crypto"
	"crypto/cipher"
	"crypto/rc4"
	"crypto/x509"
	"fmt"
	"io"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Encryption says how a structure is encrypted when it is written.
type Encryption struct {
	Scheme     Scheme
	Passphrase string
	// Iterations is the number of rounds of key derivation; 2,048 if zero.
	// With scrypt it is N, 16,384 if zero.
	Iterations int
}

// MarshalPKCS8 writes a key as a OneAsymmetricKey: of version 2, with its
// public key, or of version 1 without (RFC 5958 chapter 2).
func MarshalPKCS8(key crypto.PrivateKey, withPublic bool) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("PKCS #8: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !withPublic || !ok {
		return der, nil
	}
	spki, err := x509.MarshalPKIXPublicKey(signer.Public())
	if err != nil {
		return nil, fmt.Errorf("PKCS #8: %w", err)
	}
	s, _ := readOnly(der, asn1.SEQUENCE)
	info, _ := readOnly(spki, asn1.SEQUENCE)
	var version int64
	var a algorithm
	var bits cryptobyte.String
	if !s.ReadASN1Integer(&version) || !readAlgorithm(&info, &a) || !info.ReadASN1(&bits, asn1.BIT_STRING) {
		return nil, fmt.Errorf("PKCS #8: %w", ErrKeyAlgorithm)
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddBytes(s)
		b.AddASN1(tag1, func(b *cryptobyte.Builder) { b.AddBytes(bits) })
	})
	return b.Bytes()
}

// EncryptPKCS8 writes an EncryptedPrivateKeyInfo (RFC 5958 chapter 3) of a
// OneAsymmetricKey. The random source gives salt and IV.
func EncryptPKCS8(oneAsymmetricKey []byte, e Encryption, random io.Reader) ([]byte, error) {
	parameters, data, err := e.encrypt(oneAsymmetricKey, random)
	if err != nil {
		return nil, fmt.Errorf("PKCS #8: %w", err)
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(parameters)
		b.AddASN1OctetString(data)
	})
	return b.Bytes()
}

// encrypt returns an AlgorithmIdentifier and the encrypted data.
func (e Encryption) encrypt(plain []byte, random io.Reader) (identifier, data []byte, err error) {
	salt, iv := make([]byte, 8), make([]byte, 16)
	if e.Scheme.PBE == PBES2 {
		salt = make([]byte, 16)
	}
	for _, b := range [][]byte{salt, iv} {
		if _, err := io.ReadFull(random, b); err != nil {
			return nil, nil, fmt.Errorf("salt: %w", err)
		}
	}
	identifier, err = e.identifier(salt, iv)
	if err != nil {
		return nil, nil, err
	}
	s := cryptobyte.String(identifier)
	var a algorithm
	if !readAlgorithm(&s, &a) {
		return nil, nil, fmt.Errorf("%v: malformed", e.Scheme)
	}
	p, err := readPBE(a, newBudget(ContainerOptions{}))
	if err != nil {
		return nil, nil, err
	}
	err = p.keys(p, e.Passphrase, func(key, iv []byte) bool {
		data, err = p.cipher.encrypt(key, iv, plain)
		return true
	})
	return identifier, data, err
}

func (c blockCipher) encrypt(key, iv, plain []byte) ([]byte, error) {
	if c.make == nil {
		stream, err := rc4.NewCipher(key)
		if err != nil {
			return nil, err
		}
		data := make([]byte, len(plain))
		stream.XORKeyStream(data, plain)
		return data, nil
	}
	block, err := c.make(key)
	if err != nil {
		return nil, err
	}
	data := append([]byte{}, plain...)
	n := c.block - len(plain)%c.block
	for range n {
		data = append(data, byte(n))
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	return data, nil
}

// identifier writes the AlgorithmIdentifier of an encryption.
func (e Encryption) identifier(salt, iv []byte) ([]byte, error) {
	rounds := e.Iterations
	if rounds == 0 {
		rounds = 2048
	}
	var b cryptobyte.Builder
	if e.Scheme.PBE == PBES2 {
		return e.pbes2(salt, iv, rounds)
	}
	for _, s := range pbes1Schemes {
		if e.Scheme == (Scheme{PBE: s.name}) {
			addAlgorithm(&b, s.oid, saltRounds(salt, rounds))
			return b.Bytes()
		}
	}
	return nil, fmt.Errorf("%w: %v", ErrScheme, e.Scheme)
}

func saltRounds(salt []byte, rounds int) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1OctetString(salt)
			b.AddASN1Int64(int64(rounds))
		})
	}
}

func (e Encryption) pbes2(salt, iv []byte, rounds int) ([]byte, error) {
	for _, c := range pbes2Ciphers {
		if c.name != e.Scheme.Cipher {
			continue
		}
		kdf := scryptIdentifier(salt, e.Iterations)
		if e.Scheme.KDF == "PBKDF2" {
			prf, ok := hmacNamed(e.Scheme.PRF)
			if !ok {
				break
			}
			kdf = pbkdf2Identifier(salt, rounds, 0, prf.oid)
		}
		var b cryptobyte.Builder
		addAlgorithm(&b, oidPBES2, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				kdf(b)
				addAlgorithm(b, c.oid, func(b *cryptobyte.Builder) { b.AddASN1OctetString(iv[:c.block]) })
			})
		})
		return b.Bytes()
	}
	return nil, fmt.Errorf("%w: %v", ErrScheme, e.Scheme)
}

func scryptIdentifier(salt []byte, n int) func(*cryptobyte.Builder) {
	if n == 0 {
		n = 16384
	}
	return func(b *cryptobyte.Builder) {
		addAlgorithm(b, oidScrypt, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1OctetString(salt)
				b.AddASN1Int64(int64(n))
				b.AddASN1Int64(8) // r and p as in RFC 7914 chapter 2
				b.AddASN1Int64(1)
			})
		})
	}
}

// pbkdf2Identifier leaves the PRF out where it is the default, hmacWithSHA1,
// and the length of the key where it is zero (RFC 8018 A.2).
func pbkdf2Identifier(salt []byte, rounds, key int, prf string) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		addAlgorithm(b, oidPBKDF2, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1OctetString(salt)
				b.AddASN1Int64(int64(rounds))
				if key > 0 {
					b.AddASN1Int64(int64(key))
				}
				if prf != "1.2.840.113549.2.7" {
					addAlgorithm(b, prf, addNull)
				}
			})
		})
	}
}

package pki

import (
	"bytes"
	"crypto/cipher"
	"crypto/rc4"
	"fmt"
	"math"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// pbe is a password-based encryption with its parameters.
type pbe struct {
	scheme Scheme
	salt   []byte
	rounds int64 // 0 with scrypt
	scrypt scryptParameters
	cipher blockCipher
	iv     []byte // PBES2
	// keys derives key and IV for each way to write the passphrase.
	keys func(p *pbe, passphrase string, try func(key, iv []byte) bool) error
}

// decrypt decrypts data. ErrScheme, ErrDecrypt and LimitError say why not; any
// other error is a malformed parameter.
func (b *budget) decrypt(a algorithm, data []byte, passphrase string) (plain []byte, scheme Scheme, err error) {
	p, err := readPBE(a, b)
	if err != nil {
		return nil, Scheme{}, err
	}
	if b.Allow != nil && !b.Allow(p.scheme) {
		return nil, p.scheme, fmt.Errorf("%w: %v is not allowed", ErrScheme, p.scheme)
	}
	if err := checkPassphrase(passphrase); err != nil {
		return nil, p.scheme, err
	}
	if err := b.spend(p.rounds, len(p.salt)); err != nil {
		return nil, p.scheme, err
	}
	err = p.keys(p, passphrase, func(key, iv []byte) bool {
		plain = p.cipher.decrypt(key, iv, data)
		return plain != nil
	})
	if err != nil {
		return nil, p.scheme, err
	}
	if plain == nil {
		return nil, p.scheme, fmt.Errorf("%v: %w", p.scheme, ErrDecrypt)
	}
	return plain, p.scheme, nil
}

// decrypt returns nil unless what comes out is one DER SEQUENCE, which a wrong
// key gives by chance about once in ten million times.
func (c blockCipher) decrypt(key, iv, data []byte) []byte {
	plain := make([]byte, len(data))
	if c.make == nil {
		stream, err := rc4.NewCipher(key)
		if err != nil {
			return nil
		}
		stream.XORKeyStream(plain, data)
	} else {
		block, err := c.make(key)
		if err != nil || len(data) == 0 || len(data)%c.block != 0 || len(iv) != c.block {
			return nil
		}
		cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
		plain = unpad(plain, c.block)
	}
	if _, ok := readOnly(plain, asn1.SEQUENCE); !ok {
		return nil
	}
	return plain
}

// unpad takes the padding of RFC 8018 6.1.1 away; nil if it is wrong.
func unpad(plain []byte, block int) []byte {
	n := int(plain[len(plain)-1])
	if n == 0 || n > block {
		return nil
	}
	body, padding := plain[:len(plain)-n], plain[len(plain)-n:]
	if !bytes.Equal(padding, bytes.Repeat([]byte{byte(n)}, n)) {
		return nil
	}
	return body
}

// readPBE reads the algorithm identifier of an encryption.
func readPBE(a algorithm, b *budget) (*pbe, error) {
	if a.oid == oidPBES2 {
		return readPBES2(a, b)
	}
	for _, s := range pbes1Schemes {
		if s.oid != a.oid {
			continue
		}
		p := &pbe{scheme: Scheme{PBE: s.name}, cipher: s.cipher, keys: s.keys}
		if !readSaltRounds(a.parameters, &p.salt, &p.rounds) {
			return nil, fmt.Errorf("parameters of %s: malformed", s.name)
		}
		return p, nil
	}
	return nil, fmt.Errorf("%w: %s", ErrScheme, a.oid)
}

// readSaltRounds reads PBEParameter and pkcs-12PbeParams, which are the same.
func readSaltRounds(der []byte, salt *[]byte, rounds *int64) bool {
	s, ok := readOnly(der, asn1.SEQUENCE)
	var saltBody cryptobyte.String
	if !ok || !s.ReadASN1(&saltBody, asn1.OCTET_STRING) || !s.ReadASN1Integer(rounds) || !s.Empty() {
		return false
	}
	*salt = saltBody
	return *rounds >= 1
}

// keys derives the key and IV of a PBES1 scheme.
func (s pbes1) keys(p *pbe, passphrase string, try func(key, iv []byte) bool) error {
	if !s.pkcs12 {
		dk := pbkdf1(s.hash, []byte(passphrase), p.salt, p.rounds)
		try(dk[:8], dk[8:16])
		return nil
	}
	for _, password := range bmpPasswords(passphrase) {
		key := pkcs12KDF(s.hash, password, p.salt, purposeKey, p.rounds, s.cipher.key)
		var iv []byte
		if s.cipher.block > 0 {
			iv = pkcs12KDF(s.hash, password, p.salt, purposeIV, p.rounds, s.cipher.block)
		}
		if try(key, iv) {
			return nil
		}
	}
	return nil
}

const (
	oidPBES2  = "1.2.840.113549.1.5.13"
	oidPBKDF2 = "1.2.840.113549.1.5.12"
	oidScrypt = "1.3.6.1.4.1.11591.4.11"
)

// readPBES2 reads PBES2-params (RFC 8018 A.4).
func readPBES2(a algorithm, b *budget) (*pbe, error) {
	malformed := fmt.Errorf("parameters of %s: malformed", PBES2)
	s, ok := readOnly(a.parameters, asn1.SEQUENCE)
	var kdf, encryption algorithm
	if !ok || !readAlgorithm(&s, &kdf) || !readAlgorithm(&s, &encryption) || !s.Empty() {
		return nil, malformed
	}
	p := &pbe{scheme: Scheme{PBE: PBES2}}
	for _, c := range pbes2Ciphers {
		if c.oid == encryption.oid {
			p.scheme.Cipher, p.cipher = c.name, c.blockCipher
		}
	}
	if p.scheme.Cipher == "" {
		return nil, fmt.Errorf("%w: cipher %s", ErrScheme, encryption.oid)
	}
	iv, ok := readOnly(encryption.parameters, asn1.OCTET_STRING)
	if !ok || len(iv) != p.cipher.block {
		return nil, malformed
	}
	p.iv = iv
	switch kdf.oid {
	case oidPBKDF2:
		return p, p.readPBKDF2(kdf)
	case oidScrypt:
		return p, p.readScrypt(kdf, b)
	}
	return nil, fmt.Errorf("%w: key derivation %s", ErrScheme, kdf.oid)
}

func (p *pbe) readPBKDF2(a algorithm) error {
	k, err := readPBKDF2(a.parameters)
	if err != nil {
		return err
	}
	if k.key != 0 && k.key != int64(p.cipher.key) {
		return fmt.Errorf("PBKDF2: a key of %d bytes for %s", k.key, p.scheme.Cipher)
	}
	p.scheme.KDF, p.scheme.PRF = "PBKDF2", k.prf.name
	p.salt, p.rounds = k.salt, k.rounds
	p.keys = func(p *pbe, passphrase string, try func(key, iv []byte) bool) error {
		key, err := pbkdf2Key(k.prf.new, []byte(passphrase), p.salt, p.rounds, p.cipher.key)
		if err == nil {
			try(key, p.iv)
		}
		return err
	}
	return nil
}

// pbkdf2Parameters are PBKDF2-params (RFC 8018 A.2).
type pbkdf2Parameters struct {
	salt        []byte
	rounds, key int64 // key: 0 if not given
	prf         hmacAlgorithm
}

func readPBKDF2(der []byte) (pbkdf2Parameters, error) {
	var k pbkdf2Parameters
	malformed := fmt.Errorf("parameters of PBKDF2: malformed")
	s, ok := readOnly(der, asn1.SEQUENCE)
	if !ok {
		return k, malformed
	}
	if s.PeekASN1Tag(asn1.SEQUENCE) {
		return k, fmt.Errorf("%w: PBKDF2 with a salt from elsewhere", ErrScheme)
	}
	var salt cryptobyte.String
	if !s.ReadASN1(&salt, asn1.OCTET_STRING) || !s.ReadASN1Integer(&k.rounds) || k.rounds < 1 {
		return k, malformed
	}
	k.salt = salt
	if s.PeekASN1Tag(asn1.INTEGER) && (!s.ReadASN1Integer(&k.key) || k.key < 1) {
		return k, malformed
	}
	prf := algorithm{oid: "1.2.840.113549.2.7"} // the default, hmacWithSHA1
	if !s.Empty() && !readAlgorithm(&s, &prf) || !s.Empty() {
		return k, malformed
	}
	if k.prf, ok = hmacNamed(prf.oid); !ok || !prf.null() {
		return k, fmt.Errorf("%w: PRF %s", ErrScheme, prf.oid)
	}
	return k, nil
}

// readScrypt reads scrypt-params (RFC 7914 7.1) and checks what they ask for.
func (p *pbe) readScrypt(a algorithm, b *budget) error {
	s, ok := readOnly(a.parameters, asn1.SEQUENCE)
	var k scryptParameters
	var salt cryptobyte.String
	ok = ok && s.ReadASN1(&salt, asn1.OCTET_STRING) &&
		s.ReadASN1Integer(&k.n) && s.ReadASN1Integer(&k.r) && s.ReadASN1Integer(&k.p)
	if ok && !s.Empty() {
		ok = s.ReadASN1Integer(&k.key) && s.Empty() && k.key == int64(p.cipher.key)
	}
	if !ok || k.n < 2 || k.n&(k.n-1) != 0 || k.r < 1 || k.p < 1 {
		return fmt.Errorf("parameters of scrypt: malformed")
	}
	k.salt = salt
	if work := 128 * float64(k.n) * float64(k.r) * float64(k.p); work > float64(b.Limits.Scrypt) {
		return &LimitError{Limit: "Scrypt", Have: int64(min(work, math.MaxInt64/2)), Max: int64(b.Limits.Scrypt)}
	}
	p.scheme.KDF, p.salt, p.scrypt = "scrypt", k.salt, k
	p.keys = func(p *pbe, passphrase string, try func(key, iv []byte) bool) error {
		key, err := k.derive([]byte(passphrase), p.cipher.key)
		if err == nil {
			try(key, p.iv)
		}
		return err
	}
	return nil
}

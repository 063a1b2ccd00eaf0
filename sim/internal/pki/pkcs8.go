package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// PrivateKey is a key as it came out of a PKCS #8 or PKCS #12 structure. All
// of it is secret.
type PrivateKey struct {
	// Key is an *rsa.PrivateKey, *ecdsa.PrivateKey or ed25519.PrivateKey.
	Key crypto.Signer
	// DER is the OneAsymmetricKey as it was, without encryption.
	DER []byte
	// Scheme is the encryption it had.
	Scheme Scheme
}

// ParsePKCS8 reads a OneAsymmetricKey (RFC 5958), of version 1 or 2, that is
// not encrypted. A public key inside must be the private key's. Errors:
// ErrPKCS8, ErrKeyAlgorithm, ErrKeyMismatch, LimitError. Security 5.2.6.2.3.
func ParsePKCS8(der []byte, o ContainerOptions) (*PrivateKey, error) {
	b := newBudget(o)
	if err := within("Bytes", len(der), b.Limits.Bytes); err != nil {
		return nil, fmt.Errorf("PKCS #8: %w", err)
	}
	return b.oneAsymmetricKey(der)
}

// DecryptPKCS8 reads an EncryptedPrivateKeyInfo (RFC 5958 chapter 3). Errors:
// those of ParsePKCS8, ErrDecrypt, ErrScheme. Security 5.2.6.2.3.
func DecryptPKCS8(der []byte, passphrase string, o ContainerOptions) (*PrivateKey, error) {
	b := newBudget(o)
	if err := within("Bytes", len(der), b.Limits.Bytes); err != nil {
		return nil, fmt.Errorf("PKCS #8: %w", err)
	}
	return b.encryptedPrivateKey(der, passphrase)
}

func (b *budget) encryptedPrivateKey(der []byte, passphrase string) (*PrivateKey, error) {
	s, ok := readOnly(der, asn1.SEQUENCE)
	var a algorithm
	var data cryptobyte.String
	if !ok || !readAlgorithm(&s, &a) || !s.ReadASN1(&data, asn1.OCTET_STRING) || !s.Empty() {
		return nil, fmt.Errorf("%w: not an EncryptedPrivateKeyInfo", ErrPKCS8)
	}
	plain, scheme, err := b.decrypt(a, data, passphrase)
	if err != nil {
		return nil, named(err, "PKCS #8", ErrPKCS8)
	}
	key, err := b.oneAsymmetricKey(plain)
	if err != nil {
		return nil, err
	}
	key.Scheme = scheme
	return key, nil
}

// named wraps an error of decryption, which is the structure's fault unless
// it says something else.
func named(err error, what string, structure error) error {
	var limit *LimitError
	if errors.Is(err, ErrScheme) || errors.Is(err, ErrDecrypt) || errors.As(err, &limit) {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%w: %w", structure, err)
}

const (
	oidRSA     = "1.2.840.113549.1.1.1"
	oidEC      = "1.2.840.10045.2.1"
	oidEd25519 = "1.3.101.112"
)

// oneAsymmetricKey reads a private key and compares it with the public keys
// that are written beside and inside of it.
func (b *budget) oneAsymmetricKey(der []byte) (*PrivateKey, error) {
	s, ok := readOnly(der, asn1.SEQUENCE)
	var version int64
	var a algorithm
	var private cryptobyte.String
	if !ok || !s.ReadASN1Integer(&version) || !readAlgorithm(&s, &a) || !s.ReadASN1(&private, asn1.OCTET_STRING) {
		return nil, fmt.Errorf("%w: not a OneAsymmetricKey", ErrPKCS8)
	}
	if version != 0 && version != 1 {
		return nil, fmt.Errorf("%w: version %d", ErrPKCS8, version)
	}
	var attributes, public cryptobyte.String
	var hasPublic bool
	if !s.ReadOptionalASN1(&attributes, nil, constructed0) || elements(&attributes, 8) < 0 ||
		!s.ReadOptionalASN1(&public, &hasPublic, tag1) || !s.Empty() {
		return nil, fmt.Errorf("%w: malformed after the private key", ErrPKCS8)
	}
	inner, err := b.checkAlgorithm(a, private)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	key, ok := parsed.(crypto.Signer)
	if err != nil || !ok {
		return nil, fmt.Errorf("%w: the private key is malformed", ErrPKCS8) // the cause may quote the secret
	}
	for _, bits := range [][]byte{public, inner} {
		if err := checkPublicBits(key, bits); err != nil {
			return nil, err
		}
	}
	return &PrivateKey{Key: key, DER: append([]byte{}, der...)}, nil
}

// checkAlgorithm says whether the key is of a kind that Go can read, and not
// too big, and returns the public key that an ECPrivateKey may hold (a BIT
// STRING with its count of unused bits).
func (b *budget) checkAlgorithm(a algorithm, private []byte) (public []byte, err error) {
	switch a.oid {
	case oidRSA:
		if !a.null() {
			return nil, fmt.Errorf("%w: RSA with parameters", ErrPKCS8)
		}
		return nil, b.checkRSA(private)
	case oidEC:
		return checkEC(a, private)
	case oidEd25519:
		return nil, nil
	}
	return nil, fmt.Errorf("%w: %s", ErrKeyAlgorithm, a.oid)
}

func (b *budget) checkRSA(private []byte) error {
	s, ok := readOnly(private, asn1.SEQUENCE)
	var version int64
	var modulus cryptobyte.String
	if !ok || !s.ReadASN1Integer(&version) || !s.ReadASN1(&modulus, asn1.INTEGER) {
		return fmt.Errorf("%w: not an RSAPrivateKey", ErrPKCS8)
	}
	if err := within("RSABits", (len(modulus)-1)*8, b.Limits.RSABits); err != nil {
		return fmt.Errorf("%w: %w", ErrKeyAlgorithm, err)
	}
	return nil
}

// checkEC reads an ECPrivateKey (RFC 5915 3) as far as to its public key.
func checkEC(a algorithm, private []byte) ([]byte, error) {
	parameters := cryptobyte.String(a.parameters)
	var curve string
	if !parameters.PeekASN1Tag(asn1.OBJECT_IDENTIFIER) {
		return nil, fmt.Errorf("%w: a curve without a name", ErrKeyAlgorithm)
	}
	if !readOID(&parameters, &curve) || !parameters.Empty() {
		return nil, fmt.Errorf("%w: malformed curve", ErrPKCS8)
	}
	switch curve {
	case "1.3.132.0.33", "1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35": // P-224, 256, 384, 521
	default:
		return nil, fmt.Errorf("%w: curve %s", ErrKeyAlgorithm, curve)
	}
	s, ok := readOnly(private, asn1.SEQUENCE)
	var version int64
	var number, again, wrapped, bits cryptobyte.String
	var hasPublic bool
	ok = ok && s.ReadASN1Integer(&version) && s.ReadASN1(&number, asn1.OCTET_STRING) &&
		s.ReadOptionalASN1(&again, nil, constructed0) && s.ReadOptionalASN1(&wrapped, &hasPublic, constructed1) && s.Empty()
	if ok && hasPublic {
		ok = wrapped.ReadASN1(&bits, asn1.BIT_STRING) && wrapped.Empty()
	}
	if !ok {
		return nil, fmt.Errorf("%w: not an ECPrivateKey", ErrPKCS8)
	}
	return bits, nil
}

// checkPublicBits compares a public key, a BIT STRING's body as in
// SubjectPublicKeyInfo, with a private key. No bits are no public key.
func checkPublicBits(key crypto.Signer, bits []byte) error {
	if bits == nil {
		return nil
	}
	if len(bits) < 2 || bits[0] != 0 {
		return fmt.Errorf("%w: malformed public key", ErrPKCS8)
	}
	body := bits[1:]
	same := false
	switch public := key.Public().(type) {
	case *rsa.PublicKey:
		other, err := x509.ParsePKCS1PublicKey(body)
		if err != nil {
			return fmt.Errorf("%w: malformed public key", ErrPKCS8)
		}
		same = public.Equal(other)
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		if err != nil {
			return fmt.Errorf("%w: malformed public key", ErrPKCS8)
		}
		same = string(point) == string(body) || string(compressed(point)) == string(body)
	case ed25519.PublicKey:
		same = string(public) == string(body)
	}
	if !same {
		return ErrKeyMismatch
	}
	return nil
}

// compressed is the short form of an uncompressed point (SEC 1, 2.3.3).
func compressed(point []byte) []byte {
	half := len(point) / 2
	return append([]byte{2 | point[len(point)-1]&1}, point[1:1+half]...)
}

package issuer

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
)

// key is one signing key of the issuer.
type key struct {
	id        string // RFC 7638 thumbprint
	algorithm string // ES256 or RS256
	private   crypto.Signer
}

// newKey makes a key for the algorithm from the bytes that random gives, the
// same key from the same bytes. (The key generation of the standard library
// ignores its reader.)
func newKey(algorithm string, random io.Reader) (key, error) {
	switch algorithm {
	case "ES256":
		return newES256(random)
	case "RS256":
		return newRS256(random)
	}
	return key{}, fmt.Errorf("signature algorithm %q: want ES256 or RS256", algorithm)
}

// newES256 takes the first 32 bytes that are a scalar of P-256.
func newES256(random io.Reader) (key, error) {
	raw := make([]byte, 32)
	for {
		if _, err := io.ReadFull(random, raw); err != nil {
			return key{}, fmt.Errorf("randomness for an ES256 key: %w", err)
		}
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
		if err == nil {
			return asKey(private)
		}
	}
}

// rsaBits is the size of RS256 keys.
const rsaBits = 2048

// newRS256 searches for two primes of half the size; a second or so.
func newRS256(random io.Reader) (key, error) {
	for {
		p, err := newPrime(random)
		if err != nil {
			return key{}, err
		}
		q, err := newPrime(random)
		if err != nil {
			return key{}, err
		}
		one, e := big.NewInt(1), big.NewInt(65537)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		d := new(big.Int).ModInverse(e, phi)
		if d == nil || p.Cmp(q) == 0 {
			continue
		}
		private := &rsa.PrivateKey{
			PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, D: d, Primes: []*big.Int{p, q},
		}
		private.Precompute()
		if err := private.Validate(); err != nil {
			return key{}, fmt.Errorf("RS256 key: %w", err)
		}
		return asKey(private)
	}
}

// newPrime returns a prime of half of rsaBits whose two highest bits are set,
// so that the product of two has rsaBits.
func newPrime(random io.Reader) (*big.Int, error) {
	raw := make([]byte, rsaBits/2/8)
	p := new(big.Int)
	for {
		if _, err := io.ReadFull(random, raw); err != nil {
			return nil, fmt.Errorf("randomness for an RS256 key: %w", err)
		}
		raw[0] |= 0xc0
		raw[len(raw)-1] |= 1
		if p.SetBytes(raw); p.ProbablyPrime(20) {
			return p, nil
		}
	}
}

// asKey wraps a private key that an algorithm of ours fits.
func asKey(private crypto.PrivateKey) (key, error) {
	k := key{}
	switch p := private.(type) {
	case *ecdsa.PrivateKey:
		if p.Curve != elliptic.P256() {
			return k, errors.New("an EC key of another curve than P-256")
		}
		k.algorithm, k.private = "ES256", p
	case *rsa.PrivateKey:
		if p.N.BitLen() < rsaBits {
			return k, fmt.Errorf("an RSA key of %d bits: want at least %d", p.N.BitLen(), rsaBits)
		}
		k.algorithm, k.private = "RS256", p
	default:
		return k, fmt.Errorf("a key of type %T: want P-256 or RSA", private)
	}
	sum := sha256.Sum256(thumbprintInput(k.jwk()))
	k.id = base64.RawURLEncoding.EncodeToString(sum[:])
	return k, nil
}

// jwk is a public key as RFC 7517 writes it. The order of the fields of each
// type is that of RFC 7638 3.2.
type jwk struct {
	Curve     string `json:"crv,omitempty"`
	Exponent  string `json:"e,omitempty"`
	Type      string `json:"kty"`
	Modulus   string `json:"n,omitempty"`
	X         string `json:"x,omitempty"`
	Y         string `json:"y,omitempty"`
	ID        string `json:"kid,omitempty"`
	Use       string `json:"use,omitempty"`
	Algorithm string `json:"alg,omitempty"`
}

// jwk returns the public key without ID, Use and Algorithm.
func (k key) jwk() jwk {
	b64 := base64.RawURLEncoding.EncodeToString
	switch p := k.private.Public().(type) {
	case *ecdsa.PublicKey:
		point, err := p.Bytes() // 04 || x || y
		if err != nil {
			panic(fmt.Sprintf("issuer: a P-256 key that is no point: %v", err)) // asKey saw it
		}
		return jwk{Type: "EC", Curve: "P-256", X: b64(point[1:33]), Y: b64(point[33:])}
	case *rsa.PublicKey:
		return jwk{Type: "RSA", Modulus: b64(p.N.Bytes()), Exponent: b64(big.NewInt(int64(p.E)).Bytes())}
	}
	panic("issuer: a key that asKey did not make")
}

// sign returns the JWS signature of input, RFC 7518 3.3 and 3.4: the same for
// the same input (RFC 6979).
func (k key) sign(input string) ([]byte, error) {
	sum := sha256.Sum256([]byte(input))
	sig, err := k.private.Sign(nil, sum[:], crypto.SHA256)
	if err != nil || k.algorithm != "ES256" {
		return sig, err
	}
	return rawSignature(sig)
}

// marshalKeys writes private keys as PKCS #8 in PEM.
func marshalKeys(keys []key) ([]byte, error) {
	var out bytes.Buffer
	for _, k := range keys {
		der, err := x509.MarshalPKCS8PrivateKey(k.private)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", k.id, err)
		}
		if err := pem.Encode(&out, &pem.Block{Type: "PRIVATE KEY", Bytes: der}); err != nil {
			return nil, fmt.Errorf("key %s: %w", k.id, err)
		}
	}
	return out.Bytes(), nil
}

// parseKeys reads what marshalKeys wrote.
func parseKeys(text []byte) ([]key, error) {
	var keys []key
	for {
		var block *pem.Block
		block, text = pem.Decode(text)
		if block == nil {
			break
		}
		private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if block.Type != "PRIVATE KEY" || err != nil {
			return nil, fmt.Errorf("issuer key %d is not a PKCS #8 private key", len(keys)+1)
		}
		k, err := asKey(private)
		if err != nil {
			return nil, fmt.Errorf("issuer key %d: %w", len(keys)+1, err)
		}
		if keys = append(keys, k); len(keys) > maxKeys {
			return nil, fmt.Errorf("more than %d issuer keys", maxKeys)
		}
	}
	if len(keys) == 0 || len(bytes.TrimSpace(text)) != 0 {
		return nil, errors.New("the issuer's keys are not PEM")
	}
	return keys, nil
}

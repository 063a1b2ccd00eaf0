package oauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512" // of ES384 and ES512
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"time"

	"github.com/camfleet/camfleet/sim/internal/oidc"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// assertionLife is how long a client assertion is good for.
const assertionLife = time.Minute

// algorithm is a JWS algorithm of RFC 7518 3.1 for a crypto.Signer.
type algorithm struct {
	name string
	hash crypto.Hash
	size int // bytes of r and of s; 0: RSA
}

// algorithmOf returns the algorithm that fits a key.
func algorithmOf(key crypto.Signer) (algorithm, error) {
	if key == nil {
		return algorithm{}, fmt.Errorf("%w: there is none", ErrKey)
	}
	switch p := key.Public().(type) {
	case *rsa.PublicKey:
		return algorithm{"RS256", crypto.SHA256, 0}, nil
	case *ecdsa.PublicKey:
		switch p.Curve.Params().BitSize {
		case 256:
			return algorithm{"ES256", crypto.SHA256, 32}, nil
		case 384:
			return algorithm{"ES384", crypto.SHA384, 48}, nil
		case 521:
			return algorithm{"ES512", crypto.SHA512, 66}, nil
		}
	}
	return algorithm{}, fmt.Errorf("%w: no JWS algorithm fits it", ErrKey)
}

// assertion signs the camera's credentials for a token endpoint. OpenID Connect
// Core 9, RFC 7523 2.2, 3.
func (c *Client) assertion(m oidc.Metadata) (string, error) {
	id := make([]byte, 16)
	if _, err := io.ReadFull(c.config.Random, id); err != nil {
		return "", fmt.Errorf("randomness for a client assertion: %w", err)
	}
	now := c.config.Clock.Now()
	claims := map[string]any{
		"iss": c.config.ID, "sub": c.config.ID, "aud": m.Token, "jti": hex.EncodeToString(id),
		"iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	}
	header := map[string]string{"typ": "JWT", "alg": "HS256"}
	sign := c.withSecret
	if c.config.Method == "private_key_jwt" {
		a, err := algorithmOf(c.config.Key)
		if err != nil {
			return "", err
		}
		header["alg"], header["kid"] = a.name, c.config.KeyID
		sign = func(input string) ([]byte, error) { return a.sign(c.config.Key, c.config.Random, input) }
	}
	b64 := base64.RawURLEncoding.EncodeToString
	var input string
	for _, part := range []any{header, claims} {
		text, err := json.Marshal(part)
		if err != nil {
			return "", fmt.Errorf("client assertion: %w", err)
		}
		if input != "" {
			input += "."
		}
		input += b64(text)
	}
	signature, err := sign(input)
	if err != nil {
		return "", fmt.Errorf("client assertion: %w", err)
	}
	return input + "." + b64(signature), nil
}

// withSecret is HS256 of the client's secret. RFC 7518 3.2.
func (c *Client) withSecret(input string) ([]byte, error) {
	h := hmac.New(sha256.New, []byte(c.config.Secret))
	h.Write([]byte(input))
	return h.Sum(nil), nil
}

// sign signs as RFC 7518 3.3 and 3.4 say: ECDSA as r and s.
func (a algorithm) sign(key crypto.Signer, random io.Reader, input string) ([]byte, error) {
	h := a.hash.New()
	h.Write([]byte(input))
	signature, err := key.Sign(random, h.Sum(nil), a.hash)
	if err != nil || a.size == 0 {
		return signature, err
	}
	var r, s big.Int
	text, inner := cryptobyte.String(signature), cryptobyte.String(nil)
	if !text.ReadASN1(&inner, asn1.SEQUENCE) || !inner.ReadASN1Integer(&r) || !inner.ReadASN1Integer(&s) ||
		r.Sign() < 0 || s.Sign() < 0 || r.BitLen() > 8*a.size || s.BitLen() > 8*a.size {
		return nil, errors.New("the key gave no ECDSA signature")
	}
	raw := make([]byte, 2*a.size)
	r.FillBytes(raw[:a.size])
	s.FillBytes(raw[a.size:])
	return raw, nil
}

package oidc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/go-jose/go-jose/v4"
)

// Key is a public key that an issuer signs tokens with. RFC 7517 4.
type Key struct {
	ID     string // kid; may be empty
	Public crypto.PublicKey
}

// maxModulus is the longest RSA modulus in bits, that of go-jose too; longer ones
// are slow to use.
const maxModulus = 4096

// parseKeys reads a key set. Keys of unknown kinds, for encryption, or wrong in
// themselves are left out, as RFC 7517 5 wants it; symmetric and private keys
// are no public ones. A set without any key that can be used is no error.
func parseKeys(document []byte, most int) ([]Key, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(document, &set); err != nil {
		return nil, fmt.Errorf("key set: %w: %v", ErrDocument, err) //nolint:errorlint // a cause to read
	}
	switch n := len(set.Keys); {
	case set.Keys == nil:
		return nil, fmt.Errorf("key set: %w: no keys", ErrDocument)
	case n > most:
		return nil, fmt.Errorf("key set: %w: %d keys, at most %d", ErrDocument, n, most)
	}
	keys := []Key{}
	for _, text := range set.Keys {
		var k jose.JSONWebKey
		if k.UnmarshalJSON(text) == nil && signs(text, &k) {
			keys = append(keys, Key{ID: k.KeyID, Public: k.Key})
		}
	}
	return keys, nil
}

// signs reports whether a key is for checking signatures, by its use, key_ops
// and alg (RFC 7517 4.2 to 4.4), and of a kind that tokens are taken with.
func signs(text []byte, k *jose.JSONWebKey) bool {
	var of struct {
		Operations []string `json:"key_ops"`
	}
	if json.Unmarshal(text, &of) != nil ||
		k.Use != "" && k.Use != "sig" ||
		of.Operations != nil && !slices.Contains(of.Operations, "verify") ||
		k.Algorithm != "" && !slices.Contains(auth.Algorithms(), k.Algorithm) {
		return false
	}
	switch public := k.Key.(type) {
	case *rsa.PublicKey:
		return public.N.BitLen() <= maxModulus
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return true
	}
	return false
}

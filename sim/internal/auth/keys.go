package auth

import (
	"context"
	"crypto"
	"errors"
	"fmt"
)

// ErrNoKey is the error of a [KeySource] that has no key for a token.
var ErrNoKey = errors.New("no such key")

// KeySource finds the public keys of trusted issuers. It may be called by many
// goroutines.
type KeySource interface {
	// PublicKeys returns the keys of the issuer that has the iss value issuer:
	// the one called kid, or all if kid is empty. The error is ErrNoKey if
	// there is none, or says why it could not be found out.
	PublicKeys(ctx context.Context, issuer, kid string) ([]crypto.PublicKey, error)
}

// StaticKeys is a [KeySource] that knows its keys from the start.
type StaticKeys []IssuerKey

// IssuerKey is one public key of an issuer. ID may be empty.
type IssuerKey struct {
	Issuer, ID string
	Public     crypto.PublicKey
}

// PublicKeys returns the keys that fit issuer and kid.
func (s StaticKeys) PublicKeys(_ context.Context, issuer, kid string) ([]crypto.PublicKey, error) {
	var keys []crypto.PublicKey
	for _, k := range s {
		if k.Issuer == issuer && (kid == "" || k.ID == kid) {
			keys = append(keys, k.Public)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("key %q of issuer %q: %w", kid, issuer, ErrNoKey)
	}
	return keys, nil
}

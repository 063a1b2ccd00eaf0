package auth

import (
	"context"
	"crypto"
	"errors"
	"fmt"
)

// The errors of a [KeySource] that has no key for a token: its issuer has none
// of that kid, or is none that the source knows.
var (
	ErrNoKey    = errors.New("no such key")
	ErrNoIssuer = errors.New("no such issuer")
)

// KeySource finds the public keys of trusted issuers. It may be called by many
// goroutines.
type KeySource interface {
	// PublicKeys returns the keys of the issuer that has the iss value issuer:
	// those called kid, or all if kid is empty. The error is ErrNoKey or
	// ErrNoIssuer if there is none, or says why it could not be found out.
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
	failure := ErrNoIssuer
	for _, k := range s {
		if k.Issuer != issuer {
			continue
		}
		failure = ErrNoKey
		if kid == "" || k.ID == kid {
			keys = append(keys, k.Public)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("key %q of issuer %q: %w", kid, issuer, failure)
	}
	return keys, nil
}

// KeySources asks its sources one after the other, up to the first that knows
// the issuer.
type KeySources []KeySource

// PublicKeys returns what the first source says that knows the issuer.
func (s KeySources) PublicKeys(ctx context.Context, issuer, kid string) ([]crypto.PublicKey, error) {
	for _, source := range s {
		keys, err := source.PublicKeys(ctx, issuer, kid)
		if !errors.Is(err, ErrNoIssuer) {
			return keys, err
		}
	}
	return nil, fmt.Errorf("issuer %q: %w", issuer, ErrNoIssuer)
}

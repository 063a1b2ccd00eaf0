package keystore

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"io"
	"slices"
)

// Algorithm is the kind of a key.
type Algorithm string

// The kinds of keys a keystore can hold.
const (
	RSA   Algorithm = "RSA"
	ECDSA Algorithm = "ECDSA"
)

// Spec says what key to make: RSA with its modulus length, or ECDSA with the
// size of its curve (256, 384, 521), in bits.
type Spec struct {
	Algorithm Algorithm `json:"algorithm"`
	Bits      int       `json:"bits"`
}

// Curve returns the name of an ECDSA key's curve as in the EllipticCurves
// capability, which has the names of the IANA registry of TLS groups
// ("secp256r1"); empty for RSA and for curves that are not supported.
func (s Spec) Curve() string {
	for _, c := range curves {
		if s.Algorithm == ECDSA && s.Bits == c.bits {
			return c.name
		}
	}
	return ""
}

// KeyStatus is the state of a key (Security 5.2.5).
type KeyStatus string

// The states of a key.
const (
	StatusOK         KeyStatus = "ok"
	StatusGenerating KeyStatus = "generating"
	StatusCorrupt    KeyStatus = "corrupt"
)

// Blob is where the private key is kept, one of three ways.
type Blob struct {
	// Public and Private are the key as the TPM wrapped it, with its public
	// area (TPMT_PUBLIC and TPM2B_PRIVATE). It is of use only to that TPM.
	Public  []byte `json:"public,omitempty"`
	Private []byte `json:"private,omitempty"`
	// Sealed is the private key of a kind that the TPM cannot hold, as
	// PKCS #8, encrypted under [Section].Vault.
	Sealed []byte `json:"sealed,omitempty"`
	// Software is the private key as PKCS #8, of a camera that has no TPM; a
	// secret.
	Software []byte `json:"software,omitempty"`
}

func (b Blob) hasPrivate() bool { return b.kinds() > 0 }

// kinds counts the places the private key is in.
func (b Blob) kinds() (n int) {
	for _, place := range [...][]byte{b.Private, b.Sealed, b.Software} {
		if len(place) > 0 {
			n++
		}
	}
	return n
}

// Key is a key pair, or the public half of one (Security 5.2.1).
type Key struct {
	ID     string    `json:"id"`
	Alias  string    `json:"alias,omitempty"`
	Status KeyStatus `json:"status"`
	Spec
	// Public is the public key as PKIX DER (SubjectPublicKeyInfo); nil while
	// the key is being generated.
	Public []byte `json:"publicKey,omitempty"`
	// Blob is where the private key is kept; empty if there is none.
	Blob Blob `json:"tpm,omitzero"`
	// ExternallyGenerated says that the key was made outside of the camera.
	ExternallyGenerated bool `json:"externallyGenerated,omitempty"`
}

func (k Key) id() string { return k.ID }

// HasPrivateKey reports whether the camera can use the private key.
func (k Key) HasPrivateKey() bool {
	return k.Status == StatusOK && k.Blob.hasPrivate()
}

// SecurelyStored reports whether the key is kept by the TPM (Security 5.2.1).
func (k Key) SecurelyStored() bool { return len(k.Blob.Private) > 0 }

// Key finds a key by its ID.
func (s *Section) Key(id string) (Key, error) {
	k, ok := get(s.Keys, id)
	if !ok {
		return Key{}, unknown("key", id, ErrKeyID)
	}
	return k, nil
}

// SigningKey finds a key that is to sign a request or a certificate: it is
// complete, or it is [ErrKeyID], and ready, or it is [ErrKeyStatus] (Security
// 5.2.6.3.1, 5.2.6.3.2).
func (s *Section) SigningKey(id string) (Key, error) {
	k, err := s.Key(id)
	switch {
	case err != nil:
		return Key{}, err
	case k.Status != StatusOK:
		return Key{}, fmt.Errorf("key %q is %s: %w", id, k.Status, ErrKeyStatus)
	case !k.HasPrivateKey():
		return Key{}, fmt.Errorf("key %q is no key pair: %w", id, ErrKeyID)
	}
	return k, nil
}

// KeyByPublic finds the key with the given public key (PKIX DER); of several,
// one with a private key if there is any.
func (s *Section) KeyByPublic(spki []byte) (found Key, ok bool) {
	for _, k := range s.Keys {
		if len(spki) == 0 || !bytes.Equal(k.Public, spki) {
			continue
		}
		if k.HasPrivateKey() {
			return k, true
		}
		if !ok {
			found, ok = k, true
		}
	}
	return found, ok
}

// BeginKey adds a key that is still being generated; random gives its ID. See
// also [Section.StartKey].
func (s *Section) BeginKey(spec Spec, alias string, random io.Reader) (Key, error) {
	if err := s.Abilities.checkNew(spec); err != nil {
		return Key{}, err
	}
	return s.addKey(Key{Alias: alias, Status: StatusGenerating, Spec: spec}, random)
}

// FinishKey gives the key its halves and makes its status ok.
func (s *Section) FinishKey(id string, public crypto.PublicKey, blob Blob) error {
	i := indexOf(s.Keys, id)
	if i < 0 {
		return unknown("key", id, ErrKeyID)
	}
	if s.Keys[i].Status != StatusGenerating {
		return fmt.Errorf("key %q is %s: %w", id, s.Keys[i].Status, ErrKeyStatus)
	}
	spec, spki, err := Describe(public)
	if err != nil {
		return fmt.Errorf("key %q: %w", id, err)
	}
	if spec != s.Keys[i].Spec {
		return fmt.Errorf("key %q: %w: %v, want %v", id, ErrKeyType, spec, s.Keys[i].Spec)
	}
	if _, dup := s.KeyByPublic(spki); dup {
		return fmt.Errorf("key %q: %w", id, ErrDuplicateKey)
	}
	s.Keys[i].Status, s.Keys[i].Public, s.Keys[i].Blob = StatusOK, spki, blob
	return nil
}

// FailKey marks the key as corrupt and forgets its private half. A public half
// stays: certificates are for it (Security 5.2.4, 5.2.5).
func (s *Section) FailKey(id string) error {
	i := indexOf(s.Keys, id)
	if i < 0 {
		return unknown("key", id, ErrKeyID)
	}
	s.Keys[i].Status, s.Keys[i].Blob = StatusCorrupt, Blob{}
	return nil
}

// AddKey adds a complete key with status ok; with an empty blob only its
// public half. It must not be there already (Security 5.2.3).
func (s *Section) AddKey(public crypto.PublicKey, blob Blob, alias string, external bool, random io.Reader) (Key, error) {
	spec, spki, err := Describe(public)
	if err != nil {
		return Key{}, err
	}
	if k, dup := s.KeyByPublic(spki); dup {
		return Key{}, fmt.Errorf("key %q: %w", k.ID, ErrDuplicateKey)
	}
	return s.addKey(Key{Alias: alias, Status: StatusOK, Spec: spec, Public: spki, Blob: blob, ExternallyGenerated: external}, random)
}

func (s *Section) addKey(k Key, random io.Reader) (_ Key, err error) {
	l := s.Limits.WithDefaults()
	if err := l.checkAlias(k.Alias); err != nil {
		return Key{}, err
	}
	if s.counts(k) && s.countKeys() >= l.Keys {
		return Key{}, fmt.Errorf("%w: %d", ErrTooManyKeys, l.Keys)
	}
	if k.ID, err = newID("key", s.Keys, random); err != nil {
		return Key{}, err
	}
	s.Keys = append(s.Keys, k)
	return k, nil
}

// counts reports whether a key counts against the limit: one that has a
// private half or will have one, or any (see [Rules]).
func (s *Section) counts(k Key) bool {
	return !s.Rules.CountPrivateKeys || k.Status != StatusOK || k.HasPrivateKey()
}

func (s *Section) countKeys() (n int) {
	for _, k := range s.Keys {
		if s.counts(k) {
			n++
		}
	}
	return n
}

// DeleteKey removes a key that nothing refers to; whoever generates it finds
// it gone (Security 5.2.6.2.7).
func (s *Section) DeleteKey(id string) error {
	i := indexOf(s.Keys, id)
	if i < 0 {
		return unknown("key", id, ErrKeyID)
	}
	if err := unreferenced("key", id, s.KeyReferences(id)); err != nil {
		return err
	}
	s.Keys = slices.Delete(s.Keys, i, i+1)
	return nil
}

// Bounds of public RSA keys, in bits: less is no key, more takes too long.
const (
	minRSA = 1024
	maxRSA = 8192
)

// Describe returns what kind of key public is and its PKIX DER; keys that a
// keystore cannot hold are [ErrPublicKey].
func Describe(public crypto.PublicKey) (Spec, []byte, error) {
	var spec Spec
	switch p := public.(type) {
	case *rsa.PublicKey:
		spec = Spec{RSA, p.N.BitLen()}
		if spec.Bits < minRSA || spec.Bits > maxRSA {
			return Spec{}, nil, fmt.Errorf("RSA of %d bits, want %d to %d: %w", spec.Bits, minRSA, maxRSA, ErrPublicKey)
		}
	case *ecdsa.PublicKey:
		spec = Spec{ECDSA, p.Curve.Params().BitSize}
		if spec.Curve() == "" {
			return Spec{}, nil, fmt.Errorf("curve %s: %w", p.Curve.Params().Name, ErrPublicKey)
		}
	default:
		return Spec{}, nil, fmt.Errorf("%T: %w", public, ErrPublicKey)
	}
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return Spec{}, nil, fmt.Errorf("%w: %w", ErrPublicKey, err)
	}
	return spec, spki, nil
}

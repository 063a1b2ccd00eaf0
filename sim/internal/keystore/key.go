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
// capability ("P-256"); empty for RSA.
func (s Spec) Curve() string {
	if s.Algorithm != ECDSA {
		return ""
	}
	return fmt.Sprintf("P-%d", s.Bits)
}

// KeyStatus is the state of a key (Security 5.2.5).
type KeyStatus string

// The states of a key.
const (
	StatusOK         KeyStatus = "ok"
	StatusGenerating KeyStatus = "generating"
	StatusCorrupt    KeyStatus = "corrupt"
)

// Blob is a private key as the TPM wrapped it, with its public area
// (TPM2B_PUBLIC and TPM2B_PRIVATE). It is of use only to that TPM.
type Blob struct {
	Public  []byte `json:"public,omitempty"`
	Private []byte `json:"private,omitempty"`
	// Software is the private key as PKCS #8, of a camera that has no TPM; a
	// secret.
	Software []byte `json:"software,omitempty"`
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
	// Blob holds the private key inside the TPM; empty if there is none.
	Blob Blob `json:"tpm,omitzero"`
	// Sealed holds the private key of a size the TPM cannot hold, encrypted
	// under a key that the TPM sealed; nil if there is none.
	Sealed []byte `json:"sealed,omitempty"`
	// ExternallyGenerated says that the key was made outside of the camera.
	ExternallyGenerated bool `json:"externallyGenerated,omitempty"`
}

func (k Key) id() string { return k.ID }

// HasPrivateKey reports whether the camera can use the private key.
func (k Key) HasPrivateKey() bool {
	return k.Status == StatusOK && (len(k.Blob.Private) > 0 || len(k.Sealed) > 0 || len(k.Blob.Software) > 0)
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

// KeyByPublic finds the key with the given public key (PKIX DER).
func (s *Section) KeyByPublic(spki []byte) (Key, bool) {
	for _, k := range s.Keys {
		if len(spki) > 0 && bytes.Equal(k.Public, spki) {
			return k, true
		}
	}
	return Key{}, false
}

// BeginKey adds a key that is still being generated; random gives its ID.
func (s *Section) BeginKey(spec Spec, alias string, random io.Reader) (Key, error) {
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

// FailKey marks the key as corrupt and forgets its halves.
func (s *Section) FailKey(id string) error {
	i := indexOf(s.Keys, id)
	if i < 0 {
		return unknown("key", id, ErrKeyID)
	}
	k := s.Keys[i]
	s.Keys[i] = Key{ID: k.ID, Alias: k.Alias, Status: StatusCorrupt, Spec: k.Spec, ExternallyGenerated: k.ExternallyGenerated}
	return nil
}

// AddKey adds a complete key with status ok; with an empty blob only its
// public half. Every key is in a keystore at most once (Security 5.2.3).
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
	if len(s.Keys) >= l.Keys {
		return Key{}, fmt.Errorf("%w: %d", ErrTooManyKeys, l.Keys)
	}
	if err := l.checkAlias(k.Alias); err != nil {
		return Key{}, err
	}
	if k.ID, err = newID("key", s.Keys, random); err != nil {
		return Key{}, err
	}
	s.Keys = append(s.Keys, k)
	return k, nil
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

// Describe returns what kind of key public is and its PKIX DER; keys that a
// keystore cannot hold are [ErrPublicKey].
func Describe(public crypto.PublicKey) (Spec, []byte, error) {
	var spec Spec
	switch p := public.(type) {
	case *rsa.PublicKey:
		spec = Spec{RSA, p.N.BitLen()}
	case *ecdsa.PublicKey:
		spec = Spec{ECDSA, p.Curve.Params().BitSize}
	default:
		return Spec{}, nil, fmt.Errorf("%T: %w", public, ErrPublicKey)
	}
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return Spec{}, nil, fmt.Errorf("%w: %w", ErrPublicKey, err)
	}
	return spec, spki, nil
}

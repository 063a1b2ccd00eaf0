package keystore

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
)

// KeyPair is a key pair from outside.
type KeyPair struct {
	Public crypto.PublicKey
	Blob   Blob // where its private half is kept
	Alias  string
}

// AddKeyPair adds a key pair from outside. A pair that is there already gets
// the private half if it has none, and else stays as it is; alias is then
// ignored (Security 5.2.6.2.3). That the halves match is for the caller to
// know.
func (s *Section) AddKeyPair(p KeyPair, random io.Reader) (Key, error) {
	spec, spki, err := Describe(p.Public)
	if err != nil {
		return Key{}, err
	}
	if err := s.Abilities.checkPrivate(spec); err != nil {
		return Key{}, err
	}
	if !p.Blob.hasPrivate() {
		return Key{}, fmt.Errorf("key pair: %w", ErrNoPrivateKey)
	}
	old, found := s.KeyByPublic(spki)
	switch {
	case found && old.Status != StatusOK:
		return Key{}, fmt.Errorf("key %q is %s: %w", old.ID, old.Status, ErrKeyStatus)
	case found && !old.HasPrivateKey():
		return s.completeKey(old, p.Blob)
	case found && !s.Rules.KeyCopies:
		return old, nil
	}
	return s.addKey(Key{
		Alias: p.Alias, Status: StatusOK, Spec: spec, Public: spki, Blob: p.Blob, ExternallyGenerated: true,
	}, random)
}

// completeKey adds the private half to a key that has none.
func (s *Section) completeKey(k Key, b Blob) (Key, error) {
	l := s.Limits.WithDefaults()
	if s.Rules.CountPrivateKeys && s.countKeys() >= l.Keys {
		return Key{}, fmt.Errorf("%w: %d", ErrTooManyKeys, l.Keys)
	}
	k.Blob = b
	s.Keys[indexOf(s.Keys, k.ID)] = k
	return k, nil
}

// NewPath is a certification path from outside with the key pair of its leaf,
// as in a PKCS #12 file.
type NewPath struct {
	// Certificates are DER, in the order of the file: the leaf first.
	Certificates [][]byte
	Key          KeyPair
	Alias        string // of the path
}

// AddPath stores certificates, key pair and path, or nothing of it (Security
// 5.2.6.3.4). Each certificate is stored under an ID of its own even where it
// is there already; the operation knows no fault for that.
func (s *Section) AddPath(n NewPath, random io.Reader) (path CertificationPath, key Key, err error) {
	next := s.Clone()
	if path, key, err = next.addPath(n, random); err != nil {
		return CertificationPath{}, Key{}, err
	}
	*s = *next
	return path, key, nil
}

func (s *Section) addPath(n NewPath, random io.Reader) (CertificationPath, Key, error) {
	l := s.Limits.WithDefaults()
	if len(n.Certificates) == 0 || len(n.Certificates) > l.PathLength {
		return CertificationPath{}, Key{}, fmt.Errorf("%d certificates, want 1 to %d: %w", len(n.Certificates), l.PathLength, ErrBadPKCS12)
	}
	if err := s.checkLeaf(l, n); err != nil {
		return CertificationPath{}, Key{}, err
	}
	key, err := s.AddKeyPair(n.Key, random)
	if err != nil {
		return CertificationPath{}, Key{}, err
	}
	var ids []string
	for i, der := range n.Certificates {
		c, err := s.addCertificate(NewCertificate{DER: der, KeyID: leafKey(i, key)}, true, random)
		if err != nil {
			return CertificationPath{}, Key{}, fmt.Errorf("certificate %d: %w", i+1, err)
		}
		ids = append(ids, c.ID)
	}
	path, err := s.CreatePath(ids, n.Alias, random)
	return path, key, err
}

// leafKey is the key of the certificate at a place in the path, if it is known.
func leafKey(place int, key Key) string {
	if place == 0 {
		return key.ID
	}
	return ""
}

// checkLeaf checks that the first certificate is for the key pair.
func (s *Section) checkLeaf(l Limits, n NewPath) error {
	leaf, err := s.parseCertificate(l, n.Certificates[0])
	if err != nil {
		return err
	}
	_, ofLeaf, err := Describe(leaf.PublicKey)
	if err != nil {
		return err
	}
	_, ofKey, err := Describe(n.Key.Public)
	if err != nil {
		return err
	}
	if string(ofLeaf) != string(ofKey) {
		return fmt.Errorf("first certificate: %w", ErrKeyMismatch)
	}
	return nil
}

// parseCertificate reads a certificate that a client brings: [ErrBadCertificate]
// or [ErrSignatureAlgorithm].
func (s *Section) parseCertificate(l Limits, der []byte) (*x509.Certificate, error) {
	if len(der) > l.DER {
		return nil, fmt.Errorf("%d bytes, at most %d: %w", len(der), l.DER, ErrBadCertificate)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadCertificate, err)
	}
	if parsed.PublicKey == nil {
		return nil, fmt.Errorf("certificate: %w", ErrPublicKey)
	}
	algorithm, err := algorithmOf(der)
	if err == nil && parsed.SignatureAlgorithm == x509.UnknownSignatureAlgorithm {
		err = errors.New("its signature algorithm has unknown parameters")
	}
	if unsupported := s.Abilities.checkAlgorithm(algorithm); unsupported != nil {
		return nil, unsupported
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignatureAlgorithm, err)
	}
	return parsed, nil
}

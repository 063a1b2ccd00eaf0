package keystore

import (
	"fmt"
	"io"
	"slices"

	"github.com/camfleet/camfleet/sim/internal/pki"
)

// CertificationPath is a list of certificates, each signed with the key of
// the next, the leaf first (Security 5.2.6.3.8).
type CertificationPath struct {
	ID             string   `json:"id"`
	Alias          string   `json:"alias,omitempty"`
	CertificateIDs []string `json:"certificateIds"`
}

func (p CertificationPath) id() string { return p.ID }

// Path finds a certification path by its ID.
func (s *Section) Path(id string) (CertificationPath, error) {
	p, ok := get(s.Paths, id)
	if !ok {
		return CertificationPath{}, unknown("certification path", id, ErrCertificationPathID)
	}
	return p, nil
}

// Chain returns the certificates of a path as DER, leaf first, and the key of
// the leaf.
func (s *Section) Chain(id string) ([][]byte, Key, error) {
	p, err := s.Path(id)
	if err != nil {
		return nil, Key{}, err
	}
	var leaf Key
	chain := make([][]byte, len(p.CertificateIDs))
	for i, cid := range p.CertificateIDs {
		c, err := s.Certificate(cid)
		if err != nil {
			return nil, Key{}, fmt.Errorf("certification path %q: %w", id, err)
		}
		chain[i] = c.DER
		if i == 0 {
			if leaf, err = s.Key(c.KeyID); err != nil {
				return nil, Key{}, fmt.Errorf("certification path %q: %w", id, err)
			}
		}
	}
	return chain, leaf, nil
}

// CreatePath makes a certification path of certificates in the keystore
// (Security 5.2.6.3.8).
func (s *Section) CreatePath(certificateIDs []string, alias string, random io.Reader) (CertificationPath, error) {
	l := s.Limits.WithDefaults()
	if err := s.checkPath(l, certificateIDs, alias); err != nil {
		return CertificationPath{}, err
	}
	if len(s.Paths) >= l.CertificationPaths {
		return CertificationPath{}, fmt.Errorf("%w: %d", ErrTooManyPaths, l.CertificationPaths)
	}
	id, err := newID("path", s.Paths, random)
	if err != nil {
		return CertificationPath{}, err
	}
	p := CertificationPath{ID: id, Alias: alias, CertificateIDs: slices.Clone(certificateIDs)}
	s.Paths = append(s.Paths, p)
	return p, nil
}

// SetPath replaces what is in a path; its ID and its uses stay (Security
// 5.2.6.3.11). A path in use keeps needing the private key of its leaf, and
// what the factory put there stays. With a nil alias the old one stays.
func (s *Section) SetPath(id string, certificateIDs []string, alias *string) error {
	i := indexOf(s.Paths, id)
	if i < 0 {
		return unknown("certification path", id, ErrCertificationPathID)
	}
	next := CertificationPath{ID: id, Alias: orOld(alias, s.Paths[i].Alias), CertificateIDs: slices.Clone(certificateIDs)}
	if err := s.checkPath(s.Limits.WithDefaults(), next.CertificateIDs, next.Alias); err != nil {
		return err
	}
	if id == s.DeviceIdentity || id == s.MediaSigning.Factory {
		return fmt.Errorf("certification path %q: %w: it is the factory's", id, ErrInvalidPath)
	}
	old := s.Paths[i]
	s.Paths[i] = next
	if by := s.PathReferences(id); len(by) > 0 {
		if err := s.checkUsable(id); err != nil {
			s.Paths[i] = old
			return fmt.Errorf("%w: %s: %v", ErrInvalidPath, by[0], err) //nolint:errorlint // this fault and no other
		}
	}
	return nil
}

// DeletePath removes a path that nothing refers to; its certificates stay
// (Security 5.2.6.3.12).
func (s *Section) DeletePath(id string) error {
	i := indexOf(s.Paths, id)
	if i < 0 {
		return unknown("certification path", id, ErrCertificationPathID)
	}
	if err := unreferenced("certification path", id, s.PathReferences(id)); err != nil {
		return err
	}
	s.Paths = slices.Delete(s.Paths, i, i+1)
	return nil
}

// checkPath verifies that every certificate but the last is signed with the
// key of the next. Validity, names and usages are nobody's business here.
func (s *Section) checkPath(l Limits, ids []string, alias string) error {
	if err := l.checkAlias(alias); err != nil {
		return err
	}
	if len(ids) == 0 || len(ids) > l.PathLength {
		return fmt.Errorf("%d certificates, want 1 to %d: %w: %w", len(ids), l.PathLength, ErrPathLength, ErrInvalidPath)
	}
	var below []byte
	for i, id := range ids {
		c, err := s.Certificate(id)
		if err != nil {
			return err
		}
		if i > 0 {
			if err := pki.CheckSigned(below, c.DER); err != nil {
				return fmt.Errorf("certificate %q: %w: %w", ids[i-1], ErrInvalidPath, err)
			}
		}
		below = c.DER
	}
	return nil
}

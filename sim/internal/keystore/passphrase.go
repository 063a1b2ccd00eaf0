package keystore

import (
	"fmt"
	"io"
	"slices"
)

// Passphrase is a stored passphrase (Security 5.2.6.1).
type Passphrase struct {
	ID     string `json:"id"`
	Alias  string `json:"alias,omitempty"`
	Sealed []byte `json:"sealed"` // encrypted; see [Seal]
}

func (p Passphrase) id() string { return p.ID }

// Seal encrypts a secret so that it may lie in the state.
type Seal func(plain []byte) ([]byte, error)

// Passphrase finds a passphrase by its ID.
func (s *Section) Passphrase(id string) (Passphrase, error) {
	p, ok := get(s.Passphrases, id)
	if !ok {
		return Passphrase{}, unknown("passphrase", id, ErrPassphraseID)
	}
	return p, nil
}

// AddPassphrase stores a passphrase: ASCII of up to Limits.PassphraseLength
// characters (Security Table 13). Equal ones may be there many times (5.2.3).
func (s *Section) AddPassphrase(text, alias string, seal Seal, random io.Reader) (Passphrase, error) {
	l := s.Limits.WithDefaults()
	if err := l.checkPassphrase(text); err != nil {
		return Passphrase{}, err
	}
	if err := l.checkAlias(alias); err != nil {
		return Passphrase{}, err
	}
	if len(s.Passphrases) >= l.Passphrases {
		return Passphrase{}, fmt.Errorf("%w: %d", ErrTooManyPassphrases, l.Passphrases)
	}
	id, err := newID("passphrase", s.Passphrases, random)
	if err != nil {
		return Passphrase{}, err
	}
	sealed, err := seal([]byte(text))
	if err != nil {
		return Passphrase{}, fmt.Errorf("passphrase %q: %w", id, err)
	}
	p := Passphrase{ID: id, Alias: alias, Sealed: sealed}
	s.Passphrases = append(s.Passphrases, p)
	return p, nil
}

// checkPassphrase never tells the passphrase.
func (l Limits) checkPassphrase(text string) error {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return fmt.Errorf("%w: it is not ASCII", ErrBadPassphrase)
		}
	}
	if len(text) > l.PassphraseLength {
		return fmt.Errorf("%w: %d characters, at most %d", ErrBadPassphrase, len(text), l.PassphraseLength)
	}
	return nil
}

// DeletePassphrase removes a passphrase that no 802.1X configuration refers to
// (Security 5.2.6.1.3).
func (s *Section) DeletePassphrase(id string) error {
	i := indexOf(s.Passphrases, id)
	if i < 0 {
		return unknown("passphrase", id, ErrPassphraseID)
	}
	if err := unreferenced("passphrase", id, s.PassphraseReferences(id)); err != nil {
		return err
	}
	s.Passphrases = slices.Delete(s.Passphrases, i, i+1)
	return nil
}

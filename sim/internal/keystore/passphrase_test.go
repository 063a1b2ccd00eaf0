package keystore_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/keystore"
)

// reversed stands for encryption: it is not the plain text.
func reversed(plain []byte) ([]byte, error) {
	out := append([]byte("sealed:"), plain...)
	slices.Reverse(out)
	return out, nil
}

// passphrase adds one.
func (b *bench) passphrase() string {
	b.t.Helper()
	p, err := b.AddPassphrase("secret", "", reversed, b.random)
	if err != nil {
		b.t.Fatal(err)
	}
	return p.ID
}

func TestPassphrasesAreASCIIOfFortyCharacters(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	add := func(text, alias string) func(*keystore.Section) error {
		return func(s *keystore.Section) error {
			_, err := s.AddPassphrase(text, alias, reversed, b.random)
			return err
		}
	}
	for _, text := range []string{"", "a", "\t\x7f", strings.Repeat("x", 40)} {
		if err := add(text, "")(b.Section); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	b.refuses(keystore.ErrBadPassphrase, add(strings.Repeat("x", 41), ""))
	b.refuses(keystore.ErrBadPassphrase, add("pässword", ""))
	b.refuses(keystore.ErrBadPassphrase, add("\xff", ""))
	b.refuses(keystore.ErrAlias, add("x", strings.Repeat("a", 1025)))
	err := add("hünter2", "")(b.Section)
	if err == nil || strings.Contains(err.Error(), "nter2") {
		t.Errorf("the error tells the passphrase: %v", err)
	}
	b.Limits.PassphraseLength = 50
	if err := add(strings.Repeat("x", 50), "")(b.Section); err != nil {
		t.Error(err)
	}
	b.refuses(keystore.ErrBadPassphrase, add(strings.Repeat("x", 51), ""))
}

func TestPassphrasesAreOnlyStoredSealed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one, err := b.AddPassphrase("hunter2", "ü", reversed, b.random)
	if err != nil {
		t.Fatal(err)
	}
	two, err := b.AddPassphrase("hunter2", "ü", reversed, b.random)
	if err != nil || one.ID == two.ID {
		t.Errorf("a copy of a passphrase: %v", err)
	}
	want, _ := reversed([]byte("hunter2"))
	if got, err := b.Passphrase(one.ID); err != nil || !bytes.Equal(got.Sealed, want) || got.Alias != "ü" {
		t.Errorf("%+v, %v", got, err)
	}
	broken := errors.New("no TPM")
	b.refuses(broken, func(s *keystore.Section) error {
		_, err := s.AddPassphrase("x", "", func([]byte) ([]byte, error) { return nil, broken }, b.random)
		return err
	})
}

func TestPassphraseInUseIsNotDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.passphrase()
	drop := func(s *keystore.Section) error { return s.DeletePassphrase(id) }
	d, err := b.AddDot1X(peap(id), b.random)
	if err != nil {
		t.Fatal(err)
	}
	b.refuses(keystore.ErrReferenceExists, drop)
	if err := errors.Join(b.DeleteDot1X(d.ID, nil), drop(b.Section)); err != nil {
		t.Error(err)
	}
	b.refuses(keystore.ErrPassphraseID, drop)
}

func TestPassphrasesHaveALimit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	add := func(s *keystore.Section) error { _, err := s.AddPassphrase("x", "", reversed, b.random); return err }
	b.Limits.Passphrases = 2
	first := b.passphrase()
	b.passphrase()
	b.refuses(keystore.ErrTooManyPassphrases, add)
	if err := errors.Join(b.DeletePassphrase(first), add(b.Section)); err != nil {
		t.Error(err)
	}
	b.Limits.Passphrases = -1
	b.refuses(keystore.ErrTooManyPassphrases, add)
}

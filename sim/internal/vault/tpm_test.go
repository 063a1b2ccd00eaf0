//go:build cgo && linux

package vault_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/tpm"
	"github.com/camfleet/camfleet/sim/internal/vault"
)

func startHost(t testing.TB) *tpm.Host {
	t.Helper()
	h, err := tpm.StartHost(t.Context(), tpm.HostConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func open(t testing.TB, h *tpm.Host, c tpm.Config) *tpm.TPM {
	t.Helper()
	p, err := h.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func over(p vault.TPM) *vault.Vault {
	return vault.New(vault.Config{TPM: p, Random: seed.New(1).Stream("vault"), Clock: clock.Real()})
}

// reload stores a keystore and reads it again.
func reload(t testing.TB, s *keystore.Section) *keystore.Section {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	next := new(keystore.Section)
	if err := json.Unmarshal(text, next); err != nil {
		t.Fatal(err)
	}
	if err := next.Validate(); err != nil {
		t.Fatal(err)
	}
	return next
}

func TestKeysAreWhereTheTPMCanHoldThem(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	chip := open(t, h, tpm.Config{})
	v, s := over(chip), &keystore.Section{}
	for _, spec := range []keystore.Spec{
		{Algorithm: keystore.ECDSA, Bits: 256}, {Algorithm: keystore.ECDSA, Bits: 384}, {Algorithm: keystore.ECDSA, Bits: 521},
		{Algorithm: keystore.RSA, Bits: 2048},
	} {
		k := sign(t, v, s, spec)
		if k.SecurelyStored() != v.Holds(spec) || (len(k.Blob.Sealed) > 0) == v.Holds(spec) {
			t.Errorf("%+v: held %t, stored %t", spec, v.Holds(spec), k.SecurelyStored())
		}
	}
	big, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	m, err := v.Import(big)
	if err != nil {
		t.Fatal(err)
	}
	if k := use(t, v, s, m); !k.SecurelyStored() {
		t.Error("an imported key is not in the TPM")
	}
}

func TestSealedSecretsNeedTheirTPM(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	var image []byte
	chip := open(t, h, tpm.Config{Save: func(i []byte) error { image = bytes.Clone(i); return nil }})
	s := &keystore.Section{}
	// No TPM here holds what it says it does not.
	v := over(small{chip})
	k := sign(t, v, s, keystore.Spec{Algorithm: keystore.ECDSA, Bits: 256})
	sealed := mustSeal(t, v, s, vault.Passphrase, "hunter2")
	if len(k.Blob.Sealed) == 0 || len(s.Vault.Private) == 0 || len(s.Vault.Software) > 0 {
		t.Fatalf("%+v, vault %+v", k, s.Vault)
	}
	if err := chip.Close(); err != nil {
		t.Fatal(err)
	}
	again := reload(t, s)
	restarted := over(small{open(t, h, tpm.Config{Image: image})})
	check(t, restarted, again, again.Keys[0])
	if got, err := restarted.Open(again, vault.Passphrase, sealed); err != nil || string(got) != "hunter2" {
		t.Errorf("%q, %v", got, err)
	}
	stranger := over(open(t, h, tpm.Config{}))
	if _, err := stranger.Open(again, vault.Passphrase, sealed); !errors.Is(err, tpm.ErrForeign) {
		t.Errorf("with another TPM: %v", err)
	}
	if _, err := stranger.Signer(again, again.Keys[0]); !errors.Is(err, tpm.ErrForeign) {
		t.Errorf("with another TPM: %v", err)
	}
	if _, err := bare(1).Open(again, vault.Passphrase, sealed); !errors.Is(err, tpm.ErrNoTPM) {
		t.Errorf("without TPM: %v", err)
	}
}

// small is a TPM that holds no keys.
type small struct{ *tpm.TPM }

func (small) Supports(tpm.KeySpec) bool { return false }

func TestNoTPMIsWhatPackageTPMSaysItIs(t *testing.T) {
	t.Parallel()
	v, s := over(open(t, startHost(t), tpm.Config{Backend: tpm.None})), &keystore.Section{}
	k := sign(t, v, s, keystore.Spec{Algorithm: keystore.ECDSA, Bits: 521})
	if k.SecurelyStored() || len(s.Vault.Software) == 0 {
		t.Errorf("%+v", k)
	}
}

func BenchmarkMake(b *testing.B) {
	v := over(open(b, startHost(b), tpm.Config{}))
	for _, spec := range []keystore.Spec{
		{Algorithm: keystore.ECDSA, Bits: 256}, {Algorithm: keystore.RSA, Bits: 2048}, {Algorithm: keystore.RSA, Bits: 3072}, {Algorithm: keystore.RSA, Bits: 4096},
	} {
		b.Run(string(spec.Algorithm)+"-"+map[bool]string{true: "tpm", false: "software"}[v.Holds(spec)], func(b *testing.B) {
			for b.Loop() {
				if _, err := v.Make(b.Context(), spec, rand.Reader); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFirstSecret is the first secret of a camera, for which the TPM seals
// a new root key and gives it out again: what every camera pays at its birth.
func BenchmarkFirstSecret(b *testing.B) {
	p := open(b, startHost(b), tpm.Config{})
	for b.Loop() {
		if _, err := over(p).Seal(&keystore.Section{}, vault.Password, []byte("camfleet")); err != nil {
			b.Fatal(err)
		}
	}
}

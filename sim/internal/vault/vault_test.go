package vault_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/tpm"
	"github.com/camfleet/camfleet/sim/internal/vault"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noTPM is the TPM of a camera that has none, as package tpm has it.
type noTPM struct{}

func (noTPM) Read([]byte) (int, error)                      { return 0, tpm.ErrNoTPM }
func (noTPM) Supports(tpm.KeySpec) bool                     { return false }
func (noTPM) CreateKey(tpm.KeySpec) (tpm.Blob, error)       { return tpm.Blob{}, tpm.ErrNoTPM }
func (noTPM) ImportKey(crypto.PrivateKey) (tpm.Blob, error) { return tpm.Blob{}, tpm.ErrNoTPM }
func (noTPM) Key(tpm.Blob) (*tpm.Key, error)                { return nil, tpm.ErrNoTPM }
func (noTPM) Seal([]byte) (tpm.Blob, error)                 { return tpm.Blob{}, tpm.ErrNoTPM }
func (noTPM) Unseal(tpm.Blob) ([]byte, error)               { return nil, tpm.ErrNoTPM }

// bare is the vault of a camera without TPM.
func bare(n uint64) *vault.Vault {
	return vault.New(vault.Config{TPM: noTPM{}, Random: seed.New(n).Stream("vault"), Clock: clock.Real()})
}

func mustSeal(t testing.TB, v *vault.Vault, s *keystore.Section, p vault.Purpose, plain string) []byte {
	t.Helper()
	sealed, err := v.Seal(s, p, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestSecretsOpenForTheirPurposeOnly(t *testing.T) {
	t.Parallel()
	v, s := bare(1), &keystore.Section{}
	for _, plain := range []string{"", "x", "hunter2", strings.Repeat("k", vault.MaxSecret)} {
		sealed := mustSeal(t, v, s, vault.Passphrase, plain)
		if len(plain) > 3 && bytes.Contains(sealed, []byte(plain[:4])) {
			t.Error("it is there to be read")
		}
		got, err := v.Open(s, vault.Passphrase, sealed)
		if err != nil || string(got) != plain {
			t.Errorf("%d bytes came back of %d: %v", len(got), len(plain), err)
		}
		if _, err := v.Open(s, vault.ClientSecret, sealed); !errors.Is(err, vault.ErrSealed) {
			t.Errorf("as something else: %v", err)
		}
	}
	if _, err := v.Seal(s, vault.Passphrase, make([]byte, vault.MaxSecret+1)); !errors.Is(err, vault.ErrSize) {
		t.Error(err)
	}
}

func TestDamagedSecretsDoNotOpen(t *testing.T) {
	t.Parallel()
	v, s := bare(1), &keystore.Section{}
	sealed := mustSeal(t, v, s, vault.Passphrase, "hunter2")
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := v.Open(s, vault.Passphrase, bad); !errors.Is(err, vault.ErrSealed) {
			t.Errorf("byte %d: %v", i, err)
		}
		if _, err := v.Open(s, vault.Passphrase, sealed[:i]); !errors.Is(err, vault.ErrSealed) {
			t.Errorf("%d bytes: %v", i, err)
		}
	}
	for name, section := range map[string]*keystore.Section{
		"no vault":      {},
		"another vault": {Vault: keystore.Blob{Software: make([]byte, 32)}},
		"a short vault": {Vault: keystore.Blob{Software: make([]byte, 31)}},
	} {
		if _, err := v.Open(section, vault.Passphrase, sealed); !errors.Is(err, vault.ErrSealed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := v.Open(s, vault.Passphrase, sealed); err != nil || string(got) != "hunter2" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestNoNonceServesTwoSecrets(t *testing.T) {
	t.Parallel()
	nonce := func(sealed []byte) string { return string(sealed[1:13]) }
	same := func() *vault.Vault { // a random source that repeats itself
		return vault.New(vault.Config{TPM: noTPM{}, Random: strings.NewReader(strings.Repeat("x", 1000)), Clock: clock.Real()})
	}
	s := &keystore.Section{Vault: keystore.Blob{Software: make([]byte, 32)}}
	one, again := mustSeal(t, same(), s, vault.Passphrase, "one"), mustSeal(t, same(), s, vault.Passphrase, "one")
	if !bytes.Equal(one, again) {
		t.Error("equal random numbers gave different bytes")
	}
	for _, other := range [][]byte{mustSeal(t, same(), s, vault.Passphrase, "two"), mustSeal(t, same(), s, vault.ClientSecret, "one")} {
		if nonce(one) == nonce(other) {
			t.Error("one nonce for two secrets")
		}
	}
	v := bare(1)
	if bytes.Equal(mustSeal(t, v, s, vault.Passphrase, "one"), mustSeal(t, v, s, vault.Passphrase, "one")) {
		t.Error("equal secrets can be told by their bytes")
	}
}

func TestVaultIsMadeWhenItIsNeeded(t *testing.T) {
	t.Parallel()
	v, s := bare(1), &keystore.Section{}
	key := sign(t, v, s, keystore.Spec{Algorithm: keystore.ECDSA, Bits: 256})
	if len(s.Vault.Software) != 32 || len(key.Blob.Sealed) == 0 || key.SecurelyStored() || !key.HasPrivateKey() {
		t.Errorf("%+v", key)
	}
	root := bytes.Clone(s.Vault.Software)
	mustSeal(t, v, s, vault.Passphrase, "x")
	if !bytes.Equal(root, s.Vault.Software) {
		t.Error("the vault was made anew")
	}
	if _, err := vault.New(vault.Config{TPM: noTPM{}, Random: strings.NewReader("")}).Seal(&keystore.Section{}, vault.Passphrase, nil); err == nil {
		t.Error("a vault of nothing")
	}
}

// sign makes a key, keeps it, opens it and signs.
func sign(t testing.TB, v *vault.Vault, s *keystore.Section, spec keystore.Spec) keystore.Key {
	t.Helper()
	m, err := v.Make(t.Context(), spec, seed.Random().Stream("key"))
	if err != nil {
		t.Fatal(err)
	}
	return use(t, v, s, m)
}

func use(t testing.TB, v *vault.Vault, s *keystore.Section, m *vault.Made) keystore.Key {
	t.Helper()
	blob, err := v.Keep(s, m)
	if err != nil {
		t.Fatal(err)
	}
	k, err := s.AddKey(m.Public, blob, "", false, seed.Random().Stream("id"))
	if err != nil {
		t.Fatal(err)
	}
	check(t, v, s, k)
	return k
}

func check(t testing.TB, v *vault.Vault, s *keystore.Section, k keystore.Key) {
	t.Helper()
	signer, err := v.Signer(s, k)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("message"))
	signature, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	switch public := signer.Public().(type) {
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(public, digest[:], signature) {
			t.Error("the signature is wrong")
		}
	case *rsa.PublicKey:
		if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature); err != nil {
			t.Error(err)
		}
	}
}

func TestSoftwareKeysOfASeedAreEqual(t *testing.T) {
	t.Parallel()
	for _, bits := range []int{256, 384, 521} {
		key := func(n uint64) crypto.PublicKey {
			m, err := bare(9).Make(t.Context(), keystore.Spec{Algorithm: keystore.ECDSA, Bits: bits}, seed.New(n).Stream("key"))
			if err != nil {
				t.Fatal(err)
			}
			return m.Public
		}
		one := key(1).(*ecdsa.PublicKey) //nolint:forcetypeassert // it was asked for
		if !one.Equal(key(1)) || one.Equal(key(2)) {
			t.Errorf("%d bits: the key does not follow from the seed", bits)
		}
	}
	if _, err := bare(1).Make(t.Context(), keystore.Spec{Algorithm: keystore.RSA, Bits: 1024}, nil); !errors.Is(err, keystore.ErrPublicKey) {
		t.Error(err)
	}
}

func TestImportedKeysAreConsistent(t *testing.T) {
	t.Parallel()
	v := bare(1)
	good, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	m, err := v.Import(good)
	if err != nil {
		t.Fatal(err)
	}
	use(t, v, &keystore.Section{}, m)
	mixed := *good
	mixed.PublicKey = other.PublicKey
	for name, c := range map[string]struct {
		key  crypto.PrivateKey
		want error
	}{
		"two halves":  {&mixed, keystore.ErrKeyMismatch},
		"RSA of none": {&rsa.PrivateKey{PublicKey: rsa.PublicKey{N: big.NewInt(15), E: 3}, D: big.NewInt(3)}, keystore.ErrKeyMismatch},
		"Ed25519":     {ed25519.NewKeyFromSeed(make([]byte, 32)), keystore.ErrPublicKey},
		"nothing":     {nil, keystore.ErrPublicKey},
	} {
		if _, err := v.Import(c.key); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSignerOpensTheRightKeyOnly(t *testing.T) {
	t.Parallel()
	v, s := bare(1), &keystore.Section{}
	p256 := keystore.Spec{Algorithm: keystore.ECDSA, Bits: 256}
	one, two := sign(t, v, s, p256), sign(t, v, s, p256)
	swapped := one
	swapped.Blob = two.Blob
	if _, err := v.Signer(s, swapped); !errors.Is(err, vault.ErrMismatch) {
		t.Error(err)
	}
	half := one
	half.Blob = keystore.Blob{}
	corrupt := one
	corrupt.Status = keystore.StatusCorrupt
	for _, k := range []keystore.Key{half, corrupt, {}} {
		if _, err := v.Signer(s, k); !errors.Is(err, keystore.ErrNoPrivateKey) {
			t.Error(err)
		}
	}
	wrong := one
	wrong.Blob = keystore.Blob{Sealed: mustSeal(t, v, s, vault.PrivateKey, "no key")}
	if _, err := v.Signer(s, wrong); !errors.Is(err, vault.ErrSealed) {
		t.Error(err)
	}
	wrong.Blob = keystore.Blob{Software: []byte("no key")}
	if _, err := v.Signer(s, wrong); !errors.Is(err, vault.ErrSealed) || strings.Contains(err.Error(), "no key\"") {
		t.Error(err)
	}
}

func TestEstimatesFollowWhatIsMeasured(t *testing.T) {
	t.Parallel()
	v := bare(1)
	p384 := keystore.Spec{Algorithm: keystore.ECDSA, Bits: 384}
	if v.Estimate(p384) != 0 {
		t.Error("an estimate of what was never made")
	}
	sign(t, v, &keystore.Section{}, p384)
	if v.Estimate(p384) <= 0 || v.Estimate(keystore.Spec{Algorithm: keystore.RSA, Bits: 4096}) <= v.Estimate(keystore.Spec{Algorithm: keystore.RSA, Bits: 2048}) {
		t.Error("estimates are not true to life")
	}
}

func FuzzOpen(f *testing.F) {
	v, s := bare(1), &keystore.Section{}
	f.Add(mustSeal(f, v, s, vault.Passphrase, "hunter2"))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if plain, err := v.Open(s, vault.Passphrase, sealed); err == nil && string(plain) != "hunter2" {
			t.Errorf("opened to %q", plain)
		} else if err != nil && !errors.Is(err, vault.ErrSealed) {
			t.Error(err)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	v, s := bare(1), &keystore.Section{}
	plain := make([]byte, 1200) // an RSA key
	for b.Loop() {
		if _, err := v.Seal(s, vault.PrivateKey, plain); err != nil {
			b.Fatal(err)
		}
	}
}

//go:build cgo && linux

package tpm

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"errors"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/tpm/host"
	"github.com/google/go-tpm/tpm2/transport"
)

// lent makes a simulated TPM a device of this machine.
type lent struct{ *TPM }

func (lent) Close() error { return nil }

func TestDeviceIsUsedAndLeftAsItWas(t *testing.T) {
	t.Parallel()
	h, err := StartHost(t.Context(), HostConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	under, err := h.Open(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	before, err := under.Image(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	borrow := func() *TPM {
		m := &device{path: "lent", open: func() (transport.TPMCloser, error) { return lent{under}, nil }}
		p := newOver(nil, m, Config{})
		if err := p.do(context.Background(), "open TPM", p.provision); err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := borrow()
	blob, err := p.CreateKey(KeySpec{ECDSA, 256})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.EK(t.Context(), ECDSA); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{
		"WriteNV":  p.WriteNV(MinIndex, []byte{1}),
		"DeleteNV": p.DeleteNV(MinIndex),
		"Evict":    p.Evict(0x81000100),
		"Persist":  func() error { _, err := p.Persist(blob, 0x81000100); return err }(),
	} {
		if !errors.Is(err, ErrBackend) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	q := borrow() // and the key is still one of the TPM
	k, err := q.Key(blob)
	if err != nil {
		t.Fatal(err)
	}
	d := make([]byte, 32)
	if s, err := k.Sign(nil, d, crypto.SHA256); err != nil || !ecdsa.VerifyASN1(k.Public().(*ecdsa.PublicKey), d, s) {
		t.Errorf("signature: %v", err)
	}
	if err := q.Close(); err != nil {
		t.Error(err)
	}
	after, err := under.Image(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Error("NV memory has changed")
	}
	if free := under.transient(t); free != 0 {
		t.Errorf("%d objects are left in it", free)
	}
}

// transient counts the transient objects in a TPM.
func (t *TPM) transient(tb testing.TB) int {
	tb.Helper()
	// TPM2_GetCapability(TPM_CAP_HANDLES, TRANSIENT_FIRST, 100)
	r, err := t.Send([]byte{0x80, 1, 0, 0, 0, 22, 0, 0, 1, 0x7a, 0, 0, 0, 1, 0x80, 0, 0, 0, 0, 0, 0, 100})
	if err != nil || len(r) < 19 {
		tb.Fatalf("%x, %v", r, err)
	}
	return int(r[18])
}

func TestAbilitiesAreThoseOfTheBuild(t *testing.T) {
	t.Parallel()
	h, err := StartHost(t.Context(), HostConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	p, err := h.Open(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	big := host.Profile == "big"
	for s, want := range map[KeySpec]bool{
		{RSA, 1024}: true, {RSA, 2048}: true, {RSA, 3072}: big, {RSA, 4096}: big,
		{ECDSA, 256}: true, {ECDSA, 384}: true, {ECDSA, 521}: true,
	} {
		if got := p.Supports(s); got != want {
			t.Errorf("%s build: %v: %v, want %v", host.Profile, s, got, want)
		}
		if _, err := p.CreateKey(s); (err == nil) != want {
			t.Errorf("%s build: create %v: %v", host.Profile, s, err)
		}
	}
}

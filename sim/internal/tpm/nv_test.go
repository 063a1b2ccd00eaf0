//go:build cgo && linux

package tpm_test

import (
	"bytes"
	"crypto"
	"errors"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/tpm"
)

func crypto256() crypto.SignerOpts { return crypto.SHA256 }

func TestNVIndexHoldsWhatWasWrittenLast(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	_, err := p.ReadNV(tpm.IndexEKCertRSA)
	wantErr(t, "nothing there", err, tpm.ErrNotFound)
	for _, n := range []int{1, 512, 513, tpm.MaxNVData, 700, 700} {
		data := bytes.Repeat([]byte{byte(n)}, n)
		if err := p.WriteNV(tpm.IndexEKCertRSA, data); err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if got, err := p.ReadNV(tpm.IndexEKCertRSA); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes: %d, %v", n, len(got), err)
		}
	}
	for range 2 {
		if err := p.DeleteNV(tpm.IndexEKCertRSA); err != nil {
			t.Error(err)
		}
	}
	_, err = p.ReadNV(tpm.IndexEKCertRSA)
	wantErr(t, "deleted", err, tpm.ErrNotFound)
}

func TestNVLimitsAreErrors(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	wantErr(t, "empty", p.WriteNV(tpm.MinIndex, nil), tpm.ErrSize)
	wantErr(t, "limit+1", p.WriteNV(tpm.MinIndex, make([]byte, tpm.MaxNVData+1)), tpm.ErrSize)
	wantErr(t, "below", p.WriteNV(tpm.MinIndex-1, []byte{1}), tpm.ErrBackend)
	wantErr(t, "above", p.WriteNV(tpm.MaxIndex+1, []byte{1}), tpm.ErrBackend)
	var err error
	for i := uint32(0); err == nil && i < 100; i++ {
		err = p.WriteNV(tpm.MinIndex+i, make([]byte, tpm.MaxNVData))
	}
	wantErr(t, "full", err, tpm.ErrFull)
	signs(t, mustKey(t, p, p256()))
}

func TestPersistentKeysUntilTheTPMIsFull(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	k := mustKey(t, p, p256())
	persistent, err := p.Persist(k.Blob(), 0x81000100)
	if err != nil {
		t.Fatal(err)
	}
	signs(t, persistent)
	if _, err := p.Persist(k.Blob(), 0x81000100); err != nil {
		t.Errorf("again: %v", err)
	}
	other := mustKey(t, p, p256())
	_, err = p.Persist(other.Blob(), 0x81000100)
	wantErr(t, "another key there", err, tpm.ErrOccupied)
	signs(t, other)
	n := 1
	for err = nil; err == nil && n < 200; n++ {
		_, err = p.Persist(other.Blob(), 0x81000100+uint32(n))
	}
	if !errors.Is(err, tpm.ErrFull) || n < 5 {
		t.Errorf("after %d: %v", n, err)
	}
	for range 2 {
		if err := p.Evict(0x81000100); err != nil {
			t.Errorf("evict: %v", err)
		}
	}
	_, err = p.PersistentKey(0x81000100)
	wantErr(t, "evicted", err, tpm.ErrNotFound)
	if _, err := p.Persist(k.Blob(), 0x81000200); err != nil {
		t.Errorf("into the room made: %v", err)
	}
	wantErr(t, "SRK", p.Evict(tpm.HandleSRK), tpm.ErrBackend)
	wantErr(t, "EK", p.Evict(tpm.HandleEKECC), tpm.ErrBackend)
	_, err = p.Persist(k.Blob(), tpm.HandleEKRSA)
	wantErr(t, "the platform's handles", err, tpm.ErrBackend)
	_, err = p.Persist(tpm.Blob{}, 0x81000300)
	wantErr(t, "no key", err, tpm.ErrBlob)
}

func TestClearedTPMHasForgottenItsOwner(t *testing.T) {
	t.Parallel()
	var d disk
	h := startHost(t)
	p := open(t, h, tpm.Config{Save: d.save})
	k := mustKey(t, p, p256())
	if _, err := p.Persist(k.Blob(), 0x81000100); err != nil {
		t.Fatal(err)
	}
	if err := p.WriteNV(tpm.IndexEKCertECC, []byte("certificate")); err != nil {
		t.Fatal(err)
	}
	before, err := p.EK(t.Context(), tpm.ECDSA)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	check := func(p *tpm.TPM) {
		t.Helper()
		_, err := p.Key(k.Blob())
		wantErr(t, "old blob", err, tpm.ErrForeign)
		_, err = p.PersistentKey(0x81000100)
		wantErr(t, "persistent key", err, tpm.ErrNotFound)
		after, err := p.EK(t.Context(), tpm.ECDSA)
		if err != nil || !after.(interface{ Equal(crypto.PublicKey) bool }).Equal(before) {
			t.Errorf("another endorsement key: %v", err)
		}
		if data, err := p.ReadNV(tpm.IndexEKCertECC); err != nil || string(data) != "certificate" {
			t.Errorf("NV: %q, %v", data, err)
		}
		signs(t, mustKey(t, p, p256()))
	}
	check(p)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	image, _ := d.get()
	check(open(t, h, tpm.Config{Image: image}))
}

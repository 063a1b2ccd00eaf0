//go:build cgo && linux

package tpm_test

import (
	"bytes"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/tpm"
)

func mustAttestationKey(t testing.TB, p *tpm.TPM, s tpm.KeySpec) *tpm.Key {
	t.Helper()
	b, err := p.CreateAttestationKey(s)
	if err != nil {
		t.Fatal(err)
	}
	k, err := p.Key(b)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestCertifyProvesThatAKeyIsInTheTPM(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	k, other := mustKey(t, p, p256()), mustKey(t, p, p256())
	nonce := []byte("nonce")
	for _, s := range []tpm.KeySpec{p256(), rsa2048()} {
		ak := mustAttestationKey(t, p, s)
		a, err := k.Certify(ak, nonce)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.VerifyCertify(ak.Public(), k.Blob().Public, nonce); err != nil {
			t.Errorf("%v: %v", s, err)
		}
		altered := tpm.Attestation{Statement: bytes.Clone(a.Statement), Signature: a.Signature}
		altered.Statement[len(altered.Statement)-1] ^= 1
		for name, err := range map[string]error{
			"another key":      a.VerifyCertify(ak.Public(), other.Blob().Public, nonce),
			"another nonce":    a.VerifyCertify(ak.Public(), k.Blob().Public, []byte("other")),
			"another signer":   a.VerifyCertify(other.Public(), k.Blob().Public, nonce),
			"no signer":        a.VerifyCertify(nil, k.Blob().Public, nonce),
			"altered":          altered.VerifyCertify(ak.Public(), k.Blob().Public, nonce),
			"taken as a quote": a.VerifyQuote(ak.Public(), nonce, nil, nil),
			"nothing":          tpm.Attestation{}.VerifyCertify(ak.Public(), nil, nil),
		} {
			wantErr(t, name, err, tpm.ErrAttestation)
		}
		_, err = ak.Sign(nil, make([]byte, 32), crypto256())
		wantErr(t, "an attestation key signs what it is given", err, tpm.ErrUnsupportedScheme)
	}
	_, err := k.Certify(other, nil)
	wantErr(t, "a key that is no attestation key", err, tpm.ErrUnsupportedKey)
	_, err = k.Certify(mustAttestationKey(t, newTPM(t), p256()), nil)
	wantErr(t, "an attestation key of another TPM", err, tpm.ErrForeign)
	_, err = k.Certify(mustAttestationKey(t, p, p256()), make([]byte, 33))
	wantErr(t, "nonce at limit+1", err, tpm.ErrSize)
	if _, err = k.Certify(mustAttestationKey(t, p, p256()), make([]byte, 32)); err != nil {
		t.Errorf("nonce at the limit: %v", err)
	}
}

func TestQuoteStatesTheRegisters(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	ak := mustAttestationKey(t, p, p256())
	zero := make([]byte, 32)
	a, err := ak.Quote([]byte("n"), 0, 7, 16)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.VerifyQuote(ak.Public(), []byte("n"), []int{0, 7, 16}, [][]byte{zero, zero, zero}); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"other registers": a.VerifyQuote(ak.Public(), []byte("n"), []int{0, 7, 15}, [][]byte{zero, zero, zero}),
		"other values":    a.VerifyQuote(ak.Public(), []byte("n"), []int{0, 7, 16}, [][]byte{zero, zero, {1}}),
		"no register":     a.VerifyQuote(ak.Public(), []byte("n"), []int{24}, [][]byte{zero}),
	} {
		wantErr(t, name, err, tpm.ErrAttestation)
	}
	for _, pcr := range []int{-1, tpm.PCRs} {
		_, err = ak.Quote(nil, pcr)
		wantErr(t, "register", err, tpm.ErrSize)
	}
}

func TestSealedDataIsOpenedByItsTPMOnly(t *testing.T) {
	t.Parallel()
	p, q := newTPM(t), newTPM(t)
	for _, n := range []int{1, tpm.MaxSeal} {
		data := bytes.Repeat([]byte{9}, n)
		b, err := p.Seal(data)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Unseal(b); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes: %x, %v", n, got, err)
		}
		_, err = q.Unseal(b)
		wantErr(t, "another TPM", err, tpm.ErrForeign)
		_, err = p.Key(b)
		wantErr(t, "taken as a key", err, tpm.ErrBlob)
		_, err = b.PublicKey()
		wantErr(t, "its public key", err, tpm.ErrBlob)
		_, err = p.Unseal(mustKey(t, p, p256()).Blob())
		wantErr(t, "a key taken as sealed", err, tpm.ErrBlob)
	}
	for _, n := range []int{0, tpm.MaxSeal + 1} {
		_, err := p.Seal(make([]byte, n))
		wantErr(t, "size", err, tpm.ErrSize)
	}
}

//go:build cgo && linux

package tpm_test

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/tpm"
	"github.com/google/go-cmp/cmp"
)

// life is all that a seeded TPM has to show for a few operations.
type life struct {
	EC, RSA, Restored tpm.Blob
	Signatures        [][]byte
	Random            []byte
	Image             []byte
}

// live runs a seeded TPM through a life with a restart in it.
func live(t *testing.T, h *tpm.Host, entropy []byte) (l life) {
	t.Helper()
	var d disk
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	p := open(t, h, tpm.Config{Entropy: entropy, Save: d.save})
	ec, rs := mustKey(t, p, p256()), mustKey(t, p, rsa2048())
	l.EC, l.RSA = ec.Blob(), rs.Blob()
	signAll := func(keys ...*tpm.Key) {
		for _, k := range keys {
			for range 3 {
				s, err := k.Sign(nil, digest(crypto.SHA256, "m"), crypto.SHA256)
				must(err)
				l.Signatures = append(l.Signatures, s)
			}
		}
	}
	signAll(ec, rs)
	must(p.WriteNV(tpm.IndexEKCertECC, []byte("certificate")))
	a, err := ec.Certify(mustAttestationKey(t, p, p256()), []byte("nonce"))
	must(err)
	l.Signatures = append(l.Signatures, a.Statement, a.Signature)
	must(p.Close())
	image, _ := d.get()
	q := open(t, h, tpm.Config{Entropy: entropy, Image: image, Save: d.save})
	k, err := q.Key(l.EC)
	must(err)
	signAll(k)
	l.Restored, err = q.CreateKey(p256())
	must(err)
	l.Random = make([]byte, 50)
	_, err = q.Read(l.Random)
	must(err)
	must(q.Close())
	l.Image, _ = d.get()
	return l
}

// sums names the parts of a life by their digests, which read better.
func sums(l life) []string {
	var s []string
	for i, part := range append(l.Signatures, l.EC.Public, l.EC.Private, l.RSA.Public, l.RSA.Private,
		l.Restored.Public, l.Restored.Private, l.Random, l.Image) {
		s = append(s, fmt.Sprintf("%d: %x", i, sha256.Sum256(part)))
	}
	return s
}

func TestEqualEntropyGivesEqualKeysSignaturesAndImages(t *testing.T) {
	t.Parallel()
	entropy := bytes.Repeat([]byte{5}, tpm.EntropySize)
	a, b := live(t, startHost(t), entropy), live(t, startHost(t), entropy)
	if diff := cmp.Diff(sums(a), sums(b)); diff != "" {
		t.Errorf("two lives differ:\n%s", diff)
	}
	c := live(t, startHost(t), bytes.Repeat([]byte{6}, tpm.EntropySize))
	if bytes.Equal(a.EC.Public, c.EC.Public) || bytes.Equal(a.RSA.Public, c.RSA.Public) || bytes.Equal(a.Random, c.Random) {
		t.Error("other entropy gave equal keys")
	}
	seen := map[string]bool{}
	for i, s := range a.Signatures {
		if seen[string(s)] && (i < 3 || i >= 8) {
			t.Errorf("ECDSA signature %d repeats another: a nonce was used twice", i)
		}
		seen[string(s)] = true
	}
	if bytes.Equal(a.EC.Public, a.Restored.Public) {
		t.Error("a key is made twice")
	}
}

func TestSeededTPMDoesNotRepeatItselfAfterAnyRestart(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	var d disk
	c := tpm.Config{Entropy: bytes.Repeat([]byte{7}, tpm.EntropySize), Save: d.save}
	seen := map[string]bool{}
	look := func(p *tpm.TPM) {
		t.Helper()
		r := make([]byte, 16)
		if _, err := p.Read(r); err != nil {
			t.Fatal(err)
		}
		if seen[string(r)] {
			t.Error("random numbers repeat")
		}
		seen[string(r)] = true
	}
	p := open(t, h, c)
	look(p)
	for range 3 {
		p.CutPower()
		look(p)
		if err := p.Reboot(t.Context()); err != nil {
			t.Fatal(err)
		}
		look(p)
	}
	for range 3 {
		p.CutPower() // and the program with it
		c.Image, _ = d.get()
		p = open(t, h, c)
		look(p)
	}
}

func TestEntropyHasOneSize(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	for _, n := range []int{1, tpm.EntropySize - 1, tpm.EntropySize + 1} {
		_, err := h.Open(t.Context(), tpm.Config{Entropy: make([]byte, n)})
		wantErr(t, "entropy", err, tpm.ErrBackend)
	}
}

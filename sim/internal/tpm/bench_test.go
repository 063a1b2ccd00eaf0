//go:build cgo && linux

package tpm_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/tls"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/tpm"
	"github.com/google/go-tpm/tpm2"
)

func BenchmarkSign(b *testing.B) {
	p := newTPM(b)
	d := digest(crypto.SHA256, "m")
	for _, s := range allSpecs(b, p) {
		k := mustKey(b, p, s)
		var opts crypto.SignerOpts = crypto.SHA256
		if s.Algorithm == tpm.RSA {
			opts = &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthEqualsHash}
		}
		b.Run(s.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.Sign(nil, d, opts); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	// More keys than slots: each is loaded and flushed for its signature.
	var keys []*tpm.Key
	for range 6 {
		keys = append(keys, mustKey(b, p, p256()))
	}
	b.Run("ECDSA-256/load", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := keys[i%len(keys)].Sign(nil, d, crypto.SHA256); err != nil {
				b.Fatal(err)
			}
		}
	})
	// The same signature through go-tpm, which marshals by reflection.
	persistent, err := p.Persist(keys[0].Blob(), 0x81000100)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("ECDSA-256/persistent", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := persistent.Sign(nil, d, crypto.SHA256); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ECDSA-256/go-tpm", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := tpm2.Sign{
				KeyHandle: tpm2.AuthHandle{Handle: 0x81000100, Name: tpm2.TPM2BName{Buffer: []byte{1}}, Auth: tpm2.PasswordAuth(nil)},
				Digest:    tpm2.TPM2BDigest{Buffer: d},
				InScheme: tpm2.TPMTSigScheme{Scheme: tpm2.TPMAlgECDSA,
					Details: tpm2.NewTPMUSigScheme(tpm2.TPMAlgECDSA, &tpm2.TPMSSchemeHash{HashAlg: tpm2.TPMAlgSHA256})},
				Validation: tpm2.TPMTTKHashCheck{Tag: tpm2.TPMSTHashCheck, Hierarchy: tpm2.TPMRHNull},
			}.Execute(p)
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkCreateKey(b *testing.B) {
	p := newTPM(b)
	for _, s := range allSpecs(b, p) {
		b.Run(s.String(), func(b *testing.B) {
			for b.Loop() {
				if _, err := p.CreateKey(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkHandshake(b *testing.B) {
	p := newTPM(b)
	for _, s := range []tpm.KeySpec{p256(), rsa2048()} {
		id := newIdentity(b, p, s)
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			server := &tls.Config{Certificates: []tls.Certificate{id.cert}, SessionTicketsDisabled: true}
			client := &tls.Config{RootCAs: id.pool(), ServerName: "localhost", MaxVersion: version}
			b.Run(s.String()+"/"+tls.VersionName(version), func(b *testing.B) {
				for b.Loop() {
					if _, err := handshake(client, server); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkOpen manufactures TPMs, or starts them from their images, and
// reports the memory of each process (PSS: shared pages in equal parts).
func BenchmarkOpen(b *testing.B) {
	h := startHost(b)
	var d disk
	if err := open(b, h, tpm.Config{Save: d.save}).Close(); err != nil {
		b.Fatal(err)
	}
	image, _ := d.get()
	for _, n := range []int{1, 10, 100, 1000} {
		for name, c := range map[string]tpm.Config{"new": {}, "image": {Image: image}} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				var memory int
				for b.Loop() {
					tpms := make([]*tpm.TPM, n)
					for i := range tpms {
						tpms[i] = open(b, h, c)
					}
					b.StopTimer()
					memory = 0
					for _, p := range tpms {
						memory += proportionalKiB(b, p.PID())
					}
					for _, p := range tpms {
						if err := p.Close(); err != nil {
							b.Fatal(err)
						}
					}
					b.StartTimer()
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/TPM")
				b.ReportMetric(float64(memory)/float64(n), "KiB/TPM")
			})
		}
	}
}

// proportionalKiB returns the PSS of a process in KiB.
func proportionalKiB(b *testing.B, pid int) int {
	b.Helper()
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(rollup)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "Pss:" {
			kib, err := strconv.Atoi(f[1])
			if err != nil {
				b.Fatal(err)
			}
			return kib
		}
	}
	b.Fatalf("no Pss in %s", rollup)
	return 0
}

package factory_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/factory"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/tpm"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// manufacture makes a camera with an emulated TPM.
func manufacture(t *testing.T, s factory.Spec, entropy []byte) (state.Tree, *factory.Roots, *tpm.TPM) {
	t.Helper()
	ctx := context.Background()
	host, err := tpm.StartHost(ctx, tpm.HostConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(); err != nil {
			t.Error(err)
		}
	})
	chip, err := host.Open(ctx, tpm.Config{Entropy: entropy})
	if err != nil {
		t.Fatal(err)
	}
	f, roots := fleet(t, seed.New(1))
	tree, err := f.Make(s, factory.FromTPM(ctx, chip))
	if err != nil {
		t.Fatal(err)
	}
	return tree, roots, chip
}

func TestCameraWithARealTPMServesTLSAndSigns(t *testing.T) {
	t.Parallel()
	s := spec(1)
	s.IdentityKey = keystore.Spec{Algorithm: keystore.RSA, Bits: 2048}
	tree, roots, chip := manufacture(t, s, nil)
	chain, key, err := tree.Keystore.Chain(tree.Keystore.TLS.Paths[0])
	if err != nil {
		t.Fatal(err)
	}
	signer, err := chip.Key(factory.TPMBlob(key.Blob))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(roots.Fleet.Certificate)
	server := &tls.Config{Certificates: []tls.Certificate{{Certificate: chain, PrivateKey: signer}}, MinVersion: tls.VersionTLS12}
	handshake(t, server, &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS12})

	for _, path := range []string{tree.Keystore.DeviceIdentity, tree.Keystore.MediaSigning.Factory} {
		chain, key, err := tree.Keystore.Chain(path)
		if err != nil {
			t.Fatal(err)
		}
		checkKey(t, chip, key, chain[0])
	}
	cert, err := chip.ReadNV(factory.EKCertificateIndex)
	if err != nil {
		t.Fatal(err)
	}
	opensslVerify(t, "endorsement key", roots.Fleet.Certificate.Raw, [][]byte{cert, roots.Device.Certificate.Raw})
}

// checkKey signs in the TPM and verifies with the certificate.
func checkKey(t *testing.T, chip *tpm.TPM, key keystore.Key, der []byte) {
	t.Helper()
	signer, err := chip.Key(factory.TPMBlob(key.Blob))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("message")
	digest := sha256.Sum256(message)
	signature, err := signer.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	algorithm := x509.ECDSAWithSHA256
	if key.Algorithm == keystore.RSA {
		algorithm = x509.SHA256WithRSA
	}
	if err := cert.CheckSignature(algorithm, message, signature); err != nil {
		t.Errorf("%s: %v", key.Alias, err)
	}
}

func TestSeededTPMsMakeEqualCameras(t *testing.T) {
	t.Parallel()
	entropy := bytes.Repeat([]byte{7}, tpm.EntropySize)
	a, _, _ := manufacture(t, spec(3), entropy)
	b, _, _ := manufacture(t, spec(3), entropy)
	if diff := cmp.Diff(a, b, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); diff != "" {
		t.Error(diff)
	}
}

func TestEndedContextStopsTheFactory(t *testing.T) {
	t.Parallel()
	_, _, chip := manufacture(t, spec(1), nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f, _ := fleet(t, seed.New(1))
	if _, err := f.Make(spec(2), factory.FromTPM(ctx, chip)); err == nil {
		t.Error("a camera in spite of it")
	}
}

func TestTPMSpecRefusesUnknownAlgorithms(t *testing.T) {
	t.Parallel()
	if _, err := factory.TPMSpec(keystore.Spec{Algorithm: "DSA"}); err == nil {
		t.Error("DSA is accepted")
	}
}

package pki_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/pki"
	"go.uber.org/goleak"
)

// keys are made once; every test reads them only.
var keys struct {
	rsa        *rsa.PrivateKey
	p256, p521 *ecdsa.PrivateKey
}

func TestMain(m *testing.M) {
	var err error
	if keys.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		panic(err)
	}
	if keys.p256, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		panic(err)
	}
	if keys.p521, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// day is the time of every test.
func day() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) }

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// tool runs a program in a directory; its failure fails the test.
func tool(t testing.TB, dir, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return out
}

func write(t testing.TB, dir, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, dir, name string) []byte {
	t.Helper()
	return must[[]byte](t)(os.ReadFile(filepath.Join(dir, name)))
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func pkcs8(t testing.TB, key crypto.PrivateKey) []byte {
	t.Helper()
	return must[[]byte](t)(pki.MarshalPKCS8(key, false))
}

// chain is a leaf for the key with the certificates above it, leaf first.
func chain(t testing.TB, key crypto.Signer) [][]byte {
	t.Helper()
	root := must[*pki.Authority](t)(pki.NewAuthority(template("root"), keys.p521, rand.Reader))
	middle := template("middle")
	middle.MaxPath = 0
	ca := must[*pki.Authority](t)(root.Authority(middle, must[*ecdsa.PrivateKey](t)(pki.NewKey(rand.Reader)), rand.Reader))
	leaf := must[[]byte](t)(ca.Issue(template("leaf"), key.Public(), rand.Reader))
	return [][]byte{leaf, ca.Certificate.Raw, root.Certificate.Raw}
}

func sameKey(t testing.TB, got crypto.Signer, want crypto.Signer) {
	t.Helper()
	if !want.(interface{ Equal(crypto.PrivateKey) bool }).Equal(got) {
		t.Errorf("%T is not the key", got)
	}
}

func parseCert(t testing.TB, der []byte) *x509.Certificate {
	t.Helper()
	return must[*x509.Certificate](t)(x509.ParseCertificate(der))
}

func serial(n int64) *big.Int { return big.NewInt(n) }

//go:build cgo && linux

package tpm_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/tpm"
)

func template(serial int64, ca bool) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: fmt.Sprintf("test %d", serial)},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
		DNSNames: []string{"localhost"}, IsCA: ca, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
}

// certify has a CA's key sign a certificate for another key.
func certify(t testing.TB, serial int64, key crypto.PublicKey, ca *x509.Certificate, signer crypto.Signer) *x509.Certificate {
	t.Helper()
	own := template(serial, ca == nil)
	if ca == nil {
		own.KeyUsage = x509.KeyUsageCertSign
		ca = own
	}
	der, err := x509.CreateCertificate(rand.Reader, own, ca, key, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// identity is a TPM key with a certificate of a CA that has a TPM key too.
type identity struct {
	root *x509.Certificate
	cert tls.Certificate
}

func newIdentity(t testing.TB, p *tpm.TPM, s tpm.KeySpec) identity {
	t.Helper()
	ca, key := mustKey(t, p, s), mustKey(t, p, s)
	root := certify(t, 1, ca.Public(), nil, ca)
	leaf := certify(t, 2, key.Public(), root, ca)
	id := identity{root, tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}}
	if r, ok := key.RSA(); ok {
		id.cert.PrivateKey = r
	}
	return id
}

func (i identity) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(i.root)
	return p
}

// handshake connects a client and a server that echoes one message.
func handshake(client, server *tls.Config) (tls.ConnectionState, error) {
	a, b := net.Pipe()
	served := make(chan error, 1)
	go func() {
		defer b.Close()
		s := tls.Server(b, server)
		_, err := io.CopyN(s, s, 5)
		served <- err
	}()
	c := tls.Client(a, client)
	err := c.Handshake()
	if err == nil {
		_, err = c.Write([]byte("hello"))
	}
	answer := make([]byte, 5)
	if err == nil {
		_, err = io.ReadFull(c, answer)
	}
	a.Close()
	if bad := <-served; err == nil {
		err = bad
	}
	if err == nil && string(answer) != "hello" {
		err = fmt.Errorf("answer %q", answer)
	}
	return c.ConnectionState(), err
}

func TestTPMKeysServeAndAuthenticateTLS(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	for _, s := range allSpecs(t, p) {
		id := newIdentity(t, p, s)
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			server := &tls.Config{Certificates: []tls.Certificate{id.cert}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: id.pool(), MinVersion: version}
			client := &tls.Config{Certificates: []tls.Certificate{id.cert}, RootCAs: id.pool(), ServerName: "localhost", MaxVersion: version}
			state, err := handshake(client, server)
			if err != nil || state.Version != version {
				t.Errorf("%v, %s: %v", s, tls.VersionName(version), err)
			}
		}
	}
}

func TestTPMKeyServesRSAKeyExchange(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	id := newIdentity(t, p, rsa2048())
	suites := []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}
	state, err := handshake(
		&tls.Config{RootCAs: id.pool(), ServerName: "localhost", MaxVersion: tls.VersionTLS12, CipherSuites: suites},
		&tls.Config{Certificates: []tls.Certificate{id.cert}, CipherSuites: suites})
	if err != nil || state.CipherSuite != suites[0] {
		t.Errorf("%v, suite %#x", err, state.CipherSuite)
	}
}

func TestTPMKeySignsCertificateRequests(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	for _, s := range allSpecs(t, p) {
		k := mustKey(t, p, s)
		algorithms := []x509.SignatureAlgorithm{x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512}
		if s.Algorithm == tpm.RSA {
			algorithms = []x509.SignatureAlgorithm{x509.SHA256WithRSA, x509.SHA512WithRSA, x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS}
		}
		for _, a := range algorithms {
			der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{SignatureAlgorithm: a, Subject: pkix.Name{CommonName: "camera"}}, k)
			if err != nil {
				t.Errorf("%v, %v: %v", s, a, err)
				continue
			}
			r, err := x509.ParseCertificateRequest(der)
			if err != nil || r.CheckSignature() != nil {
				t.Errorf("%v, %v: %v", s, a, err)
			}
		}
	}
}

// writePEM writes certificates to a file for openssl.
func writePEM(t testing.TB, name string, certs ...[]byte) string {
	t.Helper()
	var out bytes.Buffer
	for _, c := range certs {
		if err := pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: c}); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenSSLAcceptsServersWithTPMKeys(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	for _, s := range []tpm.KeySpec{p256(), {Algorithm: tpm.ECDSA, Bits: 384}, rsa2048()} {
		id := newIdentity(t, p, s)
		root, leaf := writePEM(t, "root.pem", id.root.Raw), writePEM(t, "leaf.pem", id.cert.Certificate[0])
		if out, err := exec.Command("openssl", "verify", "-x509_strict", "-CAfile", root, leaf).CombinedOutput(); err != nil {
			t.Errorf("%v: openssl verify: %v\n%s", s, err, out)
		}
		for _, version := range []string{"-tls1_2", "-tls1_3"} {
			l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{id.cert}})
			if err != nil {
				t.Fatal(err)
			}
			served := make(chan error, 1)
			go func() {
				c, err := l.Accept()
				if err == nil {
					err = c.(*tls.Conn).Handshake()
					io.Copy(io.Discard, c) //nolint:errcheck // openssl ends the connection as it likes
					c.Close()
				}
				served <- err
			}()
			cmd := exec.Command("openssl", "s_client", version, "-connect", l.Addr().String(), "-CAfile", root,
				"-verify_return_error", "-verify_hostname", "localhost", "-brief")
			out, err := cmd.CombinedOutput() // its input is empty, so it hangs up
			if err != nil || !bytes.Contains(out, []byte("Verification: OK")) {
				t.Errorf("%v %s: %v\n%s", s, version, err, out)
			}
			if err := <-served; err != nil {
				t.Errorf("%v %s: server: %v", s, version, err)
			}
			l.Close()
		}
	}
}

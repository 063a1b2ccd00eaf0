package factory_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/factory"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/users"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// softTPM keeps keys in memory; its blobs are their numbers.
type softTPM struct {
	random *seed.Stream
	keys   []crypto.Signer
	nv     map[uint32][]byte
	fail   string // the call that fails
}

var errTPM = errors.New("the TPM says no")

func newSoftTPM(s seed.Source) *softTPM {
	return &softTPM{random: s.Stream("soft tpm"), nv: map[uint32][]byte{}}
}

func (t *softTPM) CreateKey(s keystore.Spec) (keystore.Blob, crypto.PublicKey, error) {
	if t.fail == fmt.Sprint("key", len(t.keys)) {
		return keystore.Blob{}, nil, errTPM
	}
	var key crypto.Signer
	var err error
	if s.Algorithm == keystore.RSA {
		key, err = rsa.GenerateKey(t.random, s.Bits)
	} else {
		key, err = pki.NewKey(t.random)
	}
	if err != nil {
		return keystore.Blob{}, nil, err
	}
	t.keys = append(t.keys, key)
	return keystore.Blob{Public: []byte{byte(len(t.keys))}, Private: []byte{byte(len(t.keys))}}, key.Public(), nil
}

func (t *softTPM) EK() (crypto.PublicKey, error) {
	if t.fail == "ek" {
		return nil, errTPM
	}
	key, err := pki.NewKey(t.random)
	if err != nil {
		return nil, err
	}
	return key.Public(), nil
}

func (t *softTPM) WriteNV(index uint32, data []byte) error {
	if t.fail == "nv" {
		return errTPM
	}
	t.nv[index] = bytes.Clone(data)
	return nil
}

func spec(n int) factory.Spec {
	return factory.Spec{
		Name: fmt.Sprintf("cam-%04d", n), Number: n, Model: "Test 1",
		Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("fd00::1")},
		Scopes:    []device.Scope{{Item: "onvif://www.onvif.org/type/video_encoder", Fixed: true}},
		Protocols: []device.Protocol{{Name: device.HTTP, Enabled: true, Ports: []int{20010}}},
		Users:     []users.User{{Name: "admin", Password: "camfleet", Level: auth.Administrator}},
		Media:     mediacfg.Section{VideoSources: []mediacfg.VideoSource{{Token: "vs0", Width: 1920, Height: 1080, Framerate: 25}}},
	}
}

func fleet(t testing.TB, source seed.Source) (*factory.Factory, *factory.Roots) {
	t.Helper()
	date := factory.ManufactureDate(source, time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC))
	roots, err := factory.NewRoots(source, date)
	if err != nil {
		t.Fatal(err)
	}
	return factory.New(roots, source, date), roots
}

func makeCamera(t testing.TB, s factory.Spec) (state.Tree, *factory.Roots, *softTPM) {
	t.Helper()
	f, roots := fleet(t, seed.New(1))
	tpm := newSoftTPM(seed.New(1).Sub(s.Name))
	tree, err := f.Make(s, tpm)
	if err != nil {
		t.Fatal(err)
	}
	return tree, roots, tpm
}

func TestOpenSSLVerifiesEveryChain(t *testing.T) {
	t.Parallel()
	tree, roots, tpm := makeCamera(t, spec(1))
	k := tree.Keystore
	for _, c := range []struct {
		name, path string
		root       *pki.Authority
		flags      []string
	}{
		{"identity", k.DeviceIdentity, roots.Fleet, nil},
		{"tls by address", k.TLS.Paths[0], roots.Fleet, []string{"-purpose", "sslserver", "-verify_ip", "127.0.0.1"}},
		{"tls by IPv6 address", k.TLS.Paths[0], roots.Fleet, []string{"-purpose", "sslserver", "-verify_ip", "fd00::1"}},
		{"tls by localhost", k.TLS.Paths[0], roots.Fleet, []string{"-purpose", "sslserver", "-verify_hostname", "localhost"}},
		{"tls by name", k.TLS.Paths[0], roots.Fleet, []string{"-purpose", "sslserver", "-verify_hostname", "cam-0001"}},
		{"signing", k.MediaSigning.Factory, roots.Signing, nil},
	} {
		chain, key, err := k.Chain(c.path)
		if err != nil || !key.HasPrivateKey() || !key.SecurelyStored() {
			t.Errorf("%s: key %v, %v", c.name, key.ID, err)
			continue
		}
		opensslVerify(t, c.name, c.root.Certificate.Raw, chain, c.flags...)
	}
	opensslVerify(t, "endorsement key", roots.Fleet.Certificate.Raw, [][]byte{tpm.nv[factory.EKCertificateIndex], roots.Device.Certificate.Raw})
}

func opensslVerify(t *testing.T, name string, root []byte, chain [][]byte, flags ...string) {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"root.pem":  pki.EncodeCertificates(root),
		"leaf.pem":  pki.EncodeCertificates(chain[0]),
		"chain.pem": pki.EncodeCertificates(chain[1:]...),
	}
	for n, text := range files {
		if err := os.WriteFile(filepath.Join(dir, n), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := append([]string{"verify", "-x509_strict", "-CAfile", filepath.Join(dir, "root.pem")}, flags...)
	if len(chain) > 1 {
		args = append(args, "-untrusted", filepath.Join(dir, "chain.pem"))
	}
	out, err := exec.Command("openssl", append(args, filepath.Join(dir, "leaf.pem"))...).CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
}

func TestCertificatesSayWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	tree, _, _ := makeCamera(t, spec(1))
	parse := func(path string) *x509.Certificate {
		chain, _, err := tree.Keystore.Chain(path)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(chain[0])
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	id := parse(tree.Keystore.DeviceIdentity)
	if id.Subject.SerialNumber != tree.Device.Identity.SerialNumber || !id.NotAfter.Equal(pki.Forever()) || len(id.ExtKeyUsage) != 0 {
		t.Errorf("identity: %v until %v", id.Subject, id.NotAfter)
	}
	server := parse(tree.Keystore.TLS.Paths[0])
	if years := server.NotAfter.Sub(server.NotBefore).Hours() / 24 / 365; years != 10 {
		t.Errorf("the TLS certificate is valid for %v years", years)
	}
	if diff := cmp.Diff([]string{"cam-0001", "localhost"}, server.DNSNames); diff != "" {
		t.Error(diff)
	}
	signing, _, err := tree.Keystore.Chain(tree.Keystore.MediaSigning.Factory)
	if err != nil || len(signing) != 1 {
		t.Errorf("the signing chain has %d certificates, want the leaf alone: %v", len(signing), err)
	}
}

func TestTLSHandshakeWithTheFactoryChain(t *testing.T) {
	t.Parallel()
	tree, roots, tpm := makeCamera(t, spec(1))
	chain, key, err := tree.Keystore.Chain(tree.Keystore.TLS.Paths[0])
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(roots.Fleet.Certificate)
	server := &tls.Config{Certificates: []tls.Certificate{{Certificate: chain, PrivateKey: tpm.keys[key.Blob.Private[0]-1]}}, MinVersion: tls.VersionTLS12}
	client := &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
	handshake(t, server, client)
}

func TestEqualFleetsAreEqualToTheByte(t *testing.T) {
	t.Parallel()
	a, rootsA, _ := makeCamera(t, spec(7))
	b, rootsB, _ := makeCamera(t, spec(7))
	if diff := cmp.Diff(a, b, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); diff != "" {
		t.Error(diff)
	}
	if !bytes.Equal(rootsA.Signing.Certificate.Raw, rootsB.Signing.Certificate.Raw) {
		t.Error("the roots differ")
	}
}

func TestThousandCamerasNeverShareTheirIdentity(t *testing.T) {
	t.Parallel()
	for n := range uint64(8) {
		f := factory.New(nil, seed.New(n), time.Time{})
		oui := [3]byte{}
		if n%2 == 1 {
			oui = [3]byte{0xac, 0xcc, byte(n)}
		}
		seen := map[string]string{}
		for k := 1; k <= 1000; k++ {
			s := spec(k)
			s.OUI = oui
			checkIdentity(t, s, factory.DeviceSection(f, s), seen)
		}
	}
}

func checkIdentity(t *testing.T, s factory.Spec, d *device.Section, seen map[string]string) {
	t.Helper()
	mac := d.Network.Interfaces[0].MAC
	for _, v := range []string{d.Identity.SerialNumber, d.Identity.UUID, mac} {
		if other := seen[v]; other != "" {
			t.Errorf("%s and %s share %s", s.Name, other, v)
		}
		seen[v] = s.Name
	}
	address, err := net.ParseMAC(mac)
	local := s.OUI == [3]byte{}
	if err != nil || address[0]&1 != 0 || (address[0]&2 != 0) != local || !local && !bytes.HasPrefix(address, s.OUI[:]) {
		t.Errorf("%s: MAC %s, vendor %x: %v", s.Name, mac, s.OUI, err)
	}
}

func TestRSAKeysWhereTheSpecAsksForThem(t *testing.T) {
	t.Parallel()
	s := spec(1)
	s.TLSKey = keystore.Spec{Algorithm: keystore.RSA, Bits: 2048}
	s.NoSigning = true
	tree, roots, _ := makeCamera(t, s)
	chain, key, err := tree.Keystore.Chain(tree.Keystore.TLS.Paths[0])
	if err != nil || key.Spec != s.TLSKey {
		t.Fatalf("key %v, %v", key.Spec, err)
	}
	opensslVerify(t, "rsa", roots.Fleet.Certificate.Raw, chain, "-purpose", "sslserver")
	if len(tree.Keystore.MediaSigning.Assigned()) != 0 {
		t.Error("a signing path, though none is wanted")
	}
}

func TestMakeNamesWhatWentWrong(t *testing.T) {
	t.Parallel()
	f, _ := fleet(t, seed.New(1))
	for fail, want := range map[string]string{
		"ek": "endorsement key", "nv": "endorsement key", "key0": "device identity", "key1": "TLS server", "key2": "media signing",
	} {
		tpm := newSoftTPM(seed.New(1))
		tpm.fail = fail
		if _, err := f.Make(spec(1), tpm); !errors.Is(err, errTPM) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "cam-0001") {
			t.Errorf("%s: %v", fail, err)
		}
	}
	for _, change := range []func(*factory.Spec){
		func(s *factory.Spec) { s.Name = "" },
		func(s *factory.Spec) { s.Model = "" },
		func(s *factory.Spec) { s.Number = 0 },
		func(s *factory.Spec) { s.Number = 1 << 24 },
		func(s *factory.Spec) { s.Users = append(s.Users, s.Users[0]) },
		func(s *factory.Spec) { s.Protocols[0].Ports = nil },
	} {
		s := spec(1)
		change(&s)
		if _, err := f.Make(s, newSoftTPM(seed.New(1))); err == nil {
			t.Errorf("accepted: %+v", s)
		}
	}
	if _, err := f.Make(spec(1), nil); err == nil {
		t.Error("a camera without TPM")
	}
}

func TestRootsSurviveTheirText(t *testing.T) {
	t.Parallel()
	_, roots := fleet(t, seed.Random())
	text, err := roots.PEM()
	if err != nil {
		t.Fatal(err)
	}
	back, err := factory.ParseRoots(text)
	if err != nil || !bytes.Equal(back.Device.Certificate.Raw, roots.Device.Certificate.Raw) {
		t.Fatalf("%v", err)
	}
	text["device"] = pki.AuthorityPEM{Certificate: text["device"].Certificate, Key: text["fleet"].Key}
	if _, err := factory.ParseRoots(text); err == nil || !strings.Contains(err.Error(), "device") {
		t.Errorf("a wrong key: %v", err)
	}
}

func BenchmarkMake(b *testing.B) {
	f, _ := fleet(b, seed.New(1))
	for i := 0; b.Loop(); i++ {
		if _, err := f.Make(spec(i%1000+1), newSoftTPM(seed.New(uint64(i)))); err != nil {
			b.Fatal(err)
		}
	}
}

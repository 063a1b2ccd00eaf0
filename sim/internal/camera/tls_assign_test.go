package camera_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
)

// secureDoors are the protocols with TLS.
func secureDoors() []device.ProtocolName { return []device.ProtocolName{device.HTTPS, device.RTSPS} }

// must asks for something of the Security service that is to be granted.
func must(t *testing.T, c *cameratest.Camera, operation, body string) cameratest.Answer {
	t.Helper()
	a := c.As(t, "admin", "<tas:"+operation+">"+body+"</tas:"+operation+">")
	if a.Fault != "" {
		t.Fatalf("%s: %s", operation, a.Body)
	}
	return a
}

// certified makes a key in the camera, has it certified by the authority and
// returns the ID of its path, which ends with the root.
func certified(t *testing.T, c *cameratest.Camera, ca *pki.Authority, rootID, operation, parameter string) string {
	t.Helper()
	id := must(t, c, operation, parameter).Text("./KeyID")
	key := func() keystore.Key {
		k, err := c.State.View().Keystore.Key(id)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	c.Until(time.Second, func() bool { return key().Status != keystore.StatusGenerating })
	public, err := x509.ParsePKIXPublicKey(key().Public)
	if err != nil {
		t.Fatal(err)
	}
	der, err := ca.Issue(pki.Template{
		Subject: pkix.Name{CommonName: operation}, NotBefore: time.Unix(0, 0), NotAfter: pki.Forever(),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, public, seed.New(1).Stream(operation))
	if err != nil {
		t.Fatal(err)
	}
	leaf := must(t, c, "UploadCertificate", "<tas:Certificate>"+base64.StdEncoding.EncodeToString(der)+
		"</tas:Certificate><tas:PrivateKeyRequired>true</tas:PrivateKeyRequired>").Text("./CertificateID")
	return must(t, c, "CreateCertificationPath", "<tas:CertificateIDs><tas:CertificateID>"+leaf+
		"</tas:CertificateID><tas:CertificateID>"+rootID+"</tas:CertificateID></tas:CertificateIDs>").Text("./CertificationPathID")
}

// TestAssignedPathsAreShownToWhoCanUseThem: the next handshake over HTTPS and
// RTSPS shows the chain that was assigned, as it is; clients choose between RSA
// and ECDSA by what they can; connections go on (Security 5.3.3.1, 5.3.3.3).
func TestAssignedPathsAreShownToWhoCanUseThem(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Listen: true, Host: host(t)})
	random := seed.New(1).Stream("assign")
	key, err := pki.NewKey(random)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := pki.NewAuthority(pki.Template{
		Subject: pkix.Name{CommonName: "root"}, NotBefore: time.Unix(0, 0), NotAfter: pki.Forever(), CA: true, KeyUsage: x509.KeyUsageCertSign,
	}, key, random)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Certificate.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	client := c.Client(t)
	ask := func() []byte {
		t.Helper()
		resp, _ := cameratest.Do(t, client, http.MethodPost, c.URL(true, "/onvif/device_service"), "", []byte(cameratest.Envelope("", getHostname)))
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("GetHostname: %d", resp.StatusCode)
		}
		return resp.TLS.PeerCertificates[0].Raw
	}
	before := ask()

	root := must(t, c, "UploadCertificate", "<tas:Certificate>"+base64.StdEncoding.EncodeToString(ca.Certificate.Raw)+"</tas:Certificate>").Text("./CertificateID")
	ecdsa := certified(t, c, ca, root, "CreateECCKeyPair", "<tas:EllipticCurve>secp256r1</tas:EllipticCurve>")
	rsa := certified(t, c, ca, root, "CreateRSAKeyPair", "<tas:KeyLength>2048</tas:KeyLength>")
	factory := c.State.View().Keystore.TLS.Paths[0]
	must(t, c, "ReplaceServerCertificateAssignment", "<tas:OldCertificationPathID>"+factory+"</tas:OldCertificationPathID><tas:NewCertificationPathID>"+ecdsa+"</tas:NewCertificationPathID>")
	must(t, c, "AddServerCertificateAssignment", "<tas:CertificationPathID>"+rsa+"</tas:CertificationPathID>")

	if !slices.Equal(ask(), before) {
		t.Error("the connection did not go on")
	}
	for suite, path := range map[uint16]string{
		tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: rsa, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: ecdsa,
	} {
		want, _, err := c.State.View().Keystore.Chain(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, door := range secureDoors() {
			s, err := shake(c, door, func(c *tls.Config) { c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{suite} })
			if err != nil {
				t.Fatal(err)
			}
			got := [][]byte{}
			for _, cert := range s.PeerCertificates {
				got = append(got, cert.Raw)
			}
			if !slices.EqualFunc(got, want, slices.Equal) {
				t.Errorf("%s, %s: not the chain of %s", door, tls.CipherSuiteName(suite), path)
			}
		}
	}
	for algorithm, name := range map[string]string{"rsa_pss_rsae_sha256": "CreateRSAKeyPair", "ecdsa_secp256r1_sha256": "CreateECCKeyPair"} {
		for _, door := range secureDoors() {
			out, err := exec.CommandContext(t.Context(), "openssl", "s_client", "-connect", c.Addresses[door], "-tls1_3", "-sigalgs", algorithm,
				"-CAfile", file, "-verify_return_error", "-verify_ip", "127.0.0.1", "-brief").CombinedOutput()
			if err != nil || !strings.Contains(string(out), "Verification: OK") || !strings.Contains(string(out), "CN = "+name) && !strings.Contains(string(out), "CN="+name) {
				t.Errorf("%s, %s: %v\n%s", door, algorithm, err, out)
			}
		}
	}
}

// TestVersionsBetweenThoseEnabledAreRefused: with 1.1 and 1.3 there is no 1.2
// (Security 5.3.3.13).
func TestVersionsBetweenThoseEnabledAreRefused(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Listen: true, Host: host(t)})
	keys(t, c, func(k *keystore.Section) error {
		k.TLS.Supported = []string{"1.0", "1.1", "1.2", "1.3"}
		return nil
	})
	must(t, c, "SetEnabledTLSVersions", "<tas:Versions>1.3 1.1</tas:Versions>")
	for _, door := range secureDoors() {
		for version, want := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: true, tls.VersionTLS12: false, tls.VersionTLS13: true} {
			s, err := shake(c, door, func(c *tls.Config) { c.MinVersion, c.MaxVersion = version, version })
			switch {
			case want && (err != nil || s.Version != version):
				t.Errorf("%s, %s: %v", door, tls.VersionName(version), err)
			case !want && (err == nil || !strings.Contains(err.Error(), "protocol version")):
				t.Errorf("%s, %s: %v, want the alert protocol_version", door, tls.VersionName(version), err)
			}
		}
		if s, err := shake(c, door, func(c *tls.Config) { c.MinVersion = tls.VersionTLS10 }); err != nil || s.Version != tls.VersionTLS13 {
			t.Errorf("%s: %v", door, err)
		}
	}
}

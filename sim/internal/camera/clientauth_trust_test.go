package camera_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/pki"
)

// Security 5.2.6.3.2 to 5.2.6.3.4: being in the keystore makes no certificate
// trusted, whichever way it came there; only a policy that names it does.
func TestStoredCertificatesAreNotTrusted(t *testing.T) {
	t.Parallel()
	c := newClients(t)
	uploaded, bundled := c.authority(t, nil, "uploaded"), c.authority(t, nil, "bundled")
	c.must(t, "<tas:UploadCertificate><tas:Certificate>"+base64.StdEncoding.EncodeToString(uploaded.Certificate.Raw)+
		"</tas:Certificate></tas:UploadCertificate>")
	leaf := c.certificate(t, bundled, "bundle", nil)
	key, err := x509.MarshalPKCS8PrivateKey(leaf.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	file, err := pki.PKCS12Contents{Keys: [][]byte{key}, Certificates: []pki.PKCS12Certificate{
		{DER: leaf.Certificate[0]}, {DER: bundled.Certificate.Raw},
	}}.Write(c.random)
	if err != nil {
		t.Fatal(err)
	}
	c.must(t, "<tas:UploadCertificateWithPrivateKeyInPKCS12><tas:CertWithPrivateKey>"+base64.StdEncoding.EncodeToString(file)+
		"</tas:CertWithPrivateKey></tas:UploadCertificateWithPrivateKeyInPKCS12>")
	c.policy(t)
	for name, tc := range map[string]struct {
		own     *tls.Certificate
		trusted bool
	}{
		"of the anchor":              {c.certificate(t, c.root, "client", nil), true},
		"of an uploaded authority":   {own: c.certificate(t, uploaded, "client", nil)},
		"an uploaded authority":      {own: &tls.Certificate{Certificate: [][]byte{uploaded.Certificate.Raw}, PrivateKey: uploaded.Key}},
		"of an authority in a file":  {own: c.certificate(t, bundled, "client", nil)},
		"itself, as it is in a file": {own: leaf},
	} {
		if got := c.ask(t, device.HTTPS, tls.VersionTLS13, tc.own, soapRequest(getHostname)); (got == http.StatusOK) != tc.trusted {
			t.Errorf("%s: status %d, trusted %v", name, got, tc.trusted)
		}
	}
}

package security_test

import (
	"encoding/asn1"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
)

// Security 5.2.6.3.2, RFC 5280 4.1.2.8: issuerUniqueID is [1], subjectUniqueID
// is [2].
func TestSelfSignedCertificatesHaveNoUniqueIdentifiers(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	id := working(t, c)["ec"]
	for _, version := range []string{"", "1", "3"} {
		a := c.As(t, "admin", selfSigned(version, commonName("camera"), id, "", withECDSA, ""))
		a = c.As(t, "admin", element("GetCertificate", element("CertificateID", a.Text("./CertificateID"))))
		var signed struct {
			Body      []asn1.RawValue
			Algorithm asn1.RawValue
			Signature asn1.BitString
		}
		if rest, err := asn1.Unmarshal(decode(t, a.Text("./Certificate/CertificateContent")), &signed); err != nil || len(rest) > 0 {
			t.Fatalf("version %q: %v", version, err)
		}
		if len(signed.Body) < 6 {
			t.Errorf("version %q: %d fields", version, len(signed.Body))
		}
		for _, field := range signed.Body {
			if field.Class == asn1.ClassContextSpecific && (field.Tag == 1 || field.Tag == 2) {
				t.Errorf("version %q has a unique identifier [%d]", version, field.Tag)
			}
		}
	}
}

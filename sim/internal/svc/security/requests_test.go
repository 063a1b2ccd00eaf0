package security_test

import (
	"crypto"
	"crypto/rsa"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/vault"
)

const (
	withRSA   = "1.2.840.113549.1.1.11"
	withECDSA = "1.2.840.10045.4.3.2"
)

func signedWith(oid string) string {
	return element("SignatureAlgorithm", element("algorithm", oid))
}

func commonName(text string) string { return element("Subject", element("CommonName", text)) }

func csr(id, subject, attributes, oid string) string {
	return element("CreatePKCS10CSR", subject+element("KeyID", id)+attributes+signedWith(oid))
}

func selfSigned(version, subject, id, validity, oid, extensions string) string {
	if version != "" {
		version = element("X509Version", version)
	}
	return element("CreateSelfSignedCertificate", version+subject+element("KeyID", id)+element("Alias", "sëlf")+validity+signedWith(oid)+extensions)
}

// extension is one of the type given, around the DER of a value.
func extension(name, oid string, der ...byte) string {
	return element(name, element("extnOID", oid)+element("critical", "true")+element("extnValue", base64.StdEncoding.EncodeToString(der)))
}

func basic(oid string, der ...byte) string {
	return element("CSRAttribute", element("BasicRequestAttribute", element("OID", oid)+element("value", base64.StdEncoding.EncodeToString(der))))
}

// working adds keys to those of the factory that work: "ec" and "rsa". Those
// that do not are "key", the private half of which is lost, "public", which
// has none, and "generating".
func working(t testing.TB, c *cameratest.Camera) map[string]string {
	t.Helper()
	random := seed.New(7).Stream("keys")
	ec, err := pki.NewKey(random)
	if err != nil {
		t.Fatal(err)
	}
	public, err := pki.NewKey(random)
	if err != nil {
		t.Fatal(err)
	}
	number, err := rsa.GenerateKey(random, 2048)
	if err != nil {
		t.Fatal(err)
	}
	kept := things(c)
	v := vault.New(vault.Config{TPM: c.TPM, Random: random})
	err = c.State.Update(func(tx *state.Tx) error {
		s := tx.Keystore()
		for name, key := range map[string]crypto.Signer{"ec": ec, "rsa": number} {
			made, err := v.Import(key)
			if err != nil {
				return err
			}
			blob, err := v.Keep(s, made)
			if err != nil {
				return err
			}
			added, err := s.AddKeyPair(keystore.KeyPair{Public: key.Public(), Blob: blob}, tx.Random())
			if err != nil {
				return err
			}
			kept[name] = added.ID
		}
		half, err := s.AddKey(public.Public(), keystore.Blob{}, "", true, tx.Random())
		if err != nil {
			return err
		}
		begun, err := s.BeginKey(keystore.Spec{Algorithm: keystore.ECDSA, Bits: 256}, "", tx.Random())
		kept["public"], kept["generating"] = half.ID, begun.ID
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func TestRequestsAndSelfSignedCertificatesAreMade(t *testing.T) { // ADVANCED_SECURITY-2-1-1 and on
	t.Parallel()
	good := commonName("camera")
	keys := func(c *cameratest.Camera) map[string]string { return working(t, c) }
	tell(t, map[string]story{
		"requests": {kept: keys, steps: []step{
			{body: csr("{ec}", good, "", withECDSA)},
			{body: csr("{rsa}", good, "", withRSA)},
			{body: csr("{ec}", good, basic("1.2.840.113549.1.9.7", 0x0c, 1, 'x')+element("CSRAttribute", extension("X509v3Extension", "2.5.29.19", 0x30, 0)), withECDSA)},
			{body: csr("nothing", good, "", withECDSA), fault: arg + "/ter:KeyID"},
			{body: csr("{cert}", good, "", withECDSA), fault: arg + "/ter:KeyID"},
			{body: csr("{public}", good, "", withECDSA), fault: arg + "/ter:KeyID"},
			{body: csr("{generating}", good, "", withECDSA), fault: arg + "/ter:InvalidKeyStatus"},
			{body: csr("{key}", good, "", withECDSA), fault: action + "/ter:CSRCreationFailed"},
			{body: csr("{ec}", good, "", withRSA), fault: arg + "/ter:KeySignatureAlgorithmMismatch"},
			{body: csr("{rsa}", good, "", withECDSA), fault: arg + "/ter:KeySignatureAlgorithmMismatch"},
			{body: csr("{ec}", good, "", "1.2.3"), fault: arg + "/ter:UnsupportedSignatureAlgorithm"},
			{body: csr("{ec}", element("Subject", ""), "", withECDSA), fault: arg + "/ter:InvalidSubject"},
			{body: csr("{ec}", commonName(strings.Repeat("a", 65)), "", withECDSA), fault: arg + "/ter:InvalidSubject"},
			{body: csr("{ec}", commonName(strings.Repeat("ä", 64)), "", withECDSA)},
			{body: csr("{ec}", element("Subject", element("Country", "Freedonia")), "", withECDSA), fault: arg + "/ter:InvalidSubject"},
			{body: csr("{ec}", element("Subject", element("MultiValuedRDN", "")), "", withECDSA), fault: arg + "/ter:InvalidSubject"},
			{body: csr("{ec}", element("Subject", element("anyAttribute", `<x:y xmlns:x="urn:x"/>`)), "", withECDSA), fault: arg + "/ter:InvalidSubject"},
			{body: csr("{ec}", good, basic("1.2.840.113549.1.9.7", 0x0c), withECDSA), fault: arg + "/ter:InvalidAttribute"},
			{body: csr("{ec}", good, element("CSRAttribute", extension("X509v3Extension", "2.5.29.19", 0x30)), withECDSA), fault: arg + "/ter:InvalidAttribute"},
			{body: csr("{ec}", good, element("CSRAttribute", element("anyAttribute", "")), withECDSA), fault: arg + "/ter:InvalidAttribute"},
		}},
		"certificates": {
			kept:   keys,
			change: func(p *profiles.Profile) { p.Limits.Keystore.Certificates = 6 },
			steps: []step{
				{body: selfSigned("", good, "nothing", "", withECDSA, ""), fault: arg + "/ter:KeyID"},
				{body: selfSigned("", good, "{public}", "", withECDSA, ""), fault: arg + "/ter:KeyID"},
				{body: selfSigned("", good, "{generating}", "", withECDSA, ""), fault: arg + "/ter:InvalidKeyStatus"},
				{body: selfSigned("", good, "{key}", "", withECDSA, ""), fault: action + "/ter:CertificateCreationFailed"},
				{body: selfSigned("2", good, "{ec}", "", withECDSA, ""), fault: arg + "/ter:UnsupportedX509Version"},
				{body: selfSigned("1", good, "{ec}", "", withECDSA, extension("Extension", "2.5.29.19", 0x30, 0)), fault: arg + "/ter:X509VersionExtensionsMismatch"},
				{body: selfSigned("", good, "{ec}", "", withECDSA, extension("Extension", "2.5.29.19", 0x30)), fault: action + "/ter:CertificateCreationFailed"},
				{body: selfSigned("", good, "{ec}", "", withECDSA, extension("Extension", "2.5.29.19", 0x02, 1, 1)), fault: action + "/ter:CertificateCreationFailed"},
				{body: selfSigned("", good, "{ec}", "", withRSA, ""), fault: arg + "/ter:KeySignatureAlgorithmMismatch"},
				{body: selfSigned("", good, "{ec}", "", "1.2.3", ""), fault: arg + "/ter:UnsupportedSignatureAlgorithm"},
				{body: selfSigned("", element("Subject", ""), "{ec}", "", withECDSA, ""), fault: arg + "/ter:InvalidSubject"},
				{body: selfSigned("", good, "{ec}", element("notValidBefore", "2030-01-01T00:00:00Z")+element("notValidAfter", "2029-12-31T23:59:59Z"), withECDSA, ""), fault: arg + "/ter:InvalidDateTime"},
				{body: selfSigned("", good, "{ec}", element("notValidAfter", "0001-01-01T00:00:00Z"), withECDSA, ""), fault: arg + "/ter:InvalidDateTime"},
				{body: selfSigned("1", good, "{ec}", "", withECDSA, ""), keep: map[string]string{"./CertificateID": "old"}},
				{body: selfSigned("3", good, "{ec}", "", withECDSA, extension("Extension", "2.5.29.19", 0x30, 0)), keep: map[string]string{"./CertificateID": "new"}},
				{body: element("GetCertificate", element("CertificateID", "{new}")), want: map[string]string{"./Certificate/KeyID": "{ec}", "./Certificate/Alias": "sëlf"}},
			},
		},
		"full": {
			kept:   keys,
			change: func(p *profiles.Profile) { p.Limits.Keystore.Certificates = 5 }, // the factory's are four
			steps: []step{
				{body: selfSigned("", good, "{ec}", "", withECDSA, "")},
				{body: selfSigned("", good, "{ec}", "", withECDSA, ""), fault: action + "/ter:MaximumNumberOfCertificatesReached"},
			},
		},
	})
}

// everyone is a subject of everything there is in one.
func everyone() (body, want string) {
	generic := element("GenericAttribute", element("Type", "street")+element("Value", `Main\, 1`)) +
		element("GenericAttribute", element("Type", "2.5.4.13")+element("Value", "#0c026f6b"))
	multi := element("MultiValuedRDN", element("Attribute", element("Type", "CN")+element("Value", "two"))+
		element("Attribute", element("Type", "UID")+element("Value", "2")))
	body = element("Subject", element("Country", "DE")+element("Organization", "Örg")+element("OrganizationalUnit", "u1")+
		element("OrganizationalUnit", "u2")+element("DistinguishedNameQualifier", "q")+element("StateOrProvinceName", "s")+
		element("CommonName", "camera")+element("SerialNumber", "7")+generic+multi+element("anyAttribute", element("DomainComponent", "local")))
	want = "DC=local,C=DE,ST=s,O=Örg,OU=u1,OU=u2,CN=camera,serialNumber=7,dnQualifier=q,street=Main\\, 1,description=ok,CN=two+UID=2"
	return body, want
}

// TestOpenSSLReadsWhatIsMade: requests and certificates of every algorithm of
// the capabilities.
func TestOpenSSLReadsWhatIsMade(t *testing.T) {
	t.Parallel()
	check := schematest.Collect(t)
	c := cameratest.New(t, cameratest.Config{Answered: func(a cameratest.Answer) { check.Add("", a.Body) }})
	kept := working(t, c)
	caps := c.As(t, "admin", "<tas:GetServiceCapabilities/>")
	oids := caps.Texts(".//SignatureAlgorithms/algorithm")
	if !slices.Equal(slices.Sorted(maps.Keys(asked(oids))), slices.Sorted(slices.Values(keystore.SignatureAlgorithms()))) {
		t.Errorf("signature algorithms %v", oids)
	}
	subject, want := everyone()
	for _, oid := range oids {
		key := kept["rsa"]
		if strings.HasPrefix(oid, "1.2.840.10045.") {
			key = kept["ec"]
		}
		a := c.As(t, "admin", csr(key, subject, element("CSRAttribute", extension("X509v3Extension", "2.5.29.19", 0x30, 0)), oid))
		path := der(t, "CERTIFICATE REQUEST", a.Text("./PKCS10CSR"))
		out := openssl(t, "req", "-in", path, "-verify", "-noout", "-subject", "-text", "-nameopt", "RFC2253,-esc_msb,-dn_rev,-esc_2253,utf8")
		if !strings.Contains(out, "X509v3 Basic Constraints: critical") || !strings.Contains(plain(out), plain(want)) {
			t.Errorf("%s: %s", oid, out)
		}
		a = c.As(t, "admin", selfSigned("", subject, key, "", oid, extension("Extension", "2.5.29.19", 0x30, 3, 1, 1, 0xff)))
		a = c.As(t, "admin", element("GetCertificate", element("CertificateID", a.Text("./CertificateID"))))
		path = der(t, "CERTIFICATE", a.Text("./Certificate/CertificateContent"))
		out = openssl(t, "verify", "-auth_level", "0", "-check_ss_sig", "-no_check_time", "-CAfile", path, path) +
			openssl(t, "x509", "-in", path, "-noout", "-dates", "-serial")
		for _, want := range []string{": OK", "notBefore=Mar  4 05:06:07 2026 GMT", "notAfter=Dec 31 23:59:59 9999 GMT"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %q in %s", oid, want, out)
			}
		}
	}
}

func asked(oids []string) map[string]bool {
	set := map[string]bool{}
	for _, oid := range oids {
		set[oid] = true
	}
	return set
}

// plain leaves out what openssl's versions write differently.
func plain(name string) string { return strings.NewReplacer(" ", "", `\`, "").Replace(name) }

// der writes a file of what is Base64.
func der(t testing.TB, kind, text string) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b) == 0 {
		t.Fatalf("%s: %q: %v", kind, text, err)
	}
	path := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func openssl(t testing.TB, arguments ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "openssl", arguments...).CombinedOutput()
	if err != nil {
		t.Fatal(fmt.Errorf("openssl %v: %w: %s", arguments, err, out))
	}
	return string(out)
}

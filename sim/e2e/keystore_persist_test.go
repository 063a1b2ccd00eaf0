package e2e

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/google/go-cmp/cmp"
)

// reads are the operations without parameters that show all of a keystore.
func reads() []string {
	return []string{
		"GetAllKeys", "GetAllCertificates", "GetAllCertificationPaths", "GetAllPassphrases", "GetAllCRLs", "GetAllCertPathValidationPolicies",
		"GetAssignedServerCertificates", "GetEnabledTLSVersions", "GetClientAuthenticationRequired", "GetCnMapsToUser",
		"GetAssignedCertPathValidationPolicies", "GetAllDot1XConfigurations", "GetAssignedMediaSigningCertificates",
		"GetAuthorizationServerConfigurations", "GetJWTConfiguration",
	}
}

// snapshot is all that a keystore shows of itself, by operation.
func (o officer) snapshot(t testing.TB) map[string]string {
	t.Helper()
	shown := map[string]string{}
	for _, operation := range reads() {
		shown[operation] = written(t, o.must(t, operation))
	}
	for _, id := range o.ids(t, "GetAllCertificationPaths", "CertificationPathID") {
		shown["path "+id] = written(t, o.must(t, "GetCertificationPath", element("CertificationPathID", id)))
	}
	shown["interface"] = written(t, o.must(t, "GetNetworkInterfaceDot1XConfiguration", element("token", networkInterface)))
	return shown
}

// networkInterface is the name of the cameras' network interface.
const networkInterface = "eth0"

// ids are the texts of elements in the answer to an operation.
func (o officer) ids(t testing.TB, operation, path string) (ids []string) {
	t.Helper()
	for _, e := range o.must(t, operation).FindElements(path) {
		ids = append(ids, e.Text())
	}
	return ids
}

func written(t testing.TB, e *etree.Element) string {
	t.Helper()
	doc := etree.NewDocument()
	doc.SetRoot(e.Copy())
	s, err := doc.WriteToString()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// change is an operation that changes the keystore. Its parameters may have
// {names}; keep says which element of the answer gets which name.
type change struct {
	operation  string
	parameters []string
	keep       map[string]string
}

// changes are operations of every kind, in an order in which they can be done.
func changes(t testing.TB, d desk) []change {
	t.Helper()
	d.openssl(t, "ca", "-config", "ca.cnf", "-gencrl", "-out", "crl.pem")
	container{}.keyFile(t, d)
	d.certified(t)
	d.openssl(t, "pkcs12", "-export", "-inkey", "key.pem", "-in", "leaf.pem", "-certfile", "middle.pem", "-passout", "pass:"+secret, "-out", "key.p12")
	d.openssl(t, "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "rsa.pem")
	d.openssl(t, "pkcs8", "-topk8", "-in", "rsa.pem", "-outform", "DER", "-out", "rsa.der", "-passout", "pass:"+secret)
	crl := d.openssl(t, "crl", "-in", "crl.pem").base64(t)
	policy := element("Alias", "vertraut") + element("Parameters", element("RequireTLSWWWClientAuthExtendedKeyUsage", "true"))
	anchor := element("TrustAnchor", element("CertificateID", "{root}"))
	peap := `<Outer Method="EAP-PEAP">` + element("Identity", "anonymous") + `<Inner Method="MSCHAPv2">` +
		element("Identity", "camera") + element("PassphraseID", "{passphrase}") + "</Inner></Outer>"
	server := `Type="OAuthClientCredentials" ClientAuth="client_secret_basic"`
	return []change{
		{"UploadPassphrase", []string{element("Passphrase", secret), element("PassphraseAlias", "Wort")}, map[string]string{"passphrase": "PassphraseID"}},
		{"UploadPassphrase", []string{element("Passphrase", "short-lived")}, map[string]string{"gone": "PassphraseID"}},
		{"DeletePassphrase", []string{element("PassphraseID", "{gone}")}, nil},
		{"UploadKeyPairInPKCS8", []string{element("KeyPair", d.encoded(t, "rsa.der")), element("EncryptionPassphraseID", "{passphrase}")}, map[string]string{"uploaded": "KeyID"}},
		{"UploadCertificateWithPrivateKeyInPKCS12", []string{
			element("CertWithPrivateKey", d.encoded(t, "key.p12")), element("IntegrityPassphraseID", "{passphrase}"), element("EncryptionPassphraseID", "{passphrase}"),
		}, map[string]string{"path": "CertificationPathID"}},
		{"UploadCertificate", []string{element("Certificate", d.der(t, "root.pem")), element("Alias", "Wurzel")}, map[string]string{"root": "CertificateID"}},
		{"CreateECCKeyPair", []string{element("EllipticCurve", "secp384r1")}, map[string]string{"made": "KeyID"}},
		{"CreateRSAKeyPair", []string{element("KeyLength", "3072")}, map[string]string{"gone": "KeyID"}},
		{"DeleteKey", []string{element("KeyID", "{gone}")}, nil},
		{"CreateSelfSignedCertificate", []string{
			element("Subject", element("CommonName", "self")), element("KeyID", "{made}"), element("SignatureAlgorithm", element("algorithm", "1.2.840.10045.4.3.2")),
		}, map[string]string{"self": "CertificateID"}},
		{"CreateCertificationPath", []string{element("CertificateIDs", element("CertificateID", "{self}"))}, map[string]string{"own": "CertificationPathID"}},
		{"SetCertificationPath", []string{
			element("CertificationPathID", "{own}"), element("CertificationPath", element("CertificateID", "{self}"), element("Alias", "umbenannt")),
		}, nil},
		{"CreateCertificationPath", []string{element("CertificateIDs", element("CertificateID", "{root}"))}, map[string]string{"gone": "CertificationPathID"}},
		{"DeleteCertificationPath", []string{element("CertificationPathID", "{gone}")}, nil},
		{"UploadCRL", []string{element("Crl", crl), element("Alias", "Liste")}, map[string]string{"crl": "CrlID"}},
		{"CreateCertPathValidationPolicy", []string{policy, anchor}, map[string]string{"policy": "CertPathValidationPolicyID"}},
		{"CreateCertPathValidationPolicy", []string{policy, anchor}, map[string]string{"second": "CertPathValidationPolicyID"}},
		{"SetCertPathValidationPolicy", []string{
			element("CertPathValidationPolicyID", "{second}"),
			element("CertPathValidationPolicy", element("CertPathValidationPolicyID", "{second}"), element("Alias", "neu"), element("Parameters"), anchor),
		}, nil},
		{"AddServerCertificateAssignment", []string{element("CertificationPathID", "{path}")}, nil},
		{"ReplaceServerCertificateAssignment", []string{element("OldCertificationPathID", "{path}"), element("NewCertificationPathID", "{own}")}, nil},
		{"SetEnabledTLSVersions", []string{element("Versions", "1.3")}, nil},
		{"AddCertPathValidationPolicyAssignment", []string{element("CertPathValidationPolicyID", "{policy}")}, nil},
		{"AddCertPathValidationPolicyAssignment", []string{element("CertPathValidationPolicyID", "{second}")}, nil},
		{"RemoveCertPathValidationPolicyAssignment", []string{element("CertPathValidationPolicyID", "{second}")}, nil},
		{"ReplaceCertPathValidationPolicyAssignment", []string{
			element("OldCertPathValidationPolicyID", "{policy}"), element("NewCertPathValidationPolicyID", "{second}"),
		}, nil},
		{"SetClientAuthenticationRequired", []string{element("clientAuthenticationRequired", "true")}, nil},
		{"SetCnMapsToUser", []string{element("cnMapsToUser", "true")}, nil},
		{"AddDot1XConfiguration", []string{element("Dot1XConfiguration", element("Dot1XID", "x"), peap)}, map[string]string{"dot1x": "Dot1XID"}},
		{"SetNetworkInterfaceDot1XConfiguration", []string{element("token", networkInterface), element("Dot1XID", "{dot1x}")}, nil},
		{"CreateAuthorizationServerConfiguration", []string{
			"<Configuration " + server + ">" + element("ServerUri", "https://login.example/") + element("ClientID", "camera") + element("ClientSecret", "s") + "</Configuration>",
		}, map[string]string{"server": "Token"}},
		{"SetJWTConfiguration", []string{element("Configuration", element("Audiences", "urn:a urn:b"), element("KeyID", "{made}"), element("ValidationPolicy", "{second}"))}, nil},
		{"AddMediaSigningCertificateAssignment", []string{element("CertificationPathID", "{path}")}, nil},
		{"RemoveMediaSigningCertificateAssignment", []string{element("CertificationPathID", "{path}")}, nil},
		{"DeleteNetworkInterfaceDot1XConfiguration", []string{element("token", networkInterface)}, nil},
		{"DeleteDot1XConfiguration", []string{element("Dot1XID", "{dot1x}")}, nil},
		{"DeleteAuthorizationServerConfiguration", []string{element("Token", "{server}")}, nil},
		{"DeleteCRL", []string{element("CrlID", "{crl}")}, nil},
		{"DeleteCertPathValidationPolicy", []string{element("CertPathValidationPolicyID", "{policy}")}, nil},
	}
}

// do asks for a change, with the names filled in, and keeps what it gave.
func (o officer) do(t testing.TB, c change, names map[string]string) {
	t.Helper()
	var parameters []string
	for _, p := range c.parameters {
		parameters = append(parameters, regexp.MustCompile(`\{\w+\}`).ReplaceAllStringFunc(p, func(name string) string {
			return names[strings.Trim(name, "{}")]
		}))
	}
	answer := o.must(t, c.operation, parameters...)
	for name, path := range c.keep {
		if names[name] = text(answer, path); names[name] == "" {
			t.Fatalf("%s: no %s", c.operation, path)
		}
	}
}

// settle waits for all keys to be made.
func (o officer) settle(t testing.TB) {
	t.Helper()
	for _, id := range o.ids(t, "GetAllKeys", "KeyAttribute/KeyID") {
		if status := o.awaitKey(t, id); status != "ok" {
			t.Errorf("key %s is %s", id, status)
		}
	}
}

// TestEveryConfirmedChangeSurvivesAKill kills the camera with SIGKILL right
// after each change, and starts it again: all is as it was, keys that were
// being made are made.
func TestEveryConfirmedChangeSurvivesAKill(t *testing.T) {
	t.Parallel()
	dir, seen := filepath.Join(t.TempDir(), "state"), schematest.Collect(t)
	// While video is signed a path that signs it does not go.
	unsigned := writeFile(t, "unsigned.yaml", "extends: flagship\nmedia: {signing: {enabled: false}}\n")
	start := func() (*running, officer) {
		fleet := up(t, "-n", "1", "--profile", unsigned, "--state", dir)
		return fleet, newOfficer(t, fleet.Cameras[0], seen)
	}
	fleet, o := start()
	d, names := newDesk(t, fleet.Cameras[0].Address), map[string]string{}
	for _, c := range changes(t, d) {
		o.do(t, c, names)
		before := o.snapshot(t)
		fleet.end(t, syscall.SIGKILL)
		fleet, o = start()
		if c.operation == "CreateECCKeyPair" || c.operation == "CreateRSAKeyPair" { // perhaps not made before the kill
			o.settle(t)
			before["GetAllKeys"] = regexp.MustCompile(`>generating<`).ReplaceAllString(before["GetAllKeys"], ">ok<")
		}
		after := o.snapshot(t)
		if c.operation == "CreateECCKeyPair" || c.operation == "CreateRSAKeyPair" {
			before["GetAllKeys"], after["GetAllKeys"] = privateAside(before["GetAllKeys"]), privateAside(after["GetAllKeys"])
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Fatalf("%s did not survive the kill (-before +after):\n%s", c.operation, diff)
		}
	}
	o.checkKeys(t, d)
	fleet.end(t, syscall.SIGTERM)
	_, o = start()
	o.checkKeys(t, d)
}

// privateAside takes away what a key has only once it is made.
func privateAside(keys string) string {
	return regexp.MustCompile(`<(tas:)?(hasPrivateKey|securelyStored)>\w+<[^>]*>`).ReplaceAllString(keys, "")
}

// checkKeys has every key with a private half sign a request, which OpenSSL
// verifies.
func (o officer) checkKeys(t testing.TB, d desk) {
	t.Helper()
	signed := 0
	for _, k := range o.must(t, "GetAllKeys").SelectElements("KeyAttribute") {
		if text(k, "hasPrivateKey") != "true" {
			continue
		}
		var request *etree.Element
		for _, algorithm := range []string{"1.2.840.10045.4.3.2", "1.2.840.113549.1.1.11"} {
			answer, err := o.try(t, "CreatePKCS10CSR", element("Subject", element("CommonName", "alive")), element("KeyID", text(k, "KeyID")),
				element("SignatureAlgorithm", element("algorithm", algorithm)))
			if err != nil {
				t.Fatal(err)
			}
			if faultOf(answer) == "" {
				request = answer
			}
		}
		if request == nil {
			t.Errorf("key %s does not sign", text(k, "KeyID"))
			continue
		}
		d.store(t, "alive.der", text(request, "PKCS10CSR"))
		d.openssl(t, "req", "-inform", "DER", "-in", "alive.der", "-verify", "-noout")
		signed++
	}
	if signed == 0 {
		t.Error("no key has a private half")
	}
}

// checkReferences fails the test if anything in the keystore names what is not
// there (Security 5.2.4).
func (o officer) checkReferences(t testing.TB) {
	t.Helper()
	refers := func(what string, ids, there []string) {
		t.Helper()
		for _, id := range ids {
			if !slices.Contains(there, id) {
				t.Errorf("%s %q is named and not there", what, id)
			}
		}
	}
	keys := o.ids(t, "GetAllKeys", "KeyAttribute/KeyID")
	certificates := o.ids(t, "GetAllCertificates", "Certificate/CertificateID")
	paths := o.ids(t, "GetAllCertificationPaths", "CertificationPathID")
	policies := o.ids(t, "GetAllCertPathValidationPolicies", "CertPathValidationPolicy/CertPathValidationPolicyID")
	refers("key", o.ids(t, "GetAllCertificates", "Certificate/KeyID"), keys)
	for _, path := range paths {
		for _, e := range o.must(t, "GetCertificationPath", element("CertificationPathID", path)).FindElements("CertificationPath/CertificateID") {
			refers("certificate", []string{e.Text()}, certificates)
		}
	}
	refers("certificate", o.ids(t, "GetAllCertPathValidationPolicies", "CertPathValidationPolicy/TrustAnchor/CertificateID"), certificates)
	refers("path", o.assigned(t), paths)
	refers("policy", o.ids(t, "GetAssignedCertPathValidationPolicies", "CertPathValidationPolicyID"), policies)
}

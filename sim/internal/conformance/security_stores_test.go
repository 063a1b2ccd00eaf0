package conformance

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/beevik/etree"
)

func storeCases() []testCase {
	return []testCase{
		{"ADVANCED_SECURITY-6-1-1", "passphrase uploaded", []need{passphrases()}, passphraseIsListed},
		{"ADVANCED_SECURITY-6-1-2", "passphrase deleted", []need{passphrases()}, passphraseIsDeleted},
		{"ADVANCED_SECURITY-6-2-1", "key pair in PKCS #8", []need{pkcs8()}, keyPairIsUploaded},
		{"ADVANCED_SECURITY-6-2-2", "PKCS #8 with the wrong passphrase", []need{pkcs8(), passphrases()}, keyPairIsNotDecrypted},
		{"ADVANCED_SECURITY-6-3-1", "key pair and certificate in PKCS #12", []need{pkcs12()}, containerIsUploaded},
		{"ADVANCED_SECURITY-6-3-2", "PKCS #12 with the wrong passphrase", []need{pkcs12(), passphrases()}, containerIsNotDecrypted},
		{"ADVANCED_SECURITY-6-3-4", "content of a certificate from PKCS #12", []need{pkcs12()}, containerContent},
		{"ADVANCED_SECURITY-8-1-1", "revocation list uploaded", []need{crls()}, crlIsListed},
		{"ADVANCED_SECURITY-8-1-2", "revocation list deleted", []need{crls()}, crlIsDeleted},
		{"ADVANCED_SECURITY-8-1-3", "content of a revocation list", []need{crls()}, crlContent},
		{"ADVANCED_SECURITY-8-1-4", "validation policy in the list", []need{policies()}, policyIsListed},
		{"ADVANCED_SECURITY-8-1-5", "content of a validation policy", []need{policies()}, policyContent},
		{"ADVANCED_SECURITY-8-1-6", "validation policy deleted", []need{policies()}, policyIsDeleted},
	}
}

func uploadPassphrase(text, alias string) string {
	return tas("UploadPassphrase", tas("Passphrase", text), tas("PassphraseAlias", alias))
}

// passphrase uploads one.
func (s *session) passphrase(text, alias string) string {
	s.Helper()
	id := s.do(uploadPassphrase(text, alias)).Text("./PassphraseID")
	s.finally(func() { s.drop("Passphrase", id) })
	return id
}

// found is the element of a list that has a text at a path; nil if none has.
func found(list []*etree.Element, path, text string) *etree.Element {
	for _, el := range list {
		if at := el.FindElement(path); at != nil && at.Text() == text {
			return el
		}
	}
	return nil
}

func passphraseIsListed(s *session) {
	id := s.passphrase("secret", "alias of it")
	el := found(s.do("<tas:GetAllPassphrases/>").Root.FindElements("./PassphraseAttribute"), "./PassphraseID", id)
	if el == nil || el.FindElement("./Alias") == nil || el.FindElement("./Alias").Text() != "alias of it" {
		s.Error("the passphrase is not in the list, or has another alias")
	}
}

func passphraseIsDeleted(s *session) {
	before := s.list("GetAllPassphrases", "./PassphraseAttribute/PassphraseID")
	s.remove("Passphrase", s.passphrase("secret", "alias"))
	s.grown(before, s.list("GetAllPassphrases", "./PassphraseAttribute/PassphraseID"))
}

func uploadPKCS8(der []byte, options ...string) string {
	return tas("UploadKeyPairInPKCS8", tas("KeyPair", encode(der)), tas("Alias", "key pair"), strings.Join(options, ""))
}

// pair is a key of the tester's in PKCS #8.
func (s *session) pair(name string) []byte {
	s.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(s.key(name))
	if err != nil {
		s.Fatal(err)
	}
	return der
}

func keyPairIsUploaded(s *session) {
	before := s.allKeys()
	id := s.do(uploadPKCS8(s.pair("pair"))).Text("./KeyID")
	s.finally(func() { s.drop("Key", id) })
	s.grown(before, s.allKeys(), id)
	s.want("Alias", s.attribute(id, "Alias"), "key pair")
	s.want("hasPrivateKey", s.attribute(id, "hasPrivateKey"), "true")
	s.want("status", s.do(tas("GetKeyStatus", tas("KeyID", id))).Text("./KeyStatus"), "ok")
}

// tripleDES reports whether the device takes the encryption that every device
// had to take before the Security Baseline; else it takes PBES2.
func (s *session) tripleDES() bool {
	return slices.Contains(s.features.words("tas/KeystoreCapabilities/PasswordBasedEncryptionAlgorithms"), "pbeWithSHAAnd3-KeyTripleDES-CBC")
}

// encrypted is a key pair that openssl has encrypted.
func (s *session) encrypted(name, passphrase string) []byte {
	s.Helper()
	out := s.file("key.p8", nil)
	how := []string{"-v1", "PBE-SHA1-3DES"}
	if !s.tripleDES() {
		how = []string{"-v2", "aes-256-cbc"}
	}
	s.openssl(append([]string{"pkcs8", "-topk8", "-inform", "DER", "-in", s.file("key.der", s.pair(name)), "-outform", "DER", "-out", out,
		"-passout", "pass:" + passphrase}, how...)...)
	return s.read(out)
}

func keyPairIsNotDecrypted(s *session) {
	wrong := s.passphrase("wrong", "of another")
	s.refused(argument+"/ter:DecryptionFailed", uploadPKCS8(s.encrypted("pair", "right"), tas("EncryptionPassphraseID", wrong)))
}

func containerIsUploaded(s *session) {
	path, _ := s.uploadedPKCS12("uploaded")
	s.want("Alias of the key", s.attribute(path.keys[0], "Alias"), "key uploaded")
	s.want("hasPrivateKey", s.attribute(path.keys[0], "hasPrivateKey"), "true")
	s.want("status", s.attribute(path.keys[0], "KeyStatus"), "ok")
	a := s.do(tas("GetCertificationPath", tas("CertificationPathID", path.path)))
	s.want("Alias of the path", a.Text("./CertificationPath/Alias"), "uploaded")
	if len(path.certificates) != 1 {
		s.Errorf("%d certificates, want 1", len(path.certificates))
	}
}

func containerIsNotDecrypted(s *session) {
	pfx, _ := s.container("uploaded")
	in, out := s.file("in.p12", pfx), s.file("out.p12", nil)
	pem := s.file("in.pem", nil)
	s.openssl("pkcs12", "-in", in, "-noenc", "-passin", "pass:", "-out", pem)
	scheme, shown := "PBE-SHA1-3DES", "pbeWithSHA1And3-KeyTripleDES-CBC"
	if !s.tripleDES() {
		scheme, shown = "aes-256-cbc", "PBES2"
	}
	s.openssl("pkcs12", "-export", "-in", pem, "-out", out, "-keypbe", scheme, "-certpbe", scheme, "-nomac", "-passout", "pass:right")
	if info := s.openssl("pkcs12", "-info", "-noout", "-in", out, "-passin", "pass:right"); !strings.Contains(info, "Shrouded Keybag: "+shown) {
		s.Fatalf("the key is not encrypted: %s", info)
	}
	wrong := s.passphrase("wrong", "of another")
	s.refused(argument+"/ter:DecryptionFailed", uploadPKCS12(s.read(out), "uploaded", tas("EncryptionPassphraseID", wrong)))
}

func containerContent(s *session) {
	path, der := s.uploadedPKCS12("uploaded")
	if got := s.certificate(path.certificates[0], path.keys[0]); !bytes.Equal(got.Raw, der) {
		s.Error("the certificate is another")
	}
}

func uploadCRL(der []byte, alias string) string {
	return tas("UploadCRL", tas("Crl", encode(der)), tas("Alias", alias))
}

// crl uploads a revocation list.
func (s *session) crl(der []byte, alias string) string {
	s.Helper()
	id := s.do(uploadCRL(der, alias)).Text("./CrlID")
	s.finally(func() { s.drop("CRL", id) })
	return id
}

// someCRL is a revocation list of an authority the camera does not know.
func (s *session) someCRL() []byte {
	s.Helper()
	ca := s.authority("revoker")
	return s.revocation(ca, ca.Certificate.Raw)
}

// isCRL checks what a getter says of a list.
func (s *session) isCRL(el *etree.Element, alias string, der []byte) {
	s.Helper()
	if el == nil {
		s.Fatal("the list is not there")
	}
	got, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(el.FindElement("./CRLContent").Text()), ""))
	if err != nil || !bytes.Equal(got, der) {
		s.Errorf("the content is another: %v", err)
	}
	s.want("Alias", el.FindElement("./Alias").Text(), alias)
}

func crlIsListed(s *session) {
	der := s.someCRL()
	id := s.crl(der, "some list")
	s.isCRL(found(s.do("<tas:GetAllCRLs/>").Root.FindElements("./Crl"), "./CRLID", id), "some list", der)
}

func crlIsDeleted(s *session) {
	before := s.list("GetAllCRLs", "./Crl/CRLID")
	s.remove("CRL", s.crl(s.someCRL(), "some list"))
	s.grown(before, s.list("GetAllCRLs", "./Crl/CRLID"))
}

func crlContent(s *session) {
	der := s.someCRL()
	id := s.crl(der, "some list")
	a := s.do(tas("GetCRL", tas("CrlID", id)))
	s.want("CRLID", a.Text("./Crl/CRLID"), id)
	s.isCRL(a.Root.FindElement("./Crl"), "some list", der)
}

// anchored makes a policy with a trust anchor.
func (s *session) anchored() (policy, anchor string) {
	s.Helper()
	anchor, _ = s.uploaded(s.foreign("anchor"))
	return s.policy("some policy", anchor), anchor
}

// isPolicy checks what a getter says of a policy.
func (s *session) isPolicy(el *etree.Element, anchor string) {
	s.Helper()
	if el == nil {
		s.Fatal("the policy is not there")
	}
	s.want("Alias", el.FindElement("./Alias").Text(), "some policy")
	s.want("UseDeltaCRLs", el.FindElement("./Parameters/UseDeltaCRLs").Text(), "true")
	if usage := el.FindElement("./Parameters/RequireTLSWWWClientAuthExtendedKeyUsage"); usage != nil {
		s.want("RequireTLSWWWClientAuthExtendedKeyUsage", usage.Text(), "false")
	}
	var anchors []string
	for _, a := range el.FindElements("./TrustAnchor/CertificateID") {
		anchors = append(anchors, a.Text())
	}
	if !slices.Equal(anchors, []string{anchor}) {
		s.Errorf("trust anchors %v, want %s", anchors, anchor)
	}
}

const allPolicies = "GetAllCertPathValidationPolicies"

func policyIsListed(s *session) {
	id, anchor := s.anchored()
	list := s.do("<tas:" + allPolicies + "/>").Root.ChildElements()
	s.isPolicy(found(list, "./CertPathValidationPolicyID", id), anchor)
}

func policyContent(s *session) {
	id, anchor := s.anchored()
	a := s.do(tas("GetCertPathValidationPolicy", tas("CertPathValidationPolicyID", id)))
	s.isPolicy(found(a.Root.ChildElements(), "./CertPathValidationPolicyID", id), anchor)
}

func policyIsDeleted(s *session) {
	before := s.list(allPolicies, ".//CertPathValidationPolicyID")
	id, _ := s.anchored()
	s.remove("CertPathValidationPolicy", id)
	s.grown(before, s.list(allPolicies, ".//CertPathValidationPolicyID"))
}

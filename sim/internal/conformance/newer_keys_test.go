package conformance

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"slices"

	"github.com/camfleet/camfleet/sim/internal/pki"
)

func eccKeys() need { return capability("tas/KeystoreCapabilities/ECCKeyPairGeneration") }

func setPaths() need { return capability("tas/KeystoreCapabilities/SetCertPath") }

// newerCases are derived: the test specification is older than these operations.
func newerCases() []testCase {
	return slices.Concat([]testCase{
		{"SECX-01", "elliptic-curve keys", []need{eccKeys(), keyEvents()}, curvesOfEveryKind},
		{"SECX-02", "elliptic-curve keys in every operation", []need{eccKeys(),
			capability("tas/KeystoreCapabilities/PKCS8"), capability("tas/KeystoreCapabilities/PKCS10"),
			capability("tas/KeystoreCapabilities/PKCS12"), capability("tas/KeystoreCapabilities/SelfSignedCertificateCreation")}, curvesEverywhere},
		{"SECX-03", "the same certificate twice", []need{operations("tas:UploadCertificate")}, certificateTwice},
		{"SECX-04", "path changed under its ID", []need{setPaths(), rsaKeys(), requests(), tlsServer(), network()}, pathIsSet},
		{"SECX-05", "policy changed under its ID", []need{setPaths(), policies(), clientAuth()}, policyIsSet},
	}, newerAccessCases(), newerStateCases())
}

func curvesOfEveryKind(s *session) {
	for _, curve := range s.features.words("tas/KeystoreCapabilities/EllipticCurves") {
		s.keyByEvent(createECC(curve))
	}
	s.refused(argument+"/ter:UnsupportedEllipticCurve", createECC("x448"))
	if !s.features.on("tas/KeystoreCapabilities/PKCS10") {
		return
	}
	key := s.made(createECC(s.features.words("tas/KeystoreCapabilities/EllipticCurves")[0]))
	ca := s.authority("CA")
	root, _ := s.uploaded(ca.Certificate.Raw)
	leaf, of := s.uploaded(s.issue(ca, "ecc", s.request(key, "ecc", sha256ECDSA).PublicKey, x509.ExtKeyUsageServerAuth), privateKeyRequired(true))
	s.want("KeyID", of, key)
	s.free()
	p := served{s.path("ecc", leaf, root), []string{leaf, root}, []string{key}}
	s.assign(p.path)
	s.shows(s.https(true), s.content(p)...)
}

// eccPair is a P-256 key in PKCS #8 and, with a self-signed certificate, in
// PKCS #12.
func (s *session) eccPair(name string) (key *ecdsa.PrivateKey, pkcs8, pfx []byte) {
	s.Helper()
	key, err := pki.NewKey(rand.Reader)
	if err != nil {
		s.Fatal(err)
	}
	if pkcs8, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
		s.Fatal(err)
	}
	a, err := pki.ParseSignatureAlgorithm(sha256ECDSA, nil)
	if err != nil {
		s.Fatal(err)
	}
	der, err := pki.Certificate{Subject: pki.Name{{{Type: "CN", Value: name}}}}.SelfSign(key, a, rand.Reader)
	if err != nil {
		s.Fatal(err)
	}
	pfx, err = pki.PKCS12Contents{Keys: [][]byte{pkcs8}, Certificates: []pki.PKCS12Certificate{{DER: der}}}.Write(rand.Reader)
	if err != nil {
		s.Fatal(err)
	}
	return key, pkcs8, pfx
}

func curvesEverywhere(s *session) {
	if !slices.Contains(s.features.algorithms, sha256ECDSA) {
		s.Error("ecdsa-with-SHA256 is not in SignatureAlgorithms")
	}
	key, der, _ := s.eccPair("uploaded")
	id := s.do(uploadPKCS8(der)).Text("./KeyID")
	s.finally(func() { s.drop("Key", id) })
	if csr := s.request(id, "uploaded", sha256ECDSA); !key.PublicKey.Equal(csr.PublicKey) {
		s.Error("the request is of another key")
	}
	_, _, pfx := s.eccPair("contained")
	a := s.do(uploadPKCS12(pfx, "contained"))
	path, contained := a.Text("./CertificationPathID"), a.Text("./KeyID")
	certificate := s.do(tas("GetCertificationPath", tas("CertificationPathID", path))).Text("./CertificationPath/CertificateID")
	s.finally(func() {
		s.drop("CertificationPath", path)
		s.drop("Certificate", certificate)
		s.drop("Key", contained)
	})
	self := s.selfSigned(contained, "self", sha256ECDSA)
	s.isSelfSigned(s.certificate(self, contained), "self", sha256ECDSA)
	mismatch := argument + "/ter:KeySignatureAlgorithmMismatch"
	s.refused(mismatch, createCSR(id, "wrong", sha256RSA))
	s.refused(mismatch, createSelfSigned(id, "wrong", sha256RSA))
	if s.features.on("tas/KeystoreCapabilities/RSAKeyPairGeneration") {
		s.refused(mismatch, createCSR(s.rsa(), "wrong", sha256ECDSA))
	}
}

// certificateTwice: since 24.12 the second is refused; before, it has an ID of
// its own.
func certificateTwice(s *session) {
	der := s.foreign("CA")
	first, key := s.uploaded(der)
	if s.features.release >= 2412 {
		s.refused(argument+"/ter:Duplicate", upload(der))
		return
	}
	second, of := s.uploaded(der)
	if first == second {
		s.Error("both have the same ID")
	}
	s.want("KeyID", of, key)
}

func setPath(id string, certificates ...string) string {
	content := tas("CertificationPathID", id)
	var ids string
	for _, c := range certificates {
		ids += tas("CertificateID", c)
	}
	return tas("SetCertificationPath", content, tas("CertificationPath", ids, tas("Alias", "set")))
}

func pathIsSet(s *session) {
	s.free()
	old, next := s.certifiedPath("old"), s.certifiedPath("new")
	s.assign(old.path)
	address := s.https(true)
	s.shows(address, s.content(old)...)
	s.do(setPath(old.path, next.certificates...))
	a := s.do(tas("GetCertificationPath", tas("CertificationPathID", old.path)))
	if got := a.Texts("./CertificationPath/CertificateID"); !slices.Equal(got, next.certificates) {
		s.Errorf("the path has %v, want %v", got, next.certificates)
	}
	s.shows(address, s.content(next)...)
	s.refused(argument+"/ter:CertificationPathID", setPath("nothing", next.certificates...))
	s.refused(argument+"/ter:CertificateID", setPath(old.path, next.certificates[0], "nothing"))
	s.refused(argument+"/ter:InvalidCertificationPath", setPath(old.path, old.certificates[0], next.certificates[1]))
	s.do(setPath(old.path, old.certificates...))
}

func setPolicy(id string, anchors ...string) string {
	var list string
	for _, a := range anchors {
		list += tas("TrustAnchor", tas("CertificateID", a))
	}
	return tas("SetCertPathValidationPolicy", tas("CertPathValidationPolicy", tas("CertPathValidationPolicyID", id),
		tas("Alias", "some policy"), tas("Parameters", tas("UseDeltaCRLs", "true")), list))
}

// policyIsSet: while something refers to a policy it is not changed (Security
// 5.2.4).
func policyIsSet(s *session) {
	one, _ := s.uploaded(s.foreign("one"))
	two, _ := s.uploaded(s.foreign("two"))
	id := s.policy("before", one)
	s.do(setPolicy(id, two))
	a := s.do(tas("GetCertPathValidationPolicy", tas("CertPathValidationPolicyID", id)))
	s.isPolicy(found(a.Root.ChildElements(), "./CertPathValidationPolicyID", id), two)
	s.refused(argument+"/ter:CertPathValidationPolicyID", setPolicy("nothing", one))
	s.refused(argument+"/ter:CertificateID", setPolicy(id, "nothing"))
	s.do(policyAssignment("Add", id))
	s.refused(argument+"/ter:CertPathValidationParameters", setPolicy(id, one))
	s.do(policyAssignment("Remove", id))
	s.do(setPolicy(id, one))
}

package conformance

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"slices"
	"strings"
	"time"

	"github.com/camfleet/camfleet/sim/internal/pki"
)

func certificateCases() []testCase {
	rsa, csr, self, p12 := rsaKeys(), requests(), selfSigning(), pkcs12()
	return []testCase{
		{"ADVANCED_SECURITY-2-1-1", "certification request", []need{rsa, csr}, requestIsSigned},
		{"ADVANCED_SECURITY-2-1-2", "self-signed certificate without options", []need{rsa, self}, selfSignedIsMade},
		{"ADVANCED_SECURITY-2-1-3", "certificate for a request, private key required", []need{rsa, csr}, requestIsCertified},
		{"ADVANCED_SECURITY-2-1-4", "private key required and missing", []need{csr}, foreignKeyIsRefused},
		{"ADVANCED_SECURITY-2-1-5", "certificate of a foreign key", []need{csr}, foreignKeyIsTaken},
		{"ADVANCED_SECURITY-2-1-6", "content of a self-signed certificate", []need{rsa, self}, selfSignedContent},
		{"ADVANCED_SECURITY-2-1-7", "content of an authority's certificate", []need{csr}, uploadedContent},
		{"ADVANCED_SECURITY-2-1-8", "list with a self-signed certificate", []need{rsa, self}, selfSignedIsListed},
		{"ADVANCED_SECURITY-2-1-9", "list with an authority's certificate", []need{csr}, uploadedIsListed},
		{"ADVANCED_SECURITY-2-1-10", "self-signed certificate deleted", []need{rsa, self}, selfSignedIsDeleted},
		{"ADVANCED_SECURITY-2-1-11", "authority's certificate deleted", []need{csr}, uploadedIsDeleted},
		{"ADVANCED_SECURITY-2-1-20", "request with a key that is being generated", []need{rsa, csr}, requestWithUnfinishedKey},
		{"ADVANCED_SECURITY-2-1-21", "key outlives its certificate", []need{csr}, keyOutlivesCertificate},
		{"ADVANCED_SECURITY-2-1-22", "key of a certificate not deleted", []need{rsa, csr}, keyInUseStays},
		{"ADVANCED_SECURITY-2-1-23", "corrupted certificate", []need{csr}, corruptedIsRefused},
		{"ADVANCED_SECURITY-2-1-24", "expired certificate", []need{csr}, expiredIsTaken},
		{"ADVANCED_SECURITY-2-1-27", "self-signed certificate of an uploaded key", []need{self, p12}, selfSignedOfUploadedKey},
		{"ADVANCED_SECURITY-2-1-28", "request with an uploaded key", []need{csr, p12}, requestOfUploadedKey},
	}
}

func pathCases() []testCase {
	self, signed := (*session).selfSignedPath, (*session).certifiedPath
	one, two := []need{rsaKeys(), selfSigning(), tlsServer()}, []need{rsaKeys(), requests(), tlsServer()}
	return []testCase{
		{"ADVANCED_SECURITY-2-1-12", "path of a self-signed certificate", one, pathIs(self)},
		{"ADVANCED_SECURITY-2-1-13", "path of a certificate and its authority's", two, pathIs(signed)},
		{"ADVANCED_SECURITY-2-1-14", "content of a path of one", one, pathIs(self)},
		{"ADVANCED_SECURITY-2-1-15", "content of a path of two", two, pathIs(signed)},
		{"ADVANCED_SECURITY-2-1-16", "list with a path of one", one, pathIsListed(self)},
		{"ADVANCED_SECURITY-2-1-17", "list with a path of two", two, pathIsListed(signed)},
		{"ADVANCED_SECURITY-2-1-18", "path of one deleted", one, pathIsDeleted(self)},
		{"ADVANCED_SECURITY-2-1-19", "path of two deleted, then all below", two, pathIsDeleted(signed)},
	}
}

func requestIsSigned(s *session) {
	key := s.rsa()
	for _, oid := range []string{sha1RSA, sha256RSA} {
		if slices.Contains(s.features.algorithms, oid) {
			s.request(key, "request", oid)
		}
	}
}

func selfSignedIsMade(s *session) { s.selfSigned(s.rsa(), "self", s.withRSA()) }

func requestIsCertified(s *session) {
	key := s.rsa()
	s.certified(s.authority("CA"), "camera", key)
}

func foreignKeyIsRefused(s *session) {
	s.refused(action+"/ter:NoMatchingPrivateKey", upload(s.foreign("stranger"), privateKeyRequired(true)))
}

// foreign is a certificate of a key the camera has not.
func (s *session) foreign(name string) []byte {
	s.Helper()
	return s.authority(name).Certificate.Raw
}

func foreignKeyIsTaken(s *session) {
	keys := s.allKeys()
	id, key := s.uploaded(s.foreign("stranger"), privateKeyRequired(false))
	if id == "" || slices.Contains(keys, key) {
		s.Errorf("certificate %q, key %q", id, key)
	}
	s.grown(keys, s.allKeys(), key)
	s.want("hasPrivateKey", s.attribute(key, "hasPrivateKey"), "false")
}

func selfSignedContent(s *session) {
	key, oid := s.rsa(), s.withRSA()
	id := s.selfSigned(key, "self", oid)
	s.isSelfSigned(s.certificate(id, key), "self", oid)
}

func uploadedContent(s *session) {
	der := s.foreign("CA")
	id, key := s.uploaded(der)
	if got := s.certificate(id, key); !bytes.Equal(got.Raw, der) || got.Subject.CommonName != "CA" {
		s.Errorf("certificate of %s is another", got.Subject)
	}
}

func selfSignedIsListed(s *session) {
	before := s.allCertificates()
	id := s.selfSigned(s.rsa(), "self", s.withRSA())
	s.grown(before, s.allCertificates(), id)
}

func uploadedIsListed(s *session) {
	before := s.allCertificates()
	id, _ := s.uploaded(s.foreign("CA"))
	s.grown(before, s.allCertificates(), id)
}

func selfSignedIsDeleted(s *session) {
	keys, certificates := s.allKeys(), s.allCertificates()
	key := s.rsa()
	s.remove("Certificate", s.selfSigned(key, "self", s.withRSA()))
	s.remove("Key", key)
	s.grown(certificates, s.allCertificates())
	s.grown(keys, s.allKeys())
}

func uploadedIsDeleted(s *session) {
	keys, certificates := s.allKeys(), s.allCertificates()
	id, key := s.uploaded(s.foreign("CA"))
	s.remove("Certificate", id)
	s.remove("Key", key)
	s.grown(certificates, s.allCertificates())
	s.grown(keys, s.allKeys())
}

// requestWithUnfinishedKey needs no larger key: the camera's clock stands still.
func requestWithUnfinishedKey(s *session) {
	id, estimate := s.begin(createRSA(s.lengths()[0]))
	if estimate < 2*time.Second {
		s.Fatalf("the key takes only %s", estimate)
	}
	s.refused(argument+"/ter:InvalidKeyStatus", createCSR(id, "early", s.withRSA()))
}

func keyOutlivesCertificate(s *session) {
	id, key := s.uploaded(s.foreign("CA"))
	s.remove("Certificate", id)
	if !slices.Contains(s.allKeys(), key) {
		s.Error("the key is gone")
	}
}

func keyInUseStays(s *session) {
	key := s.rsa()
	s.certified(s.authority("CA"), "camera", key)
	s.refused(argument+"/ter:ReferenceExists", tas("DeleteKey", tas("KeyID", key)))
}

func corruptedIsRefused(s *session) {
	der := s.foreign("CA")
	s.refused(argument+"/ter:BadCertificate", upload(der[:len(der)/2]))
	der = slices.Clone(der)
	der[1] ^= 0x40 // another length
	s.refused(argument+"/ter:BadCertificate", upload(der))
}

func expiredIsTaken(s *session) {
	ca, err := pki.NewAuthority(pki.Template{
		Subject: pkix.Name{CommonName: "old"}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(86400, 0),
	}, s.authority("CA").Key, rand.Reader)
	if err != nil {
		s.Fatal(err)
	}
	s.uploaded(ca.Certificate.Raw)
}

// container is a key of the tester's and its certificate in PKCS #12, which
// openssl makes without a passphrase, and the certificate.
func (s *session) container(name string) (pfx, certificate []byte) {
	s.Helper()
	key := s.key(name)
	a, err := pki.ParseSignatureAlgorithm(sha256RSA, nil)
	if err != nil {
		s.Fatal(err)
	}
	subject := pki.Name{{{Type: "C", Value: "US"}}, {{Type: "CN", Value: name}}}
	certificate, err = pki.Certificate{Subject: subject, NotBefore: time.Unix(0, 0)}.SelfSign(key, a, rand.Reader)
	if err != nil {
		s.Fatal(err)
	}
	text, err := pki.EncodeKey(key)
	if err != nil {
		s.Fatal(err)
	}
	in, out := s.file("in.pem", append([]byte(text), toPEM(certificate)...)), s.file("out.p12", nil)
	s.openssl("pkcs12", "-export", "-in", in, "-out", out, "-keypbe", "NONE", "-certpbe", "NONE", "-nomac", "-passout", "pass:")
	return s.read(out), certificate
}

func uploadPKCS12(pfx []byte, alias string, options ...string) string {
	return tas("UploadCertificateWithPrivateKeyInPKCS12", tas("CertWithPrivateKey", encode(pfx)),
		tas("CertificationPathAlias", alias), tas("KeyAlias", "key "+alias), tas("IgnoreAdditionalCertificates", "false"), strings.Join(options, ""))
}

// uploadedPKCS12 sends a new key with its certificate.
func (s *session) uploadedPKCS12(name string) (path served, certificate []byte) {
	s.Helper()
	pfx, der := s.container(name)
	a := s.do(uploadPKCS12(pfx, name))
	path = served{path: a.Text("./CertificationPathID"), keys: []string{a.Text("./KeyID")}}
	path.certificates = s.do(tas("GetCertificationPath", tas("CertificationPathID", path.path))).Texts("./CertificationPath/CertificateID")
	s.finally(func() {
		s.drop("CertificationPath", path.path)
		for _, id := range path.certificates {
			s.drop("Certificate", id)
		}
		s.drop("Key", path.keys[0])
	})
	return path, der
}

func selfSignedOfUploadedKey(s *session) {
	path, _ := s.uploadedPKCS12("uploaded")
	oid := s.withRSA()
	id := s.selfSigned(path.keys[0], "self", oid)
	s.isSelfSigned(s.certificate(id, path.keys[0]), "self", oid)
	s.remove("Certificate", id)
}

func requestOfUploadedKey(s *session) {
	path, _ := s.uploadedPKCS12("uploaded")
	id := s.certified(s.authority("CA"), "camera", path.keys[0])
	c := s.certificate(id, path.keys[0])
	s.want("common name", c.Subject.CommonName, "camera")
	if !s.key("uploaded").PublicKey.Equal(c.PublicKey) {
		s.Error("the certificate is of another key")
	}
	s.remove("Certificate", id)
}

// pathIs checks what a path has, and that its chain verifies.
func pathIs(made func(*session, string) served) func(*session) {
	return func(s *session) {
		p := made(s, "path")
		a := s.do(tas("GetCertificationPath", tas("CertificationPathID", p.path)))
		s.want("Alias", a.Text("./CertificationPath/Alias"), "path")
		s.want("certificates", strings.Join(a.Texts("./CertificationPath/CertificateID"), " "), strings.Join(p.certificates, " "))
		var chain []*x509.Certificate
		var ders [][]byte
		for i, id := range p.certificates {
			c := s.certificate(id, p.keys[i])
			chain, ders = append(chain, c), append(ders, c.Raw)
		}
		last := len(chain) - 1
		for i, c := range chain {
			if err := pki.CheckSigned(c.Raw, chain[min(i+1, last)].Raw); err != nil {
				s.Errorf("certificate %d: %v", i, err)
			}
		}
		s.openssl("verify", "-CAfile", s.file("root.pem", toPEM(ders[last])), s.file("leaf.pem", toPEM(ders[0])))
	}
}

func pathIsListed(made func(*session, string) served) func(*session) {
	return func(s *session) {
		before := s.allPaths()
		p := made(s, "path")
		s.grown(before, s.allPaths(), p.path)
	}
}

// pathIsDeleted deletes a path, and then everything it was made of.
func pathIsDeleted(made func(*session, string) served) func(*session) {
	return func(s *session) {
		keys, certificates, paths := s.allKeys(), s.allCertificates(), s.allPaths()
		s.discard(made(s, "path"))
		s.grown(paths, s.allPaths())
		s.grown(certificates, s.allCertificates())
		s.grown(keys, s.allKeys())
	}
}

// discard deletes a path, its certificates and their keys.
func (s *session) discard(p served) {
	s.Helper()
	s.remove("CertificationPath", p.path)
	for _, id := range p.certificates {
		s.remove("Certificate", id)
	}
	for _, id := range p.keys {
		s.remove("Key", id)
	}
}

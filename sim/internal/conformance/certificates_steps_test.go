package conformance

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/camfleet/camfleet/sim/internal/pki"
)

const (
	sha1RSA     = "1.2.840.113549.1.1.5"
	sha256RSA   = "1.2.840.113549.1.1.11"
	sha1ECDSA   = "1.2.840.10045.4.1"
	sha256ECDSA = "1.2.840.10045.4.3.2"
)

// algorithm is the one the test tool signs with, where the device lists it.
func (s *session) algorithm(candidates ...string) string {
	s.Helper()
	for _, oid := range candidates {
		if slices.Contains(s.features.algorithms, oid) {
			return oid
		}
	}
	s.Fatalf("none of %v is in SignatureAlgorithms", candidates)
	return ""
}

// withRSA is the algorithm for RSA keys.
func (s *session) withRSA() string { return s.algorithm(sha1RSA, sha256RSA) }

// subject is a name with every part the service must know, in the order of its
// schema, with the common name given.
func subject(name string) string {
	return tas("Subject", tas("Country", "US"), tas("Organization", "Tester"), tas("OrganizationalUnit", "Unit"),
		tas("DistinguishedNameQualifier", "q"), tas("StateOrProvinceName", "State"), tas("CommonName", name), tas("SerialNumber", "17"))
}

// hasSubject checks the name of a request or certificate, part by part. The
// standard names no order but that of the parts the test tool asks for: the
// country, then the common name.
func (s *session) hasSubject(raw []byte, name string) {
	s.Helper()
	var rdns pkix.RDNSequence
	if rest, err := asn1.Unmarshal(raw, &rdns); err != nil || len(rest) > 0 {
		s.Fatalf("the subject: %v", err)
	}
	var got []string
	for _, rdn := range rdns {
		for _, part := range rdn {
			got = append(got, fmt.Sprintf("%v=%v", part.Type, part.Value))
		}
	}
	want := []string{"2.5.4.6=US", "2.5.4.10=Tester", "2.5.4.11=Unit", "2.5.4.46=q", "2.5.4.8=State", "2.5.4.3=" + name, "2.5.4.5=17"}
	if slices.Index(got, want[0]) > slices.Index(got, want[5]) {
		s.Error("the common name comes before the country")
	}
	slices.Sort(got)
	slices.Sort(want)
	s.want("subject", strings.Join(got, " "), strings.Join(want, " "))
}

func signedWith(oid string) string {
	return tas("SignatureAlgorithm", tas("algorithm", oid))
}

func createCSR(key, name, oid string) string {
	return tas("CreatePKCS10CSR", subject(name), tas("KeyID", key), signedWith(oid))
}

// request has a certification request made and checks its signature.
func (s *session) request(key, name, oid string) *x509.CertificateRequest {
	s.Helper()
	der := s.bytesAt(s.do(createCSR(key, name, oid)), "./PKCS10CSR")
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		s.Fatal(err)
	}
	s.hasSubject(csr.RawSubject, name)
	s.signed(oid, csr.PublicKey, csr.RawTBSCertificateRequest, csr.Signature)
	if csr.SignatureAlgorithm != x509.SHA1WithRSA && csr.SignatureAlgorithm != x509.ECDSAWithSHA1 {
		if err := csr.CheckSignature(); err != nil {
			s.Error(err)
		}
	}
	if out := s.openssl("req", "-verify", "-noout", "-inform", "DER", "-in", s.file("csr.der", der)); !strings.Contains(out, "verify OK") {
		s.Errorf("openssl: %s", out)
	}
	return csr
}

// signed checks a signature by hand: crypto/x509 verifies none with SHA-1.
func (s *session) signed(oid string, public crypto.PublicKey, message, signature []byte) {
	s.Helper()
	a, err := pki.ParseSignatureAlgorithm(oid, nil)
	if err == nil {
		err = a.Verify(public, message, signature)
	}
	if err != nil {
		s.Errorf("signature with %s: %v", oid, err)
	}
}

func createSelfSigned(key, name, oid string) string {
	return tas("CreateSelfSignedCertificate", subject(name), tas("KeyID", key), signedWith(oid))
}

// selfSigned has a certificate made of a key of the camera.
func (s *session) selfSigned(key, name, oid string) string {
	s.Helper()
	id := s.do(createSelfSigned(key, name, oid)).Text("./CertificateID")
	s.finally(func() { s.drop("Certificate", id) })
	return id
}

// certificate asks for a certificate of the camera and checks its frame.
func (s *session) certificate(id, key string) *x509.Certificate {
	s.Helper()
	a := s.do(tas("GetCertificate", tas("CertificateID", id)))
	s.want("CertificateID", a.Text("./Certificate/CertificateID"), id)
	s.want("KeyID", a.Text("./Certificate/KeyID"), key)
	der := s.bytesAt(a, "./Certificate/CertificateContent")
	all := s.do("<tas:GetAllCertificates/>")
	i := slices.Index(all.Texts("./Certificate/CertificateID"), id)
	if i < 0 {
		s.Fatalf("certificate %s is not in the list", id)
	}
	s.want("KeyID of the list", all.Texts("./Certificate/KeyID")[i], key)
	s.want("content of the list", strings.Join(strings.Fields(all.Texts("./Certificate/CertificateContent")[i]), ""), encode(der))
	return s.parse(der)
}

// isSelfSigned checks a self-signed certificate, by hand and with openssl.
func (s *session) isSelfSigned(c *x509.Certificate, name, oid string) {
	s.Helper()
	s.hasSubject(c.RawSubject, name)
	if !bytes.Equal(c.RawIssuer, c.RawSubject) {
		s.Error("the issuer is another")
	}
	s.signed(oid, c.PublicKey, c.RawTBSCertificate, c.Signature)
	file := s.file("self.pem", toPEM(c.Raw))
	s.openssl("verify", "-check_ss_sig", "-CAfile", file, file)
}

func toPEM(ders ...[]byte) []byte {
	var b bytes.Buffer
	for _, der := range ders {
		_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: der}) // a Buffer takes everything
	}
	return b.Bytes()
}

// certify signs a certificate for a request with the algorithm the device asked
// for its own, as the test tool does.
func (s *session) certify(ca *pki.Authority, csr *x509.CertificateRequest, oid string) []byte {
	s.Helper()
	a, err := pki.ParseSignatureAlgorithm(oid, nil)
	if err != nil {
		s.Fatal(err)
	}
	name := pki.Name{{{Type: "CN", Value: csr.Subject.CommonName}}}
	der, err := pki.Certificate{Subject: name, NotBefore: time.Unix(0, 0), NotAfter: pki.Forever()}.SignedBy(ca.Certificate, csr.PublicKey, ca.Key, a, rand.Reader)
	if err != nil {
		s.Fatal(err)
	}
	return der
}

// upload sends a certificate; options follow it.
func upload(der []byte, options ...string) string {
	return tas("UploadCertificate", append([]string{tas("Certificate", encode(der))}, options...)...)
}

func privateKeyRequired(on bool) string {
	return tas("PrivateKeyRequired", fmt.Sprint(on))
}

// uploaded sends a certificate and returns its ID and that of its key.
func (s *session) uploaded(der []byte, options ...string) (id, key string) {
	s.Helper()
	known := s.do("<tas:GetAllKeys/>").Texts("./KeyAttribute/KeyID")
	a := s.do(upload(der, options...))
	id, key = a.Text("./CertificateID"), a.Text("./KeyID")
	s.finally(func() {
		s.drop("Certificate", id)
		if !slices.Contains(known, key) {
			s.drop("Key", key)
		}
	})
	return id, key
}

// certified has a key of the camera certified by an authority of the tester's.
func (s *session) certified(ca *pki.Authority, name, key string) string {
	s.Helper()
	oid := s.withRSA()
	id, of := s.uploaded(s.certify(ca, s.request(key, name, oid), oid), privateKeyRequired(true))
	s.want("KeyID", of, key)
	return id
}

func createPath(alias string, certificates ...string) string {
	ids := make([]string, len(certificates))
	for i, id := range certificates {
		ids[i] = tas("CertificateID", id)
	}
	return tas("CreateCertificationPath", tas("CertificateIDs", ids...), tas("Alias", alias))
}

// path makes a certification path.
func (s *session) path(alias string, certificates ...string) string {
	s.Helper()
	id := s.do(createPath(alias, certificates...)).Text("./CertificationPathID")
	s.finally(func() { s.drop("CertificationPath", id) })
	return id
}

// served is what a TLS server shows: a path, its certificates and their keys,
// the server's first.
type served struct {
	path         string
	certificates []string
	keys         []string
}

// selfSignedPath is a path of one self-signed certificate with a new key.
func (s *session) selfSignedPath(name string) served {
	s.Helper()
	key := s.rsa()
	id := s.selfSigned(key, name, s.withRSA())
	return served{s.path(name, id), []string{id}, []string{key}}
}

// certifiedPath is a path of a certificate with a new key, and its authority's.
func (s *session) certifiedPath(name string) served {
	s.Helper()
	ca := s.authority("CA of " + name)
	root, rootKey := s.uploaded(ca.Certificate.Raw)
	key := s.rsa()
	leaf := s.certified(ca, name, key)
	return served{s.path(name, leaf, root), []string{leaf, root}, []string{key, rootKey}}
}

// list is all IDs that a getter answers, in no order.
func (s *session) list(getter, path string) []string {
	s.Helper()
	ids := s.do("<tas:" + getter + "/>").Texts(path)
	slices.Sort(ids)
	if n := len(ids); len(slices.Compact(slices.Clone(ids))) != n {
		s.Errorf("%s has the same ID twice: %v", getter, ids)
	}
	return ids
}

func (s *session) allKeys() []string { return s.list("GetAllKeys", "./KeyAttribute/KeyID") }

func (s *session) allCertificates() []string {
	return s.list("GetAllCertificates", "./Certificate/CertificateID")
}

func (s *session) allPaths() []string {
	return s.list("GetAllCertificationPaths", "./CertificationPathID")
}

func (s *session) assigned() []string {
	return s.list("GetAssignedServerCertificates", "./CertificationPathID")
}

// grown checks that a list has exactly these more than before.
func (s *session) grown(before, after []string, more ...string) {
	s.Helper()
	want := slices.Sorted(slices.Values(slices.Concat(before, more)))
	if !slices.Equal(after, want) {
		s.Errorf("the list is %v, want %v", after, want)
	}
}

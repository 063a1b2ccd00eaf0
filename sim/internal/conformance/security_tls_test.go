package conformance

import (
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/pki"
)

func tlsCases() []testCase {
	self, signed := (*session).selfSignedPath, (*session).certifiedPath
	one, two := []need{rsaKeys(), selfSigning(), tlsServer()}, []need{rsaKeys(), requests(), tlsServer()}
	clients := []need{rsaKeys(), selfSigning(), requests(), tlsServer(), clientAuth(), policies(), network()}
	return []testCase{
		{"ADVANCED_SECURITY-3-1-1", "self-signed path assigned", one, pathIsAssigned(self)},
		{"ADVANCED_SECURITY-3-1-2", "certified path assigned", two, pathIsAssigned(signed)},
		{"ADVANCED_SECURITY-3-1-3", "self-signed path replaced", one, pathIsReplaced(self)},
		{"ADVANCED_SECURITY-3-1-4", "certified path replaced", two, pathIsReplaced(signed)},
		{"ADVANCED_SECURITY-3-1-5", "list with a self-signed path", one, assignmentIsListed(self)},
		{"ADVANCED_SECURITY-3-1-6", "list with a certified path", two, assignmentIsListed(signed)},
		{"ADVANCED_SECURITY-3-1-7", "self-signed path removed", one, assignmentIsRemoved(self)},
		{"ADVANCED_SECURITY-3-1-8", "certified path removed", two, assignmentIsRemoved(signed)},
		{"ADVANCED_SECURITY-3-2-3", "HTTPS with a self-signed path", slices.Concat(one, []need{network()}), serverShowsPath},
		{"ADVANCED_SECURITY-3-2-4", "HTTPS with a path that is replaced", slices.Concat(one, []need{network()}), serverShowsNewPath},
		{"ADVANCED_SECURITY-3-2-5", "HTTPS with uploaded paths", []need{pkcs12(), tlsServer(), network()}, serverShowsUploadedPath},
		{"ADVANCED_SECURITY-3-3-1", "certificates of clients", clients, clientsAreChecked},
		{"ADVANCED_SECURITY-3-3-2", "revoked certificates of clients", slices.Concat(clients, []need{crls()}), revokedClientsAreRefused},
		{"ADVANCED_SECURITY-3-3-3", "policy replaced", []need{clientAuth(), policies(), requests()}, policyIsReplaced},
		{"ADVANCED_SECURITY-4-1-1", "references of a self-signed path", one, referencesHold(self)},
		{"ADVANCED_SECURITY-4-1-2", "references of a certified path", two, referencesHold(signed)},
	}
}

func pathIsAssigned(made func(*session, string) served) func(*session) {
	return func(s *session) {
		s.free()
		s.assign(made(s, "server").path)
	}
}

// pathIsReplaced deletes what the old path was made of: nothing refers to it.
func pathIsReplaced(made func(*session, string) served) func(*session) {
	return func(s *session) {
		s.free()
		old := made(s, "old")
		s.assign(old.path)
		next := made(s, "new")
		s.swap(old.path, next.path)
		s.want("assigned", strings.Join(s.assigned(), " "), next.path)
		s.discard(old)
		s.do(unassign(next.path))
	}
}

func assignmentIsListed(made func(*session, string) served) func(*session) {
	return func(s *session) {
		s.free()
		before := s.assigned()
		p := made(s, "server")
		s.assign(p.path)
		s.grown(before, s.assigned(), p.path)
	}
}

func assignmentIsRemoved(made func(*session, string) served) func(*session) {
	return func(s *session) {
		s.free()
		before := s.assigned()
		p := made(s, "server")
		s.assign(p.path)
		s.do(unassign(p.path))
		s.grown(before, s.assigned())
	}
}

// reachable checks whether somebody listens.
func (s *session) reachable(address string, want bool) {
	s.Helper()
	var d net.Dialer
	conn, err := d.DialContext(s.Context(), "tcp", address)
	if err == nil {
		conn.Close() //nolint:errcheck // it was never used
	}
	if (err == nil) != want {
		s.Errorf("%s is reachable: %v, want %v", address, err == nil, want)
	}
}

func serverShowsPath(s *session) {
	s.free()
	p := s.selfSignedPath("server")
	s.assign(p.path)
	address := s.https(true)
	s.shows(address, s.content(p)...)
	s.https(false)
	s.reachable(address, false)
	s.do(unassign(p.path))
}

func serverShowsNewPath(s *session) {
	s.free()
	old, next := s.selfSignedPath("old"), s.selfSignedPath("new")
	s.assign(old.path)
	address := s.https(true)
	s.shows(address, s.content(old)...)
	s.swap(old.path, next.path)
	s.shows(address, s.content(next)...)
}

func serverShowsUploadedPath(s *session) {
	s.free()
	old, first := s.uploadedPKCS12("first")
	s.assign(old.path)
	address := s.https(true)
	s.shows(address, first)
	next, second := s.uploadedPKCS12("second")
	s.swap(old.path, next.path)
	s.want("assigned", strings.Join(s.assigned(), " "), next.path)
	s.shows(address, second)
}

func createPolicy(alias, delta string, anchors ...string) string {
	var b strings.Builder
	for _, id := range anchors {
		b.WriteString(tas("TrustAnchor", tas("CertificateID", id)))
	}
	return tas("CreateCertPathValidationPolicy", tas("Alias", alias), tas("Parameters", tas("UseDeltaCRLs", delta)), b.String())
}

// policy makes a validation policy.
func (s *session) policy(alias string, anchors ...string) string {
	s.Helper()
	id := s.do(createPolicy(alias, "true", anchors...)).Text("./CertPathValidationPolicyID")
	s.finally(func() { s.drop("CertPathValidationPolicy", id) })
	return id
}

func policyAssignment(operation, id string) string {
	return tas(operation+"CertPathValidationPolicyAssignment", tas("CertPathValidationPolicyID", id))
}

func requireCertificates(on string) string {
	return tas("SetClientAuthenticationRequired", tas("clientAuthenticationRequired", on))
}

// demand makes HTTPS ask for certificates of an authority's clients; returns
// its address.
func (s *session) demand(ca *pki.Authority) string {
	s.Helper()
	s.free()
	s.assign(s.selfSignedPath("server").path)
	anchor, _ := s.uploaded(ca.Certificate.Raw)
	policy := s.policy("clients", anchor)
	s.do(policyAssignment("Add", policy))
	s.finally(func() { s.do(policyAssignment("Remove", policy)) })
	address := s.https(true)
	s.do(requireCertificates("true"))
	s.finally(func() { s.do(requireCertificates("false")) })
	return address
}

// own is a client's certificate with its key.
func (s *session) own(ca *pki.Authority, name string) *tls.Certificate {
	s.Helper()
	key := crypto.Signer(s.key("client"))
	return &tls.Certificate{Certificate: [][]byte{s.issue(ca, name, key.Public(), x509.ExtKeyUsageClientAuth)}, PrivateKey: key}
}

// overTLS sends a request with a client's certificate; an error says that there
// was no connection.
func (s *session) overTLS(address string, own *tls.Certificate, body string) (cameratest.Answer, error) {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), http.MethodHead, "https://"+address+devicePath, nil)
	if err != nil {
		s.Fatal(err)
	}
	client := s.trusting(own)
	resp, err := client.Do(req)
	if err != nil {
		return cameratest.Answer{}, err
	}
	resp.Body.Close() //nolint:errcheck // it has none
	return s.postBy(client, "https://"+address+devicePath, admin, []byte(cameratest.Envelope("", body))), nil
}

const getRequired = "<tas:GetClientAuthenticationRequired/>"

// passes checks that a client with this certificate is let in, or is not.
func (s *session) passes(address string, own *tls.Certificate, want bool) {
	s.Helper()
	a, err := s.overTLS(address, own, getRequired)
	switch {
	case want && err != nil:
		s.Errorf("no connection: %v", err)
	case want && a.Text("./clientAuthenticationRequired") != "true":
		s.Errorf("%d %s", a.Status, a.Body)
	case !want && err == nil:
		s.Error("there is a connection")
	}
}

func clientsAreChecked(s *session) {
	ca := s.authority("clients")
	address := s.demand(ca)
	s.passes(address, s.own(ca, "friend"), true)
	s.passes(address, s.own(s.authority("strangers"), "stranger"), false)
	s.passes(address, nil, false)
}

// revocation is a list of an authority with one certificate.
func (s *session) revocation(ca *pki.Authority, der []byte) []byte {
	s.Helper()
	list, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: cameratest.Start().Add(-time.Hour), NextUpdate: pki.Forever(),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: s.parse(der).SerialNumber, RevocationTime: cameratest.Start().Add(-time.Hour)}},
	}, ca.Certificate, ca.Key)
	if err != nil {
		s.Fatal(err)
	}
	return list
}

func revokedClientsAreRefused(s *session) {
	ca := s.authority("clients")
	good, bad := s.own(ca, "good"), s.own(ca, "bad")
	address := s.demand(ca)
	s.passes(address, bad, true)
	s.crl(s.revocation(ca, bad.Certificate[0]), "revoked")
	s.passes(address, good, true)
	s.passes(address, bad, false)
}

func policyIsReplaced(s *session) {
	one, _ := s.uploaded(s.foreign("one"))
	two, _ := s.uploaded(s.foreign("two"))
	first, second := s.policy("first", one), s.policy("second", two)
	s.do(policyAssignment("Add", first))
	s.do(tas("ReplaceCertPathValidationPolicyAssignment", tas("OldCertPathValidationPolicyID", first), tas("NewCertPathValidationPolicyID", second)))
	s.want("policies", strings.Join(s.list("GetAssignedCertPathValidationPolicies", "./CertPathValidationPolicyID"), " "), second)
	s.do(policyAssignment("Remove", second))
	s.want("policies", strings.Join(s.list("GetAssignedCertPathValidationPolicies", "./CertPathValidationPolicyID"), " "), "")
	s.remove("CertPathValidationPolicy", first)
	s.remove("CertPathValidationPolicy", second)
}

// referencesHold: what is referred to is deleted from the top down only.
func referencesHold(made func(*session, string) served) func(*session) {
	return func(s *session) {
		s.free()
		p := made(s, "server")
		s.assign(p.path)
		const exists = argument + "/ter:ReferenceExists"
		kept := func(kind string, ids ...string) {
			s.Helper()
			for _, id := range ids {
				s.refused(exists, tas("Delete"+kind, tas(kind+"ID", id)))
			}
		}
		kept("Key", p.keys...)
		kept("Certificate", p.certificates...)
		kept("CertificationPath", p.path)
		s.do(unassign(p.path))
		kept("Key", p.keys...)
		kept("Certificate", p.certificates...)
		s.remove("CertificationPath", p.path)
		kept("Key", p.keys...)
		for _, id := range p.certificates {
			s.remove("Certificate", id)
		}
		for _, id := range p.keys {
			s.remove("Key", id)
		}
	}
}

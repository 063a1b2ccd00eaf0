package conformance

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/state"
)

// keyring has the tester's own RSA keys, which take their time to make, and
// ports.
type keyring struct {
	mu       sync.Mutex
	keys     map[string]*rsa.PrivateKey
	sessions int
}

// ports is the first of 4 ports that only the caller takes; other runs of these tests
// at the same time mostly have others.
func (r *keyring) ports() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sessions++
	return 20000 + 100*(os.Getpid()%120) + 4*(r.sessions%25)
}

// key is the tester's RSA key of a name and a length in bits, always the same.
func (r *keyring) key(t testing.TB, name string, bits int) *rsa.PrivateKey {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	name += strconv.Itoa(bits)
	if r.keys[name] == nil {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		r.keys[name] = key
	}
	return r.keys[name]
}

// key is a key of the tester's, of the shortest length the device takes.
func (s *session) key(name string) *rsa.PrivateKey {
	s.Helper()
	return s.ring.key(s, name, s.lengths()[0])
}

// lengths are the RSA key lengths in bits, the shortest first.
func (s *session) lengths() []int {
	s.Helper()
	var list []int
	for _, word := range s.features.words("tas/KeystoreCapabilities/RSAKeyLengths") {
		list = append(list, atoi(s, word))
	}
	if len(list) == 0 {
		s.Fatal("there are no RSAKeyLengths")
	}
	slices.Sort(list)
	return list
}

// begin has a key made, and returns its ID and the time that is to take.
func (s *session) begin(body string) (id string, estimate time.Duration) {
	s.Helper()
	a := s.do(body)
	id = a.Text("./KeyID")
	text := a.Text("./EstimatedCreationTime")
	estimate, err := time.ParseDuration(durationOf(text))
	if err != nil || estimate <= 0 {
		s.Fatalf("EstimatedCreationTime %q: %v", text, err)
	}
	s.finally(func() { s.drop("Key", id) })
	return id, estimate
}

// durationOf writes an xs:duration of minutes and seconds as Go has it.
func durationOf(text string) string {
	if len(text) < 3 || text[:2] != "PT" {
		return text
	}
	b := []byte(text[2:])
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// due moves the camera's clock to the instant at which a key begins to be made,
// and no further: what the work takes is measured by that clock.
func (s *session) due(id string, estimate time.Duration) {
	s.Helper()
	j, ok := s.camera.State.View().Jobs.Job(keystore.TaskName(id))
	if !ok {
		return // it is made, or about to be
	}
	wait := j.Due.Sub(s.camera.Clock.Now())
	if wait > estimate {
		s.Errorf("the key is begun in %s, and was said to be there in %s", wait, estimate)
	}
	if wait > 0 {
		s.camera.Clock.Advance(wait)
	}
}

// settled waits until a key is not generating any more; the camera's clock is
// moved on by no more than the estimate.
func (s *session) settled(id string, estimate time.Duration) string {
	s.Helper()
	changed := make(chan struct{}, 1)
	cancel := s.camera.State.Watch(func(_, _ *state.Tree) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	defer cancel()
	s.due(id, estimate)
	for {
		if status := s.do(tas("GetKeyStatus", tas("KeyID", id))).Text("./KeyStatus"); status != "generating" {
			return status
		}
		<-changed
	}
}

// made has a key made that is to be ok.
func (s *session) made(body string) string {
	s.Helper()
	id, estimate := s.begin(body)
	if status := s.settled(id, estimate); status != "ok" {
		s.Fatalf("status %s", status)
	}
	return id
}

func createRSA(bits int) string { return tas("CreateRSAKeyPair", tas("KeyLength", itoa(bits))) }

func createECC(curve string) string { return tas("CreateECCKeyPair", tas("EllipticCurve", curve)) }

// rsa has an RSA key made, of the shortest length there is.
func (s *session) rsa() string {
	s.Helper()
	return s.made(createRSA(s.lengths()[0]))
}

// drop deletes something if it is still there. It is how cases clean up: what
// they leave is found out after them.
func (s *session) drop(kind, id string) {
	s.Helper()
	body := tas("Delete"+kind, tas(kind+"ID", id))
	if kind == "CRL" {
		body = tas("DeleteCRL", tas("CrlID", id))
	}
	a := s.post(s.url(body), admin, "", body)
	if a.Fault != "" && a.Fault != argument+"/ter:"+kind+"ID" {
		s.Errorf("%s %s stays: %s", kind, id, a.Fault)
	}
}

// remove deletes something that is there.
func (s *session) remove(kind, id string) {
	s.Helper()
	name := kind + "ID"
	if kind == "CRL" {
		name = "CrlID"
	}
	s.do(tas("Delete"+kind, tas(name, id)))
}

// authority is a certificate authority of the tester's, with a key of the
// algorithm the device knows.
func (s *session) authority(name string) *pki.Authority {
	s.Helper()
	var key crypto.Signer
	if s.features.on("tas/KeystoreCapabilities/RSAKeyPairGeneration") {
		key = s.key(name)
	} else {
		var err error
		if key, err = pki.NewKey(rand.Reader); err != nil {
			s.Fatal(err)
		}
	}
	ca, err := pki.NewAuthority(pki.Template{
		Subject:   pkix.Name{CommonName: name, Country: []string{"US"}},
		NotBefore: time.Unix(0, 0), NotAfter: pki.Forever(), MaxPath: 1,
	}, key, rand.Reader)
	if err != nil {
		s.Fatal(err)
	}
	return ca
}

// issue signs a certificate for a public key.
func (s *session) issue(ca *pki.Authority, name string, public crypto.PublicKey, usage x509.ExtKeyUsage) []byte {
	s.Helper()
	der, err := ca.Issue(pki.Template{
		Subject:   pkix.Name{CommonName: name, Country: []string{"US"}},
		NotBefore: time.Unix(0, 0), NotAfter: pki.Forever(),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}, public, rand.Reader)
	if err != nil {
		s.Fatal(err)
	}
	return der
}

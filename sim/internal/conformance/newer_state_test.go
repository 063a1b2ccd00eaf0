package conformance

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/camera"
)

func newerStateCases() []testCase {
	return []testCase{
		{"SECX-14", "sequence of KeyStatus events", []need{keyEvents(), rsaKeys()}, eventsOfKeys},
		{"SECX-15", "keystore across a reboot", []need{rsaKeys(), selfSigning(), tlsServer()}, keystoreOutlivesReboot},
		{"SECX-16", "limits of the keystore", []need{rsaKeys()}, limitsHold},
		{"SECX-17", "form of IDs", []need{rsaKeys()}, idsAreNames},
		{"SECX-18", "two clients at once", []need{rsaKeys(), requests()}, clientsAtOnce},
	}
}

// reboot restarts the camera and waits until it is back; the clock moves a
// little, since the camera tries again where its port is taken.
func (s *session) reboot() {
	s.Helper()
	s.restart("<tds:SystemReboot/>")
}

// restart sends a request that makes the camera reboot, as reboot does.
func (s *session) restart(body string) {
	s.Helper()
	boots := s.camera.State.View().Device.Boot.Boots
	s.do(body)
	s.client.CloseIdleConnections()
	s.camera.Until(10*time.Microsecond, func() bool {
		return s.camera.State.View().Device.Boot.Boots > boots && s.camera.Status() == camera.Running
	})
}

func eventsOfKeys(s *session) {
	s.keyByEvent(createRSA(s.lengths()[0]))
	events := s.subscribe("tns1:Advancedsecurity/Keystore/KeyStatus")
	gone, _ := s.begin(createRSA(s.lengths()[0]))
	s.remove("Key", gone)
	kept, estimate := s.begin(createRSA(s.lengths()[0]))
	s.due(kept, estimate)
	var seen []string
	for len(seen) == 0 || seen[len(seen)-1] != kept+" ok" {
		a := events.pull("PT60S", 1)
		seen = append(seen, item(a, "Source", "KeyID")+" "+item(a, "Data", "NewStatus"))
	}
	if want := []string{gone + " generating", kept + " generating", kept + " ok"}; !slices.Equal(seen, want) {
		s.Errorf("events %q, want %q", seen, want)
	}
	events.end()
}

func keystoreOutlivesReboot(s *session) {
	s.free()
	p := s.selfSignedPath("server")
	s.assign(p.path)
	s.https(true)
	unfinished, estimate := s.begin(createRSA(s.lengths()[0]))
	getters := []string{"GetAllCertificates", "GetAllCertificationPaths", "GetAssignedServerCertificates"}
	for _, g := range []string{
		"GetAllPassphrases", "GetAllCRLs", "GetAllCertPathValidationPolicies", "GetAssignedCertPathValidationPolicies",
		"GetClientAuthenticationRequired", "GetEnabledTLSVersions", "GetAllDot1XConfigurations",
	} {
		if s.features.simulated["tas:"+g] {
			getters = append(getters, g)
		}
	}
	before := map[string]string{}
	for _, g := range getters {
		before[g] = string(s.do("<tas:" + g + "/>").Body)
	}
	s.reboot()
	for _, g := range getters {
		s.want(g, string(s.do("<tas:"+g+"/>").Body), before[g])
	}
	s.want("status", s.settled(unfinished, estimate), "ok")
	s.shows(s.camera.Addresses["HTTPS"], s.content(p)...)
}

// kind is something the keystore has a limit of.
type kind struct {
	limit  string // capability
	fault  string // when it is reached
	create string // request
	id     string // path of the ID in the answer
	list   string // getter
	each   string // path of the IDs in its answer
	remove func(id string) string
}

func deletion(name string) func(string) string {
	return func(id string) string {
		parameter := name + "ID"
		if name == "CRL" {
			parameter = "CrlID"
		}
		return tas("Delete"+name, tas(parameter, id))
	}
}

// keyKind is RSA keys, of the shortest length.
func (s *session) keyKind() kind {
	s.Helper()
	return kind{"tas/KeystoreCapabilities/MaximumNumberOfKeys", "MaximumNumberOfKeysReached", createRSA(s.lengths()[0]),
		"./KeyID", "GetAllKeys", "./KeyAttribute/KeyID", deletion("Key")}
}

// kinds are the others whose number the camera announces; certificate is one that it
// has already.
func (s *session) kinds(certificate string) []kind {
	s.Helper()
	const store = "tas/KeystoreCapabilities/MaximumNumberOf"
	all := []kind{
		{store + "CertificationPaths", "MaximumNumberOfCertificationPathsReached", createPath("alias", certificate), "./CertificationPathID",
			"GetAllCertificationPaths", "./CertificationPathID", deletion("CertificationPath")},
		{store + "Passphrases", "MaximumNumberOfPassphrasesReached", uploadPassphrase("secret", "alias"), "./PassphraseID",
			"GetAllPassphrases", "./PassphraseAttribute/PassphraseID", deletion("Passphrase")},
		{store + "CRLs", "MaximumNumberOfCRLsReached", uploadCRL(s.someCRL(), "alias"), "./CrlID", "GetAllCRLs", "./Crl/CRLID", deletion("CRL")},
		{store + "CertificationPathValidationPolicies", "MaximumNumberOfCertPathValidationPoliciesReached", createPolicy("alias", "false", certificate),
			"./CertPathValidationPolicyID", "GetAllCertPathValidationPolicies", "./CertPathValidationPolicy/CertPathValidationPolicyID", deletion("CertPathValidationPolicy")},
	}
	return slices.DeleteFunc(all, func(k kind) bool { return s.features.number(k.limit) == 0 })
}

func limitsHold(s *session) {
	s.fill(s.keyKind()) // first: since 26.06 public keys do not count
	certificate, _ := s.uploaded(s.foreign("CA"))
	for _, k := range s.kinds(certificate) {
		s.fill(k)
	}
}

// fill makes as many of a kind as the camera announces.
func (s *session) fill(k kind) {
	s.Helper()
	var made []string
	create := func() {
		s.Helper()
		id := s.do(k.create).Text(k.id)
		made = append(made, id)
	}
	for n := s.count(k); n < s.features.number(k.limit); n++ {
		create()
	}
	s.refused(action+"/ter:"+k.fault, k.create)
	s.do(k.remove(made[0]))
	create()
	s.refused(action+"/ter:"+k.fault, k.create)
	for _, id := range made[1:] {
		s.do(k.remove(id))
	}
}

// count is how many of a kind count against the limit.
func (s *session) count(k kind) int {
	s.Helper()
	n := len(s.list(k.list, k.each))
	if k.list != "GetAllKeys" || s.features.release < 2606 {
		return n
	}
	for _, word := range s.do("<tas:GetAllKeys/>").Texts("./KeyAttribute/hasPrivateKey") {
		if word == "false" { // public keys do not count any more
			n--
		}
	}
	return n
}

// idsAreNames: an ID is an NCName of at most 64 characters (Security 5.2), and
// does not come again soon.
func idsAreNames(s *session) {
	name := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,63}$`)
	certificate, _ := s.uploaded(s.foreign("CA"))
	for _, k := range append(s.kinds(certificate), s.keyKind()) {
		seen := s.list(k.list, k.each)
		for range 8 {
			id := s.do(k.create).Text(k.id)
			if !name.MatchString(id) || slices.Contains(seen, id) {
				s.Errorf("ID %q", id)
			}
			seen = append(seen, id)
			s.do(k.remove(id))
		}
	}
}

func clientsAtOnce(s *session) {
	var mu sync.Mutex
	seen := map[string]int{}
	var clients sync.WaitGroup
	for _, name := range []string{"one", "two"} {
		clients.Go(func() {
			own := *s
			own.undo = nil
			defer own.unwind()
			for range 4 {
				ids := own.comeAndGo(name)
				mu.Lock()
				for _, id := range ids {
					seen[id]++
				}
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	for id, n := range seen {
		if n > 1 {
			s.Errorf("%s was given %d times", id, n)
		}
	}
	if ids := s.allKeys(); slices.ContainsFunc(ids, func(id string) bool { return seen[id] > 0 }) {
		s.Errorf("a deleted key is left: %s", strings.Join(ids, " "))
	}
}

// comeAndGo makes some of each kind, deletes them, and returns their IDs.
func (s *session) comeAndGo(name string) []string {
	s.Helper()
	certificate, key := s.uploaded(s.foreign("CA of " + name))
	path := s.path(name, certificate)
	unfinished, _ := s.begin(createRSA(s.lengths()[0]))
	s.remove("CertificationPath", path)
	s.remove("Certificate", certificate)
	s.remove("Key", key)
	s.remove("Key", unfinished)
	return []string{certificate, key, path, unfinished}
}

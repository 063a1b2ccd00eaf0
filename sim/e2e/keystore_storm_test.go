package e2e

import (
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/seed"
)

// thing is a kind of object of a keystore, with the operations on it.
type thing struct {
	name               string
	list, listed       string // the operation that lists them, and where the IDs are in its answer
	create, created    string
	remove, identifier string
}

func things() []thing {
	return []thing{
		{"key", "GetAllKeys", "KeyAttribute/KeyID", "CreateECCKeyPair", "KeyID", "DeleteKey", "KeyID"},
		{"certificate", "GetAllCertificates", "Certificate/CertificateID", "CreateSelfSignedCertificate", "CertificateID", "DeleteCertificate", "CertificateID"},
		{"path", "GetAllCertificationPaths", "CertificationPathID", "CreateCertificationPath", "CertificationPathID", "DeleteCertificationPath", "CertificationPathID"},
		{"passphrase", "GetAllPassphrases", "PassphraseAttribute/PassphraseID", "UploadPassphrase", "PassphraseID", "DeletePassphrase", "PassphraseID"},
		{"policy", "GetAllCertPathValidationPolicies", "CertPathValidationPolicy/CertPathValidationPolicyID", "CreateCertPathValidationPolicy", "CertPathValidationPolicyID",
			"DeleteCertPathValidationPolicy", "CertPathValidationPolicyID"},
	}
}

// stormer changes a keystore as fast as it can, and remembers what it was told.
// Its objects lean on each other: keys have certificates, these have paths and
// policies.
type stormer struct {
	officer
	random *seed.Stream
	own    map[string][]string // what it has, by the name of the kind; the latest last
	gone   []string            // what it has deleted
	// doubt is what was asked for when the camera was killed: the kind, and the
	// ID of what was to be deleted.
	doubt, doubtful string
	changes         int // that were confirmed
}

// most is how many objects of a kind a stormer has at a time.
const most = 3

// storm goes on until the camera is killed.
func (s *stormer) storm(t testing.TB) {
	for alive := true; alive; {
		kind := things()[s.random.IntN(len(things()))]
		switch n := len(s.own[kind.name]); {
		case n == most || n > 0 && s.random.IntN(3) == 0:
			alive = s.shrink(t, kind)
		default:
			alive = s.grow(t, kind)
		}
	}
}

// grow makes an object, if there is what it needs; false: the camera is gone.
func (s *stormer) grow(t testing.TB, kind thing) bool {
	var parameters []string
	switch kind.name {
	case "key":
		parameters = []string{element("EllipticCurve", "secp256r1")}
	case "certificate":
		key, alive := s.finished(t)
		if key == "" {
			return alive
		}
		parameters = []string{element("Subject", element("CommonName", "storm")), element("KeyID", key), element("SignatureAlgorithm", element("algorithm", "1.2.840.10045.4.3.2"))}
	case "path", "policy":
		if len(s.own["certificate"]) == 0 {
			return true
		}
		certificate := element("CertificateID", s.own["certificate"][0])
		parameters = []string{element("CertificateIDs", certificate)}
		if kind.name == "policy" {
			parameters = []string{element("Parameters"), element("TrustAnchor", certificate)}
		}
	case "passphrase":
		parameters = []string{element("Passphrase", "storm")}
	}
	answer, err := s.try(t, kind.create, parameters...)
	if err != nil {
		s.doubt, s.doubtful = kind.name, ""
		return false
	}
	id := text(answer, kind.created)
	if id == "" {
		t.Errorf("%s: %s", kind.create, faultOf(answer))
	}
	s.own[kind.name] = append(s.own[kind.name], id)
	s.changes++
	return true
}

// finished is a key that is made; "": there is none yet.
func (s *stormer) finished(t testing.TB) (id string, alive bool) {
	if len(s.own["key"]) == 0 {
		return "", true
	}
	id = s.own["key"][0]
	answer, err := s.try(t, "GetKeyStatus", element("KeyID", id))
	if err != nil {
		return "", false
	}
	if text(answer, "KeyStatus") != "ok" {
		return "", true
	}
	return id, true
}

// shrink deletes an object, unless another leans on it.
func (s *stormer) shrink(t testing.TB, kind thing) bool {
	list := s.own[kind.name]
	id := list[len(list)-1]
	answer, err := s.try(t, kind.remove, element(kind.identifier, id))
	if err != nil {
		s.doubt, s.doubtful = kind.name, id
		return false
	}
	if fault := faultOf(answer); fault == "" {
		s.own[kind.name] = list[:len(list)-1]
		s.gone = append(s.gone, id)
		s.changes++
	} else if !slices.Contains([]string{"key", "certificate"}, kind.name) {
		t.Errorf("%s: %s", kind.remove, fault)
	}
	return true
}

// compare fails the test if what was confirmed is not there, or if more is
// there than was before (nil: a new camera) or asked for. It returns all there is
// and settles the doubts.
func compare(t testing.TB, o officer, stormers []*stormer, before map[string][]string) map[string][]string {
	t.Helper()
	now := map[string][]string{}
	for _, kind := range things() {
		there := o.ids(t, kind.list, kind.listed)
		now[kind.name] = there
		expected, begun := slices.Clone(before[kind.name]), 0
		for _, s := range stormers {
			if s.doubt == kind.name && s.doubtful == "" {
				begun++
			}
			for _, id := range s.own[kind.name] {
				expected = append(expected, id)
				if !slices.Contains(there, id) && id != s.doubtful {
					t.Errorf("%s %s was confirmed and is not there", kind.name, id)
				}
			}
			if i := slices.IndexFunc(s.gone, func(id string) bool { return slices.Contains(there, id) }); i >= 0 {
				t.Errorf("%s %s was deleted and is there again", kind.name, s.gone[i])
			}
			s.own[kind.name] = slices.DeleteFunc(s.own[kind.name], func(id string) bool { return !slices.Contains(there, id) })
		}
		for _, id := range there {
			if before == nil || slices.Contains(expected, id) {
				continue
			}
			if begun--; begun < 0 {
				t.Errorf("%s %s is there, and nobody asked for it", kind.name, id)
			}
		}
	}
	return now
}

// TestAKillInAStormLosesAtMostWhatWasInFlight kills the camera with SIGKILL
// while three clients change its keystore, again and again.
func TestAKillInAStormLosesAtMostWhatWasInFlight(t *testing.T) {
	t.Parallel()
	dir, seen, random := filepath.Join(t.TempDir(), "state"), schematest.Collect(t), seed.New(11)
	moments := random.Stream("moments")
	var stormers []*stormer
	for _, name := range []string{"one", "two", "three"} {
		stormers = append(stormers, &stormer{random: random.Stream(name), own: map[string][]string{}})
	}
	var known map[string][]string
	changes := 0
	for round := range 8 {
		fleet := up(t, "-n", "1", "--profile", "flagship", "--state", dir)
		o := newOfficer(t, fleet.Cameras[0], seen)
		known = compare(t, o, stormers, known)
		o.settle(t)
		o.checkReferences(t)
		if round == 7 {
			o.checkKeys(t, newDesk(t, fleet.Cameras[0].Address))
			break
		}
		var wg sync.WaitGroup
		for _, s := range stormers {
			s.officer, s.doubt, s.doubtful = newOfficer(t, fleet.Cameras[0], nil), "", ""
			wg.Go(func() { s.storm(t) })
		}
		moment := time.NewTimer(time.Duration(20+moments.IntN(400)) * time.Millisecond)
		<-moment.C
		fleet.end(t, syscall.SIGKILL)
		wg.Wait()
		for _, s := range stormers {
			changes += s.changes
			t.Logf("round %d: killed after %d changes of one", round, s.changes)
			s.changes = 0
		}
	}
	if changes == 0 {
		t.Error("nothing was ever changed before a kill")
	}
}

// TestAKeyInTheMakingIsMadeAfterAKill has a camera that needs its time, and one
// whose keys fail: after a kill and a restart, each key ends as it would have.
func TestAKeyInTheMakingIsMadeAfterAKill(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ generation, status string }{
		"made":    {"{rsa_2048: 1s}", "ok"},
		"corrupt": {"{rsa_2048: 1s, corrupt_every: 1}", "corrupt"},
		"endless": {"{rsa_4096: 1h}", "ok"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			profile := writeFile(t, "slow.yaml", "extends: flagship\nkeys: {generation: "+c.generation+"}\n")
			dir, seen := filepath.Join(t.TempDir(), "state"), schematest.Collect(t)
			fleet := up(t, "-n", "1", "--profile", profile, "--state", dir)
			o := newOfficer(t, fleet.Cameras[0], seen)
			id := text(o.must(t, "CreateRSAKeyPair", element("KeyLength", "2048")), "KeyID")
			slow := text(o.must(t, "CreateRSAKeyPair", element("KeyLength", "4096")), "KeyID")
			fleet.end(t, syscall.SIGKILL)
			fleet = up(t, "-n", "1", "--profile", profile, "--state", dir)
			o = newOfficer(t, fleet.Cameras[0], seen)
			if status := o.awaitKey(t, id); status != c.status {
				t.Errorf("the key is %s, want %s", status, c.status)
			}
			if name == "endless" {
				if status := text(o.must(t, "GetKeyStatus", element("KeyID", slow)), "KeyStatus"); status != "generating" {
					t.Errorf("the slow key is %s", status)
				}
				o.must(t, "DeleteKey", element("KeyID", slow)) // ends it for good
			}
			if name != "corrupt" {
				o.checkKeys(t, newDesk(t, fleet.Cameras[0].Address))
			}
		})
	}
}

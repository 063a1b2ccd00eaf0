package conformance

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/tpm"
	"github.com/camfleet/camfleet/sim/internal/users"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write COVERAGE.md")

// sections are all cases there are.
func sections() []section {
	return []section{
		{name: "security", title: "Security Configuration Service (test specification 20.12)", counted: "the %d of the Security service", cases: slices.Concat(
			keyCases(), certificateCases(), pathCases(), tlsCases(), capabilityCases(), storeCases())},
		{name: "security-newer", title: "Security Configuration Service, derived from 25.06", counted: "%d derived from its newer releases", cases: newerCases()},
		{name: "addon", title: "TLS Configuration add-on, derived from RC 1.4 and 1.5", counted: "%d of the TLS add-on", cases: addonCases()},
		{name: "event", title: "Event service (21.12)", counted: "%d of the Event service", cases: eventCases(), apart: eventsApart()},
		{name: "policy", title: "Access policy (21.12)", counted: "all %d of the access policy", cases: policyCases()},
		{name: "base", title: "Base device (21.12): services, network, system, users", counted: "%d of the base device",
			cases: slices.Concat(networkCases(), systemCases(), baseCases()), apart: baseApart()},
	}
}

// pace is how long every key takes to make in a camera of these tests, by its
// clock, which only the tests move: a key is met while it is generated.
const pace = 40 * time.Second

// result is what came of a case on a profile.
type result struct {
	missing []string // what the profile does not signal: the case does not apply
}

// TestConformance runs every case on every built-in profile that it applies to.
func TestConformance(t *testing.T) {
	t.Parallel()
	host, err := tpm.StartHost(t.Context(), tpm.HostConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(); err != nil {
			t.Error(err)
		}
	})
	names := profiles.Builtin()
	ring := &keyring{keys: map[string]*rsa.PrivateKey{}}
	check := schematest.Collect(t)
	table := newTable(names)
	t.Run("on", func(t *testing.T) {
		for _, name := range names {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				for _, sec := range sections() {
					t.Run(sec.name, func(t *testing.T) {
						t.Parallel()
						runSection(newSession(t, host, check, ring, name), table, name, sec)
					})
				}
			})
		}
	})
	if t.Failed() {
		return // the table would say what is not so
	}
	if !table.complete() { // only some of the cases were asked for
		if *update {
			t.Error("COVERAGE.md is written by all cases, not by some")
		}
		return
	}
	table.compare(t)
	table.everyCaseApplies(t)
	compareREADME(t)
}

// runSection runs the cases of a section one after the other on one camera.
// Each has to leave it as it found it.
func runSection(s *session, table *table, profile string, sec section) {
	for _, e := range sec.apart {
		for _, op := range e.lacks {
			if there, known := s.features.simulated[op]; there || !known {
				s.Errorf("%s are left out since no profile has %s: known %v, simulated %v", e.ids, op, known, there)
			}
		}
	}
	for _, c := range sec.cases {
		missing := c.missing(s.features)
		table.put(c.id, profile, result{missing})
		if len(missing) > 0 {
			s.Logf("%s: not applicable: %s not signalled", c.id, strings.Join(missing, ", "))
			continue
		}
		before := left(s.camera.State.View())
		s.Run(c.id, func(t *testing.T) { //nolint:paralleltest // they share a camera
			own := *s
			own.T, own.undo = t, nil
			defer own.unwind()
			c.run(&own)
		})
		if after := left(s.camera.State.View()); after != before {
			s.Fatalf("%s leaves the camera otherwise than it was:\n%s\nbefore:\n%s", c.id, after, before)
		}
	}
}

// newSession starts a camera of a profile, for cases one after the other.
func newSession(t *testing.T, host *tpm.Host, check *schematest.Collector, ring *keyring, profile string) *session {
	t.Helper()
	s := open(t, host, check, ring, profile)
	s.settle()
	return s
}

// another starts another camera of the profile, for a case that makes it forget.
func (s *session) another() *session {
	s.Helper()
	return open(s.T, s.host, s.check, s.ring, s.camera.Profile.Name)
}

// open starts a camera of a profile and asks it what it has.
func open(t *testing.T, host *tpm.Host, check *schematest.Collector, ring *keyring, profile string) *session {
	t.Helper()
	s := &session{T: t, host: host, check: check, ring: ring, client: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(s.client.CloseIdleConnections)
	s.camera = cameratest.New(t, cameratest.Config{
		Profile: profile, Host: host, Listen: true,
		Change: func(p *profiles.Profile) {
			p.Keys.Generation = profiles.Generation{ECDSA: pace, RSA2048: pace, RSA3072: pace, RSA4096: pace}
			p.Boot.Time = 0 // so that no test has to wait for it
			// One camera is enough for what takes a processor seconds.
			if profile != "flagship" {
				p.Security.RSAKeyLengths = slices.DeleteFunc(slices.Clone(p.Security.RSAKeyLengths), func(bits int) bool { return bits == 4096 })
			}
		},
	})
	s.features = discover(s)
	return s
}

// settle moves HTTPS to a port that the system gives to nobody who asks for any:
// cases close it, and open it again.
func (s *session) settle() {
	s.Helper()
	for port := s.ring.ports(); ; port++ {
		body := tds("SetNetworkProtocols", protocol{"HTTPS", "true", []string{itoa(port)}}.body())
		switch a := s.post(s.url(body), admin, "", body); a.Fault {
		case "":
			s.camera.Addresses[device.HTTPS] = "127.0.0.1:" + itoa(port)
			return
		case argument + "/ter:PortAlreadyInUse":
		default:
			s.Fatalf("%s", a.Body)
		}
	}
}

// left is what a case could leave behind, as text; the order of lists does not
// matter.
func left(v *state.Tree) string {
	k := v.Keystore
	var b strings.Builder
	put := func(kind string, ids []string) {
		slices.Sort(ids)
		fmt.Fprintf(&b, "%s %v\n", kind, ids)
	}
	put("keys", idsOf(k.Keys, func(x keystore.Key) string { return x.ID }))
	put("certificates", idsOf(k.Certificates, func(x keystore.Certificate) string { return x.ID }))
	put("paths", idsOf(k.Paths, func(x keystore.CertificationPath) string { return x.ID }))
	put("passphrases", idsOf(k.Passphrases, func(x keystore.Passphrase) string { return x.ID }))
	put("revocation lists", idsOf(k.CRLs, func(x keystore.CRL) string { return x.ID }))
	put("policies", idsOf(k.Policies, func(x keystore.Policy) string { return x.ID }))
	put("802.1X", idsOf(k.Dot1X, func(x keystore.Dot1X) string { return x.ID }))
	put("authorization servers", idsOf(k.Authorization, func(x keystore.AuthServer) string { return x.Token }))
	put("assigned", slices.Clone(k.TLS.Paths))
	put("versions", slices.Clone(k.TLS.Enabled))
	put("TLS policies", slices.Clone(k.TLS.Policies))
	put("users", idsOf(v.Users.Users, func(x users.User) string { return x.Name + "/" + x.Secret.Keys.SHA256 + "/" + x.LevelName() }))
	put("scopes", idsOf(v.Device.Scopes, func(x device.Scope) string { return x.Item }))
	protocols := slices.Clone(v.Device.Network.Protocols)
	for i := range protocols {
		protocols[i].Chosen = false // it was, by the case
	}
	rest, err := json.Marshal([]any{
		k.TLS.ClientAuthRequired, k.TLS.CnMapsToUser, k.JWT, k.MediaSigning, protocols, v.Device.Hostname,
		v.Device.Network.DNS, v.Device.Network.NTP, v.Device.Network.Gateway, v.Device.DiscoveryMode,
	})
	fmt.Fprintf(&b, "%s %v\n", rest, err)
	return b.String()
}

func idsOf[T any](list []T, id func(T) string) []string {
	var ids []string
	for _, x := range list {
		ids = append(ids, id(x))
	}
	return ids
}

// compare checks COVERAGE.md, or writes it.
func (b *table) compare(t *testing.T) {
	t.Helper()
	text := b.markdown(t)
	if *update {
		if err := os.WriteFile("COVERAGE.md", text, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	old, err := os.ReadFile("COVERAGE.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(old, text) {
		t.Error("COVERAGE.md is not what came of the tests: run them with -update")
	}
}

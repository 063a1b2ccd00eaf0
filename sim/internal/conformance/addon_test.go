package conformance

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
)

// addonCases are derived from the TLS Configuration add-on, RC 1.4 and 1.5.
func addonCases() []testCase {
	return with([]testCase{
		{"TLSA-01", "add-on declared", nil, addonIsDeclared},
		{"TLSA-02", "capabilities", nil, addonCapabilities},
		{"TLSA-03", "16 keys at once", nil, sixteenKeys},
		{"TLSA-04", "16 certificates at once", nil, sixteenCertificates},
		{"TLSA-05", "status of a key polled and by event", []need{keyEvents()}, func(s *session) { s.keyByEvent(createRSA(s.lengths()[0])) }},
		{"TLSA-06", "first configuration with a certified path", nil, firstConfiguration((*session).certifiedPath)},
		{"TLSA-07", "first configuration with a self-signed path", nil, firstConfiguration((*session).selfSignedPath)},
		{"TLSA-08", "later configuration", nil, laterConfiguration},
		{"TLSA-09", "no room for another path", nil, serverIsFull},
		{"TLSA-10", "factory path replaced", nil, factoryPathIsReplaced},
		{"TLSA-11", "first path added", nil, firstPathIsAdded},
		{"TLSA-12", "path removed, HTTPS on and off", nil, pathIsRemoved},
		{"TLSA-13", "HTTPS switched on and off", nil, httpsIsSwitched},
		{"TLSA-14", "HTTPS at another port", nil, httpsIsMoved},
		{"TLSA-15", "scheme of addresses", nil, addressesFollowScheme},
		{"TLSA-16", "addresses by WS-Discovery", []need{operations("tds:SetDiscoveryMode")}, addressesAreDiscovered},
		{"TLSA-17", "TLS server across a reboot", nil, serverOutlivesReboot},
		{"TLSA-18", "TLS server after factory defaults", []need{operations("tds:SetSystemFactoryDefault")}, serverAfterFactoryDefault},
		{"TLSA-19", "access to all functions", nil, functionsFollowAccess},
		{"TLSA-20", "media over TLS", []need{service("tr2", "media2")}, mediaOverTLS},
	}, capability("tds/System/Addons="+profiles.TLSAddon))
}

// The list stands where the WSDL has it, in the System capabilities (the strict
// schema refuses it in Misc).
func addonIsDeclared(s *session) {
	addons := s.do("<tds:GetServiceCapabilities/>").Root.FindElement("./Capabilities/System").SelectAttrValue("Addons", "")
	if !slices.Contains(strings.Fields(addons), profiles.TLSAddon) {
		s.Errorf("Addons %q", addons)
	}
	scopes := s.do("<tds:GetScopes/>").Texts("./Scopes/ScopeItem")
	if !slices.ContainsFunc(scopes, func(u string) bool { return strings.HasPrefix(u, "onvif://www.onvif.org/Profile/") }) {
		s.Errorf("no scope of a profile: %v", scopes)
	}
}

func addonCapabilities(s *session) {
	const store, server = "tas/KeystoreCapabilities/", "tas/TLSServerCapabilities/"
	for _, n := range []need{
		rsaKeys(), selfSigning(), requests(), tlsServer(),
		atLeast(store+"MaximumNumberOfKeys", 16), atLeast(store+"MaximumNumberOfCertificates", 16),
		atLeast(store+"MaximumNumberOfCertificationPaths", 2), atLeast(server+"MaximumNumberOfTLSCertificationPaths", 1),
	} {
		if !n.met(s.features) {
			s.Errorf("%s is not signalled", n.name)
		}
	}
}

func sixteenKeys(s *session) {
	var made []string
	for range 16 {
		made = append(made, s.rsa())
	}
	all := s.allKeys()
	for _, id := range made {
		if !slices.Contains(all, id) {
			s.Errorf("key %s is not there", id)
		}
	}
}

func sixteenCertificates(s *session) {
	key := s.rsa()
	var made []string
	for range 16 {
		made = append(made, s.selfSigned(key, "self", s.withRSA()))
	}
	all := s.allCertificates()
	for _, id := range made {
		if !slices.Contains(all, id) {
			s.Errorf("certificate %s is not there", id)
		}
	}
}

func firstConfiguration(made func(*session, string) served) func(*session) {
	return func(s *session) {
		s.free()
		p := made(s, "server")
		s.assign(p.path)
		s.shows(s.https(true), s.content(p)...)
	}
}

// laterConfiguration: handshakes after the replacement show the new path.
func laterConfiguration(s *session) {
	s.free()
	old := s.certifiedPath("old")
	s.assign(old.path)
	address := s.https(true)
	s.shows(address, s.content(old)...)
	next := s.certifiedPath("new")
	s.swap(old.path, next.path)
	s.shows(address, s.content(next)...)
	s.discard(old)
}

func serverIsFull(s *session) {
	before := s.protocols()["HTTPS"]
	s.finally(func() { s.setProtocols(before) })
	for n := len(s.assigned()); n < s.features.number("tas/TLSServerCapabilities/MaximumNumberOfTLSCertificationPaths"); n++ {
		s.assign(s.selfSignedPath("server").path)
	}
	s.refused(action+"/ter:MaximumNumberOfTLSCertificationPathsReached", add(s.selfSignedPath("one too many").path))
}

func factoryPathIsReplaced(s *session) {
	factory := s.assigned()
	if len(factory) == 0 {
		s.Fatal("there is no factory path")
	}
	p := s.selfSignedPath("server")
	s.do(replace(factory[0], p.path))
	s.finally(func() { s.do(replace(p.path, factory[0])) })
	s.shows(s.https(true), s.content(p)...)
}

// firstPathIsAdded: without a path HTTPS cannot be switched on.
func firstPathIsAdded(s *session) {
	s.free()
	p := s.protocols()["HTTPS"]
	p.enabled = "true"
	s.refused("env:Receiver/ter:ActionNotSupported/ter:EnablingTlsFailed", tds("SetNetworkProtocols", p.body()))
	path := s.selfSignedPath("server")
	s.assign(path.path)
	s.shows(s.https(true), s.content(path)...)
}

func pathIsRemoved(s *session) {
	s.free()
	p := s.selfSignedPath("server")
	s.assign(p.path)
	s.https(true)
	s.refused(argument+"/ter:ReferenceExists", unassign(p.path))
	s.https(false)
	s.do(unassign(p.path))
	s.grown(nil, s.assigned())
}

func httpsIsSwitched(s *session) {
	before := s.protocols()["HTTPS"]
	s.finally(func() { s.setProtocols(before) })
	for _, on := range []bool{false, true} {
		address := s.https(on)
		s.want("Enabled", s.protocols()["HTTPS"].enabled, fmt.Sprint(on)) // asked over HTTP
		s.reachable(address, on)
	}
}

// secureServices asks for the services over HTTPS at a port.
func (s *session) secureServices(port string) []string {
	s.Helper()
	address := "https://" + net.JoinHostPort("127.0.0.1", port) + devicePath
	a := s.postBy(s.trusting(nil), address, "", []byte(cameratest.Envelope("", tds("GetServices", tds("IncludeCapability", "false")))))
	return a.Texts("./Service/XAddr")
}

func (s *session) addressesAt(list []string, scheme, port string) {
	s.Helper()
	if len(list) == 0 {
		s.Error("no addresses")
	}
	for _, text := range list {
		if u, err := url.Parse(text); err != nil || u.Scheme != scheme || u.Port() != port {
			s.Errorf("%s: %v, want %s at %s", text, err, scheme, port)
		}
	}
}

func httpsIsMoved(s *session) {
	before := s.protocols()["HTTPS"]
	s.finally(func() { s.setProtocols(before) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		s.Fatal(err)
	}
	l.Close() //nolint:errcheck // it was never used
	s.setProtocols(protocol{"HTTPS", "true", []string{port}})
	s.addressesAt(s.secureServices(port), "https", port)
	s.reachable(net.JoinHostPort("127.0.0.1", before.ports[0]), false)
}

func addressesFollowScheme(s *session) {
	all := s.protocols()
	s.addressesAt(s.secureServices(all["HTTPS"].ports[0]), "https", all["HTTPS"].ports[0])
	plain := s.do(tds("GetServices", tds("IncludeCapability", "false"))).Texts("./Service/XAddr")
	s.addressesAt(plain, "http", all["HTTP"].ports[0])
}

func serverOutlivesReboot(s *session) {
	s.free()
	p := s.selfSignedPath("server")
	s.assign(p.path)
	address := s.https(true)
	before := s.protocols()["HTTPS"]
	s.reboot()
	if after := s.protocols()["HTTPS"]; after.enabled != before.enabled || !slices.Equal(after.ports, before.ports) {
		s.Errorf("HTTPS is %v, was %v", after, before)
	}
	s.want("assigned", strings.Join(s.assigned(), " "), p.path)
	s.shows(address, s.content(p)...)
}

// serverAfterFactoryDefault: the soft one leaves the camera reachable under the path
// it had, the hard one brings the factory's back, and nothing else is left.
func serverAfterFactoryDefault(s *session) {
	own := s.another()
	factory, before, keys := own.assigned(), own.protocols(), own.allKeys()
	address := own.camera.Addresses[device.HTTPS]
	shown := own.leaf(address)
	p := own.selfSignedPath("server")
	own.do(replace(factory[0], p.path))
	own.restart(factoryDefault("Soft"))
	own.want("assigned", strings.Join(own.assigned(), " "), p.path)
	own.shows(address, own.content(p)...)
	own.restart(factoryDefault("Hard"))
	own.want("assigned", strings.Join(own.assigned(), " "), strings.Join(factory, " "))
	own.want("protocols", fmt.Sprint(own.protocols()), fmt.Sprint(before))
	own.want("keys", fmt.Sprint(own.allKeys()), fmt.Sprint(keys))
	if !bytes.Equal(own.leaf(address), shown) {
		s.Error("HTTPS does not show the certificate of the factory")
	}
}

func factoryDefault(how string) string {
	return tds("SetSystemFactoryDefault", tds("FactoryDefault", how))
}

// leaf is the certificate that a TLS server shows.
func (s *session) leaf(address string) []byte {
	s.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // the certificate is what the case looks at
	if err != nil {
		s.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it is over
	return conn.ConnectionState().PeerCertificates[0].Raw
}

// functionsFollowAccess calls each function of the add-on as everybody; below
// the level of its class it is refused.
func functionsFollowAccess(s *session) {
	rows := map[string]camera.Coverage{}
	for _, c := range camera.Operations(s.camera.Profile) {
		rows[c.Row.ID()] = c
	}
	policy := auth.DefaultPolicy()
	functions := profiles.TLSAddonOperations()
	if len(functions) < 21 {
		s.Errorf("only %d functions", len(functions))
	}
	for _, id := range functions {
		c := rows[id]
		if !c.Simulated || c.Off {
			s.Errorf("%s is not there", id)
			continue
		}
		body := "<" + id + "/>"
		for user, level := range map[string]auth.Level{"": auth.Anonymous, "viewer": auth.User, "operator": auth.Operator, admin: auth.Administrator} {
			a := s.post(s.url(body), user, "", body)
			denied := a.Status == http.StatusUnauthorized || strings.Contains(a.Fault, "NotAuthorized") || strings.HasPrefix(a.Fault, "env:Receiver/ter:ActionNotSupported")
			if denied == policy.Allows(level, c.Row.Class) {
				s.Errorf("%s as %q: %d %s", id, user, a.Status, a.Fault)
			}
		}
	}
}

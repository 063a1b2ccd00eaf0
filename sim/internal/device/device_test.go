package device_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func addresses() cmp.Option { return cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{}) }

func section() *device.Section {
	return &device.Section{
		Identity:      device.Identity{SerialNumber: "1", UUID: "00000000-0000-4000-8000-000000000001"},
		Hostname:      device.Hostname{Name: "cam"},
		Scopes:        []device.Scope{{Item: "onvif://www.onvif.org/type/x", Fixed: true}, {Item: "onvif://www.onvif.org/name/a"}},
		DiscoveryMode: device.Discoverable,
		Time:          device.Time{Type: device.Manual},
		Network: device.Network{
			Interfaces: []device.Interface{{Token: "eth0", Enabled: true, MTU: 1500, IPv4: device.IPv4{Enabled: true, Manual: []netip.Prefix{netip.MustParsePrefix("10.0.0.2/24")}}}},
			Protocols: []device.Protocol{
				{Name: device.HTTP, Enabled: true, Ports: []int{80}}, {Name: device.HTTPS, Ports: []int{443}}, {Name: device.RTSP, Enabled: true, Ports: []int{554}},
			},
		},
	}
}

// refuses checks that f fails with want and leaves the section as it was.
func refuses(t *testing.T, s *device.Section, want error, f func(*device.Section) error) {
	t.Helper()
	before := s.Clone()
	if err := f(s); !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
	if diff := cmp.Diff(before, s, addresses()); diff != "" {
		t.Errorf("after %v: %s", want, diff)
	}
}

func items(s *device.Section) (out []string) {
	for _, c := range s.Scopes {
		out = append(out, strings.TrimPrefix(c.Item, "onvif://www.onvif.org/"))
	}
	return out
}

func TestScopesAreSetAddedAndRemoved(t *testing.T) {
	t.Parallel()
	const base = "onvif://www.onvif.org/"
	s := section()
	steps := []struct {
		name    string
		f       func([]string) error
		items   []string
		want    []string
		version uint32
	}{
		{"add", s.AddScopes, []string{base + "b", base + "c"}, []string{"type/x", "name/a", "b", "c"}, 1},
		{"add again", s.AddScopes, []string{base + "b", base + "type/x"}, []string{"type/x", "name/a", "b", "c"}, 1},
		{"remove", s.RemoveScopes, []string{base + "name/a", base + "c"}, []string{"type/x", "b"}, 2},
		{"set", s.SetScopes, []string{base + "d", base + "type/x", base + "d"}, []string{"type/x", "d"}, 3},
		{"set none", s.SetScopes, nil, []string{"type/x"}, 4},
	}
	for _, step := range steps {
		if err := step.f(step.items); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if diff := cmp.Diff(step.want, items(s)); diff != "" || s.MetadataVersion != step.version {
			t.Errorf("%s: version %d, %s", step.name, s.MetadataVersion, diff)
		}
	}
}

func TestBadScopesChangeNothing(t *testing.T) {
	t.Parallel()
	s := section()
	s.Limits = device.Limits{Scopes: 4, ScopeLength: 40}
	remove := func(items ...string) func(*device.Section) error {
		return func(s *device.Section) error { return s.RemoveScopes(items) }
	}
	add := func(items ...string) func(*device.Section) error {
		return func(s *device.Section) error { return s.AddScopes(items) }
	}
	refuses(t, s, device.ErrFixedScope, remove("onvif://www.onvif.org/name/a", "onvif://www.onvif.org/type/x"))
	refuses(t, s, device.ErrNoScope, remove("onvif://www.onvif.org/name/a", "onvif://www.onvif.org/name/a"))
	refuses(t, s, device.ErrTooManyScopes, add("a:1", "a:2", "a:3"))
	for _, bad := range []string{"", "x", ":x", "x:", "a:b c", "a:\u00a0b", "a:\x01", "a:" + strings.Repeat("x", 39)} {
		refuses(t, s, device.ErrScope, add("a:1", bad))
	}
	if err := s.AddScopes([]string{"a:1", "a:" + strings.Repeat("x", 38)}); err != nil {
		t.Errorf("at the limits: %v", err)
	}
}

func TestProtocolsKeepPortsApart(t *testing.T) {
	t.Parallel()
	s := section()
	set := func(p ...device.Protocol) func(*device.Section) error {
		return func(s *device.Section) error { return s.SetProtocols(p) }
	}
	refuses(t, s, device.ErrServiceNotSupported, set(device.Protocol{Name: "FTP", Ports: []int{21}}))
	refuses(t, s, device.ErrPortAlreadyInUse, set(device.Protocol{Name: device.HTTPS, Enabled: true, Ports: []int{80}}))
	refuses(t, s, device.ErrTooMany, set(device.Protocol{Name: device.HTTP, Enabled: true, Ports: []int{80, 81}}))
	for _, port := range []int{0, -1, 65536} {
		refuses(t, s, device.ErrPort, set(device.Protocol{Name: device.HTTP, Ports: []int{port}}))
	}
	swap := set(device.Protocol{Name: device.HTTP, Enabled: true, Ports: []int{554}}, device.Protocol{Name: device.RTSP, Enabled: true, Ports: []int{80}})
	if err := errors.Join(swap(s), set(device.Protocol{Name: device.HTTPS, Enabled: true})(s)); err != nil {
		t.Fatal(err)
	}
	for name, port := range map[device.ProtocolName]int{device.HTTP: 554, device.RTSP: 80, device.HTTPS: 443} {
		if p, ok := s.Network.Protocol(name); !ok || !p.Enabled || p.Ports[0] != port {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if _, ok := s.Network.Protocol(device.RTSPS); ok {
		t.Error("RTSPS is there")
	}
}

func TestInterfaceChangesAreChecked(t *testing.T) {
	t.Parallel()
	s := section()
	change := func(token string, c device.InterfaceChange) func(*device.Section) error {
		return func(s *device.Section) error { return s.SetInterface(token, c) }
	}
	refuses(t, s, device.ErrInterface, change("wlan0", device.InterfaceChange{}))
	for _, mtu := range []int{575, 9217} {
		refuses(t, s, device.ErrMTU, change("eth0", device.InterfaceChange{MTU: &mtu}))
	}
	for _, p := range []netip.Prefix{{}, netip.MustParsePrefix("fe80::1/64"), netip.MustParsePrefix("224.0.0.1/24"), netip.MustParsePrefix("0.0.0.0/0")} {
		refuses(t, s, device.ErrIPv4Address, change("eth0", device.InterfaceChange{Manual: []netip.Prefix{p}}))
	}
	before := s.Clone()
	mtu, on, off := 576, true, false
	manual := []netip.Prefix{netip.MustParsePrefix("10.0.0.3/8")}
	if err := s.SetInterface("eth0", device.InterfaceChange{MTU: &mtu, DHCP: &on, Manual: manual}); err != nil {
		t.Fatal(err)
	}
	got, _ := s.Network.Interface("eth0")
	if got.MTU != 576 || !got.IPv4.DHCP || !got.Enabled || got.Addresses()[0] != manual[0] {
		t.Errorf("%+v", got)
	}
	if old, _ := before.Network.Interface("eth0"); old.MTU != 1500 {
		t.Error("the clone has changed")
	}
	if err := s.SetInterface("eth0", device.InterfaceChange{Enabled: &off}); err != nil {
		t.Fatal(err)
	}
	if got, _ = s.Network.Interface("eth0"); got.Addresses() != nil {
		t.Errorf("an interface that is off has %v", got.Addresses())
	}
}

func TestAddressesComeFromDHCPThenHandThenLinkLocal(t *testing.T) {
	t.Parallel()
	dhcp, link := netip.MustParsePrefix("10.1.1.1/8"), netip.MustParsePrefix("169.254.1.1/16")
	i := device.Interface{Enabled: true, IPv4: device.IPv4{Enabled: true, DHCP: true, FromDHCP: dhcp, LinkLocal: link}}
	if got := i.Addresses(); len(got) != 1 || got[0] != dhcp {
		t.Errorf("DHCP: %v", got)
	}
	i.IPv4.DHCP = false
	if got := i.Addresses(); len(got) != 1 || got[0] != link {
		t.Errorf("link local: %v", got)
	}
	i.IPv4.LinkLocal = netip.Prefix{}
	if got := i.Addresses(); got != nil {
		t.Errorf("none: %v", got)
	}
}

func TestHostnamesFollowRFC1123(t *testing.T) {
	t.Parallel()
	s := section()
	label := strings.Repeat("a", 63)
	for _, good := range []string{"a", "1", "cam-0001", "Cam.example.ORG", label + "." + label, "3com.com"} {
		if err := s.SetHostname(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", ".", "a..b", "-a", "a-", "a_b", "ä", label + "a", strings.Repeat(label+".", 4), "a b", "a.", "[a]", "a{"} {
		refuses(t, s, device.ErrHostname, func(s *device.Section) error { return s.SetHostname(bad) })
	}
	s.SetHostnameFromDHCP(true)
	if !s.Hostname.FromDHCP || s.Hostname.Name != "3com.com" {
		t.Errorf("%+v", s.Hostname)
	}
}

func TestDNSAndGatewayTakeUsableAddresses(t *testing.T) {
	t.Parallel()
	s := section()
	good := netip.MustParseAddr("10.0.0.1")
	dns := func(domains []string, a ...netip.Addr) func(*device.Section) error {
		return func(s *device.Section) error { return s.SetDNS(false, domains, a) }
	}
	refuses(t, s, device.ErrIPv4Address, dns(nil, good, netip.Addr{}))
	refuses(t, s, device.ErrIPv4Address, dns(nil, netip.IPv4Unspecified()))
	refuses(t, s, device.ErrIPv6Address, dns(nil, netip.MustParseAddr("ff02::1")))
	refuses(t, s, device.ErrDNSName, dns([]string{"a_b"}, good))
	refuses(t, s, device.ErrTooMany, dns(nil, good, good, good, good, good))
	refuses(t, s, device.ErrTooMany, dns(make([]string, 9), good))
	if err := dns([]string{"example.org"}, good, good, good, good)(s); err != nil || len(s.Network.DNS.Manual) != 4 {
		t.Errorf("%+v, %v", s.Network.DNS, err)
	}
	for _, bad := range []netip.Addr{{}, netip.IPv4Unspecified(), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("224.0.0.1")} {
		refuses(t, s, device.ErrGatewayAddress, func(s *device.Section) error { return s.SetGateway([]netip.Addr{good, bad}) })
	}
	if err := s.SetGateway([]netip.Addr{good}); err != nil || len(s.Network.Gateway) != 1 {
		t.Error(err)
	}
}

func TestNTPServersAndClockModeAgree(t *testing.T) {
	t.Parallel()
	s := section()
	now := time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	ntp := func(h ...device.Host) func(*device.Section) error {
		return func(s *device.Section) error { return s.SetNTP(false, h) }
	}
	refuses(t, s, device.ErrNTPServerUndefined, func(s *device.Section) error { return s.SetDateAndTime(device.NTPTime, false, "", time.Time{}, now) })
	refuses(t, s, device.ErrDNSName, ntp(device.Host{DNSName: "a_b"}))
	refuses(t, s, device.ErrDNSName, ntp(device.Host{DNSName: "a", Address: netip.MustParseAddr("10.0.0.1")}))
	refuses(t, s, device.ErrIPv4Address, ntp(device.Host{}))
	refuses(t, s, device.ErrTooMany, ntp(make([]device.Host, 5)...))
	if err := ntp(device.Host{DNSName: "pool.ntp.org"}, device.Host{Address: netip.MustParseAddr("fd00::1")})(s); err != nil || s.Time.Type != device.Manual {
		t.Fatalf("%v, %v", s.Time.Type, err)
	}
	s.Time.Offset = time.Hour
	if err := s.SetDateAndTime(device.NTPTime, true, "CET-1CEST,M3.5.0,M10.5.0/3", time.Time{}, now); err != nil {
		t.Fatal(err)
	}
	if s.Time.Offset != 0 || !s.Boot.LastClockSync.Equal(now) || !s.Time.DaylightSavings {
		t.Errorf("%+v, synchronised %v", s.Time, s.Boot.LastClockSync)
	}
	refuses(t, s, device.ErrTimeSyncedToNTP, ntp())
}

func TestManualTimeIsAnOffset(t *testing.T) {
	t.Parallel()
	s := section()
	now := time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	set := func(kind device.TimeType, zone string, utc time.Time) func(*device.Section) error {
		return func(s *device.Section) error { return s.SetDateAndTime(kind, false, zone, utc, now) }
	}
	refuses(t, s, device.ErrDateTime, set(device.Manual, "", time.Time{}))
	refuses(t, s, device.ErrDateTime, set(device.Manual, "", now.AddDate(100, 0, 0)))
	refuses(t, s, device.ErrDateTime, set("Sundial", "", now))
	refuses(t, s, device.ErrTimeZone, set(device.Manual, "nonsense", now))
	refuses(t, s, device.ErrTimeZone, set(device.Manual, "UTC0"+strings.Repeat(" ", 130), now))
	if err := set(device.Manual, "UTC0", now.Add(-time.Hour))(s); err != nil || s.Time.Offset != -time.Hour || s.Time.TimeZone != "UTC0" || !s.Boot.LastClockSync.Equal(now) {
		t.Errorf("%+v, set %v, %v", s.Time, s.Boot.LastClockSync, err)
	}
	if err := set(device.Manual, "", now)(s); err != nil || s.Time.Offset != 0 || s.Time.TimeZone != "UTC0" {
		t.Errorf("without zone: %+v, %v", s.Time, err)
	}
}

func TestDiscoveryModeIsOneOfTwo(t *testing.T) {
	t.Parallel()
	s := section()
	refuses(t, s, device.ErrDiscoveryMode, func(s *device.Section) error { return s.SetDiscoveryMode("Shy") })
	if err := s.SetDiscoveryMode(device.NonDiscoverable); err != nil || s.DiscoveryMode != device.NonDiscoverable {
		t.Error(err)
	}
}

func TestBootsAreCounted(t *testing.T) {
	t.Parallel()
	s := section()
	now := time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	s.Booted(now)
	s.Booted(now.Add(time.Hour))
	if s.Boot.Boots != 2 || !s.Boot.LastReboot.Equal(now.Add(time.Hour)) {
		t.Errorf("%+v", s.Boot)
	}
	if got := s.Identity.EndpointReference(); got != "urn:uuid:00000000-0000-4000-8000-000000000001" {
		t.Error(got)
	}
	s.AddressesChanged()
	if s.MetadataVersion != 1 {
		t.Error(s.MetadataVersion)
	}
}

func TestSectionSurvivesJSONAndFindsDamage(t *testing.T) {
	t.Parallel()
	s := section()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back device.Section
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, &back, addresses()); diff != "" {
		t.Error(diff)
	}
	if err := back.Validate(); err != nil {
		t.Error(err)
	}
	for name, damage := range map[string]func(*device.Section){
		"serial":   func(s *device.Section) { s.Identity.SerialNumber = "" },
		"uuid":     func(s *device.Section) { s.Identity.UUID = "" },
		"mode":     func(s *device.Section) { s.DiscoveryMode = "" },
		"time":     func(s *device.Section) { s.Time.Type = "" },
		"zone":     func(s *device.Section) { s.Time.TimeZone = "x" },
		"protocol": func(s *device.Section) { s.Network.Protocols[1].Ports = nil },
		"scopes":   func(s *device.Section) { s.Scopes = make([]device.Scope, 65) },
	} {
		c := s.Clone()
		damage(c)
		if c.Validate() == nil {
			t.Errorf("%s: nobody minds", name)
		}
	}
}

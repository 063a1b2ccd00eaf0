package device

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Hostname is the camera's host name (Core 8.2.1).
type Hostname struct {
	FromDHCP bool   `json:"fromDhcp"`
	Name     string `json:"name"`
}

// DNS is the name resolution set-up (Core 8.2.4).
type DNS struct {
	FromDHCP      bool         `json:"fromDhcp"`
	SearchDomains []string     `json:"searchDomains"`
	Assigned      []netip.Addr `json:"assigned"` // by DHCP
	Manual        []netip.Addr `json:"manual"`
}

// NTP is the time server set-up (Core 8.2.6).
type NTP struct {
	FromDHCP bool   `json:"fromDhcp"`
	Assigned []Host `json:"assigned"` // by DHCP
	Manual   []Host `json:"manual"`
}

// Host is a network host: an address or a name, not both (tt:NetworkHost).
type Host struct {
	Address netip.Addr `json:"address"`
	DNSName string     `json:"dnsName,omitempty"`
}

// SetHostname sets the name by hand (Core 8.2.2).
func (s *Section) SetHostname(name string) error {
	if !isHostname(name) {
		return fmt.Errorf("host name %.64q: %w", name, ErrHostname)
	}
	s.Hostname = Hostname{Name: name}
	return nil
}

// SetHostnameFromDHCP says whether the name comes from DHCP (Core 8.2.3). The
// simulated network's DHCP gives no name, so the camera keeps its own.
func (s *Section) SetHostnameFromDHCP(on bool) { s.Hostname.FromDHCP = on }

// SetDNS sets the resolvers (Core 8.2.5). What DHCP assigned stays.
func (s *Section) SetDNS(fromDHCP bool, domains []string, manual []netip.Addr) error {
	l := s.Limits.WithDefaults()
	if len(domains) > l.SearchDomains || len(manual) > l.DNS {
		return fmt.Errorf("dns: %w", ErrTooMany)
	}
	for _, d := range domains {
		if !isHostname(d) {
			return fmt.Errorf("search domain %.64q: %w", d, ErrDNSName)
		}
	}
	if err := checkAddresses(manual); err != nil {
		return fmt.Errorf("dns: %w", err)
	}
	s.Network.DNS.FromDHCP = fromDHCP
	s.Network.DNS.SearchDomains = slices.Clone(domains)
	s.Network.DNS.Manual = slices.Clone(manual)
	return nil
}

// SetNTP sets the time servers and leaves the clock mode alone (Core 8.2.7).
func (s *Section) SetNTP(fromDHCP bool, manual []Host) error {
	if len(manual) > s.Limits.WithDefaults().NTP {
		return fmt.Errorf("ntp: %w", ErrTooMany)
	}
	for _, h := range manual {
		switch {
		case h.DNSName != "" && (h.Address.IsValid() || !isHostname(h.DNSName)):
			return fmt.Errorf("ntp: %.64q: %w", h.DNSName, ErrDNSName)
		case h.DNSName != "":
		default:
			if err := checkAddresses([]netip.Addr{h.Address}); err != nil {
				return fmt.Errorf("ntp: %w", err)
			}
		}
	}
	if !fromDHCP && len(manual) == 0 && s.Time.Type == NTPTime {
		return fmt.Errorf("ntp: %w", ErrTimeSyncedToNTP)
	}
	s.Network.NTP.FromDHCP = fromDHCP
	s.Network.NTP.Manual = slices.Clone(manual)
	return nil
}

// SetGateway sets the default gateways (Core 8.2.15).
func (s *Section) SetGateway(list []netip.Addr) error {
	for _, a := range list {
		if !a.IsValid() || a.IsUnspecified() || a.IsMulticast() || a.IsLoopback() {
			return fmt.Errorf("gateway %v: %w", a, ErrGatewayAddress)
		}
	}
	s.Network.Gateway = slices.Clone(list)
	return nil
}

func checkAddresses(list []netip.Addr) error {
	for _, a := range list {
		if !a.IsValid() || a.IsUnspecified() || a.IsMulticast() {
			if a.Is6() {
				return fmt.Errorf("%v: %w", a, ErrIPv6Address)
			}
			return fmt.Errorf("%v: %w", a, ErrIPv4Address)
		}
	}
	return nil
}

// isHostname applies RFC 1123 2.1 to a name of one or more labels.
func isHostname(name string) bool {
	if len(name) == 0 || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if len(label) == 0 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i] | 0x20
			if (c < 'a' || c > 'z') && (label[i] < '0' || label[i] > '9') && label[i] != '-' {
				return false
			}
		}
	}
	return true
}

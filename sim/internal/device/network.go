package device

import (
	"fmt"
	"net/netip"
	"slices"
)

// Network is the camera's network configuration (Core 8.2). It is the
// simulated camera's own: the host's is never touched.
type Network struct {
	Interfaces []Interface  `json:"interfaces"`
	Protocols  []Protocol   `json:"protocols"`
	DNS        DNS          `json:"dns"`
	NTP        NTP          `json:"ntp"`
	Gateway    []netip.Addr `json:"gateway"` // default gateways set by hand
}

// Interface is one network interface (Core 8.2.10).
type Interface struct {
	Token   string `json:"token"`
	Enabled bool   `json:"enabled"`
	Name    string `json:"name"`      // "eth0"
	MAC     string `json:"hwAddress"` // six octets in hexadecimal, with colons
	MTU     int    `json:"mtu"`       // bytes
	IPv4    IPv4   `json:"ipv4"`
	// Dot1XID is the bound IEEE 802.1X configuration (Security 5.4.5).
	Dot1XID string `json:"dot1xId,omitempty"`
}

// IPv4 is an interface's IPv4 configuration (tt:IPv4Configuration). A zero
// prefix means that there is none.
type IPv4 struct {
	Enabled   bool           `json:"enabled"`
	DHCP      bool           `json:"dhcp"`
	Manual    []netip.Prefix `json:"manual"`
	LinkLocal netip.Prefix   `json:"linkLocal"`
	FromDHCP  netip.Prefix   `json:"fromDhcp"`
}

// ProtocolName names a network protocol. RTSPS is not in the enumeration
// tt:NetworkProtocolType; what the schema cannot say, the service leaves out.
type ProtocolName string

// The protocols a camera can listen for.
const (
	HTTP  ProtocolName = "HTTP"
	HTTPS ProtocolName = "HTTPS"
	RTSP  ProtocolName = "RTSP"
	RTSPS ProtocolName = "RTSPS"
)

// Protocol says where a protocol is served (Core 8.2.12).
type Protocol struct {
	Name    ProtocolName `json:"name"`
	Enabled bool         `json:"enabled"`
	Ports   []int        `json:"ports"`
	// Chosen says that a client chose the ports: a restart keeps them.
	Chosen bool `json:"chosen,omitempty"`
}

// Addresses returns the interface's IPv4 addresses in use: from DHCP if it is
// on, else those set by hand, else the link-local one.
func (i Interface) Addresses() []netip.Prefix {
	switch {
	case !i.Enabled || !i.IPv4.Enabled:
		return nil
	case i.IPv4.DHCP && i.IPv4.FromDHCP.IsValid():
		return []netip.Prefix{i.IPv4.FromDHCP}
	case len(i.IPv4.Manual) > 0:
		return i.IPv4.Manual
	case i.IPv4.LinkLocal.IsValid():
		return []netip.Prefix{i.IPv4.LinkLocal}
	}
	return nil
}

func (n Network) clone() Network {
	n.Interfaces = slices.Clone(n.Interfaces)
	n.Protocols = slices.Clone(n.Protocols)
	return n
}

// Protocol returns the settings of a protocol; false if the camera has none
// of that name.
func (n Network) Protocol(name ProtocolName) (Protocol, bool) {
	for _, p := range n.Protocols {
		if p.Name == name {
			return p, true
		}
	}
	return Protocol{}, false
}

// Interface returns the interface with the given token.
func (n Network) Interface(token string) (Interface, bool) {
	for _, i := range n.Interfaces {
		if i.Token == token {
			return i, true
		}
	}
	return Interface{}, false
}

// SetProtocols sets the protocols named in change and leaves the others; all
// or nothing (Core 8.2.13). That a port is free on the host, and that HTTPS
// has a certificate, is for the caller to find out.
func (s *Section) SetProtocols(change []Protocol) error {
	next := slices.Clone(s.Network.Protocols)
	for _, c := range change {
		i := slices.IndexFunc(next, func(p Protocol) bool { return p.Name == c.Name })
		if i < 0 {
			return fmt.Errorf("protocol %q: %w", c.Name, ErrServiceNotSupported)
		}
		c.Ports = slices.Clone(c.Ports)
		if len(c.Ports) == 0 {
			c.Ports = next[i].Ports
		}
		c.Chosen = next[i].Chosen || !slices.Equal(c.Ports, next[i].Ports)
		next[i] = c
	}
	if err := s.checkProtocols(next); err != nil {
		return err
	}
	s.Network.Protocols = next
	return nil
}

// checkProtocols finds ports out of range and ports that two enabled
// protocols share.
func (s *Section) checkProtocols(list []Protocol) error {
	limit := s.Limits.WithDefaults().Ports
	owner := map[int]ProtocolName{}
	for _, p := range list {
		if len(p.Ports) == 0 || len(p.Ports) > limit {
			return fmt.Errorf("protocol %s: %w: %d ports, want 1 to %d", p.Name, ErrTooMany, len(p.Ports), limit)
		}
		for _, port := range p.Ports {
			if port < 1 || port > 65535 {
				return fmt.Errorf("protocol %s: %w: %d", p.Name, ErrPort, port)
			}
			if !p.Enabled {
				continue
			}
			if other, taken := owner[port]; taken {
				return fmt.Errorf("protocol %s: %w: %d by %s", p.Name, ErrPortAlreadyInUse, port, other)
			}
			owner[port] = p.Name
		}
	}
	return nil
}

// InterfaceChange is what SetNetworkInterfaces may change of an interface;
// nil fields stay as they are (tt:NetworkInterfaceSetConfiguration).
type InterfaceChange struct {
	Enabled     *bool
	MTU         *int
	IPv4Enabled *bool
	DHCP        *bool
	Manual      []netip.Prefix // nil: unchanged
}

// SetInterface changes one interface (Core 8.2.11).
func (s *Section) SetInterface(token string, c InterfaceChange) error {
	i := slices.IndexFunc(s.Network.Interfaces, func(n Interface) bool { return n.Token == token })
	if i < 0 {
		return fmt.Errorf("interface %.64q: %w", token, ErrInterface)
	}
	next := s.Network.Interfaces[i]
	if c.MTU != nil {
		if *c.MTU < 576 || *c.MTU > 9216 {
			return fmt.Errorf("interface %q: %w: %d", token, ErrMTU, *c.MTU)
		}
		next.MTU = *c.MTU
	}
	for _, p := range c.Manual {
		if !p.IsValid() || !p.Addr().Is4() || p.Addr().IsUnspecified() || p.Addr().IsMulticast() {
			return fmt.Errorf("interface %q: %w: %v", token, ErrIPv4Address, p)
		}
	}
	if c.Manual != nil {
		next.IPv4.Manual = slices.Clone(c.Manual)
	}
	set(&next.Enabled, c.Enabled)
	set(&next.IPv4.Enabled, c.IPv4Enabled)
	set(&next.IPv4.DHCP, c.DHCP)
	s.Network.Interfaces = slices.Clone(s.Network.Interfaces)
	s.Network.Interfaces[i] = next
	return nil
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

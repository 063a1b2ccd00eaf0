package device

import (
	"fmt"
	"net/netip"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/onvif/tds"
	"github.com/camfleet/camfleet/sim/internal/onvif/tt"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// getHostname answers the host name. Core 8.2.1; PRE_AUTH.
func getHostname(c *svc.Call, _ *tds.GetHostname) (*tds.GetHostnameResponse, error) {
	h := c.View().Device.Hostname
	info := tt.HostnameInformation{FromDHCP: h.FromDHCP}
	if h.Name != "" {
		info.Name = &h.Name
	}
	return &tds.GetHostnameResponse{HostnameInformation: info}, nil
}

// setHostname sets the host name. Core 8.2.2; WRITE_SYSTEM.
func setHostname(c *svc.Call, req *tds.SetHostname) (*tds.SetHostnameResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Device().SetHostname(req.Name) })
	return &tds.SetHostnameResponse{}, err
}

// setHostnameFromDHCP lets DHCP name the device; no reboot is needed. Core
// 8.2.3; WRITE_SYSTEM.
func setHostnameFromDHCP(c *svc.Call, req *tds.SetHostnameFromDHCP) (*tds.SetHostnameFromDHCPResponse, error) {
	err := c.Update(func(tx *state.Tx) error { tx.Device().SetHostnameFromDHCP(req.FromDHCP); return nil })
	return &tds.SetHostnameFromDHCPResponse{}, err
}

// getDNS answers the name servers. Core 8.2.4; READ_SYSTEM.
func getDNS(c *svc.Call, _ *tds.GetDNS) (*tds.GetDNSResponse, error) {
	d := c.View().Device.Network.DNS
	info := tt.DNSInformation{FromDHCP: d.FromDHCP, SearchDomain: d.SearchDomains}
	if d.FromDHCP {
		info.DNSFromDHCP = addresses(d.Assigned)
	}
	info.DNSManual = addresses(d.Manual)
	return &tds.GetDNSResponse{DNSInformation: info}, nil
}

func addresses(list []netip.Addr) []tt.IPAddress {
	var out []tt.IPAddress
	for _, a := range list {
		text := a.String()
		if a.Is4() {
			out = append(out, tt.IPAddress{Type: tt.IPTypeIPv4, IPv4Address: &text})
		} else {
			out = append(out, tt.IPAddress{Type: tt.IPTypeIPv6, IPv6Address: &text})
		}
	}
	return out
}

// setDNS sets the name servers. Core 8.2.5; WRITE_SYSTEM.
func setDNS(c *svc.Call, req *tds.SetDNS) (*tds.SetDNSResponse, error) {
	var manual []netip.Addr
	for _, a := range req.DNSManual {
		addr, err := address(a.Type == tt.IPTypeIPv6, a.IPv4Address, a.IPv6Address)
		if err != nil {
			return nil, err
		}
		manual = append(manual, addr)
	}
	err := c.Update(func(tx *state.Tx) error {
		return tx.Device().SetDNS(req.FromDHCP, req.SearchDomain, manual)
	})
	return &tds.SetDNSResponse{}, err
}

// address reads the address of the announced family.
func address(six bool, v4, v6 *string) (netip.Addr, error) {
	text, bad := v4, device.ErrIPv4Address
	if six {
		text, bad = v6, device.ErrIPv6Address
	}
	if text == nil {
		return netip.Addr{}, fmt.Errorf("no address: %w", bad)
	}
	a, err := netip.ParseAddr(*text)
	if err != nil || a.Is4() == six || a.Zone() != "" {
		return netip.Addr{}, fmt.Errorf("%.64q: %w", *text, bad)
	}
	return a, nil
}

// getNTP answers the time servers. Core 8.2.6; READ_SYSTEM.
func getNTP(c *svc.Call, _ *tds.GetNTP) (*tds.GetNTPResponse, error) {
	n := c.View().Device.Network.NTP
	info := tt.NTPInformation{FromDHCP: n.FromDHCP}
	if n.FromDHCP {
		info.NTPFromDHCP = hosts(n.Assigned)
	}
	info.NTPManual = hosts(n.Manual)
	return &tds.GetNTPResponse{NTPInformation: info}, nil
}

func hosts(list []device.Host) []tt.NetworkHost {
	var out []tt.NetworkHost
	for _, h := range list {
		text := h.Address.String()
		switch {
		case h.DNSName != "":
			out = append(out, tt.NetworkHost{Type: tt.NetworkHostTypeDNS, DNSname: &h.DNSName})
		case h.Address.Is4():
			out = append(out, tt.NetworkHost{Type: tt.NetworkHostTypeIPv4, IPv4Address: &text})
		default:
			out = append(out, tt.NetworkHost{Type: tt.NetworkHostTypeIPv6, IPv6Address: &text})
		}
	}
	return out
}

// setNTP sets the time servers. Core 8.2.7; WRITE_SYSTEM.
func setNTP(c *svc.Call, req *tds.SetNTP) (*tds.SetNTPResponse, error) {
	var manual []device.Host
	for _, h := range req.NTPManual {
		if h.Type == tt.NetworkHostTypeDNS {
			if h.DNSname == nil || *h.DNSname == "" {
				return nil, fmt.Errorf("no name: %w", device.ErrDNSName)
			}
			manual = append(manual, device.Host{DNSName: *h.DNSname})
			continue
		}
		a, err := address(h.Type == tt.NetworkHostTypeIPv6, h.IPv4Address, h.IPv6Address)
		if err != nil {
			return nil, err
		}
		manual = append(manual, device.Host{Address: a})
	}
	err := c.Update(func(tx *state.Tx) error { return tx.Device().SetNTP(req.FromDHCP, manual) })
	return &tds.SetNTPResponse{}, err
}

// getNetworkInterfaces answers the simulated interfaces. Core 8.2.10;
// READ_SYSTEM.
func getNetworkInterfaces(c *svc.Call, _ *tds.GetNetworkInterfaces) (*tds.GetNetworkInterfacesResponse, error) {
	resp := &tds.GetNetworkInterfacesResponse{}
	for _, i := range c.View().Device.Network.Interfaces {
		resp.NetworkInterfaces = append(resp.NetworkInterfaces, tt.NetworkInterface{
			Token: i.Token, Enabled: i.Enabled,
			Info: &tt.NetworkInterfaceInfo{Name: &i.Name, HwAddress: i.MAC, MTU: &i.MTU},
			IPv4: &tt.IPv4NetworkInterface{Enabled: i.IPv4.Enabled, Config: ipv4(i.IPv4)},
		})
	}
	return resp, nil
}

func ipv4(v device.IPv4) tt.IPv4Configuration {
	config := tt.IPv4Configuration{DHCP: v.DHCP}
	for _, p := range v.Manual {
		config.Manual = append(config.Manual, *prefixed(p))
	}
	config.LinkLocal, config.FromDHCP = prefixed(v.LinkLocal), prefixed(v.FromDHCP)
	return config
}

func prefixed(p netip.Prefix) *tt.PrefixedIPv4Address {
	if !p.IsValid() {
		return nil
	}
	return &tt.PrefixedIPv4Address{Address: p.Addr().String(), PrefixLength: p.Bits()}
}

// getNetworkProtocols answers what is served where; RTSPS has no word in
// tt:NetworkProtocolType. Core 8.2.12; READ_SYSTEM.
func getNetworkProtocols(c *svc.Call, _ *tds.GetNetworkProtocols) (*tds.GetNetworkProtocolsResponse, error) {
	resp := &tds.GetNetworkProtocolsResponse{}
	for _, p := range c.View().Device.Network.Protocols {
		if p.Name == device.RTSPS {
			continue
		}
		resp.NetworkProtocols = append(resp.NetworkProtocols, tt.NetworkProtocol{
			Name: tt.NetworkProtocolType(p.Name), Enabled: p.Enabled, Port: p.Ports,
		})
	}
	return resp, nil
}

// setNetworkProtocols moves, opens and closes what is named; the rest stays. Core
// 8.2.13; WRITE_SYSTEM.
func setNetworkProtocols(c *svc.Call, req *tds.SetNetworkProtocols) (*tds.SetNetworkProtocolsResponse, error) {
	var change []device.Protocol
	for _, p := range req.NetworkProtocols {
		change = append(change, device.Protocol{Name: device.ProtocolName(p.Name), Enabled: p.Enabled, Ports: p.Port})
	}
	return &tds.SetNetworkProtocolsResponse{}, c.SetProtocols(change)
}

// getNetworkDefaultGateway answers the gateways. Core 8.2.14; READ_SYSTEM.
func getNetworkDefaultGateway(c *svc.Call, _ *tds.GetNetworkDefaultGateway) (*tds.GetNetworkDefaultGatewayResponse, error) {
	var g tt.NetworkGateway
	for _, a := range c.View().Device.Network.Gateway {
		if a.Is4() {
			g.IPv4Address = append(g.IPv4Address, a.String())
		} else {
			g.IPv6Address = append(g.IPv6Address, a.String())
		}
	}
	return &tds.GetNetworkDefaultGatewayResponse{NetworkGateway: g}, nil
}

// setNetworkDefaultGateway sets the gateways. Core 8.2.15; WRITE_SYSTEM.
func setNetworkDefaultGateway(c *svc.Call, req *tds.SetNetworkDefaultGateway) (*tds.SetNetworkDefaultGatewayResponse, error) {
	var list []netip.Addr
	for _, family := range []struct {
		six   bool
		texts []string
	}{{false, req.IPv4Address}, {true, req.IPv6Address}} {
		for _, text := range family.texts {
			a, err := address(family.six, &text, &text)
			if err != nil { // the one fault that the test specification takes (DEVICE-2-1-28)
				return nil, fmt.Errorf("%w: %v", device.ErrGatewayAddress, err) //nolint:errorlint // another fault than that of an address elsewhere
			}
			list = append(list, a)
		}
	}
	err := c.Update(func(tx *state.Tx) error { return tx.Device().SetGateway(list) })
	return &tds.SetNetworkDefaultGatewayResponse{}, err
}

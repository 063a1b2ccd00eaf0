package device_test

import (
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/state"
)

func hostname(name string) string {
	return "<tds:SetHostname><tds:Name>" + name + "</tds:Name></tds:SetHostname>"
}

func dns(servers string) string {
	return "<tds:SetDNS><tds:FromDHCP>false</tds:FromDHCP>" + servers + "</tds:SetDNS>"
}

func v4(element, address string) string {
	return "<tds:" + element + "><tt:Type>IPv4</tt:Type><tt:IPv4Address>" + address + "</tt:IPv4Address></tds:" + element + ">"
}

func ntp(fromDHCP, servers string) string {
	return "<tds:SetNTP><tds:FromDHCP>" + fromDHCP + "</tds:FromDHCP>" + servers + "</tds:SetNTP>"
}

func gateway(addresses string) string {
	return "<tds:SetNetworkDefaultGateway>" + addresses + "</tds:SetNetworkDefaultGateway>"
}

func TestWhatIsSetIsReadBack(t *testing.T) {
	t.Parallel()
	check := schematest.Collect(t)
	flagship := cameratest.Open(t, "flagship")
	for name, steps := range map[string][]step{
		"host name": {
			{body: hostname("gate-3.example")},
			{body: "<tds:GetHostname/>", want: map[string]string{".//Name": "gate-3.example", ".//FromDHCP": "false"}},
			{body: "<tds:SetHostnameFromDHCP><tds:FromDHCP>true</tds:FromDHCP></tds:SetHostnameFromDHCP>", want: map[string]string{"./RebootNeeded": "false"}},
			{body: "<tds:GetHostname/>", want: map[string]string{".//Name": "gate-3.example", ".//FromDHCP": "true"}},
			{body: hostname("a")},
			{body: "<tds:GetHostname/>", want: map[string]string{".//Name": "a", ".//FromDHCP": "false"}},
			{body: hostname(""), fault: arg + "/ter:InvalidHostname"},
			{body: hostname("-a"), fault: arg + "/ter:InvalidHostname"},
			{body: hostname("a..b"), fault: arg + "/ter:InvalidHostname"},
			{body: hostname("a b"), fault: arg + "/ter:InvalidHostname"},
			{body: hostname(strings.Repeat("a", 64)), fault: arg + "/ter:InvalidHostname"},
			{body: hostname(strings.Repeat("a", 63))},
		},
		"DNS": {
			{body: dns("<tds:SearchDomain>example.org</tds:SearchDomain><tds:SearchDomain>example.net</tds:SearchDomain>" +
				v4("DNSManual", "192.0.2.53") + "<tds:DNSManual><tt:Type>IPv6</tt:Type><tt:IPv6Address>2001:db8::53</tt:IPv6Address></tds:DNSManual>")},
			{body: "<tds:GetDNS/>", want: map[string]string{
				".//FromDHCP": "false", ".//SearchDomain": "example.org example.net", ".//DNSManual/IPv4Address": "192.0.2.53", ".//DNSManual/IPv6Address": "2001:db8::53",
			}},
			{body: dns(repeat(4, v4("DNSManual", "192.0.2.1%d")))},
			{body: dns(repeat(5, v4("DNSManual", "192.0.2.1%d"))), fault: arg},
			{body: dns(repeat(8, "<tds:SearchDomain>d%d.example</tds:SearchDomain>"))},
			{body: dns(repeat(9, "<tds:SearchDomain>d%d.example</tds:SearchDomain>")), fault: arg},
			{body: dns("<tds:SearchDomain>no domain</tds:SearchDomain>"), fault: arg},
			{body: dns(v4("DNSManual", "0.0.0.0")), fault: arg + "/ter:InvalidIPv4Address"},
			{body: dns(v4("DNSManual", "224.0.0.1")), fault: arg + "/ter:InvalidIPv4Address"},
			{body: dns("<tds:DNSManual><tt:Type>IPv4</tt:Type></tds:DNSManual>"), fault: arg + "/ter:InvalidIPv4Address"},
			{body: dns("<tds:DNSManual><tt:Type>IPv6</tt:Type><tt:IPv4Address>192.0.2.1</tt:IPv4Address></tds:DNSManual>"), fault: arg + "/ter:InvalidIPv6Address"},
			{body: dns("<tds:DNSManual><tt:Type>IPv6</tt:Type><tt:IPv6Address>fe80::1%eth0</tt:IPv6Address></tds:DNSManual>"), fault: arg + "/ter:InvalidIPv6Address"},
			{body: dns(v4("DNSManual", "192.0.2.1") + v4("DNSManual", "x")), fault: arg + "/ter:InvalidIPv4Address"},
			{body: "<tds:GetDNS/>", want: map[string]string{".//SearchDomain": "d0.example d1.example d2.example d3.example d4.example d5.example d6.example d7.example", ".//DNSManual": ""}},
		},
		"NTP": {
			{body: ntp("false", "<tds:NTPManual><tt:Type>DNS</tt:Type><tt:DNSname>ntp.example</tt:DNSname></tds:NTPManual>"+v4("NTPManual", "192.0.2.123")+
				"<tds:NTPManual><tt:Type>IPv6</tt:Type><tt:IPv6Address>2001:db8::7b</tt:IPv6Address></tds:NTPManual>")},
			{body: "<tds:GetNTP/>", want: map[string]string{
				".//FromDHCP": "false", ".//NTPManual/DNSname": "ntp.example", ".//NTPManual/IPv4Address": "192.0.2.123", ".//NTPManual/IPv6Address": "2001:db8::7b",
			}},
			{body: ntp("false", repeat(4, v4("NTPManual", "192.0.2.1%d")))},
			{body: ntp("false", repeat(5, v4("NTPManual", "192.0.2.1%d"))), fault: arg},
			{body: ntp("false", "<tds:NTPManual><tt:Type>DNS</tt:Type></tds:NTPManual>"), fault: arg + "/ter:InvalidDnsName"},
			{body: setTime("NTP", "false", "", "")},
			{body: ntp("false", ""), fault: arg + "/ter:TimeSyncedToNtp"},
			{body: ntp("true", "")},
			{body: "<tds:GetNTP/>", want: map[string]string{".//FromDHCP": "true", ".//NTPManual": ""}},
		},
		"gateway": {
			{body: gateway("<tds:IPv4Address>192.0.2.1</tds:IPv4Address><tds:IPv6Address>2001:db8::1</tds:IPv6Address>")},
			{body: "<tds:GetNetworkDefaultGateway/>", want: map[string]string{".//IPv4Address": "192.0.2.1", ".//IPv6Address": "2001:db8::1"}},
			{body: gateway("<tds:IPv4Address>127.0.0.1</tds:IPv4Address>"), fault: arg + "/ter:InvalidGatewayAddress"},
			{body: gateway("<tds:IPv6Address>ff02::1</tds:IPv6Address>"), fault: arg + "/ter:InvalidGatewayAddress"},
			{body: gateway("<tds:IPv6Address>::ffff:192.0.2.1</tds:IPv6Address>")},
			{body: gateway("")},
			{body: "<tds:GetNetworkDefaultGateway/>", want: map[string]string{".//IPv4Address": "", ".//IPv6Address": ""}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, check, cameratest.New(t, cameratest.Config{Opened: flagship}), steps)
		})
	}
}

// TestNetworkIsThatOfTheState shows what no request can set yet.
func TestNetworkIsThatOfTheState(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	check := schematest.Collect(t)
	tell(t, check, c, []step{
		{as: "viewer", body: "<tds:GetNetworkProtocols/>", want: map[string]string{".//Name": "HTTP HTTPS RTSP", ".//Port": "20004 20005 20006", ".//Enabled": "true true true"}},
		{as: "viewer", body: "<tds:GetNetworkInterfaces/>", want: map[string]string{".//Manual/Address": "127.0.0.1", ".//Manual/PrefixLength": "24", ".//DHCP": "false", ".//MTU": "1500"}},
	})
	err := c.State.Update(func(tx *state.Tx) error {
		n := &tx.Device().Network
		n.DNS.FromDHCP, n.DNS.Assigned = true, addrs("192.0.2.53")
		n.NTP.FromDHCP, n.NTP.Assigned = true, []device.Host{{Address: addrs("192.0.2.123")[0]}}
		i := n.Interfaces[0]
		i.IPv4.DHCP, i.IPv4.FromDHCP, i.IPv4.LinkLocal = true, prefix("192.0.2.7/25"), prefix("169.254.1.2/16")
		n.Interfaces[0] = i
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	tell(t, check, c, []step{
		{body: "<tds:GetDNS/>", want: map[string]string{".//FromDHCP": "true", ".//DNSFromDHCP/IPv4Address": "192.0.2.53"}},
		{body: "<tds:GetNTP/>", want: map[string]string{".//FromDHCP": "true", ".//NTPFromDHCP/IPv4Address": "192.0.2.123"}},
		{body: "<tds:GetNetworkInterfaces/>", want: map[string]string{
			".//FromDHCP/Address": "192.0.2.7", ".//FromDHCP/PrefixLength": "25", ".//LinkLocal/Address": "169.254.1.2", ".//DHCP": "true",
		}},
	})
}

// protocol is one entry of SetNetworkProtocols; ports are elements.
func protocol(name, on, ports string) string {
	return "<tds:SetNetworkProtocols><tds:NetworkProtocols><tt:Name>" + name + "</tt:Name><tt:Enabled>" + on + "</tt:Enabled>" + ports + "</tds:NetworkProtocols></tds:SetNetworkProtocols>"
}

// TestProtocolsAreChecked; that ports open and close is tested with the camera.
func TestProtocolsAreChecked(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	check := schematest.Collect(t)
	port := func(n string) string { return "<tt:Port>" + n + "</tt:Port>" }
	tell(t, check, c, []step{
		{body: protocol("HTTP", "true", port("8080"))},
		{body: "<tds:GetNetworkProtocols/>", want: map[string]string{".//Name": "HTTP HTTPS RTSP", ".//Port": "8080 20005 20006", ".//Enabled": "true true true"}},
		{body: protocol("HTTPS", "true", port("8080")), fault: arg + "/ter:PortAlreadyInUse"},
		{body: protocol("HTTPS", "false", port("8080"))},
		{body: protocol("HTTPS", "true", port("8080")), fault: arg + "/ter:PortAlreadyInUse"},
		{body: protocol("HTTPS", "true", port("443"))},
		{body: protocol("RTSP", "true", port("20007")), fault: arg + "/ter:PortAlreadyInUse"}, // of RTSPS
		{body: protocol("RTSP", "true", port("0")), fault: arg},
		{body: protocol("RTSP", "true", port("65536")), fault: arg},
		{body: protocol("RTSP", "true", port("-1")), fault: arg},
		{body: protocol("RTSP", "true", port("554")+port("8554")), fault: arg},
		{body: protocol("RTSPS", "true", port("322")), fault: arg},
		{body: protocol("RTSP", "true", port("65535"))},
		{as: "viewer", body: "<tds:GetNetworkProtocols/>", want: map[string]string{".//Port": "8080 443 65535", ".//Enabled": "true true true"}},
	})
	err := c.State.Update(func(tx *state.Tx) error {
		tx.Keystore().TLS.Paths = nil
		n := &tx.Device().Network
		n.Protocols[1].Enabled = false
		n.Protocols = n.Protocols[:2] // no RTSP
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	tell(t, check, c, []step{
		{body: protocol("HTTPS", "true", port("443")), fault: "env:Receiver/ter:ActionNotSupported/ter:EnablingTlsFailed"},
		{body: protocol("HTTPS", "false", port("443"))},
		{body: protocol("RTSP", "true", port("554")), fault: arg + "/ter:ServiceNotSupported"},
	})
}

package conformance

import (
	"slices"
	"strings"
)

// networkCases are those of the base device about services, host name, name and
// time servers, gateway and time.
func networkCases() []testCase {
	hostname := operations("tds:GetHostname", "tds:SetHostname")
	dns, ntp := operations("tds:GetDNS", "tds:SetDNS"), operations("tds:GetNTP", "tds:SetNTP")
	gateway := operations("tds:GetNetworkDefaultGateway", "tds:SetNetworkDefaultGateway")
	clock := operations("tds:GetSystemDateAndTime", "tds:SetSystemDateAndTime")
	return []testCase{
		{"DEVICE-1-1-9", "request nobody understands", []need{operations("tds:GetCapabilities")}, capabilityUnknown},
		{"DEVICE-1-1-13", "device service listed", nil, serviceIsListed("tds")},
		{"DEVICE-1-1-14", "media service listed", []need{service("trt", "media")}, serviceIsListed("trt")},
		{"DEVICE-1-1-16", "event service listed", []need{service("tev", "event")}, serviceIsListed("tev")},
		{"DEVICE-1-1-18", "device capabilities", nil, func(s *session) { s.do("<tds:GetServiceCapabilities/>") }},
		{"DEVICE-1-1-19", "device capabilities in GetServices", nil, func(s *session) { s.sameCapabilities("tds") }},
		{"DEVICE-1-1-26", "Security service listed", []need{service("tas", "security")}, serviceIsListed("tas")},
		{"DEVICE-2-1-1", "host name", []need{hostname}, func(s *session) { s.do("<tds:GetHostname/>") }},
		{"DEVICE-2-1-3", "host name that is none", []need{hostname}, hostnameIsRefused},
		{"DEVICE-2-1-4", "name servers", []need{dns}, func(s *session) { s.do("<tds:GetDNS/>") }},
		{"DEVICE-2-1-5", "search domain set", []need{dns}, searchDomainIsSet},
		{"DEVICE-2-1-6", "name server set", []need{dns}, nameServerIsSet},
		{"DEVICE-2-1-9", "name server of no IPv4 address", []need{dns}, refuses("InvalidIPv4Address", setDNS("IPv4", "10.1.1"))},
		{"DEVICE-2-1-10", "name server of no IPv6 address", []need{dns}, refuses("InvalidIPv6Address", setDNS("IPv6", "FF02:1"))},
		{"DEVICE-2-1-11", "time servers", []need{ntp}, func(s *session) { s.do("<tds:GetNTP/>") }},
		{"DEVICE-2-1-12", "time server set", []need{ntp}, timeServerIsSet},
		{"DEVICE-2-1-15", "time server of no IPv4 address", []need{ntp}, refuses("InvalidIPv4Address", setNTP("IPv4", "10.1.1"))},
		{"DEVICE-2-1-25", "gateways", []need{gateway}, func(s *session) { s.do("<tds:GetNetworkDefaultGateway/>") }},
		{"DEVICE-2-1-28", "gateway of no IPv4 address", []need{gateway}, refuses("InvalidGatewayAddress", setGateway("IPv4", "10.1.1"))},
		{"DEVICE-2-1-29", "gateway of no IPv6 address", []need{gateway}, refuses("InvalidGatewayAddress", setGateway("IPv6", "FF02:1"))},
		{"DEVICE-2-1-30", "gateway set", []need{gateway}, gatewayIsSet},
		{"DEVICE-2-1-32", "host name set", []need{hostname}, hostnameIsSet},
		{"DEVICE-3-1-1", "date and time", []need{clock}, func(s *session) { s.do("<tds:GetSystemDateAndTime/>") }},
		{"DEVICE-3-1-4", "time zone that is none", []need{clock}, refuses("InvalidTimeZone", setTime("INVALIDTIMEZONE", "10"))},
		{"DEVICE-3-1-5", "date that is none", []need{clock}, refuses("InvalidDateTime", setTime("UTC0", "24"))},
		{"DEVICE-3-1-9", "device information", []need{operations("tds:GetDeviceInformation")}, informationIsWhole},
	}
}

func capabilityUnknown(s *session) {
	body := tds("GetCapabilities", tds("Category", "XYZ"))
	if a := s.post(s.url(body), admin, "", body); !strings.HasPrefix(a.Fault, "env:Sender") {
		s.Errorf("%d %s", a.Status, a.Fault)
	}
}

// serviceIsListed checks that a service is listed once, at an address that
// answers.
func serviceIsListed(prefix string) func(*session) {
	return func(s *session) {
		space := s.space(prefix)
		list := s.do(tds("GetServices", tds("IncludeCapability", "false"))).Texts("./Service/Namespace")
		if n := len(slices.DeleteFunc(list, func(text string) bool { return text != space })); n != 1 {
			s.Errorf("%s is listed %d times", space, n)
		}
		s.do("<" + prefix + ":GetServiceCapabilities/>")
	}
}

// refuses checks that a request is refused for one of its values.
func refuses(fault, body string) func(*session) {
	return func(s *session) { s.refused(argument+"/ter:"+fault, body) }
}

func hostnameIsRefused(s *session) {
	s.refused(argument+"/ter:InvalidHostname", tds("SetHostname", tds("Name", "onvif_device")))
}

func hostnameIsSet(s *session) {
	before := s.do("<tds:GetHostname/>").Text(".//Name")
	s.finally(func() { s.do(tds("SetHostname", tds("Name", before))) })
	s.do(tds("SetHostname", tds("Name", "Onvif-Test")))
	s.want("Name", s.do("<tds:GetHostname/>").Text(".//Name"), "Onvif-Test")
}

// address is a tt:IPAddress, or a host of the same shape.
func address(name, family, text string) string {
	return tds(name, tt("Type", family), tt(family+"Address", text))
}

func setDNS(family, text string) string {
	return tds("SetDNS", tds("FromDHCP", "false"), address("DNSManual", family, text))
}

func setNTP(family, text string) string {
	return tds("SetNTP", tds("FromDHCP", "false"), address("NTPManual", family, text))
}

func setGateway(family, text string) string {
	return tds("SetNetworkDefaultGateway", tds(family+"Address", text))
}

// withoutDNS takes the name servers away after the case: there were none.
func (s *session) withoutDNS() {
	s.finally(func() { s.do(tds("SetDNS", tds("FromDHCP", "false"))) })
}

func searchDomainIsSet(s *session) {
	s.withoutDNS()
	s.do(tds("SetDNS", tds("FromDHCP", "false"), tds("SearchDomain", "onvif.example")))
	s.want("SearchDomain", s.do("<tds:GetDNS/>").Text(".//SearchDomain"), "onvif.example")
}

func nameServerIsSet(s *session) {
	s.withoutDNS()
	s.do(setDNS("IPv4", "10.1.1.1"))
	s.want("DNSManual", s.do("<tds:GetDNS/>").Text(".//DNSManual/IPv4Address"), "10.1.1.1")
}

func timeServerIsSet(s *session) {
	s.finally(func() { s.do(tds("SetNTP", tds("FromDHCP", "false"))) })
	s.do(setNTP("IPv4", "10.1.1.1"))
	s.want("NTPManual", s.do("<tds:GetNTP/>").Text(".//NTPManual/IPv4Address"), "10.1.1.1")
}

func gatewayIsSet(s *session) {
	s.finally(func() { s.do("<tds:SetNetworkDefaultGateway/>") })
	s.do(setGateway("IPv4", "10.1.1.1"))
	s.want("IPv4Address", s.do("<tds:GetNetworkDefaultGateway/>").Text(".//IPv4Address"), "10.1.1.1")
}

// setTime sets the clock by hand to an hour of a day.
func setTime(zone, hour string) string {
	return tds("SetSystemDateAndTime", tds("DateTimeType", "Manual"), tds("DaylightSavings", "false"), tds("TimeZone", tt("TZ", zone)),
		tds("UTCDateTime", tt("Time", tt("Hour", hour), tt("Minute", "0"), tt("Second", "0")),
			tt("Date", tt("Year", "2026"), tt("Month", "3"), tt("Day", "4"))))
}

func informationIsWhole(s *session) {
	a := s.do("<tds:GetDeviceInformation/>")
	for _, name := range []string{"Manufacturer", "Model", "FirmwareVersion", "SerialNumber", "HardwareId"} {
		if a.Text("./"+name) == "" {
			s.Errorf("no %s", name)
		}
	}
}

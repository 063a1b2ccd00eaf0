package conformance

import (
	"slices"
	"strings"
)

// systemCases are those of the base device about capabilities, the system and the
// namespaces of requests.
func systemCases() []testCase {
	capabilities := operations("tds:GetCapabilities")
	clock := operations("tds:GetSystemDateAndTime", "tds:SetSystemDateAndTime")
	ntp := operations("tds:GetNTP", "tds:SetNTP")
	users := operations("tds:GetUsers", "tds:CreateUsers", "tds:DeleteUsers", "tds:SetUser")
	dns := operations("tds:GetDNS", "tds:SetDNS")
	return []testCase{
		{"DEVICE-1-1-2", "all capabilities", []need{capabilities}, capabilitiesOf("All", "Device")},
		{"DEVICE-1-1-3", "capabilities of the device service", []need{capabilities}, capabilitiesOf("Device", "Device")},
		{"DEVICE-1-1-4", "capabilities of the media service", []need{capabilities}, capabilitiesOf("Media", "Media")},
		{"DEVICE-1-1-5", "capabilities of the event service", []need{capabilities, service("tev", "event")}, capabilitiesOf("Events", "Events")},
		{"DEVICE-1-1-6", "capabilities of the PTZ service", []need{capabilities}, capabilitiesOf("PTZ", "PTZ")},
		{"DEVICE-1-1-10", "capabilities of the imaging service", []need{capabilities}, capabilitiesOf("Imaging", "Imaging")},
		{"DEVICE-1-1-11", "capabilities of the analytics service", []need{capabilities}, capabilitiesOf("Analytics", "Analytics")},
		{"DEVICE-1-1-30", "GetServices and GetCapabilities agree", []need{capabilities}, listingsAgree},
		{"DEVICE-2-1-17", "network interfaces", []need{operations("tds:GetNetworkInterfaces")}, interfacesAreListed},
		{"DEVICE-3-1-6", "hard factory default", []need{operations("tds:SetSystemFactoryDefault")}, hardDefault},
		{"DEVICE-3-1-7", "soft factory default", []need{operations("tds:SetSystemFactoryDefault")}, softDefault},
		{"DEVICE-3-1-8", "reboot", []need{operations("tds:SystemReboot")}, (*session).reboot},
		{"DEVICE-3-1-11", "date and time set", []need{clock}, timeIsSet},
		{"DEVICE-3-1-12", "time of time servers", []need{clock, ntp}, timeComesFromServers},
		{"DEVICE-4-1-6", "not all users deleted", []need{users}, someoneStays},
		{"DEVICE-6-1-1", "default namespaces of each element", []need{dns}, spelt(defaultEach)},
		{"DEVICE-6-1-2", "default namespace of the parent", []need{dns}, spelt(defaultParent)},
		{"DEVICE-6-1-3", "unusual prefixes", []need{dns}, spelt(oddPrefixes)},
		{"DEVICE-6-1-4", "two prefixes of one namespace", []need{dns}, spelt(twoPrefixes)},
		{"DEVICE-6-1-5", "one prefix of two namespaces", []need{dns}, spelt(onePrefix)},
	}
}

// capabilitiesOf asks for a category: what it is about is answered, or, where there is
// no such service, that fault.
func capabilitiesOf(category, about string) func(*session) {
	return func(s *session) {
		body := tds("GetCapabilities", tds("Category", category))
		a := s.post(s.url(body), admin, "", body)
		prefix := map[string]string{"Media": "trt", "PTZ": "tptz", "Imaging": "timg", "Analytics": "tan", "Events": "tev"}[category]
		if prefix != "" && s.features.addresses[prefix] == "" {
			s.want("fault", a.Fault, "env:Receiver/ter:ActionNotSupported/ter:NoSuchService")
			return
		}
		if a.Fault != "" || a.Text("./Capabilities/"+about+"/XAddr") == "" {
			s.Errorf("%s", a.Body)
		}
		if n := len(a.Root.FindElements("./Capabilities/*")); category != "All" && n != 1 {
			s.Errorf("%d categories, want 1: %s", n, a.Body)
		}
	}
}

// listingsAgree: a service is in both listings, at one address.
func listingsAgree(s *session) {
	a := s.do(tds("GetCapabilities", tds("Category", "All")))
	for about, prefix := range map[string]string{"Device": "tds", "Media": "trt", "Events": "tev", "PTZ": "tptz", "Imaging": "timg", "Analytics": "tan"} {
		s.want(about, a.Text("./Capabilities/"+about+"/XAddr"), s.features.addresses[prefix])
	}
}

func interfacesAreListed(s *session) {
	list := s.do("<tds:GetNetworkInterfaces/>").Root.FindElements("./NetworkInterfaces")
	if len(list) == 0 {
		s.Error("no interfaces")
	}
	for _, i := range list {
		if i.SelectAttrValue("token", "") == "" {
			s.Error("an interface without token")
		}
	}
}

// hardDefault: all that a client can set is the factory's again.
func hardDefault(s *session) {
	own := s.another()
	before := left(own.camera.State.View())
	own.do(tds("SetHostname", tds("Name", "Onvif-Test")))
	own.do(tds("CreateUsers", user("tester", "Administrator")))
	own.do(setDNS("IPv4", "10.1.1.1"))
	own.restart(factoryDefault("Hard"))
	own.want("the camera", left(own.camera.State.View()), before)
	own.do("<tds:GetUsers/>") // as the administrator of the factory
}

// softDefault: the camera is reached as before, by the same user.
func softDefault(s *session) {
	own := s.another()
	own.do(tds("CreateUsers", user("tester", "Administrator")))
	own.do(setDNS("IPv4", "10.1.1.1"))
	before := own.protocols()
	own.restart(factoryDefault("Soft"))
	if users := own.users(); !slices.Contains(users, "tester") {
		s.Errorf("users %v", users)
	}
	own.want("DNSManual", own.do("<tds:GetDNS/>").Text(".//DNSManual/IPv4Address"), "10.1.1.1")
	for name, p := range own.protocols() {
		if p.enabled != before[name].enabled || !slices.Equal(p.ports, before[name].ports) {
			s.Errorf("%s: %v, was %v", name, p, before[name])
		}
	}
}

// timeIsSet uses a camera of its own, whose clock nobody else needs.
func timeIsSet(s *session) {
	own := s.another()
	own.do(setTime("PST8PDT,M3.2.0,M11.1.0", "10"))
	a := own.do("<tds:GetSystemDateAndTime/>")
	own.want("TZ", a.Text(".//TimeZone/TZ"), "PST8PDT,M3.2.0,M11.1.0")
	own.want("hour", a.Text(".//UTCDateTime/Time/Hour"), "10")
	own.want("day", a.Text(".//UTCDateTime/Date/Day"), "4")
	own.want("DateTimeType", a.Text(".//DateTimeType"), "Manual")
}

func timeComesFromServers(s *session) {
	own := s.another()
	own.do(setNTP("IPv4", "10.1.1.1"))
	own.do(tds("SetSystemDateAndTime", tds("DateTimeType", "NTP"), tds("DaylightSavings", "false"), tds("TimeZone", tt("TZ", "PST8PDT,M3.2.0,M11.1.0"))))
	a := own.do("<tds:GetSystemDateAndTime/>")
	own.want("DateTimeType", a.Text(".//DateTimeType"), "NTP")
	if a.Text(".//UTCDateTime/Date/Year") == "" {
		s.Errorf("%s", a.Body)
	}
}

// someoneStays: with all users gone nobody could ever log in again.
func someoneStays(s *session) {
	names := s.users()
	body := deleteUsers(names...)
	before := s.camera.State.View()
	if a := s.post(s.url(body), admin, "", body); !strings.HasPrefix(a.Fault, argument) || s.camera.State.View() != before {
		s.Errorf("%d %s", a.Status, a.Fault)
	}
}

// The spellings of one request to SetDNS; E, D and T stand for the namespaces.
const (
	defaultEach = `<Envelope xmlns="E"><Body xmlns="E"><SetDNS xmlns="D"><FromDHCP xmlns="D">false</FromDHCP><DNSManual xmlns="D"><Type xmlns="T">IPv4</Type>` +
		`<IPv4Address xmlns="T">10.1.1.1</IPv4Address></DNSManual></SetDNS></Body></Envelope>`
	defaultParent = `<Envelope xmlns="E"><Body><SetDNS xmlns="D"><FromDHCP>false</FromDHCP><DNSManual><Type xmlns="T">IPv4</Type>` +
		`<IPv4Address xmlns="T">10.1.1.1</IPv4Address></DNSManual></SetDNS></Body></Envelope>`
	oddPrefixes = `<x:Envelope xmlns:x="E" xmlns:tt="D" xmlns:env="T"><x:Body><tt:SetDNS><tt:FromDHCP>false</tt:FromDHCP><tt:DNSManual><env:Type>IPv4</env:Type>` +
		`<env:IPv4Address>10.1.1.1</env:IPv4Address></tt:DNSManual></tt:SetDNS></x:Body></x:Envelope>`
	twoPrefixes = `<x:Envelope xmlns:x="E" xmlns:y="E" xmlns:d="D" xmlns:e="D" xmlns:t="T" xmlns:u="T"><y:Body><d:SetDNS><e:FromDHCP>false</e:FromDHCP>` +
		`<d:DNSManual><t:Type>IPv4</t:Type><u:IPv4Address>10.1.1.1</u:IPv4Address></d:DNSManual></d:SetDNS></y:Body></x:Envelope>`
	onePrefix = `<p:Envelope xmlns:p="E"><p:Body><p:SetDNS xmlns:p="D"><p:FromDHCP>false</p:FromDHCP><p:DNSManual><p:Type xmlns:p="T">IPv4</p:Type>` +
		`<p:IPv4Address xmlns:p="T">10.1.1.1</p:IPv4Address></p:DNSManual></p:SetDNS></p:Body></p:Envelope>`
)

// spelt sets the name server by a message that is written in an uncommon way.
func spelt(message string) func(*session) {
	return func(s *session) {
		s.withoutDNS()
		text := strings.NewReplacer(`"E"`, `"`+s.space("env")+`"`, `"D"`, `"`+s.space("tds")+`"`, `"T"`, `"`+s.space("tt")+`"`).Replace(message)
		s.check.Add("", []byte(text))
		if a := s.postBy(s.client, s.features.addresses["tds"], admin, []byte(text)); a.Fault != "" || a.Root == nil {
			s.Fatalf("%d %s", a.Status, a.Body)
		}
		s.want("DNSManual", s.do("<tds:GetDNS/>").Text(".//DNSManual/IPv4Address"), "10.1.1.1")
	}
}

// baseApart are those that cannot be run.
func baseApart() []exception {
	return []exception{
		{"DEVICE-2-1-36 DEVICE-2-1-37", "there is no name server that a camera could update", []string{"tds:GetDynamicDNS", "tds:SetDynamicDNS"}},
		{"DEVICE-2-1-18 DEVICE-2-1-19 DEVICE-2-1-20 DEVICE-2-1-21", "the addresses of a camera are those of the machine, which it does not touch", []string{"tds:SetNetworkInterfaces"}},
		{"IPCONFIG-1-1-5", "cameras do not give themselves addresses", []string{"tds:GetZeroConfiguration", "tds:SetZeroConfiguration"}},
		{"DEVICE-3-1-10", "cameras keep no log for clients", []string{"tds:GetSystemLog"}},
		{"DEVICE-3-1-13 DEVICE-3-1-14 DEVICE-3-1-15", "cameras cannot be saved and restored by clients", []string{"tds:GetSystemUris", "tds:StartSystemRestore"}},
		{"DEVICE-3-1-16 DEVICE-3-1-17", "cameras take no firmware", []string{"tds:StartFirmwareUpgrade"}},
		{"DEVICE-5-1-1 DEVICE-5-1-2 DEVICE-5-1-3 DEVICE-5-1-5 DEVICE-5-1-6 DEVICE-5-1-7 DEVICE-5-1-8 DEVICE-5-1-9 DEVICE-5-1-11 DEVICE-5-1-12",
			"cameras have no relays", []string{"tds:GetRelayOutputs", "tds:SetRelayOutputState"}},
	}
}

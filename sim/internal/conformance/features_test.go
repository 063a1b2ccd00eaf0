package conformance

import (
	"strconv"
	"strings"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

// features are what a camera says it has, asked for over HTTP.
type features struct {
	// capabilities are attributes and texts of GetServices, by the prefix of the
	// service and the path: "tas/KeystoreCapabilities/RSAKeyLengths".
	capabilities map[string]string
	addresses    map[string]string // of the services, by prefix
	algorithms   []string          // SignatureAlgorithms of the Security service
	topics       map[string]bool   // "tns1:Advancedsecurity/Keystore/KeyStatus"
	protocols    map[string]bool   // of GetNetworkProtocols
	simulated    map[string]bool   // operations, as `camfleet ops` lists them
	release      int               // of the Security service: 2506 for 25.06
}

// discover asks a camera what it has.
func discover(s *session) *features {
	f := &features{
		capabilities: map[string]string{}, addresses: map[string]string{}, topics: map[string]bool{},
		protocols: map[string]bool{}, simulated: map[string]bool{},
	}
	for _, c := range camera.Operations(s.camera.Profile) {
		f.simulated[c.Row.ID()] = c.Simulated && !c.Off
	}
	a := s.post(s.camera.URL(false, devicePath), "", "", tds("GetServices", tds("IncludeCapability", "true")))
	for _, el := range a.Root.FindElements("./Service") {
		prefix, ok := soap.PrefixOf(el.FindElement("./Namespace").Text())
		if !ok {
			s.Fatalf("nobody knows the service %s", el.FindElement("./Namespace").Text())
		}
		f.addresses[prefix] = el.FindElement("./XAddr").Text()
		if prefix == "tas" {
			f.release = 100*atoi(s, el.FindElement("./Version/Major").Text()) + atoi(s, el.FindElement("./Version/Minor").Text())
		}
		if caps := el.FindElement("./Capabilities/Capabilities"); caps != nil {
			f.flatten(prefix, caps)
		}
		for _, oid := range el.FindElements(".//SignatureAlgorithms/algorithm") {
			f.algorithms = append(f.algorithms, oid.Text())
		}
	}
	for _, p := range s.post(f.addresses["tds"], admin, "", "<tds:GetNetworkProtocols/>").Root.FindElements("./NetworkProtocols/Name") {
		f.protocols[p.Text()] = true
	}
	if f.addresses["tev"] != "" {
		set := s.post(f.addresses["tev"], admin, "", "<tev:GetEventProperties/>").Root.FindElement("./TopicSet")
		for _, root := range set.ChildElements() {
			f.gather("", root)
		}
	}
	return f
}

// flatten notes the attributes of an element and of those below it.
func (f *features) flatten(path string, el *etree.Element) {
	for _, a := range el.Attr {
		f.capabilities[path+"/"+a.Key] = a.Value
	}
	for _, child := range el.ChildElements() {
		f.capabilities[path+"/"+child.Tag] = strings.TrimSpace(child.Text())
		f.flatten(path+"/"+child.Tag, child)
	}
}

// gather notes the topics at and below an element of the topic set.
func (f *features) gather(above string, el *etree.Element) {
	name := above + "/" + el.Tag
	if above == "" {
		name = "tns1:" + el.Tag
	}
	for _, a := range el.Attr {
		if a.Key == "topic" && a.Value == "true" {
			f.topics[name] = true
		}
	}
	for _, child := range el.ChildElements() {
		if child.Tag != "MessageDescription" {
			f.gather(name, child)
		}
	}
}

// number is a capability that is a number, 0 if it is not there.
func (f *features) number(path string) int {
	n, _ := strconv.Atoi(f.capabilities[path]) // 0 if it is left out
	return n
}

// on reports whether a capability is true.
func (f *features) on(path string) bool {
	return f.capabilities[path] == "true" || f.capabilities[path] == "1"
}

// words are a capability that is a list.
func (f *features) words(path string) []string { return strings.Fields(f.capabilities[path]) }

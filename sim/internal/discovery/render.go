package discovery

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
)

// Addresses of WS-Addressing and WS-Discovery.
const (
	anonymous = nsAddressing + "/role/anonymous"
	everybody = "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
)

// header is what goes into the header of a message.
type header struct {
	action   string
	id       string // urn:uuid:…
	to       string
	relates  string // MessageID of the question; empty: none
	instance uint32 // AppSequence; 0: none
	number   uint32
}

// writer renders XML with the prefixes that the envelope declares.
type writer struct{ bytes.Buffer }

// element writes <name>text</name>.
func (w *writer) element(name, text string) {
	w.WriteString("<" + name + ">")
	xml.EscapeText(&w.Buffer, []byte(text)) //nolint:errcheck // a bytes.Buffer never fails
	w.WriteString("</" + name + ">")
}

// envelope renders a message; body writes what stands in the body.
func envelope(h header, body func(*writer)) []byte {
	w := &writer{}
	w.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<env:Envelope xmlns:env="` + nsEnvelope + `" xmlns:wsa="` + nsAddressing + `" xmlns:d="` + nsDiscovery +
		`" xmlns:tds="` + nsDevice + `" xmlns:dn="` + nsNetwork + `"><env:Header>`)
	w.element("wsa:MessageID", h.id)
	if h.relates != "" {
		w.element("wsa:RelatesTo", h.relates)
	}
	w.element("wsa:To", h.to)
	w.element("wsa:Action", h.action)
	if h.instance != 0 {
		w.WriteString(`<d:AppSequence InstanceId="` + strconv.FormatUint(uint64(h.instance), 10) +
			`" MessageNumber="` + strconv.FormatUint(uint64(h.number), 10) + `"/>`)
	}
	w.WriteString("</env:Header><env:Body>")
	body(w)
	w.WriteString("</env:Body></env:Envelope>")
	return w.Bytes()
}

// target writes what Hello and the matches say of a camera.
func (w *writer) target(t *Target, xaddrs []string) {
	w.reference(t.Address)
	w.types(t.Types)
	if len(t.Scopes) > 0 {
		w.element("d:Scopes", strings.Join(t.Scopes, " "))
	}
	w.element("d:XAddrs", strings.Join(xaddrs, " "))
	w.element("d:MetadataVersion", strconv.FormatUint(uint64(t.MetadataVersion), 10))
}

func (w *writer) reference(address string) {
	w.WriteString("<wsa:EndpointReference>")
	w.element("wsa:Address", address)
	w.WriteString("</wsa:EndpointReference>")
}

// types writes the list of QNames and declares, on the element, prefixes for
// namespaces that the envelope has none for.
func (w *writer) types(types []QName) {
	if len(types) == 0 {
		return
	}
	w.WriteString("<d:Types")
	words := make([]string, len(types))
	for i, t := range types {
		switch t.Space {
		case nsDevice:
			words[i] = "tds:" + t.Local
		case nsNetwork:
			words[i] = "dn:" + t.Local
		case "":
			words[i] = t.Local
		default:
			prefix := "t" + strconv.Itoa(i)
			words[i] = prefix + ":" + t.Local
			w.WriteString(" xmlns:" + prefix + `="`)
			xml.EscapeText(&w.Buffer, []byte(t.Space)) //nolint:errcheck // a bytes.Buffer never fails
			w.WriteString(`"`)
		}
	}
	w.WriteString(">")
	xml.EscapeText(&w.Buffer, []byte(strings.Join(words, " "))) //nolint:errcheck // a bytes.Buffer never fails
	w.WriteString("</d:Types>")
}

func hello(h header, t *Target, xaddrs []string) []byte {
	h.action, h.to = nsDiscovery+"/Hello", everybody
	return envelope(h, func(w *writer) {
		w.WriteString("<d:Hello>")
		w.target(t, xaddrs)
		w.WriteString("</d:Hello>")
	})
}

func bye(h header, t *Target) []byte {
	h.action, h.to = nsDiscovery+"/Bye", everybody
	return envelope(h, func(w *writer) {
		w.WriteString("<d:Bye>")
		w.reference(t.Address)
		w.WriteString("</d:Bye>")
	})
}

// match renders ProbeMatches or ResolveMatches with one match.
func match(h header, kind string, t *Target, xaddrs []string) []byte {
	h.action = nsDiscovery + "/" + kind + "Matches"
	return envelope(h, func(w *writer) {
		w.WriteString("<d:" + kind + "Matches><d:" + kind + "Match>")
		w.target(t, xaddrs)
		w.WriteString("</d:" + kind + "Match></d:" + kind + "Matches>")
	})
}

// ruleFault renders the fault for a rule of matching that nobody knows
// (WS-Discovery 5.3).
func ruleFault(h header) []byte {
	h.action = nsDiscovery + "/fault"
	return envelope(h, func(w *writer) {
		w.WriteString("<env:Fault><env:Code><env:Value>env:Sender</env:Value><env:Subcode>" +
			"<env:Value>d:MatchingRuleNotSupported</env:Value></env:Subcode></env:Code>" +
			`<env:Reason><env:Text xml:lang="en">the matching rule specified is not supported</env:Text></env:Reason><env:Detail>`)
		w.element("d:SupportedMatchingRules", strings.Join(rules(), " "))
		w.WriteString("</env:Detail></env:Fault>")
	})
}

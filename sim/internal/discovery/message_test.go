package discovery

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// prefixes are the ways of DISCOVERY-2-1-1 to -5 to write one Probe.
func prefixes() map[string]string {
	return map[string]string{
		"default namespace on each tag": `<Envelope xmlns="` + nsEnvelope + `"><Header><Action xmlns="` + nsAddressing + `">` + nsDiscovery + `/Probe</Action>` +
			`<MessageID xmlns="` + nsAddressing + `">urn:uuid:1</MessageID></Header><Body><Probe xmlns="` + nsDiscovery + `"><Types xmlns="` + nsDiscovery + `" xmlns:q="` + nsDevice + `">q:Device</Types></Probe></Body></Envelope>`,
		"default namespace on the parent": `<Envelope xmlns="` + nsEnvelope + `" xmlns:dn="` + nsDevice + `"><Header xmlns:w="` + nsAddressing + `"><w:MessageID>urn:uuid:1</w:MessageID></Header>` +
			`<Body><Probe xmlns="` + nsDiscovery + `"><Types>dn:Device</Types></Probe></Body></Envelope>`,
		"unusual prefixes": `<x1:Envelope xmlns:x1="` + nsEnvelope + `" xmlns:x2="` + nsAddressing + `" xmlns:x3="` + nsDiscovery + `" xmlns:x4="` + nsDevice + `"><x1:Header>` +
			`<x2:MessageID>urn:uuid:1</x2:MessageID></x1:Header><x1:Body><x3:Probe><x3:Types>x4:Device</x3:Types></x3:Probe></x1:Body></x1:Envelope>`,
		"two prefixes of one namespace": `<a:Envelope xmlns:a="` + nsEnvelope + `" xmlns:b="` + nsEnvelope + `"><b:Header xmlns:w="` + nsAddressing + `"><w:MessageID>urn:uuid:1</w:MessageID></b:Header>` +
			`<a:Body xmlns:d="` + nsDiscovery + `" xmlns:e="` + nsDiscovery + `"><d:Probe xmlns:t="` + nsDevice + `"><e:Types>t:Device</e:Types></d:Probe></a:Body></a:Envelope>`,
		"one prefix of several namespaces": `<p:Envelope xmlns:p="` + nsEnvelope + `"><p:Header><p:MessageID xmlns:p="` + nsAddressing + `">urn:uuid:1</p:MessageID></p:Header>` +
			`<p:Body><p:Probe xmlns:p="` + nsDiscovery + `"><q:Types xmlns:q="` + nsDiscovery + `" xmlns:p="` + nsDevice + `">p:Device</q:Types></p:Probe></p:Body></p:Envelope>`,
		"default namespace in a value": `<s:Envelope xmlns:s="` + nsEnvelope + `" xmlns:d="` + nsDiscovery + `"><s:Header xmlns="` + nsAddressing + `"><MessageID>
			urn:uuid:1 </MessageID></s:Header><s:Body><d:Probe><d:Types xmlns="` + nsDevice + `">
			Device
		</d:Types></d:Probe></s:Body></s:Envelope>`,
	}
}

func TestProbeIsReadWithAnyPrefixes(t *testing.T) {
	t.Parallel()
	for name, text := range prefixes() {
		r, err := parse([]byte(text), DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := &request{id: "urn:uuid:1", replyTo: anonymous, probe: &probe{types: []QName{DeviceType()}}}
		if diff := cmp.Diff(want, r, cmp.AllowUnexported(request{}, probe{}, scope{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// wrong are messages that get no answer.
func wrong() map[string]string {
	p := probeOf("urn:uuid:1", "tds:Device", "", "")
	return map[string]string{
		"nothing":             "",
		"not XML":             "M-SEARCH * HTTP/1.1\r\n\r\n",
		"cut":                 p[:len(p)/2],
		"document type":       strings.Replace(p, "<s:Envelope", `<!DOCTYPE x [<!ENTITY e "x">]><s:Envelope`, 1),
		"SOAP 1.1":            strings.Replace(p, nsEnvelope, "http://schemas.xmlsoap.org/soap/envelope/", 1),
		"WS-Discovery 1.1":    strings.ReplaceAll(p, nsDiscovery, "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01"),
		"no MessageID":        strings.Replace(p, "a:MessageID>", "a:MessageId>", 2),
		"empty MessageID":     probeOf(" ", "", "", ""),
		"other addressing":    strings.Replace(p, nsAddressing, "http://www.w3.org/2005/08/addressing", 1),
		"prefix not declared": probeOf("urn:uuid:1", "nope:Device", "", ""),
		"other action":        strings.Replace(p, "discovery/Probe</a:Action>", "discovery/Resolve</a:Action>", 1),
		"two bodies":          strings.Replace(p, "</s:Body>", "<x/></s:Body>", 1),
		"no body":             envelopeOf("urn:uuid:1", "Probe", ""),
		"a Hello":             envelopeOf("urn:uuid:1", "Hello", `<d:Hello xmlns:d="`+nsDiscovery+`"/>`),
		"a ProbeMatches":      envelopeOf("urn:uuid:1", "ProbeMatches", `<d:ProbeMatches xmlns:d="`+nsDiscovery+`"/>`),
		"Probe of nobody":     envelopeOf("urn:uuid:1", "Probe", `<Probe/>`),
		"empty Resolve":       envelopeOf("urn:uuid:1", "Resolve", `<d:Resolve xmlns:d="`+nsDiscovery+`"/>`),
		"insists on a header": strings.Replace(p, "<s:Header>", `<s:Header><x:Y xmlns:x="urn:x" s:mustUnderstand="true"/>`, 1),
		"not UTF-8":           strings.Replace(p, "tds:Device", "tds:Device\xff", 1),
		"text only":           "<a>b",
	}
}

func TestWhatIsNoQuestionIsRefused(t *testing.T) {
	t.Parallel()
	for name, text := range wrong() {
		if r, err := parse([]byte(text), DefaultLimits()); r != nil || !errors.Is(err, errMessage) {
			t.Errorf("%s: got %v, %v", name, r, err)
		}
	}
}

func TestHeaderThatNobodyInsistsOnIsPassedOver(t *testing.T) {
	t.Parallel()
	p := strings.Replace(probeOf("urn:uuid:1", "", "", ""), "<s:Header>", `<s:Header><x:Y xmlns:x="urn:x" s:mustUnderstand="0"/><x:Z xmlns:x="urn:x"/>`, 1)
	if _, err := parse([]byte(p), DefaultLimits()); err != nil {
		t.Error(err)
	}
}

func TestMessageLimitsHoldAtTheirBound(t *testing.T) {
	t.Parallel()
	plain := probeOf("urn:uuid:1", "", "", "")
	inside := func(s string) string { return strings.Replace(plain, "<s:Header>", "<s:Header>"+s, 1) }
	elements := strings.Count(plain, "</")
	words := func(n int) string { return strings.TrimSpace(strings.Repeat("urn:a ", n)) }
	for _, c := range []struct {
		name string
		text func(n int) string
		set  func(l *Limits, n int)
		n    int
	}{
		{"bytes", func(n int) string { return inside("<!--" + strings.Repeat("x", n-len(plain)-7) + "-->") }, func(l *Limits, n int) { l.DatagramBytes = n }, 4096},
		{"depth", func(n int) string { return inside(strings.Repeat("<x>", n-2) + strings.Repeat("</x>", n-2)) }, func(l *Limits, n int) { l.Depth = n }, 10},
		{"elements", func(n int) string { return inside(strings.Repeat("<x/>", n-elements)) }, func(l *Limits, n int) { l.Elements = n }, 20},
		{"scopes", func(n int) string { return probeOf("urn:uuid:1", "", "", words(n)) }, func(l *Limits, n int) { l.Words = n }, 5},
		{"address", func(n int) string { return probeOf(strings.Repeat("i", n), "", "", "") }, func(l *Limits, n int) { l.AddressBytes = n }, len(anonymous)},
		{"types", func(n int) string {
			return probeOf("urn:uuid:1", strings.TrimSpace(strings.Repeat("x:A ", n)), "", "")
		}, func(l *Limits, n int) { l.Words = n }, 5},
	} {
		l := DefaultLimits()
		c.set(&l, c.n)
		if _, err := parse([]byte(c.text(c.n)), l); err != nil {
			t.Errorf("%s at limit: %v", c.name, err)
		}
		if _, err := parse([]byte(c.text(c.n+1)), l); !errors.Is(err, errMessage) {
			t.Errorf("%s beyond: %v", c.name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range prefixes() {
		f.Add([]byte(text))
	}
	for _, text := range wrong() {
		f.Add([]byte(text))
	}
	f.Add([]byte(probeOf("urn:uuid:1", "tds:Device dn:NetworkVideoTransmitter", ruleLDAP, "onvif://www.onvif.org/a ldap://x/c=d uuid:1")))
	f.Add([]byte(envelopeOf("urn:uuid:1", "Resolve", `<d:Resolve xmlns:d="`+nsDiscovery+`" xmlns:a="`+nsAddressing+`"><a:EndpointReference><a:Address>urn:uuid:2</a:Address></a:EndpointReference></d:Resolve>`)))
	tgt := target(1)
	have := scopesOf(tgt.Scopes)
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parse(data, DefaultLimits())
		if (r == nil) != (err != nil) || err != nil && !errors.Is(err, errMessage) {
			t.Fatalf("%v %v", r, err)
		}
		if r == nil {
			return
		}
		if r.id == "" || r.probe == nil && r.resolve == "" {
			t.Errorf("%+v", r)
		}
		if r.probe != nil {
			r.probe.matches(tgt.Types, have)
		}
		answer := match(header{id: "urn:uuid:2", relates: r.id, to: r.replyTo, instance: 1, number: 1}, "Probe", &tgt, []string{"http://x/"})
		if err := scan(answer, Limits{DatagramBytes: len(answer), Depth: 16, Elements: 64}); err != nil {
			t.Errorf("%v: %s", err, answer)
		}
	})
}

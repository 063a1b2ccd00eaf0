package soap_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

// element parses one element.
func element(t *testing.T, text string) *etree.Element {
	t.Helper()
	d := etree.NewDocument()
	if err := d.ReadFromString(text); err != nil {
		t.Fatal(err)
	}
	return d.Root()
}

func TestOnlyPrefixesThatOccurAreDeclaredOnce(t *testing.T) {
	t.Parallel()
	const head = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<env:Envelope xmlns:env="` + env12 + `"`
	for in, want := range map[string]string{
		`<tds:A/>`:                          ` xmlns:tds="` + wsdl + `"><env:Body><tds:A/></env:Body>`,
		`<tds:A xmlns:tds="` + wsdl + `"/>`: ` xmlns:tds="` + wsdl + `"><env:Body><tds:A/></env:Body>`,
		`<tds:A xmlns:ter="http://www.onvif.org/ver10/error">ter:B</tds:A>`: ` xmlns:tds="` + wsdl + `" xmlns:ter="http://www.onvif.org/ver10/error"><env:Body><tds:A>ter:B</tds:A></env:Body>`,
		`<v:A xmlns:v="urn:v"><v:B xmlns:v="urn:v"/></v:A>`:                 `><env:Body><v:A xmlns:v="urn:v"><v:B/></v:A></env:Body>`,
		`<tds:A xmlns:tds="urn:other"><tds:B/></tds:A>`:                     `><env:Body><tds:A xmlns:tds="urn:other"><tds:B/></tds:A></env:Body>`,
		`<A xmlns="urn:a"><B xmlns=""/></A>`:                                `><env:Body><A xmlns="urn:a"><B xmlns=""/></A></env:Body>`,
		`<tds:A tt:b="&lt;&quot;&#10;">a&amp;]]&gt;</tds:A>`:                ` xmlns:tds="` + wsdl + `" xmlns:tt="http://www.onvif.org/ver10/schema"><env:Body><tds:A tt:b="&lt;&quot;&#xA;">a&amp;]]&gt;</tds:A></env:Body>`,
		`<tds:A xml:lang="en"/>`:                                            ` xmlns:tds="` + wsdl + `"><env:Body><tds:A xml:lang="en"/></env:Body>`,
	} {
		got := string(soap.Render(soap.Response{Body: element(t, in)}))
		if got != head+want+`</env:Envelope>` {
			t.Errorf("%s:\n got %s\nwant %s", in, got, head+want+`</env:Envelope>`)
		}
	}
}

func TestCharactersXMLCannotHoldAreReplaced(t *testing.T) {
	t.Parallel()
	el := &etree.Element{Space: "tds", Tag: "A"}
	el.CreateText("a\x00b\xffc\uFFFEd\te\rf")
	got := string(soap.Render(soap.Response{Body: el}))
	if !strings.Contains(got, "<tds:A>a\uFFFDb\uFFFDc\uFFFDd\te&#xD;f</tds:A>") {
		t.Error(got)
	}
}

func TestRepliesCarryAddressingWhenTheRequestDid(t *testing.T) {
	t.Parallel()
	for space, anonymous := range map[string]string{wsa: wsa + "/anonymous", wsa4: wsa4 + "/role/anonymous"} {
		m := message(t, `<a:Action xmlns:a="`+space+`">urn:act</a:Action><a:MessageID xmlns:a="`+space+`">urn:uuid:1</a:MessageID>`)
		r := soap.ReplyTo(m, "urn:reply")
		r.Body = element(t, "<tds:GetScopesResponse xmlns:tds='"+wsdl+"'/>")
		back, err := soap.Parse(soap.Render(r), soap.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		h := back.Header
		if h.Addressing != space || h.Action != "urn:reply" || h.RelatesTo != "urn:uuid:1" || h.To != anonymous {
			t.Errorf("%s: %+v", space, h)
		}
	}
	if got := string(soap.Render(soap.ReplyTo(message(t, ""), "urn:reply"))); strings.Contains(got, "Header") {
		t.Error("a header in answer to none:", got)
	}
}

func TestReferenceParametersOfReplyToAreSentBack(t *testing.T) {
	t.Parallel()
	m := message(t, `<a:ReplyTo xmlns:a="`+wsa+`" xmlns:x="urn:x"><a:Address>http://me/</a:Address><a:ReferenceParameters><x:id>7</x:id></a:ReferenceParameters></a:ReplyTo>`)
	r := soap.ReplyTo(m, "urn:reply")
	r.Body = element(t, "<tds:GetScopesResponse xmlns:tds='"+wsdl+"'/>")
	got := string(soap.Render(r))
	if !strings.Contains(got, `<x:id xmlns:x="urn:x" wsa:IsReferenceParameter="true">7</x:id>`) || !strings.Contains(got, "<wsa:To>http://me/</wsa:To>") {
		t.Error(got)
	}
}

func TestFaultsAreValidWithTheirNormativeReasons(t *testing.T) {
	t.Parallel()
	sent := schematest.Collect(t)
	for _, c := range []struct {
		fault        *soap.Fault
		path, reason string
	}{
		{soap.Generic(soap.VersionMismatch, ""), "env:VersionMismatch", "SOAP version mismatch"},
		{soap.HeadersNotUnderstood([]soap.QName{{Space: "urn:x", Local: "x"}}), "env:MustUnderstand", "SOAP header blocks not understood"},
		{soap.Generic(soap.DataEncodingUnknown, ""), "env:DataEncodingUnknown", "Unsupported SOAP data encoding"},
		{soap.Generic(soap.Sender, "ter:WellFormed"), "env:Sender/ter:WellFormed", "Well-formed Error"},
		{soap.Generic(soap.Sender, "ter:TagMismatch"), "env:Sender/ter:TagMismatch", "Tag Mismatch"},
		{soap.Generic(soap.Sender, "ter:Tag"), "env:Sender/ter:Tag", "No Tag"},
		{soap.Generic(soap.Sender, "ter:Namespace"), "env:Sender/ter:Namespace", "Namespace Error"},
		{soap.Generic(soap.Sender, "ter:MissingAttr"), "env:Sender/ter:MissingAttr", "Required Attribute not present"},
		{soap.Generic(soap.Sender, "ter:ProhibAttr"), "env:Sender/ter:ProhibAttr", "Prohibited Attribute"},
		{soap.InvalidArgs(), "env:Sender/ter:InvalidArgs", "Invalid Args"},
		{soap.InvalidArgVal(), "env:Sender/ter:InvalidArgVal", "Argument Value Invalid"},
		{soap.UnknownAction(), "env:Sender/ter:UnknownAction", "Unknown Action"},
		{soap.OperationProhibited(), "env:Sender/ter:OperationProhibited", "Operation not Permitted"},
		{soap.NotAuthorized(), "env:Sender/ter:NotAuthorized", "Sender not Authorized"},
		{soap.ActionNotSupported(), "env:Receiver/ter:ActionNotSupported", "Optional Action Not Implemented"},
		{soap.ActionFailed(), "env:Receiver/ter:Action", "Action Failed"},
		{soap.OutOfMemory(), "env:Receiver/ter:OutofMemory", "Out of Memory"},
		{soap.CriticalError(), "env:Receiver/ter:CriticalError", "Critical Error"},
		{soap.FaultOf("env:Sender", "ter:InvalidArgVal", "ter:KeyID", "no such key"), "env:Sender/ter:InvalidArgVal/ter:KeyID", "no such key"},
		{soap.FaultOf("env:Sender", "ter:InvalidArgVal", "ter:KeyID", ""), "env:Sender/ter:InvalidArgVal/ter:KeyID", "Argument Value Invalid"},
		{soap.InvalidArgs().WithText(`tds:A/tds:B: "<" is no int`), "env:Sender/ter:InvalidArgs", "Invalid Args"},
	} {
		if c.fault.Path() != c.path || c.fault.Reason != c.reason || c.fault.Error() != c.path+": "+c.reason {
			t.Errorf("%v, want %s: %s", c.fault, c.path, c.reason)
		}
		rendered := soap.Render(soap.Response{Fault: c.fault})
		sent.Add("", rendered)
		m, err := soap.Parse(rendered, soap.DefaultLimits())
		if err != nil {
			t.Errorf("%v: %v", c.fault, err)
			continue
		}
		if got := m.Body.FindElement("Reason/Text").Text(); got != c.reason {
			t.Errorf("%v: reason %q", c.fault, got)
		}
	}
}

func TestFaultsOfSOAP11KeepTheirSubcodes(t *testing.T) {
	t.Parallel()
	f := soap.FaultOf("env:Sender", "ter:InvalidArgVal", "ter:KeyID", "no such key").WithText("Key-9")
	got := string(soap.Render(soap.Response{Version: soap.V11, Fault: f}))
	for _, want := range []string{
		`xmlns:env="` + env11 + `"`, `<faultcode>env:Client</faultcode><faultstring>no such key</faultstring>`,
		`<detail><ter:InvalidArgVal><ter:KeyID/></ter:InvalidArgVal>`, `Key-9`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if got := string(soap.Render(soap.Response{Version: soap.V11, Fault: soap.ActionFailed()})); !strings.Contains(got, "env:Server") {
		t.Error(got)
	}
}

func TestFaultActionsAreThoseOfAddressing(t *testing.T) {
	t.Parallel()
	for space, want := range map[string]string{wsa: wsa + "/soap/fault", wsa4: wsa4 + "/fault"} {
		m, err := soap.Parse(soap.Render(soap.Response{Addressing: space, Fault: soap.ActionFailed()}), soap.DefaultLimits())
		if err != nil || m.Header.Action != want {
			t.Errorf("%v %v, want %s", m, err, want)
		}
	}
}

func TestFaultsAreComparedByCodes(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("key %q: %w", "k", soap.FaultOf("env:Sender", "ter:InvalidArgVal", "ter:KeyID", "no such key"))
	if !errors.Is(err, soap.FaultOf("env:Sender", "ter:InvalidArgVal", "ter:KeyID", "another text")) || errors.Is(err, soap.InvalidArgVal()) {
		t.Error(err)
	}
}

func TestStandaloneCopiesMeanTheSameElsewhere(t *testing.T) {
	t.Parallel()
	root := element(t, `<r xmlns="urn:d" xmlns:a="urn:a" xmlns:b="urn:b" xmlns:c="urn:c" xmlns:un="urn:unused">
		<x a:k="b:v"><y xmlns:a="urn:a2"><a:z>c:Topic|other</a:z></y></x></r>`)
	c := soap.Standalone(root.ChildElements()[0])
	got := map[string]string{}
	for _, a := range c.Attr {
		if a.Space == "xmlns" || a.Key == "xmlns" {
			got[a.Key] = a.Value
		}
	}
	want := map[string]string{"xmlns": "urn:d", "a": "urn:a", "b": "urn:b", "c": "urn:c"}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("prefix %s is %q, want %q", k, got[k], v)
		}
	}
	if len(got) != len(want) {
		t.Errorf("declarations %v, want %v", got, want)
	}
	if c.Parent() != nil || len(root.ChildElements()) != 1 {
		t.Error("the original was moved")
	}
}

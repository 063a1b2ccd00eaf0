package soap_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/camfleet/camfleet/sim/internal/soap"
)

const (
	env12 = "http://www.w3.org/2003/05/soap-envelope"
	env11 = "http://schemas.xmlsoap.org/soap/envelope/"
	wsdl  = "http://www.onvif.org/ver10/device/wsdl"
)

// envelope wraps header blocks and a body in SOAP 1.2.
func envelope(header, body string) string {
	if header != "" {
		header = "<s:Header>" + header + "</s:Header>"
	}
	return `<s:Envelope xmlns:s="` + env12 + `" xmlns:tds="` + wsdl + `">` + header + `<s:Body>` + body + `</s:Body></s:Envelope>`
}

var goodMessages = map[string]string{
	"SOAP 1.2":          envelope("", "<tds:GetScopes/>"),
	"SOAP 1.1":          `<e:Envelope xmlns:e="` + env11 + `"><e:Body><GetScopes xmlns="` + wsdl + `"/></e:Body></e:Envelope>`,
	"default namespace": `<Envelope xmlns="` + env12 + `"><Body><GetScopes xmlns="` + wsdl + `"/></Body></Envelope>`,
	"declaration":       `<?xml version="1.0" encoding="utf-8"?>` + "\r\n" + envelope("", "<tds:GetScopes/>"),
	"byte order mark":   "\ufeff" + envelope("", "<tds:GetScopes/>"),
	"comments":          "<!-- a -->" + envelope("<!-- b -->", "<!-- c --><tds:GetScopes><!-- d --></tds:GetScopes>") + "<!-- e -->",
	"white space":       " \n" + strings.ReplaceAll(envelope("<a xmlns='urn:a'/>", "<tds:GetScopes/>"), "><", ">\n <") + "\n",
	"UTF-16 LE":         utf16Text(binary.LittleEndian, `<?xml version="1.0" encoding="UTF-16"?>`+envelope("", "<tds:GetScopes/>")),
	"UTF-16 BE":         utf16Text(binary.BigEndian, envelope("", "<tds:GetScopes/>")),
}

func utf16Text(order binary.AppendByteOrder, s string) string {
	b := order.AppendUint16(nil, 0xFEFF)
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

func TestMessagesAreTakenApart(t *testing.T) {
	t.Parallel()
	for name, text := range goodMessages {
		m, err := soap.Parse([]byte(text), soap.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want := (soap.QName{Space: wsdl, Local: "GetScopes"}); m.Name != want {
			t.Errorf("%s: body %v, want %v", name, m.Name, want)
		}
		if want := map[bool]soap.Version{true: soap.V11}[name == "SOAP 1.1"]; m.Version != want {
			t.Errorf("%s: version %d, want %d", name, m.Version, want)
		}
	}
}

var badMessages = []struct{ name, text, fault string }{
	{"empty", "", ""},
	{"blank", " \n", ""},
	{"JSON", `{"a":1}`, ""},
	{"HTML", "<html><body/></html>", ""},
	{"not XML", "<<<", ""},
	{"entity bomb", `<!DOCTYPE a [<!ENTITY a "b">]>` + envelope("", "<tds:GetScopes>&a;</tds:GetScopes>"), ""},
	{"other version", strings.Replace(envelope("", "<tds:GetScopes/>"), env12, "http://www.w3.org/2001/12/soap-envelope", 1), "env:VersionMismatch"},
	{"no namespace", "<Envelope><Body><a/></Body></Envelope>", "env:VersionMismatch"},
	{"no body", `<s:Envelope xmlns:s="` + env12 + `"/>`, "env:Sender/ter:Tag"},
	{"empty body", envelope("", ""), "env:Sender/ter:Tag"},
	{"two operations", envelope("", "<tds:GetScopes/><tds:GetScopes/>"), "env:Sender/ter:TagMismatch"},
	{"two bodies", strings.Replace(envelope("", "<tds:GetScopes/>"), "</s:Envelope>", "<s:Body><tds:GetScopes/></s:Body></s:Envelope>", 1), "env:Sender/ter:TagMismatch"},
	{"header last", strings.Replace(envelope("", "<tds:GetScopes/>"), "</s:Envelope>", "<s:Header/></s:Envelope>", 1), "env:Sender/ter:TagMismatch"},
	{"stranger", strings.Replace(envelope("", "<tds:GetScopes/>"), "<s:Body>", "<s:Boby/><s:Body>", 1), "env:Sender/ter:TagMismatch"},
	{"truncated", envelope("", "<tds:GetScopes/>")[:140], "env:Sender/ter:WellFormed"},
	{"crossed tags", envelope("", "<tds:GetScopes><a></tds:GetScopes></a>"), "env:Sender/ter:WellFormed"},
	{"other end tag", envelope("", "<tds:GetScopes></tds:GetScope>"), "env:Sender/ter:WellFormed"},
	{"other end prefix", envelope("", "<tds:GetScopes></s:GetScopes>"), "env:Sender/ter:WellFormed"},
	{"bare ampersand", envelope("", "<tds:GetScopes>&</tds:GetScopes>"), "env:Sender/ter:WellFormed"},
	{"unknown entity", envelope("", "<tds:GetScopes>&nbsp;</tds:GetScopes>"), "env:Sender/ter:WellFormed"},
	{"control character", envelope("", "<tds:GetScopes>\x01</tds:GetScopes>"), "env:Sender/ter:WellFormed"},
	{"control reference", envelope("", "<tds:GetScopes>&#1;</tds:GetScopes>"), "env:Sender/ter:WellFormed"},
	{"surrogate reference", envelope("", "<tds:GetScopes>&#60;&#xDfff;</tds:GetScopes>"), "env:Sender/ter:WellFormed"},
	{"surrogate reference in an attribute", envelope("", "<tds:GetScopes a='&#055296;'/>"), "env:Sender/ter:WellFormed"},
	{"invalid UTF-8", envelope("", "<tds:GetScopes>\xff</tds:GetScopes>"), "env:Sender/ter:WellFormed"},
	{"two roots", envelope("", "<tds:GetScopes/>") + "<a/>", "env:Sender/ter:WellFormed"},
	{"text after", envelope("", "<tds:GetScopes/>") + "a", "env:Sender/ter:WellFormed"},
	{"attribute twice", envelope("", "<tds:GetScopes a='1' a='2'/>"), "env:Sender/ter:WellFormed"},
	{"attribute twice by namespace", envelope("", "<tds:GetScopes xmlns:a='urn:a' xmlns:b='urn:a' a:x='1' b:x='2'/>"), "env:Sender/ter:WellFormed"},
	{"no name", envelope("", "<tds:Get:Scopes/>"), "env:Sender/ter:WellFormed"},
	{"instruction", envelope("", "<tds:GetScopes><?php x?></tds:GetScopes>"), "env:Sender/ter:WellFormed"},
	{"late declaration", envelope("", "<tds:GetScopes/>") + `<?xml version="1.0"?>`, "env:Sender/ter:WellFormed"},
	{"type declaration inside", envelope("", "<!DOCTYPE a><tds:GetScopes/>"), "env:Sender/ter:WellFormed"},
	{"undeclared prefix", envelope("", "<tt:GetScopes/>"), "env:Sender/ter:Namespace"},
	{"undeclared attribute prefix", envelope("", "<tds:GetScopes tt:a=''/>"), "env:Sender/ter:Namespace"},
	{"undeclaration", envelope("", "<tds:GetScopes xmlns:tds=''/>"), "env:Sender/ter:Namespace"},
	{"xmlns declared", envelope("", "<tds:GetScopes xmlns:xmlns='urn:x'/>"), "env:Sender/ter:Namespace"},
	{"xml redeclared", envelope("", "<tds:GetScopes xmlns:xml='urn:x'/>"), "env:Sender/ter:Namespace"},
	{"Latin-1", `<?xml version="1.0" encoding="ISO-8859-1"?>` + envelope("", "<tds:GetScopes/>"), "env:DataEncodingUnknown"},
	{"odd UTF-16", "\xff\xfe<\x00a", "env:DataEncodingUnknown"},
	{"encoding style", envelope("", "<tds:GetScopes s:encodingStyle='http://www.w3.org/2003/05/soap-encoding'/>"), "env:DataEncodingUnknown"},
}

func TestBadMessagesAreRefusedWithTheFaultOfTheStandard(t *testing.T) {
	t.Parallel()
	for _, c := range badMessages {
		m, err := soap.Parse([]byte(c.text), soap.DefaultLimits())
		if m != nil || err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		if c.fault == "" {
			if c.name != "odd UTF-16" && !errors.Is(err, soap.ErrNotSOAP) {
				t.Errorf("%s: %v, want ErrNotSOAP", c.name, err)
			}
			continue
		}
		var f *soap.Fault
		if !errors.As(err, &f) || f.Path() != c.fault {
			t.Errorf("%s: %v, want %s", c.name, err, c.fault)
		}
	}
}

// TestReferencesToCharactersAreTaken: also those that look like others.
func TestReferencesToCharactersAreTaken(t *testing.T) {
	t.Parallel()
	m, err := soap.Parse([]byte(envelope("", "<tds:GetScopes>&#xfffd;&#x1F511;&amp;#xD800;<!--&#xD800;--><![CDATA[&#xD800;]]></tds:GetScopes>")), soap.DefaultLimits())
	if err != nil || m.Body.Text() != "\ufffd🔑&#xD800;&#xD800;" {
		t.Errorf("%v, %v", m, err)
	}
}

func TestLimitsHoldAtTheLimitAndNotBeyond(t *testing.T) {
	t.Parallel()
	nested := func(n int) string { // Envelope and Body are two more
		return envelope("", "<tds:A>"+strings.Repeat("<a>", n-3)+strings.Repeat("</a>", n-3)+"</tds:A>")
	}
	plain := envelope("", "<tds:GetScopes/>")
	many := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		limits soap.Limits
		text   func(n int) string
		limit  int
	}{
		"bytes":      {soap.Limits{Bytes: 300}, func(n int) string { return plain + strings.Repeat(" ", n-len(plain)) }, 300},
		"depth":      {soap.Limits{Depth: 9}, nested, 9},
		"elements":   {soap.Limits{Elements: 12}, func(n int) string { return envelope("", "<tds:A>"+strings.Repeat("<a/>", n-3)+"</tds:A>") }, 12},
		"attributes": {soap.Limits{Attributes: 10}, func(n int) string { return envelope("", "<tds:A"+many(" a%d='1'", n)+"/>") }, 10},
		"namespaces": {soap.Limits{Namespaces: 10}, func(n int) string { return envelope("", "<tds:A"+many(" xmlns:a%d='urn:a'", n-2)+"/>") }, 10},
		"name":       {soap.Limits{Name: 20}, func(n int) string { return envelope("", "<"+strings.Repeat("a", n)+"/>") }, 20},
		"text":       {soap.Limits{Text: 60}, func(n int) string { return envelope("", "<tds:A>"+strings.Repeat("a", n)+"</tds:A>") }, 60},
		"joined":     {soap.Limits{Text: 60}, func(n int) string { return envelope("", "<tds:A>a<!-- -->"+strings.Repeat("a", n-1)+"</tds:A>") }, 60},
		"value":      {soap.Limits{Text: 60}, func(n int) string { return envelope("", "<tds:A a='"+strings.Repeat("a", n)+"'/>") }, 60},
	} {
		if _, err := soap.Parse([]byte(c.text(c.limit)), c.limits); err != nil {
			t.Errorf("%s: at the limit: %v", name, err)
		}
		_, err := soap.Parse([]byte(c.text(c.limit+1)), c.limits)
		if !errors.Is(err, soap.OutOfMemory()) {
			t.Errorf("%s: beyond the limit: %v, want %v", name, err, soap.OutOfMemory())
		}
	}
}

func TestMalformedMessagesSayWhere(t *testing.T) {
	t.Parallel()
	_, err := soap.Parse([]byte(envelope("", "\n<tds:GetScopes>&</tds:GetScopes>")), soap.DefaultLimits())
	var f *soap.Fault
	if !errors.As(err, &f) || f.Detail == nil || !strings.Contains(f.Detail.FindElement("Text").Text(), "line 2") {
		t.Errorf("%v: detail doesn't name line 2", err)
	}
}

// FuzzParse checks that whatever is parsed can be written and parsed again.
func FuzzParse(f *testing.F) {
	for _, text := range goodMessages {
		f.Add([]byte(text))
	}
	for _, c := range badMessages {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := soap.Parse(body, soap.Limits{Bytes: 1 << 14, Depth: 20})
		if err != nil {
			var fault *soap.Fault
			if !errors.Is(err, soap.ErrNotSOAP) && !errors.As(err, &fault) {
				t.Fatalf("error of type %T: %v", err, err)
			}
			return
		}
		m.UsernameToken()
		r := soap.ReplyTo(m, "urn:action")
		r.Body = soap.Standalone(m.Body)
		again, err := soap.Parse(soap.Render(r), soap.Limits{Depth: 100, Name: 1 << 20})
		if err != nil {
			t.Fatalf("%v\n%s", err, soap.Render(r))
		}
		if again.Name != m.Name || len(again.Body.Child) == 0 != (len(m.Body.Child) == 0) {
			t.Fatalf("%v became %v", m.Name, again.Name)
		}
	})
}

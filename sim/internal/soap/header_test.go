package soap_test

import (
	"testing"

	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/google/go-cmp/cmp"
)

const (
	wsa  = "http://www.w3.org/2005/08/addressing"
	wsa4 = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	wsse = soap.SpaceSecurity
	wsu  = soap.SpaceUtility
)

func message(t *testing.T, header string) *soap.Message {
	t.Helper()
	m, err := soap.Parse([]byte(envelope(header, "<tds:GetScopes/>")), soap.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAddressingHeadersAreReadInBothVersions(t *testing.T) {
	t.Parallel()
	for _, space := range []string{wsa, wsa4} {
		m := message(t, `<a:Action s:mustUnderstand="1" xmlns:a="`+space+`"> urn:act </a:Action>
			<a:MessageID xmlns:a="`+space+`">urn:uuid:1</a:MessageID><a:To xmlns:a="`+space+`">http://cam/</a:To>
			<a:RelatesTo xmlns:a="`+space+`">urn:uuid:0</a:RelatesTo>
			<a:ReplyTo xmlns:a="`+space+`"><a:Address>http://me/</a:Address><a:ReferenceParameters><x xmlns="urn:x">7</x></a:ReferenceParameters></a:ReplyTo>`)
		h := m.Header
		got := []string{h.Addressing, h.Action, h.MessageID, h.To, h.RelatesTo, h.ReplyTo}
		if diff := cmp.Diff([]string{space, "urn:act", "urn:uuid:1", "http://cam/", "urn:uuid:0", "http://me/"}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", space, diff)
		}
		if len(h.ReplyParameters) != 1 || h.ReplyParameters[0].Text() != "7" || len(h.MustUnderstand) != 0 {
			t.Errorf("%s: %+v", space, h)
		}
	}
}

func TestUnknownHeadersMustBeUnderstoodOnlyWhenMeantForUs(t *testing.T) {
	t.Parallel()
	x := soap.QName{Space: "urn:x", Local: "x"}
	for header, want := range map[string][]soap.QName{
		`<x xmlns="urn:x"/>`:                                                                          nil,
		`<x xmlns="urn:x" s:mustUnderstand="0"/>`:                                                     nil,
		`<x xmlns="urn:x" mustUnderstand="1"/>`:                                                       nil,
		`<x xmlns="urn:x" s:mustUnderstand="1"/>`:                                                     {x},
		`<x xmlns="urn:x" s:mustUnderstand="true"/>`:                                                  {x},
		`<x xmlns="urn:x" s:mustUnderstand="1" s:role="` + env12 + `/role/next"/>`:                    {x},
		`<x xmlns="urn:x" s:mustUnderstand="1" s:role="` + env12 + `/role/none"/>`:                    nil,
		`<x xmlns="urn:x" s:mustUnderstand="1" xmlns:a="` + wsa + `" a:IsReferenceParameter="true"/>`: nil,
		`<o:Security s:mustUnderstand="1" xmlns:o="` + wsse + `"/>`:                                   nil,
	} {
		if diff := cmp.Diff(want, message(t, header).Header.MustUnderstand); diff != "" {
			t.Errorf("%s (-want +got):\n%s", header, diff)
		}
	}
}

func TestReferenceParametersAreKept(t *testing.T) {
	t.Parallel()
	m := message(t, `<dom0:SubscriptionId xmlns:dom0="urn:vendor">42</dom0:SubscriptionId>`)
	if r := m.Header.Reference; len(r) != 1 || r[0].Text() != "42" {
		t.Errorf("%v", r)
	}
}

func TestUsernameTokenIsReadAsText(t *testing.T) {
	t.Parallel()
	m := message(t, `<o:Security xmlns:o="`+wsse+`" xmlns:u="`+wsu+`"><o:BinarySecurityToken>abc</o:BinarySecurityToken>
		<o:UsernameToken u:Id="t"><o:Username>admin</o:Username><o:Password Type="#PasswordDigest">x=</o:Password>
		<o:Nonce> bm9uY2U= </o:Nonce><u:Created>2026-11-21T18:41:32Z</u:Created></o:UsernameToken></o:Security>`)
	got, ok := m.UsernameToken()
	want := soap.UsernameToken{Username: "admin", Password: "x=", PasswordType: "#PasswordDigest", Nonce: "bm9uY2U=", Created: "2026-11-21T18:41:32Z"}
	if !ok || got != want {
		t.Errorf("%+v, %v", got, ok)
	}
	if m.Header.Security.ChildElements()[0].Text() != "abc" {
		t.Error("the binary token is lost")
	}
}

func TestNoUsernameTokenIsFoundWhereThereIsNone(t *testing.T) {
	t.Parallel()
	for _, header := range []string{
		"", `<o:Security xmlns:o="` + wsse + `"/>`, `<Security xmlns="urn:other"><UsernameToken/></Security>`,
		`<o:Security xmlns:o="` + wsse + `"><UsernameToken xmlns="urn:other"/></o:Security>`,
	} {
		if got, ok := message(t, header).UsernameToken(); ok {
			t.Errorf("%s: %+v", header, got)
		}
	}
}

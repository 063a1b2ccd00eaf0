package onvif_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/onvif/tr2"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

// createKey is the request as gSOAP's and .NET's clients write it: the
// namespaces used, WS-Security, the operation.
const createKey = `<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tas="http://www.onvif.org/ver10/advancedsecurity/wsdl"><s:Header><Security s:mustUnderstand="1" xmlns="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><UsernameToken><Username>admin</Username><Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest">ng7Mxr0xj6YQtJfKNs7V1Qh3A4A=</Password><Nonce EncodingType="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary">LKqI6G/AikKCQrN0zqZFlg==</Nonce><Created xmlns="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">2026-11-21T18:41:32.763Z</Created></UsernameToken></Security></s:Header><s:Body><tas:CreateRSAKeyPair><tas:KeyLength>2048</tas:KeyLength><tas:Alias>k</tas:Alias></tas:CreateRSAKeyPair></s:Body></s:Envelope>`

// BenchmarkSecurityRequest is one request's whole way but the handler.
func BenchmarkSecurityRequest(b *testing.B) {
	binder := soap.NewBinder()
	name := soap.QName{Space: tas.Namespace, Local: "CreateRSAKeyPairResponse"}
	body := []byte(createKey)
	b.ReportAllocs()
	for b.Loop() {
		m, err := soap.Parse(body, soap.DefaultLimits())
		if err != nil {
			b.Fatal(err)
		}
		if _, ok := m.UsernameToken(); !ok {
			b.Fatal("no token")
		}
		var req tas.CreateRSAKeyPair
		if err := binder.Decode(m.Body, &req); err != nil {
			b.Fatal(err)
		}
		el, err := binder.Encode(name, &tas.CreateRSAKeyPairResponse{KeyID: "Key-1", EstimatedCreationTime: soap.Duration{Span: 5e9}})
		if err != nil {
			b.Fatal(err)
		}
		r := soap.ReplyTo(m, "")
		r.Body = el
		if len(soap.Render(r)) == 0 {
			b.Fatal("nothing written")
		}
	}
}

func BenchmarkParse(b *testing.B) {
	body := []byte(createKey)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := soap.Parse(body, soap.DefaultLimits()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGetProfilesResponse encodes and renders the published sample.
func BenchmarkGetProfilesResponse(b *testing.B) {
	body, err := os.ReadFile(filepath.Join(schematest.Dir(b), "testdata", "good", "media2-GetProfilesResponse.xml"))
	if err != nil {
		b.Fatal(err)
	}
	m, err := soap.Parse(body, soap.DefaultLimits())
	if err != nil {
		b.Fatal(err)
	}
	binder := soap.NewBinder()
	var v tr2.GetProfilesResponse
	if err := binder.Decode(m.Body, &v); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		el, err := binder.Encode(m.Name, &v)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(soap.Render(soap.Response{Body: el}))))
	}
}

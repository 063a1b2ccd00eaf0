package soap_test

import (
	"testing"

	"github.com/camfleet/camfleet/sim/internal/soap"
)

// BenchmarkParse takes apart a request as clients send it: WS-Addressing, a
// UsernameToken, one small element in the Body.
func BenchmarkParse(b *testing.B) {
	body := []byte(`<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing">
  <s:Header>
    <a:Action>http://www.onvif.org/ver10/media/wsdl/GetStreamUri</a:Action>
    <a:MessageID>urn:uuid:11111111-2222-3333-4444-555555555555</a:MessageID>
    <Security xmlns="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd" s:mustUnderstand="1">
      <UsernameToken>
        <Username>admin</Username>
        <Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest">tuOSpGlFlIXsozq4HFNeeGeFLEI=</Password>
        <Nonce>LKqI6G/AikKCQrN0zqZFlg==</Nonce>
        <Created xmlns="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">2010-09-16T07:50:45Z</Created>
      </UsernameToken>
    </Security>
  </s:Header>
  <s:Body>
    <GetStreamUri xmlns="http://www.onvif.org/ver10/media/wsdl">
      <StreamSetup><Stream xmlns="http://www.onvif.org/ver10/schema">RTP-Unicast</Stream>
        <Transport xmlns="http://www.onvif.org/ver10/schema"><Protocol>RTSP</Protocol></Transport></StreamSetup>
      <ProfileToken>Profile_main</ProfileToken>
    </GetStreamUri>
  </s:Body>
</s:Envelope>`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := soap.Parse(body, soap.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

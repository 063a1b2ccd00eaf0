package pki_test

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/pki"
	"pgregory.net/rapid"
)

// all is a name with every attribute of tas:DistinguishedName, in its order.
func all() pki.Name {
	return pki.Name{
		{{Type: "C", Value: "US"}},
		{{Type: "O", Value: "ONVIF Test"}},
		{{Type: "OU", Value: "Unit test"}},
		{{Type: "dnQualifier", Value: "DN Qualifier Test"}},
		{{Type: "ST", Value: "State Name Test"}},
		{{Type: "CN", Value: "Common Name Test"}},
		{{Type: "serialNumber", Value: "000000000000"}},
		{{Type: "L", Value: "LA"}},
		{{Type: "title", Value: "Mr"}},
		{{Type: "SN", Value: "SurnameTest"}},
		{{Type: "givenName", Value: "GivenNameTest"}},
		{{Type: "initials", Value: "AS"}},
		{{Type: "pseudonym", Value: "Pseudonym Test"}},
		{{Type: "generationQualifier", Value: "GenerationQualifier Test"}},
		{{Type: "1.3.6.1.4.1.2147483647", Value: "Schlüssel"}},
		{{Type: "CN", Value: "x"}, {Type: "UID", Value: "y"}, {Type: "1.3.6.1.4.1.55555.1", Value: "#0c0141"}},
		{{Type: "DC", Value: "example"}},
		{{Type: "emailAddress", Value: "a@b"}},
	}
}

// TestOpenSSLReadsTheNameInItsOrder compares with what OpenSSL prints.
func TestOpenSSLReadsTheNameInItsOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	request := pki.Request{Subject: all()}
	write(t, dir, "r.der", must[[]byte](t)(request.Sign(keys.p256, algorithmNamed(t, "ecdsa-with-SHA256"), nil)))
	out := string(tool(t, dir, "openssl", "req", "-inform", "DER", "-in", "r.der", "-noout", "-subject", "-nameopt", "oneline,-esc_msb,utf8"))
	want := "subject=C = US, O = ONVIF Test, OU = Unit test, dnQualifier = DN Qualifier Test, ST = State Name Test, CN = Common Name Test, serialNumber = 000000000000, " +
		"L = LA, title = Mr, SN = SurnameTest, GN = GivenNameTest, initials = AS, pseudonym = Pseudonym Test, generationQualifier = GenerationQualifier Test, " +
		"1.3.6.1.4.1.2147483647 = Schlüssel, CN = x + 1.3.6.1.4.1.55555.1 = A + UID = y, DC = example, emailAddress = a@b"
	if got := strings.TrimSpace(out); got != want {
		t.Errorf("have %s\nwant %s", got, want)
	}
	parsed := string(tool(t, dir, "openssl", "asn1parse", "-inform", "DER", "-in", "r.der"))
	for text, kind := range map[string]string{"US": "PRINTABLESTRING", "000000000000": "PRINTABLESTRING", "DN Qualifier Test": "PRINTABLESTRING", "Unit test": "UTF8STRING", "example": "IA5STRING", "a@b": "IA5STRING"} {
		if !strings.Contains(parsed, fmt.Sprintf("%-18s:%s\n", kind, text)) {
			t.Errorf("%q is not of type %s:\n%s", text, kind, parsed)
		}
	}
}

func TestValuesAreReadAsRFC4514Says(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{ // of a common name, as DER
		"Smith, John":           "0c0b536d6974682c204a6f686e",
		`Smith\, John`:          "0c0b536d6974682c204a6f686e",
		`\C3\A4`:                "0c02c3a4",
		`\\`:                    "0c015c",
		`\#1`:                   "0c022331",
		"a#":                    "0c026123",
		"#0403616263":           "0403616263",
		"#130141":               "130141",
		"#3000":                 "3000",
		"ä":                     "0c02c3a4",
		strings.Repeat("ä", 64): "0c8180" + strings.Repeat("c3a4", 64),
	} {
		der, err := pki.Name{{{Type: "cn", Value: value}}}.DER()
		if got := hex.EncodeToString(der); err != nil || !strings.HasSuffix(got, want) {
			t.Errorf("%q: %s, %v", value, got, err)
		}
	}
}

func TestNamesThatCannotBeAreErrors(t *testing.T) {
	t.Parallel()
	bad := map[string]pki.RDN{
		"no attribute":           {},
		"unknown type":           {{Type: "string", Value: "x"}},
		"no type":                {{Value: "x"}},
		"arc of 32 bits":         {{Type: "1.3.6.1.4.1.2147483648", Value: "x"}},
		"impossible OID":         {{Type: "3.1.1", Value: "x"}},
		"OID of one arc":         {{Type: "1", Value: "x"}},
		"type twice":             {{Type: "CN", Value: "x"}, {Type: "2.5.4.3", Value: "y"}},
		"empty":                  {{Type: "CN", Value: ""}},
		"country of one letter":  {{Type: "C", Value: "U"}},
		"country of three":       {{Type: "C", Value: "USA"}},
		"country not printable":  {{Type: "C", Value: "ÄÖ"}},
		"serial not printable":   {{Type: "serialNumber", Value: "a@b"}},
		"email not ASCII":        {{Type: "emailAddress", Value: "ä@b"}},
		"65 characters":          {{Type: "CN", Value: strings.Repeat("ä", 65)}},
		"129 characters":         {{Type: "L", Value: strings.Repeat("a", 129)}},
		"hexadecimal, odd":       {{Type: "CN", Value: "#0c014"}},
		"hexadecimal, no digits": {{Type: "CN", Value: "#xy"}},
		"hexadecimal, empty":     {{Type: "CN", Value: "#"}},
		"hexadecimal, no DER":    {{Type: "CN", Value: "#0c0241"}},
		"hexadecimal, two":       {{Type: "CN", Value: "#0c01410c0141"}},
		"hexadecimal, not UTF-8": {{Type: "CN", Value: "#0c01ff"}},
		"hexadecimal, printable": {{Type: "C", Value: "#13014a40"}},
		"escapes nothing":        {{Type: "CN", Value: `DOMAIN\user`}},
		"escape at the end":      {{Type: "CN", Value: `x\`}},
		"not UTF-8":              {{Type: "CN", Value: "\xff"}},
		"escaped, not UTF-8":     {{Type: "CN", Value: `\FF`}},
	}
	for name, rdn := range bad {
		if der, err := (pki.Name{rdn}).DER(); !errors.Is(err, pki.ErrName) || der != nil {
			t.Errorf("%s: %x, %v", name, der, err)
		}
	}
	if pki.KnownAttributeType("string") || !pki.KnownAttributeType("COMMONNAME") || !pki.KnownAttributeType("1.2.3") {
		t.Error("known attribute types")
	}
}

func TestNameLimits(t *testing.T) {
	t.Parallel()
	rdns := func(n int) (out pki.Name) {
		for i := range n {
			out = append(out, pki.RDN{{Type: fmt.Sprintf("1.2.%d", i), Value: "x"}})
		}
		return out
	}
	attributes := func(n int) pki.Name {
		var rdn pki.RDN
		for i := range n {
			rdn = append(rdn, pki.Attribute{Type: fmt.Sprintf("1.2.%d", i), Value: "x"})
		}
		return pki.Name{rdn}
	}
	bytesOf := func(n int) pki.Name { // two values and 38 bytes around them
		return pki.Name{{{Type: "name", Value: strings.Repeat("a", 32768)}}, {{Type: "initials", Value: strings.Repeat("a", n-32768-38)}}}
	}
	for name, tt := range map[string]struct {
		at, above pki.Name
	}{
		"MaxRDNs":       {rdns(pki.MaxRDNs), rdns(pki.MaxRDNs + 1)},
		"MaxAttributes": {attributes(pki.MaxAttributes), attributes(pki.MaxAttributes + 1)},
		"MaxNameBytes":  {bytesOf(pki.MaxNameBytes), bytesOf(pki.MaxNameBytes + 1)},
	} {
		if der, err := tt.at.DER(); err != nil || name == "MaxNameBytes" && len(der) != pki.MaxNameBytes {
			t.Errorf("at %s: %d bytes, %v", name, len(der), err)
		}
		var limit *pki.LimitError
		if _, err := tt.above.DER(); !errors.Is(err, pki.ErrName) || !errors.As(err, &limit) || limit.Limit != name {
			t.Errorf("above %s: %v", name, err)
		}
	}
}

// sequenceOf parses a name with Go's own package.
func sequenceOf(t interface{ Fatalf(string, ...any) }, der []byte) pkix.RDNSequence {
	var seq pkix.RDNSequence
	if rest, err := asn1.Unmarshal(der, &seq); err != nil || len(rest) > 0 {
		t.Fatalf("%x: %v", der, err)
	}
	return seq
}

func TestEveryNameIsReadBack(t *testing.T) {
	t.Parallel()
	types := []string{"CN", "O", "OU", "title", "name"}
	rapid.Check(t, func(r *rapid.T) {
		var name pki.Name
		var want [][]string
		for range rapid.IntRange(1, 5).Draw(r, "rdns") {
			var rdn pki.RDN
			var values []string
			for _, kind := range rapid.SliceOfNDistinct(rapid.SampledFrom(types), 1, 3, rapid.ID[string]).Draw(r, "types") {
				value := rapid.StringN(1, 30, -1).Draw(r, "value")
				escaped := strings.NewReplacer(`\`, `\\`, `#`, `\#`, `+`, `\+`).Replace(value)
				rdn, values = append(rdn, pki.Attribute{Type: kind, Value: escaped}), append(values, value)
			}
			name, want = append(name, rdn), append(want, values)
		}
		der, err := name.DER()
		if err != nil {
			r.Fatal(err)
		}
		for i, rdn := range sequenceOf(r, der) {
			for _, a := range rdn {
				if !bytes.Contains([]byte(strings.Join(want[i], "\x00")), []byte(a.Value.(string))) {
					r.Fatalf("%q is none of %q", a.Value, want[i])
				}
			}
		}
	})
}

func FuzzName(f *testing.F) {
	for _, rdn := range all() {
		for _, a := range rdn {
			f.Add(a.Type, a.Value)
		}
	}
	f.Add("C", "#1302")
	f.Add("1.2.3", `\C3\A4`)
	f.Fuzz(func(t *testing.T, kind, value string) {
		der, err := pki.Name{{{Type: kind, Value: value}}, {{Type: "C", Value: "US"}}}.DER()
		if err != nil {
			if !errors.Is(err, pki.ErrName) {
				t.Fatal(err)
			}
			return
		}
		var seq []asn1.RawValue
		if rest, err := asn1.Unmarshal(der, &seq); err != nil || len(rest) > 0 || len(seq) != 2 {
			t.Fatalf("%x: %v", der, err)
		}
	})
}

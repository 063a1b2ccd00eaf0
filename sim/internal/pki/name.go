package pki

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Name is a distinguished name: its relative distinguished names from the
// country down (RFC 5280 4.1.2.4), which is the reverse of how RFC 4514
// writes it.
type Name []RDN

// RDN is a relative distinguished name: one attribute, or several.
type RDN []Attribute

// Attribute is the type and the value of a name's attribute.
type Attribute struct {
	// Type is a short name of RFC 4514 ("CN", "OU"), a name of RFC 5280
	// ("dnQualifier"), without regard to case, or an object identifier.
	Type string
	// Value is text with the escapes of RFC 4514 2.4 ("\,", "\C3\A4"), or "#"
	// and the DER of the value in hexadecimal digits.
	Value string
}

// The limits of names.
const (
	MaxRDNs       = 128       // relative distinguished names
	MaxAttributes = 32        // attributes of one of them
	MaxNameBytes  = 64 * 1024 // bytes of DER
)

// attributeType is what RFC 5280 appendix A says of an attribute.
type attributeType struct {
	oid      string
	tag      asn1.Tag // how text is encoded
	min, max int      // characters
	names    string
}

// attributeTypes are those of RFC 5280 appendix A, and some of RFC 4519.
// Where the value is a DirectoryString, it is written as UTF8String.
var attributeTypes = []attributeType{
	{"2.5.4.3", asn1.UTF8String, 1, 64, "cn commonname"},
	{"2.5.4.4", asn1.UTF8String, 1, 32768, "sn surname"},
	{"2.5.4.5", asn1.PrintableString, 1, 64, "serialnumber"},
	{"2.5.4.6", asn1.PrintableString, 2, 2, "c countryname"},
	{"2.5.4.7", asn1.UTF8String, 1, 128, "l localityname"},
	{"2.5.4.8", asn1.UTF8String, 1, 128, "st stateorprovincename"},
	{"2.5.4.9", asn1.UTF8String, 1, 128, "street streetaddress"},
	{"2.5.4.10", asn1.UTF8String, 1, 64, "o organizationname"},
	{"2.5.4.11", asn1.UTF8String, 1, 64, "ou organizationalunitname"},
	{"2.5.4.12", asn1.UTF8String, 1, 64, "title"},
	{"2.5.4.13", asn1.UTF8String, 1, 1024, "description"},
	{"2.5.4.15", asn1.UTF8String, 1, 128, "businesscategory"},
	{"2.5.4.17", asn1.UTF8String, 1, 40, "postalcode"},
	{"2.5.4.20", asn1.PrintableString, 1, 32, "telephonenumber"},
	{"2.5.4.41", asn1.UTF8String, 1, 32768, "name"},
	{"2.5.4.42", asn1.UTF8String, 1, 32768, "gn givenname"},
	{"2.5.4.43", asn1.UTF8String, 1, 32768, "initials"},
	{"2.5.4.44", asn1.UTF8String, 1, 32768, "generationqualifier"},
	{"2.5.4.46", asn1.PrintableString, 1, 64, "dnqualifier distinguishednamequalifier"},
	{"2.5.4.65", asn1.UTF8String, 1, 128, "pseudonym"},
	{"2.5.4.97", asn1.UTF8String, 1, 64, "organizationidentifier"},
	{"0.9.2342.19200300.100.1.1", asn1.UTF8String, 1, 256, "uid userid"},
	{"0.9.2342.19200300.100.1.25", asn1.IA5String, 1, 63, "dc domaincomponent"},
	{"1.2.840.113549.1.9.1", asn1.IA5String, 1, 255, "emailaddress e"},
}

// typeOf finds an attribute type; unknown object identifiers hold UTF-8 text.
func typeOf(name string) (attributeType, error) {
	lower := strings.ToLower(name)
	for _, a := range attributeTypes {
		if a.oid == name {
			return a, nil
		}
		for n := range strings.FieldsSeq(a.names) {
			if n == lower {
				return a, nil
			}
		}
	}
	if isOID(name) {
		return attributeType{oid: name, tag: asn1.UTF8String, min: 1, max: 32768}, nil
	}
	return attributeType{}, fmt.Errorf("%w: unknown attribute type %q", ErrName, name)
}

// KnownAttributeType reports whether an attribute's type is an object
// identifier or a name this package has the object identifier of.
func KnownAttributeType(name string) bool {
	_, err := typeOf(name)
	return err == nil
}

// DER encodes the name. Every error is an ErrName.
func (n Name) DER() ([]byte, error) {
	if err := within("MaxRDNs", len(n), MaxRDNs); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrName, err)
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, rdn := range n {
			attributes, err := rdn.encode()
			if err != nil {
				b.SetError(err)
				return
			}
			addSetOf(b, attributes)
		}
	})
	der, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	if err := within("MaxNameBytes", len(der), MaxNameBytes); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrName, err)
	}
	return der, nil
}

// encode encodes each attribute of the RDN.
func (r RDN) encode() ([][]byte, error) {
	if len(r) == 0 {
		return nil, fmt.Errorf("%w: a relative distinguished name without attributes", ErrName)
	}
	if err := within("MaxAttributes", len(r), MaxAttributes); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrName, err)
	}
	seen := map[string]bool{}
	var out [][]byte
	for _, a := range r {
		kind, err := typeOf(a.Type)
		if err != nil {
			return nil, err
		}
		if seen[kind.oid] { // X.501 9.3: at most one value of a type
			return nil, fmt.Errorf("%w: %s twice in one relative distinguished name", ErrName, a.Type)
		}
		seen[kind.oid] = true
		value, err := kind.encode(a.Value)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrName, a.Type, err)
		}
		var b cryptobyte.Builder
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addOID(b, kind.oid)
			b.AddBytes(value)
		})
		der, err := b.Bytes()
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrName, a.Type, err)
		}
		out = append(out, der)
	}
	return out, nil
}

// encode encodes a value given as text or in hexadecimal form.
func (a attributeType) encode(value string) ([]byte, error) {
	if digits, ok := strings.CutPrefix(value, "#"); ok {
		der, err := hex.DecodeString(digits)
		if err != nil || !oneElement(der, 8) || !wellFormedString(der) {
			return nil, fmt.Errorf("%.40q: not a value in hexadecimal form", value)
		}
		return der, nil
	}
	text, err := unescape(value)
	if err != nil {
		return nil, err
	}
	if n := utf8.RuneCountInString(text); n < a.min || n > a.max {
		return nil, fmt.Errorf("%d characters, must be %d to %d", n, a.min, a.max)
	}
	if !inAlphabet(a.tag, text) {
		return nil, fmt.Errorf("%.40q: a character that the attribute cannot hold", text)
	}
	var b cryptobyte.Builder
	b.AddASN1(a.tag, func(b *cryptobyte.Builder) { b.AddBytes([]byte(text)) })
	return b.Bytes()
}

// inAlphabet reports whether a string type can hold the text.
func inAlphabet(tag asn1.Tag, text string) bool {
	switch tag {
	case asn1.PrintableString:
		return !strings.ContainsFunc(text, func(r rune) bool { return !printable(r) })
	case asn1.IA5String:
		return !strings.ContainsFunc(text, func(r rune) bool { return r > 127 })
	case asn1.UTF8String:
		return utf8.ValidString(text)
	}
	return true
}

// printable reports whether PrintableString has the character (X.680 41.4).
func printable(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" '()+,-./:=?", r)
}

// wellFormedString reports whether an element, if it is a string of a kind
// with an alphabet, keeps to it.
func wellFormedString(der []byte) bool {
	s := cryptobyte.String(der)
	var body cryptobyte.String
	var tag asn1.Tag
	return s.ReadAnyASN1(&body, &tag) && inAlphabet(tag, string(body))
}

// unescape undoes the escapes of RFC 4514 2.4 and wants UTF-8. Characters
// that a whole name would have to escape may stand alone.
func unescape(value string) (string, error) {
	var out []byte
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' {
			out = append(out, value[i])
			continue
		}
		rest := value[i+1:]
		if len(rest) > 0 && strings.ContainsRune(` "#+,;<=>\`, rune(rest[0])) {
			out = append(out, rest[0])
			i++
			continue
		}
		if len(rest) < 2 {
			return "", fmt.Errorf("%.40q: a backslash that escapes nothing", value)
		}
		b, err := hex.DecodeString(rest[:2])
		if err != nil {
			return "", fmt.Errorf("%.40q: a backslash that escapes nothing", value)
		}
		out = append(out, b[0])
		i += 2
	}
	if !utf8.Valid(out) {
		return "", fmt.Errorf("%.40q: not UTF-8", value)
	}
	return string(out), nil
}

package pki

import (
	"encoding/hex"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// canonicalRDNs brings a distinguished name into a form in which names that
// RFC 5280 7.1 calls equal are equal: without regard to case, to runs of
// spaces, to the kind of string, or to the order inside of an RDN. A name that
// cannot be read has no form but itself.
func canonicalRDNs(der []byte) []string {
	s, ok := readOnly(der, asn1.SEQUENCE)
	var out []string
	for ok && !s.Empty() {
		var set cryptobyte.String
		var attributes []string
		ok = s.ReadASN1(&set, asn1.SET)
		for ok && !set.Empty() {
			var attribute, value cryptobyte.String
			var kind string
			ok = set.ReadASN1(&attribute, asn1.SEQUENCE) && readOID(&attribute, &kind)
			value = attribute
			attributes = append(attributes, kind+"="+canonicalValue(value))
		}
		slices.Sort(attributes)
		out = append(out, strings.Join(attributes, "+"))
	}
	if !ok {
		return []string{"malformed " + hex.EncodeToString(der)}
	}
	return out
}

// SameName reports whether two distinguished names (DER) are equal by RFC 5280
// 7.1, as those of a revocation list and of the certificate of its issuer.
func SameName(a, b []byte) bool { return canonicalName(a) == canonicalName(b) }

// canonicalName is the same as one text.
func canonicalName(der []byte) string { return strings.Join(canonicalRDNs(der), "\n") }

func canonicalValue(element cryptobyte.String) string {
	s := element
	var body cryptobyte.String
	var tag asn1.Tag
	if s.ReadAnyASN1(&body, &tag) && s.Empty() {
		switch tag {
		case asn1.UTF8String, asn1.PrintableString, asn1.IA5String, asn1.T61String:
			return "'" + strings.Join(strings.Fields(strings.ToLower(string(body))), " ")
		case bmpString:
			if len(body)%2 == 0 {
				return "'" + strings.Join(strings.Fields(strings.ToLower(readBMP(body))), " ")
			}
		}
	}
	return "#" + hex.EncodeToString(element)
}

package pki

import (
	"crypto/x509"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Context-specific tags: [0] to [3], and the same constructed.
const (
	tag0         asn1.Tag = 0x80
	tag1         asn1.Tag = 0x81
	tag2         asn1.Tag = 0x82
	tag3         asn1.Tag = 0x83
	tag4         asn1.Tag = 0x84
	tag5         asn1.Tag = 0x85
	constructed0 asn1.Tag = 0xa0
	constructed1 asn1.Tag = 0xa1
	constructed2 asn1.Tag = 0xa2
	constructed3 asn1.Tag = 0xa3
	constructed4 asn1.Tag = 0xa4
	bmpString    asn1.Tag = 30
)

// algorithm is an AlgorithmIdentifier (RFC 5280 4.1.1.2).
type algorithm struct {
	oid        string
	parameters []byte // one DER element; nil if absent
}

// null reports whether the parameters are absent or NULL.
func (a algorithm) null() bool {
	return a.parameters == nil || string(a.parameters) == "\x05\x00"
}

// readOID reads an OBJECT IDENTIFIER, of arcs of any size, in dot-decimal form.
func readOID(s *cryptobyte.String, out *string) bool {
	var body cryptobyte.String
	var oid x509.OID
	if !s.ReadASN1(&body, asn1.OBJECT_IDENTIFIER) || oid.UnmarshalBinary(body) != nil {
		return false
	}
	*out = oid.String()
	return true
}

func readAlgorithm(s *cryptobyte.String, out *algorithm) bool {
	var body cryptobyte.String
	*out = algorithm{}
	if !s.ReadASN1(&body, asn1.SEQUENCE) || !readOID(&body, &out.oid) {
		return false
	}
	if !body.Empty() {
		var parameters cryptobyte.String
		var tag asn1.Tag
		if !body.ReadAnyASN1Element(&parameters, &tag) {
			return false
		}
		out.parameters = parameters
	}
	return body.Empty()
}

// readOnly reads the one element that is all of der.
func readOnly(der []byte, tag asn1.Tag) (cryptobyte.String, bool) {
	s := cryptobyte.String(der)
	var body cryptobyte.String
	ok := s.ReadASN1(&body, tag) && s.Empty()
	return body, ok
}

// oneElement reports whether der is exactly one DER element, and everything
// inside of it, down to depth levels, is elements too. A depth of zero looks at
// the outermost element only.
func oneElement(der []byte, depth int) bool {
	s := cryptobyte.String(der)
	return elements(&s, depth) == 1
}

// elements counts the elements of s; -1 if one is malformed.
func elements(s *cryptobyte.String, depth int) int {
	count := 0
	for ; !s.Empty(); count++ {
		var body cryptobyte.String
		var tag asn1.Tag
		if !s.ReadAnyASN1(&body, &tag) {
			return -1
		}
		if depth > 0 && tag&0x20 != 0 && elements(&body, depth-1) < 0 {
			return -1
		}
	}
	return count
}

// addOID writes an OBJECT IDENTIFIER given in dot-decimal form.
func addOID(b *cryptobyte.Builder, dotted string) {
	oid, err := x509.ParseOID(dotted)
	if err != nil {
		b.SetError(fmt.Errorf("object identifier %q: %w", dotted, err))
		return
	}
	body, err := oid.MarshalBinary()
	if err != nil {
		b.SetError(fmt.Errorf("object identifier %q: %w", dotted, err))
		return
	}
	b.AddASN1(asn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes(body) })
}

// addAlgorithm writes an AlgorithmIdentifier; no parameters if the function
// is nil.
func addAlgorithm(b *cryptobyte.Builder, oid string, parameters func(*cryptobyte.Builder)) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addOID(b, oid)
		if parameters != nil {
			parameters(b)
		}
	})
}

func addNull(b *cryptobyte.Builder) { b.AddASN1(asn1.NULL, func(*cryptobyte.Builder) {}) }

// isOID reports whether the text is an object identifier in dot-decimal form
// that certificates here may hold: no arc is greater than 2³¹−1, because
// crypto/x509 reads no others in names and extensions.
func isOID(dotted string) bool {
	if _, err := x509.ParseOID(dotted); err != nil {
		return false
	}
	for arc := range strings.SplitSeq(dotted, ".") {
		if _, err := strconv.ParseInt(arc, 10, 32); err != nil {
			return false
		}
	}
	return true
}

package pki

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Extension is an X.509v3 extension as it stands in a certificate.
type Extension struct {
	OID      string // dot-decimal
	Critical bool
	Value    []byte // the DER of one ASN.1 value
}

// MaxExtensions is how many extensions a certificate or request may have.
const MaxExtensions = 64

// Object identifiers of the extensions of RFC 5280 4.2.1 and 5.2.
const (
	oidSubjectKeyID       = "2.5.29.14"
	oidKeyUsage           = "2.5.29.15"
	oidSubjectAltName     = "2.5.29.17"
	oidIssuerAltName      = "2.5.29.18"
	oidBasicConstraints   = "2.5.29.19"
	oidCRLNumber          = "2.5.29.20"
	oidReasonCode         = "2.5.29.21"
	oidDeltaCRL           = "2.5.29.27"
	oidIssuingPoint       = "2.5.29.28"
	oidNameConstraints    = "2.5.29.30"
	oidCRLPoints          = "2.5.29.31"
	oidPolicies           = "2.5.29.32"
	oidPolicyMappings     = "2.5.29.33"
	oidAuthorityKeyID     = "2.5.29.35"
	oidPolicyConstraints  = "2.5.29.36"
	oidExtKeyUsage        = "2.5.29.37"
	oidFreshestCRL        = "2.5.29.46"
	oidInhibitAnyPolicy   = "2.5.29.54"
	oidExtensionRequest   = "1.2.840.113549.1.9.14"
	oidClientAuthKeyUsage = "1.3.6.1.5.5.7.3.2"
)

// SubjectKeyIdentifier makes the extension of RFC 5280 4.2.1.2.
func SubjectKeyIdentifier(id []byte) Extension {
	var b cryptobyte.Builder
	b.AddASN1OctetString(id)
	return Extension{OID: oidSubjectKeyID, Value: b.BytesOrPanic()}
}

// hasExtension reports whether there is an extension of that kind.
func hasExtension(list []Extension, oid string) bool {
	for _, e := range list {
		if e.OID == oid {
			return true
		}
	}
	return false
}

// checkExtensions wants each extension once (RFC 5280 4.2), and DER in it.
func checkExtensions(list []Extension) error {
	if err := within("MaxExtensions", len(list), MaxExtensions); err != nil {
		return fmt.Errorf("%w: %w", ErrExtension, err)
	}
	seen := map[string]bool{}
	for _, e := range list {
		switch {
		case !isOID(e.OID):
			return fmt.Errorf("%w: object identifier %.60q", ErrExtension, e.OID)
		case seen[e.OID]:
			return fmt.Errorf("%w: %s twice", ErrExtension, e.OID)
		case !oneElement(e.Value, 16):
			return fmt.Errorf("%w: %s: its value is not DER", ErrExtension, e.OID)
		}
		seen[e.OID] = true
	}
	return nil
}

// addExtensions writes Extensions (RFC 5280 4.1).
func addExtensions(b *cryptobyte.Builder, list []Extension) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, e := range list {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addOID(b, e.OID)
				if e.Critical {
					b.AddASN1Boolean(true)
				}
				b.AddASN1OctetString(e.Value)
			})
		}
	})
}

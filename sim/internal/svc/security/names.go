package security

import (
	"crypto"
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// name puts the attributes of a subject into the order of a distinguished name:
// from the outermost inwards, one relative distinguished name each, then the
// generic attributes and those of several values as they were given. What is
// no attribute is a pki.ErrName. Security 5.2.6.3.1.
func name(d tas.DistinguishedName) (pki.Name, error) {
	var out pki.Name
	if more := d.AnyAttribute; more != nil {
		if len(more.Any) > 0 {
			return nil, fmt.Errorf("%w: unknown element %q", pki.ErrName, more.Any[0].Tag)
		}
		out = append(out, each("DC", more.DomainComponent)...)
	}
	for _, a := range []struct {
		kind   string
		values []string
	}{
		{"C", d.Country},
		{"ST", d.StateOrProvinceName},
		{"L", d.Locality},
		{"O", d.Organization},
		{"OU", d.OrganizationalUnit},
		{"title", d.Title},
		{"SN", d.Surname},
		{"GN", d.GivenName},
		{"initials", d.Initials},
		{"generationQualifier", d.GenerationQualifier},
		{"pseudonym", d.Pseudonym},
		{"CN", d.CommonName},
		{"serialNumber", d.SerialNumber},
		{"dnQualifier", d.DistinguishedNameQualifier},
	} {
		out = append(out, each(a.kind, a.values)...)
	}
	for _, a := range d.GenericAttribute {
		out = append(out, pki.RDN{{Type: a.Type, Value: a.Value}})
	}
	for _, m := range d.MultiValuedRDN {
		var rdn pki.RDN
		for _, a := range m.Attribute {
			rdn = append(rdn, pki.Attribute{Type: a.Type, Value: a.Value})
		}
		out = append(out, rdn)
	}
	return out, nil
}

// each makes a relative distinguished name of every value.
func each(kind string, values []string) pki.Name {
	var out pki.Name
	for _, v := range values {
		out = append(out, pki.RDN{{Type: kind, Value: v}})
	}
	return out
}

// extensions are those of a request.
func extensions(given []tas.X509v3Extension) []pki.Extension {
	var out []pki.Extension
	for _, e := range given {
		out = append(out, pki.Extension{OID: e.ExtnOID, Critical: e.Critical, Value: e.ExtnValue})
	}
	return out
}

// csrAttributes tells the extensions a request asks for from its further
// attributes; anything else is a pki.ErrAttribute.
func csrAttributes(given []tas.CSRAttribute) (wanted []pki.Extension, further []pki.RequestAttribute, err error) {
	for i, a := range given {
		switch {
		case a.X509v3Extension != nil:
			wanted = append(wanted, extensions([]tas.X509v3Extension{*a.X509v3Extension})...)
		case a.BasicRequestAttribute != nil:
			further = append(further, pki.RequestAttribute{OID: a.BasicRequestAttribute.OID, Value: a.BasicRequestAttribute.Value})
		default:
			return nil, nil, fmt.Errorf("%w: number %d is of no known kind", pki.ErrAttribute, i+1)
		}
	}
	return wanted, further, nil
}

// signatureAlgorithm is the one a request names, if keys of the kind can sign
// with it here.
func signatureAlgorithm(s *keystore.Section, a tas.AlgorithmIdentifier, spec keystore.Spec) (pki.SignatureAlgorithm, error) {
	if err := s.CheckAlgorithm(a.Algorithm, spec); err != nil {
		return pki.SignatureAlgorithm{}, err
	}
	if more := a.AnyParameters; more != nil && len(more.Any) > 0 {
		return pki.SignatureAlgorithm{}, fmt.Errorf("%w: unknown parameters %q", pki.ErrSignatureAlgorithm, more.Any[0].Tag)
	}
	return pki.ParseSignatureAlgorithm(a.Algorithm, a.Parameters)
}

// signature is a key of the camera and how it is to sign.
type signature struct {
	signer    crypto.Signer
	algorithm pki.SignatureAlgorithm
}

// signing opens the key a request names for signing; operation marks the error
// of a key that cannot be opened.
func signing(c *svc.Call, s *keystore.Section, id string, a tas.AlgorithmIdentifier, operation error) (signature, error) {
	key, err := s.SigningKey(id)
	if err != nil {
		return signature{}, err
	}
	algorithm, err := signatureAlgorithm(s, a, key.Spec)
	if err != nil {
		return signature{}, err
	}
	signer, err := c.Vault.Signer(s, key)
	if err != nil {
		return signature{}, fmt.Errorf("%w: %w", operation, err)
	}
	return signature{signer, algorithm}, nil
}

// Package keystore holds a camera's keys, certificates, certification paths
// and what refers to them, with the rules of Security chapters 5.2 to 5.7 and
// without their messages.
//
// A [Section] is plain data and never changed once published; rules are
// methods that change a private copy (see [Section.Clone]). Byte and string
// slices inside entries are replaced, never written into. What counts
// references is computed from the data, so it cannot go wrong.
//
// Private keys, passphrases and client secrets are only there as the TPM
// wrapped them, or encrypted under a key that it sealed.
package keystore

import "slices"

// Section is the keystore part of a camera's state.
type Section struct {
	Keys           []Key               `json:"keys"`
	Certificates   []Certificate       `json:"certificates"`
	Paths          []CertificationPath `json:"certificationPaths"`
	Passphrases    []Passphrase        `json:"passphrases,omitempty"`
	CRLs           []CRL               `json:"crls,omitempty"`
	Policies       []Policy            `json:"policies,omitempty"`
	Dot1X          []Dot1X             `json:"dot1x,omitempty"`
	TLS            TLSServer           `json:"tlsServer"`
	MediaSigning   MediaSigning        `json:"mediaSigning"`
	JWT            JWT                 `json:"jwt"`
	Authorization  []AuthServer        `json:"authorizationServers,omitempty"`
	DeviceIdentity string              `json:"deviceIdentity"` // path ID of the factory identity; may be empty
	Limits         Limits              `json:"limits"`
	Abilities      Abilities           `json:"abilities,omitzero"`
	Rules          Rules               `json:"rules,omitzero"`
	// Begun counts the keys whose generation was begun.
	Begun uint64 `json:"begun,omitempty"`
	// Vault is the key under which secrets here are encrypted, as the TPM
	// sealed it (Software: as it is, of a camera without TPM). Empty until it
	// is needed.
	Vault Blob `json:"vault,omitzero"`
}

// Limits bounds what clients may store; they are the numbers of the keystore
// capabilities (Security 5.8.2). A zero field means the default; a negative
// one means that nothing of the kind is offered.
type Limits struct {
	Keys               int `json:"keys,omitempty"`               // 64
	Certificates       int `json:"certificates,omitempty"`       // 64
	CertificationPaths int `json:"certificationPaths,omitempty"` // 32
	PathLength         int `json:"pathLength,omitempty"`         // certificates in a path; 10
	Passphrases        int `json:"passphrases,omitempty"`        // 16
	CRLs               int `json:"crls,omitempty"`               // 16
	Policies           int `json:"policies,omitempty"`           // 16
	Dot1X              int `json:"dot1x,omitempty"`              // 4
	TLSPaths           int `json:"tlsPaths,omitempty"`           // paths assigned to the TLS server; 4
	TLSPolicies        int `json:"tlsPolicies,omitempty"`        // policies assigned to the TLS server; 4
	Audiences          int `json:"audiences,omitempty"`          // of the JWT configuration; 8
	Issuers            int `json:"issuers,omitempty"`            // trusted issuers; 4, at least 2 (Security 5.7.2)
	Authorization      int `json:"authorization,omitempty"`      // authorization servers; 4
	Alias              int `json:"alias,omitempty"`              // bytes of an alias; 1024
	DER                int `json:"der,omitempty"`                // bytes of one uploaded structure; 65536
	CRL                int `json:"crl,omitempty"`                // bytes of one revocation list; 262144
	PassphraseLength   int `json:"passphraseLength,omitempty"`   // characters of a passphrase; 40 (Table 13)
	TrustAnchors       int `json:"trustAnchors,omitempty"`       // of one policy; 16
	CustomClaims       int `json:"customClaims,omitempty"`       // of the JWT configuration; 16
	ClaimValues        int `json:"claimValues,omitempty"`        // values of one custom claim; 32
	Text               int `json:"text,omitempty"`               // bytes of any other text: an address, an identity, a claim; 1024
}

// WithDefaults fills in the zero fields and makes negative ones zero.
func (l Limits) WithDefaults() Limits {
	for _, f := range []struct {
		value *int
		def   int
	}{
		{&l.Keys, 64}, {&l.Certificates, 64}, {&l.CertificationPaths, 32}, {&l.PathLength, 10},
		{&l.Passphrases, 16}, {&l.CRLs, 16}, {&l.Policies, 16}, {&l.Dot1X, 4}, {&l.TLSPaths, 4},
		{&l.TLSPolicies, 4}, {&l.Audiences, 8}, {&l.Issuers, 4}, {&l.Authorization, 4},
		{&l.Alias, 1024}, {&l.DER, 65536}, {&l.CRL, 262144}, {&l.PassphraseLength, 40},
		{&l.TrustAnchors, 16}, {&l.CustomClaims, 16}, {&l.ClaimValues, 32}, {&l.Text, 1024},
	} {
		switch {
		case *f.value == 0:
			*f.value = f.def
		case *f.value < 0:
			*f.value = 0
		}
	}
	return l
}

// Clone returns a copy whose fields and lists may be changed freely. The
// slices inside list entries are shared: replace them, don't write into them.
func (s *Section) Clone() *Section {
	c := *s
	c.Keys = slices.Clone(s.Keys)
	c.Certificates = slices.Clone(s.Certificates)
	c.Paths = slices.Clone(s.Paths)
	c.Passphrases = slices.Clone(s.Passphrases)
	c.CRLs = slices.Clone(s.CRLs)
	c.Policies = slices.Clone(s.Policies)
	c.Dot1X = slices.Clone(s.Dot1X)
	c.Authorization = slices.Clone(s.Authorization)
	c.TLS = s.TLS.clone()
	c.JWT = s.JWT.clone()
	return &c
}

// indexOf finds an entry by its ID.
func indexOf[T interface{ id() string }](list []T, id string) int {
	return slices.IndexFunc(list, func(e T) bool { return e.id() == id })
}

func get[T interface{ id() string }](list []T, id string) (T, bool) {
	if i := indexOf(list, id); i >= 0 {
		return list[i], true
	}
	var none T
	return none, false
}

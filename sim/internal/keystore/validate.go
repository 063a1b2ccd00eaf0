package keystore

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
)

// Validate checks the invariants of Security 5.2.2 to 5.2.4 on stored data:
// IDs unique, every reference leads somewhere, certificates match their keys,
// what is stored can be read. It finds damage, not bad requests.
func (s *Section) Validate() error {
	v := validator{s: s}
	v.ids()
	v.keys()
	v.certificates()
	v.secrets()
	v.references()
	v.stages()
	return errors.Join(v.errs...)
}

type validator struct {
	s    *Section
	errs []error
}

func (v *validator) bad(format string, args ...any) {
	v.errs = append(v.errs, fmt.Errorf(format, args...))
}

func (v *validator) ids() {
	uniqueIDs(v, "key", v.s.Keys)
	uniqueIDs(v, "certificate", v.s.Certificates)
	uniqueIDs(v, "certification path", v.s.Paths)
	uniqueIDs(v, "passphrase", v.s.Passphrases)
	uniqueIDs(v, "crl", v.s.CRLs)
	uniqueIDs(v, "policy", v.s.Policies)
	uniqueIDs(v, "802.1X configuration", v.s.Dot1X)
	uniqueIDs(v, "authorization server", v.s.Authorization)
}

func uniqueIDs[T interface{ id() string }](v *validator, kind string, list []T) {
	seen := make(map[string]bool, len(list))
	for _, e := range list {
		if !isID(e.id()) || seen[e.id()] {
			v.bad("%s id %.80q: not an NCName of 1 to %d characters, or not unique", kind, e.id(), maxID)
		}
		seen[e.id()] = true
	}
}

func (v *validator) keys() {
	seen := map[string]string{}
	for _, k := range v.s.Keys {
		switch k.Status {
		case StatusGenerating, StatusCorrupt:
			if k.Blob.hasPrivate() {
				v.bad("key %q is %s and has a private key", k.ID, k.Status)
			}
		case StatusOK:
		default:
			v.bad("key %q: status %q", k.ID, k.Status)
		}
		if k.Blob.kinds() > 1 {
			v.bad("key %q: its private half is in several places", k.ID)
		}
		if len(k.Public) == 0 && k.Status != StatusOK {
			continue
		}
		if err := checkPublic(k); err != nil {
			v.bad("key %q: %w", k.ID, err)
		}
		if other, dup := seen[string(k.Public)]; dup && !v.s.Rules.KeyCopies {
			v.bad("key %q: %w: it is key %q", k.ID, ErrDuplicateKey, other)
		}
		seen[string(k.Public)] = k.ID
	}
}

// checkPublic compares the stored public key with what is said about it.
func checkPublic(k Key) error {
	public, err := x509.ParsePKIXPublicKey(k.Public)
	if err != nil {
		return err
	}
	spec, _, err := Describe(public)
	if err != nil {
		return err
	}
	if spec != k.Spec {
		return fmt.Errorf("%w: it is %v, said to be %v", ErrKeyType, spec, k.Spec)
	}
	return nil
}

func (v *validator) certificates() {
	for _, c := range v.s.Certificates {
		parsed, err := x509.ParseCertificate(c.DER)
		if err != nil {
			v.bad("certificate %q: %w", c.ID, err)
			continue
		}
		key, err := v.s.Key(c.KeyID)
		if err != nil {
			v.bad("certificate %q: %w", c.ID, err)
			continue
		}
		if _, spki, err := Describe(parsed.PublicKey); err != nil || !bytes.Equal(spki, key.Public) {
			v.bad("certificate %q does not certify its key %q", c.ID, c.KeyID)
		}
	}
}

// secrets checks what is encrypted, and the lists that are parsed when used.
func (v *validator) secrets() {
	for _, p := range v.s.Passphrases {
		if len(p.Sealed) == 0 {
			v.bad("passphrase %q: it is gone", p.ID)
		}
	}
	for _, c := range v.s.CRLs {
		if err := checkCRL(c.DER); err != nil {
			v.bad("CRL %q: %w", c.ID, err)
		}
	}
	if b := v.s.Vault; b.kinds() > 1 || len(b.Sealed) > 0 {
		v.bad("the key of the vault is in several places, or under itself")
	}
}

func (v *validator) references() {
	s := v.s
	for _, p := range s.Paths {
		if len(p.CertificateIDs) == 0 {
			v.bad("certification path %q is empty", p.ID)
		}
		refer(v, "certification path "+p.ID, s.Certificates, ErrCertificateID, p.CertificateIDs...)
	}
	refer(v, "TLS server", s.Paths, ErrCertificationPathID, s.TLS.Paths...)
	refer(v, "TLS server", s.Policies, ErrPolicyID, s.TLS.Policies...)
	refer(v, "media signing", s.Paths, ErrCertificationPathID, s.MediaSigning.Assigned()...)
	refer(v, "device identity", s.Paths, ErrCertificationPathID, maybe(s.DeviceIdentity)...)
	refer(v, "JWT configuration", s.Keys, ErrKeyID, s.JWT.KeyIDs...)
	refer(v, "JWT configuration", s.Policies, ErrPolicyID, maybe(s.JWT.ValidationPolicy)...)
	for _, p := range s.Policies {
		if len(p.TrustAnchors) == 0 {
			v.bad("policy %q trusts nobody", p.ID)
		}
		refer(v, "policy "+p.ID, s.Certificates, ErrCertificateID, p.TrustAnchors...)
	}
	for _, a := range s.Authorization {
		from := "authorization server " + a.Token
		refer(v, from, s.Keys, ErrKeyID, maybe(a.KeyID)...)
		refer(v, from, s.Certificates, ErrCertificateID, maybe(a.CertificateID)...)
		refer(v, from, s.Policies, ErrPolicyID, maybe(a.PolicyID)...)
	}
	for _, version := range s.TLS.Enabled {
		if !slices.Contains(s.TLS.Supported, version) {
			v.bad("TLS server: %w: %q", ErrTLSVersion, version)
		}
	}
}

// stages checks the stages of the 802.1X configurations.
func (v *validator) stages() {
	for _, d := range v.s.Dot1X {
		from, n := "802.1X configuration "+d.ID, 0
		for st := &d.Outer; st != nil && n <= maxStages; st = st.Inner {
			n++
			if _, ok := findMethod(st.Method); !ok {
				v.bad("%s: %w: %.64q", from, ErrDot1XMethod, st.Method)
			}
			refer(v, from, v.s.Passphrases, ErrPassphraseID, maybe(st.PassphraseID)...)
			refer(v, from, v.s.Paths, ErrCertificationPathID, maybe(st.PathID)...)
			refer(v, from, v.s.Policies, ErrPolicyID, maybe(st.PolicyID)...)
		}
		if n > maxStages {
			v.bad("%s: %w: more than %d stages", from, ErrDot1XCombination, maxStages)
		}
	}
}

// maybe is the ID, if there is one.
func maybe(id string) []string {
	if id == "" {
		return nil
	}
	return []string{id}
}

// refer checks that each ID is in the list.
func refer[T interface{ id() string }](v *validator, from string, list []T, missing error, ids ...string) {
	for _, id := range ids {
		if indexOf(list, id) < 0 {
			v.bad("%s: %w: %q", from, missing, id)
		}
	}
}

package keystore

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
)

// Validate checks the invariants of Security 5.2.2 to 5.2.4 on stored data:
// IDs unique, every reference leads somewhere, certificates match their keys.
// It finds damage, not bad requests.
func (s *Section) Validate() error {
	v := validator{s: s}
	v.ids()
	v.keys()
	v.certificates()
	v.references()
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
		if e.id() == "" || seen[e.id()] {
			v.bad("%s id %q: empty or not unique", kind, e.id())
		}
		seen[e.id()] = true
	}
}

func (v *validator) keys() {
	seen := map[string]string{}
	for _, k := range v.s.Keys {
		switch k.Status {
		case StatusGenerating, StatusCorrupt:
			if len(k.Blob.Private) > 0 || len(k.Sealed) > 0 {
				v.bad("key %q is %s and has a private key", k.ID, k.Status)
			}
		case StatusOK:
			if err := checkPublic(k); err != nil {
				v.bad("key %q: %w", k.ID, err)
			}
			if other, dup := seen[string(k.Public)]; dup {
				v.bad("key %q: %w: it is key %q", k.ID, ErrDuplicateKey, other)
			}
			seen[string(k.Public)] = k.ID
		default:
			v.bad("key %q: status %q", k.ID, k.Status)
		}
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

func (v *validator) references() {
	s := v.s
	for _, p := range s.Paths {
		refer(v, "certification path "+p.ID, s.Certificates, ErrCertificateID, p.CertificateIDs...)
	}
	refer(v, "TLS server", s.Paths, ErrCertificationPathID, s.TLS.Paths...)
	refer(v, "TLS server", s.Policies, ErrPolicyID, s.TLS.Policies...)
	refer(v, "media signing", s.Paths, ErrCertificationPathID, s.MediaSigning.Assigned()...)
	refer(v, "device identity", s.Paths, ErrCertificationPathID, s.DeviceIdentity)
	refer(v, "JWT configuration", s.Keys, ErrKeyID, s.JWT.KeyIDs...)
	refer(v, "JWT configuration", s.Policies, ErrPolicyID, s.JWT.ValidationPolicy)
	for _, p := range s.Policies {
		refer(v, "policy "+p.ID, s.Certificates, ErrCertificateID, p.TrustAnchors...)
	}
	for _, version := range s.TLS.Enabled {
		if !slices.Contains(s.TLS.Supported, version) {
			v.bad("TLS server: %w: %q", ErrTLSVersion, version)
		}
	}
}

// refer checks that each ID, unless it is empty, is in the list.
func refer[T interface{ id() string }](v *validator, from string, list []T, missing error, ids ...string) {
	for _, id := range ids {
		if id != "" && indexOf(list, id) < 0 {
			v.bad("%s: %w: %q", from, missing, id)
		}
	}
}

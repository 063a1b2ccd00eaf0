package camera

import (
	"fmt"
	"slices"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/keystore"
)

// abilities are what the capabilities of the Security service name and the
// keystore takes: the profile's lists, without what the release it claims, or
// what the profile leaves out, makes impossible.
func abilities(p *profiles.Profile) (keystore.Abilities, error) {
	s := p.Security
	a := keystore.Abilities{
		RSAKeyLengths: slices.Clone(s.RSAKeyLengths), EllipticCurves: curves(p),
		Encryption: slices.Clone(s.PasswordBased.Encryption), Ciphers: slices.Clone(s.PasswordBased.Ciphers),
		MAC: slices.Clone(s.PasswordBased.MAC), Dot1XMethods: slices.Clone(s.Dot1XMethods),
		ConfigurationTypes: slices.Clone(s.AuthorizationServers.Types), ClientAuthentication: clientAuthentication(p),
		SignatureAlgorithms: []string{},
	}
	made := map[keystore.Algorithm]bool{keystore.RSA: len(a.RSAKeyLengths) > 0, keystore.ECDSA: len(a.EllipticCurves) > 0}
	for _, name := range s.SignatureAlgorithms {
		oid, key, ok := keystore.SignatureAlgorithmNamed(name)
		if !ok {
			return a, fmt.Errorf("signature algorithm %q: %w", name, keystore.ErrSignatureAlgorithm)
		}
		if made[key] {
			a.SignatureAlgorithms = append(a.SignatureAlgorithms, oid)
		}
	}
	return a, nil
}

// curves are none in a release that does not know them yet.
func curves(p *profiles.Profile) []string {
	if p.ONVIF.Release < "23.12" {
		return []string{}
	}
	return slices.Clone(p.Security.EllipticCurves)
}

// clientAuthentication leaves out what Security Table 13 forbids where a client
// cannot make the key or the certificate for it here.
func clientAuthentication(p *profiles.Profile) []string {
	off, list := switchedOff(p), []string{}
	for _, name := range p.Security.AuthorizationServers.ClientAuthentication {
		needs := map[string]string{
			"private_key_jwt": "tas:CreateECCKeyPair", "tls_client_auth": "tas:CreatePKCS10CSR",
			"self_signed_tls_client_auth": "tas:CreateSelfSignedCertificate",
		}[name]
		if !off[needs] {
			list = append(list, name)
		}
	}
	return list
}

// signsMedia reports whether cameras leave the factory with a key that signs
// media, which came with release 24.12.
func signsMedia(p *profiles.Profile) bool {
	return p.Security.MediaSigning && p.ONVIF.Release >= "24.12"
}

package security

import (
	"slices"

	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// since reports whether the camera's release is this one (2306 for 23.06) or a
// later one.
func since(c *svc.Call, release int) bool {
	major, minor := svc.Release(c.Profile.ONVIF.Release)
	return major*100+minor >= release
}

// general reports whether the release has capabilities for keys of any kind
// beside those for RSA keys, which came with elliptic curves.
func general(c *svc.Call) bool { return since(c, 2312) }

// baseline reports whether the Security Baseline says what algorithms are
// mandatory, and no longer Table 13 with its SHA-1 and triple DES.
func baseline(c *svc.Call) bool { return since(c, 2512) }

// algorithms reports whether certificates can be signed with all of these, or
// the release does not ask.
func algorithms(c *svc.Call, oids ...string) bool {
	have := c.View().Keystore.Abilities.WithDefaults().SignatureAlgorithms
	return baseline(c) || !slices.ContainsFunc(oids, func(oid string) bool { return !slices.Contains(have, oid) })
}

const (
	sha1RSA     = "1.2.840.113549.1.1.5"
	sha256RSA   = "1.2.840.113549.1.1.11"
	sha1ECDSA   = "1.2.840.10045.4.1"
	sha256ECDSA = "1.2.840.10045.4.3.2"
)

// offerSigning names what the camera makes with its keys: certification
// requests and self-signed certificates, and the algorithms of their
// signatures. It comes after offerKeys. Security 5.8.2, Table 13.
func offerSigning(c *svc.Call, out *tas.KeystoreCapabilities) {
	if out.RSAKeyPairGeneration == nil && out.ECCKeyPairGeneration == nil {
		return
	}
	a := c.View().Keystore.Abilities.WithDefaults()
	rsa := len(a.RSAKeyLengths) > 0
	n := certificates(c)
	if n == nil || rsa && out.RSAKeyPairGeneration == nil {
		return
	}
	if offersPKCS10(c, *out.MaximumNumberOfKeys, *n, rsa, out.ECCKeyPairGeneration != nil) {
		out.PKCS10, out.PKCS10ExternalCertificationWithRSA = flag(general(c)), flag(rsa)
	}
	if c.SimulatedAll("tas:CreateSelfSignedCertificate") && (!rsa || algorithms(c, sha1RSA, sha256RSA)) {
		out.SelfSignedCertificateCreation, out.SelfSignedCertificateCreationWithRSA = flag(general(c)), flag(rsa)
		out.X509Versions = x509Versions()
	}
	if !c.Simulated("tas:CreatePKCS10CSR") && !c.Simulated("tas:CreateSelfSignedCertificate") {
		return
	}
	for _, oid := range a.SignatureAlgorithms {
		out.SignatureAlgorithms = append(out.SignatureAlgorithms, tas.AlgorithmIdentifier{Algorithm: oid})
	}
}

// offersPKCS10 reports whether a certificate can be had for a request, and its
// issuer's beside it. Until 22.06 it had algorithms of RSA to have, later it is
// those of elliptic curves.
func offersPKCS10(c *svc.Call, keys, certificates int, rsa, ecc bool) bool {
	return keys >= 2 && certificates >= 2 && paths(c) != nil && c.SimulatedAll("tas:CreatePKCS10CSR", "tas:UploadCertificate") &&
		(!ecc || algorithms(c, sha1ECDSA, sha256ECDSA)) && (!rsa || since(c, 2206) || algorithms(c, sha1RSA, sha256RSA))
}

// flag is a capability that is there or left out.
func flag(on bool) *bool {
	if !on {
		return nil
	}
	return &on
}

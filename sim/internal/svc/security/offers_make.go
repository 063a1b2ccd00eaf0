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

// algorithms reports whether certificates can be signed with all of these.
func algorithms(c *svc.Call, oids ...string) bool {
	have := c.View().Keystore.Abilities.WithDefaults().SignatureAlgorithms
	return !slices.ContainsFunc(oids, func(oid string) bool { return !slices.Contains(have, oid) })
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
	rsa, ecc := len(a.RSAKeyLengths) > 0, out.ECCKeyPairGeneration != nil
	n := certificates(c)
	if n == nil || rsa && out.RSAKeyPairGeneration == nil {
		return
	}
	if offersPKCS10(c, *out.MaximumNumberOfKeys, *n) && (!ecc || algorithms(c, sha1ECDSA, sha256ECDSA)) {
		out.PKCS10, out.PKCS10ExternalCertificationWithRSA = flag(general(c)), flag(rsa)
	}
	if simulated(c, "CreateSelfSignedCertificate") && (!rsa || algorithms(c, sha1RSA, sha256RSA)) {
		out.SelfSignedCertificateCreation, out.SelfSignedCertificateCreationWithRSA = flag(general(c)), flag(rsa)
		out.X509Versions = x509Versions()
	}
	if !simulated(c, "CreatePKCS10CSR") && !simulated(c, "CreateSelfSignedCertificate") {
		return
	}
	for _, oid := range a.SignatureAlgorithms {
		out.SignatureAlgorithms = append(out.SignatureAlgorithms, tas.AlgorithmIdentifier{Algorithm: oid})
	}
}

// offersPKCS10 reports whether a certificate can be had for a request, and its
// issuer's beside it.
func offersPKCS10(c *svc.Call, keys, certificates int) bool {
	return keys >= 2 && certificates >= 2 && paths(c) != nil && simulated(c, "CreatePKCS10CSR", "UploadCertificate")
}

// flag is a capability that is there or left out.
func flag(on bool) *bool {
	if !on {
		return nil
	}
	return &on
}

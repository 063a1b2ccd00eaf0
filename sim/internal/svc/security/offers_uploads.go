package security

import (
	"slices"

	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

const (
	tripleDES  = "pbeWithSHAAnd3-KeyTripleDES-CBC"
	hmacSHA256 = "hmacWithSHA256"
)

// offerUploads names the containers that bring keys here, and how they may be
// encrypted. It comes after offerKeys. Security 5.8.2, Table 13.
func offerUploads(c *svc.Call, out *tas.KeystoreCapabilities) {
	a := c.View().Keystore.Abilities.WithDefaults()
	rsa := len(out.RSAKeyLengths) > 0
	if out.MaximumNumberOfKeys == nil || !rsa && len(out.EllipticCurves) == 0 || !since(c, 2306) && passphrases(c) == nil {
		return
	}
	if !baseline(c) && !slices.Contains(a.Encryption, tripleDES) || len(a.Encryption) == 0 {
		return
	}
	if c.SimulatedAll("tas:UploadKeyPairInPKCS8") {
		out.PKCS8, out.PKCS8RSAKeyPairUpload = flag(general(c)), flag(rsa)
		out.PasswordBasedEncryptionAlgorithms = a.Encryption
	}
	if offersPKCS12(c, *out.MaximumNumberOfKeys) && (baseline(c) || slices.Contains(a.MAC, hmacSHA256)) {
		out.PKCS12, out.PKCS12CertificateWithRSAPrivateKeyUpload = flag(general(c)), flag(rsa)
		out.PasswordBasedEncryptionAlgorithms, out.PasswordBasedMACAlgorithms = a.Encryption, a.MAC
	}
}

// offersPKCS12 reports whether a certification path can come with its key.
func offersPKCS12(c *svc.Call, keys int) bool {
	return keys >= 2 && paths(c) != nil && c.SimulatedAll("tas:UploadCertificateWithPrivateKeyInPKCS12")
}

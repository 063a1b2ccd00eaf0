package security

import (
	"slices"

	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// offerUploads names the containers that bring keys here, and how they may be
// encrypted. It comes after offerKeys. Security 5.8.2, Table 13.
func offerUploads(c *svc.Call, out *tas.KeystoreCapabilities) {
	a := c.View().Keystore.Abilities.WithDefaults()
	rsa := len(a.RSAKeyLengths) > 0
	if out.MaximumNumberOfKeys == nil || !rsa && len(a.EllipticCurves) == 0 || !since(c, 2306) && passphrases(c) == nil {
		return
	}
	schemes, macs := passwordBased()
	if simulated(c, "UploadKeyPairInPKCS8") {
		out.PKCS8, out.PKCS8RSAKeyPairUpload = flag(general(c)), flag(rsa)
		out.PasswordBasedEncryptionAlgorithms = schemes
	}
	if simulated(c, "UploadCertificateWithPrivateKeyInPKCS12") && *out.MaximumNumberOfKeys >= 2 && paths(c) != nil {
		out.PKCS12, out.PKCS12CertificateWithRSAPrivateKeyUpload = flag(general(c)), flag(rsa)
		out.PasswordBasedEncryptionAlgorithms, out.PasswordBasedMACAlgorithms = schemes, macs
	}
}

// passwordBased names the encryptions and the integrity protections that
// containers may have.
func passwordBased() (encryption, mac []string) {
	for _, s := range pki.Schemes() {
		if !slices.Contains(encryption, s.PBE) {
			encryption = append(encryption, s.PBE)
		}
		if s.PRF != "" && !slices.Contains(mac, s.PRF) {
			mac = append(mac, s.PRF)
		}
	}
	return encryption, mac
}

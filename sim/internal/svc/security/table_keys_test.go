package security_test

import (
	"github.com/camfleet/camfleet/sim/internal/keystore"
)

// fullOfKeys leaves no room for another key, and so on.
func fullOfKeys(s *keystore.Section) { s.Limits.Keys = len(s.Keys) }

func fullOfCertificates(s *keystore.Section) { s.Limits.Certificates = len(s.Certificates) }

func fullOfPaths(s *keystore.Section) { s.Limits.CertificationPaths = len(s.Paths) }

func keyEntries(m *material) map[string]entry {
	nothing := element("KeyID", "nothing")
	return map[string]entry{
		"CreateRSAKeyPair": {attempt{body: createRSA(2048)}, map[string]attempt{
			"MaximumNumberOfKeysReached": {body: createRSA(2048), before: with(fullOfKeys)},
			"KeyLength":                  {body: createRSA(1024)},
		}},
		"CreateECCKeyPair": {attempt{body: createECC("secp384r1")}, map[string]attempt{
			"MaximumNumberOfKeysReached": {body: createECC("secp384r1"), before: with(fullOfKeys)},
			"UnsupportedEllipticCurve":   {body: createECC("secp224r1")},
		}},
		"UploadKeyPairInPKCS8": {attempt{body: pkcs8(m.hidden("new"), byID("{secret}"))}, map[string]attempt{
			"MaximumNumberOfKeysReached":    {body: pkcs8(encode(m.key8("new")), ""), before: with(fullOfKeys)},
			"PassphraseID":                  {body: pkcs8(m.hidden("new"), byID("nothing"))},
			"DecryptionFailed":              {body: pkcs8(m.hidden("new"), byID("{wrong}"))},
			"UnsupportedPublicKeyAlgorithm": {body: pkcs8(encode(m.key8("edwards")), "")},
			"InvalidKeyStatus":              {body: pkcs8(encode(m.key8("stuck")), "")},
			"BadPKCS8File":                  {body: pkcs8(encode(m.key8("new")[:40]), "")},
			"PublicPrivateKeyMismatch":      {body: pkcs8(m.mixed("new", "newer"), "")},
		}},
		"GetKeyStatus": {attempt{body: byKey("GetKeyStatus", "{generating}")}, map[string]attempt{
			"KeyID": {body: element("GetKeyStatus", nothing)},
		}},
		"GetPrivateKeyStatus": {attempt{body: byKey("GetPrivateKeyStatus", "{own}")}, map[string]attempt{
			"KeyID":          {body: element("GetPrivateKeyStatus", nothing)},
			"InvalidKeyType": {never: "no operation of release 25.06 makes or brings in a key that is not a key pair"},
		}},
		"GetAllKeys": {attempt{body: "<tas:GetAllKeys/>"}, nil},
		"DeleteKey": {attempt{body: byKey("DeleteKey", "{generating}")}, map[string]attempt{
			"KeyDeletionFailed": {body: byKey("DeleteKey", "{generating}"), full: true},
			"KeyID":             {body: element("DeleteKey", nothing)},
			"ReferenceExists":   {body: byKey("DeleteKey", "{own}")},
		}},
	}
}

// certificateEntries are of certificates that are made or brought here. The
// private half of the factory's key "key" is lost: it cannot sign.
func certificateEntries(m *material) map[string]entry {
	good := commonName("camera")
	constraints := extension("Extension", "2.5.29.19", 0x30, 0)
	fresh := m.certificate(m.ca, "new")
	chain := m.file("new", fresh, encode(m.ca.Certificate.Raw))
	return map[string]entry{
		"CreatePKCS10CSR": {attempt{body: csr("{own}", good, "", withECDSA)}, map[string]attempt{
			"CSRCreationFailed":             {body: csr("{key}", good, "", withECDSA)},
			"KeyID":                         {body: csr("nothing", good, "", withECDSA)},
			"UnsupportedSignatureAlgorithm": {body: csr("{own}", good, "", "1.2.3")},
			"KeySignatureAlgorithmMismatch": {body: csr("{own}", good, "", withRSA)},
			"InvalidKeyStatus":              {body: csr("{stuck}", good, "", withECDSA)},
			"InvalidSubject":                {body: csr("{own}", element("Subject", ""), "", withECDSA)},
			"InvalidAttribute":              {body: csr("{own}", good, basic("1.2.840.113549.1.9.7", 0x0c), withECDSA)},
		}},
		"CreateSelfSignedCertificate": {attempt{body: selfSigned("3", good, "{own}", "", withECDSA, constraints)}, map[string]attempt{
			"CertificateCreationFailed":          {body: selfSigned("", good, "{key}", "", withECDSA, "")},
			"MaximumNumberOfCertificatesReached": {body: selfSigned("", good, "{own}", "", withECDSA, ""), before: with(fullOfCertificates)},
			"UnsupportedX509Version":             {body: selfSigned("2", good, "{own}", "", withECDSA, "")},
			"KeyID":                              {body: selfSigned("", good, "nothing", "", withECDSA, "")},
			"UnsupportedSignatureAlgorithm":      {body: selfSigned("", good, "{own}", "", "1.2.3", "")},
			"KeySignatureAlgorithmMismatch":      {body: selfSigned("", good, "{own}", "", withRSA, "")},
			"X509VersionExtensionsMismatch":      {body: selfSigned("1", good, "{own}", "", withECDSA, constraints)},
			"InvalidKeyStatus":                   {body: selfSigned("", good, "{generating}", "", withECDSA, "")},
			"InvalidSubject":                     {body: selfSigned("", element("Subject", ""), "{own}", "", withECDSA, "")},
			"InvalidDateTime":                    {body: selfSigned("", good, "{own}", element("notValidAfter", "0001-01-01T00:00:00Z"), withECDSA, "")},
		}},
		"UploadCertificate": {attempt{body: upload(fresh, element("Alias", "ünï")+element("KeyAlias", "këy"))}, map[string]attempt{
			"MaximumNumberOfCertificatesReached": {body: upload(fresh, ""), before: with(fullOfCertificates)},
			"MaximumNumberOfKeysReached":         {body: upload(fresh, ""), before: with(fullOfKeys)},
			"NoMatchingPrivateKey":               {body: upload(fresh, privateKeyRequired)},
			"BadCertificate":                     {body: upload(fresh[:len(fresh)-8], "")},
			"UnsupportedPublicKeyAlgorithm":      {body: upload(m.certificate(m.ca, "edwards"), "")},
			"UnsupportedSignatureAlgorithm":      {body: upload(m.certificate(m.strange, "new"), "")},
			"InvalidKeyStatus":                   {body: upload(m.certificate(m.ca, "stuck"), "")},
			"Duplicate":                          {body: upload(encode(m.ca.Certificate.Raw), "")},
		}},
		"UploadCertificateWithPrivateKeyInPKCS12": {attempt{body: pkcs12(chain, "")}, map[string]attempt{
			"MaximumNumberOfCertificatesReached":       {body: pkcs12(chain, ""), before: with(fullOfCertificates)},
			"MaximumNumberOfKeysReached":               {body: pkcs12(chain, ""), before: with(fullOfKeys)},
			"MaximumNumberOfCertificationPathsReached": {body: pkcs12(chain, ""), before: with(fullOfPaths)},
			"PassphraseID":                             {body: pkcs12(chain, byID("nothing"))},
			"DecryptionFailed":                         {body: pkcs12(m.protected("new", fresh), element("Passphrase", "wrong"))},
			"BadCertificate":                           {body: pkcs12(m.file("new", fresh[:len(fresh)-8]), "")},
			"UnsupportedPublicKeyAlgorithm":            {body: pkcs12(m.file("edwards", m.certificate(m.ca, "edwards")), "")},
			"UnsupportedSignatureAlgorithm":            {body: pkcs12(m.file("new", m.certificate(m.strange, "new")), "")},
			"InvalidKeyStatus":                         {body: pkcs12(m.file("stuck", m.certificate(m.ca, "stuck")), "")},
			"BadPKCS12File":                            {body: pkcs12(chain[:len(chain)-8], "")},
			"PublicPrivateKeyMismatch":                 {body: pkcs12(m.file("newer", fresh), "")},
			"InvalidCertificationPath":                 {body: pkcs12(m.file("new", fresh, m.certificate(m.ca, "newer")), "")},
		}},
		"GetCertificate": {attempt{body: on("GetCertificate", "CertificateID", "{end}")}, map[string]attempt{
			"CertificateID": {body: on("GetCertificate", "CertificateID", "nothing")},
		}},
		"GetAllCertificates": {attempt{body: "<tas:GetAllCertificates/>"}, nil},
		"DeleteCertificate": {attempt{body: dropCertificate("{single}")}, map[string]attempt{
			"CertificateDeletionFailed": {body: dropCertificate("{single}"), full: true},
			"CertificateID":             {body: dropCertificate("nothing")},
			"ReferenceExists":           {body: dropCertificate("{end}")},
		}},
	}
}

package profiles_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
)

// TestSecurityListsFitEachOther: what Table 13 and the TLS add-on demand.
func TestSecurityListsFitEachOther(t *testing.T) {
	t.Parallel()
	const noSHA1 = "security: {signature_algorithms: [sha256WithRSAEncryption, ecdsa-with-SHA256]}"
	for text, want := range map[string][]string{
		"onvif: {release: 26.06}\n" + noSHA1: nil,
		noSHA1: {
			"release 25.06 demands sha1-WithRSAEncryption for tas:CreateSelfSignedCertificate",
			"release 25.06 demands ecdsa-with-SHA1 for tas:CreatePKCS10CSR",
		},
		"onvif: {addons: [], operations_off: [tas:CreateSelfSignedCertificate, tas:CreatePKCS10CSR]}\n" + noSHA1:           nil,
		"security: {rsa_key_lengths: [], signature_algorithms: [ecdsa-with-SHA1, ecdsa-with-SHA256]}\nonvif: {addons: []}": nil,
		"security: {rsa_key_lengths: []}":                       {"the add-on TLSServerConfiguration needs RSA keys"},
		"security: {password_based: {encryption: [PBES2]}}":     {"demands pbeWithSHAAnd3-KeyTripleDES-CBC"},
		"security: {password_based: {mac: [hmacWithSHA1]}}":     {"demands hmacWithSHA256"},
		"security: {password_based: {encryption: [], mac: []}}": nil,
		"security: {dot1x_methods: [EAP-TLS]}":                  {"EAP-PEAP/MSCHAPv2 cannot be left out"},
		"security: {dot1x_methods: []}":                         nil,
		"security: {elliptic_curves: [secp256k1]}":              {"\"secp256k1\" is not known here"},
		"security: {rsa_key_lengths: [1024]}":                   {"1024 is not known here"},
		"security: {rsa_key_lengths: [2048, 2048]}":             {"2048 stands twice"},
		"security: {signature_algorithms: []}":                  {"want at least 1 in this list"},
		"limits: {keystore: {keys: 15}}":                        {"needs room for 16 keys"},
		"limits: {keystore: {keys: 16, certificates: 16}}":      nil,
		"limits: {keystore: {certificates: 15}}":                {"needs room for 16 certificates"},
		"onvif: {operations_off: [tas:DeleteKey]}":              {"the add-on TLSServerConfiguration needs tas:DeleteKey"},
		"onvif: {services: [device, media, media2, event]}":     {"needs the security service"},
		"limits: {keystore: {certification_path_validation_policies: 1, tls_certification_path_validation_policies: 1, authorization_servers: 1}}": {
			"tls_certification_path_validation_policies needs", "authorization_servers needs",
		},
		"limits: {keystore: {certification_path_validation_policies: 0, tls_certification_path_validation_policies: 0, authorization_servers: 0}}": nil,
	} {
		_, err := profiles.Parse("own.yaml", []byte("extends: flagship\n"+text+"\n"))
		var errs *profiles.Errors
		errors.As(err, &errs)
		if err == nil && want == nil {
			continue
		}
		if errs == nil || len(errs.List) != len(want) {
			t.Errorf("%s: %v, want %q", text, err, want)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v, want %q", text, err, w)
			}
		}
	}
}

// TestReleasesThatAreKnown: an older one needs what it lacks switched off.
func TestReleasesThatAreKnown(t *testing.T) {
	t.Parallel()
	for release, ok := range map[string]bool{"18.12": true, "25.06": true, "26.06": true, "24.12": false, "25.6": false} {
		text := "extends: flagship\nonvif: {release: '" + release + "', addons: []}\nauth: {jwt: {enabled: false}}\n"
		if _, err := profiles.Parse("own.yaml", []byte(text)); (err == nil) != ok {
			t.Errorf("%s: %v", release, err)
		}
	}
}

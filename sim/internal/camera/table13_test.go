package camera_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
)

// promised are the capabilities of a Security service by the names of their
// attributes, and what the camera carries out.
type promised struct {
	release string
	values  map[string]string
	there   map[string]bool
}

func promisedBy(t testing.TB, c *cameratest.Camera) promised {
	t.Helper()
	p := promised{c.Profile.ONVIF.Release, map[string]string{}, map[string]bool{}}
	root := c.As(t, "", "<tas:GetServiceCapabilities/>").Root.FindElement("./Capabilities")
	for _, part := range root.ChildElements() {
		for _, a := range part.Attr {
			p.values[a.Key] = a.Value
		}
		for _, oid := range part.FindElements("./SignatureAlgorithms/algorithm") {
			p.values["SignatureAlgorithms"] += " " + oid.Text()
		}
	}
	for _, o := range camera.Operations(c.Profile) {
		p.there[o.Row.Name] = p.there[o.Row.Name] || o.Row.Prefix == "tas" && o.Simulated && !o.Off
	}
	return p
}

// has reports whether a capability is signalled: true, above 0, not empty.
func (p promised) has(name string) bool {
	v := p.values[name]
	return v != "" && v != "0" && v != "false"
}

func (p promised) any(names ...string) bool { return slices.ContainsFunc(names, p.has) }

func (p promised) number(name string) int { n, _ := strconv.Atoi(p.values[name]); return n }

// lists reports whether a list has all the words.
func (p promised) lists(name string, words ...string) bool {
	have := strings.Fields(p.values[name])
	return !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(have, w) })
}

// requirement is a row of Security 25.06 Table 13.
type requirement struct {
	operations string // that shall be supported
	holds      func(promised) bool
}

const (
	oidSHA1RSA     = "1.2.840.113549.1.1.5"
	oidSHA256RSA   = "1.2.840.113549.1.1.11"
	oidSHA1ECDSA   = "1.2.840.10045.4.1"
	oidSHA256ECDSA = "1.2.840.10045.4.3.2"
)

// mandatory reports whether algorithms are there that Table 13 names: until
// 25.12, when the Security Baseline took over.
func (p promised) mandatory(name string, words ...string) bool {
	return p.release >= "25.12" || p.lists(name, words...)
}

func table13() map[string]requirement {
	certifying := []string{"PKCS10", "PKCS10ExternalCertificationWithRSA", "SelfSignedCertificateCreation", "SelfSignedCertificateCreationWithRSA"}
	pkcs8 := requirement{"UploadKeyPairInPKCS8", func(p promised) bool {
		return p.number("MaximumNumberOfKeys") > 0 && p.mandatory("PasswordBasedEncryptionAlgorithms", "pbeWithSHAAnd3-KeyTripleDES-CBC") &&
			p.any("RSAKeyLengths", "EllipticCurves") && (p.release >= "23.06" || p.has("MaximumNumberOfPassphrases"))
	}}
	pkcs12 := requirement{
		"UploadCertificateWithPrivateKeyInPKCS12 GetCertificate GetAllCertificates DeleteCertificate GetCertificationPath GetAllCertificationPaths DeleteCertificationPath",
		func(p promised) bool {
			return p.number("MaximumNumberOfKeys") >= 2 && p.number("MaximumNumberOfCertificates") >= 2 && p.has("MaximumNumberOfCertificationPaths") &&
				p.mandatory("PasswordBasedEncryptionAlgorithms", "pbeWithSHAAnd3-KeyTripleDES-CBC") &&
				p.mandatory("PasswordBasedMACAlgorithms", "hmacWithSHA256") && p.lists("X509Versions", "3") &&
				(p.release >= "23.06" || p.has("MaximumNumberOfPassphrases"))
		},
	}
	pkcs10 := requirement{"CreatePKCS10CSR GetCertificate GetAllCertificates DeleteCertificate UploadCertificate", func(p promised) bool {
		rsa := !p.has("RSAKeyLengths") || p.has("RSAKeyPairGeneration") && (p.release >= "22.06" || p.lists("SignatureAlgorithms", oidSHA1RSA, oidSHA256RSA))
		ecc := !p.has("EllipticCurves") || p.has("ECCKeyPairGeneration") && p.mandatory("SignatureAlgorithms", oidSHA1ECDSA, oidSHA256ECDSA)
		return p.number("MaximumNumberOfCertificates") >= 2 && p.has("MaximumNumberOfCertificationPaths") && p.number("MaximumNumberOfKeys") >= 2 && rsa && ecc
	}}
	selfSigned := requirement{"CreateSelfSignedCertificate GetCertificate GetAllCertificates DeleteCertificate", func(p promised) bool {
		rsa := !p.has("RSAKeyLengths") || p.has("RSAKeyPairGeneration") && p.mandatory("SignatureAlgorithms", oidSHA1RSA, oidSHA256RSA)
		return p.has("MaximumNumberOfCertificates") && rsa && (!p.has("EllipticCurves") || p.has("ECCKeyPairGeneration"))
	}}
	rsa := func(r requirement) requirement {
		return requirement{r.operations, func(p promised) bool { return r.holds(p) && p.has("RSAKeyLengths") }}
	}
	above := func(name string, n int) func(promised) bool {
		return func(p promised) bool { return p.number(name) >= n }
	}
	return map[string]requirement{
		"MaximumNumberOfPassphrases":               {"UploadPassphrase GetAllPassphrases DeletePassphrase", nil},
		"MaximumNumberOfKeys":                      {"GetKeyStatus GetAllKeys DeleteKey", nil},
		"MaximumNumberOfCertificates":              {"", above("MaximumNumberOfKeys", 1)},
		"MaximumNumberOfCertificationPaths":        {"", above("MaximumNumberOfCertificates", 2)},
		"RSAKeyPairGeneration":                     {"CreateRSAKeyPair", func(p promised) bool { return p.has("RSAKeyLengths") && p.has("MaximumNumberOfKeys") }},
		"ECCKeyPairGeneration":                     {"CreateECCKeyPair", func(p promised) bool { return p.has("EllipticCurves") && p.has("MaximumNumberOfKeys") }},
		"SetCertPath":                              {"SetCertificationPath SetCertPathValidationPolicy", nil},
		"PKCS8":                                    pkcs8,
		"PKCS8RSAKeyPairUpload":                    rsa(pkcs8),
		"PKCS12":                                   pkcs12,
		"PKCS12CertificateWithRSAPrivateKeyUpload": rsa(pkcs12),
		"PKCS10":                                   pkcs10,
		"PKCS10ExternalCertificationWithRSA":       rsa(pkcs10),
		"SelfSignedCertificateCreation":            selfSigned,
		"SelfSignedCertificateCreationWithRSA":     rsa(selfSigned),
		"TLSServerSupported": {
			"CreateCertificationPath GetCertificationPath GetAllCertificationPaths DeleteCertificationPath AddServerCertificateAssignment " +
				"RemoveServerCertificateAssignment ReplaceServerCertificateAssignment GetAssignedServerCertificates",
			func(p promised) bool {
				room := !p.any("PKCS10", "PKCS10ExternalCertificationWithRSA") || p.number("MaximumNumberOfCertificates") >= 3
				return p.any(certifying...) && p.number("MaximumNumberOfCertificationPaths") >= 2 && p.has("MaximumNumberOfTLSCertificationPaths") && room
			},
		},
		"MaximumNumberOfTLSCertificationPaths": {"", above("MaximumNumberOfCertificationPaths", 1)},
		"EnabledVersionsSupported":             {"SetEnabledTLSVersions GetEnabledTLSVersions", nil},
		"MaximumNumberOfCRLs":                  {"UploadCRL GetCRL GetAllCRLs DeleteCRL", nil},
		"MaximumNumberOfCertificationPathValidationPolicies": {
			"CreateCertPathValidationPolicy GetCertPathValidationPolicy GetAllCertPathValidationPolicies DeleteCertPathValidationPolicy",
			func(p promised) bool {
				return p.any(append(certifying, "PKCS12", "PKCS12CertificateWithRSAPrivateKeyUpload")...)
			},
		},
		"TLSClientAuthSupported": {
			"SetClientAuthenticationRequired GetClientAuthenticationRequired AddCertPathValidationPolicyAssignment " +
				"RemoveCertPathValidationPolicyAssignment ReplaceCertPathValidationPolicyAssignment GetAssignedCertPathValidationPolicies",
			func(p promised) bool {
				return p.has("TLSServerSupported") && p.number("MaximumNumberOfCertificationPathValidationPolicies") >= 2 &&
					p.has("MaximumNumberOfTLSCertificationPathValidationPolicies") && (p.release >= "22.12" || p.has("MaximumNumberOfCRLs"))
			},
		},
		"CnMapsToUserSupported":                                 {"SetCnMapsToUser GetCnMapsToUser", func(p promised) bool { return p.has("TLSClientAuthSupported") }},
		"MaximumNumberOfTLSCertificationPathValidationPolicies": {"", above("MaximumNumberOfCertificationPathValidationPolicies", 1)},
		"MaximumNumberOfDot1XConfigurations": {
			"AddDot1XConfiguration GetAllDot1XConfigurations GetDot1XConfiguration DeleteDot1XConfiguration SetNetworkInterfaceDot1XConfiguration " +
				"GetNetworkInterfaceDot1XConfiguration DeleteNetworkInterfaceDot1XConfiguration",
			func(p promised) bool { return p.lists("Dot1XMethods", "EAP-PEAP/MSCHAPv2") },
		},
		"Dot1XMethods":                 {"", above("MaximumNumberOfDot1XConfigurations", 1)},
		"MediaSigningSupported":        {"GetAssignedMediaSigningCertificates", nil},
		"UserMediaSigningKeySupported": {"AddMediaSigningCertificateAssignment RemoveMediaSigningCertificateAssignment", nil},
		"MaxConfigurations": {
			"GetAuthorizationServerConfigurations CreateAuthorizationServerConfiguration SetAuthorizationServerConfiguration DeleteAuthorizationServerConfiguration",
			func(p promised) bool {
				method := func(name, needs string) bool {
					return !p.lists("ClientAuthenticationMethodsSupported", name) || p.has(needs)
				}
				return p.number("MaximumNumberOfCertificationPathValidationPolicies") >= 2 && method("private_key_jwt", "ECCKeyPairGeneration") &&
					method("tls_client_auth", "PKCS10") && method("self_signed_tls_client_auth", "SelfSignedCertificateCreation")
			},
		},
		"KeyPairGeneration": {"", func(p promised) bool {
			return p.lists("KeyPairGeneration", "RSA") == p.has("RSAKeyPairGeneration") && p.lists("KeyPairGeneration", "ECC") == p.has("ECCKeyPairGeneration")
		}},
	}
}

// firstRelease is when an attribute came, of those that 18.12 does not have.
func firstRelease() map[string]string {
	return map[string]string{
		"CnMapsToUserSupported": "19.12", "ECCKeyPairGeneration": "23.12", "EllipticCurves": "23.12", "PKCS8": "23.12", "PKCS12": "23.12",
		"PKCS10": "23.12", "SelfSignedCertificateCreation": "23.12", "MaxConfigurations": "23.12", "ConfigurationTypesSupported": "23.12",
		"ClientAuthenticationMethodsSupported": "23.12", "SetCertPath": "24.12", "MediaSigningSupported": "24.12",
		"UserMediaSigningKeySupported": "24.12", "KeyPairGeneration": "25.12",
	}
}

// check compares what is promised with what that implies.
func (p promised) check(t *testing.T) {
	t.Helper()
	for name, r := range table13() {
		if !p.has(name) {
			continue
		}
		for operation := range strings.FieldsSeq(r.operations) {
			if !p.there[operation] {
				t.Errorf("%s without tas:%s", name, operation)
			}
		}
		if r.holds != nil && !r.holds(p) {
			t.Errorf("%s=%q without what it implies", name, p.values[name])
		}
		if p.release < firstRelease()[name] {
			t.Errorf("%s came with %s; the camera claims %s", name, firstRelease()[name], p.release)
		}
	}
}

// TestCapabilitiesKeepTable13 for the built-in profiles, for releases, and with
// any one operation or list switched off.
func TestCapabilitiesKeepTable13(t *testing.T) {
	t.Parallel()
	opened := map[string]*profiles.Profile{}
	for _, name := range profiles.Builtin() {
		opened[name] = cameratest.Open(t, name)
	}
	changes := map[string]func(*profiles.Profile){
		"no RSA":    func(p *profiles.Profile) { p.Security.RSAKeyLengths = []int{} },
		"no curves": func(p *profiles.Profile) { p.Security.EllipticCurves = []string{} },
		"no SHA-1": func(p *profiles.Profile) {
			p.Security.SignatureAlgorithms = []string{"sha256WithRSAEncryption", "ecdsa-with-SHA256"}
		},
		"no encryption":  func(p *profiles.Profile) { p.Security.PasswordBased.Encryption = []string{} },
		"no MAC":         func(p *profiles.Profile) { p.Security.PasswordBased.MAC = []string{} },
		"PBES2 alone":    func(p *profiles.Profile) { p.Security.PasswordBased.Encryption = []string{"PBES2"} },
		"no methods":     func(p *profiles.Profile) { p.Security.Dot1XMethods = []string{} },
		"no policies":    func(p *profiles.Profile) { p.Limits.Keystore.CertificationPathPolicies = 0 },
		"one policy":     func(p *profiles.Profile) { p.Limits.Keystore.CertificationPathPolicies = 1 },
		"no passphrases": func(p *profiles.Profile) { p.Limits.Keystore.Passphrases = 0 },
		"no CRLs":        func(p *profiles.Profile) { p.Limits.Keystore.CRLs = 0 },
		"nothing":        func(*profiles.Profile) {},
	}
	for _, o := range camera.Operations(nil) {
		if id := o.Row.ID(); o.Row.Prefix == "tas" && o.Row.Name != "GetServiceCapabilities" {
			changes[id] = func(p *profiles.Profile) { p.ONVIF.OperationsOff = append(slices.Clone(p.ONVIF.OperationsOff), id) }
		}
	}
	for name, p := range opened {
		for what, change := range changes {
			if name != "flagship" && what != "nothing" {
				continue
			}
			tried := []string{p.ONVIF.Release, "18.12", "22.06", "26.06"}
			if strings.HasPrefix(what, "tas:") {
				tried = tried[:2]
			}
			for _, release := range tried {
				t.Run(name+" without "+what+" as "+release, func(t *testing.T) {
					t.Parallel()
					c := cameratest.New(t, cameratest.Config{Opened: p, Change: func(p *profiles.Profile) {
						p.ONVIF.Release = release
						change(p)
					}})
					promisedBy(t, c).check(t)
				})
			}
		}
	}
}

// TestBuiltinProfilesPromiseWhatTheyAreFor: which showcase has what of the
// Security service.
func TestBuiltinProfilesPromiseWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	const always = "RSAKeyPairGeneration PKCS10ExternalCertificationWithRSA SelfSignedCertificateCreationWithRSA TLSServerSupported"
	const old = always + " PKCS8RSAKeyPairUpload PKCS12CertificateWithRSAPrivateKeyUpload TLSClientAuthSupported EnabledVersionsSupported " +
		"Dot1XMethods MaximumNumberOfPassphrases MaximumNumberOfCRLs"
	const all = old + " ECCKeyPairGeneration PKCS8 PKCS12 PKCS10 SelfSignedCertificateCreation SetCertPath CnMapsToUserSupported MaxConfigurations"
	for name, want := range map[string]struct{ has, hasNot, addons string }{
		"flagship":          {all, "KeyPairGeneration", "TLSServerConfiguration"},
		"legacy-18-12":      {old, "EllipticCurves MaxConfigurations SetCertPath MediaSigningSupported", ""},
		"security-baseline": {all + " KeyPairGeneration", "", ""},
		"tls-addon": {always, "EllipticCurves PKCS8RSAKeyPairUpload PKCS12CertificateWithRSAPrivateKeyUpload TLSClientAuthSupported MaximumNumberOfCRLs " +
			"MaximumNumberOfPassphrases Dot1XMethods MaxConfigurations SetCertPath EnabledVersionsSupported MediaSigningSupported", "TLSServerConfiguration"},
	} {
		c := cameratest.New(t, cameratest.Config{Profile: name})
		p := promisedBy(t, c)
		for attribute := range strings.FieldsSeq(want.has) {
			if !p.has(attribute) {
				t.Errorf("%s: no %s", name, attribute)
			}
		}
		for attribute := range strings.FieldsSeq(want.hasNot) {
			if p.has(attribute) {
				t.Errorf("%s: %s=%q", name, attribute, p.values[attribute])
			}
		}
		system := c.As(t, "", "<tds:GetServiceCapabilities/>").Root.FindElement("./Capabilities/System")
		if got := system.SelectAttrValue("Addons", ""); got != want.addons {
			t.Errorf("%s: add-ons %q, want %q", name, got, want.addons)
		}
		if name == "security-baseline" && (p.lists("SignatureAlgorithms", oidSHA1RSA) || p.lists("SignatureAlgorithms", oidSHA1ECDSA) ||
			p.values["RSAKeyLengths"] != "3072 4096" || p.values["TLSServerSupported"] != "1.2 1.3" || p.values["PasswordBasedEncryptionAlgorithms"] != "PBES2") {
			t.Errorf("%s: %v", name, p.values)
		}
	}
}

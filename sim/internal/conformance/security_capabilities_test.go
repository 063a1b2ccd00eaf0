package conformance

import (
	"crypto/tls"
	"slices"
	"strings"

	"github.com/beevik/etree"
)

func capabilityCases() []testCase {
	return []testCase{
		{"ADVANCED_SECURITY-5-1-1", "capabilities imply each other", nil, capabilitiesFit},
		{"ADVANCED_SECURITY-5-1-2", "capabilities in GetServices", nil, func(s *session) { s.sameCapabilities("tas") }},
		{"ADVANCED_SECURITY-9-1-1", "enabled TLS versions", []need{tlsVersions()}, versionsAreSet},
		{"ADVANCED_SECURITY-9-1-2", "lowest TLS version disabled", []need{tlsVersions(), twoVersions(), network()}, versionsHold},
	}
}

func tlsVersions() need { return capability("tas/TLSServerCapabilities/EnabledVersionsSupported") }

// twoVersions is what the test tool asks for before it disables the lowest.
func twoVersions() need {
	return need{"two TLS versions", func(f *features) bool { return len(f.words("tas/TLSServerCapabilities/TLSServerSupported")) > 1 }}
}

// sameCapabilities: a service says the same of itself as GetServices does.
func (s *session) sameCapabilities(prefix string) {
	s.Helper()
	space := s.space(prefix)
	var listed, own *etree.Element
	for _, el := range s.do(tds("GetServices", tds("IncludeCapability", "true"))).Root.FindElements("./Service") {
		if el.FindElement("./Namespace").Text() == space {
			listed = el.FindElement("./Capabilities/Capabilities")
		}
	}
	own = s.do("<" + prefix + ":GetServiceCapabilities/>").Root.FindElement("./Capabilities")
	if listed == nil || own == nil {
		s.Fatal("there are no capabilities")
	}
	text := func(el *etree.Element) string {
		f := features{capabilities: map[string]string{}}
		f.flatten("", el)
		var lines []string
		for path, value := range f.capabilities {
			if !strings.Contains(path, "/xmlns") && !strings.HasPrefix(path, "/"+prefix) {
				lines = append(lines, path+" "+value)
			}
		}
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	}
	s.want("capabilities", text(own), text(listed))
}

// capabilitiesFit checks the implications of Table 13 in the form of the
// device's release: 22.12 and 23.06 relaxed some of them, and since 25.12 the
// Security Baseline says which algorithms are mandatory.
func capabilitiesFit(s *session) {
	f := s.features
	const keystore, server = "tas/KeystoreCapabilities/", "tas/TLSServerCapabilities/"
	on := func(name string) bool { return f.on(keystore + name) }
	n := func(name string) int { return f.number(keystore + name) }
	algorithms := func(oids ...string) bool {
		return !slices.ContainsFunc(oids, func(oid string) bool { return !slices.Contains(f.algorithms, oid) })
	}
	early := f.release < 2212 // before CRLs were no longer demanded
	alone := f.release < 2306 // before containers came without passphrases
	imply := func(what string, given bool, wanted ...bool) {
		if given && slices.Contains(wanted, false) {
			s.Errorf("%s lacks what it implies: %v", what, wanted)
		}
	}
	baseline := f.release >= 2512
	rsaWithBoth := baseline || algorithms(sha1RSA, sha256RSA)
	decrypts := baseline || slices.Contains(f.words(keystore+"PasswordBasedEncryptionAlgorithms"), "pbeWithSHAAnd3-KeyTripleDES-CBC")
	checks := baseline || slices.Contains(f.words(keystore+"PasswordBasedMACAlgorithms"), "hmacWithSHA256")
	imply("RSAKeyPairGeneration", on("RSAKeyPairGeneration"), n("MaximumNumberOfKeys") > 0, len(f.words(keystore+"RSAKeyLengths")) > 0)
	imply("ECCKeyPairGeneration", on("ECCKeyPairGeneration"), n("MaximumNumberOfKeys") > 0, len(f.words(keystore+"EllipticCurves")) > 0)
	imply("PKCS10ExternalCertificationWithRSA", on("PKCS10ExternalCertificationWithRSA"),
		on("RSAKeyPairGeneration") || on("PKCS8RSAKeyPairUpload") || on("PKCS12CertificateWithRSAPrivateKeyUpload"),
		n("MaximumNumberOfKeys") >= 2, n("MaximumNumberOfCertificates") >= 2, n("MaximumNumberOfCertificationPaths") > 0,
		!early || rsaWithBoth)
	imply("SelfSignedCertificateCreationWithRSA", on("SelfSignedCertificateCreationWithRSA"),
		on("RSAKeyPairGeneration") || on("PKCS8RSAKeyPairUpload") || on("PKCS12CertificateWithRSAPrivateKeyUpload"),
		n("MaximumNumberOfCertificates") > 0, rsaWithBoth)
	imply("PKCS8RSAKeyPairUpload", on("PKCS8RSAKeyPairUpload"), n("MaximumNumberOfKeys") > 0,
		!alone || n("MaximumNumberOfPassphrases") > 0, decrypts)
	imply("PKCS12CertificateWithRSAPrivateKeyUpload", on("PKCS12CertificateWithRSAPrivateKeyUpload"),
		n("MaximumNumberOfKeys") >= 2, n("MaximumNumberOfCertificates") >= 2, n("MaximumNumberOfCertificationPaths") > 0,
		!alone || n("MaximumNumberOfPassphrases") > 0, !alone || rsaWithBoth, decrypts, checks)
	signs := on("PKCS10ExternalCertificationWithRSA") || on("PKCS10") || on("SelfSignedCertificateCreationWithRSA") || on("SelfSignedCertificateCreation")
	imply("TLSServerSupported", len(f.words(server+"TLSServerSupported")) > 0, signs,
		n("MaximumNumberOfCertificationPaths") >= 2, f.number(server+"MaximumNumberOfTLSCertificationPaths") > 0,
		!on("PKCS10ExternalCertificationWithRSA") || n("MaximumNumberOfCertificates") >= 3)
	imply("TLSClientAuthSupported", f.on(server+"TLSClientAuthSupported"), len(f.words(server+"TLSServerSupported")) > 0,
		!early || n("MaximumNumberOfCRLs") > 0, n("MaximumNumberOfCertificationPathValidationPolicies") >= 2,
		f.number(server+"MaximumNumberOfTLSCertificationPathValidationPolicies") > 0)
	imply("MaximumNumberOfCertificationPaths", n("MaximumNumberOfCertificationPaths") > 0, n("MaximumNumberOfCertificates") >= 2)
	imply("X.509Versions", signs, slices.Contains(f.words(keystore+"X509Versions"), "3"))
	imply("MaximumNumberOfDot1XConfigurations", f.number("tas/Dot1XCapabilities/MaximumNumberOfDot1XConfigurations") > 0,
		n("MaximumNumberOfPassphrases") > 0, slices.Contains(f.words("tas/Dot1XCapabilities/Dot1XMethods"), "EAP-PEAP/MSCHAPv2"))
}

func enable(versions ...string) string {
	return tas("SetEnabledTLSVersions", tas("Versions", strings.Join(versions, " ")))
}

// enabled are the TLS versions, in no order.
func (s *session) enabled() []string {
	s.Helper()
	list := strings.Fields(s.do("<tas:GetEnabledTLSVersions/>").Text("./Versions"))
	slices.Sort(list)
	return list
}

// restoreVersions puts the versions back after the case.
func (s *session) restoreVersions() []string {
	s.Helper()
	before := s.enabled()
	s.finally(func() { s.do(enable(before...)) })
	return before
}

func versionsAreSet(s *session) {
	supported := slices.Sorted(slices.Values(s.features.words("tas/TLSServerCapabilities/TLSServerSupported")))
	before := s.restoreVersions()
	if len(before) == 0 || slices.ContainsFunc(before, func(v string) bool { return !slices.Contains(supported, v) }) {
		s.Errorf("%v is enabled, %v supported", before, supported)
	}
	set := func(versions ...string) {
		s.Helper()
		s.do(enable(versions...))
		if got := s.enabled(); !slices.Equal(got, versions) {
			s.Errorf("%v is enabled, want %v", got, versions)
		}
	}
	set(supported...)
	s.refused(argument+"/ter:EmptyList", enable())
	set(supported[0])
	set(supported[len(supported)-1])
}

// version is a TLS version by its name in capabilities.
func version(name string) uint16 {
	return map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[name]
}

func versionsHold(s *session) {
	supported := slices.Sorted(slices.Values(s.features.words("tas/TLSServerCapabilities/TLSServerSupported")))
	s.restoreVersions()
	s.do(enable(supported[1:]...))
	address := s.https(true)
	if _, err := s.handshake(address, func(c *tls.Config) { c.MaxVersion = version(supported[0]) }); err == nil {
		s.Errorf("a client with TLS %s is let in", supported[0])
	}
	if _, err := s.handshake(address, nil); err != nil {
		s.Error(err)
	}
}

package security_test

import (
	"io"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
)

// containers are those of the stories about narrowed abilities: encrypted keys
// by scheme, and PKCS #12 files by integrity protection.
func containers(t testing.TB) (keys map[string]string, files map[string]string) {
	t.Helper()
	m, random := newMaterial(t), seed.New(5).Stream("containers")
	keys, files = map[string]string{}, map[string]string{}
	for name, scheme := range map[string]pki.Scheme{
		"aes": pki.AES256(), "3des": pki.TripleDES(),
		"3des in PBES2":  {PBE: pki.PBES2, KDF: "PBKDF2", PRF: "hmacWithSHA256", Cipher: "des-EDE3-CBC"},
		"SHA-1 in PBES2": {PBE: pki.PBES2, KDF: "PBKDF2", PRF: "hmacWithSHA1", Cipher: "aes256-CBC"},
	} {
		keys[name] = pkcs8(encode(must(pki.EncryptPKCS8(m.key8("new"), pki.Encryption{Scheme: scheme, Passphrase: "secret"}, random))), byValue("secret"))
	}
	e := &pki.Encryption{Scheme: pki.AES256(), Passphrase: "secret"}
	leaf := pki.PKCS12Certificate{DER: decode(t, m.certificate(m.ca, "newer"))}
	for name, mac := range map[string]pki.MAC{
		"sha256": {HMAC: "hmacWithSHA256"}, "sha1": {HMAC: "hmacWithSHA1"},
		"pbmac1":         {HMAC: "hmacWithSHA256", PBMAC1: true, PRF: "hmacWithSHA256"},
		"pbmac1 of sha1": {HMAC: "hmacWithSHA256", PBMAC1: true, PRF: "hmacWithSHA1"},
	} {
		files[name] = pkcs12(encode(must(pki.PKCS12Contents{
			Keys: [][]byte{m.key8("newer")}, KeyEncryption: e, MAC: mac, MACPassphrase: "secret",
			Certificates: []pki.PKCS12Certificate{leaf}, CertificateEncryption: e,
		}.Write(random))), element("Passphrase", "secret"))
	}
	return keys, files
}

// TestOnlyWhatIsListedIsTaken: the lists of the profile are those of the
// capabilities, and the rules go by them.
func TestOnlyWhatIsListedIsTaken(t *testing.T) {
	t.Parallel()
	keys, files := containers(t)
	const credentials = "<tas:ClientID>me</tas:ClientID><tas:ClientSecret>s</tas:ClientSecret>"
	failed := arg + "/ter:DecryptionFailed"
	narrow := func(p *profiles.Profile) {
		p.Security.PasswordBased = profiles.PasswordBased{
			Encryption: []string{"PBES2"}, Ciphers: []string{"aes256-CBC"}, MAC: []string{"hmacWithSHA256", "PBMAC1"},
		}
	}
	keystoreOf := func(names ...string) map[string]string {
		want := map[string]string{}
		for i := 0; i < len(names); i += 2 {
			want["./Capabilities/KeystoreCapabilities/"+names[i]] = names[i+1]
		}
		return want
	}
	tell(t, map[string]story{
		"all containers": {steps: []step{
			{body: keys["aes"]}, {body: keys["3des"]}, {body: keys["3des in PBES2"]}, {body: keys["SHA-1 in PBES2"]},
			{body: files["sha256"]}, {body: files["sha1"]}, {body: files["pbmac1 of sha1"]},
		}},
		"few containers": {change: narrow, steps: []step{
			{body: keys["3des"], fault: failed}, {body: keys["3des in PBES2"], fault: failed}, {body: keys["SHA-1 in PBES2"], fault: failed},
			{body: keys["aes"]},
			{body: files["sha1"], fault: failed}, {body: files["pbmac1 of sha1"], fault: failed}, {body: files["pbmac1"]},
		}},
		"no PBMAC1": {change: func(p *profiles.Profile) { p.Security.PasswordBased.MAC = []string{"hmacWithSHA256"} }, steps: []step{
			{body: files["pbmac1"], fault: failed}, {body: files["sha256"]},
		}},
		"few keys": {
			change: func(p *profiles.Profile) {
				p.Security.RSAKeyLengths, p.Security.EllipticCurves = []int{3072}, []string{"secp384r1"}
			},
			steps: []step{
				{body: createRSA(2048), fault: arg + "/ter:KeyLength"},
				{body: createECC("secp256r1"), fault: arg + "/ter:UnsupportedEllipticCurve"},
				{body: keys["aes"], fault: arg + "/ter:UnsupportedPublicKeyAlgorithm"}, // of P-256
				// The state changes on its own from here on, when the keys are made.
				{body: createRSA(3072)}, {body: createECC("secp384r1")},
			},
		},
		"SHA-2 only": {
			change: func(p *profiles.Profile) {
				p.ONVIF.Release = "26.06"
				p.Security.SignatureAlgorithms = []string{"sha256WithRSAEncryption", "ecdsa-with-SHA256"}
			},
			kept: func(c *cameratest.Camera) map[string]string { return things(c) },
			steps: []step{
				{body: csr("{key}", commonName("c"), "", "1.2.840.10045.4.1"), fault: arg + "/ter:UnsupportedSignatureAlgorithm"},
				{body: "<tas:GetServiceCapabilities/>", want: keystoreOf("SignatureAlgorithms/algorithm", "1.2.840.113549.1.1.11 1.2.840.10045.4.3.2")},
			},
		},
		"one method": {
			change: func(p *profiles.Profile) { p.Security.Dot1XMethods = []string{"EAP-PEAP/MSCHAPv2"} },
			kept:   things,
			steps: []step{
				{body: passphrase("secret"), keep: map[string]string{"./PassphraseID": "p"}},
				{body: addDot1X(stage("Outer", "EAP-TLS", element("CertificationPathID", "{path}"))), fault: arg + "/ter:Dot1XMethodCombination"},
				{body: peap("{p}")},
			},
		},
		"one kind of authorization server": {
			change: func(p *profiles.Profile) {
				p.Security.AuthorizationServers = profiles.AuthorizationServers{
					Types: []string{"OAuthClientCredentials"}, ClientAuthentication: []string{"client_secret_basic"},
				}
			},
			steps: []step{
				{body: createServer("client_secret_post", credentials), fault: arg + "/ter:InvalidConfig"},
				{body: strings.ReplaceAll(createServer("client_secret_basic", credentials), "OAuthClientCredentials", "OIDC2AuthorizationCode"), fault: arg + "/ter:InvalidConfig"},
				{body: createServer("client_secret_basic", credentials)},
			},
		},
		"no room for RSA": {
			kept: func(c *cameratest.Camera) map[string]string {
				edit(t, c, func(s *keystore.Section, _ io.Reader) error { s.Abilities.RSAKeyLengths = []int{}; return nil })
				return things(c)
			},
			steps: []step{{body: createRSA(2048), fault: arg + "/ter:KeyLength"}},
		},
	})
}

package security_test

import (
	"bytes"
	"encoding/base64"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
)

// certificate makes a certificate of a key, signed by another's; by itself if
// the issuer is its own name.
func (f files) certificate(name, issuer string, arguments ...string) {
	f.t.Helper()
	all := []string{"req", "-x509", "-new", "-key", f.path(name + ".pem"), "-subj", "/CN=" + name, "-days", "30", "-out", f.path(name + ".crt")}
	if issuer != name {
		all = append(all, "-CA", f.path(issuer+".crt"), "-CAkey", f.path(issuer+".pem"))
	}
	openssl(f.t, append(all, arguments...)...)
}

// pkcs12 makes a file of a key, its certificate and others, under the
// passphrase "secret".
func (f files) pkcs12(name, key, leaf, others string, arguments ...string) {
	f.t.Helper()
	all := []string{
		"pkcs12", "-export", "-inkey", f.path(key + ".pem"), "-in", f.path(leaf + ".crt"), "-passout", "pass:secret", "-out", f.path(name),
	}
	if others != "" {
		all = append(all, "-certfile", f.path(others+".crt"))
	}
	openssl(f.t, append(all, arguments...)...)
}

func pkcs12(content, rest string) string {
	return element("UploadCertificateWithPrivateKeyInPKCS12", element("CertWithPrivateKey", content)+
		element("CertificationPathAlias", "päth")+element("KeyAlias", "këy")+rest)
}

func ids(integrity, encryption string) string {
	return element("IntegrityPassphraseID", integrity) + element("EncryptionPassphraseID", encryption)
}

// pkcs12Files are those of the stories.
func pkcs12Files(t testing.TB) files {
	t.Helper()
	f := newFiles(t)
	for _, name := range []string{"ca", "leaf", "lone", "half", "corrupt", "stranger"} {
		f.key(name, curve("P-256")...)
	}
	f.key("rsa", rsaBits("2048")...)
	f.key("p224", curve("P-224")...)
	f.certificate("ca", "ca")
	f.certificate("stranger", "stranger")
	for _, name := range []string{"leaf", "half", "corrupt", "rsa", "p224"} {
		f.certificate(name, "ca")
	}
	f.certificate("lone", "ca", "-sha224")
	f.pkcs12("new", "leaf", "leaf", "ca")
	f.pkcs12("old", "rsa", "rsa", "ca", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1")
	f.pkcs12("plain", "leaf", "leaf", "ca", "-keypbe", "NONE", "-certpbe", "NONE", "-nomac")
	f.pkcs12("unprotected", "leaf", "leaf", "ca", "-nomac")
	f.pkcs12("foreign", "leaf", "leaf", "stranger")
	f.pkcs12("half.p12", "half", "half", "")
	f.pkcs12("corrupt.p12", "corrupt", "corrupt", "")
	f.pkcs12("curve", "p224", "p224", "")
	f.pkcs12("digest", "lone", "lone", "")
	f.pkcs12("open", "leaf", "leaf", "", "-keypbe", "NONE", "-certpbe", "NONE", "-nomac")
	return f
}

func TestPathsAreUploadedInPKCS12(t *testing.T) { // ADVANCED_SECURITY-6-3-1, 6-3-2
	t.Parallel()
	f := pkcs12Files(t)
	secret := element("Passphrase", "secret")
	bad := bytes.Replace(f.read("open"), []byte{0x30, 0x82}, []byte{0x30, 0x83}, 1)
	broken := bytes.ReplaceAll(f.read("open"), []byte("leaf"), []byte("le\xff\xff"))
	other := bytes.Replace(f.read("open"), point(t, f.read("leaf")), point(t, f.read("stranger")), 1) // in the certificate
	encode := base64.StdEncoding.EncodeToString
	path := map[string]string{"./CertificationPathID": "path1", "./KeyID": "key1"}
	tell(t, map[string]story{
		"uploads": {
			kept: func(c *cameratest.Camera) map[string]string { return halves(t, c, f.read("half"), f.read("corrupt")) },
			steps: []step{
				{body: passphrase("secret"), keep: map[string]string{"./PassphraseID": "p"}},
				{body: passphrase("wrong"), keep: map[string]string{"./PassphraseID": "q"}},
				{body: pkcs12(f.in("new"), secret), keep: path},
				{body: element("GetCertificationPath", element("CertificationPathID", "{path1}")), want: map[string]string{".//Alias": "päth"}},
				{body: pkcs12(f.in("new"), element("IgnoreAdditionalCertificates", "true")+ids("{p}", "{p}")), want: map[string]string{"./KeyID": "{key1}"}},
				{body: pkcs12(f.in("old"), ids("nothing", "nothing")+secret)},
				{body: pkcs12(f.in("plain"), ""), want: map[string]string{"./KeyID": "{key1}"}},
				{body: pkcs12(f.in("plain"), element("EncryptionPassphraseID", "{q}"))},
				{body: pkcs12(f.in("foreign"), element("IgnoreAdditionalCertificates", "true")+secret)},
				{body: pkcs12(f.in("half.p12"), secret), want: map[string]string{"./KeyID": "{half}"}},
				{body: element("GetPrivateKeyStatus", element("KeyID", "{half}")), want: map[string]string{"./hasPrivateKey": "true"}},
				{body: pkcs12(f.in("new"), ids("nothing", "{p}")), fault: arg + "/ter:PassphraseID"},
				{body: pkcs12(f.in("new"), ids("{p}", "{key1}")), fault: arg + "/ter:PassphraseID"},
				{body: pkcs12(f.in("new"), ids("{p}", "{q}")), fault: arg + "/ter:DecryptionFailed"},
				{body: pkcs12(f.in("new"), ids("{q}", "{p}")), fault: arg + "/ter:DecryptionFailed"},
				{body: pkcs12(f.in("new"), element("Passphrase", "wrong")), fault: arg + "/ter:DecryptionFailed"},
				{body: pkcs12(f.in("new"), ""), fault: arg + "/ter:DecryptionFailed"},
				{body: pkcs12(f.in("unprotected"), ids("{p}", "{p}")), fault: arg + "/ter:BadPKCS12File"},
				{body: pkcs12(f.in("unprotected"), secret), fault: arg + "/ter:BadPKCS12File"},
				{body: pkcs12(f.in("leaf"), secret), fault: arg + "/ter:BadPKCS12File"},
				{body: pkcs12(encode(bad), ""), fault: arg + "/ter:BadPKCS12File"},
				{body: pkcs12("", ""), fault: arg + "/ter:BadPKCS12File"},
				{body: pkcs12(encode(broken), ""), fault: arg + "/ter:BadCertificate"},
				{body: pkcs12(f.in("foreign"), secret), fault: arg + "/ter:InvalidCertificationPath"},
				{body: pkcs12(f.in("curve"), secret), fault: arg + "/ter:UnsupportedPublicKeyAlgorithm"},
				{body: pkcs12(f.in("digest"), secret), fault: arg + "/ter:UnsupportedSignatureAlgorithm"},
				{body: pkcs12(f.in("corrupt.p12"), secret), fault: arg + "/ter:InvalidKeyStatus"},
				{body: pkcs12(encode(other), ""), fault: arg + "/ter:PublicPrivateKeyMismatch"},
			},
		},
		"keys":         full(f, secret, func(p *profiles.Profile) { p.Limits.Keystore.Keys = 5 }, "Keys"),
		"certificates": full(f, secret, func(p *profiles.Profile) { p.Limits.Keystore.Certificates = 5 }, "Certificates"),
		"paths":        full(f, secret, func(p *profiles.Profile) { p.Limits.Keystore.CertificationPaths = 3 }, "CertificationPaths"),
	})
}

// full is the story of a keystore without room for all of a file.
func full(f files, secret string, change func(*profiles.Profile), what string) story {
	return story{change: change, steps: []step{
		{body: pkcs12(f.in("new"), secret), fault: action + "/ter:MaximumNumberOf" + what + "Reached"},
	}}
}

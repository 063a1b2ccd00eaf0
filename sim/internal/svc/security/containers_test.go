package security_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/state"
)

// files are made by openssl, in a directory of their own.
type files struct {
	t   testing.TB
	dir string
}

func newFiles(t testing.TB) files {
	t.Helper()
	return files{t, t.TempDir()}
}

func (f files) path(name string) string { return filepath.Join(f.dir, name) }

func (f files) read(name string) []byte {
	f.t.Helper()
	b, err := os.ReadFile(f.path(name))
	if err != nil {
		f.t.Fatal(err)
	}
	return b
}

func (f files) in(name string) string {
	f.t.Helper()
	return base64.StdEncoding.EncodeToString(f.read(name))
}

// key makes a key as PKCS #8: DER, and PEM beside it.
func (f files) key(name string, arguments ...string) {
	f.t.Helper()
	openssl(f.t, append([]string{"genpkey", "-out", f.path(name + ".pem")}, arguments...)...)
	openssl(f.t, "pkcs8", "-topk8", "-nocrypt", "-in", f.path(name+".pem"), "-outform", "DER", "-out", f.path(name))
}

// encrypted encrypts a key of key under the passphrase "secret".
func (f files) encrypted(name, key string, arguments ...string) {
	f.t.Helper()
	openssl(f.t, append([]string{"pkcs8", "-topk8", "-in", f.path(key + ".pem"), "-passout", "pass:secret", "-outform", "DER", "-out", f.path(name)}, arguments...)...)
}

func curve(name string) []string {
	return []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + name}
}

func rsaBits(bits string) []string {
	return []string{"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + bits}
}

func pkcs8(content, passphrase string) string {
	return element("UploadKeyPairInPKCS8", element("KeyPair", content)+element("Alias", "üp")+passphrase)
}

func byID(id string) string { return element("EncryptionPassphraseID", id) }

func byValue(text string) string { return element("EncryptionPassphrase", text) }

// mismatched is a key of P-256 with the public half of another.
func mismatched(t testing.TB, one, other []byte) string {
	t.Helper()
	if !bytes.Contains(one, point(t, one)) {
		t.Fatal("there is no public key inside")
	}
	return base64.StdEncoding.EncodeToString(bytes.Replace(one, point(t, one), point(t, other), 1))
}

// point is the public half of an ECDSA key in PKCS #8.
func point(t testing.TB, der []byte) []byte {
	t.Helper()
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.(*ecdsa.PrivateKey).PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return public
}

// halves adds the public half of a key in PKCS #8, and one that is corrupt.
func halves(t testing.TB, c *cameratest.Camera, half, corrupt []byte) map[string]string {
	t.Helper()
	kept := things(c)
	err := c.State.Update(func(tx *state.Tx) error {
		for name, der := range map[string][]byte{"half": half, "corrupt": corrupt} {
			key, err := x509.ParsePKCS8PrivateKey(der)
			if err != nil {
				return err
			}
			added, err := tx.Keystore().AddKey(&key.(*ecdsa.PrivateKey).PublicKey, keystore.Blob{}, "", true, tx.Random())
			if err != nil {
				return err
			}
			kept[name] = added.ID
		}
		return tx.Keystore().FailKey(kept["corrupt"])
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func TestKeyPairsAreUploadedInPKCS8(t *testing.T) { // ADVANCED_SECURITY-6-2-1, 6-2-2
	t.Parallel()
	f := newFiles(t)
	for _, name := range []string{"one", "two", "half", "corrupt"} {
		f.key(name, curve("P-256")...)
	}
	f.key("p384", curve("P-384")...)
	f.key("p224", curve("P-224")...)
	f.key("rsa", rsaBits("2048")...)
	f.key("short", rsaBits("1024")...)
	f.key("edwards", "-algorithm", "ED25519")
	f.encrypted("v1", "one", "-v1", "PBE-SHA1-3DES")
	f.encrypted("v2", "two", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512")
	f.encrypted("slow", "two", "-v2", "aes-128-cbc", "-iter", "65536")
	same := map[string]string{"./KeyID": "{key1}"}
	slow := base64.StdEncoding.EncodeToString(bytes.Replace(f.read("slow"), []byte{2, 3, 1, 0, 0}, []byte{2, 3, 0x7f, 0xff, 0xff}, 1))
	cut := base64.StdEncoding.EncodeToString(f.read("one")[:40])
	tell(t, map[string]story{
		"uploads": {
			kept: func(c *cameratest.Camera) map[string]string { return halves(t, c, f.read("half"), f.read("corrupt")) },
			steps: []step{
				{body: passphrase("secret"), keep: map[string]string{"./PassphraseID": "p"}},
				{body: passphrase("wrong"), keep: map[string]string{"./PassphraseID": "q"}},
				{body: pkcs8(f.in("v1"), byID("{p}")), keep: map[string]string{"./KeyID": "key1"}},
				{body: pkcs8(f.in("one"), ""), want: same},
				{body: pkcs8(f.in("v2"), byValue("secret")), keep: map[string]string{"./KeyID": "key2"}},
				{body: pkcs8(f.in("v2"), byID("nothing")+byValue("secret")), want: map[string]string{"./KeyID": "{key2}"}},
				{body: pkcs8(f.in("half"), ""), want: map[string]string{"./KeyID": "{half}"}},
				{body: element("GetPrivateKeyStatus", element("KeyID", "{half}")), want: map[string]string{"./hasPrivateKey": "true"}},
				{body: pkcs8(f.in("p384"), "")},
				{body: pkcs8(f.in("rsa"), "")},
				{body: pkcs8(f.in("v1"), byID("nothing")), fault: arg + "/ter:PassphraseID"},
				{body: pkcs8(f.in("v1"), byID("{key1}")), fault: arg + "/ter:PassphraseID"},
				{body: pkcs8(f.in("v1"), byID("{q}")), fault: arg + "/ter:DecryptionFailed"},
				{body: pkcs8(f.in("v2"), byValue("wrong")), fault: arg + "/ter:DecryptionFailed"},
				{body: pkcs8(f.in("v1"), ""), fault: arg + "/ter:BadPKCS8File"},
				{body: pkcs8(f.in("one"), byID("{p}")), fault: arg + "/ter:BadPKCS8File"},
				{body: pkcs8(cut, ""), fault: arg + "/ter:BadPKCS8File"},
				{body: pkcs8("", ""), fault: arg + "/ter:BadPKCS8File"},
				{body: pkcs8(slow, byID("{p}")), fault: arg + "/ter:BadPKCS8File"},
				{body: pkcs8(f.in("p224"), ""), fault: arg + "/ter:UnsupportedPublicKeyAlgorithm"},
				{body: pkcs8(f.in("short"), ""), fault: arg + "/ter:UnsupportedPublicKeyAlgorithm"},
				{body: pkcs8(f.in("edwards"), ""), fault: arg + "/ter:UnsupportedPublicKeyAlgorithm"},
				{body: pkcs8(f.in("corrupt"), ""), fault: arg + "/ter:InvalidKeyStatus"},
				{body: pkcs8(mismatched(t, f.read("one"), f.read("two")), ""), fault: arg + "/ter:PublicPrivateKeyMismatch"},
				{body: csr("{key1}", commonName("camera"), "", withECDSA)},
			},
		},
		"full": {
			change: func(p *profiles.Profile) { p.Limits.Keystore.Keys = 5 }, // the factory's are four
			steps: []step{
				{body: pkcs8(f.in("one"), "")},
				{body: pkcs8(f.in("two"), ""), fault: action + "/ter:MaximumNumberOfKeysReached"},
				{body: pkcs8(f.in("one"), "")},
			},
		},
	})
}

func TestUploadsAreOffered(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	a := c.As(t, "admin", "<tas:GetServiceCapabilities/>")
	k := a.Root.FindElement(".//KeystoreCapabilities")
	for _, name := range []string{"PKCS10", "SelfSignedCertificateCreation", "PKCS8", "PKCS8RSAKeyPairUpload", "PKCS12", "PKCS12CertificateWithRSAPrivateKeyUpload"} {
		if got := k.SelectAttrValue(name, ""); got != "true" {
			t.Errorf("%s is %q", name, got)
		}
	}
	schemes := bytes.Fields([]byte(k.SelectAttrValue("PasswordBasedEncryptionAlgorithms", "")))
	if !slices.ContainsFunc(schemes, func(s []byte) bool { return string(s) == "pbeWithSHAAnd3-KeyTripleDES-CBC" }) {
		t.Errorf("encryption %s", schemes)
	}
}

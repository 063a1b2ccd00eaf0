package e2e

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	gopkcs12 "software.sslmate.com/src/go-pkcs12"
)

// secret is the passphrase of the containers.
const secret = "Passphrase for ONVIF"

// legacyProvider are OpenSSL's options for what it keeps for old files only.
func legacyProvider() []string { return []string{"-provider", "legacy", "-provider", "default"} }

// oldSchemes are the encryptions of PBES1 with OpenSSL's names for them.
func oldSchemes() map[string]string {
	return map[string]string{
		"pbeWithSHAAnd128BitRC4": "PBE-SHA1-RC4-128", "pbeWithSHAAnd40BitRC4": "PBE-SHA1-RC4-40",
		"pbeWithSHAAnd3-KeyTripleDES-CBC": "PBE-SHA1-3DES", "pbeWithSHAAnd2-KeyTripleDES-CBC": "PBE-SHA1-2DES",
		"pbeWithSHAAnd128BitRC2-CBC": "PBE-SHA1-RC2-128", "pbeWithSHAAnd40BitRC2-CBC": "PBE-SHA1-RC2-40",
		"pbeWithMD5AndDES-CBC": "PBE-MD5-DES", "pbeWithMD5AndRC2-CBC": "PBE-MD5-RC2-64",
		"pbeWithSHA1AndDES-CBC": "PBE-SHA1-DES", "pbeWithSHA1AndRC2-CBC": "PBE-SHA1-RC2-64",
	}
}

// container is a file with a private key in it.
type container struct {
	name   string   // of the test
	key    []string // flags of openssl genpkey; nil: an ECDSA key of P-256
	flags  []string // of openssl pkcs8 or pkcs12
	open   bool     // nothing in it is encrypted
	sealed bool     // its integrity is protected, in PKCS #12
}

// keyFile has OpenSSL make a key as key.pem.
func (c container) keyFile(t testing.TB, d desk) {
	t.Helper()
	flags := c.key
	if flags == nil {
		flags = []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}
	}
	d.openssl(t, append([]string{"genpkey", "-out", "key.pem"}, flags...)...)
}

// certified has the desk's intermediate certify key.pem, as leaf.pem.
func (d desk) certified(t testing.TB) {
	t.Helper()
	d.openssl(t, "req", "-new", "-key", "key.pem", "-subj", "/CN=from a container", "-out", "leaf.csr")
	d.sign(t, "leaf", "server")
}

// pkcs8s are files of PKCS #8 in every encryption there is.
func pkcs8s() []container {
	rsa := []string{"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"}
	list := []container{
		{name: "in the clear", flags: []string{"-nocrypt"}, open: true},
		{name: "RSA in the clear", key: rsa, flags: []string{"-nocrypt"}, open: true},
		{name: "default"}, {name: "RSA, default", key: rsa},
		{name: "P-384", key: []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"}},
		{name: "P-521", key: []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"}},
	}
	for name, theirs := range oldSchemes() {
		list = append(list, container{name: name, flags: []string{"-v1", theirs}})
	}
	for _, cipher := range []string{"aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "des3"} {
		for _, prf := range []string{"hmacWithSHA1", "hmacWithSHA224", "hmacWithSHA256", "hmacWithSHA384", "hmacWithSHA512", "hmacWithSHA512-224", "hmacWithSHA512-256"} {
			list = append(list, container{name: "PBES2 " + cipher + " " + prf, flags: []string{"-v2", cipher, "-v2prf", prf}})
		}
		list = append(list, container{name: "PBES2 " + cipher + " scrypt", flags: []string{"-v2", cipher, "-scrypt"}})
	}
	return list
}

// checkListed fails the test unless every encryption that the camera announces
// is among the containers.
func (o officer) checkListed(t testing.TB, list []container) {
	t.Helper()
	k := o.must(t, "GetServiceCapabilities").FindElement("Capabilities/KeystoreCapabilities")
	announced := strings.Fields(k.SelectAttrValue("PasswordBasedEncryptionAlgorithms", ""))
	if len(announced) == 0 {
		t.Error("no encryption is announced")
	}
	for _, name := range announced {
		if !slices.ContainsFunc(list, func(c container) bool { return strings.HasPrefix(c.name, name) }) {
			t.Errorf("%s is announced, and nothing here is encrypted so", name)
		}
	}
}

// forget deletes a path that is not in use any more, with its leaf and key.
func (o officer) forget(t testing.TB, path, leaf, key string) {
	t.Helper()
	o.must(t, "DeleteCertificationPath", element("CertificationPathID", path))
	o.must(t, "DeleteCertificate", element("CertificateID", leaf))
	o.must(t, "DeleteKey", element("KeyID", key))
}

func TestKeysOfEveryPKCS8FileServeTLS(t *testing.T) {
	t.Parallel()
	fleet, seen := up(t, "-n", "1", "--profile", "flagship"), schematest.Collect(t)
	c := fleet.Cameras[0]
	o, d := newOfficer(t, c, seen), newDesk(t, c.Address)
	o.checkListed(t, pkcs8s())
	middle, factory := o.upload(t, d, "middle.pem"), o.assigned(t)[0]
	passphrase := element("EncryptionPassphraseID", text(o.must(t, "UploadPassphrase", element("Passphrase", secret)), "PassphraseID"))
	for _, f := range pkcs8s() {
		f.keyFile(t, d)
		d.certified(t)
		args := []string{"pkcs8", "-topk8", "-in", "key.pem", "-outform", "DER", "-out", "key.der", "-passout", "pass:" + secret}
		d.openssl(t, append(append(args, f.flags...), legacyProvider()...)...)
		parameters := []string{element("KeyPair", d.encoded(t, "key.der")), element("Alias", f.name)}
		if !f.open {
			parameters = append(parameters, passphrase)
		}
		answer, err := o.try(t, "UploadKeyPairInPKCS8", parameters...)
		if err != nil || faultOf(answer) != "" {
			t.Errorf("%s: %v, %s", f.name, err, faultOf(answer))
			continue
		}
		key := text(answer, "KeyID")
		uploaded := o.must(t, "UploadCertificate", element("Certificate", d.der(t, "leaf.pem")), element("PrivateKeyRequired", "true"))
		leaf := text(uploaded, "CertificateID")
		if got := text(uploaded, "KeyID"); got != key {
			t.Errorf("%s: the certificate is for the key %s, not for %s", f.name, got, key)
		}
		path := o.path(t, leaf, middle)
		o.serve(t, path)
		d.checkShown(t, doors(c), []string{"leaf.pem", "middle.pem"})
		o.serve(t, factory)
		o.forget(t, path, leaf, key)
	}
}

// encoded is a file as it goes into a request.
func (d desk) encoded(t testing.TB, name string) string {
	t.Helper()
	return base64.StdEncoding.EncodeToString(d.read(t, name))
}

// pkcs12s are files of PKCS #12 that OpenSSL makes.
func pkcs12s() []container {
	rsa := []string{"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"}
	list := []container{
		{name: "default", sealed: true}, {name: "legacy", flags: []string{"-legacy"}, sealed: true},
		{name: "RSA, default", key: rsa, sealed: true}, {name: "RSA, legacy", key: rsa, flags: []string{"-legacy"}, sealed: true},
		{name: "key not encrypted", flags: []string{"-keypbe", "NONE"}, sealed: true},
		{name: "certificates not encrypted", flags: []string{"-certpbe", "NONE"}, sealed: true},
		{name: "MAC only", flags: []string{"-keypbe", "NONE", "-certpbe", "NONE"}, sealed: true},
		{name: "in the clear", flags: []string{"-keypbe", "NONE", "-certpbe", "NONE", "-nomac"}, open: true},
		{name: "encrypted, no MAC", flags: []string{"-nomac"}},
		{name: "one round", flags: []string{"-noiter", "-nomaciter"}, sealed: true},
		{name: "named", flags: []string{"-name", "Schlüssel", "-caname", "Instanz"}, sealed: true},
	}
	for name, theirs := range oldSchemes() {
		flags := append(legacyProvider(), "-keypbe", theirs, "-certpbe", theirs, "-macalg", "sha1")
		list = append(list, container{name: name, flags: flags, sealed: true})
	}
	for _, cipher := range []string{"aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "des-ede3-cbc"} {
		list = append(list, container{name: "PBES2 " + cipher, flags: []string{"-keypbe", cipher, "-certpbe", cipher}, sealed: true})
	}
	for _, mac := range []string{"sha1", "sha224", "sha256", "sha384", "sha512", "sha512-256"} {
		list = append(list, container{name: "MAC of " + mac, flags: []string{"-macalg", mac}, sealed: true})
	}
	return list
}

// bring uploads key.p12 and lets the servers use what was in it; they must show
// these files.
func (o officer) bring(t testing.TB, d desk, f container, passphrase string, files ...string) {
	t.Helper()
	parameters := []string{element("CertWithPrivateKey", d.encoded(t, "key.p12")), element("CertificationPathAlias", f.name)}
	if f.sealed {
		parameters = append(parameters, element("IntegrityPassphraseID", passphrase))
	}
	if !f.open {
		parameters = append(parameters, element("EncryptionPassphraseID", passphrase))
	}
	answer, err := o.try(t, "UploadCertificateWithPrivateKeyInPKCS12", parameters...)
	if err != nil || faultOf(answer) != "" {
		t.Errorf("%s: %v, %s", f.name, err, faultOf(answer))
		return
	}
	path, factory := text(answer, "CertificationPathID"), o.assigned(t)[0]
	o.serve(t, path)
	d.checkShown(t, doors(o.camera), files)
	o.serve(t, factory)
	leaf := text(o.must(t, "GetCertificationPath", element("CertificationPathID", path)), "CertificationPath/CertificateID")
	o.forget(t, path, leaf, text(answer, "KeyID"))
}

func TestKeysOfEveryPKCS12FileServeTLS(t *testing.T) {
	t.Parallel()
	fleet, seen := up(t, "-n", "1", "--profile", "flagship"), schematest.Collect(t)
	o, d := newOfficer(t, fleet.Cameras[0], seen), newDesk(t, fleet.Cameras[0].Address)
	o.checkListed(t, pkcs12s())
	passphrase := text(o.must(t, "UploadPassphrase", element("Passphrase", secret)), "PassphraseID")
	for _, f := range pkcs12s() {
		f.keyFile(t, d)
		d.certified(t)
		args := []string{"pkcs12", "-export", "-inkey", "key.pem", "-in", "leaf.pem", "-certfile", "middle.pem", "-passout", "pass:" + secret, "-out", "key.p12"}
		d.openssl(t, append(args, f.flags...)...)
		o.bring(t, d, f, passphrase, "leaf.pem", "middle.pem")
	}
	for name, encoder := range map[string]*gopkcs12.Encoder{ // Modern2026 has PBMAC1 of RFC 9579
		"LegacyRC2": gopkcs12.LegacyRC2, "LegacyDES": gopkcs12.LegacyDES, "Modern2023": gopkcs12.Modern2023, "Modern2026": gopkcs12.Modern2026,
	} {
		container{}.keyFile(t, d)
		d.certified(t)
		block, _ := pem.Decode(d.read(t, "key.pem"))
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		file, err := encoder.Encode(key, d.certificate(t, "leaf.pem"), []*x509.Certificate{d.certificate(t, "middle.pem")}, secret)
		if err != nil {
			t.Fatal(err)
		}
		d.write(t, "key.p12", string(file))
		o.bring(t, d, container{name: "go-pkcs12 " + name, sealed: true}, passphrase, "leaf.pem", "middle.pem")
	}
}

func (d desk) certificate(t testing.TB, name string) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(d.read(t, name))
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// TestKeystoresOfJavaServeTLS has keytool make the key, ask the desk for its
// certificate and keep both in PKCS #12.
func TestKeystoresOfJavaServeTLS(t *testing.T) {
	t.Parallel()
	fleet, seen := up(t, "-n", "1", "--profile", "flagship"), schematest.Collect(t)
	o, d := newOfficer(t, fleet.Cameras[0], seen), newDesk(t, fleet.Cameras[0].Address)
	passphrase := text(o.must(t, "UploadPassphrase", element("Passphrase", secret)), "PassphraseID")
	key := map[string][]string{"EC": {"-groupname", "secp256r1"}, "RSA": {"-keysize", "2048"}}
	for i, f := range []struct {
		name, algorithm string
		flags           []string
	}{
		{"of today", "EC", nil},
		{"legacy", "RSA", []string{"-J-Dkeystore.pkcs12.legacy"}},
		{"AES and SHA-512", "EC", []string{"-J-Dkeystore.pkcs12.macAlgorithm=HmacPBESHA512", "-J-Dkeystore.pkcs12.keyProtectionAlgorithm=PBEWithHmacSHA512AndAES_256"}},
	} {
		file := fmt.Sprintf("%d.p12", i)
		keytool := func(command string, args ...string) {
			t.Helper()
			all := append([]string{command, "-alias", "cam", "-keystore", file, "-storetype", "PKCS12", "-storepass", secret}, args...)
			runIn(t, d.dir, "", "keytool", append(all, f.flags...)...).want(t, "keytool")
		}
		keytool("-genkeypair", append([]string{"-dname", "CN=of Java", "-keyalg", f.algorithm}, key[f.algorithm]...)...)
		keytool("-certreq", "-file", "leaf.csr")
		d.sign(t, "leaf", "server")
		d.write(t, "reply.pem", string(d.read(t, "leaf.pem"))+string(d.read(t, "middle.pem"))+string(d.read(t, "root.pem")))
		keytool("-importcert", "-noprompt", "-file", "reply.pem")
		d.write(t, "key.p12", string(d.read(t, file)))
		o.bring(t, d, container{name: "keytool, " + f.name, sealed: true}, passphrase, "leaf.pem", "middle.pem", "root.pem")
	}
}

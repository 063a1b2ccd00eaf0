package pki_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/google/go-cmp/cmp"
	gopkcs12 "software.sslmate.com/src/go-pkcs12"
)

// contents is a file with everything in order, not encrypted.
func contents(t testing.TB, key crypto.Signer) pki.PKCS12Contents {
	t.Helper()
	c := pki.PKCS12Contents{Keys: [][]byte{pkcs8(t, key)}, KeyName: "testAlias", KeyID: []byte{1}}
	for i, der := range chain(t, key) {
		c.Certificates = append(c.Certificates, pki.PKCS12Certificate{DER: der, Name: fmt.Sprintf("cert %d", i), ID: []byte{1, byte(i)}})
	}
	return c
}

func pfx(t testing.TB, c pki.PKCS12Contents) []byte {
	t.Helper()
	return must[[]byte](t)(c.Write(rand.Reader))
}

// dirWithChain has key.pem, leaf.pem and the other certificates, which are
// returned too, leaf first.
func dirWithChain(t testing.TB, key crypto.Signer) (string, [][]byte) {
	t.Helper()
	dir, ders := t.TempDir(), chain(t, key)
	write(t, dir, "key.pem", pemOf("PRIVATE KEY", pkcs8(t, key)))
	write(t, dir, "leaf.pem", pemOf("CERTIFICATE", ders[0]))
	write(t, dir, "others.pem", append(pemOf("CERTIFICATE", ders[1]), pemOf("CERTIFICATE", ders[2])...))
	write(t, dir, "all.pem", append(read(t, dir, "leaf.pem"), read(t, dir, "others.pem")...))
	return dir, ders
}

// TestEveryPKCS12OfOpenSSLIsRead: key and certificate encryption, MAC
// algorithms, no encryption, no MAC.
func TestEveryPKCS12OfOpenSSLIsRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args              []string
		key, certificates string
		mac               string
	}{
		{nil, "PBES2 PBKDF2 hmacWithSHA256 aes256-CBC", "PBES2 PBKDF2 hmacWithSHA256 aes256-CBC", "hmacWithSHA256"},
		{[]string{"-legacy"}, "pbeWithSHAAnd3-KeyTripleDES-CBC", "pbeWithSHAAnd40BitRC2-CBC", "hmacWithSHA1"},
		{[]string{"-descert", "-keypbe", "PBE-SHA1-3DES"}, "pbeWithSHAAnd3-KeyTripleDES-CBC", "pbeWithSHAAnd3-KeyTripleDES-CBC", "hmacWithSHA256"},
		{[]string{"-legacy", "-keypbe", "PBE-SHA1-2DES", "-certpbe", "PBE-SHA1-RC4-128"}, "pbeWithSHAAnd2-KeyTripleDES-CBC", "pbeWithSHAAnd128BitRC4", "hmacWithSHA1"},
		{[]string{"-keypbe", "aes-128-cbc", "-certpbe", "aes-192-cbc", "-macalg", "sha512"}, "PBES2 PBKDF2 hmacWithSHA256 aes128-CBC", "PBES2 PBKDF2 hmacWithSHA256 aes192-CBC", "hmacWithSHA512"},
		{[]string{"-macalg", "sha384", "-iter", "1"}, "PBES2 PBKDF2 hmacWithSHA256 aes256-CBC", "PBES2 PBKDF2 hmacWithSHA256 aes256-CBC", "hmacWithSHA384"},
		{[]string{"-macalg", "sha224", "-keypbe", "NONE"}, "none", "PBES2 PBKDF2 hmacWithSHA256 aes256-CBC", "hmacWithSHA224"},
		{[]string{"-macalg", "sha1", "-certpbe", "NONE"}, "PBES2 PBKDF2 hmacWithSHA256 aes256-CBC", "none", "hmacWithSHA1"},
		{[]string{"-keypbe", "NONE", "-certpbe", "NONE", "-nomac"}, "none", "none", "none"},
		{[]string{"-nomac", "-noiter"}, "PBES2 PBKDF2 hmacWithSHA256 aes256-CBC", "none", "none"},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			t.Parallel()
			dir, ders := dirWithChain(t, keys.rsa)
			for i, pass := range []string{"Passphrase for ONVIF", "", "Gruß 😀"} {
				out := fmt.Sprintf("%d.p12", i)
				args := []string{"pkcs12", "-export", "-inkey", "key.pem", "-in", "leaf.pem", "-certfile", "others.pem", "-name", "Schlüssel", "-out", out, "-passout", "pass:" + pass}
				tool(t, dir, "openssl", append(args, tt.args...)...)
				p := pki.OnePassphrase(pass)
				if tt.mac == "none" {
					p.Integrity = nil
				}
				got, err := pki.ReadPKCS12(read(t, dir, out), p, pki.ContainerOptions{})
				if err != nil {
					t.Fatalf("%q: %v", pass, err)
				}
				sameKey(t, got.Key.Key, keys.rsa)
				if diff := cmp.Diff(ders, got.DERs()); diff != "" {
					t.Error("certificates: ", diff)
				}
				type facts struct {
					key, certificates, mac, name string
					leaf                         int
					verified, linked             bool
				}
				want := facts{tt.key, tt.certificates, tt.mac, "Schlüssel", 0, tt.mac != "none", true}
				have := facts{
					got.Key.Scheme.String(), got.Certificates[0].Scheme.String(), got.MAC.String(), got.KeyName,
					got.Leaf, got.Verified, len(got.KeyID) > 0 && bytes.Equal(got.KeyID, got.Certificates[0].ID),
				}
				if have != want {
					t.Errorf("have %+v\nwant %+v", have, want)
				}
			}
		})
	}
}

// TestEveryPKCS12OfGoPKCS12IsRead compares with the library, both ways.
func TestEveryPKCS12OfGoPKCS12IsRead(t *testing.T) {
	t.Parallel()
	ders := chain(t, keys.p256)
	leaf, others := parseCert(t, ders[0]), []*x509.Certificate{parseCert(t, ders[1]), parseCert(t, ders[2])}
	for name, tt := range map[string]struct {
		encoder *gopkcs12.Encoder
		mac     pki.MAC
	}{
		"LegacyRC2":  {gopkcs12.LegacyRC2, pki.MAC{HMAC: "hmacWithSHA1"}},
		"LegacyDES":  {gopkcs12.LegacyDES, pki.MAC{HMAC: "hmacWithSHA1"}},
		"Modern2023": {gopkcs12.Modern2023, pki.MAC{HMAC: "hmacWithSHA256"}},
		"Modern2026": {gopkcs12.Modern2026, pki.MAC{HMAC: "hmacWithSHA256", PBMAC1: true, PRF: "hmacWithSHA256"}},
	} {
		for _, pass := range []string{"", "changeit", "Gruß"} {
			der := must[[]byte](t)(tt.encoder.Encode(keys.p256, leaf, others, pass))
			got, err := pki.ReadPKCS12(der, pki.OnePassphrase(pass), pki.ContainerOptions{})
			if err != nil {
				t.Errorf("%s %q: %v", name, pass, err)
				continue
			}
			sameKey(t, got.Key.Key, keys.p256)
			if got.MAC != tt.mac || !got.Verified || !cmp.Equal(got.DERs(), ders) {
				t.Errorf("%s: %v, %d certificates", name, got.MAC, len(got.Certificates))
			}
		}
	}
	for _, mac := range []pki.MAC{{HMAC: "hmacWithSHA1"}, {HMAC: "hmacWithSHA512"}, {HMAC: "hmacWithSHA512", PBMAC1: true, PRF: "hmacWithSHA256"}} {
		for _, e := range []*pki.Encryption{nil, {Scheme: pki.AES256(), Passphrase: "x"}, {Scheme: pki.TripleDES(), Passphrase: "x"}} {
			c := contents(t, keys.p256)
			c.MAC, c.MACPassphrase, c.KeyEncryption, c.CertificateEncryption = mac, "x", e, e
			key, cert, cas, err := gopkcs12.DecodeChain(pfx(t, c), "x")
			if err != nil || !keys.p256.Equal(key.(crypto.PrivateKey)) || !bytes.Equal(cert.Raw, c.Certificates[0].DER) || len(cas) != 2 {
				t.Errorf("%v %v: %v", mac, e, err)
			}
		}
	}
}

// TestKeystoresOfJavaAreRead has keytool make a key with its chain.
func TestKeystoresOfJavaAreRead(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"now":    nil,
		"legacy": {"-J-Dkeystore.pkcs12.legacy"},
		"other":  {"-J-Dkeystore.pkcs12.macAlgorithm=HmacPBESHA512", "-J-Dkeystore.pkcs12.keyProtectionAlgorithm=PBEWithHmacSHA512AndAES_256", "-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			args := []string{"-genkeypair", "-alias", "cam", "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=cam,C=DE", "-keystore", "k.p12", "-storetype", "PKCS12", "-storepass", "changeit"}
			tool(t, dir, "keytool", append(args, flags...)...)
			certificate := tool(t, dir, "keytool", "-exportcert", "-rfc", "-alias", "cam", "-keystore", "k.p12", "-storepass", "changeit")
			block, _ := pem.Decode(certificate)
			got := must[*pki.PKCS12](t)(pki.ReadPKCS12(read(t, dir, "k.p12"), pki.OnePassphrase("changeit"), pki.ContainerOptions{}))
			if !got.Verified || got.Leaf != 0 || got.KeyName != "cam" || len(got.Certificates) != 1 || !bytes.Equal(got.DERs()[0], block.Bytes) {
				t.Errorf("verified %v, leaf %d, name %q, %d certificates", got.Verified, got.Leaf, got.KeyName, len(got.Certificates))
			}
			t.Logf("MAC %v, key %v, certificates %v", got.MAC, got.Key.Scheme, got.Certificates[0].Scheme)
			if _, err := pki.ReadPKCS12(read(t, dir, "k.p12"), pki.OnePassphrase("changeme"), pki.ContainerOptions{}); !errors.Is(err, pki.ErrMAC) {
				t.Errorf("wrong passphrase: %v", err)
			}
		})
	}
}

// TestOpenSSLAndJavaReadOurs closes the circle.
func TestOpenSSLAndJavaReadOurs(t *testing.T) {
	t.Parallel()
	for i, e := range []pki.Scheme{pki.AES256(), pki.TripleDES(), {PBE: pki.PBES2, KDF: "PBKDF2", PRF: "hmacWithSHA512", Cipher: "aes128-CBC"}} {
		dir := t.TempDir()
		c := contents(t, keys.rsa)
		c.KeyEncryption = &pki.Encryption{Scheme: e, Passphrase: "Passphrase for ONVIF"}
		c.CertificateEncryption = c.KeyEncryption
		c.MAC, c.MACPassphrase = pki.MAC{HMAC: []string{"hmacWithSHA1", "hmacWithSHA256", "hmacWithSHA512"}[i]}, "Passphrase for ONVIF"
		write(t, dir, "k.p12", pfx(t, c))
		out := tool(t, dir, "openssl", "pkcs12", "-in", "k.p12", "-passin", "pass:Passphrase for ONVIF", "-noenc")
		for _, cert := range c.Certificates {
			if !bytes.Contains(out, pemOf("CERTIFICATE", cert.DER)) {
				t.Errorf("%v: OpenSSL misses %q", e, cert.Name)
			}
		}
		if out := tool(t, dir, "keytool", "-list", "-keystore", "k.p12", "-storepass", "Passphrase for ONVIF"); !bytes.Contains(out, []byte("PrivateKeyEntry")) {
			t.Errorf("%v: keytool says %s", e, out)
		}
	}
}

// TestPassphrasesAreUsedAsTheServiceSays: Security 5.2.6.3.4 about files with
// and without MAC, about what is not encrypted, and about passphrases that are
// absent, empty, wrong or two.
func TestPassphrasesAreUsedAsTheServiceSays(t *testing.T) {
	t.Parallel()
	plain := contents(t, keys.p256)
	mac := plain
	mac.MAC, mac.MACPassphrase = pki.MAC{HMAC: "hmacWithSHA256"}, "integrity"
	shrouded := plain
	shrouded.KeyEncryption = &pki.Encryption{Scheme: pki.TripleDES(), Passphrase: "privacy"}
	both := shrouded
	both.MAC, both.MACPassphrase = mac.MAC, mac.MACPassphrase
	both.CertificateEncryption = both.KeyEncryption
	emptyMAC := plain
	emptyMAC.MAC = mac.MAC
	emptyKey := plain
	emptyKey.KeyEncryption = &pki.Encryption{Scheme: pki.AES256()}

	integrity, privacy, wrong, empty := "integrity", "privacy", "AdditionalPassphrase", ""
	for name, tt := range map[string]struct {
		contents pki.PKCS12Contents
		p        pki.Passphrases
		missing  bool
		want     error
	}{
		"nothing needed, nothing given":                 {contents: plain},
		"encryption passphrase for a KeyBag is unused":  {contents: plain, p: pki.Passphrases{Encryption: &wrong}},
		"integrity passphrase, no MAC":                  {contents: plain, p: pki.Passphrases{Integrity: &integrity}, want: pki.ErrNoMAC},
		"the same is a bad file":                        {contents: plain, p: pki.Passphrases{Integrity: &integrity}, want: pki.ErrPKCS12},
		"integrity passphrase, no MAC, as 18.12 had it": {contents: plain, p: pki.Passphrases{Integrity: &integrity}, missing: true},
		"MAC, no passphrase: unchecked":                 {contents: mac},
		"MAC, right passphrase":                         {contents: mac, p: pki.Passphrases{Integrity: &integrity}},
		"MAC, wrong passphrase":                         {contents: mac, p: pki.Passphrases{Integrity: &wrong}, want: pki.ErrMAC},
		"MAC, empty passphrase":                         {contents: mac, p: pki.Passphrases{Integrity: &empty}, want: pki.ErrMAC},
		"empty MAC passphrase":                          {contents: emptyMAC, p: pki.Passphrases{Integrity: &empty}},
		"shrouded, none given":                          {contents: shrouded, want: pki.ErrDecrypt},
		"shrouded, wrong":                               {contents: shrouded, p: pki.Passphrases{Encryption: &wrong}, want: pki.ErrDecrypt},
		"shrouded, right":                               {contents: shrouded, p: pki.Passphrases{Encryption: &privacy}},
		"shrouded, empty wanted, none given":            {contents: emptyKey, want: pki.ErrDecrypt},
		"shrouded, empty wanted, empty given":           {contents: emptyKey, p: pki.Passphrases{Encryption: &empty}},
		"certificates encrypted, none given":            {contents: both, p: pki.Passphrases{Integrity: &integrity}, want: pki.ErrDecrypt},
		"two passphrases":                               {contents: both, p: pki.Passphrases{Integrity: &integrity, Encryption: &privacy}},
		"two passphrases, exchanged":                    {contents: both, p: pki.Passphrases{Integrity: &privacy, Encryption: &integrity}, want: pki.ErrMAC},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := pki.ReadPKCS12(pfx(t, tt.contents), tt.p, pki.ContainerOptions{MissingMAC: tt.missing})
			if !errors.Is(err, tt.want) {
				t.Fatalf("%v, want %v", err, tt.want)
			}
			if err == nil && got.Verified != (tt.p.Integrity != nil && tt.contents.MAC != pki.MAC{}) {
				t.Errorf("verified %v", got.Verified)
			}
		})
	}
}

func TestPKCS12HoldsOneKeyAndACertificate(t *testing.T) {
	t.Parallel()
	good := contents(t, keys.p256)
	none, two, bare := good, good, good
	none.Keys = nil
	two.Keys = append(two.Keys, pkcs8(t, keys.p521))
	bare.Certificates = nil
	twice := good
	twice.Keys = append(twice.Keys, good.Keys[0])
	for name, c := range map[string]pki.PKCS12Contents{"no key": none, "two keys": two, "one key twice": twice, "no certificate": bare, "nothing": {}} {
		if _, err := pki.ReadPKCS12(pfx(t, c), pki.Passphrases{}, pki.ContainerOptions{}); !errors.Is(err, pki.ErrPKCS12) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLeafIsTheCertificateOfTheKey(t *testing.T) {
	t.Parallel()
	c := contents(t, keys.p256)
	order := []pki.PKCS12Certificate{c.Certificates[2], c.Certificates[0], c.Certificates[1]}
	c.Certificates = order
	got := must[*pki.PKCS12](t)(pki.ReadPKCS12(pfx(t, c), pki.Passphrases{}, pki.ContainerOptions{}))
	if got.Leaf != 1 {
		t.Errorf("leaf %d", got.Leaf)
	}
	if diff := cmp.Diff(order, got.Certificates); diff != "" {
		t.Error("order, names or identifiers: ", diff)
	}
	if got.KeyName != "testAlias" || !bytes.Equal(got.KeyID, []byte{1}) {
		t.Errorf("key %q %x", got.KeyName, got.KeyID)
	}
	c.Keys = [][]byte{pkcs8(t, keys.p521)} // the root's, at the index 0
	if got := must[*pki.PKCS12](t)(pki.ReadPKCS12(pfx(t, c), pki.Passphrases{}, pki.ContainerOptions{})); got.Leaf != 0 {
		t.Errorf("leaf %d", got.Leaf)
	}
	c.Keys, c.Certificates[0].DER = [][]byte{pkcs8(t, keys.rsa)}, []byte("no certificate")
	if got := must[*pki.PKCS12](t)(pki.ReadPKCS12(pfx(t, c), pki.Passphrases{}, pki.ContainerOptions{})); got.Leaf != -1 {
		t.Errorf("leaf %d of a key without certificate", got.Leaf)
	}
}

func TestEveryMACIsChecked(t *testing.T) {
	t.Parallel()
	names := []string{"hmacWithSHA1", "hmacWithSHA224", "hmacWithSHA256", "hmacWithSHA384", "hmacWithSHA512", "hmacWithSHA512-224", "hmacWithSHA512-256"}
	c := contents(t, keys.p256)
	c.MACIterations, c.MACPassphrase = 3, "x"
	for _, name := range names {
		for _, mac := range []pki.MAC{{HMAC: name}, {HMAC: name, PBMAC1: true, PRF: names[len(names)-1]}} {
			c.MAC = mac
			der := pfx(t, c)
			got, err := pki.ReadPKCS12(der, pki.OnePassphrase("x"), pki.ContainerOptions{})
			if err != nil || got.MAC != mac || !got.Verified {
				t.Errorf("%v: %v", mac, err)
			}
			changed := bytes.Clone(der)
			changed[bytes.Index(changed, []byte("leaf"))] ^= 1
			if _, err := pki.ReadPKCS12(changed, pki.OnePassphrase("x"), pki.ContainerOptions{}); !errors.Is(err, pki.ErrMAC) {
				t.Errorf("%v: changed contents: %v", mac, err)
			}
			only := pki.ContainerOptions{AllowMAC: func(m pki.MAC) bool { return m.HMAC == "hmacWithSHA256" && !m.PBMAC1 }}
			if _, err := pki.ReadPKCS12(der, pki.OnePassphrase("x"), only); errors.Is(err, pki.ErrScheme) == only.AllowMAC(mac) {
				t.Errorf("%v: allowed %v, but %v", mac, only.AllowMAC(mac), err)
			}
		}
	}
}

func TestPKCS12Limits(t *testing.T) {
	t.Parallel()
	c := contents(t, keys.p256)
	c.KeyEncryption = &pki.Encryption{Scheme: pki.TripleDES(), Passphrase: "x", Iterations: 100}
	c.CertificateEncryption = &pki.Encryption{Scheme: pki.AES256(), Passphrase: "x", Iterations: 200}
	c.MAC, c.MACPassphrase, c.MACIterations = pki.MAC{HMAC: "hmacWithSHA256"}, "x", 300
	der := pfx(t, c)
	for _, tt := range []struct {
		limit string
		at    pki.ContainerLimits
		below pki.ContainerLimits
	}{
		{"Bytes", pki.ContainerLimits{Bytes: len(der)}, pki.ContainerLimits{Bytes: len(der) - 1}},
		{"Iterations", pki.ContainerLimits{Iterations: 600}, pki.ContainerLimits{Iterations: 599}},
		{"Certificates", pki.ContainerLimits{Certificates: 3}, pki.ContainerLimits{Certificates: 2}},
		{"Bags", pki.ContainerLimits{Bags: 6}, pki.ContainerLimits{Bags: 5}}, // 2 safes and 4 bags
		{"Salt", pki.ContainerLimits{Salt: 16}, pki.ContainerLimits{Salt: 15}},
	} {
		if _, err := pki.ReadPKCS12(der, pki.OnePassphrase("x"), pki.ContainerOptions{Limits: tt.at}); err != nil {
			t.Errorf("at %s: %v", tt.limit, err)
		}
		var limit *pki.LimitError
		if _, err := pki.ReadPKCS12(der, pki.OnePassphrase("x"), pki.ContainerOptions{Limits: tt.below}); !errors.As(err, &limit) || limit.Limit != tt.limit {
			t.Errorf("above %s: %v", tt.limit, err)
		}
	}
}

func TestAThousandCertificatesAndABillionRoundsAreTooMuch(t *testing.T) {
	t.Parallel()
	many := contents(t, keys.p256)
	for range 1000 {
		many.Certificates = append(many.Certificates, pki.PKCS12Certificate{DER: many.Certificates[0].DER})
	}
	var limit *pki.LimitError
	if _, err := pki.ReadPKCS12(pfx(t, many), pki.Passphrases{}, pki.ContainerOptions{}); !errors.As(err, &limit) || limit.Limit != "Bytes" {
		t.Errorf("1,000 certificates: %v", err)
	}
	big := pki.ContainerOptions{Limits: pki.ContainerLimits{Bytes: 1 << 24}}
	if _, err := pki.ReadPKCS12(pfx(t, many), pki.Passphrases{}, big); !errors.As(err, &limit) || limit.Limit != "Certificates" || limit.Have != 33 {
		t.Errorf("1,000 certificates: %v", err)
	}
	mac := contents(t, keys.p256)
	mac.MAC = pki.MAC{HMAC: "hmacWithSHA256"}
	der := pfx(t, mac)
	rounds := bytes.LastIndex(der, []byte{2, 2, 8, 0}) // 2,048, the last element
	for _, huge := range [][]byte{{2, 4, 0x3b, 0x9a, 0xca, 0}, {2, 8, 0x7f, 255, 255, 255, 255, 255, 255, 255}} {
		body := append(bytes.Clone(der[4:rounds]), huge...)
		body = regrown(t, body, len(huge)-4)
		if _, err := pki.ReadPKCS12(tlv(0x30, body), pki.OnePassphrase(""), pki.ContainerOptions{}); !errors.As(err, &limit) || limit.Limit != "Iterations" {
			t.Errorf("%x rounds: %v", huge, err)
		}
	}
}

// regrown corrects the length of MacData, the last element of a PFX's body
// that is long enough to need it.
func regrown(t *testing.T, body []byte, by int) []byte {
	t.Helper()
	i := bytes.LastIndex(body, []byte{0x30, 0x31, 0x30, 0x0d}) // DigestInfo
	if i < 2 || body[i-2] != 0x30 {
		t.Fatal("no MacData")
	}
	body[i-1] += byte(by)
	return body
}

func TestWhatIsNotPKCS12IsSaidToBeBad(t *testing.T) {
	t.Parallel()
	good := pfx(t, contents(t, keys.p256))
	version := bytes.Clone(good)
	version[bytes.Index(version, []byte{2, 1, 3})+2] = 4
	signed := bytes.Replace(good, []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"), []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"), 1)
	sdsi := bytes.Replace(good, []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01"), []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x02"), 1)
	for name, der := range map[string][]byte{
		"nothing": {}, "text": []byte("Bag Attributes"), "truncated": good[:len(good)-1], "more": append(bytes.Clone(good), 0),
		"version 4": version, "public key integrity": signed, "SDSI certificate": sdsi,
		"BER": append([]byte{0x30, 0x80}, good[4:]...), "PKCS #8": pkcs8(t, keys.p256),
	} {
		if _, err := pki.ReadPKCS12(der, pki.Passphrases{}, pki.ContainerOptions{}); !errors.Is(err, pki.ErrPKCS12) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The key inside is bad: the file is; its kind is unknown: the key is.
	broken, strange := contents(t, keys.p256), contents(t, keys.p256)
	broken.Keys[0] = sequence([]byte{2, 1, 0})
	strange.Keys[0] = bytes.Replace(strange.Keys[0], []byte("\x2a\x86\x48\xce\x3d\x02\x01"), []byte("\x2a\x86\x48\xce\x3d\x02\x02"), 1)
	if _, err := pki.ReadPKCS12(pfx(t, broken), pki.Passphrases{}, pki.ContainerOptions{}); !errors.Is(err, pki.ErrPKCS12) {
		t.Errorf("broken key: %v", err)
	}
	if _, err := pki.ReadPKCS12(pfx(t, strange), pki.Passphrases{}, pki.ContainerOptions{}); !errors.Is(err, pki.ErrKeyAlgorithm) {
		t.Errorf("strange key: %v", err)
	}
}

// TestBagsInBagsAreReadToADepth nests safe contents, and adds bags of other
// kinds, which are passed over.
func TestBagsInBagsAreReadToADepth(t *testing.T) {
	t.Parallel()
	oid := func(last byte) []byte {
		return append([]byte("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01"), last)
	}
	key := sequence(oid(1), tlv(0xa0, pkcs8(t, keys.p256)))
	cert := sequence(oid(3), tlv(0xa0, sequence([]byte("\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01"), tlv(0xa0, tlv(4, chain(t, keys.p256)[0])))))
	crl := sequence(oid(4), tlv(0xa0, sequence()))
	data := []byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")
	for depth := range 5 {
		safe := sequence(key, crl, cert)
		for range depth {
			safe = sequence(sequence(oid(6), tlv(0xa0, safe)))
		}
		auth := sequence(sequence(data, tlv(0xa0, tlv(4, safe))))
		file := sequence([]byte{2, 1, 3}, sequence(data, tlv(0xa0, tlv(4, auth))))
		got, err := pki.ReadPKCS12(file, pki.Passphrases{}, pki.ContainerOptions{})
		var limit *pki.LimitError
		switch {
		case depth <= 3 && (err != nil || got.Leaf != 0 || len(got.Skipped) != 1):
			t.Errorf("depth %d: %v", depth, err)
		case depth > 3 && (!errors.As(err, &limit) || limit.Limit != "Depth"):
			t.Errorf("depth %d: %v", depth, err)
		}
	}
}

func FuzzPKCS12(f *testing.F) {
	c := contents(f, keys.p256)
	f.Add(pfx(f, c), "")
	for _, scheme := range []pki.Scheme{pki.AES256(), pki.TripleDES(), {PBE: "pbeWithSHAAnd40BitRC4"}} {
		e := &pki.Encryption{Scheme: scheme, Passphrase: "x", Iterations: 2}
		c.KeyEncryption, c.CertificateEncryption = e, e
		c.MAC, c.MACPassphrase, c.MACIterations = pki.MAC{HMAC: "hmacWithSHA256", PBMAC1: scheme == pki.AES256(), PRF: "hmacWithSHA1"}, "x", 2
		f.Add(pfx(f, c), "x")
	}
	limits := pki.ContainerOptions{Limits: pki.ContainerLimits{Iterations: 1000, Scrypt: 1 << 16, Bytes: 8192}, MissingMAC: true}
	f.Fuzz(func(t *testing.T, der []byte, pass string) {
		for _, p := range []pki.Passphrases{{}, {Encryption: &pass}, pki.OnePassphrase(pass)} {
			got, err := pki.ReadPKCS12(der, p, limits)
			if (err == nil) != (got != nil) {
				t.Fatal("neither or both")
			}
			if err == nil && (got.Key == nil || len(got.Certificates) == 0 || got.Leaf >= len(got.Certificates)) {
				t.Fatal("half a file")
			}
		}
	})
}

func BenchmarkReadPKCS12(b *testing.B) {
	for _, scheme := range []pki.Scheme{pki.AES256(), pki.TripleDES()} {
		c := contents(b, keys.rsa)
		e := &pki.Encryption{Scheme: scheme, Passphrase: "x"}
		c.KeyEncryption, c.CertificateEncryption, c.MAC, c.MACPassphrase = e, e, pki.MAC{HMAC: "hmacWithSHA256"}, "x"
		der := pfx(b, c)
		b.Run(scheme.PBE, func(b *testing.B) {
			for b.Loop() {
				if _, err := pki.ReadPKCS12(der, pki.OnePassphrase("x"), pki.ContainerOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package security_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/vault"
)

// material is what the table's requests carry: always the same keys.
type material struct {
	ca, strange       authority // the second signs with an algorithm nobody has
	keys              map[string]crypto.Signer
	random            io.Reader
	list, strangeList []byte // revocation lists, the second signed as strange
}

func newMaterial(t testing.TB) *material {
	t.Helper()
	m := &material{ca: newAuthority(t, "table"), random: seed.New(3).Stream("material"), keys: map[string]crypto.Signer{}}
	for _, name := range []string{"own", "stuck", "free", "new", "newer"} {
		key, err := pki.NewKey(m.random)
		if err != nil {
			t.Fatal(err)
		}
		m.keys[name] = key
	}
	edwards := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	m.keys["edwards"] = edwards
	short, err := ecdsa.GenerateKey(elliptic.P224(), m.random)
	if err != nil {
		t.Fatal(err)
	}
	m.keys["p224"] = short
	root, err := pki.NewAuthority(validity(pki.Template{CA: true}), edwards, m.random)
	if err != nil {
		t.Fatal(err)
	}
	m.strange = authority{root, m.random}
	m.list, m.strangeList = list(t, m.ca.Key), list(t, edwards)
	return m
}

func encode(der []byte) string { return base64.StdEncoding.EncodeToString(der) }

func decode(t testing.TB, text string) []byte {
	t.Helper()
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// must is for what can only fail if the test is wrong.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// certificate is one of a key, by an authority, base64.
func (m *material) certificate(by authority, key string) string {
	return encode(must(by.Issue(validity(pki.Template{}), m.keys[key].Public(), m.random)))
}

// key8 is a key in PKCS #8.
func (m *material) key8(name string) []byte { return must(x509.MarshalPKCS8PrivateKey(m.keys[name])) }

// hidden is a key in PKCS #8, encrypted under the passphrase "secret".
func (m *material) hidden(name string) string {
	return encode(must(pki.EncryptPKCS8(m.key8(name), pki.Encryption{Scheme: pki.AES256(), Passphrase: "secret"}, m.random)))
}

// file is a PKCS #12 file of a key and certificates, without protection.
func (m *material) file(key string, certificates ...string) string {
	c := pki.PKCS12Contents{Keys: [][]byte{m.key8(key)}}
	for _, text := range certificates {
		c.Certificates = append(c.Certificates, pki.PKCS12Certificate{DER: must(base64.StdEncoding.DecodeString(text))})
	}
	return encode(must(c.Write(m.random)))
}

// protected is the same under the passphrase "secret".
func (m *material) protected(key string, certificate string) string {
	e := &pki.Encryption{Scheme: pki.AES256(), Passphrase: "secret"}
	return encode(must(pki.PKCS12Contents{
		Keys: [][]byte{m.key8(key)}, KeyEncryption: e, MAC: pki.MAC{HMAC: "hmacWithSHA256"}, MACPassphrase: "secret",
		Certificates: []pki.PKCS12Certificate{{DER: must(base64.StdEncoding.DecodeString(certificate))}}, CertificateEncryption: e,
	}.Write(m.random)))
}

// mixed is the private half of one key with the public half of another.
func (m *material) mixed(private, public string) string {
	var points [2][]byte
	for i, name := range []string{private, public} {
		points[i] = must(m.keys[name].Public().(*ecdsa.PublicKey).Bytes())
	}
	return encode(bytes.Replace(m.key8(private), points[0], points[1], 1))
}

// fixture is a camera's state in which every operation can be served, and the
// names of what is in it.
type fixture struct {
	opened   *profiles.Profile
	tree     *state.Tree
	names    map[string]string // IDs by name
	ids      *strings.Replacer // of {name} for the IDs
	material *material
}

var placeholder = regexp.MustCompile(`\{[a-z]\w*\}`)

func newFixture(t testing.TB) *fixture {
	t.Helper()
	opened := *cameratest.Open(t, "flagship")
	opened.Keys.Generation.ECDSA = time.Hour // no key is finished while the clock stands
	f := &fixture{opened: &opened, material: newMaterial(t)}
	c := cameratest.New(t, cameratest.Config{Opened: f.opened})
	f.names = things(c)
	f.names["port"] = c.State.View().Device.Network.Interfaces[0].Token
	f.addKeys(t, c)
	for _, s := range f.steps() {
		body := s.body
		for name, id := range f.names {
			body = strings.ReplaceAll(body, "{"+name+"}", id)
		}
		a := c.As(t, "admin", body)
		if a.Fault != "" {
			t.Fatalf("%.200s: %s", body, a.Body)
		}
		for path, name := range s.keep {
			f.names[name] = a.Text(path)
		}
	}
	edit(t, c, func(s *keystore.Section, _ io.Reader) error {
		s.MediaSigning.User = f.names["signing"]
		return nil
	})
	f.tree = c.State.View()
	var pairs []string
	for name, id := range f.names {
		pairs = append(pairs, "{"+name+"}", id)
	}
	f.ids = strings.NewReplacer(pairs...)
	return f
}

// addKeys adds the key "own", which works, and "stuck", which is corrupt.
func (f *fixture) addKeys(t testing.TB, c *cameratest.Camera) {
	t.Helper()
	v := vault.New(vault.Config{TPM: c.TPM, Random: f.material.random})
	edit(t, c, func(s *keystore.Section, random io.Reader) error {
		made, err := v.Import(f.material.keys["own"])
		if err != nil {
			return err
		}
		blob, err := v.Keep(s, made)
		if err != nil {
			return err
		}
		own, err := s.AddKeyPair(keystore.KeyPair{Public: made.Public, Blob: blob, Alias: "own"}, random)
		if err != nil {
			return err
		}
		stuck, err := s.AddKey(f.material.keys["stuck"].Public(), keystore.Blob{}, "stuck", true, random)
		f.names["own"], f.names["stuck"] = own.ID, stuck.ID
		if err == nil {
			err = s.FailKey(stuck.ID)
		}
		return err
	})
}

// steps make the rest by requests.
func (f *fixture) steps() []step {
	m := f.material
	keep := func(path, name string) map[string]string { return map[string]string{"./" + path: name} }
	return []step{
		{body: createECC("secp256r1"), keep: keep("KeyID", "generating")},
		{body: upload(m.certificate(m.ca, "own"), privateKeyRequired), keep: keep("CertificateID", "end")},
		{body: upload(encode(m.ca.Certificate.Raw), ""), keep: keep("CertificateID", "root")},
		{body: upload(m.certificate(m.ca, "free"), ""), keep: map[string]string{"./CertificateID": "single", "./KeyID": "public"}},
		{body: upload(m.certificate(m.ca, "own"), ""), keep: keep("CertificateID", "another")},
		{body: createPath("{end}", "{root}"), keep: keep("CertificationPathID", "chain")},
		{body: createPath("{end}"), keep: keep("CertificationPathID", "spare")},
		{body: createPath("{another}"), keep: keep("CertificationPathID", "signing")},
		{body: createPath("{root}"), keep: keep("CertificationPathID", "keyless")},
		{body: addServer("{chain}")},
		{body: passphrase("secret"), keep: keep("PassphraseID", "secret")},
		{body: passphrase("wrong"), keep: keep("PassphraseID", "wrong")},
		{body: revocations(m.list), keep: keep("CrlID", "crl")},
		{body: createPolicy("{root}"), keep: keep("CertPathValidationPolicyID", "policy")},
		{body: createPolicy("{root}"), keep: keep("CertPathValidationPolicyID", "unused")},
		{body: assign("Add", "{policy}")},
		{body: peap("{secret}"), keep: keep("Dot1XID", "eap")},
		{body: peap("{secret}"), keep: keep("Dot1XID", "unbound")},
		{body: bind("{port}", "{eap}")},
		{body: createServer("client_secret_post", element("ClientID", "me")+element("ClientSecret", "s")), keep: keep("Token", "server")},
	}
}

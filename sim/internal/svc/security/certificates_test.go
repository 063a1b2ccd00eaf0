package security_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/state"
)

// authority is a root authority of a test, with what it issued.
type authority struct {
	*pki.Authority
	random io.Reader
}

func newAuthority(t testing.TB, name string) authority {
	t.Helper()
	random := seed.New(1).Stream(name)
	key, err := pki.NewKey(random)
	if err != nil {
		t.Fatal(err)
	}
	a, err := pki.NewAuthority(validity(pki.Template{Subject: pkix.Name{CommonName: name}, CA: true}), key, random)
	if err != nil {
		t.Fatal(err)
	}
	return authority{a, random}
}

func validity(p pki.Template) pki.Template {
	p.NotBefore, p.NotAfter = time.Unix(0, 0), time.Unix(1, 0) // long over, and nobody's business
	return p
}

// issue makes a certificate for a key, base64 as in a request.
func (a authority) issue(t testing.TB, name string, public crypto.PublicKey) string {
	t.Helper()
	der, err := a.Issue(validity(pki.Template{Subject: pkix.Name{CommonName: name}}), public, a.random)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// key makes a public key.
func (a authority) key(t testing.TB) crypto.PublicKey {
	t.Helper()
	key, err := pki.NewKey(a.random)
	if err != nil {
		t.Fatal(err)
	}
	return key.Public()
}

// own is the public key of a certificate of the camera's.
func own(t testing.TB, c *cameratest.Camera, id string) crypto.PublicKey {
	t.Helper()
	cert, err := c.State.View().Keystore.Certificate(id)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(cert.DER)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.PublicKey
}

// edit changes the keystore of a camera.
func edit(t testing.TB, c *cameratest.Camera, f func(*keystore.Section, io.Reader) error) {
	t.Helper()
	if err := c.State.Update(func(tx *state.Tx) error { return f(tx.Keystore(), tx.Random()) }); err != nil {
		t.Fatal(err)
	}
}

func upload(base64DER, rest string) string {
	return element("UploadCertificate", element("Certificate", base64DER)+rest)
}

func certificateIDs(ids ...string) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteString(element("CertificateID", id))
	}
	return b.String()
}

func createPath(ids ...string) string {
	return element("CreateCertificationPath", element("CertificateIDs", certificateIDs(ids...))+element("Alias", "päth"))
}

func setPath(id string, ids ...string) string {
	return element("SetCertificationPath", element("CertificationPathID", id)+element("CertificationPath", certificateIDs(ids...)))
}

// on is an operation on a path or a certificate.
func on(operation, name, id string) string { return element(operation, element(name, id)) }

func dropPath(id string) string {
	return on("DeleteCertificationPath", "CertificationPathID", id)
}

func dropCertificate(id string) string { return on("DeleteCertificate", "CertificateID", id) }

// privateKeyRequired asks UploadCertificate for a key that is there already.
var privateKeyRequired = element("PrivateKeyRequired", "true")

func TestCertificatesAndPathsComeAndGo(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "certificates")
	root := base64.StdEncoding.EncodeToString(ca.Certificate.Raw)
	leafKey, stuckKey := ca.key(t), ca.key(t)
	leaf, again, stuck := ca.issue(t, "leaf", leafKey), ca.issue(t, "leaf again", leafKey), ca.issue(t, "stuck", stuckKey)
	edwards := ed25519.NewKeyFromSeed(make([]byte, 32))
	strange := authority{random: ca.random}
	var err error
	strange.Authority, err = pki.NewAuthority(validity(pki.Template{CA: true}), edwards, ca.random)
	if err != nil {
		t.Fatal(err)
	}
	keystoreOf := func(c *cameratest.Camera) map[string]string {
		kept := things(c)
		edit(t, c, func(s *keystore.Section, random io.Reader) error {
			k, err := s.AddKey(stuckKey, keystore.Blob{}, "", true, random)
			if err != nil {
				return err
			}
			return s.FailKey(k.ID)
		})
		kept["own"] = ca.issue(t, "camera", own(t, c, kept["leaf"]))
		return kept
	}
	tell(t, map[string]story{
		"certificates": {
			kept: keystoreOf,
			steps: []step{
				{body: upload(leaf, privateKeyRequired), fault: action + "/ter:NoMatchingPrivateKey"},
				{body: upload(leaf, element("Alias", "zertifikät")+element("KeyAlias", "schlüssel")), keep: map[string]string{"./CertificateID": "l", "./KeyID": "lk"}},
				{body: on("GetCertificate", "CertificateID", "{l}"), want: map[string]string{
					".//CertificateContent": leaf, ".//Alias": "zertifikät", ".//KeyID": "{lk}",
				}},
				{body: upload(leaf, ""), fault: arg + "/ter:Duplicate"},
				{body: upload(leaf, privateKeyRequired), fault: arg + "/ter:Duplicate"},
				{body: upload(again, element("KeyAlias", "ignored")), want: map[string]string{"./KeyID": "{lk}"}, keep: map[string]string{"./CertificateID": "a"}},
				{body: upload(again, privateKeyRequired), fault: arg + "/ter:Duplicate"},
				{body: upload("{own}", privateKeyRequired), want: map[string]string{"./KeyID": "{key}"}},
				{body: upload("", ""), fault: arg + "/ter:BadCertificate"},
				{body: upload(leaf[:len(leaf)-8], ""), fault: arg + "/ter:BadCertificate"},
				{body: upload(leaf[:len(leaf)/8*4]+"AAAA"+leaf[len(leaf)/8*4:], ""), fault: arg + "/ter:BadCertificate"},
				{body: upload(strings.Repeat("MIIB", 21846), ""), fault: arg + "/ter:BadCertificate"}, // 65,538 bytes
				{body: upload(stuck, ""), fault: arg + "/ter:InvalidKeyStatus"},
				{body: upload(ca.issue(t, "edwards", edwards.Public()), ""), fault: arg + "/ter:UnsupportedPublicKeyAlgorithm"},
				{body: upload(strange.issue(t, "strange", leafKey), ""), fault: arg + "/ter:UnsupportedSignatureAlgorithm"},
				{body: upload(root, element("Alias", strings.Repeat("a", 1025))), fault: arg},
				{body: upload(root, ""), keep: map[string]string{"./CertificateID": "r"}},
				{body: dropCertificate("{a}")},
				{body: dropCertificate("{a}"), fault: arg + "/ter:CertificateID"},
				{body: dropCertificate("{leaf}"), fault: arg + "/ter:ReferenceExists"},
				{body: dropCertificate(strings.Repeat("a", 10240)), fault: arg},
				{body: on("DeleteKey", "KeyID", "{lk}"), fault: arg + "/ter:ReferenceExists"},

				{body: createPath("{l}", "{r}"), keep: map[string]string{"./CertificationPathID": "p"}},
				{body: createPath("{r}", "{l}"), fault: arg + "/ter:InvalidCertificationPath"},
				{body: createPath("{l}", "nothing"), fault: arg + "/ter:CertificateID"},
				{body: createPath("{l}", "{p}"), fault: arg + "/ter:CertificateID"},
				{body: createPath("{l}", "{r}", "{r}", "{r}", "{r}", "{r}", "{r}", "{r}", "{r}", "{r}", "{r}"), fault: action + "/ter:CertificationPathCreationFailed"},
				{body: element("CreateCertificationPath", element("CertificateIDs", "")), fault: "env:Sender/ter:InvalidArgs"},
				{body: on("GetCertificationPath", "CertificationPathID", "{p}"), want: map[string]string{".//CertificateID": "{l} {r}", ".//Alias": "päth"}},
				{body: dropCertificate("{r}"), fault: arg + "/ter:ReferenceExists"},
				{body: setPath("{p}", "{r}", "{l}"), fault: arg + "/ter:InvalidCertificationPath"},
				{body: setPath("{p}", "{l}", "nothing"), fault: arg + "/ter:CertificateID"},
				{body: setPath("nothing", "{l}"), fault: arg + "/ter:CertificationPathID"},
				{body: setPath("{path}", "{l}"), fault: arg + "/ter:InvalidCertificationPath"}, // in use, and no private key
				{body: setPath("{p}", "{l}")},
				{body: on("GetCertificationPath", "CertificationPathID", "{p}"), want: map[string]string{".//CertificateID": "{l}", ".//Alias": "päth"}},
				{body: dropCertificate("{r}")},
				{body: dropPath("{path}"), fault: arg + "/ter:ReferenceExists"},
				{body: dropPath("{p}")},
				{body: dropPath("{p}"), fault: arg + "/ter:CertificationPathID"},
				{body: dropCertificate("{l}")},
				{body: on("DeleteKey", "KeyID", "{lk}")},
			},
		},
		"at their limits": {
			kept: func(c *cameratest.Camera) map[string]string {
				edit(t, c, func(s *keystore.Section, _ io.Reader) error {
					s.Limits.Certificates, s.Limits.Keys, s.Limits.CertificationPaths = len(s.Certificates)+2, len(s.Keys)+1, len(s.Paths)+1
					return nil
				})
				return things(c)
			},
			steps: []step{
				{body: upload(leaf, ""), keep: map[string]string{"./CertificateID": "l"}},
				{body: upload(root, ""), fault: action + "/ter:MaximumNumberOfKeysReached"},
				{body: upload(again, "")},
				{body: upload(ca.issue(t, "third", leafKey), ""), fault: action + "/ter:MaximumNumberOfCertificatesReached"},
				{body: createPath("{l}")},
				{body: createPath("{l}"), fault: action + "/ter:MaximumNumberOfCertificationPathsReached"},
			},
		},
	})
}

// TestKeystoreTellsHowMuchItTakes: but nothing of what was switched off.
func TestKeystoreTellsHowMuchItTakes(t *testing.T) {
	t.Parallel()
	numbers := []string{"MaximumNumberOfCertificates", "MaximumNumberOfCertificationPaths", "SetCertPath"}
	for name, c := range map[string]struct {
		off  []string
		want [3]string
	}{
		"all":             {nil, [3]string{"128", "32", "true"}},
		"no keys":         {[]string{"tas:DeleteKey"}, [3]string{"", "", "true"}},
		"no certificates": {[]string{"tas:DeleteCertificate"}, [3]string{"", "", "true"}},
		"no paths":        {[]string{"tas:DeleteCertificationPath", "tas:SetCertificationPath"}, [3]string{"128", "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cam := cameratest.New(t, cameratest.Config{Change: func(p *profiles.Profile) { p.ONVIF.OperationsOff = c.off }})
			el := cam.As(t, "admin", "<tas:GetServiceCapabilities/>").Root.FindElement("//KeystoreCapabilities")
			for i, number := range numbers {
				if got := el.SelectAttrValue(number, ""); got != c.want[i] {
					t.Errorf("%s=%q, want %q", number, got, c.want[i])
				}
			}
		})
	}
}

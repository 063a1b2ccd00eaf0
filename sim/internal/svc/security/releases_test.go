package security_test

import (
	"crypto"
	"crypto/x509"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
)

// releases are the cameras on which the releases are told apart: the profile
// that claims one, or the flagship made to.
func releases(t testing.TB) map[string]*profiles.Profile {
	t.Helper()
	later := *cameratest.Open(t, "flagship")
	later.ONVIF.Release = "26.06"
	return map[string]*profiles.Profile{
		"18.12": cameratest.Open(t, "legacy-18-12"), "25.06": cameratest.Open(t, "flagship"), "26.06": &later,
	}
}

// row is what the comparison of the releases says of one subject. A row of the
// releases up to 25.06 has its section there as its name; those behind come
// from its table of 26.06.
type row struct {
	all     []step // in every release, before the others
	by      map[string][]step
	further []step // in every release, behind the others
}

func releaseFiles(t testing.TB) files {
	t.Helper()
	f := newFiles(t)
	for _, name := range []string{"ca", "leaf", "lone"} {
		f.key(name, rsaBits("2048")...)
	}
	f.certificate("ca", "ca")
	f.certificate("leaf", "ca")
	f.certificate("lone", "ca")
	f.pkcs12("protected", "leaf", "leaf", "ca")
	f.pkcs12("unprotected", "leaf", "leaf", "ca", "-nomac")
	f.pkcs12("open", "leaf", "leaf", "ca", "-keypbe", "NONE", "-certpbe", "NONE", "-nomac")
	for _, name := range []string{"ca", "leaf", "lone"} {
		openssl(t, "x509", "-in", f.path(name+".crt"), "-outform", "DER", "-out", f.path(name+".der"))
	}
	return f
}

func fault(body, path string) []step { return []step{{body: body, fault: path}} }

func served(body string) []step { return []step{{body: body}} }

// releaseRows are the rows of security-18.12-vs-25.06.md marked A, and those of
// its chapter 5 that a camera can differ in.
func releaseRows(t testing.TB, f files) map[string]row {
	t.Helper()
	signer, err := x509.ParsePKCS8PrivateKey(f.read("ca"))
	if err != nil {
		t.Fatal(err)
	}
	crl := revocations(list(t, signer.(crypto.Signer)))
	e := &pki.Encryption{Scheme: pki.AES256(), Passphrase: "secret"}
	pbmac1 := pkcs12(encode(must(pki.PKCS12Contents{
		Keys: [][]byte{f.read("leaf")}, KeyEncryption: e, MACPassphrase: "secret",
		MAC:          pki.MAC{HMAC: "hmacWithSHA256", PBMAC1: true, PRF: "hmacWithSHA256"},
		Certificates: []pki.PKCS12Certificate{{DER: f.read("leaf.der")}}, CertificateEncryption: e,
	}.Write(seed.New(1).Stream("pbmac1")))), element("Passphrase", "secret"))
	secret, leaf := element("Passphrase", "secret"), upload(f.in("leaf.der"), "")
	stageWithPolicy := addDot1X(`<tas:Outer Method="EAP-TLS" CertPathValidationPolicyID="nothing">` + element("CertificationPathID", "{path}") + "</tas:Outer>")
	return map[string]row{
		"2 UploadCertificate, NoMatchingPrivateKey": {all: fault(upload(f.in("leaf.der"), privateKeyRequired), action+"/ter:NoMatchingPrivateKey")},
		"2 UploadCertificate, Duplicate; 3.1 certificate": {
			all: []step{{body: leaf, keep: map[string]string{"./CertificateID": "first", "./KeyID": "k"}}},
			by: map[string][]step{
				"18.12": {{body: leaf, want: map[string]string{"./KeyID": "{k}"}, keep: map[string]string{"./CertificateID": "second"}}, {body: createPath("{second}")}},
				"25.06": fault(leaf, arg+"/ter:Duplicate"), "26.06": fault(leaf, arg+"/ter:Duplicate"),
			},
			further: served(dropCertificate("{first}")),
		},
		"2 AddDot1XConfiguration, CertPathValidationPolicyID": {by: map[string][]step{
			"18.12": served(stageWithPolicy),
			"25.06": fault(stageWithPolicy, arg+"/ter:CertPathValidationPolicyID"), "26.06": fault(stageWithPolicy, arg+"/ter:CertPathValidationPolicyID"),
		}},
		"3.1 passphrase, CRL and path": {all: []step{
			{body: passphrase("secret")}, {body: passphrase("secret")}, {body: crl}, {body: crl}, {body: createPath("{leaf}")}, {body: createPath("{leaf}")},
		}},
		"3.1 validation policy": {all: []step{{body: createPolicy("{cert}")}, {body: createPolicy("{cert}")}}},
		"3.1 key": {
			all: []step{{body: pkcs8(f.in("leaf"), ""), keep: map[string]string{"./KeyID": "k"}}},
			by: map[string][]step{
				"18.12": {{body: pkcs8(f.in("leaf"), ""), want: map[string]string{"./KeyID": "{k}"}}, {body: byKey("DeleteKey", "{k}")}, {body: byKey("GetKeyStatus", "{k}"), fault: arg + "/ter:KeyID"}},
				"25.06": {{body: pkcs8(f.in("leaf"), ""), want: map[string]string{"./KeyID": "{k}"}}},
				"26.06": {{body: pkcs8(f.in("leaf"), ""), keep: map[string]string{"./KeyID": "l"}}, {body: byKey("DeleteKey", "{k}")}, {body: byKey("GetKeyStatus", "{l}")}},
			},
		},
		"3.2 IntegrityPassphraseID, no MAC": {
			all: append([]step{{body: passphrase("secret"), keep: map[string]string{"./PassphraseID": "p"}}},
				fault(pkcs12(f.in("unprotected"), ids("{p}", "{p}")), arg+"/ter:BadPKCS12File")...),
		},
		"3.2 Passphrase, no MAC": {by: map[string][]step{
			"18.12": served(pkcs12(f.in("unprotected"), secret)),
			"25.06": fault(pkcs12(f.in("unprotected"), secret), arg+"/ter:BadPKCS12File"),
			"26.06": fault(pkcs12(f.in("unprotected"), secret), arg+"/ter:BadPKCS12File"),
		}},
		"3.2 neither passphrase, no MAC": {all: served(pkcs12(f.in("open"), ""))},
		"3.2 PBMAC1 is of 2024": {by: map[string][]step{
			"18.12": fault(pbmac1, arg+"/ter:DecryptionFailed"),
			"25.06": served(pbmac1), "26.06": served(pbmac1),
		}},
		"3.5 CnMapsToUser": {by: map[string][]step{
			"18.12": fault(mapNames("true"), noSupport),
			"25.06": fault(mapNames("true"), noSupport+"/ter:CnMapsToUserFailed"), "26.06": fault(mapNames("true"), noSupport+"/ter:CnMapsToUserFailed"),
		}},
		"5 HasPrivateKey": {
			all: []step{{body: leaf, keep: map[string]string{"./CertificateID": "c"}}},
			by: map[string][]step{
				"25.06": {{body: on("GetCertificate", "CertificateID", "{c}"), want: map[string]string{".//HasPrivateKey": ""}}},
				"26.06": {
					{body: on("GetCertificate", "CertificateID", "{c}"), want: map[string]string{".//HasPrivateKey": "false"}},
					{body: on("GetCertificate", "CertificateID", "{leaf}"), want: map[string]string{".//HasPrivateKey": "true"}},
				},
			},
		},
	}
}

// TestReleasesDifferAsTheComparisonSays, row by row.
func TestReleasesDifferAsTheComparisonSays(t *testing.T) {
	t.Parallel()
	check, rows := schematest.Collect(t), releaseRows(t, releaseFiles(t))
	for _, operation := range strings.Fields(newSince1812) {
		rows["1 "+operation] = row{by: map[string][]step{"18.12": fault("<tas:"+operation+"/>", noSupport)}}
	}
	opened := releases(t)
	t.Run("rows", func(t *testing.T) {
		for name, r := range rows {
			for release, p := range opened {
				steps := slices.Concat(r.all, r.by[release], r.further)
				if len(steps) == 0 {
					continue // the row tells nothing of this release
				}
				t.Run(name+" in "+release, func(t *testing.T) {
					t.Parallel()
					c := cameratest.New(t, cameratest.Config{Opened: p})
					kept := things(c)
					for i, s := range steps {
						play(t, check, c, i, s, kept)
					}
				})
			}
		}
	})
}

// newSince1812 are the operations of table 1.
const newSince1812 = `SetCnMapsToUser GetCnMapsToUser CreateECCKeyPair GetAuthorizationServerConfigurations
	CreateAuthorizationServerConfiguration SetAuthorizationServerConfiguration DeleteAuthorizationServerConfiguration
	GetJWTConfiguration SetJWTConfiguration SetCertificationPath SetCertPathValidationPolicy
	AddMediaSigningCertificateAssignment RemoveMediaSigningCertificateAssignment GetAssignedMediaSigningCertificates`

// TestReleaseCountsPrivateKeysOnly: from 26.06 on certificates of others need no
// room for keys, and MaximumNumberOfKeysReached is no fault of UploadCertificate.
func TestReleaseCountsPrivateKeysOnly(t *testing.T) {
	t.Parallel()
	f := newFiles(t)
	f.key("ca", curve("P-256")...)
	f.certificate("ca", "ca")
	openssl(t, "x509", "-in", f.path("ca.crt"), "-outform", "DER", "-out", f.path("ca.der"))
	stories := map[string]story{}
	for release, full := range map[string]string{"25.06": action + "/ter:MaximumNumberOfKeysReached", "26.06": ""} {
		stories[release] = story{
			change: func(p *profiles.Profile) { p.ONVIF.Release = release },
			kept: func(c *cameratest.Camera) map[string]string {
				edit(t, c, func(s *keystore.Section, _ io.Reader) error { s.Limits.Keys = len(s.Keys); return nil })
				return things(c)
			},
			steps: fault(upload(f.in("ca.der"), ""), full),
		}
	}
	tell(t, stories)
}

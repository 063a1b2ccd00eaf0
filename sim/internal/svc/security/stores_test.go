package security_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
)

func passphrase(text string) string {
	return element("UploadPassphrase", element("Passphrase", text)+element("PassphraseAlias", "ünï"))
}

func revocations(der []byte) string {
	return element("UploadCRL", element("Crl", base64.StdEncoding.EncodeToString(der))+element("Alias", "lïst"))
}

func parameters(usage, delta string) string {
	return element("Parameters", element("RequireTLSWWWClientAuthExtendedKeyUsage", usage)+element("UseDeltaCRLs", delta))
}

func anchors(ids ...string) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteString(element("TrustAnchor", element("CertificateID", id)))
	}
	return b.String()
}

func createPolicy(ids ...string) string {
	return element("CreateCertPathValidationPolicy", element("Alias", "clients")+parameters("true", "false")+anchors(ids...))
}

func setPolicy(outside, id string, ids ...string) string {
	return element("SetCertPathValidationPolicy", outside+element("CertPathValidationPolicy",
		element("CertPathValidationPolicyID", id)+parameters("false", "true")+anchors(ids...)))
}

// list is a certificate revocation list of an authority with the key.
func list(t testing.TB, key crypto.Signer, extensions ...pkix.Extension) []byte {
	t.Helper()
	random := seed.New(1).Stream("crl")
	a, err := pki.NewAuthority(pki.Template{Subject: pkix.Name{CommonName: "ca"}, NotBefore: time.Unix(0, 0), NotAfter: pki.Forever()}, key, random)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateRevocationList(nil, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: time.Unix(0, 0), NextUpdate: time.Unix(1, 0), ExtraExtensions: extensions,
	}, a.Certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// things are the IDs of what the factory put into a camera.
func things(c *cameratest.Camera) map[string]string {
	s := c.State.View().Keystore
	path, _ := s.Path(s.TLS.Paths[0]) // the factory's
	leaf, _ := s.Certificate(path.CertificateIDs[0])
	return map[string]string{
		"path": path.ID, "leaf": leaf.ID, "key": leaf.KeyID, "cert": s.Certificates[0].ID, "other": s.Certificates[1].ID,
	}
}

func TestPassphrasesListsAndPoliciesComeAndGo(t *testing.T) {
	t.Parallel()
	key, err := pki.NewKey(seed.New(1).Stream("ca"))
	if err != nil {
		t.Fatal(err)
	}
	good, strange := list(t, key), list(t, ed25519.NewKeyFromSeed(make([]byte, 32)))
	odd := list(t, key, pkix.Extension{Id: []int{2, 5, 29, 28}, Critical: true, Value: []byte{5, 0}}) // no IssuingDistributionPoint
	tell(t, map[string]story{
		"passphrases": {
			change: func(p *profiles.Profile) { p.Limits.Keystore.Passphrases = 3 },
			steps: []step{
				{body: "<tas:GetAllPassphrases/>", want: map[string]string{"./PassphraseAttribute": ""}},
				{body: passphrase(strings.Repeat("a", 40)), keep: map[string]string{"./PassphraseID": "p"}},
				{body: passphrase(strings.Repeat("a", 41)), fault: arg + "/ter:BadPassphrase"},
				{body: passphrase("pässword"), fault: arg + "/ter:BadPassphrase"},
				{body: element("UploadPassphrase", element("Passphrase", "x")+element("PassphraseAlias", strings.Repeat("a", 1025))), fault: arg},
				{body: element("UploadPassphrase", element("Passphrase", "")), keep: map[string]string{"./PassphraseID": "q"}},
				{body: passphrase(strings.Repeat("a", 40))},
				{body: passphrase("one more"), fault: action + "/ter:MaximumNumberOfPassphrasesReached"},
				{body: "<tas:GetAllPassphrases/>", want: map[string]string{"./PassphraseAttribute/Alias": "ünï ünï"}},
				{body: peap("{p}"), keep: map[string]string{"./Dot1XID": "d"}},
				{body: element("DeletePassphrase", element("PassphraseID", "{p}")), fault: action + "/ter:PassphraseDeletionFailed"},
				{body: element("DeleteDot1XConfiguration", element("Dot1XID", "{d}"))},
				{body: element("DeletePassphrase", element("PassphraseID", "{p}"))},
				{body: element("DeletePassphrase", element("PassphraseID", "{p}")), fault: arg + "/ter:PassphraseID"},
				{body: element("DeletePassphrase", element("PassphraseID", strings.Repeat("a", 10240))), fault: arg},
			},
		},
		"revocation lists": {
			change: func(p *profiles.Profile) { p.Limits.Keystore.CRLs = 2 },
			steps: []step{
				{body: revocations(good), keep: map[string]string{"./CrlID": "l"}},
				{body: revocations(good[:len(good)-1]), fault: arg + "/ter:BadCRL"},
				{body: revocations(bytes.Repeat([]byte{'0'}, 262145)), fault: arg + "/ter:BadCRL"},
				{body: revocations(nil), fault: arg + "/ter:BadCRL"},
				{body: revocations(odd), fault: arg + "/ter:BadCRL"},
				{body: revocations(strange), fault: arg + "/ter:UnsupportedSignatureAlgorithm"},
				{body: revocations(good)},
				{body: revocations(good), fault: action + "/ter:MaximumNumberOfCRLsReached"},
				{body: element("GetCRL", element("CrlID", "{l}")), want: map[string]string{
					"./Crl/CRLContent": base64.StdEncoding.EncodeToString(good), "./Crl/Alias": "lïst",
				}},
				{body: element("GetCRL", element("CrlID", "nothing")), fault: arg + "/ter:CRLID"},
				{body: element("DeleteCRL", element("CrlID", "{l}"))},
				{body: element("DeleteCRL", element("CrlID", "{l}")), fault: arg + "/ter:CRLID"},
				{body: "<tas:GetAllCRLs/>", want: map[string]string{"./Crl/Alias": "lïst"}},
			},
		},
		"policies": {
			change: func(p *profiles.Profile) { p.Limits.Keystore.CertificationPathPolicies = 2 },
			kept:   things,
			steps: []step{
				{body: createPolicy("{cert}", "{other}"), keep: map[string]string{"./CertPathValidationPolicyID": "p"}},
				{body: createPolicy("{cert}", "nothing"), fault: arg + "/ter:CertificateID"},
				{body: createPolicy("{cert}", "{path}"), fault: arg + "/ter:CertificateID"},
				{body: createPolicy("{cert}", "{cert}"), fault: arg + "/ter:CertPathValidationParameters"},
				{body: element("CreateCertPathValidationPolicy", element("Parameters", element("anyParameters", `<x:y xmlns:x="urn:x"/>`))+anchors("{cert}")),
					fault: arg + "/ter:CertPathValidationParameters"},
				{body: createPolicy("{cert}")},
				{body: createPolicy("{cert}"), fault: action + "/ter:MaximumNumberOfCertPathValidationPoliciesReached"},
				{body: element("GetCertPathValidationPolicy", element("CertPathValidationPolicyID", "{p}")), want: map[string]string{
					".//Alias": "clients", ".//RequireTLSWWWClientAuthExtendedKeyUsage": "true", ".//UseDeltaCRLs": "false",
				}},
				{body: element("GetCertPathValidationPolicy", element("CertPathValidationPolicyID", "nothing")), fault: arg + "/ter:CertPathValidationPolicyID"},
				{body: setPolicy("", "{p}", "{other}")},
				{body: setPolicy(element("CertPathValidationPolicyID", "{p}"), "{p}", "{other}")},
				{body: setPolicy(element("CertPathValidationPolicyID", "{p}"), "other", "{other}"), fault: arg + "/ter:CertPathValidationPolicyID"},
				{body: setPolicy("", "nothing", "{other}"), fault: arg + "/ter:CertPathValidationPolicyID"},
				{body: setPolicy("", "{p}", "nothing"), fault: arg + "/ter:CertificateID"},
				{body: setPolicy("", "{p}", "{cert}", "{cert}"), fault: arg + "/ter:CertPathValidationParameters"},
				{body: "<tas:GetAllCertPathValidationPolicies/>", want: map[string]string{
					".//Alias": "clients clients", ".//RequireTLSWWWClientAuthExtendedKeyUsage": "false true", ".//UseDeltaCRLs": "true false",
				}},
				{body: jwt("a", "", "", "{p}", "")},
				{body: setPolicy("", "{p}", "{cert}"), fault: arg + "/ter:CertPathValidationParameters"},
				{body: element("DeleteCertPathValidationPolicy", element("CertPathValidationPolicyID", "{p}")), fault: arg + "/ter:ReferenceExists"},
				{body: jwt("a", "", "", "", "")},
				{body: element("DeleteCertPathValidationPolicy", element("CertPathValidationPolicyID", "{p}"))},
				{body: element("DeleteCertPathValidationPolicy", element("CertPathValidationPolicyID", "{p}")), fault: arg + "/ter:CertPathValidationPolicyID"},
			},
		},
	})
}

// TestSecretsAreNeverInTheClear: neither in the state nor in an answer.
func TestSecretsAreNeverInTheClear(t *testing.T) {
	t.Parallel()
	const secret = "Correct-Horse-Battery"
	c := cameratest.New(t, cameratest.Config{})
	for _, body := range []string{
		passphrase(secret), createServer("client_secret_basic", element("ClientID", "me")+element("ClientSecret", secret)),
	} {
		if a := c.As(t, "admin", body); a.Fault != "" {
			t.Fatalf("%s: %s", body, a.Body)
		}
	}
	s := *c.State.View().Keystore
	s.Vault.Software = nil // of a camera without TPM
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(secret))
	for _, text := range []string{secret, encoded[:len(encoded)-4]} {
		if bytes.Contains(b, []byte(text)) {
			t.Errorf("the state has %q", text)
		}
	}
	for _, body := range []string{"<tas:GetAllPassphrases/>", "<tas:GetAuthorizationServerConfigurations/>"} {
		if a := c.As(t, "admin", body); bytes.Contains(a.Body, []byte(secret)) || a.Root.FindElement(".//ClientSecret") != nil {
			t.Errorf("%s tells a secret", body)
		}
	}
}

func assign(operation, id string) string {
	return element(operation+"CertPathValidationPolicyAssignment", element("CertPathValidationPolicyID", id))
}

func replace(old, id string) string {
	return element("ReplaceCertPathValidationPolicyAssignment", element("OldCertPathValidationPolicyID", old)+element("NewCertPathValidationPolicyID", id))
}

func requireCertificates(on string) string {
	return element("SetClientAuthenticationRequired", element("clientAuthenticationRequired", on))
}

func mapNames(on string) string { return element("SetCnMapsToUser", element("cnMapsToUser", on)) }

func TestTLSServerChecksClientsByPolicies(t *testing.T) {
	t.Parallel()
	tell(t, map[string]story{
		"policies of the TLS server": {
			change: func(p *profiles.Profile) { p.Limits.Keystore.TLSCertificationPathPolicies = 2 },
			kept:   things,
			steps: []step{
				{body: requireCertificates("true"), fault: noSupport + "/ter:EnablingClientAuthenticationFailed"},
				{body: requireCertificates("false")},
				{body: mapNames("true"), fault: noSupport + "/ter:CnMapsToUserFailed"},
				{body: mapNames("false")},
				{body: assign("Add", "nothing"), fault: arg + "/ter:CertPathValidationPolicyID"},
				{body: createPolicy("{cert}"), keep: map[string]string{"./CertPathValidationPolicyID": "p"}},
				{body: createPolicy("{cert}"), keep: map[string]string{"./CertPathValidationPolicyID": "q"}},
				{body: createPolicy("{cert}"), keep: map[string]string{"./CertPathValidationPolicyID": "r"}},
				{body: assign("Add", "{p}")},
				{body: assign("Add", "{p}")}, // does nothing
				{body: assign("Add", "{q}")},
				{body: assign("Add", "{r}"), fault: action + "/ter:MaximumNumberOfTLSCertPathValidationPoliciesReached"},
				{body: element("DeleteCertPathValidationPolicy", element("CertPathValidationPolicyID", "{p}")), fault: arg + "/ter:ReferenceExists"},
				{body: setPolicy("", "{p}", "{cert}"), fault: arg + "/ter:CertPathValidationParameters"},
				{body: requireCertificates("true")},
				{body: mapNames("true")},
				{body: "<tas:GetClientAuthenticationRequired/>", want: map[string]string{"./clientAuthenticationRequired": "true"}},
				{body: "<tas:GetCnMapsToUser/>", want: map[string]string{"./cnMapsToUser": "true"}},
				{body: replace("{r}", "{p}"), fault: arg + "/ter:OldCertPathValidationPolicyID"},
				{body: replace("{p}", "nothing"), fault: arg + "/ter:NewCertPathValidationPolicyID"},
				{body: replace("{p}", "{r}")},
				{body: "<tas:GetAssignedCertPathValidationPolicies/>", want: map[string]string{"./CertPathValidationPolicyID": "{r} {q}"}},
				{body: assign("Remove", "{p}"), fault: arg + "/ter:CertPathValidationPolicyID"},
				{body: assign("Remove", "{r}")},
				{body: assign("Remove", "{q}")},
				{body: "<tas:GetAssignedCertPathValidationPolicies/>", want: map[string]string{"./CertPathValidationPolicyID": ""}},
			},
		},
	})
}

package keystore_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/google/go-cmp/cmp"
)

// full is a keystore with something of everything.
func full(t testing.TB) *bench {
	t.Helper()
	b := newBench(t)
	p, k := b.path(), b.selfSigned()
	policy := b.policy()
	secret := "s3cret"
	a := publicClient()
	a.ClientAuth, a.KeyID, a.CertificateID, a.PolicyID = "client_secret_post", k.KeyID, k.ID, policy
	d := peap(b.passphrase())
	d.Outer.PolicyID, d.Outer.PathID = policy, p.ID
	_, crlErr := b.AddCRL(b.revocations(nil), "", b.random)
	_, authErr := b.CreateAuthServer(a, &secret, reversed, b.random)
	_, dot1xErr := b.AddDot1X(d, b.random)
	err := errors.Join(crlErr, authErr, dot1xErr, b.AssignServerPath(p.ID), b.AssignServerPolicy(policy),
		b.SetJWT(keystore.JWT{KeyIDs: []string{k.KeyID}, ValidationPolicy: policy}), b.Validate())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestValidateFindsDamage(t *testing.T) {
	t.Parallel()
	b := full(t)
	long := strings.Repeat("x", 65)
	for name, damage := range map[string]func(*keystore.Section){
		"two keys of one id":     func(s *keystore.Section) { s.Keys = append(s.Keys, s.Keys[0]) },
		"a key without id":       func(s *keystore.Section) { s.Keys[0].ID = "" },
		"an id of 65 characters": func(s *keystore.Section) { s.CRLs[0].ID = long },
		"an id that is a number": func(s *keystore.Section) { s.CRLs[0].ID = "1" },
		"an id with a space":     func(s *keystore.Section) { s.CRLs[0].ID = "a b" },
		"a status nobody knows":  func(s *keystore.Section) { s.Keys[0].Status = "fine" },
		"a corrupt key in a TPM": func(s *keystore.Section) { s.Keys[0].Status = keystore.StatusCorrupt },
		"a corrupt key, sealed": func(s *keystore.Section) {
			s.Keys[0].Status, s.Keys[0].Blob = keystore.StatusCorrupt, keystore.Blob{Sealed: []byte{1}}
		},
		"a key in two places":      func(s *keystore.Section) { s.Keys[0].Blob.Sealed = []byte{1} },
		"a key that is none":       func(s *keystore.Section) { s.Keys[0].Public = []byte{1} },
		"a key of another size":    func(s *keystore.Section) { s.Keys[0].Bits = 384 },
		"a certificate's key":      func(s *keystore.Section) { s.Certificates[0].KeyID = s.Keys[1].ID },
		"a certificate, no key":    func(s *keystore.Section) { s.Certificates[0].KeyID = "none" },
		"a certificate of garb":    func(s *keystore.Section) { s.Certificates[0].DER = []byte{1} },
		"a path to nowhere":        func(s *keystore.Section) { s.Paths[0].CertificateIDs = []string{"none"} },
		"a path of nothing":        func(s *keystore.Section) { s.Paths[0].CertificateIDs = nil },
		"the TLS server's path":    func(s *keystore.Section) { s.TLS.Paths = []string{"none"} },
		"the TLS server's policy":  func(s *keystore.Section) { s.TLS.Policies = []string{""} },
		"the signing path":         func(s *keystore.Section) { s.MediaSigning.Factory = "none" },
		"the identity path":        func(s *keystore.Section) { s.DeviceIdentity = "none" },
		"a JWT key":                func(s *keystore.Section) { s.JWT.KeyIDs = []string{"none"} },
		"a JWT policy":             func(s *keystore.Section) { s.JWT.ValidationPolicy = "none" },
		"a TLS version":            func(s *keystore.Section) { s.TLS.Enabled = []string{"0.9"} },
		"a trust anchor":           func(s *keystore.Section) { s.Policies[0].TrustAnchors = []string{"none"} },
		"a policy that trusts no":  func(s *keystore.Section) { s.Policies[0].TrustAnchors = nil },
		"two passphrases, one id":  func(s *keystore.Section) { s.Passphrases = append(s.Passphrases, s.Passphrases[0]) },
		"a passphrase that's gone": func(s *keystore.Section) { s.Passphrases[0].Sealed = nil },
		"a revocation list":        func(s *keystore.Section) { s.CRLs[0].DER = s.CRLs[0].DER[1:] },
		"an authorization key":     func(s *keystore.Section) { s.Authorization[0].KeyID = "none" },
		"its certificate":          func(s *keystore.Section) { s.Authorization[0].CertificateID = "none" },
		"its policy":               func(s *keystore.Section) { s.Authorization[0].PolicyID = "none" },
		"its token":                func(s *keystore.Section) { s.Authorization[0].Token = "" },
		"a stage's method":         func(s *keystore.Section) { s.Dot1X[0].Outer.Method = "EAP-SIM" },
		"a stage's path":           func(s *keystore.Section) { s.Dot1X[0].Outer.PathID = "none" },
		"a stage's policy":         func(s *keystore.Section) { s.Dot1X[0].Outer.PolicyID = "none" },
		"a stage's passphrase":     func(s *keystore.Section) { s.Passphrases = nil },
		"stages without an end": func(s *keystore.Section) {
			loop := s.Dot1X[0].Outer
			loop.Inner = &loop
			s.Dot1X[0].Outer = loop
		},
		"a vault in two places": func(s *keystore.Section) { s.Vault = keystore.Blob{Private: []byte{1}, Software: []byte{1}} },
		"a vault under itself":  func(s *keystore.Section) { s.Vault = keystore.Blob{Sealed: []byte{1}} },
	} {
		c := b.Clone()
		damage(c)
		if err := c.Validate(); err == nil {
			t.Errorf("%s: nobody minds", name)
		}
	}
	if err := b.Validate(); err != nil {
		t.Error(err)
	}
}

// The file was written by the first release of the format.
func TestOlderFilesAreStillRead(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/section-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	var s keystore.Section
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
	again, err := json.MarshalIndent(&s, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.TrimSpace(string(text)), string(again)); diff != "" {
		t.Errorf("stored again it is different: %s", diff)
	}
}

func TestEveryIDIsAnNCName(t *testing.T) {
	t.Parallel()
	b := full(t)
	var ids []string
	for _, k := range b.Keys {
		ids = append(ids, k.ID)
	}
	ids = append(ids, b.Certificates[0].ID, b.Paths[0].ID, b.Passphrases[0].ID, b.CRLs[0].ID, b.Policies[0].ID, b.Dot1X[0].ID, b.Authorization[0].Token)
	for _, id := range ids {
		if len(id) > 64 || strings.ContainsAny(id[:1], "0123456789-.") || strings.ContainsAny(id, " :/") {
			t.Errorf("%q is no NCName of at most 64 characters", id)
		}
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != len(ids) {
		t.Errorf("not unique: %q", ids)
	}
}

func BenchmarkValidate(b *testing.B) {
	s := full(b).Section
	for b.Loop() {
		if err := s.Validate(); err != nil {
			b.Fatal(err)
		}
	}
}

package keystore_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// publicPath adds a path whose leaf has no private key.
func (b *bench) publicPath() keystore.CertificationPath {
	b.t.Helper()
	c := b.certificate(newKey(b.t, b.random).Public())
	p, err := b.CreatePath([]string{c.ID}, "", b.random)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func TestServerPathsAreAssignedAndReplaced(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one, two, public := b.path().ID, b.path().ID, b.publicPath().ID
	assign := func(id string) func(*keystore.Section) error {
		return func(s *keystore.Section) error { return s.AssignServerPath(id) }
	}
	swap := func(old, id string) func(*keystore.Section) error {
		return func(s *keystore.Section) error { return s.ReplaceServerPath(old, id) }
	}
	b.refuses(keystore.ErrNoPrivateKey, assign(public))
	b.refuses(keystore.ErrCertificationPathID, assign("none"))
	if err := errors.Join(assign(one)(b.Section), assign(one)(b.Section)); err != nil || len(b.TLS.Paths) != 1 {
		t.Fatalf("%v, %v", b.TLS.Paths, err)
	}
	b.refuses(keystore.ErrNotAssigned, swap(two, one))
	b.refuses(keystore.ErrCertificationPathID, swap(one, "none"))
	b.refuses(keystore.ErrNoPrivateKey, swap(one, public))
	if err := swap(one, two)(b.Section); err != nil || !slices.Equal(b.TLS.Paths, []string{two}) {
		t.Errorf("%v, %v", b.TLS.Paths, err)
	}
	if err := errors.Join(assign(one)(b.Section), swap(two, one)(b.Section)); err != nil || !slices.Equal(b.TLS.Paths, []string{one}) {
		t.Errorf("replaced by one that is assigned already: %v, %v", b.TLS.Paths, err)
	}
	b.refuses(keystore.ErrReferenceExists, func(s *keystore.Section) error { return s.RemoveServerPath(one, true) })
	b.refuses(keystore.ErrNotAssigned, func(s *keystore.Section) error { return s.RemoveServerPath(two, false) })
	if err := b.RemoveServerPath(one, false); err != nil || len(b.TLS.Paths) != 0 {
		t.Errorf("%v, %v", b.TLS.Paths, err)
	}
	b.Limits.TLSPaths = 1
	if err := assign(one)(b.Section); err != nil {
		t.Fatal(err)
	}
	b.refuses(keystore.ErrTooManyTLSPaths, assign(two))
}

func TestTLSVersionsAreThoseSupported(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.refuses(keystore.ErrEmptyList, func(s *keystore.Section) error { return s.SetEnabledTLSVersions(nil) })
	b.refuses(keystore.ErrTLSVersion, func(s *keystore.Section) error { return s.SetEnabledTLSVersions([]string{"1.2", "1.0"}) })
	if err := b.SetEnabledTLSVersions([]string{"1.3", "1.1", "1.3"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1.1", "1.3"}, b.TLS.Enabled); diff != "" {
		t.Error(diff)
	}
}

func TestClientAuthenticationNeedsAPolicy(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.refuses(keystore.ErrNoClientAuth, func(s *keystore.Section) error { return s.SetClientAuthenticationRequired(true) })
	b.TLS.Policies = []string{"p"}
	if err := b.SetClientAuthenticationRequired(true); err != nil || !b.TLS.ClientAuthRequired {
		t.Error(err)
	}
	if err := b.SetClientAuthenticationRequired(false); err != nil || b.TLS.ClientAuthRequired {
		t.Error(err)
	}
}

func TestSigningPathsListTheFactorysFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	factory, user, next, public := b.path().ID, b.path().ID, b.path().ID, b.publicPath().ID
	b.MediaSigning.Factory = factory
	b.refuses(keystore.ErrNoPrivateKey, func(s *keystore.Section) error { return s.AssignSigningPath(public, keystore.SigningUse{}) })
	b.refuses(keystore.ErrCertificationPathID, func(s *keystore.Section) error { return s.AssignSigningPath("none", keystore.SigningUse{}) })
	if b.MediaSigning.Signer() != factory {
		t.Error("the factory key does not sign")
	}
	if err := errors.Join(b.AssignSigningPath(user, keystore.SigningUse{}), b.AssignSigningPath(next, keystore.SigningUse{}), b.AssignSigningPath(factory, keystore.SigningUse{})); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{factory, next}, b.MediaSigning.Assigned()); diff != "" || b.MediaSigning.Signer() != next {
		t.Error(diff)
	}
	b.refuses(keystore.ErrFactoryPath, func(s *keystore.Section) error { return s.RemoveSigningPath(factory, keystore.SigningUse{}) })
	b.refuses(keystore.ErrNotAssigned, func(s *keystore.Section) error { return s.RemoveSigningPath(user, keystore.SigningUse{}) })
	b.refuses(keystore.ErrNotAssigned, func(s *keystore.Section) error { return s.RemoveSigningPath("", keystore.SigningUse{}) })
	b.refuses(keystore.ErrReferenceExists, func(s *keystore.Section) error { return s.RemoveSigningPath(next, keystore.SigningUse{Enabled: true}) })
	if err := b.RemoveSigningPath(next, keystore.SigningUse{}); err != nil || b.MediaSigning.Signer() != factory {
		t.Error(err)
	}
}

func TestJWTConfigurationHasLimitsAndReferences(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	k, _ := b.key()
	list := func(n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprint("https://issuer.test/", i))
		}
		return out
	}
	set := func(j keystore.JWT) func(*keystore.Section) error {
		return func(s *keystore.Section) error { return s.SetJWT(j) }
	}
	b.refuses(keystore.ErrTooManyAudiences, set(keystore.JWT{Audiences: list(9)}))
	b.refuses(keystore.ErrTooManyIssuers, set(keystore.JWT{TrustedIssuers: list(5)}))
	b.refuses(keystore.ErrKeyID, set(keystore.JWT{KeyIDs: []string{k.ID, "none"}}))
	b.refuses(keystore.ErrPolicyID, set(keystore.JWT{ValidationPolicy: "none"}))
	want := keystore.JWT{Audiences: list(8), TrustedIssuers: list(4), KeyIDs: []string{k.ID}}
	if err := b.SetJWT(want); err != nil || !b.JWT.Enabled() || (keystore.JWT{}).Enabled() {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.JWT); diff != "" {
		t.Error(diff)
	}
	b.refuses(keystore.ErrReferenceExists, func(s *keystore.Section) error { return s.DeleteKey(k.ID) })
}

func TestCloneSharesNothingThatChanges(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one, two := b.path(), b.path()
	before := b.Clone()
	saved := mustJSON(t, before)
	leaf := one.CertificateIDs[0]
	if err := errors.Join(b.AssignServerPath(two.ID), b.SetEnabledTLSVersions([]string{"1.2"}), b.DeletePath(one.ID), b.DeleteCertificate(leaf),
		b.SetJWT(keystore.JWT{Audiences: []string{"x"}})); err != nil {
		t.Fatal(err)
	}
	b.key()
	if got := mustJSON(t, before); got != saved {
		t.Errorf("the clone has changed:\n%s\n%s", saved, got)
	}
}

func mustJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSectionSurvivesJSON(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.path()
	if err := b.AssignServerPath(p.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.AddDot1X(peap(b.passphrase()), b.random); err != nil {
		t.Fatal(err)
	}
	b.Abilities = keystore.Abilities{RSAKeyLengths: []int{}, Dot1XMethods: []string{"EAP-TLS"}}
	b.Rules, b.Vault = keystore.Rules{KeyCopies: true}, keystore.Blob{Public: []byte{1}, Private: []byte{2}}
	var back keystore.Section
	if err := json.Unmarshal([]byte(mustJSON(t, b.Section)), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.Section, &back, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if err := back.Validate(); err != nil {
		t.Error(err)
	}
}

func FuzzAddCertificate(f *testing.F) {
	b := newBench(f)
	_, public := b.key()
	der := b.issue(public)
	f.Add(der, "alias")
	f.Add(b.root.Certificate.Raw, "")
	f.Add(der[:len(der)/2], "")
	f.Fuzz(func(t *testing.T, der []byte, alias string) {
		s := b.Clone()
		_, err := s.AddCertificate(keystore.NewCertificate{DER: der, Alias: alias}, newBench(t).random)
		if err != nil {
			if diff := cmp.Diff(b.Section, s); diff != "" {
				t.Errorf("after %v: %s", err, diff)
			}
		} else if err := s.Validate(); err != nil {
			t.Errorf("accepted and not valid: %v", err)
		}
	})
}

func BenchmarkClone64Keys(b *testing.B) {
	s := &keystore.Section{Keys: make([]keystore.Key, 64), Certificates: make([]keystore.Certificate, 64)}
	b.ReportAllocs()
	for b.Loop() {
		s.Clone()
	}
}

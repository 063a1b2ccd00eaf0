package keystore_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/google/go-cmp/cmp"
)

// policy adds one that trusts the root.
func (b *bench) policy() string {
	b.t.Helper()
	p, err := b.CreatePolicy(keystore.Policy{Alias: "policy", TrustAnchors: []string{b.rootID()}}, b.random)
	if err != nil {
		b.t.Fatal(err)
	}
	return p.ID
}

func TestPoliciesTrustCertificatesThatAreThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := b.rootID()
	create := func(anchors ...string) func(*keystore.Section) error {
		return func(s *keystore.Section) error {
			_, err := s.CreatePolicy(keystore.Policy{TrustAnchors: anchors}, b.random)
			return err
		}
	}
	b.refuses(keystore.ErrCertificateID, create("none"))
	b.refuses(keystore.ErrCertificateID, create(root, "none"))
	b.refuses(keystore.ErrPolicyParameters, create())
	b.refuses(keystore.ErrPolicyParameters, create(root, root))
	want := keystore.Policy{ID: "mine", Alias: "ü", RequireClientAuthUsage: true, UseDeltaCRLs: true, TrustAnchors: []string{root}}
	got, err := b.CreatePolicy(want, b.random)
	if err != nil || got.ID == "mine" {
		t.Fatalf("%+v, %v", got, err)
	}
	want.ID = got.ID
	stored, err := b.Policy(got.ID)
	if diff := cmp.Diff(want, stored); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if _, err := b.CreatePolicy(want, b.random); err != nil {
		t.Errorf("a copy: %v", err)
	}
	b.refuses(keystore.ErrReferenceExists, func(s *keystore.Section) error { return s.DeleteCertificate(root) })
	b.Limits.Policies = 2
	b.refuses(keystore.ErrTooManyPolicies, create(root))
}

func TestTrustAnchorsHaveALimit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var ids []string
	for range 17 {
		ids = append(ids, b.certificate(newKey(t, b.random).Public()).ID)
	}
	if _, err := b.CreatePolicy(keystore.Policy{TrustAnchors: ids[:16]}, b.random); err != nil {
		t.Error(err)
	}
	b.refuses(keystore.ErrPolicyParameters, func(s *keystore.Section) error {
		_, err := s.CreatePolicy(keystore.Policy{TrustAnchors: ids}, b.random)
		return err
	})
}

func TestPoliciesAreReplacedWhileNothingRefersToThem(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id, root, other := b.policy(), b.rootID(), b.certificate(newKey(t, b.random).Public()).ID
	next := keystore.Policy{ID: id, UseDeltaCRLs: true, TrustAnchors: []string{other}}
	set := func(p keystore.Policy) func(*keystore.Section) error {
		return func(s *keystore.Section) error { return s.SetPolicy(p, nil) }
	}
	b.refuses(keystore.ErrPolicyID, set(keystore.Policy{ID: "none", TrustAnchors: []string{root}}))
	b.refuses(keystore.ErrCertificateID, set(keystore.Policy{ID: id, TrustAnchors: []string{"none"}}))
	if err := b.AssignServerPolicy(id); err != nil {
		t.Fatal(err)
	}
	b.refuses(keystore.ErrReferenceExists, set(next))
	if err := errors.Join(b.RemoveServerPolicy(id), set(next)(b.Section)); err != nil {
		t.Fatal(err)
	}
	next.Alias = "policy" // which stays
	if diff := cmp.Diff([]keystore.Policy{next}, b.Policies); diff != "" {
		t.Error(diff)
	}
	empty := ""
	if err := b.SetPolicy(next, &empty); err != nil || b.Policies[0].Alias != "" {
		t.Error(err)
	}
}

func TestPolicyInUseIsNotDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id, pass := b.policy(), b.passphrase()
	drop := func(s *keystore.Section) error { return s.DeletePolicy(id) }
	for name, use := range map[string]func(*keystore.Section) error{
		"TLS server": func(s *keystore.Section) error { return s.AssignServerPolicy(id) },
		"JWT":        func(s *keystore.Section) error { return s.SetJWT(keystore.JWT{ValidationPolicy: id}) },
		"802.1X": func(s *keystore.Section) error {
			d := peap(pass)
			d.Outer.PolicyID = id
			_, err := s.AddDot1X(d, b.random)
			return err
		},
		"authorization server": func(s *keystore.Section) error {
			a := publicClient()
			a.PolicyID = id
			_, err := s.CreateAuthServer(a, nil, reversed, b.random)
			return err
		},
	} {
		c := b.Clone()
		if err := use(c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := drop(c); !errors.Is(err, keystore.ErrReferenceExists) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := drop(b.Section); err != nil {
		t.Error(err)
	}
	b.refuses(keystore.ErrPolicyID, drop)
}

func TestServerPoliciesAreAssignedAndReplaced(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Limits.TLSPolicies = 2
	one, two, three := b.policy(), b.policy(), b.policy()
	assign := func(id string) func(*keystore.Section) error {
		return func(s *keystore.Section) error { return s.AssignServerPolicy(id) }
	}
	swap := func(old, id string) func(*keystore.Section) error {
		return func(s *keystore.Section) error { return s.ReplaceServerPolicy(old, id) }
	}
	b.refuses(keystore.ErrPolicyID, assign("none"))
	if err := errors.Join(assign(one)(b.Section), assign(one)(b.Section), assign(two)(b.Section)); err != nil || !slices.Equal(b.TLS.Policies, []string{one, two}) {
		t.Fatalf("%v, %v", b.TLS.Policies, err)
	}
	b.refuses(keystore.ErrTooManyTLSPolicies, assign(three))
	b.refuses(keystore.ErrPolicyNotAssigned, swap(three, one))
	b.refuses(keystore.ErrPolicyID, swap(one, "none"))
	if err := swap(one, three)(b.Section); err != nil || !slices.Equal(b.TLS.Policies, []string{three, two}) {
		t.Errorf("%v, %v", b.TLS.Policies, err)
	}
	if err := swap(three, two)(b.Section); err != nil || !slices.Equal(b.TLS.Policies, []string{two}) {
		t.Errorf("replaced by one that is assigned already: %v, %v", b.TLS.Policies, err)
	}
	b.refuses(keystore.ErrPolicyNotAssigned, func(s *keystore.Section) error { return s.RemoveServerPolicy(one) })
	if err := b.RemoveServerPolicy(two); err != nil || len(b.TLS.Policies) != 0 {
		t.Errorf("%v, %v", b.TLS.Policies, err)
	}
}

func TestCommonNamesMapToUsersOnceClientsAreChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.refuses(keystore.ErrCnMapsToUser, func(s *keystore.Section) error { return s.SetCnMapsToUser(true) })
	if err := errors.Join(b.SetCnMapsToUser(false), b.AssignServerPolicy(b.policy()), b.SetCnMapsToUser(true)); err != nil || !b.TLS.CnMapsToUser {
		t.Error(err)
	}
}

func TestForeignAndLongIDsAreNotFound(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.path()
	ids := map[string]string{
		"long": fmt.Sprintf("%010000d", 7), "empty": "", "path": p.ID, "certificate": p.CertificateIDs[0],
		"passphrase": b.passphrase(), "policy": b.policy(),
	}
	for name, id := range ids {
		for kind, c := range map[string]struct {
			want error
			get  func() error
		}{
			"key":           {keystore.ErrKeyID, func() error { return b.DeleteKey(id) }},
			"certificate":   {keystore.ErrCertificateID, func() error { _, err := b.Certificate(id); return err }},
			"path":          {keystore.ErrCertificationPathID, func() error { _, err := b.Path(id); return err }},
			"passphrase":    {keystore.ErrPassphraseID, func() error { _, err := b.Passphrase(id); return err }},
			"CRL":           {keystore.ErrCRLID, func() error { return b.DeleteCRL(id) }},
			"policy":        {keystore.ErrPolicyID, func() error { _, err := b.Policy(id); return err }},
			"802.1X":        {keystore.ErrDot1XID, func() error { return b.DeleteDot1X(id, nil) }},
			"authorization": {keystore.ErrNoConfig, func() error { return b.DeleteAuthServer(id) }},
		} {
			if name == kind {
				continue
			}
			if err := c.get(); !errors.Is(err, c.want) || len(err.Error()) > 200 {
				t.Errorf("%s as %s: %v", name, kind, err)
			}
		}
	}
}

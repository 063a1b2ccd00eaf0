package keystore_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/google/go-cmp/cmp"
)

// peap is the configuration that every device with 802.1X must take.
func peap(passphrase string) keystore.Dot1X {
	return keystore.Dot1X{Alias: "lan", Outer: keystore.Dot1XStage{
		Method: "EAP-PEAP", Identity: "anonymous",
		Inner: &keystore.Dot1XStage{Method: "MSCHAPv2", Identity: "camera", PassphraseID: passphrase},
	}}
}

func stage(method string, inner ...keystore.Dot1XStage) keystore.Dot1XStage {
	st := keystore.Dot1XStage{Method: method}
	if len(inner) > 0 {
		st.Inner = &inner[0]
	}
	return st
}

func TestDot1XStagesAreChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	pass, path, public, policy := b.passphrase(), b.path().ID, b.publicPath().ID, b.policy()
	password := func(method string) keystore.Dot1XStage {
		return keystore.Dot1XStage{Method: method, Identity: "me", PassphraseID: pass}
	}
	certificate := func(id string) keystore.Dot1XStage { return keystore.Dot1XStage{Method: "EAP-TLS", PathID: id} }
	for name, c := range map[string]struct {
		outer keystore.Dot1XStage
		want  error
	}{
		"PEAP":                    {peap(pass).Outer, nil},
		"TLS":                     {certificate(path), nil},
		"MD5":                     {password("EAP-MD5"), nil},
		"TTLS with PAP":           {stage("EAP-TTLS", password("PAP")), nil},
		"PEAP with TLS":           {stage("EAP-PEAP", certificate(path)), nil},
		"PEAP with a certificate": {keystore.Dot1XStage{Method: "EAP-PEAP", PathID: path, Inner: peap(pass).Outer.Inner}, nil},
		"policy":                  {keystore.Dot1XStage{Method: "EAP-TLS", PathID: path, PolicyID: policy}, nil},
		"anonymous with passphrase": {
			keystore.Dot1XStage{Method: "EAP-PEAP", Identity: "anonymous", PassphraseID: "none", Inner: peap(pass).Outer.Inner}, nil,
		},

		"no method":               {stage(""), keystore.ErrDot1XMethod},
		"method in small letters": {stage("eap-tls"), keystore.ErrDot1XMethod},
		"unknown inside":          {stage("EAP-PEAP", stage("EAP-FAST")), keystore.ErrDot1XMethod},
		"TLS without path":        {stage("EAP-TLS"), keystore.ErrDot1XMethod},
		"TLS inside without path": {stage("EAP-PEAP", stage("EAP-TLS")), keystore.ErrDot1XMethod},
		"password of nobody": {
			stage("EAP-PEAP", keystore.Dot1XStage{Method: "MSCHAPv2", PassphraseID: pass}), keystore.ErrDot1XMethod,
		},
		"user without password": {
			stage("EAP-PEAP", keystore.Dot1XStage{Method: "MSCHAPv2", Identity: "me"}), keystore.ErrDot1XMethod,
		},
		"long identity": {
			keystore.Dot1XStage{Method: "EAP-TLS", PathID: path, Identity: strings.Repeat("x", 1025)}, keystore.ErrDot1XMethod,
		},
		"PEAP with PAP":       {stage("EAP-PEAP", password("PAP")), keystore.ErrDot1XCombination},
		"MSCHAPv2 alone":      {password("MSCHAPv2"), keystore.ErrDot1XCombination},
		"TLS with more":       {stage("EAP-TLS", password("PAP")), keystore.ErrDot1XCombination},
		"PEAP alone":          {stage("EAP-PEAP"), keystore.ErrDot1XCombination},
		"three stages":        {stage("EAP-PEAP", stage("EAP-TTLS", password("PAP"))), keystore.ErrDot1XCombination},
		"five stages":         {stage("EAP-PEAP", stage("EAP-PEAP", stage("EAP-PEAP", stage("EAP-PEAP", stage("EAP-PEAP"))))), keystore.ErrDot1XCombination},
		"unknown passphrase":  {peap("none").Outer, keystore.ErrPassphraseID},
		"PEAP's own password": {keystore.Dot1XStage{Method: "EAP-PEAP", PassphraseID: "none", Inner: peap(pass).Outer.Inner}, keystore.ErrPassphraseID},
		"unknown path":        {certificate("none"), keystore.ErrCertificationPathID},
		"path without key":    {certificate(public), keystore.ErrCertificationPathID},
		"unknown policy":      {keystore.Dot1XStage{Method: "EAP-TLS", PathID: path, PolicyID: "none"}, keystore.ErrPolicyID},
	} {
		add := func(s *keystore.Section) error {
			_, err := s.AddDot1X(keystore.Dot1X{Outer: c.outer}, b.random)
			return err
		}
		if c.want != nil {
			t.Log(name)
			b.refuses(c.want, add)
			continue
		}
		b.Dot1X = nil
		if err := errors.Join(add(b.Section), b.Validate()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDot1XConfigurationsHaveIDsOfTheirOwn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	want := peap(b.passphrase())
	want.ID = "mine"
	got, err := b.AddDot1X(want, b.random)
	if err != nil || got.ID == "mine" {
		t.Fatalf("%+v, %v", got, err)
	}
	want.ID = got.ID
	stored, err := b.Dot1XConfiguration(got.ID)
	if diff := cmp.Diff(want, stored); diff != "" || err != nil {
		t.Error(diff, err)
	}
	want.Outer.Inner.Identity = "changed by the caller"
	if b.Dot1X[0].Outer.Inner.Identity != "camera" {
		t.Error("the section shares what the caller holds")
	}
	if _, err := b.AddDot1X(stored, b.random); err != nil {
		t.Errorf("a copy: %v", err)
	}
	b.Limits.Dot1X = 2
	b.refuses(keystore.ErrTooManyDot1X, func(s *keystore.Section) error { _, err := s.AddDot1X(stored, b.random); return err })
	b.refuses(keystore.ErrAlias, func(s *keystore.Section) error {
		_, err := s.AddDot1X(keystore.Dot1X{Alias: strings.Repeat("a", 1025), Outer: stored.Outer}, b.random)
		return err
	})
}

func TestAnonymousStageForgetsItsPassphrase(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	unused, used := b.passphrase(), b.passphrase()
	d := peap(used)
	d.Outer.PassphraseID = unused
	got, err := b.AddDot1X(d, b.random)
	if err != nil || got.Outer.PassphraseID != "" {
		t.Errorf("%+v, %v", got, err)
	}
	if err := b.DeletePassphrase(unused); err != nil {
		t.Error(err)
	}
}

func TestBoundDot1XConfigurationIsNotDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	path := b.path()
	d, err := b.AddDot1X(keystore.Dot1X{Outer: keystore.Dot1XStage{Method: "EAP-TLS", PathID: path.ID}}, b.random)
	if err != nil {
		t.Fatal(err)
	}
	b.refuses(keystore.ErrReferenceExists, func(s *keystore.Section) error { return s.DeletePath(path.ID) })
	b.refuses(keystore.ErrReferenceExists, func(s *keystore.Section) error { return s.DeleteDot1X(d.ID, []string{"eth0"}) })
	if err := errors.Join(b.DeleteDot1X(d.ID, nil), b.DeletePath(path.ID)); err != nil {
		t.Error(err)
	}
	b.refuses(keystore.ErrDot1XID, func(s *keystore.Section) error { return s.DeleteDot1X(d.ID, []string{"eth0"}) })
}

func TestOlderReleasesKnowNoPolicyOfAStage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Rules.NoDot1XPolicies = true
	d, err := b.AddDot1X(keystore.Dot1X{Outer: keystore.Dot1XStage{Method: "EAP-TLS", PathID: b.path().ID, PolicyID: "none"}}, b.random)
	if err != nil || d.Outer.PolicyID != "" {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestOnlyOfferedMethodsAreTaken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Abilities.Dot1XMethods = []string{"EAP-TLS"}
	b.refuses(keystore.ErrDot1XCombination, func(s *keystore.Section) error { _, err := s.AddDot1X(peap("passphrase-1"), b.random); return err })
	if !slices.Contains(keystore.Dot1XMethods(), "EAP-PEAP/MSCHAPv2") {
		t.Error("Security Table 13 wants EAP-PEAP/MSCHAPv2")
	}
}

package keystore_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"pgregory.net/rapid"
)

// ids are those of one kind, and one that is not there.
func ids[T any](rt *rapid.T, list []T, id func(T) string) string {
	all := []string{"none"}
	for _, e := range list {
		all = append(all, id(e))
	}
	return rapid.SampledFrom(all).Draw(rt, "id")
}

// world is a keystore to which anything may happen.
type world struct {
	*bench
	rt *rapid.T
}

func (w world) keyID() string { return ids(w.rt, w.Keys, func(k keystore.Key) string { return k.ID }) }
func (w world) certID() string {
	return ids(w.rt, w.Certificates, func(c keystore.Certificate) string { return c.ID })
}
func (w world) pathID() string {
	return ids(w.rt, w.Paths, func(p keystore.CertificationPath) string { return p.ID })
}
func (w world) policyID() string {
	return ids(w.rt, w.Policies, func(p keystore.Policy) string { return p.ID })
}
func (w world) passID() string {
	return ids(w.rt, w.Passphrases, func(p keystore.Passphrase) string { return p.ID })
}

// operations are all rules, with arguments good and bad.
func (w world) operations() map[string]func() error {
	s, random := w.Section, w.random
	yes := func(name string) bool { return rapid.Bool().Draw(w.rt, name) }
	return map[string]func() error{
		"start key": func() error {
			_, _, err := s.StartKey(p256(), "", keystore.Generation{}, time.Unix(0, 0), random)
			return err
		},
		"finish key":  func() error { return s.FinishKey(w.keyID(), newKey(w.t, random).Public(), blob(1)) },
		"fail key":    func() error { return s.FailKey(w.keyID()) },
		"delete key":  func() error { return s.DeleteKey(w.keyID()) },
		"upload key":  func() error { return w.upload(newKey(w.t, random).Public(), blob(1))(s) },
		"upload path": func() error { return addPath(w.bench, w.file())(s) },
		"certificate": func() error {
			_, err := s.AddCertificate(keystore.NewCertificate{DER: w.issue(newKey(w.t, random).Public())}, random)
			return err
		},
		"root": func() error {
			_, err := s.AddCertificate(keystore.NewCertificate{DER: w.root.Certificate.Raw}, random)
			return err
		},
		"drop cert":   func() error { return s.DeleteCertificate(w.certID()) },
		"create path": func() error { _, err := s.CreatePath([]string{w.certID(), w.certID()}, "", random); return err },
		"set path":    func() error { return s.SetPath(w.pathID(), []string{w.certID()}, nil) },
		"delete path": func() error { return s.DeletePath(w.pathID()) },
		"passphrase":  func() error { _, err := s.AddPassphrase("x", "", reversed, random); return err },
		"drop pass":   func() error { return s.DeletePassphrase(w.passID()) },
		"CRL":         func() error { _, err := s.AddCRL(w.revocations(nil), "", random); return err },
		"drop CRL":    func() error { return s.DeleteCRL(ids(w.rt, s.CRLs, func(c keystore.CRL) string { return c.ID })) },
		"policy": func() error {
			_, err := s.CreatePolicy(keystore.Policy{TrustAnchors: []string{w.certID()}}, random)
			return err
		},
		"set policy": func() error {
			return s.SetPolicy(keystore.Policy{ID: w.policyID(), TrustAnchors: []string{w.certID()}}, nil)
		},
		"drop policy":   func() error { return s.DeletePolicy(w.policyID()) },
		"assign path":   func() error { return s.AssignServerPath(w.pathID()) },
		"remove path":   func() error { return s.RemoveServerPath(w.pathID(), yes("enabled")) },
		"replace path":  func() error { return s.ReplaceServerPath(w.pathID(), w.pathID()) },
		"assign policy": func() error { return s.AssignServerPolicy(w.policyID()) },
		"remove policy": func() error { return s.RemoveServerPolicy(w.policyID()) },
		"swap policy":   func() error { return s.ReplaceServerPolicy(w.policyID(), w.policyID()) },
		"sign":          func() error { return s.AssignSigningPath(w.pathID(), keystore.SigningUse{}) },
		"stop signing":  func() error { return s.RemoveSigningPath(w.pathID(), keystore.SigningUse{Enabled: yes("enabled")}) },
		"802.1X": func() error {
			d := peap(w.passID())
			d.Outer.PolicyID, d.Outer.PathID = w.policyID(), w.pathID()
			_, err := s.AddDot1X(d, random)
			return err
		},
		"drop 802.1X": func() error {
			return s.DeleteDot1X(ids(w.rt, s.Dot1X, func(d keystore.Dot1X) string { return d.ID }), nil)
		},
		"authorization": func() error {
			a := publicClient()
			a.KeyID, a.CertificateID, a.PolicyID = w.keyID(), w.certID(), w.policyID()
			_, err := s.CreateAuthServer(a, nil, reversed, random)
			return err
		},
		"drop auth": func() error {
			return s.DeleteAuthServer(ids(w.rt, s.Authorization, func(a keystore.AuthServer) string { return a.Token }))
		},
		"JWT": func() error {
			return s.SetJWT(keystore.JWT{KeyIDs: []string{w.keyID()}, ValidationPolicy: w.policyID()})
		},
	}
}

func TestAnythingMayHappenAndTheKeystoreStaysWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := world{newBench(t), rt}
		w.Limits = keystore.Limits{Keys: 6, Certificates: 6, CertificationPaths: 4, Passphrases: 2, CRLs: 2, Policies: 3, Dot1X: 2}
		names := slices.Sorted(maps.Keys(w.operations())) // the same each time
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			name := rapid.SampledFrom(names).Draw(rt, "operation")
			before := mustJSON(t, w.Section)
			if err := w.operations()[name](); err != nil && mustJSON(t, w.Section) != before {
				rt.Fatalf("%s changed something and failed: %v", name, err)
			}
			if err := w.Validate(); err != nil {
				rt.Fatalf("after %s: %v", name, err)
			}
		}
	})
}

package security

import (
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// createCertPathValidationPolicy stores a policy under an ID of the camera's
// choice. Security 5.2.6.5.1; WRITE_SYSTEM.
func createCertPathValidationPolicy(c *svc.Call, req *tas.CreateCertPathValidationPolicy) (*tas.CreateCertPathValidationPolicyResponse, error) {
	p, err := policyOf(req.Parameters, req.TrustAnchor)
	if err != nil {
		return nil, err
	}
	p.Alias = value(req.Alias)
	err = c.Update(func(tx *state.Tx) (err error) {
		p, err = tx.Keystore().CreatePolicy(p, tx.Random())
		return err
	})
	return &tas.CreateCertPathValidationPolicyResponse{CertPathValidationPolicyID: p.ID}, err
}

// policyOf reads the parameters and trust anchors of a policy. Parameters that
// nobody knows would not be followed, and are refused.
func policyOf(parameters tas.CertPathValidationParameters, anchors []tas.TrustAnchor) (keystore.Policy, error) {
	if more := parameters.AnyParameters; more != nil && len(more.Any) > 0 {
		return keystore.Policy{}, fmt.Errorf("%w: %q is unknown", keystore.ErrPolicyParameters, more.Any[0].Tag)
	}
	p := keystore.Policy{
		RequireClientAuthUsage: isTrue(parameters.RequireTLSWWWClientAuthExtendedKeyUsage),
		UseDeltaCRLs:           isTrue(parameters.UseDeltaCRLs),
	}
	for _, a := range anchors {
		p.TrustAnchors = append(p.TrustAnchors, a.CertificateID)
	}
	return p, nil
}

func isTrue(b *bool) bool { return b != nil && *b }

// setCertPathValidationPolicy replaces a policy that nothing refers to. The
// schema has the ID twice: outside, where it is optional, and in the policy;
// they must agree. Security 5.2.6.5.4; WRITE_SYSTEM.
func setCertPathValidationPolicy(c *svc.Call, req *tas.SetCertPathValidationPolicy) (*tas.SetCertPathValidationPolicyResponse, error) {
	given := req.CertPathValidationPolicy
	if id := req.CertPathValidationPolicyID; id != nil && *id != given.CertPathValidationPolicyID {
		return nil, fmt.Errorf("%w: the policy is %q outside and %q inside", keystore.ErrPolicyID, *id, given.CertPathValidationPolicyID)
	}
	p, err := policyOf(given.Parameters, given.TrustAnchor)
	if err != nil {
		return nil, err
	}
	p.ID = given.CertPathValidationPolicyID
	err = c.Update(func(tx *state.Tx) error { return tx.Keystore().SetPolicy(p, given.Alias) })
	return &tas.SetCertPathValidationPolicyResponse{}, err
}

// deleteCertPathValidationPolicy removes a policy that nothing refers to.
// Security 5.2.6.5.5; UNRECOVERABLE.
func deleteCertPathValidationPolicy(c *svc.Call, req *tas.DeleteCertPathValidationPolicy) (*tas.DeleteCertPathValidationPolicyResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Keystore().DeletePolicy(req.CertPathValidationPolicyID) })
	return &tas.DeleteCertPathValidationPolicyResponse{}, err
}

package security

import (
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// setClientAuthenticationRequired lets the TLS server ask clients for a
// certificate, or not, from the next handshake on. Security 5.3.3.5;
// WRITE_SYSTEM.
func setClientAuthenticationRequired(c *svc.Call, req *tas.SetClientAuthenticationRequired) (*tas.SetClientAuthenticationRequiredResponse, error) {
	err := c.Update(func(tx *state.Tx) error {
		return tx.Keystore().SetClientAuthenticationRequired(req.ClientAuthenticationRequired)
	})
	return &tas.SetClientAuthenticationRequiredResponse{}, err
}

// setCnMapsToUser lets the common name of a client's certificate name the user,
// or not. Security 5.3.3.7; WRITE_SYSTEM.
func setCnMapsToUser(c *svc.Call, req *tas.SetCnMapsToUser) (*tas.SetCnMapsToUserResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Keystore().SetCnMapsToUser(req.CnMapsToUser) })
	return &tas.SetCnMapsToUserResponse{}, err
}

// addCertPathValidationPolicyAssignment lets the TLS server check clients by a
// policy too. Security 5.3.3.9; WRITE_SYSTEM.
func addCertPathValidationPolicyAssignment(c *svc.Call, req *tas.AddCertPathValidationPolicyAssignment) (*tas.AddCertPathValidationPolicyAssignmentResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Keystore().AssignServerPolicy(req.CertPathValidationPolicyID) })
	return &tas.AddCertPathValidationPolicyAssignmentResponse{}, err
}

// removeCertPathValidationPolicyAssignment takes a policy from the TLS server.
// Security 5.3.3.10; WRITE_SYSTEM.
func removeCertPathValidationPolicyAssignment(c *svc.Call, req *tas.RemoveCertPathValidationPolicyAssignment) (*tas.RemoveCertPathValidationPolicyAssignmentResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Keystore().RemoveServerPolicy(req.CertPathValidationPolicyID) })
	return &tas.RemoveCertPathValidationPolicyAssignmentResponse{}, err
}

// replaceCertPathValidationPolicyAssignment puts one policy of the TLS server in
// the place of another. Security 5.3.3.11; WRITE_SYSTEM.
func replaceCertPathValidationPolicyAssignment(c *svc.Call, req *tas.ReplaceCertPathValidationPolicyAssignment) (*tas.ReplaceCertPathValidationPolicyAssignmentResponse, error) {
	err := c.Update(func(tx *state.Tx) error {
		return tx.Keystore().ReplaceServerPolicy(req.OldCertPathValidationPolicyID, req.NewCertPathValidationPolicyID)
	})
	return &tas.ReplaceCertPathValidationPolicyAssignmentResponse{}, err
}

// offerClientAuth adds what the TLS server can do with clients' certificates.
// Security 5.8.3, Table 13.
func offerClientAuth(c *svc.Call, caps *tas.Capabilities) {
	limit := most(c, c.View().Keystore.Limits.WithDefaults().TLSPolicies,
		"tas:SetClientAuthenticationRequired", "tas:GetClientAuthenticationRequired", "tas:AddCertPathValidationPolicyAssignment",
		"tas:RemoveCertPathValidationPolicyAssignment", "tas:ReplaceCertPathValidationPolicyAssignment", "tas:GetAssignedCertPathValidationPolicies")
	if limit == nil || !twoPolicies(&caps.KeystoreCapabilities) || len(caps.TLSServerCapabilities.TLSServerSupported) == 0 {
		return
	}
	if !since(c, 2212) && crls(c) == nil || !algorithms(c, sha1RSA, sha256RSA) && len(c.View().Keystore.Abilities.WithDefaults().RSAKeyLengths) > 0 {
		return
	}
	s := &caps.TLSServerCapabilities
	s.TLSClientAuthSupported, s.MaximumNumberOfTLSCertificationPathValidationPolicies = svc.Ref(true), limit
	if c.SimulatedAll("tas:SetCnMapsToUser", "tas:GetCnMapsToUser") { // 18.12 knows no such thing
		s.CnMapsToUserSupported = svc.Ref(true)
	}
	caps.KeystoreCapabilities.EnforceTLSWebClientAuthExtKeyUsage = svc.Ref(true)
}

package security

import (
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// getAssignedServerCertificates lists the paths of the TLS server. Security
// 5.3.3.4; READ_SYSTEM_SECRET.
func getAssignedServerCertificates(c *svc.Call, _ *tas.GetAssignedServerCertificates) (*tas.GetAssignedServerCertificatesResponse, error) {
	return &tas.GetAssignedServerCertificatesResponse{CertificationPathID: c.View().Keystore.TLS.Paths}, nil
}

// getEnabledTLSVersions lists the versions the TLS server accepts. Security
// 5.3.3.14; READ_SYSTEM.
func getEnabledTLSVersions(c *svc.Call, _ *tas.GetEnabledTLSVersions) (*tas.GetEnabledTLSVersionsResponse, error) {
	return &tas.GetEnabledTLSVersionsResponse{Versions: c.View().Keystore.TLS.Enabled}, nil
}

// getClientAuthenticationRequired tells whether clients need a certificate.
// Security 5.3.3.6; READ_SYSTEM.
func getClientAuthenticationRequired(c *svc.Call, _ *tas.GetClientAuthenticationRequired) (*tas.GetClientAuthenticationRequiredResponse, error) {
	return &tas.GetClientAuthenticationRequiredResponse{ClientAuthenticationRequired: c.View().Keystore.TLS.ClientAuthRequired}, nil
}

// getCnMapsToUser tells whether the certificate names the user. Security
// 5.3.3.8; READ_SYSTEM.
func getCnMapsToUser(c *svc.Call, _ *tas.GetCnMapsToUser) (*tas.GetCnMapsToUserResponse, error) {
	return &tas.GetCnMapsToUserResponse{CnMapsToUser: c.View().Keystore.TLS.CnMapsToUser}, nil
}

// getAssignedCertPathValidationPolicies lists the policies for client
// certificates. Security 5.3.3.12; READ_SYSTEM_SECRET.
func getAssignedCertPathValidationPolicies(c *svc.Call, _ *tas.GetAssignedCertPathValidationPolicies) (*tas.GetAssignedCertPathValidationPoliciesResponse, error) {
	return &tas.GetAssignedCertPathValidationPoliciesResponse{CertPathValidationPolicyID: c.View().Keystore.TLS.Policies}, nil
}

// getJWTConfiguration answers whose tokens are taken. Security 5.7.1;
// READ_SYSTEM_SECRET.
func getJWTConfiguration(c *svc.Call, _ *tas.GetJWTConfiguration) (*tas.GetJWTConfigurationResponse, error) {
	j := c.View().Keystore.JWT
	out := tas.JWTConfiguration{
		Audiences: j.Audiences, TrustedIssuers: j.TrustedIssuers, KeyID: j.KeyIDs, ValidationPolicy: optional(j.ValidationPolicy),
	}
	for _, claim := range j.CustomClaims {
		out.CustomClaims = append(out.CustomClaims, tas.CustomClaim{Name: claim.Name, SupportedValues: claim.SupportedValues})
	}
	return &tas.GetJWTConfigurationResponse{Configuration: out}, nil
}

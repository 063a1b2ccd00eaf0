package security

import (
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// getAllPassphrases lists the passphrases, never what they are. Security
// 5.2.6.1.2; READ_SYSTEM_SECRET.
func getAllPassphrases(c *svc.Call, _ *tas.GetAllPassphrases) (*tas.GetAllPassphrasesResponse, error) {
	resp := &tas.GetAllPassphrasesResponse{}
	for _, p := range c.View().Keystore.Passphrases {
		resp.PassphraseAttribute = append(resp.PassphraseAttribute, tas.PassphraseAttribute{PassphraseID: p.ID, Alias: optional(p.Alias)})
	}
	return resp, nil
}

// getCRL answers one certificate revocation list. Security 5.2.6.4.2;
// READ_SYSTEM_SECRET.
func getCRL(c *svc.Call, req *tas.GetCRL) (*tas.GetCRLResponse, error) {
	l, err := c.View().Keystore.CRL(req.CrlID)
	if err != nil {
		return nil, err
	}
	return &tas.GetCRLResponse{Crl: crl(l)}, nil
}

// getAllCRLs lists the certificate revocation lists. Security 5.2.6.4.3;
// READ_SYSTEM_SECRET.
func getAllCRLs(c *svc.Call, _ *tas.GetAllCRLs) (*tas.GetAllCRLsResponse, error) {
	resp := &tas.GetAllCRLsResponse{}
	for _, l := range c.View().Keystore.CRLs {
		resp.Crl = append(resp.Crl, crl(l))
	}
	return resp, nil
}

func crl(l keystore.CRL) tas.CRL { return tas.CRL{CRLID: l.ID, Alias: l.Alias, CRLContent: l.DER} }

// getCertPathValidationPolicy answers one policy. Security 5.2.6.5.2;
// READ_SYSTEM_SECRET.
func getCertPathValidationPolicy(c *svc.Call, req *tas.GetCertPathValidationPolicy) (*tas.GetCertPathValidationPolicyResponse, error) {
	p, err := c.View().Keystore.Policy(req.CertPathValidationPolicyID)
	if err != nil {
		return nil, err
	}
	return &tas.GetCertPathValidationPolicyResponse{CertPathValidationPolicy: policy(p)}, nil
}

// getAllCertPathValidationPolicies lists the policies. Security 5.2.6.5.3;
// READ_SYSTEM_SECRET.
func getAllCertPathValidationPolicies(c *svc.Call, _ *tas.GetAllCertPathValidationPolicies) (*tas.GetAllCertPathValidationPoliciesResponse, error) {
	resp := &tas.GetAllCertPathValidationPoliciesResponse{}
	for _, p := range c.View().Keystore.Policies {
		resp.CertPathValidationPolicy = append(resp.CertPathValidationPolicy, policy(p))
	}
	return resp, nil
}

func policy(p keystore.Policy) tas.CertPathValidationPolicy {
	out := tas.CertPathValidationPolicy{
		CertPathValidationPolicyID: p.ID, Alias: optional(p.Alias),
		Parameters: tas.CertPathValidationParameters{
			RequireTLSWWWClientAuthExtendedKeyUsage: svc.Ref(p.RequireClientAuthUsage), UseDeltaCRLs: svc.Ref(p.UseDeltaCRLs),
		},
	}
	for _, id := range p.TrustAnchors {
		out.TrustAnchor = append(out.TrustAnchor, tas.TrustAnchor{CertificateID: id})
	}
	return out
}

// getAuthorizationServerConfigurations lists the authorization servers, never
// their secrets. Security 5.6.1; READ_SYSTEM_SECRET.
func getAuthorizationServerConfigurations(c *svc.Call, req *tas.GetAuthorizationServerConfigurations) (*tas.GetAuthorizationServerConfigurationsResponse, error) {
	list := c.View().Keystore.Authorization
	if req.Token != nil {
		a, err := c.View().Keystore.AuthServer(*req.Token)
		if err != nil {
			return nil, err
		}
		list = []keystore.AuthServer{a}
	}
	resp := &tas.GetAuthorizationServerConfigurationsResponse{}
	for _, a := range list {
		resp.Configuration = append(resp.Configuration, tas.AuthorizationServerConfiguration{
			Token: a.Token,
			Data: tas.AuthorizationServerConfigurationData{
				Type: a.Type, ClientAuth: optional(a.ClientAuth), ServerUri: a.ServerURI, ClientID: optional(a.ClientID),
				Scope: optional(a.Scope), KeyID: optional(a.KeyID), CertificateID: optional(a.CertificateID),
				CertPathValidationPolicyID: optional(a.PolicyID),
			},
		})
	}
	return resp, nil
}

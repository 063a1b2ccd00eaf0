package security

import (
	"errors"
	"fmt"
	"slices"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

var (
	errCRL      = errors.New("no such certificate revocation list")
	errNoConfig = errors.New("no such authorization server configuration")
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
	for _, l := range c.View().Keystore.CRLs {
		if l.ID == req.CrlID {
			return &tas.GetCRLResponse{Crl: crl(l)}, nil
		}
	}
	return nil, fmt.Errorf("CRL %.64q: %w", req.CrlID, errCRL)
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
	for _, p := range c.View().Keystore.Policies {
		if p.ID == req.CertPathValidationPolicyID {
			return &tas.GetCertPathValidationPolicyResponse{CertPathValidationPolicy: policy(p)}, nil
		}
	}
	return nil, fmt.Errorf("policy %.64q: %w", req.CertPathValidationPolicyID, keystore.ErrPolicyID)
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
		list = slices.DeleteFunc(slices.Clone(list), func(a keystore.AuthServer) bool { return a.Token != *req.Token })
		if len(list) == 0 {
			return nil, fmt.Errorf("authorization server %.64q: %w", *req.Token, errNoConfig)
		}
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

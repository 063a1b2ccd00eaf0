package security

import (
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
	"github.com/camfleet/camfleet/sim/internal/vault"
)

// createAuthorizationServerConfiguration stores an authorization server under a
// token of the camera's choice. Security 5.6.2; WRITE_SYSTEM.
func createAuthorizationServerConfiguration(c *svc.Call, req *tas.CreateAuthorizationServerConfiguration) (*tas.CreateAuthorizationServerConfigurationResponse, error) {
	var added keystore.AuthServer
	err := c.Update(func(tx *state.Tx) (err error) {
		s := tx.Keystore()
		added, err = s.CreateAuthServer(authServer("", req.Configuration), req.Configuration.ClientSecret,
			c.Vault.Sealer(s, vault.ClientSecret), tx.Random())
		return err
	})
	return &tas.CreateAuthorizationServerConfigurationResponse{Token: added.Token}, err
}

// setAuthorizationServerConfiguration replaces an authorization server; without
// a client secret the old one stays. Security 5.6.3; WRITE_SYSTEM.
func setAuthorizationServerConfiguration(c *svc.Call, req *tas.SetAuthorizationServerConfiguration) (*tas.SetAuthorizationServerConfigurationResponse, error) {
	given := req.Configuration
	err := c.Update(func(tx *state.Tx) error {
		s := tx.Keystore()
		return s.SetAuthServer(authServer(given.Token, given.Data), given.Data.ClientSecret, c.Vault.Sealer(s, vault.ClientSecret))
	})
	return &tas.SetAuthorizationServerConfigurationResponse{}, err
}

// authServer reads a configuration, but for its secret.
func authServer(token string, d tas.AuthorizationServerConfigurationData) keystore.AuthServer {
	return keystore.AuthServer{
		Token: token, Type: d.Type, ClientAuth: value(d.ClientAuth), ServerURI: d.ServerUri, ClientID: value(d.ClientID),
		Scope: value(d.Scope), KeyID: value(d.KeyID), CertificateID: value(d.CertificateID),
		PolicyID: value(d.CertPathValidationPolicyID),
	}
}

// deleteAuthorizationServerConfiguration removes an authorization server.
// Security 5.6.4; WRITE_SYSTEM.
func deleteAuthorizationServerConfiguration(c *svc.Call, req *tas.DeleteAuthorizationServerConfiguration) (*tas.DeleteAuthorizationServerConfigurationResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Keystore().DeleteAuthServer(req.Token) })
	return &tas.DeleteAuthorizationServerConfigurationResponse{}, err
}

// setJWTConfiguration says whose tokens are taken from now on. Security 5.7.2;
// WRITE_SYSTEM.
func setJWTConfiguration(c *svc.Call, req *tas.SetJWTConfiguration) (*tas.SetJWTConfigurationResponse, error) {
	given := req.Configuration
	j := keystore.JWT{
		Audiences: given.Audiences, TrustedIssuers: given.TrustedIssuers, KeyIDs: given.KeyID,
		ValidationPolicy: value(given.ValidationPolicy),
	}
	for _, claim := range given.CustomClaims {
		j.CustomClaims = append(j.CustomClaims, keystore.CustomClaim{Name: claim.Name, SupportedValues: claim.SupportedValues})
	}
	err := c.Update(func(tx *state.Tx) error { return tx.Keystore().SetJWT(j) })
	return &tas.SetJWTConfigurationResponse{}, err
}

package security

import (
	"slices"

	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// simulated reports whether the camera carries out all of the operations.
func simulated(c *svc.Call, operations ...string) bool {
	return !slices.ContainsFunc(operations, func(name string) bool { return !c.Simulated("tas:" + name) })
}

// most is a MaximumNumberOf… capability: the limit, or nothing unless all
// operations that Table 13 asks for are there.
func most(c *svc.Call, limit int, operations ...string) *int {
	if limit <= 0 || !simulated(c, operations...) {
		return nil
	}
	return &limit
}

// offerKeys names what keys can be made here (Security Table 13).
func offerKeys(c *svc.Call, out *tas.KeystoreCapabilities) {
	s := c.View().Keystore
	a := s.Abilities.WithDefaults()
	out.MaximumNumberOfKeys = most(c, s.Limits.WithDefaults().Keys, "GetKeyStatus", "GetAllKeys", "DeleteKey")
	if out.MaximumNumberOfKeys == nil {
		return
	}
	if len(a.RSAKeyLengths) > 0 && simulated(c, "CreateRSAKeyPair") {
		out.RSAKeyPairGeneration, out.RSAKeyLengths = svc.Ref(true), a.RSAKeyLengths
	}
	if len(a.EllipticCurves) > 0 && simulated(c, "CreateECCKeyPair") {
		out.ECCKeyPairGeneration, out.EllipticCurves = svc.Ref(true), a.EllipticCurves
	}
}

// passphrases is MaximumNumberOfPassphrases (Security Table 13).
func passphrases(c *svc.Call) *int {
	return most(c, c.View().Keystore.Limits.WithDefaults().Passphrases, "UploadPassphrase", "GetAllPassphrases", "DeletePassphrase")
}

// certificates is MaximumNumberOfCertificates: without keys there are none
// (Security Table 13).
func certificates(c *svc.Call) *int {
	limits := c.View().Keystore.Limits.WithDefaults()
	if most(c, limits.Keys, "GetKeyStatus", "GetAllKeys", "DeleteKey") == nil {
		return nil
	}
	return most(c, limits.Certificates, "GetCertificate", "GetAllCertificates", "DeleteCertificate")
}

// paths is MaximumNumberOfCertificationPaths: a path needs two certificates
// (Security Table 13).
func paths(c *svc.Call) *int {
	if n := certificates(c); n == nil || *n < 2 {
		return nil
	}
	return most(c, c.View().Keystore.Limits.WithDefaults().CertificationPaths,
		"GetCertificationPath", "GetAllCertificationPaths", "DeleteCertificationPath")
}

// crls is MaximumNumberOfCRLs (Security Table 13).
func crls(c *svc.Call) *int {
	return most(c, c.View().Keystore.Limits.WithDefaults().CRLs, "UploadCRL", "GetCRL", "GetAllCRLs", "DeleteCRL")
}

// policies is MaximumNumberOfCertificationPathValidationPolicies: there must
// be a way for certificates to come here (Security Table 13).
func policies(c *svc.Call) *int {
	if !simulated(c, "UploadCertificateWithPrivateKeyInPKCS12") && !simulated(c, "CreateSelfSignedCertificate") &&
		!simulated(c, "CreatePKCS10CSR", "UploadCertificate") {
		return nil
	}
	return most(c, c.View().Keystore.Limits.WithDefaults().Policies, "CreateCertPathValidationPolicy",
		"GetCertPathValidationPolicy", "GetAllCertPathValidationPolicies", "DeleteCertPathValidationPolicy")
}

// setCertPath is the capability SetCertPath (Security 5.2.6.3.11, 5.2.6.5.4).
func setCertPath(c *svc.Call) *bool {
	if !simulated(c, "SetCertificationPath", "SetCertPathValidationPolicy") {
		return nil
	}
	return svc.Ref(true)
}

// mandatoryMethod is what whoever offers IEEE 802.1X must offer (Security
// Table 13).
const mandatoryMethod = "EAP-PEAP/MSCHAPv2"

// dot1xCapabilities of the service; nil: there is no IEEE 802.1X. Security
// 5.8.4.
func dot1xCapabilities(c *svc.Call) *tas.Dot1XCapabilities {
	s := c.View().Keystore
	methods := s.Abilities.WithDefaults().Dot1XMethods
	limit := most(c, s.Limits.WithDefaults().Dot1X, "AddDot1XConfiguration", "GetAllDot1XConfigurations", "GetDot1XConfiguration",
		"DeleteDot1XConfiguration", "SetNetworkInterfaceDot1XConfiguration", "GetNetworkInterfaceDot1XConfiguration",
		"DeleteNetworkInterfaceDot1XConfiguration")
	if limit == nil || passphrases(c) == nil || !slices.Contains(methods, mandatoryMethod) {
		return nil
	}
	return &tas.Dot1XCapabilities{MaximumNumberOfDot1XConfigurations: limit, Dot1XMethods: methods}
}

// authorizationCapabilities of the service; nil: there are no authorization
// servers. Security 5.8.6, Table 13.
func authorizationCapabilities(c *svc.Call) *tas.AuthorizationServerConfigurationCapabilities {
	s := c.View().Keystore
	limit := most(c, s.Limits.WithDefaults().Authorization, "GetAuthorizationServerConfigurations",
		"CreateAuthorizationServerConfiguration", "SetAuthorizationServerConfiguration", "DeleteAuthorizationServerConfiguration")
	if p := policies(c); limit == nil || p == nil || *p < 2 {
		return nil
	}
	a := s.Abilities.WithDefaults()
	return &tas.AuthorizationServerConfigurationCapabilities{
		MaxConfigurations: limit, ConfigurationTypesSupported: a.ConfigurationTypes,
		ClientAuthenticationMethodsSupported: a.ClientAuthentication,
	}
}

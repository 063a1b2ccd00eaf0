package security

import (
	"slices"

	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// most is a MaximumNumberOf… capability: the limit, or nothing unless all
// operations that Table 13 asks for are there.
func most(c *svc.Call, limit int, operations ...string) *int {
	if limit <= 0 || !c.SimulatedAll(operations...) {
		return nil
	}
	return &limit
}

// offerKeys names what keys can be made here (Security Table 13).
func offerKeys(c *svc.Call, out *tas.KeystoreCapabilities) {
	s := c.View().Keystore
	a := s.Abilities.WithDefaults()
	out.MaximumNumberOfKeys = most(c, s.Limits.WithDefaults().Keys, "tas:GetKeyStatus", "tas:GetAllKeys", "tas:DeleteKey")
	if out.MaximumNumberOfKeys == nil {
		return
	}
	if len(a.RSAKeyLengths) > 0 && c.SimulatedAll("tas:CreateRSAKeyPair") {
		out.RSAKeyPairGeneration, out.RSAKeyLengths = svc.Ref(true), a.RSAKeyLengths
	}
	if len(a.EllipticCurves) > 0 && c.SimulatedAll("tas:CreateECCKeyPair") {
		out.ECCKeyPairGeneration, out.EllipticCurves = svc.Ref(true), a.EllipticCurves
	}
	if since(c, 2512) {
		out.KeyPairGeneration = keyPairGeneration(out)
	}
}

// keyPairGeneration says the same as the two older attributes: those of
// release 25.12 know words (tas:KeyPairAlgorithm).
func keyPairGeneration(out *tas.KeystoreCapabilities) (words []string) {
	if out.RSAKeyPairGeneration != nil {
		words = append(words, "RSA")
	}
	if out.ECCKeyPairGeneration != nil {
		words = append(words, "ECC")
	}
	return words
}

// passphrases is MaximumNumberOfPassphrases (Security Table 13).
func passphrases(c *svc.Call) *int {
	return most(c, c.View().Keystore.Limits.WithDefaults().Passphrases, "tas:UploadPassphrase", "tas:GetAllPassphrases", "tas:DeletePassphrase")
}

// certificates is MaximumNumberOfCertificates: without keys there are none
// (Security Table 13).
func certificates(c *svc.Call) *int {
	limits := c.View().Keystore.Limits.WithDefaults()
	if most(c, limits.Keys, "tas:GetKeyStatus", "tas:GetAllKeys", "tas:DeleteKey") == nil {
		return nil
	}
	return most(c, limits.Certificates, "tas:GetCertificate", "tas:GetAllCertificates", "tas:DeleteCertificate")
}

// paths is MaximumNumberOfCertificationPaths: a path needs two certificates
// (Security Table 13).
func paths(c *svc.Call) *int {
	if n := certificates(c); n == nil || *n < 2 {
		return nil
	}
	return most(c, c.View().Keystore.Limits.WithDefaults().CertificationPaths,
		"tas:GetCertificationPath", "tas:GetAllCertificationPaths", "tas:DeleteCertificationPath")
}

// crls is MaximumNumberOfCRLs (Security Table 13).
func crls(c *svc.Call) *int {
	return most(c, c.View().Keystore.Limits.WithDefaults().CRLs, "tas:UploadCRL", "tas:GetCRL", "tas:GetAllCRLs", "tas:DeleteCRL")
}

// certifies reports whether a certificate for a key of the camera's can come
// here: by request, or signed by itself.
func certifies(k *tas.KeystoreCapabilities) bool {
	return k.PKCS10 != nil || k.PKCS10ExternalCertificationWithRSA != nil ||
		k.SelfSignedCertificateCreation != nil || k.SelfSignedCertificateCreationWithRSA != nil
}

// offerPolicies adds MaximumNumberOfCertificationPathValidationPolicies: there
// must be a way for certificates to come here. It comes after offerSigning and
// offerUploads (Security Table 13).
func offerPolicies(c *svc.Call, out *tas.KeystoreCapabilities) {
	if certifies(out) || out.PKCS12 != nil || out.PKCS12CertificateWithRSAPrivateKeyUpload != nil {
		out.MaximumNumberOfCertificationPathValidationPolicies = most(c, c.View().Keystore.Limits.WithDefaults().Policies,
			"tas:CreateCertPathValidationPolicy", "tas:GetCertPathValidationPolicy", "tas:GetAllCertPathValidationPolicies",
			"tas:DeleteCertPathValidationPolicy")
	}
}

// twoPolicies reports whether there is room for the two policies that client
// authentication and authorization servers need (Security Table 13).
func twoPolicies(out *tas.KeystoreCapabilities) bool {
	n := out.MaximumNumberOfCertificationPathValidationPolicies
	return n != nil && *n >= 2
}

// setCertPath is the capability SetCertPath (Security 5.2.6.3.11, 5.2.6.5.4).
func setCertPath(c *svc.Call) *bool {
	if !c.SimulatedAll("tas:SetCertificationPath", "tas:SetCertPathValidationPolicy") {
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
	limit := most(c, s.Limits.WithDefaults().Dot1X, "tas:AddDot1XConfiguration", "tas:GetAllDot1XConfigurations", "tas:GetDot1XConfiguration",
		"tas:DeleteDot1XConfiguration", "tas:SetNetworkInterfaceDot1XConfiguration", "tas:GetNetworkInterfaceDot1XConfiguration",
		"tas:DeleteNetworkInterfaceDot1XConfiguration")
	if limit == nil || passphrases(c) == nil || !slices.Contains(methods, mandatoryMethod) {
		return nil
	}
	return &tas.Dot1XCapabilities{MaximumNumberOfDot1XConfigurations: limit, Dot1XMethods: methods}
}

// authorizationCapabilities of the service; nil: there are no authorization
// servers. Security 5.8.6, Table 13.
func authorizationCapabilities(c *svc.Call, k *tas.KeystoreCapabilities) *tas.AuthorizationServerConfigurationCapabilities {
	s := c.View().Keystore
	limit := most(c, s.Limits.WithDefaults().Authorization, "tas:GetAuthorizationServerConfigurations",
		"tas:CreateAuthorizationServerConfiguration", "tas:SetAuthorizationServerConfiguration", "tas:DeleteAuthorizationServerConfiguration")
	if limit == nil || !twoPolicies(k) {
		return nil
	}
	a := s.Abilities.WithDefaults()
	lacks := map[string]bool{
		"private_key_jwt": k.ECCKeyPairGeneration == nil, "tls_client_auth": k.PKCS10 == nil,
		"self_signed_tls_client_auth": k.SelfSignedCertificateCreation == nil,
	}
	return &tas.AuthorizationServerConfigurationCapabilities{
		MaxConfigurations: limit, ConfigurationTypesSupported: a.ConfigurationTypes,
		ClientAuthenticationMethodsSupported: slices.DeleteFunc(slices.Clone(a.ClientAuthentication), func(name string) bool { return lacks[name] }),
	}
}

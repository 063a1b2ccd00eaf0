package camera

import (
	"slices"

	"github.com/camfleet/camfleet/profiles"
)

// switchedOff are the operations a profile has switched off, by name or because
// the release it claims, or what it leaves out, does not have them.
func switchedOff(p *profiles.Profile) map[string]bool {
	off := map[string]bool{}
	for _, id := range p.ONVIF.OperationsOff {
		off[id] = true
	}
	for _, o := range newer() {
		if p.ONVIF.Release < o.release { // both are as 18.12
			off["tas:"+o.operation] = true
		}
	}
	for _, id := range accountsOff(p) {
		off[id] = true
	}
	for _, f := range slices.Concat(stores(p.Limits.Keystore), makes(p)) {
		for _, name := range f.operations {
			if !f.offered {
				off["tas:"+name] = true
			}
		}
	}
	return off
}

// feature is a set of operations of the Security service that a profile offers
// or not.
type feature struct {
	offered    bool
	operations []string
}

// stores are the features that need room in the keystore.
func stores(k profiles.KeystoreLimits) []feature {
	return []feature{
		{k.Passphrases > 0, []string{"UploadPassphrase", "GetAllPassphrases", "DeletePassphrase"}},
		{k.CRLs > 0, []string{"UploadCRL", "GetCRL", "GetAllCRLs", "DeleteCRL"}},
		{k.CertificationPathPolicies > 0, []string{
			"CreateCertPathValidationPolicy", "GetCertPathValidationPolicy", "GetAllCertPathValidationPolicies",
			"SetCertPathValidationPolicy", "DeleteCertPathValidationPolicy",
		}},
		{k.Dot1XConfigurations > 0, dot1xOperations()},
		{k.TLSCertificationPathPolicies > 0, []string{
			"SetClientAuthenticationRequired", "GetClientAuthenticationRequired", "SetCnMapsToUser", "GetCnMapsToUser",
			"AddCertPathValidationPolicyAssignment", "RemoveCertPathValidationPolicyAssignment",
			"ReplaceCertPathValidationPolicyAssignment", "GetAssignedCertPathValidationPolicies",
		}},
		{k.AuthorizationServers > 0, authorizationOperations()},
	}
}

// makes are the features that need an algorithm, a method or a setting.
func makes(p *profiles.Profile) []feature {
	s := p.Security
	upload := len(s.PasswordBased.Encryption) > 0
	return []feature{
		{p.Auth.JWT.Enabled, []string{"GetJWTConfiguration", "SetJWTConfiguration"}},
		{len(s.RSAKeyLengths) > 0, []string{"CreateRSAKeyPair"}},
		{len(s.EllipticCurves) > 0, []string{"CreateECCKeyPair"}},
		{upload, []string{"UploadKeyPairInPKCS8"}},
		{upload && len(s.PasswordBased.MAC) > 0, []string{"UploadCertificateWithPrivateKeyInPKCS12"}},
		{len(s.Dot1XMethods) > 0, dot1xOperations()},
		{len(s.AuthorizationServers.Types) > 0, authorizationOperations()},
		{s.MediaSigning, []string{"GetAssignedMediaSigningCertificates"}},
		{s.MediaSigning && s.UserSigningKey, []string{"AddMediaSigningCertificateAssignment", "RemoveMediaSigningCertificateAssignment"}},
	}
}

func dot1xOperations() []string {
	return []string{
		"AddDot1XConfiguration", "GetAllDot1XConfigurations", "GetDot1XConfiguration", "DeleteDot1XConfiguration",
		"SetNetworkInterfaceDot1XConfiguration", "GetNetworkInterfaceDot1XConfiguration", "DeleteNetworkInterfaceDot1XConfiguration",
	}
}

func authorizationOperations() []string {
	return []string{
		"GetAuthorizationServerConfigurations", "CreateAuthorizationServerConfiguration",
		"SetAuthorizationServerConfiguration", "DeleteAuthorizationServerConfiguration",
	}
}

// since is the release an operation of the Security service came with.
type since struct{ operation, release string }

// newer lists the operations that release 18.12 of the Security service does
// not have.
func newer() []since {
	return []since{
		{"SetCnMapsToUser", "19.12"},
		{"GetCnMapsToUser", "19.12"},
		{"CreateECCKeyPair", "23.12"},
		{"GetAuthorizationServerConfigurations", "23.12"},
		{"CreateAuthorizationServerConfiguration", "23.12"},
		{"SetAuthorizationServerConfiguration", "23.12"},
		{"DeleteAuthorizationServerConfiguration", "23.12"},
		{"GetJWTConfiguration", "23.12"},
		{"SetJWTConfiguration", "23.12"},
		{"SetCertificationPath", "24.12"},
		{"SetCertPathValidationPolicy", "24.12"},
		{"AddMediaSigningCertificateAssignment", "24.12"},
		{"RemoveMediaSigningCertificateAssignment", "24.12"},
		{"GetAssignedMediaSigningCertificates", "24.12"},
	}
}

package camera

import "github.com/camfleet/camfleet/profiles"

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
	k := p.Limits.Keystore
	for _, f := range []struct {
		offered    bool
		operations []string
	}{
		{p.Auth.JWT.Enabled, []string{"GetJWTConfiguration", "SetJWTConfiguration"}},
		{k.Passphrases > 0, []string{"UploadPassphrase", "GetAllPassphrases", "DeletePassphrase"}},
		{k.CRLs > 0, []string{"UploadCRL", "GetCRL", "GetAllCRLs", "DeleteCRL"}},
		{k.Dot1XConfigurations > 0, []string{
			"AddDot1XConfiguration", "GetAllDot1XConfigurations", "GetDot1XConfiguration", "DeleteDot1XConfiguration",
			"SetNetworkInterfaceDot1XConfiguration", "GetNetworkInterfaceDot1XConfiguration", "DeleteNetworkInterfaceDot1XConfiguration",
		}},
		{k.TLSCertificationPathPolicies > 0, []string{
			"SetClientAuthenticationRequired", "GetClientAuthenticationRequired", "SetCnMapsToUser", "GetCnMapsToUser",
			"AddCertPathValidationPolicyAssignment", "RemoveCertPathValidationPolicyAssignment",
			"ReplaceCertPathValidationPolicyAssignment", "GetAssignedCertPathValidationPolicies",
		}},
		{k.AuthorizationServers > 0, []string{
			"GetAuthorizationServerConfigurations", "CreateAuthorizationServerConfiguration",
			"SetAuthorizationServerConfiguration", "DeleteAuthorizationServerConfiguration",
		}},
	} {
		for _, name := range f.operations {
			if !f.offered {
				off["tas:"+name] = true
			}
		}
	}
	return off
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

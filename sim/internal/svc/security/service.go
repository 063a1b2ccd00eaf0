// Package security is the Security Configuration Service (Security 25.06): thin
// handlers between the generated messages and the keystore of the state. So far
// it shows what is there; what changes it answers ter:ActionNotSupported and
// appears in no capability.
package security

import (
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// Namespace is the service's target namespace.
const Namespace = "http://www.onvif.org/ver10/advancedsecurity/wsdl"

// Service describes the service to the camera.
func Service() svc.Service {
	return svc.Service{
		Name: "security", Namespace: Namespace, Path: "/onvif/security_service",
		Version:          svc.Release,
		Capabilities:     func(c *svc.Call) any { return capabilities(c) },
		CapabilitiesName: soap.QName{Space: Namespace, Local: "Capabilities"},
		Entries:          handlers().Entries(),
		Fault:            faults().Of,
	}
}

// handlers is the whole table: a field left out answers ter:ActionNotSupported.
func handlers() tas.Handlers[*svc.Call] {
	return tas.Handlers[*svc.Call]{
		GetServiceCapabilities: getServiceCapabilities,

		GetKeyStatus:             getKeyStatus,
		GetPrivateKeyStatus:      getPrivateKeyStatus,
		GetAllKeys:               getAllKeys,
		GetCertificate:           getCertificate,
		GetAllCertificates:       getAllCertificates,
		GetCertificationPath:     getCertificationPath,
		GetAllCertificationPaths: getAllCertificationPaths,

		GetAllPassphrases:                getAllPassphrases,
		GetCRL:                           getCRL,
		GetAllCRLs:                       getAllCRLs,
		GetCertPathValidationPolicy:      getCertPathValidationPolicy,
		GetAllCertPathValidationPolicies: getAllCertPathValidationPolicies,

		GetAssignedServerCertificates:         getAssignedServerCertificates,
		GetEnabledTLSVersions:                 getEnabledTLSVersions,
		GetClientAuthenticationRequired:       getClientAuthenticationRequired,
		GetCnMapsToUser:                       getCnMapsToUser,
		GetAssignedCertPathValidationPolicies: getAssignedCertPathValidationPolicies,

		GetAssignedMediaSigningCertificates:  getAssignedMediaSigningCertificates,
		GetJWTConfiguration:                  getJWTConfiguration,
		GetAuthorizationServerConfigurations: getAuthorizationServerConfigurations,
	}
}

// getServiceCapabilities answers what the service offers. Security 5.8.1;
// PRE_AUTH.
func getServiceCapabilities(c *svc.Call, _ *tas.GetServiceCapabilities) (*tas.GetServiceCapabilitiesResponse, error) {
	return &tas.GetServiceCapabilitiesResponse{Capabilities: *capabilities(c)}, nil
}

// capabilities names only what every operation of Table 13 is there for
// (Security 5.8). The limits of the keystore would promise operations that
// change it.
func capabilities(c *svc.Call) *tas.Capabilities {
	caps := &tas.Capabilities{KeystoreCapabilities: tas.KeystoreCapabilities{X509Versions: []int{3}}}
	if c.SimulatedAll("tas:CreateCertificationPath", "tas:GetCertificationPath", "tas:GetAllCertificationPaths",
		"tas:DeleteCertificationPath", "tas:AddServerCertificateAssignment", "tas:RemoveServerCertificateAssignment",
		"tas:ReplaceServerCertificateAssignment", "tas:GetAssignedServerCertificates") {
		caps.TLSServerCapabilities.TLSServerSupported = c.View().Keystore.TLS.Supported
	}
	return caps
}

// faults says which fault each rule's error is. Security 5.2.
func faults() svc.Faults {
	const arg = "env:Sender/ter:InvalidArgVal"
	return append(svc.Faults{
		svc.FaultFor(keystore.ErrKeyID, arg+"/ter:KeyID"),
		svc.FaultFor(keystore.ErrKeyType, arg+"/ter:InvalidKeyType"),
		svc.FaultFor(keystore.ErrCertificateID, arg+"/ter:CertificateID"),
		svc.FaultFor(keystore.ErrCertificationPathID, arg+"/ter:CertificationPathID"),
		svc.FaultFor(keystore.ErrPolicyID, arg+"/ter:CertPathValidationPolicyID"),
		svc.FaultFor(errCRL, arg+"/ter:CRLID"),
		svc.FaultFor(errNoConfig, arg+"/ter:NoConfig"),
	}, svc.Common()...)
}

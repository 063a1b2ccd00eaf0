// Package security is the Security Configuration Service (Security 25.06): thin
// handlers between the generated messages and the keystore of the state. What
// is not there answers ter:ActionNotSupported and appears in no capability.
package security

import (
	"slices"

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

		CreateRSAKeyPair:                        createRSAKeyPair,
		CreateECCKeyPair:                        createECCKeyPair,
		UploadKeyPairInPKCS8:                    uploadKeyPairInPKCS8,
		DeleteKey:                               deleteKey,
		GetKeyStatus:                            getKeyStatus,
		GetPrivateKeyStatus:                     getPrivateKeyStatus,
		GetAllKeys:                              getAllKeys,
		CreatePKCS10CSR:                         createPKCS10CSR,
		CreateSelfSignedCertificate:             createSelfSignedCertificate,
		UploadCertificateWithPrivateKeyInPKCS12: uploadCertificateWithPrivateKeyInPKCS12,
		UploadCertificate:                       uploadCertificate,
		DeleteCertificate:                       deleteCertificate,
		CreateCertificationPath:                 createCertificationPath,
		SetCertificationPath:                    setCertificationPath,
		DeleteCertificationPath:                 deleteCertificationPath,
		GetCertificate:                          getCertificate,
		GetAllCertificates:                      getAllCertificates,
		GetCertificationPath:                    getCertificationPath,
		GetAllCertificationPaths:                getAllCertificationPaths,

		UploadPassphrase:                 uploadPassphrase,
		GetAllPassphrases:                getAllPassphrases,
		DeletePassphrase:                 deletePassphrase,
		UploadCRL:                        uploadCRL,
		GetCRL:                           getCRL,
		GetAllCRLs:                       getAllCRLs,
		DeleteCRL:                        deleteCRL,
		CreateCertPathValidationPolicy:   createCertPathValidationPolicy,
		GetCertPathValidationPolicy:      getCertPathValidationPolicy,
		GetAllCertPathValidationPolicies: getAllCertPathValidationPolicies,
		SetCertPathValidationPolicy:      setCertPathValidationPolicy,
		DeleteCertPathValidationPolicy:   deleteCertPathValidationPolicy,

		AddServerCertificateAssignment:     addServerCertificateAssignment,
		RemoveServerCertificateAssignment:  removeServerCertificateAssignment,
		ReplaceServerCertificateAssignment: replaceServerCertificateAssignment,
		SetEnabledTLSVersions:              setEnabledTLSVersions,
		GetAssignedServerCertificates:      getAssignedServerCertificates,
		GetEnabledTLSVersions:              getEnabledTLSVersions,

		SetClientAuthenticationRequired:           setClientAuthenticationRequired,
		GetClientAuthenticationRequired:           getClientAuthenticationRequired,
		SetCnMapsToUser:                           setCnMapsToUser,
		GetCnMapsToUser:                           getCnMapsToUser,
		AddCertPathValidationPolicyAssignment:     addCertPathValidationPolicyAssignment,
		RemoveCertPathValidationPolicyAssignment:  removeCertPathValidationPolicyAssignment,
		ReplaceCertPathValidationPolicyAssignment: replaceCertPathValidationPolicyAssignment,
		GetAssignedCertPathValidationPolicies:     getAssignedCertPathValidationPolicies,

		AddDot1XConfiguration:                    addDot1XConfiguration,
		GetAllDot1XConfigurations:                getAllDot1XConfigurations,
		GetDot1XConfiguration:                    getDot1XConfiguration,
		DeleteDot1XConfiguration:                 deleteDot1XConfiguration,
		SetNetworkInterfaceDot1XConfiguration:    setNetworkInterfaceDot1XConfiguration,
		GetNetworkInterfaceDot1XConfiguration:    getNetworkInterfaceDot1XConfiguration,
		DeleteNetworkInterfaceDot1XConfiguration: deleteNetworkInterfaceDot1XConfiguration,

		AddMediaSigningCertificateAssignment:    addMediaSigningCertificateAssignment,
		RemoveMediaSigningCertificateAssignment: removeMediaSigningCertificateAssignment,
		GetAssignedMediaSigningCertificates:     getAssignedMediaSigningCertificates,

		GetJWTConfiguration:                    getJWTConfiguration,
		SetJWTConfiguration:                    setJWTConfiguration,
		GetAuthorizationServerConfigurations:   getAuthorizationServerConfigurations,
		CreateAuthorizationServerConfiguration: createAuthorizationServerConfiguration,
		SetAuthorizationServerConfiguration:    setAuthorizationServerConfiguration,
		DeleteAuthorizationServerConfiguration: deleteAuthorizationServerConfiguration,
	}
}

// getServiceCapabilities answers what the service offers. Security 5.8.1;
// PRE_AUTH.
func getServiceCapabilities(c *svc.Call, _ *tas.GetServiceCapabilities) (*tas.GetServiceCapabilitiesResponse, error) {
	return &tas.GetServiceCapabilitiesResponse{Capabilities: *capabilities(c)}, nil
}

// capabilities names only what every operation of Table 13 is there for
// (Security 5.8).
func capabilities(c *svc.Call) *tas.Capabilities {
	caps := &tas.Capabilities{
		KeystoreCapabilities: tas.KeystoreCapabilities{
			X509Versions: []int{3}, SetCertPath: setCertPath(c), MaximumNumberOfPassphrases: passphrases(c),
			MaximumNumberOfCertificates: certificates(c), MaximumNumberOfCertificationPaths: paths(c), MaximumNumberOfCRLs: crls(c),
		},
		Dot1XCapabilities: dot1xCapabilities(c), MediaSigning: signingCapabilities(c),
	}
	k := &caps.KeystoreCapabilities
	offerKeys(c, k)
	offerSigning(c, k)
	offerUploads(c, k)
	offerPolicies(c, k)
	offerServer(c, caps)
	offerClientAuth(c, caps)
	caps.AuthorizationServer = authorizationCapabilities(c, k)
	return caps
}

// faults says which fault each rule's error is. Security 5.2.
func faults() svc.Faults {
	const arg = "env:Sender/ter:InvalidArgVal"
	return append(svc.Faults{
		svc.FaultFor(keystore.ErrKeyID, arg+"/ter:KeyID"),
		svc.FaultFor(keystore.ErrKeyType, arg+"/ter:InvalidKeyType"),
		svc.FaultFor(keystore.ErrCertificateID, arg+"/ter:CertificateID"),
		svc.FaultFor(keystore.ErrPolicyID, arg+"/ter:CertPathValidationPolicyID", arg+"/ter:NewCertPathValidationPolicyID"),
	}, slices.Concat(undone(), keyFaults(), serverFaults(), certificateFaults(), signingFaults(), containerFaults(), storeFaults(), dot1xFaults(), tokenFaults(), mediaSigningFaults(), svc.Common())...)
}

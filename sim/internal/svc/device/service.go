// Package device is the Device Management Service (Core chapter 8): thin
// handlers between the generated messages and the rules of the state.
package device

import (
	"github.com/camfleet/camfleet/sim/internal/onvif/tds"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// Namespace is the service's target namespace.
const Namespace = "http://www.onvif.org/ver10/device/wsdl"

// Path is where the service is: the entry point of every ONVIF device (Core 5.1.2).
const Path = "/onvif/device_service"

// Service describes the service to the camera.
func Service() svc.Service {
	return svc.Service{
		Name: "device", Namespace: Namespace, Path: Path,
		Version:          svc.Release,
		Capabilities:     func(c *svc.Call) any { return capabilities(c) },
		CapabilitiesName: soap.QName{Space: Namespace, Local: "Capabilities"},
		Entries:          handlers().Entries(),
		Fault:            faults().Of,
	}
}

// handlers is the whole table: a field left out answers ter:ActionNotSupported.
func handlers() tds.Handlers[*svc.Call] {
	return tds.Handlers[*svc.Call]{
		GetServices:            getServices,
		GetServiceCapabilities: getServiceCapabilities,
		GetCapabilities:        getCapabilities,
		GetWsdlUrl:             getWsdlURL,

		GetDeviceInformation: getDeviceInformation,
		GetEndpointReference: getEndpointReference,
		SystemReboot:         systemReboot,

		SetSystemFactoryDefault: setSystemFactoryDefault,

		GetSystemDateAndTime: getSystemDateAndTime,
		SetSystemDateAndTime: setSystemDateAndTime,

		GetScopes:        getScopes,
		SetScopes:        setScopes,
		AddScopes:        addScopes,
		RemoveScopes:     removeScopes,
		GetDiscoveryMode: getDiscoveryMode,
		SetDiscoveryMode: setDiscoveryMode,

		GetHostname:              getHostname,
		SetHostname:              setHostname,
		SetHostnameFromDHCP:      setHostnameFromDHCP,
		GetDNS:                   getDNS,
		SetDNS:                   setDNS,
		GetNTP:                   getNTP,
		SetNTP:                   setNTP,
		GetNetworkInterfaces:     getNetworkInterfaces,
		GetNetworkProtocols:      getNetworkProtocols,
		SetNetworkProtocols:      setNetworkProtocols,
		GetNetworkDefaultGateway: getNetworkDefaultGateway,
		SetNetworkDefaultGateway: setNetworkDefaultGateway,

		GetUsers:    getUsers,
		CreateUsers: createUsers,
		DeleteUsers: deleteUsers,
		SetUser:     setUser,

		GetUserRoles:   getUserRoles,
		SetUserRole:    setUserRole,
		DeleteUserRole: deleteUserRole,
		GetRemoteUser:  getRemoteUser,
		SetRemoteUser:  setRemoteUser,

		SetHashingAlgorithm:                setHashingAlgorithm,
		GetPasswordComplexityOptions:       getPasswordComplexityOptions,
		GetPasswordComplexityConfiguration: getPasswordComplexityConfiguration,
		SetPasswordComplexityConfiguration: setPasswordComplexityConfiguration,
		GetPasswordHistoryConfiguration:    getPasswordHistoryConfiguration,
		SetPasswordHistoryConfiguration:    setPasswordHistoryConfiguration,
		GetAuthFailureWarningOptions:       getAuthFailureWarningOptions,
		GetAuthFailureWarningConfiguration: getAuthFailureWarningConfiguration,
		SetAuthFailureWarningConfiguration: setAuthFailureWarningConfiguration,
	}
}

package device

import (
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/svc"
	"github.com/camfleet/camfleet/sim/internal/users"
)

// faults says which fault each rule's error is. Core 8.2 to 8.4.
func faults() svc.Faults {
	const (
		arg        = "env:Sender/ter:InvalidArgVal"
		prohibited = "env:Sender/ter:OperationProhibited"
		action     = "env:Receiver/ter:Action"
	)
	return append(svc.Faults{
		svc.FaultFor(errNoSuchService, "env:Receiver/ter:ActionNotSupported/ter:NoSuchService"),

		svc.FaultFor(device.ErrTooManyScopes, action+"/ter:TooManyScopes"),
		svc.FaultFor(device.ErrFixedScope, prohibited+"/ter:FixedScope"),
		svc.FaultFor(device.ErrNoScope, arg+"/ter:NoScope"),
		svc.FaultFor(device.ErrScope, arg),
		svc.FaultFor(device.ErrHostname, arg+"/ter:InvalidHostname"),
		svc.FaultFor(device.ErrIPv4Address, arg+"/ter:InvalidIPv4Address"),
		svc.FaultFor(device.ErrIPv6Address, arg+"/ter:InvalidIPv6Address"),
		svc.FaultFor(device.ErrGatewayAddress, arg+"/ter:InvalidGatewayAddress"),
		svc.FaultFor(device.ErrDNSName, arg+"/ter:InvalidDnsName", arg),
		svc.FaultFor(device.ErrTooMany, arg),
		svc.FaultFor(device.ErrServiceNotSupported, arg+"/ter:ServiceNotSupported"),
		svc.FaultFor(device.ErrPortAlreadyInUse, arg+"/ter:PortAlreadyInUse"),
		svc.FaultFor(device.ErrPort, arg),
		svc.FaultFor(device.ErrPortBlocked, action),
		svc.FaultFor(device.ErrEnablingTLS, "env:Receiver/ter:ActionNotSupported/ter:EnablingTlsFailed"),
		svc.FaultFor(device.ErrTimeZone, arg+"/ter:InvalidTimeZone"),
		svc.FaultFor(device.ErrDateTime, arg+"/ter:InvalidDateTime"),
		svc.FaultFor(device.ErrNTPServerUndefined, arg+"/ter:NtpServerUndefined"),
		svc.FaultFor(device.ErrTimeSyncedToNTP, arg+"/ter:TimeSyncedToNtp"),
		svc.FaultFor(device.ErrDiscoveryMode, arg),

		svc.FaultFor(users.ErrUsernameClash, prohibited+"/ter:UsernameClash"),
		svc.FaultFor(users.ErrUsernameTooShort, prohibited+"/ter:UsernameTooShort"),
		svc.FaultFor(users.ErrUsernameTooLong, prohibited+"/ter:UsernameTooLong"),
		svc.FaultFor(users.ErrUsername, arg),
		svc.FaultFor(users.ErrUsernameMissing, arg+"/ter:UsernameMissing"),
		svc.FaultFor(users.ErrPasswordTooLong, prohibited+"/ter:PasswordTooLong"),
		svc.FaultFor(users.ErrPasswordTooWeak, prohibited+"/ter:Password", prohibited+"/ter:PasswordTooWeak"),
		svc.FaultFor(users.ErrTooManyUsers, action+"/ter:TooManyUsers"),
		svc.FaultFor(users.ErrAnonymousNotAllowed, prohibited+"/ter:AnonymousNotAllowed"),
		svc.FaultFor(users.ErrFixedUser, arg+"/ter:FixedUser"),
		svc.FaultFor(users.ErrNoAdministrator, arg),
		svc.FaultFor(users.ErrRoleMissing, arg+"/ter:InvalidUserRole"),
		svc.FaultFor(users.ErrTooManyRoles, action+"/ter:TooManyUserRoles"),
		svc.FaultFor(users.ErrFunctionNotImplemented, action+"/ter:FunctionNotImplemented"),
		svc.FaultFor(users.ErrOnvifPrefix, prohibited+"/ter:OnvifPrefix"),
		svc.FaultFor(users.ErrRoleName, arg),
		svc.FaultFor(users.ErrUserRoles, arg),
		svc.FaultFor(users.ErrRemoteUser, arg),
		svc.FaultFor(errNotRemoteUser, "env:Receiver/ter:ActionNotSupported/ter:NotRemoteUser"),
		svc.FaultFor(users.ErrComplexity, arg),
		svc.FaultFor(users.ErrLocked, arg),
		svc.FaultFor(users.ErrHistory, arg),
		svc.FaultFor(users.ErrWarning, arg),
		svc.FaultFor(users.ErrHashing, arg),
	}, svc.Common()...)
}

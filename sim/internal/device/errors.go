package device

import "errors"

// The errors of this package, each of which a service turns into the fault of
// the same name (Core chapter 8).
var (
	ErrTooManyScopes       = errors.New("too many scopes")                 // TooManyScopes
	ErrFixedScope          = errors.New("scope is fixed")                  // FixedScope
	ErrNoScope             = errors.New("no such scope")                   // NoScope
	ErrScope               = errors.New("not a usable scope")              // InvalidArgVal
	ErrHostname            = errors.New("not a host name")                 // InvalidHostname
	ErrServiceNotSupported = errors.New("network service not supported")   // ServiceNotSupported
	ErrPortAlreadyInUse    = errors.New("port already in use")             // PortAlreadyInUse
	ErrPort                = errors.New("not a port number")               // InvalidArgVal
	ErrPortBlocked         = errors.New("the port cannot be opened")       // Action
	ErrEnablingTLS         = errors.New("TLS is not configured")           // EnablingTlsFailed
	ErrInterface           = errors.New("no such network interface")       // InvalidNetworkInterface
	ErrMTU                 = errors.New("not a usable MTU")                // InvalidMtuValue
	ErrIPv4Address         = errors.New("not an IPv4 address")             // InvalidIPv4Address
	ErrIPv6Address         = errors.New("not an IPv6 address")             // InvalidIPv6Address
	ErrGatewayAddress      = errors.New("not a gateway address")           // InvalidGatewayAddress
	ErrDNSName             = errors.New("not a DNS name")                  // InvalidDnsName
	ErrTooMany             = errors.New("too many entries")                // InvalidArgVal
	ErrTimeZone            = errors.New("not a time zone")                 // InvalidTimeZone
	ErrDateTime            = errors.New("not a date and time")             // InvalidDateTime
	ErrNTPServerUndefined  = errors.New("no NTP server")                   // NtpServerUndefined
	ErrTimeSyncedToNTP     = errors.New("the time is synchronised by NTP") // TimeSyncedToNtp
	ErrDiscoveryMode       = errors.New("not a discovery mode")            // InvalidArgVal
)

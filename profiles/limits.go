package profiles

import "time"

// Limits are the bounds a camera enforces: what is beyond gets the standard's
// fault, an HTTP or an RTSP status, and changes nothing.
type Limits struct {
	SOAP     SOAPLimits     `yaml:"soap"`
	HTTP     HTTPLimits     `yaml:"http"`
	RTSP     RTSPLimits     `yaml:"rtsp"`
	Tunnel   TunnelLimits   `yaml:"tunnel"`
	Events   EventLimits    `yaml:"events"`
	Users    UserLimits     `yaml:"users"`
	Auth     AuthLimits     `yaml:"auth"`
	Scopes   ScopeLimits    `yaml:"scopes"`
	Keystore KeystoreLimits `yaml:"keystore"`
	Media    MediaLimits    `yaml:"media"`
}

// SOAPLimits bound one SOAP request.
type SOAPLimits struct {
	// Bytes of the whole message.
	Bytes Size `yaml:"bytes" default:"1MiB" min:"4KiB" max:"64MiB"`
	// Depth of elements within elements.
	Depth int `yaml:"depth" default:"64" min:"8" max:"1024"`
	// Elements of the whole message, and Attributes of one element.
	Elements   int `yaml:"elements" default:"20000" min:"64" max:"1000000"`
	Attributes int `yaml:"attributes" default:"128" min:"16" max:"4096"`
}

// HTTPLimits bound the HTTP and HTTPS listeners.
type HTTPLimits struct {
	// Connections open at the same time, each listener.
	Connections int `yaml:"connections" default:"64" min:"1" max:"10000"`
	// HeaderBytes of one request, request line included.
	HeaderBytes Size `yaml:"header_bytes" default:"16KiB" min:"1KiB" max:"1MiB"`
	// HandshakeTimeout of TLS, HeaderTimeout until the header is read, RequestTimeout
	// until the body is read, IdleTimeout between two requests.
	HandshakeTimeout time.Duration `yaml:"handshake_timeout" default:"10s" min:"100ms" max:"10m"`
	HeaderTimeout    time.Duration `yaml:"header_timeout" default:"10s" min:"100ms" max:"10m"`
	RequestTimeout   time.Duration `yaml:"request_timeout" default:"30s" min:"100ms" max:"1h"`
	IdleTimeout      time.Duration `yaml:"idle_timeout" default:"60s" min:"100ms" max:"1h"`
}

// RTSPLimits bound the RTSP and RTSPS listeners.
type RTSPLimits struct {
	// Connections open at the same time, both listeners together.
	Connections int `yaml:"connections" default:"64" min:"1" max:"10000"`
	// Sessions at the same time, all streams together.
	Sessions int `yaml:"sessions" default:"32" min:"1" max:"10000"`
	// Readers of one stream at the same time.
	Readers int `yaml:"readers" default:"32" min:"1" max:"10000"`
	// Queue is how much may wait for one slow reader before it drops to the next key picture.
	Queue Size `yaml:"queue" default:"1MiB" min:"64KiB" max:"64MiB"`
	// HeaderBytes of one request's header, BodyBytes of its body.
	HeaderBytes Size `yaml:"header_bytes" default:"16KiB" min:"1KiB" max:"256KiB"`
	BodyBytes   Size `yaml:"body_bytes" default:"64KiB" min:"1KiB" max:"1MiB"`
	// SessionTimeout without a sign of life ends a session; the Session header says it.
	SessionTimeout time.Duration `yaml:"session_timeout" default:"60s" min:"2s" max:"1h"`
	// IdleTimeout ends a connection that has no session.
	IdleTimeout time.Duration `yaml:"idle_timeout" default:"60s" min:"1s" max:"1h"`
}

// EventLimits bound pull points (Core 9.1).
type EventLimits struct {
	// PullPoints is the capability MaxPullPoints.
	PullPoints int `yaml:"pull_points" default:"10" min:"1" max:"1000"`
	// Queue is how many messages wait in one pull point; the oldest is dropped.
	Queue int `yaml:"queue" default:"256" min:"1" max:"100000"`
	// MessageLimit is the most PullMessages answers with.
	MessageLimit int `yaml:"message_limit" default:"100" min:"1" max:"10000"`
	// PullTimeout is the longest Timeout of PullMessages; at least a minute (Core 9.1.2).
	PullTimeout time.Duration `yaml:"pull_timeout" default:"2m" min:"1m" max:"1h"`
	// Lifetime is the longest termination time of a subscription.
	Lifetime time.Duration `yaml:"lifetime" default:"24h" min:"1m" max:"8760h"`
}

// UserLimits bound the accounts (Core 8.4).
type UserLimits struct {
	// Users is the capability MaxUsers.
	Users int `yaml:"users" default:"32" min:"1" max:"1024"`
	// NameLength and PasswordLength in bytes of UTF-8.
	NameLength     int `yaml:"name_length" default:"64" min:"8" max:"256"`
	PasswordLength int `yaml:"password_length" default:"128" min:"28" max:"1024"`
	// PasswordHistory is the capability MaxPasswordHistory: former passwords that
	// can be remembered of each user; 0: none.
	PasswordHistory int `yaml:"password_history" default:"10" min:"0" max:"100"`
	// Roles are those that clients can define, in releases from 25.12 on (Core
	// 8.4.10); the capability MaxUserRoles counts the three predefined ones as
	// well. 0: there are no user roles.
	Roles int `yaml:"roles" default:"16" min:"0" max:"1024"`
}

// AuthLimits bound what authentication remembers and reads.
type AuthLimits struct {
	// Nonces remembered of Digest, and of UsernameToken.
	Nonces int `yaml:"nonces" default:"4096" min:"16" max:"1000000"`
	// HeaderBytes of one Authorization header.
	HeaderBytes Size `yaml:"header_bytes" default:"16KiB" min:"512" max:"64KiB"`
	// Suspects are the user names, and the addresses, that wrong passwords are counted of.
	Suspects int `yaml:"suspects" default:"1024" min:"16" max:"100000"`
}

// ScopeLimits bound the discovery scopes.
type ScopeLimits struct {
	// Scopes in all, fixed ones included.
	Scopes int `yaml:"scopes" default:"64" min:"8" max:"1024"`
	// Length of one scope in bytes.
	Length int `yaml:"length" default:"255" min:"64" max:"1024"`
}

// KeystoreLimits are the MaximumNumberOf… capabilities of the Security service.
type KeystoreLimits struct {
	Keys                         int `yaml:"keys" default:"32" min:"4" max:"1024"`
	Certificates                 int `yaml:"certificates" default:"64" min:"4" max:"1024"`
	CertificationPaths           int `yaml:"certification_paths" default:"16" min:"2" max:"1024"`
	Passphrases                  int `yaml:"passphrases" default:"16" min:"0" max:"1024"`
	CRLs                         int `yaml:"crls" default:"16" min:"0" max:"1024"`
	CertificationPathPolicies    int `yaml:"certification_path_validation_policies" default:"16" min:"0" max:"1024"`
	TLSCertificationPaths        int `yaml:"tls_certification_paths" default:"4" min:"1" max:"64"`
	TLSCertificationPathPolicies int `yaml:"tls_certification_path_validation_policies" default:"4" min:"0" max:"64"`
	Dot1XConfigurations          int `yaml:"dot1x_configurations" default:"4" min:"0" max:"64"`
	AuthorizationServers         int `yaml:"authorization_servers" default:"4" min:"0" max:"64"`
}

// MediaLimits bound media profiles.
type MediaLimits struct {
	// Profiles is the capability MaximumNumberOfProfiles.
	Profiles int `yaml:"profiles" default:"16" min:"1" max:"256"`
}

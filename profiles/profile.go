// Package profiles says what kind of device a camera is: the YAML format, the
// profiles that ship with the program, and the loader that reports every
// mistake of a file at once with file:line:column and a caret.
//
// Names are the words of the ONVIF standards in snake case. Text with a unit is
// used where a number alone would be a riddle: durations ("1s", "5m30s") and
// sizes ("64KiB").
//
// # Fields
//
// The field tags are the one source of truth of the format: yaml is the key,
// default what a file gets that says nothing, min and max (both allowed values)
// the bounds of numbers, durations and sizes, jsonschema the rules of texts and
// lists, want what a text is to look like, in words. schema.json is generated from them.
//
// # Inheritance
//
// A profile may extend one parent. Mappings merge key by key, anything else
// (texts, numbers, lists) replaces what the parent says as a whole.
package profiles

import "time"

//go:generate go run ./gen

// Profile is one kind of camera. The zero value is not a working camera: take
// one from [Open], [LoadFile] or [Parse]. A Profile is shared by all cameras
// made from it and must not be changed.
type Profile struct {
	// Name of the profile; without one the name of its file without ".yaml".
	Name string `yaml:"name" jsonschema:"pattern=^[a-z0-9][a-z0-9-]*$,maxLength=64" want:"lower-case letters, digits and hyphens"`
	// Extends names the parent: a built-in profile, or a file ("./base.yaml") next to this one.
	Extends string `yaml:"extends,omitempty" jsonschema:"minLength=1,maxLength=255"`
	// Description is one sentence for people.
	Description string    `yaml:"description" jsonschema:"maxLength=400"`
	Identity    Identity  `yaml:"identity"`
	ONVIF       ONVIF     `yaml:"onvif"`
	Scopes      Scopes    `yaml:"scopes"`
	Network     Network   `yaml:"network"`
	Users       []User    `yaml:"users" jsonschema:"maxItems=1024"`
	Auth        Auth      `yaml:"auth"`
	TLS         TLS       `yaml:"tls"`
	Security    Security  `yaml:"security"`
	Keys        Keys      `yaml:"keys"`
	TPM         TPM       `yaml:"tpm"`
	Media       Media     `yaml:"media"`
	RTSP        RTSP      `yaml:"rtsp"`
	Clock       Clock     `yaml:"clock"`
	Boot        Boot      `yaml:"boot"`
	Discovery   Discovery `yaml:"discovery"`
	Faults      []Fault   `yaml:"faults" jsonschema:"maxItems=64"`
	Limits      Limits    `yaml:"limits"`
}

// Identity is what GetDeviceInformation answers (Core 8.3.1).
type Identity struct {
	Manufacturer    string `yaml:"manufacturer" jsonschema:"maxLength=64"`
	Model           string `yaml:"model" jsonschema:"maxLength=64"`
	FirmwareVersion string `yaml:"firmware_version" default:"1.0.0" jsonschema:"minLength=1,maxLength=64"`
	HardwareID      string `yaml:"hardware_id" default:"1.0" jsonschema:"minLength=1,maxLength=64"`
	// SerialPrefix begins every serial number; the rest is the camera's own.
	SerialPrefix string `yaml:"serial_prefix" jsonschema:"pattern=^[A-Za-z0-9-]*$,maxLength=24" want:"letters, digits and hyphens"`
}

// ONVIF is what the device offers of the standard.
type ONVIF struct {
	// Release of the network interface specifications the device claims.
	Release string `yaml:"release" default:"25.06" jsonschema:"enum=18.12,enum=25.06,enum=26.06"`
	// Profiles are declared by fixed scopes (onvif://www.onvif.org/Profile/…).
	Profiles []string `yaml:"profiles" default:"Streaming,T" jsonschema:"enum=Streaming,enum=T,uniqueItems=true,minItems=1"`
	// Addons are declared in the device service's capabilities; TLSServerConfiguration
	// is the TLS Configuration add-on.
	Addons []string `yaml:"addons" jsonschema:"enum=TLSServerConfiguration,uniqueItems=true"`
	// Services that answer; device is always among them.
	Services []string `yaml:"services" default:"device,media,media2,event,security" jsonschema:"enum=device,enum=media,enum=media2,enum=event,enum=security,uniqueItems=true"`
	// OperationsOff answer ter:ActionNotSupported and show in no capability:
	// "tds:GetUsers", prefix and name as in the WSDL.
	OperationsOff []string `yaml:"operations_off" jsonschema:"pattern=^[a-z][a-z0-9]*:[A-Za-z][A-Za-z0-9]*$,uniqueItems=true,maxItems=1024" want:"prefix:Operation such as tds:GetUsers"`
}

// Scopes are the device's discovery scopes (Core 7.3.3.2). Those of the profiles,
// hardware and name are fixed; location and extra can be changed by a client.
type Scopes struct {
	// Name is onvif://www.onvif.org/name/…; empty: the model.
	Name string `yaml:"name" jsonschema:"maxLength=64"`
	// Hardware is onvif://www.onvif.org/hardware/…; empty: the model.
	Hardware string `yaml:"hardware" jsonschema:"maxLength=64"`
	// Location lists paths below onvif://www.onvif.org/location/, such as "country/freedonia".
	Location []string `yaml:"location" jsonschema:"minLength=1,maxLength=128,maxItems=16"`
	// Extra lists further scopes as whole URIs.
	Extra []string `yaml:"extra" jsonschema:"minLength=1,maxLength=255,maxItems=64"`
}

// Network is the simulated network interface. Nothing of the host is touched.
type Network struct {
	// Hostname of the camera; empty: the camera's name in the fleet.
	Hostname string `yaml:"hostname" jsonschema:"pattern=^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)?$,maxLength=63" want:"letters, digits and hyphens (RFC 1123)"`
	// Interface is the name and token of the one network interface.
	Interface string `yaml:"interface" default:"eth0" jsonschema:"pattern=^[A-Za-z][A-Za-z0-9._-]*$,maxLength=15" want:"an interface name such as eth0"`
	// MACPrefix begins every MAC address: the maker's three octets.
	MACPrefix string `yaml:"mac_prefix" default:"02:cf:00" jsonschema:"pattern=^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){2}$" want:"three octets such as 02:cf:00"`
	// MTU in bytes.
	MTU       int       `yaml:"mtu" default:"1500" min:"1280" max:"9000"`
	Protocols Protocols `yaml:"protocols"`
}

// Protocols are the listeners that are open when the camera leaves the factory
// (GetNetworkProtocols).
type Protocols struct {
	HTTP  bool `yaml:"http" default:"true"`
	HTTPS bool `yaml:"https" default:"true"`
	RTSP  bool `yaml:"rtsp" default:"true"`
	RTSPS bool `yaml:"rtsps" default:"true"`
}

// User is one account of the factory state. Level is a tt:UserLevel word.
type User struct {
	Name     string `yaml:"name" jsonschema:"minLength=1,maxLength=256"`
	Password string `yaml:"password" jsonschema:"maxLength=1024"`
	Level    string `yaml:"level" default:"User" jsonschema:"enum=Administrator,enum=Operator,enum=User"`
}

// Auth says how clients prove who they are (Core 5.9, RFC 7616, WSS 1.0, RFC 6750).
type Auth struct {
	// Realm of the challenges; empty: the model.
	Realm string `yaml:"realm" jsonschema:"maxLength=128"`
	// Challenges is the order of WWW-Authenticate: players (Digest MD5, then Bearer),
	// sha256 (SHA-256, MD5, Bearer) or annex (as annexes C and D of Security print it).
	Challenges    string        `yaml:"challenges" default:"players" jsonschema:"enum=players,enum=sha256,enum=annex"`
	Digest        Digest        `yaml:"digest"`
	UsernameToken UsernameToken `yaml:"username_token"`
	JWT           JWT           `yaml:"jwt"`
	// Basic offers Basic authentication over TLS (RFC 7617).
	Basic bool `yaml:"basic" default:"false"`
	// BeforeFirstUser is what anybody may do with a camera that has no users yet:
	// anything, or nothing but to create the first one.
	BeforeFirstUser string  `yaml:"before_first_user" default:"anything" jsonschema:"enum=anything,enum=create_users"`
	Access          Access  `yaml:"access"`
	Backoff         Backoff `yaml:"backoff"`
	// RemoteUser offers to keep a user for access to other devices (Core 8.4.7).
	RemoteUser bool `yaml:"remote_user" default:"true"`
}

// Digest is HTTP and RTSP Digest authentication.
type Digest struct {
	// Algorithms that are accepted; the -sess forms hash the nonces into the key.
	Algorithms []string `yaml:"algorithms" default:"MD5,SHA-256" jsonschema:"enum=MD5,enum=SHA-256,enum=MD5-sess,enum=SHA-256-sess,uniqueItems=true,minItems=1"`
	// UserHash offers to take a hash for the user name (RFC 7616 3.4.4).
	UserHash bool `yaml:"user_hash" default:"false"`
	// NonceLifetime after which a nonce is stale.
	NonceLifetime time.Duration `yaml:"nonce_lifetime" default:"5m" min:"1s" max:"24h"`
}

// UsernameToken is WS-UsernameToken with a password digest.
type UsernameToken struct {
	Enabled bool `yaml:"enabled" default:"true"`
	// Window is how far Created may be from the camera's clock, either way.
	Window time.Duration `yaml:"window" default:"5m" min:"1s" max:"24h"`
	// PasswordText takes tokens with the password in clear as well.
	PasswordText bool `yaml:"password_text" default:"false"`
}

// JWT is the Bearer token over HTTPS and RTSPS (Security 4.4).
type JWT struct {
	Enabled    bool     `yaml:"enabled" default:"true"`
	Algorithms []string `yaml:"algorithms" default:"ES256,RS256" jsonschema:"enum=ES256,enum=ES384,enum=ES512,enum=RS256,enum=PS256,enum=EdDSA,uniqueItems=true,minItems=1"`
	// TrustFleetIssuer makes the fleet's own issuer a trusted one in the factory state.
	TrustFleetIssuer bool `yaml:"trust_fleet_issuer" default:"true"`
	// SessionGrace is how long an RTSPS session goes on after its token expired,
	// unless its client sends a newer one.
	SessionGrace time.Duration `yaml:"session_grace" default:"5s" min:"0s" max:"1h"`
	Issuers      Issuers       `yaml:"issuers"`
}

// TLS is the camera's TLS server on the HTTPS and RTSPS ports.
type TLS struct {
	Versions  []string `yaml:"versions" default:"1.2,1.3" jsonschema:"enum=1.0,enum=1.1,enum=1.2,enum=1.3,uniqueItems=true,minItems=1"`
	ServerKey Key      `yaml:"server_key"`
}

// Keys are the other keys a camera leaves the factory with.
type Keys struct {
	// Identity is the device identity key (IEEE 802.1AR IDevID style).
	Identity Key `yaml:"identity"`
	// MediaSigning is the factory key of media signing (Security 5.8).
	MediaSigning Key        `yaml:"media_signing"`
	Generation   Generation `yaml:"generation"`
}

// Generation is how the hardware makes keys that a client asks for (Security
// 5.2.6.2.1). Times that are shorter than this machine needs count for nothing.
type Generation struct {
	ECDSA   time.Duration `yaml:"ecdsa" default:"0s" min:"0s" max:"1h"`
	RSA2048 time.Duration `yaml:"rsa_2048" default:"0s" min:"0s" max:"1h"`
	RSA3072 time.Duration `yaml:"rsa_3072" default:"0s" min:"0s" max:"1h"`
	RSA4096 time.Duration `yaml:"rsa_4096" default:"0s" min:"0s" max:"1h"`
	// CorruptEvery makes every n-th key end in status corrupt; 0: none.
	CorruptEvery int `yaml:"corrupt_every" default:"0" min:"0" max:"1000"`
}

// Key names a key pair: RSA with 2048, 3072 or 4096 bits, ECDSA with 256, 384 or 521.
type Key struct {
	Algorithm string `yaml:"algorithm" default:"ECDSA" jsonschema:"enum=ECDSA,enum=RSA"`
	Bits      int    `yaml:"bits" default:"256" jsonschema:"enum=256,enum=384,enum=521,enum=2048,enum=3072,enum=4096"`
}

// TPM says where the camera's TPM lives.
type TPM struct {
	// Backend: simulator (a process of its own), swtpm (the program of that name),
	// device (a TPM of the host) or none (keys in software, securelyStored false).
	Backend string `yaml:"backend" default:"simulator" jsonschema:"enum=simulator,enum=swtpm,enum=device,enum=none"`
	// Path of the swtpm program or of the device; empty: as found.
	Path string `yaml:"path" jsonschema:"maxLength=4096"`
}

// Media is what the camera sees and streams.
type Media struct {
	Sources []VideoSource `yaml:"sources" jsonschema:"maxItems=16"`
	Streams []Stream      `yaml:"streams" jsonschema:"maxItems=64"`
	Signing MediaSigning  `yaml:"signing"`
}

// VideoSource is a sensor (tt:VideoSource). Width and Height in pixels, FPS in pictures a second.
type VideoSource struct {
	Token  string `yaml:"token" jsonschema:"minLength=1,maxLength=64"`
	Width  int    `yaml:"width" default:"1920" min:"160" max:"3840"`
	Height int    `yaml:"height" default:"1080" min:"96" max:"2160"`
	FPS    int    `yaml:"fps" default:"25" min:"1" max:"60"`
}

// Stream is one ready-to-use media profile with its encoder.
type Stream struct {
	// Name of the media profile, and the path of its RTSP URL.
	Name string `yaml:"name" jsonschema:"pattern=^[A-Za-z0-9][A-Za-z0-9_-]*$,maxLength=32" want:"letters, digits, hyphens and underscores"`
	// Token of the media profile; empty: the name.
	Token string `yaml:"token" jsonschema:"maxLength=64"`
	// Source is the token of the video source; empty: the first one.
	Source string `yaml:"source" jsonschema:"maxLength=64"`
	Codec  string `yaml:"codec" default:"h264" jsonschema:"enum=h264"`
	// Width and Height in pixels, even; FPS in pictures a second.
	Width  int `yaml:"width" default:"1920" min:"160" max:"3840"`
	Height int `yaml:"height" default:"1080" min:"96" max:"2160"`
	FPS    int `yaml:"fps" default:"25" min:"1" max:"60"`
	// GOP is the distance of key pictures, in pictures (GovLength); 0: two seconds.
	GOP int `yaml:"gop" default:"0" min:"0" max:"600"`
	// Bitrate is the limit the encoder configuration shows, in kbit/s.
	Bitrate int `yaml:"bitrate" default:"4096" min:"64" max:"100000"`
	// H264Profile is a tt:H264Profile word.
	H264Profile string `yaml:"h264_profile" default:"Main" jsonschema:"enum=Baseline,enum=Main,enum=High"`
}

// Clock is the camera's clock when it leaves the factory.
type Clock struct {
	// Timezone as a POSIX TZ text (IEEE 1003.1 section 8.3).
	Timezone string `yaml:"timezone" default:"UTC0" jsonschema:"minLength=3,maxLength=64"`
	// Offset is how far the clock is ahead of the real time (behind, if negative).
	Offset time.Duration `yaml:"offset" default:"0s" min:"-876000h" max:"876000h"`
	// DriftPPM is how much the clock runs fast, in parts per million.
	DriftPPM float64 `yaml:"drift_ppm" default:"0" min:"-100000" max:"100000"`
}

// Boot is how the camera restarts.
type Boot struct {
	// Time from SystemReboot's answer until the camera answers again.
	Time time.Duration `yaml:"time" default:"1s" min:"0s" max:"10m"`
}

// Discovery is WS-Discovery (Core 7).
type Discovery struct {
	// Enabled is false for a device without WS-Discovery (capability DiscoveryNotSupported).
	Enabled bool `yaml:"enabled" default:"true"`
	// Mode is a tt:DiscoveryMode word.
	Mode string `yaml:"mode" default:"Discoverable" jsonschema:"enum=Discoverable,enum=NonDiscoverable"`
	// Types the device answers for.
	Types []string `yaml:"types" default:"tds:Device,dn:NetworkVideoTransmitter" jsonschema:"enum=tds:Device,enum=dn:NetworkVideoTransmitter,uniqueItems=true,minItems=1"`
}

// Package api has the nouns of the library, the control API and the command
// line as plain structs. Their JSON names are a contract: add, never rename.
package api

import "time"

// Fleet is what `camfleet up --json` prints once and GET /v1/fleet answers.
type Fleet struct {
	Control      string   `json:"control"`       // base URL of the control API and dashboard
	Issuer       string   `json:"issuer"`        // issuer URL of the fleet's OpenID provider
	IssuerTLS    string   `json:"issuer_tls"`    // issuer URL of the same provider over TLS
	CA           string   `json:"ca"`            // fleet root certificate, PEM
	ReadySeconds float64  `json:"ready_seconds"` // from start to ready
	Cameras      []Camera `json:"cameras"`
	// Notes are sentences about what does not work on this machine and why.
	Notes []string `json:"notes,omitempty"`
	// ControlToken is the bearer token of a control API bound beyond loopback.
	ControlToken string `json:"control_token,omitempty"`
}

// Camera is one ONVIF device of the fleet.
type Camera struct {
	Name         string    `json:"name"`
	Profile      string    `json:"profile"`
	Serial       string    `json:"serial"`
	Manufacturer string    `json:"manufacturer"`
	Model        string    `json:"model"`
	Firmware     string    `json:"firmware"`
	UUID         string    `json:"uuid"`  // endpoint reference, without urn:uuid:
	State        string    `json:"state"` // starting, running, rebooting, stopped
	Address      string    `json:"address"`
	Ports        Ports     `json:"ports"`
	DeviceURL    string    `json:"device_url"`
	DeviceURLTLS string    `json:"device_url_tls"`
	Streams      []Stream  `json:"streams"`
	Snapshot     string    `json:"snapshot"`
	Accounts     []Account `json:"accounts"`
	SigningCA    string    `json:"signing_ca"` // media-signing root, PEM
	TPM          TPM       `json:"tpm"`
	// Tokens says that the camera takes tokens of the fleet's issuer, over TLS.
	Tokens bool `json:"tokens"`
}

// Ports are the TCP ports of a camera; 0: that listener is off.
type Ports struct {
	HTTP  int `json:"http"`
	HTTPS int `json:"https"`
	RTSP  int `json:"rtsp"`
	RTSPS int `json:"rtsps"`
}

// Stream is one media stream of a camera.
type Stream struct {
	Profile string `json:"profile"` // its name in the URL: "main"
	Codec   string `json:"codec"`
	Width   int    `json:"width"`  // pixels
	Height  int    `json:"height"` // pixels
	FPS     int    `json:"fps"`
	Signed  bool   `json:"signed"` // carries ONVIF media signatures
	RTSP    string `json:"rtsp"`
	RTSPS   string `json:"rtsps"`
}

// Account is one user of a camera. Passwords are the factory ones of the
// profile; a password changed since is not shown.
type Account struct {
	User     string `json:"user"`
	Password string `json:"password,omitempty"`
	Level    string `json:"level"` // Administrator, Operator, User
}

// TPM says what the camera's TPM is and can hold.
type TPM struct {
	Backend string `json:"backend"` // simulator, swtpm, device, none
	// EK is the SHA-256 fingerprint of the endorsement key's PKIX form, in hex.
	EK   string   `json:"ek,omitempty"`
	Keys []string `json:"keys,omitempty"` // kinds it can hold: "RSA-2048", "ECDSA-P256"
	PID  int      `json:"pid,omitempty"`  // its process
	// Restarts counts how often the TPM's process died and was restored.
	Restarts int `json:"restarts"`
}

// TokenRequest asks the fleet's issuer for a token (POST /v1/tokens).
type TokenRequest struct {
	Role     string         `json:"role,omitempty"`   // onvif:Administrator, onvif:Operator, onvif:User (prefix may be left out)
	Audience []string       `json:"aud,omitempty"`    // default: every camera of the fleet accepts it
	TTL      string         `json:"ttl,omitempty"`    // Go duration; default 10m
	Claims   map[string]any `json:"claims,omitempty"` // further claims
	Bad      string         `json:"bad,omitempty"`    // expired, not-yet, audience, signature, role, alg-none, issuer
	Subject  string         `json:"sub,omitempty"`    // default "camfleet"
	Key      string         `json:"key,omitempty"`    // kid of the signing key; default: the current one
	Alg      string         `json:"alg,omitempty"`    // ES256 or RS256; default: that of the key, or ES256
}

// Revocation withdraws a token of the fleet's issuer (POST /v1/tokens/revoke):
// the cameras take it no more. The answer has its jti.
type Revocation struct {
	JTI   string `json:"jti,omitempty"`   // its identifier
	Token string `json:"token,omitempty"` // or the token itself
}

// Token is a minted token.
type Token struct {
	Token   string    `json:"token"`
	Type    string    `json:"token_type"` // "Bearer"
	Expires time.Time `json:"expires"`
}

// Authorization is how a camera stands with an authorization server that it
// gets tokens of for itself. It has no secret in it.
type Authorization struct {
	Token      string     `json:"token"` // of the configuration
	Server     string     `json:"server"`
	ClientID   string     `json:"client_id"`
	ClientAuth string     `json:"client_auth"`
	Scope      string     `json:"scope,omitempty"`
	State      string     `json:"state"` // waiting, authorized, failed
	Error      string     `json:"error,omitempty"`
	Expires    *time.Time `json:"expires,omitempty"` // of the token, by the camera's clock
	Attempts   int        `json:"attempts"`          // since the camera booted or the configuration changed
}

// IssuerKeys are the signing keys of the fleet's issuer.
type IssuerKeys struct {
	// Keys are their identifiers (kid), the ones that sign first.
	Keys []string `json:"keys"`
}

// Operation is one row of `camfleet ops`.
type Operation struct {
	Operation   string `json:"operation"` // "tds:GetServices"
	Service     string `json:"service"`
	AccessClass string `json:"access_class"`
	State       string `json:"state"` // simulated, off in the profile, not simulated
	Section     string `json:"section,omitempty"`
}

// Error is the body of every failed answer of the control API.
type Error struct {
	Error string `json:"error"`
	Field string `json:"field,omitempty"` // the JSON field or query parameter at fault
	Hint  string `json:"hint,omitempty"`  // what to do
}

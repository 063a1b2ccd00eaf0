package auth

import (
	"context"
	"crypto/x509"
	"time"
)

// Method is how somebody proved who they are.
type Method string

// The authentication methods.
const (
	ByDigestMD5     Method = "digest-md5"     // RFC 7616 with MD5; RFC 2617 and 2069
	ByDigestSHA256  Method = "digest-sha256"  // RFC 7616 with SHA-256
	ByBasic         Method = "basic"          // RFC 7617, over TLS only
	ByUsernameToken Method = "username-token" // WS-UsernameToken, Core 5.9.5
	ByBearer        Method = "bearer"         // JWT, Security 4.4
	ByCertificate   Method = "certificate"    // TLS client certificate, Security 5.3.2

	// The forms of Digest that hash the nonces into the key. RFC 7616 3.4.2.
	ByDigestMD5Sess    Method = "digest-md5-sess"
	ByDigestSHA256Sess Method = "digest-sha256-sess"
)

// Identity is somebody who proved who they are. The zero Identity is nobody:
// level Anonymous, no method.
type Identity struct {
	User  string // account name; of a bearer token its subject
	Level Level
	// Roles are the user roles that somebody has beside the level.
	Roles Roles
	How   Method
	// Expires is when the identity ends: a bearer token's exp. Zero: never.
	Expires time.Time
}

// Known reports whether somebody proved who they are.
func (i Identity) Known() bool { return i.How != "" }

// Account is a user of the camera.
type Account struct {
	Name  string
	Level Level
	Roles Roles
	// Keys prove the password without being it.
	Keys Keys
}

// identity is the user of an account, who has proved it.
func (a Account) identity(how Method) Identity {
	return Identity{User: a.Name, Level: a.Level, Roles: a.Roles, How: how}
}

// Accounts finds users. It is asked at each request, so it may change at any
// time, and by many goroutines.
type Accounts interface {
	// Account finds a user by name; false if there is none of that name.
	Account(name string) (Account, bool)
	// Password returns the password of a user, which WS-UsernameToken cannot do
	// without; false if there is none of that name. Finding that out takes as
	// long as the password would.
	Password(name string) (string, bool)
	// Names lists all users, for Digest answers that hash the name.
	Names() []string
}

// UsernameToken is the wsse:UsernameToken of a SOAP header, its texts as sent:
// PasswordType is the Type attribute, Nonce is base64, Created an xs:dateTime.
type UsernameToken struct {
	Username, Password, PasswordType, Nonce, Created string
}

// Request is what the authentication looks at of one HTTP or RTSP request.
type Request struct {
	// RTSP is set for RTSP requests, also those of a tunnel: clients are laxer
	// about Digest's uri there.
	RTSP bool
	// File is set for HTTP requests that carry no SOAP message: snapshots,
	// uploads and downloads. UsernameToken is no method for them.
	File bool
	// Method and URI are those of the request line, URI exactly as sent.
	Method, URI string
	// Authorization holds the values of all Authorization headers.
	Authorization []string
	// Secure says that the request came over TLS.
	Secure bool
	// Client is the certificate that the client's end of TLS proved to have, and
	// that was found valid; nil: none.
	Client *x509.Certificate
	// Token is the WS-UsernameToken of the SOAP header, nil if it has none.
	Token *UsernameToken
	// BinaryToken is the BinarySecurityToken of the SOAP header, nil if it has none.
	BinaryToken *BinarySecurityToken
	// Peer is the client's address, for the log.
	Peer string
	// Context ends a search for an issuer's keys; nil means it is not ended.
	Context context.Context
}

// Refusal says that credentials were wrong or grant too little, and how to
// answer. It is the error of [Authenticator.Identify].
type Refusal struct {
	// Status is the HTTP or RTSP status: 400, 401 or 403.
	Status int
	// SOAPFault says that the answer to a SOAP request carries the fault
	// env:Sender / ter:NotAuthorized. Otherwise it carries no SOAP message.
	SOAPFault bool
	// Reason says what was wrong, for the log. It holds no secret and does not
	// tell an unknown user from a wrong password.
	Reason string
	// How is the method that was tried, "" where none was recognised.
	How Method
	// User is the account name or token subject that was tried, if any.
	User string
	// Stale says that all but the nonce was right. RFC 7616 3.3.
	Stale bool
	// Code and Description are error and error_description of a Bearer
	// challenge, "" where there is none. RFC 6750 3.1.
	Code, Description string
}

func (r *Refusal) Error() string { return r.Reason }

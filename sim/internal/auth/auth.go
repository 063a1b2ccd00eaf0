// Package auth says who is asking and what they may do.
//
// One [Authenticator] belongs to one camera and keeps all its doors: SOAP over
// HTTP and HTTPS, snapshots, RTSP and RTSPS. It takes the credentials of a
// [Request] (HTTP or RTSP Digest, WS-UsernameToken, JWT bearer token) and gives
// an [Identity], or a [*Refusal] that says how to answer. What an identity may
// do is a [Policy]: a table of user levels and access classes.
//
// Sources: Core 5.9 (methods, decision table, access classes), Security 4.4
// (JWT), RFC 7616, 2617 and 2069 (Digest), RFC 6750 (bearer), the OASIS
// WS-Security UsernameToken Profile 1.0.
package auth

import "fmt"

// Level is a user level, ordered: each may at least what the one below may
// under the default access policy. Core 5.9.4.
type Level uint8

// The user levels of tt:UserLevel. Nobody can be given level Anonymous: it is
// what a request without credentials has.
const (
	Anonymous Level = iota
	User
	Operator
	Administrator
)

// String gives the word of tt:UserLevel.
func (l Level) String() string {
	switch l {
	case Anonymous:
		return "Anonymous"
	case User:
		return "User"
	case Operator:
		return "Operator"
	case Administrator:
		return "Administrator"
	}
	return fmt.Sprintf("Level(%d)", uint8(l))
}

// ParseLevel reads a word of tt:UserLevel; case matters, as it does in XML.
// Extended is not a level of its own and is refused.
func ParseLevel(word string) (Level, error) {
	for l := Anonymous; l <= Administrator; l++ {
		if word == l.String() {
			return l, nil
		}
	}
	return Anonymous, fmt.Errorf("user level %q: want Administrator, Operator, User or Anonymous", word)
}

// MarshalText gives the word of tt:UserLevel.
func (l Level) MarshalText() ([]byte, error) {
	if l > Administrator {
		return nil, fmt.Errorf("user level %d is none", uint8(l))
	}
	return []byte(l.String()), nil
}

// UnmarshalText is [ParseLevel].
func (l *Level) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLevel(string(text))
	return err
}

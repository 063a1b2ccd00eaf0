package auth

import (
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// Keys are what Digest and Basic authentication need of a password: the hashes
// of name, realm and password, in lower-case hexadecimal (RFC 7616 3.4.2, "A1").
// Who has them can log in by Digest: they are secrets, though not the password.
type Keys struct {
	MD5    string `json:"md5"`
	SHA256 string `json:"sha256"`
}

// KeysOf hashes a password for a user and a realm.
func KeysOf(name, realm, password string) Keys {
	return Keys{MD5: hashMD5(name, realm, password), SHA256: hashSHA256(name, realm, password)}
}

// String keeps the hashes out of logs.
func (Keys) String() string { return "(keys)" }

// GoString is String.
func (Keys) GoString() string { return "auth.Keys{}" }

// Equal compares in a time that does not depend on the keys.
func (k Keys) Equal(other Keys) bool {
	return subtle.ConstantTimeCompare([]byte(k.MD5), []byte(other.MD5))&subtle.ConstantTimeCompare([]byte(k.SHA256), []byte(other.SHA256)) == 1
}

// keys are those of an account, or, where there is none, of a password that
// nobody knows, so that it takes as long to compare with them.
func (a *Authenticator) keys(account Account) Keys {
	if account.Keys == (Keys{}) {
		return a.decoy
	}
	return account.Keys
}

// basic checks a password that was sent as it is. RFC 7617 2.
func (a *Authenticator) basic(s *active, r Request, c credentials) (Identity, *Refusal) {
	name, password, ok := readBasic(c.token)
	if !ok {
		return Identity{}, &Refusal{Status: 400, Reason: "the Basic credentials are not base64 of name:password", How: ByBasic}
	}
	account, known := a.account(name)
	given := KeysOf(name, a.config.Realm, password)
	if reason := a.tried(&s.Settings, r, ByBasic, name, given.Equal(a.keys(account)) && known); reason != "" {
		return Identity{}, &Refusal{Status: 401, Reason: reason, How: ByBasic, User: name}
	}
	return account.identity(ByBasic), nil
}

// readBasic takes Basic credentials apart.
func readBasic(token string) (name, password string, ok bool) {
	text, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return "", "", false
	}
	return strings.Cut(string(text), ":")
}

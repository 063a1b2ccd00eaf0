package auth

import (
	"crypto/sha1" //nolint:gosec // the UsernameToken Profile has no other
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The ends of the Type addresses of wsse:Password; the part before # differs
// between clients. UsernameToken Profile 1.0 section 3.1.
const (
	passwordDigest = "#PasswordDigest"
	passwordText   = "#PasswordText"
)

// defaultCreatedWindow is what the UsernameToken Profile recommends.
const defaultCreatedWindow = 300 * time.Second

// usernameToken checks a WS-UsernameToken. Core 5.9.5.
func (a *Authenticator) usernameToken(s *active, r Request) (Identity, *Refusal) {
	t := r.Token
	refuse := func(reason string) (Identity, *Refusal) {
		user := t.Username
		if len(user) > a.config.Limits.TokenField {
			user = ""
		}
		return Identity{}, &Refusal{Status: 400, SOAPFault: true, Reason: reason, How: ByUsernameToken, User: user}
	}
	nonce, created, err := a.readUsernameToken(s, t)
	if err != nil {
		return refuse(err.Error())
	}
	account, known := a.account(t.Username)
	password, found := a.password(t.Username)
	if reason := a.tried(&s.Settings, r, ByUsernameToken, t.Username, t.proves(password, nonce) && known && found); reason != "" {
		return refuse(reason)
	}
	if reason := a.fresh(s, t, nonce, created); reason != "" {
		return refuse(reason)
	}
	return account.identity(ByUsernameToken), nil
}

// readUsernameToken checks the form of a token and decodes its nonce and time.
// Both are there unless the password is in clear.
func (a *Authenticator) readUsernameToken(s *active, t *UsernameToken) (nonce []byte, created time.Time, err error) {
	for _, text := range []string{t.Username, t.Password, t.PasswordType, t.Nonce, t.Created} {
		if len(text) > a.config.Limits.TokenField {
			return nil, created, fmt.Errorf("the UsernameToken has a text of more than %d bytes", a.config.Limits.TokenField)
		}
	}
	switch {
	case strings.HasSuffix(t.PasswordType, passwordDigest):
		if strings.TrimSpace(t.Nonce) == "" || strings.TrimSpace(t.Created) == "" {
			return nil, created, errors.New("the UsernameToken has no nonce or no created")
		}
	case !t.clear():
		return nil, created, errors.New("the UsernameToken's password type is unknown")
	case !s.PasswordText:
		return nil, created, errors.New("the UsernameToken's password is in clear")
	}
	if nonce, err = decodeNonce(t.Nonce); err != nil {
		return nil, created, err
	}
	if t.Created != "" {
		created, err = parseCreated(t.Created)
	}
	return nonce, created, err
}

// clear reports whether the password is in clear, as one without a type is.
func (t *UsernameToken) clear() bool {
	return t.PasswordType == "" || strings.HasSuffix(t.PasswordType, passwordText)
}

// proves reports whether the token was made by somebody who knows the password.
func (t *UsernameToken) proves(password string, nonce []byte) bool {
	if t.clear() {
		given, want := sha256.Sum256([]byte(t.Password)), sha256.Sum256([]byte(password))
		return subtle.ConstantTimeCompare(given[:], want[:]) == 1
	}
	h := sha1.New() //nolint:gosec // see the import
	h.Write(nonce)
	h.Write([]byte(strings.TrimSpace(t.Created)))
	h.Write([]byte(password))
	want := base64.StdEncoding.EncodeToString(h.Sum(nil))
	return subtle.ConstantTimeCompare([]byte(strings.TrimSpace(t.Password)), []byte(want)) == 1
}

// fresh says what is wrong with the time or the nonce of a token that is right
// otherwise, "" if nothing is, and remembers the nonce.
func (a *Authenticator) fresh(s *active, t *UsernameToken, nonce []byte, created time.Time) string {
	now := a.config.Clock.Now()
	window := s.CreatedWindow
	timed := window > 0 && !created.IsZero()
	if timed && (created.Before(now.Add(-window)) || created.After(now.Add(window))) {
		return "the UsernameToken's created is too far from the camera's clock"
	}
	if len(nonce) == 0 || s.NonceReuse {
		return ""
	}
	h := sha256.New()
	h.Write(nonce)
	h.Write([]byte(t.Username))
	key := [16]byte(h.Sum(nil))
	if !timed {
		created, window = now, defaultCreatedWindow
	}
	if !a.replays.add(key, created, now, window, timed) {
		return "the UsernameToken's nonce was used before"
	}
	return ""
}

// decodeNonce reads base64, with or without padding and white space.
func decodeNonce(text string) ([]byte, error) {
	text = strings.Join(strings.Fields(text), "")
	nonce, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil, errors.New("the UsernameToken's nonce is not base64")
	}
	return nonce, nil
}

// parseCreated reads an xs:dateTime; without a zone it is UTC, as some clients
// mean it.
func parseCreated(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} { // both take fractions
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("the UsernameToken's created is not an xs:dateTime")
}

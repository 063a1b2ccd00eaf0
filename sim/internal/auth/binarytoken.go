package auth

import (
	"encoding/base64"
	"errors"
	"strings"
)

// ByBinaryToken is a JWT in the header of a SOAP message. Security 4.4.5.
const ByBinaryToken Method = "binary-token"

// BinarySecurityToken is the wsse:BinarySecurityToken of a SOAP header, its
// texts as sent; absent attributes are empty. WSS SOAP Message Security 6.3.
type BinarySecurityToken struct {
	Text, ValueType, EncodingType string
}

// What the attributes must say. Security 4.4.5 names BinarySecurityToken as the
// encoding; the one that WSS SOAP Message Security has is Base64Binary.
const (
	valueTypeJWT   = "urn:ietf:params:oauth:token-type:jwt"
	messageProfile = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0"
)

// binaryToken checks a BinarySecurityToken as a bearer token, but answers as
// for a UsernameToken: the message carries it, and not HTTP. Security 4.4.5,
// Core 5.9.1.
func (a *Authenticator) binaryToken(s *active, r Request) (Identity, *Refusal) {
	if !r.Secure {
		return Identity{}, &Refusal{
			Status: 400, SOAPFault: true, How: ByBinaryToken, Reason: "BinarySecurityToken over an unencrypted connection",
		}
	}
	text, err := r.BinaryToken.jwt(a.config.Limits.BearerBytes)
	if err != nil {
		return Identity{}, &Refusal{Status: 400, SOAPFault: true, How: ByBinaryToken, Reason: err.Error()}
	}
	id, refusal := a.token(r.Context, s, text)
	if refusal != nil {
		return Identity{}, &Refusal{Status: 400, SOAPFault: true, How: ByBinaryToken, Reason: refusal.Reason, User: refusal.User}
	}
	id.How = ByBinaryToken
	return id, nil
}

// jwt takes the token out: once more encoded, as annex B of Security does it, or
// as it is. White space, such as that of broken lines, means nothing.
func (t *BinarySecurityToken) jwt(most int) (string, error) {
	if t.ValueType == "" || t.EncodingType == "" {
		return "", errors.New("the BinarySecurityToken lacks ValueType or EncodingType")
	}
	if t.ValueType != valueTypeJWT {
		return "", errors.New("the BinarySecurityToken's ValueType is not that of a JWT")
	}
	if t.EncodingType != messageProfile+"#BinarySecurityToken" && t.EncodingType != messageProfile+"#Base64Binary" {
		return "", errors.New("the BinarySecurityToken's EncodingType is unknown")
	}
	if len(t.Text) > 2*most {
		return "", tokenTooLong
	}
	text := strings.Join(strings.Fields(t.Text), "")
	if strings.Contains(text, ".") {
		return text, nil
	}
	plain := strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(text, "="))
	decoded, err := base64.RawURLEncoding.DecodeString(plain)
	if err != nil {
		return "", errors.New("the BinarySecurityToken is not base64")
	}
	return string(decoded), nil
}

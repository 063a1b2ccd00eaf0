package auth

import (
	"errors"
	"fmt"
	"strings"
)

// credentials is an Authorization header taken apart: a scheme and either one
// token or parameters. RFC 9110 11.4.
type credentials struct {
	scheme string            // lower case
	token  string            // token68, such as a bearer token; "" with params
	params map[string]string // lower-case names, values unquoted; nil with a token
}

var errEmptyHeader = errors.New("the Authorization header is empty")

// parseCredentials reads the value of an Authorization header within limits.
// Errors name what is wrong and never hold the value.
func parseCredentials(value string, l Limits) (credentials, error) {
	if len(value) > l.HeaderBytes {
		return credentials{}, fmt.Errorf("the Authorization header is longer than %d bytes", l.HeaderBytes)
	}
	value = strings.Trim(value, " \t")
	if value == "" {
		return credentials{}, errEmptyHeader
	}
	scheme, rest, _ := strings.Cut(value, " ")
	if !isToken(scheme) {
		return credentials{}, errors.New("the Authorization header does not begin with a scheme")
	}
	c := credentials{scheme: strings.ToLower(scheme)}
	rest = strings.Trim(rest, " \t")
	if isToken68(rest) {
		c.token = rest
		return c, nil
	}
	var err error
	c.params, err = parseParams(rest, l.HeaderParams)
	return c, err
}

// parseParams reads a comma-separated list of name=value, value a token or a
// quoted string. Empty elements are passed over as RFC 9110 5.6.1.2 asks;
// a name that comes twice is an error.
func parseParams(s string, most int) (map[string]string, error) {
	params := make(map[string]string, 12)
	for {
		s = strings.TrimLeft(s, " \t,")
		if s == "" {
			return params, nil
		}
		name, rest, found := strings.Cut(s, "=")
		name = strings.ToLower(strings.TrimRight(name, " \t"))
		if !found || !isToken(name) {
			return nil, errors.New("the Authorization header has a parameter that is not name=value")
		}
		if _, twice := params[name]; twice {
			return nil, fmt.Errorf("the Authorization header has %.32s twice", name)
		}
		if len(params) == most {
			return nil, fmt.Errorf("the Authorization header has more than %d parameters", most)
		}
		value, rest, err := parseValue(strings.TrimLeft(rest, " \t"))
		if err != nil {
			return nil, fmt.Errorf("the Authorization header's %.32s: %w", name, err)
		}
		params[name] = value
		rest = strings.TrimLeft(rest, " \t")
		if rest != "" && rest[0] != ',' {
			return nil, fmt.Errorf("the Authorization header lacks a comma after %.32s", name)
		}
		s = rest
	}
}

// parseValue reads one parameter value and returns what follows it. Unquoted
// values may hold more than RFC 9110 allows (a uri with slashes, say), since
// clients send that.
func parseValue(s string) (value, rest string, err error) {
	if s == "" || s[0] != '"' {
		end := strings.IndexAny(s, ", \t\"")
		if end < 0 {
			end = len(s)
		}
		if end == 0 {
			return "", s, errors.New("no value")
		}
		if !isPrintable(s[:end]) {
			return "", s, errors.New("a control character")
		}
		return s[:end], s[end:], nil
	}
	return parseQuoted(s[1:])
}

// parseQuoted reads a quoted string whose opening quote is gone.
func parseQuoted(s string) (value, rest string, err error) {
	end := strings.IndexAny(s, `"\`)
	if end >= 0 && s[end] == '"' && isPrintable(s[:end]) { // nothing escaped
		return s[:end], s[end+1:], nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], nil
		case c == '\\':
			i++
			if i == len(s) || isControl(s[i]) {
				return "", "", errors.New("a quoted string that does not end")
			}
			b.WriteByte(s[i])
		case isControl(c):
			return "", "", errors.New("a control character")
		default:
			b.WriteByte(c)
		}
	}
	return "", "", errors.New("a quoted string that does not end")
}

func isControl(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f }

func isPrintable(s string) bool {
	for i := range len(s) {
		if isControl(s[i]) {
			return false
		}
	}
	return true
}

// isToken reports whether s is a token of RFC 9110 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlnum(c) && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// isToken68 reports whether s is a token68 of RFC 9110 11.2, which is also the
// b64token of RFC 6750 2.1.
func isToken68(s string) bool {
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		if c := body[i]; !isAlnum(c) && strings.IndexByte("-._~+/", c) < 0 {
			return false
		}
	}
	return body != ""
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// quote writes s as a quoted string.
func quote(s string) string {
	out := make([]byte, 0, len(s)+2)
	out = append(out, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			out = append(out, '\\')
		}
		out = append(out, s[i])
	}
	return string(append(out, '"'))
}

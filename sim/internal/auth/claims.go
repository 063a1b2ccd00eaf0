package auth

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// claims is the payload of a token whose signature is right, taken apart.
type claims struct {
	all                   jwt.MapClaims
	issuer, subject, id   string
	audiences             []string
	expires, notBefore    time.Time
	issued                time.Time
	hasExpires, hasBefore bool
	wellFormed            bool
	roles                 []string
	hasRoles              bool
}

func (b *bearer) readClaims(found jwt.MapClaims) claims {
	c := claims{all: found, wellFormed: true}
	c.issuer, _ = found["iss"].(string)
	c.subject, _ = found["sub"].(string)
	c.id, _ = found["jti"].(string)
	c.audiences = texts(found["aud"])
	c.expires, c.hasExpires = c.date("exp")
	c.notBefore, c.hasBefore = c.date("nbf")
	c.issued, _ = c.date("iat")
	_, c.hasRoles = found[b.Roles]
	c.roles = texts(found[b.Roles])
	return c
}

// date reads a NumericDate, RFC 7519 2: seconds since 1970, with a fraction or
// without, within the years that times are written in.
func (c *claims) date(name string) (time.Time, bool) {
	value, given := c.all[name]
	if !given {
		return time.Time{}, false
	}
	number, isNumber := value.(json.Number)
	seconds, err := number.Float64()
	if !isNumber || err != nil || math.Abs(seconds) > 253402300799 {
		c.wellFormed = false
		return time.Time{}, false
	}
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*1e9)).UTC(), true
}

// accept says what is wrong with the claims. Security 4.4.1, 4.4.2.
func (b *bearer) accept(c claims, now time.Time) error {
	switch {
	case !c.wellFormed:
		return tokenMalformed
	case !c.hasExpires || !c.hasBefore:
		return tokenNoTimes
	case !now.Before(c.expires.Add(b.Leeway)):
		return tokenExpired
	case now.Add(b.Leeway).Before(c.notBefore) || now.Add(b.Leeway).Before(c.issued):
		return tokenNotYet
	case !slices.ContainsFunc(c.audiences, func(a string) bool { return slices.Contains(b.Audiences, a) }):
		return tokenAudience
	case !b.custom(c):
		return tokenCustom
	case !c.hasRoles:
		return tokenNoRoles
	case b.Revoked != nil && c.id != "" && b.Revoked(c.issuer, c.id):
		return tokenRevoked
	}
	return nil
}

// custom reports whether all custom claims are there.
func (b *bearer) custom(c claims) bool {
	for _, want := range b.Custom {
		value, given := c.all[want.Name]
		if !given || len(want.Values) > 0 && !slices.ContainsFunc(texts(value), func(v string) bool {
			return slices.Contains(want.Values, v)
		}) {
			return false
		}
	}
	return true
}

// user names whom the token speaks for: its subject, or where there is none,
// as in Security annex A, its issuer.
func (c *claims) user() string {
	if c.subject != "" {
		return c.subject
	}
	return c.issuer
}

// grants are the highest user level among the roles (Security 25.06 4.4.1), and
// those that are defined on the camera (25.12).
func (a *Authenticator) grants(c claims) (Level, Roles) {
	var known []string
	for _, name := range c.roles {
		if a.config.Role != nil && a.config.Role(name) && !slices.Contains(known, name) {
			known = append(known, name)
		}
	}
	return RoleLevel(c.roles), RolesOf(known)
}

// texts reads a claim that is a value or a list of values: strings as they
// are, numbers and booleans as JSON writes them, others left out.
func texts(value any) []string {
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	var out []string
	for _, v := range list {
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case json.Number:
			out = append(out, v.String())
		case bool:
			out = append(out, strconv.FormatBool(v))
		}
	}
	return out
}

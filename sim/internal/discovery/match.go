package discovery

import (
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

// The rules by which a Probe's scope is compared with a target's (WS-Discovery
// 5.1). ONVIF calls the first one rfc3986, WS-Discovery rfc2396: it is the same.
const (
	ruleURI     = nsDiscovery + "/rfc3986"
	ruleURI2396 = nsDiscovery + "/rfc2396"
	ruleUUID    = nsDiscovery + "/uuid"
	ruleLDAP    = nsDiscovery + "/ldap"
	ruleExact   = nsDiscovery + "/strcmp0"
)

// rules lists the rules for d:SupportedMatchingRules.
func rules() []string { return []string{ruleURI, ruleURI2396, ruleUUID, ruleLDAP, ruleExact} }

// known reports whether the rule of a probe is one of ours.
func (p *probe) known() bool { return p.matchBy == "" || slices.Contains(rules(), p.matchBy) }

// matches reports whether a target has all types, and for each scope of the probe
// one that matches it by the probe's rule.
func (p *probe) matches(types []QName, have []scope) bool {
	for _, t := range p.types {
		if !slices.Contains(types, t) {
			return false
		}
	}
	for i := range p.scopes {
		want := &p.scopes[i]
		if !slices.ContainsFunc(have, func(s scope) bool { return want.matches(p.matchBy, &s) }) {
			return false
		}
	}
	return true
}

// scope is a scope taken apart for all rules, once.
type scope struct {
	text              string
	scheme, authority string   // lower case
	segments          []string // of the path; decoded
	hierarchy         bool     // the parts above are there and comparable
	uuid              [16]byte
	isUUID            bool
	names             []string // of an ldap URI's distinguished name
}

func scopeOf(text string) scope {
	s := scope{text: text}
	s.uuid, s.isUUID = uuidOf(text)
	u, err := url.Parse(text)
	if err != nil {
		return s
	}
	s.scheme, s.authority = strings.ToLower(u.Scheme), strings.ToLower(authority(u))
	s.segments, s.hierarchy = segments(u)
	if s.scheme == "ldap" {
		s.names = names(u.Path)
	}
	return s
}

func scopesOf(texts []string) []scope {
	out := make([]scope, len(texts))
	for i, t := range texts {
		out[i] = scopeOf(t)
	}
	return out
}

// matches compares a scope a probe wants with one a target has.
//
// The first rule compares scheme and authority without regard to case and the
// path segment by segment as a prefix; query and fragment do not count. The ldap
// rule compares the hosts and takes the distinguished name as a prefix counted
// from the root: in the written form (RFC 4514) that is its end.
func (want *scope) matches(rule string, have *scope) bool {
	switch rule {
	case "", ruleURI, ruleURI2396:
		return want.hierarchy && have.hierarchy && want.scheme == have.scheme && want.authority == have.authority &&
			len(want.segments) <= len(have.segments) && slices.Equal(want.segments, have.segments[:len(want.segments)])
	case ruleUUID:
		return want.isUUID && have.isUUID && want.uuid == have.uuid
	case ruleLDAP:
		a, b := want.names, have.names
		return want.scheme == "ldap" && have.scheme == "ldap" && want.authority == have.authority &&
			len(a) <= len(b) && slices.EqualFunc(a, b[len(b)-len(a):], strings.EqualFold)
	case ruleExact:
		return want.text == have.text
	}
	return false
}

func authority(u *url.URL) string {
	if u.User == nil {
		return u.Host
	}
	return u.User.String() + "@" + u.Host
}

// segments returns the decoded segments of a path, without a last empty one. A
// path with "." or ".." matches nothing.
func segments(u *url.URL) ([]string, bool) {
	path := u.EscapedPath()
	if u.Opaque != "" {
		path = u.Opaque
	}
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if path == "" {
		return nil, true
	}
	out := strings.Split(path, "/")
	for i, s := range out {
		plain, err := url.PathUnescape(s)
		if err != nil || plain == "." || plain == ".." {
			return nil, false
		}
		out[i] = plain
	}
	return out, true
}

// uuidOf returns the value of a uuid: or urn:uuid: URI (RFC 9562 4).
func uuidOf(uri string) (id [16]byte, ok bool) {
	rest := strings.ToLower(uri)
	rest, ok = strings.CutPrefix(strings.TrimPrefix(rest, "urn:"), "uuid:")
	if !ok || len(rest) != 36 || rest[8] != '-' || rest[13] != '-' || rest[18] != '-' || rest[23] != '-' {
		return id, false
	}
	n, err := hex.Decode(id[:], []byte(strings.ReplaceAll(rest, "-", "")))
	return id, err == nil && n == len(id)
}

// names splits a distinguished name at its commas that no backslash escapes.
func names(path string) []string {
	dn := strings.TrimPrefix(path, "/")
	if strings.TrimSpace(dn) == "" {
		return nil
	}
	var out []string
	begin := 0
	for i := 0; i < len(dn); i++ {
		switch dn[i] {
		case '\\':
			i++
		case ',':
			out = append(out, strings.TrimSpace(dn[begin:i]))
			begin = i + 1
		}
	}
	return append(out, strings.TrimSpace(dn[begin:]))
}

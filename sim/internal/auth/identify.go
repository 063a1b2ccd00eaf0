package auth

import (
	"errors"
	"slices"
)

// wrongPassword is the reason of every refusal that an unknown user and a
// wrong password share.
const wrongPassword = "wrong user name or password"

// Identify says who sent the request. Without credentials that is the zero
// Identity and no error; with wrong ones the error is a [*Refusal].
//
// The credentials of the Authorization header are looked at first. If they are
// right and the SOAP header has a UsernameToken or a BinarySecurityToken as well,
// that must be right too, and the identity of the lower level counts, with the
// roles that both have. Core 5.9.1. Where the client's
// certificate names the user, neither is looked at. Security 5.3.2.
func (a *Authenticator) Identify(r Request) (Identity, error) {
	s := a.settings.Load()
	if s.CommonName && r.Client != nil {
		id, refusal := a.certificate(r)
		if refusal != nil {
			return Identity{}, refusal
		}
		return id, nil
	}
	id, refusal := a.header(s, r)
	if refusal != nil {
		return Identity{}, refusal
	}
	if r.RTSP || r.File {
		return id, nil
	}
	for _, t := range []struct {
		given bool
		check func(*active, Request) (Identity, *Refusal)
	}{
		{s.takesUsernameToken(r), a.usernameToken},
		{s.takesBinaryToken(r), a.binaryToken},
	} {
		if !t.given {
			continue
		}
		next, refusal := t.check(s, r)
		if refusal != nil {
			return Identity{}, refusal
		}
		id = lesser(id, next)
	}
	return id, nil
}

// lesser is the identity of the lower level, with the roles that both have.
func lesser(id, next Identity) Identity {
	if !id.Known() {
		return next
	}
	roles := id.Roles.and(next.Roles)
	if next.Level < id.Level {
		id = next
	}
	id.Roles = roles
	return id
}

// takesUsernameToken and takesBinaryToken report whether a message carries such
// a token and the camera looks at it.
func (s *active) takesUsernameToken(r Request) bool { return r.Token != nil && s.on(ByUsernameToken) }
func (s *active) takesBinaryToken(r Request) bool   { return r.BinaryToken != nil && s.bearer != nil }

// header looks at the Authorization header.
func (a *Authenticator) header(s *active, r Request) (Identity, *Refusal) {
	switch len(r.Authorization) {
	case 0:
		return Identity{}, nil
	case 1:
	default:
		return Identity{}, &Refusal{Status: 400, Reason: "more than one Authorization header"}
	}
	c, err := parseCredentials(r.Authorization[0], a.config.Limits)
	switch {
	case errors.Is(err, errEmptyHeader):
		return Identity{}, nil
	case err != nil:
		return Identity{}, a.malformed(s, r, c, err)
	}
	switch {
	case c.scheme == "digest" && c.params != nil && s.anyDigest(r):
		return a.digest(&s.Settings, r, c.params)
	case c.scheme == "bearer" && s.bearer != nil:
		return a.bearerToken(s, r, c)
	case c.scheme == "basic" && s.on(ByBasic) && r.Secure:
		return a.basic(s, r, c)
	case s.takesUsernameToken(r) || s.takesBinaryToken(r):
		return Identity{}, nil // the token speaks for itself
	}
	refusal := s.noIdentity(r)
	refusal.Reason = "the Authorization header's scheme is not one of those offered"
	return Identity{}, refusal
}

// malformed refuses a header that cannot be read.
func (a *Authenticator) malformed(s *active, r Request, c credentials, err error) *Refusal {
	refusal := &Refusal{Status: 400, Reason: err.Error()}
	if c.scheme == "bearer" && s.bearer != nil && r.Secure {
		refusal.How, refusal.Code = ByBearer, "invalid_request"
		refusal.Description = "The Authorization header is malformed"
	}
	return refusal
}

// Deny returns the refusal for somebody who may not do what the request asks:
// id is who [Authenticator.Identify] said it is, or the zero Identity.
func (a *Authenticator) Deny(r Request, id Identity) *Refusal {
	s := a.settings.Load()
	refusal := &Refusal{Status: 401, Reason: "user level " + LevelName(id.Level, id.Roles) + " may not", How: id.How, User: id.User}
	switch id.How {
	case "":
		return s.noIdentity(r)
	case ByBearer:
		refusal.Status, refusal.Code = 403, "insufficient_scope"
		refusal.Description = "The access token grants too little"
	case ByUsernameToken, ByBinaryToken:
		refusal.Status, refusal.SOAPFault = 400, true
	case ByCertificate:
		refusal.Status, refusal.SOAPFault = 403, true
	}
	if s.Forbid {
		refusal.Status = 403
	}
	return refusal
}

// noIdentity is the refusal of a request without credentials that needs some:
// a challenge if there is anything to challenge for, else the fault.
func (s *active) noIdentity(r Request) *Refusal {
	if r.RTSP || r.File || s.anyDigest(r) || (s.bearer != nil || s.on(ByBasic)) && r.Secure {
		return &Refusal{Status: 401, Reason: "no credentials"}
	}
	return &Refusal{Status: 400, SOAPFault: true, Reason: "no credentials"}
}

// anyDigest reports whether Digest is on in either form.
func (s *Settings) anyDigest(r Request) bool {
	return slices.ContainsFunc(digestMethods(), func(m Method) bool { return s.digests(r, m) })
}

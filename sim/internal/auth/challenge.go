package auth

import "slices"

// Order names the form and order of the challenges of a 401.
type Order string

// The challenge orders a profile can ask for. All accept answers with either
// algorithm.
const (
	// Players suits every client we know: Digest MD5, then Bearer. Players
	// take the first or the last Digest challenge and know MD5 only, and
	// live555 wants realm and nonce to be its first parameters.
	Players Order = "players"
	// SHA256First offers Digest SHA-256, Digest MD5, then Bearer.
	SHA256First Order = "sha256"
	// Annex has exactly the form of Security annexes C and D: Bearer,
	// Digest MD5, Digest SHA-256, algorithm first.
	Annex Order = "annex"
)

// Challenges returns the values of the WWW-Authenticate headers of the answer
// to r, in order. The refusal says why there is an answer, nil standing for a
// 401 without credentials; a 400 or 403 has the challenge of its bearer error
// or none. Bearer is offered over TLS only. Digest challenges of one answer
// share one nonce, since some clients merge them.
func (a *Authenticator) Challenges(r Request, refusal *Refusal) []string {
	s := a.settings.Load()
	bearer := a.bearerChallenge(s, r, refusal)
	if refusal != nil && refusal.Status != 401 {
		if bearer == "" || refusal.Code == "" {
			return nil
		}
		return []string{bearer}
	}
	list := a.digestChallenges(s, r, refusal)
	switch {
	case bearer == "":
	case s.Order == Annex:
		list = append([]string{bearer}, list...)
	default:
		list = append(list, bearer)
	}
	if s.on(ByBasic) && r.Secure {
		list = append(list, "Basic realm="+quote(a.config.Realm)+`, charset="UTF-8"`) // RFC 7617 2.1
	}
	return list
}

// offered lists the Digest algorithms to challenge with, in order.
func (s *Settings) offered(r Request) []Method {
	var order []Method
	switch {
	case s.Preferred != nil:
		order = slices.Clone(s.Preferred)
	case s.Order == SHA256First:
		order = []Method{ByDigestSHA256, ByDigestMD5, ByDigestSHA256Sess, ByDigestMD5Sess}
	case s.Order == Annex:
		order = []Method{ByDigestMD5, ByDigestSHA256, ByDigestMD5Sess, ByDigestSHA256Sess}
	case s.digests(r, ByDigestMD5):
		order = []Method{ByDigestMD5, ByDigestMD5Sess, ByDigestSHA256Sess}
	default:
		order = []Method{ByDigestSHA256, ByDigestMD5Sess, ByDigestSHA256Sess}
	}
	on := order[:0]
	for _, m := range order {
		if s.digests(r, m) {
			on = append(on, m)
		}
	}
	return on
}

// digestChallenges writes the Digest challenges. RFC 7616 3.3.
func (a *Authenticator) digestChallenges(s *active, r Request, refusal *Refusal) []string {
	offered := s.offered(r)
	if len(offered) == 0 {
		return nil
	}
	realm, nonce, opaque := quote(a.config.Realm), quote(a.nonces.issue(a.config.Clock.Now())), quote(a.opaque)
	tail := ""
	if s.Charset {
		tail += ", charset=UTF-8"
	}
	if s.UserHash {
		tail += ", userhash=true"
	}
	if refusal != nil && refusal.Stale {
		tail += ", stale=true"
	}
	out := make([]string, len(offered))
	for i, m := range offered {
		algorithm := algorithmOf(m)
		if s.Order == Annex {
			out[i] = `Digest algorithm=` + algorithm + `, realm=` + realm + `, qop="auth", nonce=` + nonce +
				`, opaque=` + opaque + tail
		} else {
			out[i] = `Digest realm=` + realm + `, nonce=` + nonce + `, qop="auth", algorithm=` + algorithm +
				`, opaque=` + opaque + tail
		}
	}
	return out
}

// bearerChallenge writes the Bearer challenge, "" where none is due.
// RFC 6750 3.
func (a *Authenticator) bearerChallenge(s *active, r Request, refusal *Refusal) string {
	if s.bearer == nil || !r.Secure {
		return ""
	}
	challenge := "Bearer realm=" + quote(a.config.Realm)
	if refusal != nil && refusal.Code != "" {
		challenge += ", error=" + quote(refusal.Code) + ", error_description=" + quote(refusal.Description)
	}
	return challenge
}

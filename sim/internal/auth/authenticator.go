package auth

import (
	"io"

	"github.com/camfleet/camfleet/sim/internal/clock"
)

// Order names the form and order of the challenges of a 401.
type Order string

// The challenge orders a profile can ask for.
const (
	// Players suits every client we know: Digest MD5, then Bearer.
	Players Order = "players"
	// SHA256First offers Digest SHA-256, Digest MD5, then Bearer.
	SHA256First Order = "sha256"
	// Annex has exactly the form of Security annexes C and D: Bearer,
	// Digest MD5, Digest SHA-256.
	Annex Order = "annex"
)

// Config is what an [Authenticator] is made of.
type Config struct {
	Realm    string
	Clock    clock.Clock // the camera's own; nil: the machine's
	Random   io.Reader   // must not fail; nil: crypto/rand
	Accounts Accounts
	Order    Order // "": Players
}

// Authenticator recognises the users of one camera. Its methods may be called
// by many goroutines.
type Authenticator struct {
	config Config
}

// New returns an authenticator that has yet to see its first request.
func New(c Config) *Authenticator { return &Authenticator{config: c} }

// Identify says who sent the request. Without credentials that is the zero
// Identity and no error; with wrong ones the error is a [*Refusal].
func (a *Authenticator) Identify(r Request) (Identity, error) {
	if len(r.Authorization) == 0 && r.Token == nil {
		return Identity{}, nil
	}
	return Identity{}, &Refusal{Status: 401, Reason: "no authentication method is on"}
}

// Challenges returns the values of the WWW-Authenticate headers of an answer
// to r, in order. The refusal, which may be nil, adds stale or error to them.
func (a *Authenticator) Challenges(r Request, refusal *Refusal) []string { return nil }

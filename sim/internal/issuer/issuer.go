// Package issuer is the fleet's own OpenID provider, for tests of its cameras.
//
// An [Issuer] has signing keys, mints the tokens a camera accepts and the bad
// ones it must refuse, publishes its metadata and keys over HTTP (OpenID
// Connect Discovery 1.0, RFC 8414, RFC 7517), registers clients (RFC 7591) and
// gives them tokens for themselves (RFC 6749 4.4) or for users who sign in on
// its page (RFC 6749 4.1, RFC 7636, OpenID Connect Core 3.1), and is the key
// source of the cameras of its own process.
package issuer

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
)

// maxKeys is how many keys an issuer publishes: the current ones and those
// that rotation left behind.
const maxKeys = 16

// Config is what an [Issuer] is made of.
type Config struct {
	// URL is the issuer's name, the iss of its tokens, and where its Handler
	// is reached: http or https, no query, no slash at the end.
	URL string
	// Clock gives iat, nbf and exp; nil: the machine's.
	Clock clock.Clock
	// Random makes keys and token identifiers; nil: crypto/rand.
	Random io.Reader
	// Keys are keys from an earlier [Issuer.Keys], the current ones first; nil:
	// new ones are made.
	Keys []byte
	// Registrations are clients from an earlier [Issuer.Registrations].
	Registrations []byte
	// Algorithms are the algorithms to sign with, the first by default: ES256
	// and RS256. nil: ES256. A new RS256 key takes a second to make.
	Algorithms []string
	// Audience is the aud of tokens that ask for none.
	Audience string
	// TLSURL is where its TLSHandler is reached: https, path as that of URL. The
	// issuer goes by this name as well there. "": there is no TLS, and nobody
	// authenticates by certificate.
	TLSURL string
	// Clients may fetch tokens, beside those that register.
	Clients []Client
	// ClientRoots are what the certificates of tls_client_auth must chain to
	// where a client brought no roots of its own; nil: nobody's do.
	ClientRoots *x509.CertPool
	// Users may sign in for the authorization code flow; none: there is no
	// such flow.
	Users []User
	// Revocations are those of an earlier [Issuer.Revocations].
	Revocations []byte
	// Changed is called, without lock, when there is something new in Keys,
	// Registrations or Revocations that a later start should have; nil: nobody cares.
	Changed func() error
	// TTL is how long tokens live that ask for no time; 0: 10 minutes.
	TTL time.Duration
	// MaxTTL is how long a token may live; 0: 30 days.
	MaxTTL time.Duration
}

// Issuer mints tokens. Its methods may be called by many goroutines.
type Issuer struct {
	config Config

	codes      codes
	assertions seen

	making sync.Mutex // of a key, one at a time; taken before mu

	mu         sync.RWMutex
	keys       []key // the newest of each algorithm signs; newest first
	registered map[string]registered
	revoked    map[string]time.Time // by jti, until when it must be remembered
}

// New returns an issuer, with a new key for the first algorithm if c.Keys has
// none for it. Those of the other algorithms are made when one is asked for.
func New(c Config) (*Issuer, error) {
	if !isAddress(c.URL) {
		return nil, fmt.Errorf("issuer %q: want an http or https address without query or slash at the end", c.URL)
	}
	if c.TLSURL != "" && (!isAddress(c.TLSURL) || !strings.HasPrefix(c.TLSURL, "https:")) {
		return nil, fmt.Errorf("issuer %q: want an https address without query or slash at the end", c.TLSURL)
	}
	if c.Clock == nil {
		c.Clock = clock.Real()
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if len(c.Algorithms) == 0 {
		c.Algorithms = []string{"ES256"}
	}
	if c.TTL == 0 {
		c.TTL = 10 * time.Minute
	}
	if c.MaxTTL == 0 {
		c.MaxTTL = 30 * 24 * time.Hour
	}
	c.Clients = slices.Clone(c.Clients)
	i := &Issuer{
		config: c, assertions: seen{limit: maxAssertions},
		registered: map[string]registered{}, revoked: map[string]time.Time{},
	}
	if c.Keys != nil {
		var err error
		if i.keys, err = parseKeys(c.Keys); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(i.restore(c.Registrations), i.restoreRevoked(c.Revocations)); err != nil {
		return nil, err
	}
	if _, err := i.current(c.Algorithms[0]); err != nil {
		return nil, err
	}
	return i, nil
}

// isAddress reports whether a text may be an issuer's name. RFC 8414 2.
func isAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		u.RawQuery == "" && u.Fragment == "" && !strings.HasSuffix(text, "/")
}

// URL returns the issuer's name, the iss of its tokens.
func (i *Issuer) URL() string { return i.config.URL }

// TLSURL returns the issuer's name where it is reached by TLS, "" if it is not.
func (i *Issuer) TLSURL() string { return i.config.TLSURL }

// names are the iss values of the issuer's tokens.
func (i *Issuer) names() []string {
	if i.config.TLSURL == "" {
		return []string{i.config.URL}
	}
	return []string{i.config.URL, i.config.TLSURL}
}

// Keys returns the private keys as PEM (PKCS #8), for [Config].Keys of a later
// start. They are secret.
func (i *Issuer) Keys() ([]byte, error) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return marshalKeys(i.keys)
}

// Rotate makes a new key for each algorithm in use and signs with it from now
// on. Old keys stay published, the oldest going when there are more than 16.
func (i *Issuer) Rotate() error {
	i.making.Lock()
	defer i.making.Unlock()
	var made []key
	for _, algorithm := range i.config.Algorithms {
		if _, used := i.find(algorithm); !used {
			continue
		}
		k, err := newKey(algorithm, i.config.Random)
		if err != nil {
			return err
		}
		made = append(made, k)
	}
	return i.add(made)
}

// add puts new keys before the old ones.
func (i *Issuer) add(made []key) error {
	i.mu.Lock()
	i.keys = append(made, i.keys...)
	if len(i.keys) > maxKeys {
		i.keys = i.keys[:maxKeys]
	}
	i.mu.Unlock()
	return i.changed()
}

// changed tells whoever keeps the issuer's state.
func (i *Issuer) changed() error {
	if i.config.Changed == nil {
		return nil
	}
	return i.config.Changed()
}

// KeyIDs returns the kid of all published keys, those that sign first.
func (i *Issuer) KeyIDs() []string {
	i.mu.RLock()
	defer i.mu.RUnlock()
	var ids []string
	for _, k := range i.keys {
		ids = append(ids, k.id)
	}
	return ids
}

// find returns the newest key of an algorithm.
func (i *Issuer) find(algorithm string) (key, bool) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	for _, k := range i.keys {
		if k.algorithm == algorithm {
			return k, true
		}
	}
	return key{}, false
}

// current returns the key that signs with an algorithm; the first time it makes
// it.
func (i *Issuer) current(algorithm string) (key, error) {
	if k, ok := i.find(algorithm); ok {
		return k, nil
	}
	i.making.Lock()
	defer i.making.Unlock()
	if k, ok := i.find(algorithm); ok {
		return k, nil
	}
	if !slices.Contains(i.config.Algorithms, algorithm) {
		return key{}, fmt.Errorf("alg %.16q: the issuer signs with %v", algorithm, i.config.Algorithms)
	}
	k, err := newKey(algorithm, i.config.Random)
	if err != nil {
		return key{}, err
	}
	return k, i.add([]key{k})
}

// PublicKeys returns the published keys, which makes the issuer an
// [auth.KeySource] for the cameras of its process.
func (i *Issuer) PublicKeys(_ context.Context, issuer, kid string) ([]crypto.PublicKey, error) {
	if !slices.Contains(i.names(), issuer) {
		return nil, fmt.Errorf("issuer %q: %w", issuer, auth.ErrNoIssuer)
	}
	var keys []crypto.PublicKey
	i.mu.RLock()
	defer i.mu.RUnlock()
	for _, k := range i.keys {
		if kid == "" || k.id == kid {
			keys = append(keys, k.private.Public())
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("key %q of issuer %q: %w", kid, issuer, auth.ErrNoKey)
	}
	return keys, nil
}

// Package issuer is the fleet's own OpenID provider, for tests of its cameras.
//
// An [Issuer] has signing keys, mints the tokens a camera accepts and the bad
// ones it must refuse, publishes its metadata and keys over HTTP (OpenID
// Connect Discovery 1.0, RFC 8414, RFC 7517), gives tokens to registered
// clients (RFC 6749 4.4), and is the key source of the cameras of its own
// process.
package issuer

import (
	"context"
	"crypto"
	"crypto/rand"
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
	// Algorithms are the algorithms to sign with, the first by default: ES256
	// and RS256. nil: ES256. A new RS256 key takes a second to make.
	Algorithms []string
	// Audience is the aud of tokens that ask for none.
	Audience string
	// Clients may fetch tokens from the token endpoint; none: there is no
	// token endpoint.
	Clients []Client
	// TTL is how long tokens live that ask for no time; 0: 10 minutes.
	TTL time.Duration
	// MaxTTL is how long a token may live; 0: 30 days.
	MaxTTL time.Duration
}

// Issuer mints tokens. Its methods may be called by many goroutines.
type Issuer struct {
	config Config

	mu   sync.RWMutex
	keys []key // the newest of each algorithm signs; newest first
}

// New returns an issuer, with new keys for the algorithms that c.Keys has none
// for.
func New(c Config) (*Issuer, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" ||
		u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(c.URL, "/") {
		return nil, fmt.Errorf("issuer %q: want an http or https address without query or slash at the end", c.URL)
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
	i := &Issuer{config: c}
	if c.Keys != nil {
		if i.keys, err = parseKeys(c.Keys); err != nil {
			return nil, err
		}
	}
	for _, algorithm := range c.Algorithms {
		if _, err := i.current(algorithm); err == nil {
			continue
		}
		made, err := newKey(algorithm, c.Random)
		if err != nil {
			return nil, err
		}
		i.keys = append(i.keys, made)
	}
	return i, nil
}

// URL returns the issuer's name, the iss of its tokens.
func (i *Issuer) URL() string { return i.config.URL }

// Keys returns the private keys as PEM (PKCS #8), for [Config].Keys of a later
// start. They are secret.
func (i *Issuer) Keys() ([]byte, error) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return marshalKeys(i.keys)
}

// Rotate makes a new key for each algorithm and signs with it from now on. Old
// keys stay published, the oldest going when there are more than 16.
func (i *Issuer) Rotate() error {
	var made []key
	for _, algorithm := range i.config.Algorithms {
		k, err := newKey(algorithm, i.config.Random)
		if err != nil {
			return err
		}
		made = append(made, k)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = append(made, i.keys...)
	if len(i.keys) > maxKeys {
		i.keys = i.keys[:maxKeys]
	}
	return nil
}

// current returns the key that signs with an algorithm.
func (i *Issuer) current(algorithm string) (key, error) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	for _, k := range i.keys {
		if k.algorithm == algorithm {
			return k, nil
		}
	}
	return key{}, fmt.Errorf("signature algorithm %q: the issuer has no key for it", algorithm)
}

// PublicKeys returns the published keys, which makes the issuer an
// [auth.KeySource] for the cameras of its process.
func (i *Issuer) PublicKeys(_ context.Context, issuer, kid string) ([]crypto.PublicKey, error) {
	var keys []crypto.PublicKey
	if issuer == i.config.URL {
		i.mu.RLock()
		defer i.mu.RUnlock()
		for _, k := range i.keys {
			if kid == "" || k.id == kid {
				keys = append(keys, k.private.Public())
			}
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("key %q of issuer %q: %w", kid, issuer, auth.ErrNoKey)
	}
	return keys, nil
}

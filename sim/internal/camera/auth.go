package camera

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/state"
)

// authConfig is what the camera's authenticator starts with.
func (c *Camera) authConfig() auth.Config {
	a, l := c.config.Profile.Auth, c.config.Profile.Limits
	return auth.Config{
		Realm: realmOf(c.config.Profile), Clock: c.wall, Random: c.fresh("auth"), Accounts: accountsOf{c},
		Role: func(name string) bool { return c.config.State.View().Users.HasRole(name) },
		Limits: auth.Limits{
			HeaderBytes: int(l.Auth.HeaderBytes), Nonces: l.Auth.Nonces, TokenNonces: l.Auth.Nonces,
			NonceLifetime: a.Digest.NonceLifetime, Suspects: l.Auth.Suspects,
		},
		Settings: c.authSettings(c.config.State.View()),
	}
}

// authSettings follow from the profile and what clients have configured.
func (c *Camera) authSettings(t *state.Tree) auth.Settings {
	a, keys := c.config.Profile.Auth, t.Keystore
	s := auth.Settings{
		Order: auth.Order(a.Challenges), CreatedWindow: a.UsernameToken.Window,
		PasswordText: a.UsernameToken.PasswordText, UserHash: a.Digest.UserHash, Backoff: backoff(a.Backoff),
	}
	if chosen := t.Users.Hashing; len(chosen) > 0 {
		a.Digest.Algorithms = chosen
		s.Preferred = digests(chosen)
	}
	s.Methods = methods(a)
	s.CommonName = keys.TLS.ClientAuthRequired && keys.TLS.CnMapsToUser
	if a.JWT.Enabled && keys.JWT.Enabled() {
		s.Bearer = c.bearer(keys)
	}
	return s
}

// bearer says which tokens are taken. Where keys are named and none of them can
// be used, no token is: without keys the authenticator would ask for none.
func (c *Camera) bearer(keys *keystore.Section) *auth.BearerConfig {
	list, err := publicKeys(keys)
	if err != nil {
		c.log.Warn("keys of the JWT configuration cannot be used", "error", err)
		if len(list) == 0 {
			return nil
		}
	}
	source := auth.KeySources{c.foreign.follow(keys)}
	if c.config.Issuers != nil {
		source = auth.KeySources{c.config.Issuers, source[0]}
	}
	return &auth.BearerConfig{
		Audiences: keys.JWT.Audiences, Issuers: issuerNames(keys.JWT.TrustedIssuers), Source: source,
		Keys: list, Algorithms: c.config.Profile.Auth.JWT.Algorithms, Custom: claims(keys.JWT.CustomClaims),
		Revoked: c.config.Revoked,
	}
}

func methods(a profiles.Auth) []auth.Method {
	list := digests(a.Digest.Algorithms)
	if a.Basic {
		list = append(list, auth.ByBasic)
	}
	if a.UsernameToken.Enabled {
		list = append(list, auth.ByUsernameToken)
	}
	if a.JWT.Enabled {
		list = append(list, auth.ByBearer)
	}
	return list
}

// digests are the methods of Digest algorithms.
func digests(algorithms []string) []auth.Method {
	var list []auth.Method
	for _, name := range algorithms {
		switch name {
		case "MD5":
			list = append(list, auth.ByDigestMD5)
		case "SHA-256":
			list = append(list, auth.ByDigestSHA256)
		case "MD5-sess":
			list = append(list, auth.ByDigestMD5Sess)
		case "SHA-256-sess":
			list = append(list, auth.ByDigestSHA256Sess)
		}
	}
	return list
}

func backoff(b profiles.Backoff) auth.Backoff {
	if !b.Enabled {
		return auth.Backoff{}
	}
	return auth.Backoff{Account: b.AccountFailures, Address: b.AddressFailures, First: b.First, Longest: b.Longest}
}

// publicKeys are the keys the JWT configuration names. The error says which of
// them cannot be used now, such as one that is still being generated.
func publicKeys(keys *keystore.Section) ([]crypto.PublicKey, error) {
	var list []crypto.PublicKey
	var errs []error
	for _, id := range keys.JWT.KeyIDs {
		k, err := keys.Key(id)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		public, err := x509.ParsePKIXPublicKey(k.Public)
		if err != nil {
			errs = append(errs, fmt.Errorf("key %q, %s: %w", id, k.Status, err))
			continue
		}
		list = append(list, public)
	}
	return list, errors.Join(errs...)
}

func claims(list []keystore.CustomClaim) []auth.CustomClaim {
	var out []auth.CustomClaim
	for _, c := range list {
		out = append(out, auth.CustomClaim{Name: c.Name, Values: c.SupportedValues})
	}
	return out
}

// settings keeps an authenticator in step with the keystore and the hashing
// algorithms that clients have configured.
type settings struct {
	mu      sync.Mutex
	of      *keystore.Section
	hashing []string
}

// follow configures the authenticator anew where they have changed.
func (s *settings) follow(c *Camera, a *auth.Authenticator) {
	t := c.config.State.View()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of != t.Keystore || !slices.Equal(s.hashing, t.Users.Hashing) {
		s.of, s.hashing = t.Keystore, t.Users.Hashing
		a.Configure(c.authSettings(t))
	}
}

// settled is the authenticator with the settings of now.
type settled struct{ r *run }

func (s settled) now() *auth.Authenticator {
	s.r.settings.follow(s.r.camera, s.r.auth)
	return s.r.auth
}

func (s settled) Identify(q auth.Request) (auth.Identity, error) { return s.now().Identify(q) }

func (s settled) Deny(q auth.Request, id auth.Identity) *auth.Refusal { return s.now().Deny(q, id) }

func (s settled) Challenges(q auth.Request, refusal *auth.Refusal) []string {
	return s.now().Challenges(q, refusal)
}

func soapLimits(l profiles.SOAPLimits) soap.Limits {
	s := soap.DefaultLimits()
	s.Bytes, s.Depth, s.Elements, s.Attributes = int(l.Bytes), l.Depth, l.Elements, l.Attributes
	return s
}

package camera

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"slices"
	"sync"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/oidc"
)

// errUnchecked says that nothing makes an issuer's certificate valid.
var errUnchecked = errors.New("no certification path validation policy is given for issuers")

// foreign finds the keys of issuers that are not at hand, as the JWT
// configuration names them. What it knows is the camera's own: no camera gets
// keys over a connection that only another one's policy found valid.
type foreign struct {
	camera *Camera

	mu     sync.Mutex
	mark   [sha256.Size]byte // of what source was made of
	source *oidc.Source      // nil: there is none
}

// follow returns the source for a keystore, the same as before while nothing has
// changed that matters to it.
func (f *foreign) follow(keys *keystore.Section) auth.KeySource {
	mark := issuersMark(keys)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.source != nil && f.mark == mark {
		return f.source
	}
	if f.source != nil {
		f.source.Close()
	}
	p := f.camera.config.Profile.Auth.JWT.Issuers
	f.mark, f.source = mark, oidc.New(oidc.Config{
		Issuers: keys.JWT.TrustedIssuers, Clock: f.camera.config.Clock, Log: f.camera.log,
		FetcherConfig: oidc.FetcherConfig{
			Verify: f.verifier(keys), PlainHTTP: oidc.PlainHTTP(p.PlainHTTP), Dial: f.camera.config.Dial,
			Limits: oidc.Limits{Bytes: int(p.DocumentBytes), Keys: p.Keys, Timeout: p.Timeout, Fresh: p.Fresh, Stale: p.Stale},
		},
	})
	return f.source
}

// forget ends what is under way, and forgets what is known.
func (f *foreign) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.source != nil {
		f.source.Close()
		f.source = nil
	}
}

// verifier judges the TLS certificates of issuers by the validation policy of
// the JWT configuration (Security 4.4.2).
func (f *foreign) verifier(keys *keystore.Section) func([]*x509.Certificate) error {
	return f.camera.verifyServers(keys, keys.JWT.ValidationPolicy)
}

// verifyServers judges the TLS certificates of servers that the camera asks by a
// validation policy, at the camera's own time; nil: there is none, and the
// profile lets any certificate do.
func (c *Camera) verifyServers(keys *keystore.Section, policy string) func([]*x509.Certificate) error {
	switch {
	case policy != "":
	case c.config.Profile.Auth.JWT.Issuers.Unchecked:
		return nil
	default:
		return func([]*x509.Certificate) error { return errUnchecked }
	}
	validators, err := pathValidators(keys, []string{policy}, false)
	if err != nil {
		return func([]*x509.Certificate) error { return err }
	}
	return func(chain []*x509.Certificate) error {
		_, err := validators[0].Validate(chain, c.wall.Now())
		return err
	}
}

// issuersMark is equal for keystores that say the same of issuers.
func issuersMark(keys *keystore.Section) [sha256.Size]byte {
	said := struct {
		Issuers      []string
		Policy       keystore.Policy
		Certificates []keystore.Certificate
		CRLs         []keystore.CRL
	}{Issuers: keys.JWT.TrustedIssuers}
	if p, err := keys.Policy(keys.JWT.ValidationPolicy); err == nil {
		said.Policy, said.Certificates, said.CRLs = p, keys.Certificates, keys.CRLs
	}
	text, err := json.Marshal(said)
	if err != nil {
		panic("camera: a keystore that is not JSON: " + err.Error()) // the store writes the same
	}
	return sha256.Sum256(text)
}

// issuerNames are the iss values that trusted issuers may have, each once.
func issuerNames(uris []string) []string {
	var names []string
	for _, uri := range uris {
		for _, name := range oidc.Names(uri) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

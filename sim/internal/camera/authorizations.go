package camera

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/oauth"
	"github.com/camfleet/camfleet/sim/internal/oidc"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/vault"
)

// Authorization is how the camera stands with an authorization server that it
// gets tokens of for itself (Security 25.06 4.6.1). It has no secret in it.
type Authorization struct {
	Configuration keystore.AuthServer // without its secret
	oauth.Status
}

// authorizations keep the tokens of a run: one keeper for each configuration of
// the type OAuthClientCredentials.
type authorizations struct {
	run     *run
	unwatch func()

	mu      sync.Mutex
	closed  bool
	keepers map[string]*authorization // by token
}

// authorization is one configuration in use.
type authorization struct {
	mark   [sha256.Size]byte
	keeper *oauth.Keeper // nil: the configuration cannot work
	err    error
}

func (a *authorization) close() {
	if a.keeper != nil {
		a.keeper.Close()
	}
}

// start follows the configurations from now on.
func (a *authorizations) start(r *run) {
	a.run, a.keepers = r, map[string]*authorization{}
	s := r.camera.config.State
	a.unwatch = s.Watch(func(before, after *state.Tree) {
		if before.Keystore != after.Keystore {
			a.follow(after.Keystore)
		}
	})
	a.follow(s.View().Keystore)
}

// close ends all keepers.
func (a *authorizations) close() {
	if a.unwatch == nil {
		return
	}
	a.unwatch()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	for token, old := range a.keepers {
		old.close()
		delete(a.keepers, token)
	}
}

// follow starts and ends keepers. Only the configurations that changed, or whose
// key, certificate or policy did, begin anew.
func (a *authorizations) follow(keys *keystore.Section) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || len(keys.Authorization)+len(a.keepers) == 0 {
		return
	}
	wanted := map[string]bool{}
	for _, server := range keys.Authorization {
		if server.Type != oauth.ClientCredentials {
			continue
		}
		wanted[server.Token] = true
		mark := serverMark(keys, server)
		old := a.keepers[server.Token]
		if old != nil && old.mark == mark {
			continue
		}
		if old != nil {
			old.close()
		}
		next := &authorization{mark: mark}
		var client *oauth.Client
		if client, next.err = a.run.camera.oauthClient(keys, server); next.err == nil {
			next.keeper = oauth.Keep(client, a.run.camera.config.Clock)
		}
		a.keepers[server.Token] = next
	}
	for token, old := range a.keepers {
		if !wanted[token] {
			old.close()
			delete(a.keepers, token)
		}
	}
}

// list tells how the camera stands with each server, in the keystore's order.
func (a *authorizations) list(keys *keystore.Section) []Authorization {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []Authorization
	for _, server := range keys.Authorization {
		found := a.keepers[server.Token]
		if found == nil {
			continue
		}
		server.ClientSecret = nil
		one := Authorization{Configuration: server, Status: oauth.Status{State: oauth.Failed}}
		if found.keeper != nil {
			one.Status = found.keeper.Status()
		} else {
			one.Error = found.err.Error()
		}
		list = append(list, one)
	}
	return list
}

// Authorizations tells how the camera stands with the authorization servers it
// gets tokens of for itself. Errors: [ErrStopped].
func (c *Camera) Authorizations() ([]Authorization, error) {
	r := c.running()
	if r == nil {
		return nil, ErrStopped
	}
	return r.authorizations.list(c.config.State.View().Keystore), nil
}

// serverMark is equal for keystores that say the same of a server.
func serverMark(keys *keystore.Section, server keystore.AuthServer) [sha256.Size]byte {
	said := struct {
		Server       keystore.AuthServer
		Key          keystore.Key
		Certificate  keystore.Certificate
		Policy       keystore.Policy
		Certificates []keystore.Certificate
		CRLs         []keystore.CRL
	}{Server: server}
	if k, err := keys.Key(server.KeyID); err == nil {
		said.Key = k
	}
	if c, err := keys.Certificate(server.CertificateID); err == nil {
		said.Certificate = c
	}
	if p, err := keys.Policy(server.PolicyID); err == nil {
		said.Policy, said.Certificates, said.CRLs = p, keys.Certificates, keys.CRLs
	}
	text, err := json.Marshal(said)
	if err != nil {
		panic("camera: a keystore that is not JSON: " + err.Error()) // the store writes the same
	}
	return sha256.Sum256(text)
}

// oauthClient is the camera as client of a server. Its keys stay where they are
// kept.
func (c *Camera) oauthClient(keys *keystore.Section, server keystore.AuthServer) (*oauth.Client, error) {
	limits := c.config.Profile.Auth.JWT.Issuers
	config := oauth.Config{
		Type: server.Type, URI: server.ServerURI, Method: server.ClientAuth, ID: server.ClientID, Scope: server.Scope,
		KeyID: server.KeyID, Clock: c.wall, Random: c.fresh("oauth/" + server.Token),
		FetcherConfig: oidc.FetcherConfig{
			Verify: c.verifyServers(keys, server.PolicyID), PlainHTTP: oidc.PlainHTTP(limits.PlainHTTP), Dial: c.config.Dial,
			Limits: oidc.Limits{Bytes: int(limits.DocumentBytes), Timeout: limits.Timeout},
		},
	}
	if len(server.ClientSecret) > 0 {
		secret, err := c.vault.Open(keys, vault.ClientSecret, server.ClientSecret)
		if err != nil {
			return nil, fmt.Errorf("client secret: %w", err)
		}
		config.Secret = string(secret)
	}
	if server.KeyID != "" {
		key, err := keys.Key(server.KeyID)
		if err != nil {
			return nil, err
		}
		if config.Key, err = c.vault.Signer(keys, key); err != nil {
			return nil, err
		}
	}
	if server.CertificateID != "" {
		var err error
		if config.Certificate, err = c.clientCertificate(keys, server.CertificateID); err != nil {
			return nil, err
		}
	}
	return oauth.New(config)
}

// fresh is randomness that does not come again after a restart, which would find
// the seed where the last run did.
func (c *Camera) fresh(name string) io.Reader {
	return c.config.Seed.Stream(name + "/" + strconv.FormatUint(c.config.State.View().Version, 10))
}

// clientCertificate is what the camera shows as TLS client.
func (c *Camera) clientCertificate(keys *keystore.Section, id string) (*tls.Certificate, error) {
	certificate, err := keys.Certificate(id)
	if err != nil {
		return nil, err
	}
	key, err := keys.Key(certificate.KeyID)
	if err != nil {
		return nil, err
	}
	signer, err := c.vault.Signer(keys, key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(certificate.DER)
	if err != nil {
		return nil, fmt.Errorf("certificate %q: %w", id, err)
	}
	return &tls.Certificate{Certificate: [][]byte{certificate.DER}, PrivateKey: signer, Leaf: leaf}, nil
}

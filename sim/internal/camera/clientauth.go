package camera

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/pki"
)

// errNoPolicy says that a certificate is required and nothing makes one valid.
var errNoPolicy = errors.New("no certification path validation policy is assigned to the TLS server")

// clientAuth checks the certificates of clients (Security 5.3.2). One policy
// that finds a path valid is enough (5.3.3.9).
type clientAuth struct {
	keys       *keystore.Section
	clock      clock.Clock
	validators []*pki.PathValidator
}

// newClientAuth follows the policies of a keystore's TLS server.
func newClientAuth(keys *keystore.Section, c clock.Clock) (*clientAuth, error) {
	validators, err := pathValidators(keys, keys.TLS.Policies, true)
	if err != nil {
		return nil, err
	}
	return &clientAuth{keys: keys, clock: c, validators: validators}, nil
}

// pathValidators validate by policies of a keystore: its certificates may stand
// in the middle of a path, its revocation lists are all considered. What a policy
// says of clients' extended key usage is for clients only (Security 5.2.6.5).
func pathValidators(keys *keystore.Section, policies []string, clients bool) ([]*pki.PathValidator, error) {
	repository, err := certificates(keys)
	if err != nil {
		return nil, err
	}
	var lists []*pki.CRL
	for _, l := range keys.CRLs {
		crl, err := pki.ParseCRL(l.DER, pki.CRLLimits{Bytes: len(l.DER), Entries: len(l.DER)})
		if err != nil {
			return nil, fmt.Errorf("CRL %q: %w", l.ID, err)
		}
		lists = append(lists, crl)
	}
	var validators []*pki.PathValidator
	for _, id := range policies {
		p, err := keys.Policy(id)
		if err != nil {
			return nil, err
		}
		path := pki.PathPolicy{
			CRLs: lists, RequireClientAuth: clients && p.RequireClientAuthUsage, UseDeltaCRLs: p.UseDeltaCRLs, Repository: repository,
		}
		for i, c := range keys.Certificates {
			if slices.Contains(p.TrustAnchors, c.ID) {
				path.Anchors = append(path.Anchors, repository[i])
			}
		}
		validators = append(validators, pki.NewPathValidator(path))
	}
	return validators, nil
}

// certificates are those of a keystore, in its order.
func certificates(keys *keystore.Section) ([]*x509.Certificate, error) {
	var list []*x509.Certificate
	for _, c := range keys.Certificates {
		parsed, err := x509.ParseCertificate(c.DER)
		if err != nil {
			return nil, fmt.Errorf("certificate %q: %w", c.ID, err)
		}
		list = append(list, parsed)
	}
	return list, nil
}

// require makes a server's configuration demand a certificate. What makes one
// valid is the policies' matter and not that of crypto/tls, which would have an
// opinion on extended key usages.
func (a *clientAuth) require(c *tls.Config) {
	c.ClientAuth = tls.RequireAnyClientCert
	c.VerifyConnection = a.verify
}

// verify ends the handshake of a client without a valid certificate, or with one
// below the anchor that is signed with an algorithm the camera does not have;
// resumed sessions are checked again.
func (a *clientAuth) verify(s tls.ConnectionState) error {
	failure := errNoPolicy
	for _, v := range a.validators {
		path, err := v.Validate(s.PeerCertificates, a.clock.Now())
		if err == nil {
			err = a.keys.CheckSigned(path[:len(path)-1]...)
		}
		if err == nil {
			return nil
		}
		failure = err
	}
	return failure
}

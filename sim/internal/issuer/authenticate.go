package issuer

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// assertionType marks a JWT as the credentials of a client. RFC 7523 2.2.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// Limits of client assertions.
const (
	maxAssertionLife = 10 * time.Minute // from now to exp
	maxAssertions    = 16384            // remembered until their exp, against replay
	maxAssertionID   = 256              // bytes of jti
)

// errClient is why a client is not let in: no more is told than that it is not.
var errClient = errors.New("unknown client or wrong credentials")

// authenticate finds the client that a request to the token endpoint comes
// from, by exactly one method. RFC 6749 2.3, OpenID Connect Core 9, RFC 8705.
func (i *Issuer) authenticate(r *http.Request, at place) (Client, error) {
	f := r.PostForm
	basic, post, assertion := len(r.Header.Values("Authorization")) > 0, f.Has("client_secret"), f.Has("client_assertion")
	switch {
	case basic && (post || assertion) || post && assertion:
		return Client{}, errTwoWays
	case basic:
		return i.bySecret(r)
	case post:
		return i.secret(f.Get("client_id"), f.Get("client_secret"), ClientSecretPost)
	case assertion:
		return i.byAssertion(f, at)
	}
	c, ok := i.client(f.Get("client_id"))
	if ok && c.takes(None) {
		return c, nil
	}
	if ok && r.TLS != nil && i.byCertificate(&c, r.TLS.PeerCertificates) {
		return c, nil
	}
	return Client{}, errClient
}

// errTwoWays is a request that RFC 6749 2.3 forbids.
var errTwoWays = errors.New("the client authenticates in two ways")

// bySecret reads client_secret_basic: form-encoded, then in base64.
func (i *Issuer) bySecret(r *http.Request) (Client, error) {
	name, password, ok := r.BasicAuth()
	if !ok {
		return Client{}, errClient
	}
	id, err := url.QueryUnescape(name)
	if err != nil {
		return Client{}, errClient
	}
	secret, err := url.QueryUnescape(password)
	if err != nil {
		return Client{}, errClient
	}
	return i.secret(id, secret, ClientSecretBasic)
}

// secret compares in a time that depends on neither secret.
func (i *Issuer) secret(id, secret string, m Method) (Client, error) {
	c, known := i.client(id)
	given, want := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(c.Secret))
	right := subtle.ConstantTimeCompare(given[:], want[:]) == 1
	if !known || !right || !c.takes(m) || strings.TrimSpace(c.Secret) == "" {
		return Client{}, errClient
	}
	return c, nil
}

// byAssertion checks a client assertion: client_secret_jwt or private_key_jwt,
// whichever the client registered. RFC 7523 3, OpenID Connect Core 9.
func (i *Issuer) byAssertion(f url.Values, at place) (Client, error) {
	if f.Get("client_assertion_type") != assertionType {
		return Client{}, errClient
	}
	var client Client
	claims := &jwt.RegisteredClaims{}
	parser := jwt.NewParser(jwt.WithStrictDecoding(), jwt.WithExpirationRequired(), jwt.WithTimeFunc(i.config.Clock.Now))
	_, err := parser.ParseWithClaims(f.Get("client_assertion"), claims, func(t *jwt.Token) (any, error) {
		// Who signs is who the token says it is for: RFC 7523 3.
		c, known := i.client(claims.Subject)
		if !known || claims.Issuer != claims.Subject || f.Has("client_id") && f.Get("client_id") != claims.Subject {
			return nil, errClient
		}
		client = c
		return c.assertionKeys(t)
	})
	if err != nil || !i.checkAssertion(claims, at) {
		return Client{}, errClient
	}
	return client, nil
}

// assertionKeys are the keys that may have signed a client's assertion.
func (c *Client) assertionKeys(t *jwt.Token) (any, error) {
	switch t.Method.(type) {
	case *jwt.SigningMethodHMAC:
		if c.Method != ClientSecretJWT || c.Secret == "" {
			return nil, errClient
		}
		return []byte(c.Secret), nil
	case *jwt.SigningMethodECDSA, *jwt.SigningMethodRSA, *jwt.SigningMethodRSAPSS, *jwt.SigningMethodEd25519:
		if c.Method != PrivateKeyJWT {
			return nil, errClient
		}
	default:
		return nil, errClient
	}
	kid, named := t.Header["kid"].(string)
	var set jwt.VerificationKeySet
	for _, k := range c.Keys {
		if !named || kid == k.KeyID {
			set.Keys = append(set.Keys, k.Key)
		}
	}
	return set, nil
}

// checkAssertion checks audience, life and first use of an assertion.
func (i *Issuer) checkAssertion(c *jwt.RegisteredClaims, at place) bool {
	ours := func(audience string) bool { return slices.Contains(at.audiences(), audience) }
	now := i.config.Clock.Now()
	if !slices.ContainsFunc(c.Audience, ours) || c.ID == "" || len(c.ID) > maxAssertionID || c.ExpiresAt.After(now.Add(maxAssertionLife)) {
		return false
	}
	return i.assertions.first(c.Subject+"\x00"+c.ID, now, c.ExpiresAt.Time)
}

// byCertificate checks the certificate of a TLS client. RFC 8705 2.1, 2.2.
func (i *Issuer) byCertificate(c *Client, chain []*x509.Certificate) bool {
	if len(chain) == 0 {
		return false
	}
	leaf := chain[0]
	switch c.Method {
	case SelfSignedTLSClientAuth:
		for _, k := range c.Keys {
			if len(k.Certificates) > 0 && bytes.Equal(k.Certificates[0].Raw, leaf.Raw) {
				return true
			}
		}
	case TLSClientAuth:
		roots := c.Roots
		if roots == nil {
			roots = i.config.ClientRoots
		}
		if roots == nil || !sameName(c.Subject, leaf.Subject.ToRDNSequence().String()) {
			return false
		}
		pool := x509.NewCertPool()
		for _, more := range chain[1:] {
			pool.AddCert(more)
		}
		_, err := leaf.Verify(x509.VerifyOptions{
			Roots: roots, Intermediates: pool, CurrentTime: i.config.Clock.Now(),
			KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		})
		return err == nil
	}
	return false
}

// sameName compares names as RFC 4514 writes them, without regard to case and
// to spaces behind commas.
func sameName(a, b string) bool {
	plain := strings.NewReplacer(", ", ",", "+ ", "+", " +", "+")
	return strings.EqualFold(plain.Replace(a), plain.Replace(b))
}

package fleet

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/issuer"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/store"
	"github.com/golang-jwt/jwt/v5"
)

// newIssuer makes the fleet's OpenID provider, with what an earlier run left.
func (f *Fleet) newIssuer(info store.Info) (*issuer.Issuer, error) {
	roots := x509.NewCertPool()
	roots.AddCert(f.roots.Fleet.Certificate)
	return issuer.New(issuer.Config{
		URL: f.config.ControlURL + "/issuer", TLSURL: secureURL(f.config.ControlURL) + "/issuer",
		Clock: f.clock, Random: f.seed.Stream("issuer"),
		Keys: info.IssuerKeys, Registrations: info.IssuerClients, Revocations: info.IssuerRevoked, Algorithms: []string{"ES256", "RS256"},
		Audience: camera.Audience, ClientRoots: roots, Users: f.people(), Changed: f.keepIssuer,
	})
}

// secureURL is the control listener's address for TLS: the same port.
func secureURL(control string) string { return "https" + strings.TrimPrefix(control, "http") }

// people are who may sign in on the issuer's page: the accounts of the showcase
// profiles. Beyond loopback nobody may with a password that everybody knows.
func (f *Fleet) people() []issuer.User {
	password := f.config.Password
	if password == "" {
		password = demoPassword
	}
	if u, err := url.Parse(f.config.ControlURL); password == demoPassword && (err != nil || f.config.ControlToken != "" || u.Host == "") {
		return nil
	}
	return []issuer.User{
		{Name: "admin", Password: password, Roles: []string{"onvif:Administrator"}},
		{Name: "operator", Password: password, Roles: []string{"onvif:Operator"}},
		{Name: "viewer", Password: password, Roles: []string{"onvif:User"}},
	}
}

// keepIssuer stores the issuer's keys and clients.
func (f *Fleet) keepIssuer() error {
	if f.store == nil || f.issuer == nil { // nil while New makes it
		return nil
	}
	return f.editInfo(func(*store.Info) {})
}

// editInfo changes what is stored of the fleet, one at a time.
func (f *Fleet) editInfo(change func(*store.Info)) error {
	f.keeping.Lock()
	defer f.keeping.Unlock()
	info, _ := f.store.Info()
	change(&info)
	return f.setInfo(info)
}

// Issuer is the fleet's OpenID provider.
func (f *Fleet) Issuer() http.Handler { return f.issuer.Handler() }

// IssuerTLS is the provider under its https name.
func (f *Fleet) IssuerTLS() http.Handler { return f.issuer.TLSHandler() }

// RotateIssuer makes new signing keys for the provider.
func (f *Fleet) RotateIssuer() (api.IssuerKeys, error) {
	err := f.issuer.Rotate()
	return api.IssuerKeys{Keys: f.issuer.KeyIDs()}, err
}

// Revoke withdraws a token of the provider, which the request names or is.
func (f *Fleet) Revoke(r api.Revocation) (api.Revocation, error) {
	if (r.JTI == "") == (r.Token == "") {
		return api.Revocation{}, &api.ConfigError{Field: "jti", Text: "which token?", Hint: "give its jti, or the token itself as \"token\""}
	}
	if r.Token != "" {
		var claims jwt.RegisteredClaims
		_, _, err := jwt.NewParser().ParseUnverified(r.Token, &claims)
		switch {
		case err != nil || claims.ID == "":
			return api.Revocation{}, &api.ConfigError{Field: "token", Text: "it is no JWT with a jti"}
		case claims.Issuer != f.issuer.URL() && claims.Issuer != f.issuer.TLSURL():
			return api.Revocation{}, &api.ConfigError{Field: "token", Text: "it is not of this fleet's issuer", Hint: "who made it has to withdraw it"}
		}
		r = api.Revocation{JTI: claims.ID}
	}
	if err := f.issuer.Revoke(r.JTI); err != nil {
		return api.Revocation{}, &api.ConfigError{Field: "jti", Text: err.Error()}
	}
	return r, nil
}

// controlLife is how long the certificate of the control listener is good for:
// what browsers take at most.
const controlLife = 397 * 24 * time.Hour

// ControlTLS is the TLS side of the control listener: a certificate of the
// fleet's root for loopback and for host, and any client certificate let
// through, for the issuer to judge.
func (f *Fleet) ControlTLS(host string) (*tls.Config, error) {
	random := f.seed.Stream("control/tls")
	key, err := pki.NewKey(random)
	if err != nil {
		return nil, fmt.Errorf("key of the control listener: %w", err)
	}
	now := f.clock.Now()
	t := pki.Template{
		Subject:   pkix.Name{Organization: []string{"camfleet"}, CommonName: "camfleet control"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(controlLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if ip := net.ParseIP(host); ip != nil && !ip.IsUnspecified() && !ip.IsLoopback() {
		t.IPAddresses = append(t.IPAddresses, ip)
	}
	der, err := f.roots.Fleet.Issue(t, key.Public(), random)
	if err != nil {
		return nil, fmt.Errorf("certificate of the control listener: %w", err)
	}
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		ClientAuth:   tls.RequestClientCert, MinVersion: tls.VersionTLS12, Time: f.clock.Now,
	}, nil
}

// Authorizations tells how a camera stands with the authorization servers that
// it gets tokens of for itself.
func (f *Fleet) Authorizations(name string) ([]api.Authorization, error) {
	m, err := f.member(name)
	if err != nil {
		return nil, err
	}
	found, err := m.camera.Authorizations()
	if err != nil {
		return nil, fmt.Errorf("camera %q: %w", name, api.ErrNotReady)
	}
	list := []api.Authorization{}
	for _, a := range found {
		c := a.Configuration
		one := api.Authorization{
			Token: c.Token, Server: c.ServerURI, ClientID: c.ClientID, ClientAuth: c.ClientAuth, Scope: c.Scope,
			State: string(a.State), Error: a.Error, Attempts: a.Attempts,
		}
		if !a.Expires.IsZero() {
			one.Expires = &a.Expires
		}
		list = append(list, one)
	}
	return list, nil
}

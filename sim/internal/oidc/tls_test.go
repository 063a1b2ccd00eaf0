package oidc_test

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/oidc"
	"github.com/camfleet/camfleet/sim/internal/pki"
)

// signed is a certificate for the key of a number, issued by a parent; nil: by
// itself.
func signed(t *testing.T, n byte, parent *x509.Certificate, by crypto.Signer, change ...func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(int64(n)), Subject: pkix.Name{CommonName: "key " + string('a'+rune(n))},
		NotBefore: start().Add(-time.Hour), NotAfter: start().Add(time.Hour), BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	for _, f := range change {
		f(c)
	}
	if parent == nil {
		parent = c
	}
	der, err := x509.CreateCertificate(nil, c, parent, key(t, n).Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func authority(c *x509.Certificate) { c.IsCA, c.IPAddresses = true, nil }

// overTLS starts a server with a certificate chain for key 12.
func overTLS(t *testing.T, chain ...*x509.Certificate) func(http.Handler) *httptest.Server {
	t.Helper()
	return func(h http.Handler) *httptest.Server {
		s := httptest.NewUnstartedServer(h)
		c := tls.Certificate{PrivateKey: key(t, 12)}
		for _, x := range chain {
			c.Certificate = append(c.Certificate, x.Raw)
		}
		s.TLS = &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS12}
		s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
		s.StartTLS()
		return s
	}
}

func TestCertificateOfAnIssuerIsCheckedByThePolicy(t *testing.T) {
	t.Parallel()
	root := signed(t, 10, nil, key(t, 10), authority)
	other := signed(t, 11, nil, key(t, 11), authority)
	leaf := func(change ...func(*x509.Certificate)) *x509.Certificate {
		return signed(t, 12, root, key(t, 10), change...)
	}
	usage := func(list ...x509.ExtKeyUsage) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.ExtKeyUsage = list }
	}
	expired := func(c *x509.Certificate) { c.NotAfter = start().Add(-time.Second) }
	elsewhere := func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"issuer.example"} }
	for name, tc := range map[string]struct {
		leaf   *x509.Certificate
		anchor *x509.Certificate // nil: there is no policy
		good   bool
	}{
		"good":                       {leaf(), root, true},
		"for servers":                {leaf(usage(x509.ExtKeyUsageServerAuth)), root, true},
		"for anything":               {leaf(usage(x509.ExtKeyUsageAny)), root, true},
		"for clients":                {leaf(usage(x509.ExtKeyUsageClientAuth)), root, false},
		"of another authority":       {leaf(), other, false},
		"expired":                    {leaf(expired), root, false},
		"for another host":           {leaf(elsewhere), root, false},
		"itself the anchor":          {leaf(), leaf(), true},
		"no policy":                  {leaf(), nil, true},
		"no policy, expired":         {leaf(expired), nil, true},
		"no policy, another host":    {leaf(elsewhere), nil, true},
		"self-signed, not an anchor": {signed(t, 12, nil, key(t, 12)), root, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t, "", overTLS(t, tc.leaf))
			s := newSource(t, func(c *oidc.Config) {
				if tc.anchor == nil {
					return
				}
				v := pki.NewPathValidator(pki.PathPolicy{Anchors: []*x509.Certificate{tc.anchor}})
				c.Verify = func(chain []*x509.Certificate) error {
					_, err := v.Validate(chain, start())
					return err
				}
			}, p.URL)
			_, err := s.PublicKeys(t.Context(), p.URL, "b")
			if (err == nil) != tc.good || err != nil && !errors.Is(err, oidc.ErrCertificate) {
				t.Errorf("%v, want good: %v", err, tc.good)
			}
			if asked := p.count(openID) > 0; asked != tc.good {
				t.Errorf("asked over TLS: %v", asked)
			}
		})
	}
}

func TestIssuerMustNotLeadAwayFromTLS(t *testing.T) {
	t.Parallel()
	plain := newProvider(t, "", httptest.NewServer)
	p := newProvider(t, "", overTLS(t, signed(t, 12, nil, key(t, 12))))
	p.set("/jwks", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, plain.URL+"/jwks", http.StatusFound) })
	s := newSource(t, func(c *oidc.Config) { c.PlainHTTP = oidc.Any }, p.URL)
	if _, err := s.PublicKeys(t.Context(), p.URL, "b"); !errors.Is(err, oidc.ErrRedirect) {
		t.Error(err)
	}
}

package auth_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
)

// oneAccount is the only account there is.
type oneAccount auth.Account

func (o oneAccount) Account(name string) (auth.Account, bool) { return auth.Account(o), name == o.Name }
func (o oneAccount) Password(string) (string, bool)           { return "", false }
func (o oneAccount) Names() []string                          { return []string{o.Name} }

// named is a certificate with common names.
func named(names ...string) *x509.Certificate {
	c := &x509.Certificate{}
	c.Subject.Names = append(c.Subject.Names, pkix.AttributeTypeAndValue{Type: []int{2, 5, 4, 10}, Value: "eva"})
	for _, n := range names {
		c.Subject.Names = append(c.Subject.Names, pkix.AttributeTypeAndValue{Type: []int{2, 5, 4, 3}, Value: n})
	}
	return c
}

func TestCertificateNamesTheUser(t *testing.T) {
	t.Parallel()
	eva := oneAccount{Name: "eva", Level: auth.Operator}
	for name, tc := range map[string]struct {
		request auth.Request
		off     bool
		known   bool
		status  int
	}{
		"user":              {request: auth.Request{Secure: true, Client: named("eva")}, known: true},
		"over RTSP":         {request: auth.Request{RTSP: true, Secure: true, Client: named("eva")}, known: true},
		"file":              {request: auth.Request{File: true, Secure: true, Client: named("eva")}, known: true},
		"nobody":            {request: auth.Request{Secure: true, Client: named("adam")}, status: 403},
		"capital":           {request: auth.Request{Secure: true, Client: named("Eva")}, status: 403},
		"no common name":    {request: auth.Request{Secure: true, Client: named()}, status: 403},
		"empty common name": {request: auth.Request{Secure: true, Client: named("")}, status: 403},
		"two common names":  {request: auth.Request{Secure: true, Client: named("eva", "adam")}, status: 403},
		"beside a password": {request: auth.Request{Secure: true, Client: named("adam"), Token: &auth.UsernameToken{Username: "eva"}}, status: 403},
		"beside nonsense":   {request: auth.Request{Secure: true, Client: named("eva"), Authorization: []string{"Digest", "x"}}, known: true},
		"without":           {request: auth.Request{Secure: true}},
		"switched off":      {request: auth.Request{Secure: true, Client: named("eva")}, off: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := auth.New(auth.Config{Accounts: eva, Settings: auth.Settings{CommonName: !tc.off}})
			id, err := a.Identify(tc.request)
			var refusal *auth.Refusal
			if errors.As(err, &refusal) != (tc.status != 0) || refusal != nil && refusal.Status != tc.status {
				t.Fatalf("refused: %v", err)
			}
			if id.Known() != tc.known || tc.known && (id.User != "eva" || id.Level != auth.Operator || id.How != auth.ByCertificate) {
				t.Errorf("identity %+v", id)
			}
			if refusal != nil && len(a.Challenges(tc.request, refusal)) > 0 {
				t.Error("there is a challenge")
			}
			if tc.known && a.Deny(tc.request, id).Status != 403 {
				t.Error("may not is not 403")
			}
		})
	}
}

package keystore_test

import (
	"crypto/x509"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/google/go-cmp/cmp"
)

// publicClient is a configuration without client authentication.
func publicClient() keystore.AuthServer {
	return keystore.AuthServer{Type: "OAuthAuthorizationCode", ServerURI: "https://as.test/oauth", ClientID: "camera", Scope: "openid profile"}
}

// selfSigned adds a self-signed certificate with its private key.
func (b *bench) selfSigned() keystore.Certificate {
	b.t.Helper()
	key := newKey(b.t, b.random)
	if _, err := b.AddKey(key.Public(), blob(3), "", false, b.random); err != nil {
		b.t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)}
	der, err := x509.CreateCertificate(nil, tmpl, tmpl, key.Public(), key)
	if err != nil {
		b.t.Fatal(err)
	}
	c, err := b.AddCertificate(keystore.NewCertificate{DER: der}, b.random)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func TestClientAuthenticationNeedsItsFields(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key, public := b.key()
	half, err := b.AddKey(newKey(t, b.random).Public(), keystore.Blob{}, "", true, b.random)
	if err != nil {
		t.Fatal(err)
	}
	cert, bare, self := b.certificate(public).ID, b.certificate(newKey(t, b.random).Public()).ID, b.selfSigned().ID
	secret, long, most := "s3cret", strings.Repeat("x", 1025), strings.Repeat("x", 1024)
	none := ""
	with := func(change func(*keystore.AuthServer)) keystore.AuthServer {
		a := publicClient()
		change(&a)
		return a
	}
	auth := func(method, keyID, certificate string) keystore.AuthServer {
		return with(func(a *keystore.AuthServer) { a.ClientAuth, a.KeyID, a.CertificateID = method, keyID, certificate })
	}
	for name, c := range map[string]struct {
		config keystore.AuthServer
		secret *string
		good   bool
	}{
		"public client":           {publicClient(), nil, true},
		"secret, basic":           {auth("client_secret_basic", "", ""), &secret, true},
		"secret, post":            {auth("client_secret_post", "", ""), &secret, true},
		"secret, JWT":             {auth("client_secret_jwt", "", ""), &secret, true},
		"secret of 1024 bytes":    {auth("client_secret_jwt", "", ""), &most, true},
		"private key":             {auth("private_key_jwt", key.ID, ""), nil, true},
		"certificate":             {auth("tls_client_auth", "", cert), nil, true},
		"self-signed":             {auth("self_signed_tls_client_auth", "", self), nil, true},
		"self-signed, for TLS":    {auth("tls_client_auth", "", self), nil, true},
		"more than needed":        {auth("client_secret_post", key.ID, cert), &secret, true},
		"credentials":             {with(func(a *keystore.AuthServer) { a.Type, a.ClientAuth = "OAuthClientCredentials", "client_secret_post" }), &secret, true},
		"OpenID":                  {with(func(a *keystore.AuthServer) { a.Type = "OIDC2AuthorizationCode" }), nil, true},
		"over HTTP, with a port":  {with(func(a *keystore.AuthServer) { a.ServerURI = "http://127.0.0.1:8080/issuer?x=1" }), nil, true},
		"no scope":                {with(func(a *keystore.AuthServer) { a.Scope = "" }), nil, true},
		"basic without secret":    {auth("client_secret_basic", "", ""), nil, false},
		"post without secret":     {auth("client_secret_post", "", ""), nil, false},
		"JWT without secret":      {auth("client_secret_jwt", "", ""), nil, false},
		"empty secret":            {auth("client_secret_jwt", "", ""), &none, false},
		"long secret":             {auth("client_secret_jwt", "", ""), &long, false},
		"no key":                  {auth("private_key_jwt", "", ""), nil, false},
		"unknown key":             {auth("private_key_jwt", "none", ""), nil, false},
		"half a key":              {auth("private_key_jwt", half.ID, ""), nil, false},
		"no certificate":          {auth("tls_client_auth", "", ""), nil, false},
		"no certificate of one's": {auth("self_signed_tls_client_auth", "", ""), nil, false},
		"unknown certificate":     {auth("tls_client_auth", "", "none"), nil, false},
		"certificate without key": {auth("tls_client_auth", "", bare), nil, false},
		"not self-signed":         {auth("self_signed_tls_client_auth", "", cert), nil, false},
		"unneeded unknown key":    {auth("client_secret_post", "none", ""), &secret, false},
		"credentials of nobody":   {with(func(a *keystore.AuthServer) { a.Type = "OAuthClientCredentials" }), nil, false},
		"unknown type":            {with(func(a *keystore.AuthServer) { a.Type = "SAML" }), nil, false},
		"unknown method":          {auth("none", "", ""), nil, false},
		"no client":               {with(func(a *keystore.AuthServer) { a.ClientID = "" }), nil, false},
		"long client":             {with(func(a *keystore.AuthServer) { a.ClientID = long }), nil, false},
		"unknown policy":          {with(func(a *keystore.AuthServer) { a.PolicyID = "none" }), nil, false},
		"bad scope":               {with(func(a *keystore.AuthServer) { a.Scope = `a "b"` }), nil, false},
		"two spaces":              {with(func(a *keystore.AuthServer) { a.Scope = "a  b" }), nil, false},
		"long scope":              {with(func(a *keystore.AuthServer) { a.Scope = long }), nil, false},
		"no address":              {with(func(a *keystore.AuthServer) { a.ServerURI = "" }), nil, false},
		"relative address":        {with(func(a *keystore.AuthServer) { a.ServerURI = "/oauth" }), nil, false},
		"address of a file":       {with(func(a *keystore.AuthServer) { a.ServerURI = "file:///etc/passwd" }), nil, false},
		"address with a user":     {with(func(a *keystore.AuthServer) { a.ServerURI = "https://u:p@as.test" }), nil, false},
		"address with fragment":   {with(func(a *keystore.AuthServer) { a.ServerURI = "https://as.test/#x" }), nil, false},
		"address of garbage":      {with(func(a *keystore.AuthServer) { a.ServerURI = "https://[" }), nil, false},
		"long address":            {with(func(a *keystore.AuthServer) { a.ServerURI = "https://as.test/" + long }), nil, false},
	} {
		create := func(s *keystore.Section) error {
			_, err := s.CreateAuthServer(c.config, c.secret, reversed, b.random)
			return err
		}
		if !c.good {
			t.Log(name)
			b.refuses(keystore.ErrInvalidConfig, create)
			continue
		}
		b.Authorization = nil
		if err := errors.Join(create(b.Section), b.Validate()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAuthServersAreCreatedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	secret, other := "s3cret", "other"
	sealed, _ := reversed([]byte(secret))
	a := publicClient()
	a.Token, a.ClientAuth, a.ClientSecret = "mine", "client_secret_post", []byte("not sealed by us")
	got, err := b.CreateAuthServer(a, &secret, reversed, b.random)
	if err != nil || got.Token == "mine" {
		t.Fatalf("%+v, %v", got, err)
	}
	a.Token, a.ClientSecret = got.Token, sealed
	stored, err := b.AuthServer(got.Token)
	if diff := cmp.Diff(a, stored); diff != "" || err != nil {
		t.Error(diff, err)
	}
	next := keystore.AuthServer{Token: got.Token, Type: "OAuthClientCredentials", ClientAuth: "client_secret_basic", ServerURI: "https://other.test", ClientID: "me"}
	if err := b.SetAuthServer(next, nil, reversed); err != nil {
		t.Fatal(err)
	}
	next.ClientSecret = sealed // which stays
	if diff := cmp.Diff([]keystore.AuthServer{next}, b.Authorization); diff != "" {
		t.Error(diff)
	}
	if err := b.SetAuthServer(next, &other, reversed); err != nil || cmp.Equal(b.Authorization[0].ClientSecret, sealed) {
		t.Error(err)
	}
	set := func(a keystore.AuthServer) func(*keystore.Section) error {
		return func(s *keystore.Section) error { return s.SetAuthServer(a, nil, reversed) }
	}
	b.refuses(keystore.ErrNoConfig, set(publicClient()))
	b.refuses(keystore.ErrInvalidConfig, set(keystore.AuthServer{Token: got.Token}))
	broken := errors.New("no TPM")
	b.refuses(broken, func(s *keystore.Section) error {
		return s.SetAuthServer(next, &other, func([]byte) ([]byte, error) { return nil, broken })
	})
	if err := b.DeleteAuthServer(got.Token); err != nil {
		t.Error(err)
	}
	b.refuses(keystore.ErrNoConfig, func(s *keystore.Section) error { return s.DeleteAuthServer(got.Token) })
}

func TestAuthServersHaveALimitAndReferences(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key, public := b.key()
	cert := b.certificate(public)
	a := publicClient()
	a.ClientAuth, a.KeyID, a.CertificateID = "private_key_jwt", key.ID, cert.ID
	create := func(s *keystore.Section) error { _, err := s.CreateAuthServer(a, nil, reversed, b.random); return err }
	for range 4 {
		if err := create(b.Section); err != nil {
			t.Fatal(err)
		}
	}
	b.refuses(keystore.ErrTooManyAuthServers, create)
	b.refuses(keystore.ErrReferenceExists, func(s *keystore.Section) error { return s.DeleteKey(key.ID) })
	b.refuses(keystore.ErrReferenceExists, func(s *keystore.Section) error { return s.DeleteCertificate(cert.ID) })
	b.Abilities.ConfigurationTypes = []string{"OAuthClientCredentials"}
	b.Limits.Authorization = 5
	b.refuses(keystore.ErrInvalidConfig, create)
	b.Abilities = keystore.Abilities{ClientAuthentication: []string{"client_secret_basic"}}
	b.refuses(keystore.ErrInvalidConfig, create)
}

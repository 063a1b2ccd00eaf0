package fleet

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/issuer"
)

func TestTheIssuersClientsAndKeysOutliveTheFleet(t *testing.T) {
	t.Parallel()
	c := Config{Config: api.Config{N: 1, State: filepath.Join(t.TempDir(), "s")}, ControlURL: controlURL}
	open := func() *Fleet {
		f, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	first := open()
	made, err := first.issuer.Register(issuer.Registration{Roles: []string{"onvif:User"}})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := first.RotateIssuer()
	if err != nil || len(keys.Keys) != 2 {
		t.Fatal(keys, err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := open()
	if again := second.issuer.KeyIDs(); strings.Join(again, " ") != strings.Join(keys.Keys, " ") {
		t.Errorf("keys %v, were %v", again, keys.Keys)
	}
	r := httptest.NewRequest("POST", "/issuer/token", strings.NewReader(url.Values{"grant_type": {"client_credentials"}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(made.ID, made.Secret)
	w := httptest.NewRecorder()
	if second.Issuer().ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

func TestNobodySignsInWithTheDemoPasswordBeyondLoopback(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		token, password string
		people          bool
	}{{"", "", true}, {"token", "", false}, {"token", demoPassword, false}, {"token", "of my own", true}} {
		f, err := New(Config{Config: api.Config{N: 1, Password: tc.password}, ControlURL: controlURL, ControlToken: tc.token})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		f.IssuerTLS().ServeHTTP(w, httptest.NewRequest("GET", "/issuer/.well-known/openid-configuration", nil))
		if strings.Contains(w.Body.String(), `"authorization_endpoint":"https://127.0.0.1:8800/issuer/authorize"`) != tc.people {
			t.Errorf("%+v: %s", tc, w.Body)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTheControlListenersCertificateIsTheFleets(t *testing.T) {
	t.Parallel()
	f, err := New(Config{Config: api.Config{N: 1}, ControlURL: controlURL})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	config, err := f.ControlTLS("192.0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(config.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(f.roots.Fleet.Certificate)
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "192.0.2.7"} {
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if config.ClientAuth != tls.RequestClientCert {
		t.Errorf("client certificates: %v", config.ClientAuth)
	}
}

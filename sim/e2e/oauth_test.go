package e2e

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/simtest"
	"github.com/go-jose/go-jose/v4"
)

// registered is a client that the fleet's issuer knows. RFC 7591 3.2.1.
type registered struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
}

// registerAt registers a client at the fleet's issuer.
func registerAt(t testing.TB, issuer string, metadata map[string]any) (made registered) {
	t.Helper()
	text, err := json.Marshal(metadata)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(issuer+"/register", "application/json", bytes.NewReader(text)) //nolint:noctx,gosec // a test on loopback
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil {
		err = json.Unmarshal(body, &made)
	}
	if err != nil || answer.StatusCode != http.StatusCreated {
		t.Fatalf("registration: %d %s, %v", answer.StatusCode, body, err)
	}
	return made
}

// publicOf is the public half of a key of the camera.
func (o officer) publicOf(t testing.TB, key string) crypto.PublicKey {
	t.Helper()
	der, err := base64.StdEncoding.DecodeString(text(o.must(t, "CreatePKCS10CSR", element("Subject", element("CommonName", "camera")),
		element("KeyID", key), element("SignatureAlgorithm", element("algorithm", "1.2.840.10045.4.3.2"))), "PKCS10CSR"))
	if err != nil {
		t.Fatal(err)
	}
	request, err := x509.ParseCertificateRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	return request.PublicKey
}

// certifiedBy uploads a certificate for a key of the camera by an authority of
// the test, and returns its ID and the authority.
func (o officer) certifiedBy(t testing.TB, key string) (id string, root []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "plant"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	if root, err = x509.CreateCertificate(rand.Reader, ca, ca, private.Public(), private); err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "cam-0001", Organization: []string{"plant"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, o.publicOf(t, key), private)
	if err != nil {
		t.Fatal(err)
	}
	answer := o.must(t, "UploadCertificate", element("Certificate", base64.StdEncoding.EncodeToString(der)), element("PrivateKeyRequired", "true"))
	return text(answer, "CertificateID"), root
}

// certificateOf is a certificate of the camera.
func (o officer) certificateOf(t testing.TB, id string) *x509.Certificate {
	t.Helper()
	der, err := base64.StdEncoding.DecodeString(text(o.must(t, "GetCertificate", element("CertificateID", id)), "Certificate/CertificateContent"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// awaitAuthorization waits until the camera has tried, and returns how it stands
// with the server of a configuration.
func awaitAuthorization(t testing.TB, cam *simtest.Cam, token string) api.Authorization {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		list, err := cam.Fleet.Authorizations(cam.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range list {
			if a.Token == token && a.State != "waiting" {
				return a
			}
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("nothing happened: %+v", list)
		}
	}
}

func TestTheCameraGetsTokensOfTheIssuerInAllSixWays(t *testing.T) {
	t.Parallel()
	cam := simtest.Camera(t, simtest.Profile("flagship"))
	seen := schematest.Collect(t)
	o := newOfficer(t, cam.Camera, seen)
	info := cam.Fleet.Info()

	key := o.key(t, "secp256r1")
	self := text(o.must(t, "CreateSelfSignedCertificate", element("Subject", element("CommonName", "cam-0001")), element("KeyID", key),
		element("SignatureAlgorithm", element("algorithm", "1.2.840.10045.4.3.2"))), "CertificateID")
	byCA, root := o.certifiedBy(t, o.key(t, "secp384r1"))
	// The issuer's TLS certificate is checked against the fleet's root.
	block, _ := pem.Decode([]byte(info.CA))
	anchor := text(o.must(t, "UploadCertificate", element("Certificate", base64.StdEncoding.EncodeToString(block.Bytes))), "CertificateID")
	policy := o.policy(t, anchor, false)
	wrong := o.policy(t, byCA, false)

	jwk := func(k jose.JSONWebKey) map[string]any { return map[string]any{"keys": []any{k}} }
	for method, way := range map[string]struct {
		metadata map[string]any
		mine     string // parameters of the configuration
	}{
		"client_secret_basic": {nil, ""},
		"client_secret_post":  {nil, ""},
		"client_secret_jwt":   {nil, ""},
		"private_key_jwt": {
			map[string]any{"jwks": jwk(jose.JSONWebKey{Key: o.publicOf(t, key), KeyID: key})}, element("KeyID", key),
		},
		"tls_client_auth": {map[string]any{
			"tls_client_auth_subject_dn": "CN=cam-0001,O=plant",
			"tls_client_auth_roots":      string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root})),
		}, element("CertificateID", byCA)},
		"self_signed_tls_client_auth": {
			map[string]any{"jwks": jwk(jose.JSONWebKey{Key: o.publicOf(t, key), Certificates: []*x509.Certificate{o.certificateOf(t, self)}})},
			element("CertificateID", self),
		},
	} {
		metadata := map[string]any{"token_endpoint_auth_method": method, "roles": []string{"onvif:Operator"}}
		for name, value := range way.metadata {
			metadata[name] = value
		}
		client := registerAt(t, info.Issuer, metadata)
		create := func(server, policy, id string) string {
			secret := ""
			if client.Secret != "" {
				secret = element("ClientSecret", client.Secret)
			}
			return text(o.must(t, "CreateAuthorizationServerConfiguration",
				`<Configuration Type="OAuthClientCredentials" ClientAuth="`+method+`">`, element("ServerUri", server),
				element("ClientID", id), secret, way.mine, element("CertPathValidationPolicyID", policy), "</Configuration>"), "Token")
		}
		for _, server := range []string{info.Issuer, info.IssuerTLS} {
			a := awaitAuthorization(t, cam, create(server, policy, client.ID))
			if a.State != "authorized" || a.Error != "" || a.Expires == nil || a.ClientAuth != method || a.Server != server {
				t.Errorf("%s at %s: %+v", method, server, a)
			}
		}
		if a := awaitAuthorization(t, cam, create(info.Issuer, policy, "somebody-else")); a.State != "failed" || !strings.Contains(a.Error, "invalid_client") {
			t.Errorf("%s as somebody else: %+v", method, a)
		}
		if a := awaitAuthorization(t, cam, create(info.IssuerTLS, wrong, client.ID)); a.State != "failed" || !strings.Contains(a.Error, "certificate") {
			t.Errorf("%s where the server is not trusted: %+v", method, a)
		}
		for _, a := range authorizations(t, info.Control, cam.Name) {
			if client.Secret != "" && strings.Contains(a, client.Secret) {
				t.Errorf("the control API shows the secret: %s", a)
			}
			o.must(t, "DeleteAuthorizationServerConfiguration", element("Token", tokenOf(t, a)))
		}
		if left := authorizations(t, info.Control, cam.Name); len(left) != 0 {
			t.Errorf("deleted configurations go on: %v", left)
		}
	}
}

// authorizations is what the control API shows, one text each.
func authorizations(t testing.TB, control, camera string) (list []string) {
	t.Helper()
	answer, err := http.Get(control + "/v1/cameras/" + camera + "/authorizations") //nolint:noctx // a test on loopback
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var raw []json.RawMessage
	if err := json.NewDecoder(answer.Body).Decode(&raw); err != nil {
		t.Fatal(err)
	}
	for _, r := range raw {
		list = append(list, string(r))
	}
	return list
}

func tokenOf(t testing.TB, text string) string {
	t.Helper()
	var a api.Authorization
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatal(err)
	}
	return a.Token
}

func TestTheControlListenerShowsTheFleetsCertificateToTLSClients(t *testing.T) {
	t.Parallel()
	cam := simtest.Camera(t, simtest.Profile("flagship"))
	info := cam.Fleet.Info()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(info.CA)) {
		t.Fatal("no root")
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	defer client.CloseIdleConnections()
	for _, path := range []string{"/issuer/jwks", "/healthz", "/v1/cameras"} {
		answer, err := client.Get(strings.TrimSuffix(info.IssuerTLS, "/issuer") + path) //nolint:noctx // a test on loopback
		if err != nil {
			t.Fatal(err)
		}
		if answer.Body.Close(); answer.StatusCode != http.StatusOK {
			t.Error(fmt.Sprint(path, ": ", answer.Status))
		}
	}
}

package camera_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/go-jose/go-jose/v4"
)

// foreignIssuer is a token issuer that a camera has to ask over the network.
type foreignIssuer struct {
	*httptest.Server
	*mint
	asked atomic.Int32
	// hold, unless nil, is waited for before keys are given.
	hold chan struct{}
}

// newForeignIssuer starts an issuer, over TLS if it is given a certificate.
func newForeignIssuer(t *testing.T, own *tls.Certificate) *foreignIssuer {
	t.Helper()
	f := &foreignIssuer{mint: newMint(t)}
	f.Server = httptest.NewUnstartedServer(f)
	f.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	if own == nil {
		f.Start()
	} else {
		f.TLS = &tls.Config{Certificates: []tls.Certificate{*own}, MinVersion: tls.VersionTLS12}
		f.StartTLS()
	}
	t.Cleanup(f.Close)
	return f
}

func (f *foreignIssuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.asked.Add(1)
	var answer any
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		answer = map[string]string{"issuer": f.URL, "jwks_uri": f.URL + "/jwks"}
	case "/jwks":
		if f.hold != nil {
			select {
			case <-f.hold:
			case <-r.Context().Done():
				return
			}
		}
		answer = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: f.own.Public(), KeyID: "1", Use: "sig", Algorithm: "ES256"}}}
	default:
		http.NotFound(w, r)
		return
	}
	json.NewEncoder(w).Encode(answer) //nolint:errcheck // the camera may have gone
}

// mine is a good token of the issuer.
func (f *foreignIssuer) mine(t *testing.T, now time.Time) string {
	t.Helper()
	return f.token(t, now, map[string]any{"iss": f.URL, "aud": "vms"})
}

// trust has a camera trust issuers, by SetJWTConfiguration.
func (c *clients) trust(t *testing.T, policy string, issuers ...string) {
	t.Helper()
	body := `<tas:SetJWTConfiguration><tas:Configuration><tas:Audiences>vms</tas:Audiences>`
	for _, uri := range issuers {
		body += `<tas:TrustedIssuers>` + uri + `</tas:TrustedIssuers>`
	}
	if policy != "" {
		body += `<tas:ValidationPolicy>` + policy + `</tas:ValidationPolicy>`
	}
	c.must(t, body+`</tas:Configuration></tas:SetJWTConfiguration>`)
}

// trustRoot makes a validation policy of the root and returns its ID.
func (c *clients) trustRoot(t *testing.T) string {
	t.Helper()
	return c.must(t, `<tas:CreateCertPathValidationPolicy><tas:Parameters><tas:RequireTLSWWWClientAuthExtendedKeyUsage>true</tas:RequireTLSWWWClientAuthExtendedKeyUsage></tas:Parameters>`+
		`<tas:TrustAnchor><tas:CertificateID>`+c.rootID+`</tas:CertificateID></tas:TrustAnchor></tas:CreateCertPathValidationPolicy>`).Text("./CertPathValidationPolicyID")
}

// status is that of a SOAP request with a token over HTTPS.
func (g *guarded) status(t *testing.T, token string) int {
	t.Helper()
	return g.ask(t, doors()[1], credentials{authorization: []string{"Bearer " + token}}).status
}

func TestForeignIssuerIsTrustedBySetJWTConfiguration(t *testing.T) {
	t.Parallel()
	g := &guarded{clients: newClients(t)}
	server := func(p *pki.Template) {
		p.ExtKeyUsage, p.IPAddresses = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	expired := func(p *pki.Template) { server(p); p.NotAfter = cameratest.Start().Add(-time.Second) }
	policy := g.trustRoot(t)
	root, stranger := g.root, g.authority(t, nil, "stranger")
	for _, tc := range []struct {
		what    string
		own     *tls.Certificate
		policy  string
		uri     string // of the metadata, after the issuer
		trusted bool
	}{
		{"without TLS, on this machine", nil, "", "", true},
		{"by the address of its metadata", nil, "", "/.well-known/openid-configuration", true},
		{"valid by the policy", g.certificate(t, root, "issuer", server), policy, "", true},
		{"of another root", g.certificate(t, stranger, "issuer", server), policy, "", false},
		{"expired by the camera's clock", g.certificate(t, root, "issuer", expired), policy, "", false},
		{"for another host", g.certificate(t, root, "issuer", nil), policy, "", false},
		{"of another root, without a policy", g.certificate(t, stranger, "issuer", server), "", "", true},
	} {
		f := newForeignIssuer(t, tc.own)
		token := f.mine(t, g.Clock.Now())
		if got := g.status(t, token); got != 401 {
			t.Fatalf("%s, not trusted yet: %d", tc.what, got)
		}
		g.trust(t, tc.policy, "https://192.0.2.1", f.URL+tc.uri)
		want := 401
		if tc.trusted {
			want = 200
		}
		for range 3 {
			if got := g.status(t, token); got != want {
				t.Errorf("%s: %d, want %d", tc.what, got, want)
			}
		}
		if got := g.status(t, f.token(t, g.Clock.Now(), map[string]any{"iss": f.URL})); got != 401 {
			t.Errorf("%s, for another audience: %d", tc.what, got)
		}
		if n := f.asked.Load(); tc.trusted && n != 2 || !tc.trusted && n != 0 {
			t.Errorf("%s: asked %d times", tc.what, n)
		}
	}
}

// TestCamerasWithOtherPoliciesDoNotShareKeys: what one camera was told by an
// issuer that it need not check, another one that must check it does not know.
func TestCamerasWithOtherPoliciesDoNotShareKeys(t *testing.T) {
	t.Parallel()
	lax, strict := &guarded{clients: newClients(t)}, &guarded{clients: newClients(t)}
	f := newForeignIssuer(t, lax.certificate(t, lax.authority(t, nil, "stranger"), "issuer", nil))
	lax.trust(t, "", f.URL)
	strict.trust(t, strict.trustRoot(t), f.URL)
	token := f.mine(t, lax.Clock.Now())
	if a, b := lax.status(t, token), strict.status(t, token); a != 200 || b != 401 {
		t.Errorf("without a policy %d, with one %d; want 200, 401", a, b)
	}
}

func TestIssuersAreAskedAsTheProfileAllows(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		plain     string
		unchecked bool
		http, tls int
	}{
		{"loopback", true, 200, 200}, {"any", true, 200, 200}, {"never", true, 401, 200}, {"loopback", false, 200, 401},
	} {
		g := plainCamera(t, func(p *profiles.Profile) {
			p.Auth.JWT.Issuers.PlainHTTP, p.Auth.JWT.Issuers.Unchecked = tc.plain, tc.unchecked
		})
		own := &clients{random: seed.New(1).Stream("issuer")}
		for own, want := range map[*tls.Certificate]int{nil: tc.http, own.certificate(t, own.authority(t, nil, "root"), "issuer", nil): tc.tls} {
			f := newForeignIssuer(t, own)
			g.trust(t, "", f.URL)
			if got := g.status(t, f.mine(t, g.Clock.Now())); got != want {
				t.Errorf("%s, unchecked %v, %s: %d, want %d", tc.plain, tc.unchecked, f.URL, got, want)
			}
		}
	}
}

// plainCamera is a camera that the tests of issuers change.
func plainCamera(t *testing.T, change func(*profiles.Profile)) *guarded {
	t.Helper()
	return &guarded{clients: &clients{Camera: cameratest.New(t, cameratest.Config{Listen: true, Host: host(t), Change: change})}}
}

// TestSlowIssuerHoldsUpOnlyItsOwnTokens: while it does not answer, other tokens
// and passwords open the camera, and the camera switches off at once.
func TestSlowIssuerHoldsUpOnlyItsOwnTokens(t *testing.T) {
	t.Parallel()
	g := plainCamera(t, nil)
	slow, good := newForeignIssuer(t, nil), newForeignIssuer(t, nil)
	slow.hold = make(chan struct{})
	g.trust(t, "", slow.URL, good.URL)
	statuses := make(chan int, 2)
	wait := func() {
		token := slow.mine(t, g.Clock.Now())
		go func() {
			other := &guarded{clients: g.clients}
			statuses <- other.status(t, token)
		}()
		for slow.asked.Load() < 2 {
			g.Clock.Advance(0)
		}
	}
	wait()
	if got := g.status(t, good.mine(t, g.Clock.Now())); got != 200 {
		t.Errorf("a token of another issuer: %d", got)
	}
	if a := g.As(t, "admin", "<tds:GetUsers/>"); a.Fault != "" {
		t.Errorf("a password: %s", a.Fault)
	}
	g.Clock.Advance(g.Profile.Auth.JWT.Issuers.Timeout)
	if got := <-statuses; got != 401 {
		t.Errorf("a token of the slow issuer: %d", got)
	}
	slow.asked.Store(0)
	g.Clock.Advance(time.Minute)
	wait()
	if err := g.Close(); err != nil { // it does not wait for the issuer
		t.Error(err)
	}
	if got := <-statuses; got == 200 {
		t.Error("a token was taken without a key")
	}
}

// TestContentOfAnnexAIsTakenWhenAConfiguredKeySignsIt: with the time of the
// annex and a key of the keystore; as printed, its signature is a placeholder.
func TestContentOfAnnexAIsTakenWhenAConfiguredKeySignsIt(t *testing.T) {
	t.Parallel()
	const printed = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJzZXJ2ZXIucGF0aC5jb20iLCJuYmYiOjE2NzA0ODI4MDAsImV4" +
		"cCI6MTY3MDU3MjgwMCwiYXVkIjoidGFyZ2V0LmF1ZGllbmNlIiwicm9sZXMiOlsib252aWY6T3BlcmF0b3IiXX0.SflKxw" +
		"RJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
	now := clock.NewManual(time.Date(2022, 12, 8, 12, 0, 0, 0, time.UTC))
	g := &guarded{clients: &clients{Camera: cameratest.New(t, cameratest.Config{Listen: true, Host: host(t), Clock: now})}}
	g.Clock = clock.NewManual(cameratest.Start()) // the client's, who is not to mind old certificates
	section := g.State.View().Keystore
	_, key, err := section.Chain(section.TLS.Paths[0])
	if err != nil {
		t.Fatal(err)
	}
	g.must(t, `<tas:SetJWTConfiguration><tas:Configuration><tas:Audiences>target.audience</tas:Audiences><tas:KeyID>`+key.ID+`</tas:KeyID></tas:Configuration></tas:SetJWTConfiguration>`)
	signer, err := g.Signer(key)
	if err != nil {
		t.Fatal(err)
	}
	input := printed[:strings.LastIndexByte(printed, '.')]
	signed := input + "." + es256(t, signer, input)
	for _, d := range doors() {
		if !d.secure() {
			continue
		}
		for token, want := range map[string]int{printed: 401, signed: 200} {
			if a := g.ask(t, d, credentials{authorization: []string{"Bearer " + token}}); a.status != want {
				t.Errorf("%s: %d, want %d", d.name, a.status, want)
			}
		}
		if d.soap() {
			const attributes = ` ValueType="urn:ietf:params:oauth:token-type:jwt" EncodingType="` + messageWSS + `#BinarySecurityToken"`
			for token, want := range map[string]int{printed: 400, signed: 200} {
				encoded := base64.StdEncoding.EncodeToString([]byte(token))
				if a := g.ask(t, d, credentials{security: block(encoded, attributes)}); a.status != want {
					t.Errorf("%s, annex B: %d, want %d", d.name, a.status, want)
				}
			}
		}
	}
}

// es256 signs as RFC 7518 3.4 has it.
func es256(t *testing.T, signer crypto.Signer, input string) string {
	t.Helper()
	digest := sha256.Sum256([]byte(input))
	der, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil || !ecdsa.VerifyASN1(signer.Public().(*ecdsa.PublicKey), digest[:], der) {
		t.Fatal(err)
	}
	raw := make([]byte, 64)
	rs.R.FillBytes(raw[:32])
	rs.S.FillBytes(raw[32:])
	return base64.RawURLEncoding.EncodeToString(raw)
}

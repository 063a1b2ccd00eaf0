package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/simtest"
)

// provider is an OpenID provider that is not ours: the npm package oidc-provider
// as a process of its own.
type provider struct {
	issuer string
	ca     string // file with the root of its certificate
	orders io.Writer
	lines  *bufio.Scanner
}

// startProvider starts one that serves HTTPS with a certificate of the desk.
func startProvider(t *testing.T, d desk) *provider {
	t.Helper()
	folder := filepath.Join("testdata", "issuer")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "oidc-provider")); err != nil {
		t.Fatalf("the npm package oidc-provider is missing: %v; `make npm` installs it", err)
	}
	d.openssl(t, "req", "-x509", "-CA", "root.pem", "-CAkey", "root.key", "-nodes", "-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
		"-subj", "/CN=issuer", "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=serverAuth", "-addext", "subjectAltName=IP:127.0.0.1",
		"-keyout", "issuer.key", "-out", "issuer.pem")
	config, err := json.Marshal(map[string]any{
		"audience": "urn:example:site", "roles": []string{"onvif:Operator"},
		"tls": map[string]string{"key": string(d.read(t, "issuer.key")), "cert": string(d.read(t, "issuer.pem"))},
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "node", "provider.js", string(config))
	cmd.Dir = folder
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close() //nolint:errcheck // it ends with its input
		if err := cmd.Wait(); err != nil {
			t.Errorf("provider.js: %v", err)
		}
	})
	p := &provider{ca: d.file("root.pem"), orders: in, lines: bufio.NewScanner(out)}
	p.issuer = p.answer(t)["issuer"].(string)
	return p
}

// answer is the next line of JSON that the process prints; the package prints
// notices between.
func (p *provider) answer(t *testing.T) map[string]any {
	t.Helper()
	for p.lines.Scan() {
		answer := map[string]any{}
		if json.Unmarshal(p.lines.Bytes(), &answer) == nil {
			return answer
		}
	}
	t.Fatalf("provider.js says no more: %v", p.lines.Err())
	return nil
}

// rotate has the provider sign with a new key, and publish no other.
func (p *provider) rotate(t *testing.T) {
	t.Helper()
	if _, err := io.WriteString(p.orders, "rotate\n"); err != nil {
		t.Fatal(err)
	}
	p.answer(t)
}

// token is fetched with curl, by client credentials.
func (p *provider) token(t *testing.T) string {
	t.Helper()
	r := run(t, "", "curl", "-sS", "--fail-with-body", "--cacert", p.ca, "-u", "vms:vms-secret", "-d", "grant_type=client_credentials", "-d", "scope=onvif", p.issuer+"/token").
		want(t, "curl")
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(r.stdout), &answer); err != nil || answer.Token == "" {
		t.Fatalf("%s: %v", r.stdout, err)
	}
	return answer.Token
}

// TestTokensOfAnotherOpenIDProviderOpenTheCamera: a camera is told to trust an
// issuer that knows nothing of camfleet, and by what root its certificate must be.
func TestTokensOfAnotherOpenIDProviderOpenTheCamera(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "127.0.0.1")
	p := startProvider(t, d)
	cam := simtest.Camera(t)
	seen := schematest.Collect(t)
	w, o := newWebSeen(t, cam, seen), newOfficer(t, cam.Camera, seen)
	token := p.token(t)
	open := func(what string, want int) {
		t.Helper()
		for door, a := range map[string]answer{
			"RTSPS":    describe(t, cam, cam.Streams[0].RTSPS, "Authorization: Bearer "+token),
			"SOAP":     w.post(t, cam.DeviceURLTLS, "Bearer "+token, envelope("", getDeviceInformation)),
			"snapshot": w.get(t, strings.Replace(cam.DeviceURLTLS, "/onvif/device_service", "/snapshot/main.jpg", 1), "Bearer "+token),
		} {
			if a.status != want {
				t.Errorf("%s, %s: status %d, %q, want %d", what, door, a.status, a.challenges(), want)
			}
		}
	}
	open("not trusted", http.StatusUnauthorized)
	trust := func(policy, claim string) {
		t.Helper()
		o.must(t, "SetJWTConfiguration", element("Configuration", element("Audiences", "urn:example:other urn:example:site"),
			element("TrustedIssuers", p.issuer+"/.well-known/openid-configuration"), element("ValidationPolicy", policy),
			element("CustomClaims", element("Name", "client_id"), element("SupportedValues", claim))))
	}
	policy := func(file string) string {
		t.Helper()
		return text(o.must(t, "CreateCertPathValidationPolicy", element("Parameters"), element("TrustAnchor", element("CertificateID", o.upload(t, d, file)))), "CertPathValidationPolicyID")
	}
	right, wrong := policy("root.pem"), policy("middle.pem")
	trust(wrong, "vms")
	open("its certificate is of another authority", http.StatusUnauthorized)
	trust(right, "vms")
	open("trusted", http.StatusOK)
	trust(right, "nobody")
	open("with another custom claim", http.StatusUnauthorized)
	trust(right, "vms")
	p.rotate(t)
	old := token
	token = p.token(t)
	open("signed with a new key", http.StatusOK)
	token = old
	open("signed with a key that is published no more", http.StatusUnauthorized)
	r := run(t, "", "curl", "-sS", "--cacert", writeFile(t, "ca.pem", cam.Fleet.Info().CA), "--oauth2-bearer", p.token(t),
		"-H", "Content-Type: application/soap+xml", "--data-binary", envelope("", getDeviceInformation), "-w", "%{http_code}", cam.DeviceURLTLS).want(t, "curl")
	if !strings.HasSuffix(r.stdout, "200") {
		t.Errorf("curl --oauth2-bearer: %s", tail(r.stdout))
	}
}

func TestRevokedTokenOpensNothingMore(t *testing.T) {
	t.Parallel()
	cam := simtest.Camera(t)
	w := newWeb(t, cam)
	token := cam.Token("Operator")
	open := func(want int) {
		t.Helper()
		for door, a := range map[string]answer{
			"RTSPS": describe(t, cam, cam.Streams[0].RTSPS, "Authorization: Bearer "+token),
			"SOAP":  w.post(t, cam.DeviceURLTLS, "Bearer "+token, envelope("", getDeviceInformation)),
		} {
			if told := strings.Contains(strings.Join(a.challenges(), "\n"), `error_description="The access token was revoked"`); a.status != want || told != (want == 401) {
				t.Errorf("%s: status %d, %q, want %d", door, a.status, a.challenges(), want)
			}
		}
	}
	open(http.StatusOK)
	if _, err := cam.Fleet.Revoke(api.Revocation{Token: token}); err != nil {
		t.Fatal(err)
	}
	open(http.StatusUnauthorized)
	token = cam.Token("Operator") // another one
	open(http.StatusOK)
}

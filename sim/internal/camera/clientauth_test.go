package camera_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/tpm"
)

// clients is a camera with TLS and an authority that makes certificates for its
// clients; the camera knows the root and the authority below it.
type clients struct {
	*cameratest.Camera
	random       *seed.Stream
	root, middle *pki.Authority
	rootID       string
}

func newClients(t *testing.T) *clients {
	t.Helper()
	host, err := tpm.StartHost(t.Context(), tpm.HostConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &clients{random: seed.New(1).Stream("clients"), Camera: cameratest.New(t, cameratest.Config{Host: host, Listen: true})}
	c.root = c.authority(t, nil, "root")
	c.middle = c.authority(t, c.root, "middle")
	err = c.State.Update(func(tx *state.Tx) error {
		for _, a := range []*pki.Authority{c.middle, c.root} {
			added, err := tx.Keystore().AddCertificate(keystore.NewCertificate{DER: a.Certificate.Raw}, tx.Random())
			if err != nil {
				return err
			}
			c.rootID = added.ID
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *clients) authority(t *testing.T, above *pki.Authority, name string) *pki.Authority {
	t.Helper()
	key, err := pki.NewKey(c.random)
	if err != nil {
		t.Fatal(err)
	}
	template := pki.Template{Subject: pkix.Name{CommonName: name}, NotBefore: cameratest.Start().Add(-time.Hour), NotAfter: pki.Forever(), MaxPath: 3}
	var a *pki.Authority
	if above == nil {
		a, err = pki.NewAuthority(template, key, c.random)
	} else {
		a, err = above.Authority(template, key, c.random)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// certificate makes a client's certificate; change may spoil it.
func (c *clients) certificate(t *testing.T, by *pki.Authority, name string, change func(*pki.Template)) *tls.Certificate {
	t.Helper()
	key, err := pki.NewKey(c.random)
	if err != nil {
		t.Fatal(err)
	}
	template := pki.Template{
		Subject: pkix.Name{CommonName: name}, NotBefore: cameratest.Start().Add(-time.Hour), NotAfter: cameratest.Start().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(&template)
	}
	der, err := by.Issue(template, key.Public(), c.random)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// policy makes the TLS server demand certificates of clients of the root.
func (c *clients) policy(t *testing.T) {
	t.Helper()
	a := c.must(t, `<tas:CreateCertPathValidationPolicy><tas:Parameters><tas:RequireTLSWWWClientAuthExtendedKeyUsage>true</tas:RequireTLSWWWClientAuthExtendedKeyUsage></tas:Parameters>`+
		`<tas:TrustAnchor><tas:CertificateID>`+c.rootID+`</tas:CertificateID></tas:TrustAnchor></tas:CreateCertPathValidationPolicy>`)
	c.must(t, `<tas:AddCertPathValidationPolicyAssignment><tas:CertPathValidationPolicyID>`+a.Text("./CertPathValidationPolicyID")+
		`</tas:CertPathValidationPolicyID></tas:AddCertPathValidationPolicyAssignment>`)
	c.must(t, `<tas:SetClientAuthenticationRequired><tas:clientAuthenticationRequired>true</tas:clientAuthenticationRequired></tas:SetClientAuthenticationRequired>`)
}

func (c *clients) must(t *testing.T, body string) cameratest.Answer {
	t.Helper()
	a := c.As(t, "admin", body)
	if a.Fault != "" {
		t.Fatalf("%s: %s", body, a.Body)
	}
	return a
}

// ask connects with a certificate, or none, and sends a request of HTTP or RTSP;
// the status is 0 if the connection ends instead.
func (c *clients) ask(t *testing.T, protocol device.ProtocolName, version uint16, own *tls.Certificate, request string) int {
	t.Helper()
	conn, err := net.Dial("tcp", c.Addresses[protocol])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it is over
	config := c.TLS()
	config.MinVersion, config.MaxVersion = version, version
	config.Time = cameratest.Start
	if own != nil {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own, nil }
	}
	secured := tls.Client(conn, config)
	if _, err := io.WriteString(secured, request); err != nil {
		return 0
	}
	line, err := bufio.NewReader(secured).ReadString('\n')
	if err != nil {
		return 0
	}
	var status int
	if _, err := fmt.Sscanf(line[strings.IndexByte(line, ' ')+1:], "%d", &status); err != nil {
		t.Errorf("%q: %v", line, err)
	}
	return status
}

const options = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"

func soapRequest(body string) string {
	return request("POST", "/onvif/device_service", "", cameratest.Envelope("", body))
}

func TestClientsNeedAValidCertificate(t *testing.T) {
	t.Parallel()
	c := newClients(t)
	revoked := c.certificate(t, c.root, "revoked", nil)
	leaf, err := x509.ParseCertificate(revoked.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	list, err := x509.CreateRevocationList(c.random, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: cameratest.Start().Add(-time.Hour), NextUpdate: cameratest.Start().Add(time.Hour),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: leaf.SerialNumber, RevocationTime: cameratest.Start().Add(-time.Hour)}},
	}, c.root.Certificate, c.root.Key)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.State.Update(func(tx *state.Tx) error { _, err := tx.Keystore().AddCRL(list, "", tx.Random()); return err }); err != nil {
		t.Fatal(err)
	}
	stranger := c.authority(t, nil, "root")
	cases := map[string]struct {
		own   *tls.Certificate
		valid bool
	}{
		"none":        {},
		"good":        {c.certificate(t, c.root, "good", nil), true},
		"in between":  {c.certificate(t, c.middle, "good", nil), true},
		"expired":     {own: c.certificate(t, c.root, "old", func(p *pki.Template) { p.NotAfter = cameratest.Start().Add(-time.Second) })},
		"too early":   {own: c.certificate(t, c.root, "new", func(p *pki.Template) { p.NotBefore = cameratest.Start().Add(time.Second) })},
		"revoked":     {own: revoked},
		"another's":   {own: c.certificate(t, stranger, "good", nil)},
		"of a server": {own: c.certificate(t, c.root, "server", func(p *pki.Template) { p.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })},
	}
	all := func(required bool) {
		for name, tc := range cases {
			for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
				for protocol, request := range map[device.ProtocolName]string{device.HTTPS: soapRequest(getHostname), device.RTSPS: options} {
					if status, want := c.ask(t, protocol, version, tc.own, request), tc.valid || !required; (status == http.StatusOK) != want {
						t.Errorf("%s, %s, TLS %x, required %v: status %d", name, protocol, version, required, status)
					}
				}
			}
		}
	}
	all(false)
	c.policy(t)
	all(true)
	c.must(t, `<tas:SetClientAuthenticationRequired><tas:clientAuthenticationRequired>false</tas:clientAuthenticationRequired></tas:SetClientAuthenticationRequired>`)
	all(false)
}

func TestCommonNameIsTheUser(t *testing.T) {
	t.Parallel()
	c := newClients(t)
	c.policy(t)
	admin, viewer := c.certificate(t, c.root, "admin", nil), c.certificate(t, c.root, "viewer", nil)
	nobody, twice := c.certificate(t, c.root, "nobody", nil), c.certificate(t, c.root, "admin", func(p *pki.Template) {
		p.Subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: []int{2, 5, 4, 3}, Value: "viewer"}, {Type: []int{2, 5, 4, 3}, Value: "admin"}}
	})
	ask := func(own *tls.Certificate, request string, want int) {
		t.Helper()
		protocol := device.HTTPS
		if strings.Contains(request, "RTSP/1.0") {
			protocol = device.RTSPS
		}
		if got := c.ask(t, protocol, tls.VersionTLS13, own, request); got != want {
			t.Errorf("%.60q: status %d, want %d", request, got, want)
		}
	}
	users, interfaces := soapRequest("<tds:GetUsers/>"), soapRequest("<tds:GetNetworkInterfaces/>")
	snapshot := request("GET", "/snapshot/main.jpg", "", "")
	describe := "DESCRIBE rtsps://camera/main RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n"
	ask(admin, users, 401) // the Core specification's methods, as before
	ask(nobody, describe, 401)
	c.must(t, `<tas:SetCnMapsToUser><tas:cnMapsToUser>true</tas:cnMapsToUser></tas:SetCnMapsToUser>`)
	for own, want := range map[*tls.Certificate][5]int{
		admin: {200, 200, 200, 200, 200}, viewer: {403, 200, 200, 200, 200}, nobody: {403, 403, 200, 403, 403}, twice: {403, 403, 200, 403, 403},
	} {
		for i, request := range []string{users, interfaces, soapRequest(getHostname), snapshot, describe} {
			ask(own, request, want[i])
		}
	}
	token := cameratest.UsernameToken("admin", cameratest.Password, "n", cameratest.Start())
	ask(nobody, request("POST", "/onvif/device_service", "", cameratest.Envelope(token, "<tds:GetUsers/>")), 403) // nothing else counts
	if a := c.As(t, "admin", "<tds:GetUsers/>"); a.Fault != "" {
		t.Errorf("without TLS: %s", a.Fault)
	}
}

// TestOpenSSLShowsItsCertificate proves the same with the usual tool.
func TestOpenSSLShowsItsCertificate(t *testing.T) {
	t.Parallel()
	c := newClients(t)
	c.policy(t)
	dir := t.TempDir()
	own := c.certificate(t, c.root, "good", nil)
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "own.pem")
	both := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	if err := os.WriteFile(file, both, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, protocol := range []device.ProtocolName{device.HTTPS, device.RTSPS} {
		request := options
		if protocol == device.HTTPS {
			request = "GET /nowhere HTTP/1.0\r\n\r\n"
		}
		for _, more := range [][]string{{"-cert", file, "-key", file}, nil} {
			line, errs := sClient(t, c.Addresses[protocol], request, more...)
			if served := strings.Contains(line, "/1."); served != (more != nil) {
				t.Errorf("%s, certificate %v: %q\n%s", protocol, more != nil, line, errs)
			}
			if more == nil && !strings.Contains(errs, "certificate required") {
				t.Errorf("%s: no alert:\n%s", protocol, errs)
			}
		}
	}
}

// sClient runs openssl s_client until the first line of the answer, or until it
// gives up, and returns that line and what it complained of.
func sClient(t *testing.T, address, request string, more ...string) (line, errs string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := exec.CommandContext(ctx, "openssl", append([]string{"s_client", "-quiet", "-connect", address}, more...)...)
	var complaints strings.Builder
	cmd.Stdin, cmd.Stderr = strings.NewReader(request), &complaints
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, _ = bufio.NewReader(out).ReadString('\n') // "" if it gave up
	cancel()
	_ = cmd.Wait() // it was killed, or gave up
	return line, complaints.String()
}

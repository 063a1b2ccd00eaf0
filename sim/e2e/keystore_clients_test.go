package e2e

import (
	"bufio"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

// client makes a client's key and certificate, NAME.key and NAME.pem with the
// intermediate's below, with a common name and a section of extensions.
func (d desk) client(t testing.TB, name, common, extensions string, more ...string) {
	t.Helper()
	d.openssl(t, "req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN="+common, "-keyout", name+".key", "-out", name+".csr")
	d.sign(t, name, extensions, more...)
}

// clients are the certificates of the tests, by the names of their files.
func (d desk) clients(t testing.TB) {
	t.Helper()
	instant := func(after time.Duration) string { return time.Now().Add(after).UTC().Format("20060102150405Z") }
	d.client(t, "good", "somebody", "client")
	d.client(t, "operator", "operator", "client")
	d.client(t, "viewer", "viewer", "client")
	d.client(t, "expired", "somebody", "client", "-startdate", instant(-2*time.Hour), "-enddate", instant(-time.Hour))
	d.client(t, "early", "somebody", "client", "-startdate", instant(time.Hour), "-enddate", instant(2*time.Hour))
	d.client(t, "usage", "somebody", "server")
	d.client(t, "revoked", "somebody", "client")
	d.openssl(t, "ca", "-config", "ca.cnf", "-revoke", "revoked.pem")
	d.openssl(t, "ca", "-config", "ca.cnf", "-gencrl", "-out", "crl.pem")
	// A namesake of the intermediate, with a key of its own.
	d.openssl(t, "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "30", "-subj", "/CN=desk middle", "-keyout", "stranger.ca.key", "-out", "stranger.ca.pem")
	d.client(t, "stranger", "somebody", "client", "-cert", "stranger.ca.pem", "-keyfile", "stranger.ca.key")
}

// everyClient are the names of the certificates; "": none.
func everyClient() []string {
	return []string{"", "good", "operator", "viewer", "expired", "early", "usage", "revoked", "stranger"}
}

// overHTTPS has curl set the host name with a client's certificate; the answer
// is the HTTP status, 0 if the connection was ended instead.
func (d desk) overHTTPS(t testing.TB, fleet *running, client, body string, login bool) (status int) {
	t.Helper()
	c, header := fleet.Cameras[0], ""
	if login {
		header = usernameTokenAt(time.Now(), "admin", "camfleet")
	}
	args := []string{
		"-sS", "--cacert", writeFile(t, "ca.pem", fleet.CA), "-H", "Content-Type: application/soap+xml", "-o", "answer", "-w", "%{http_code}",
		"-d", envelope(header, body),
	}
	if client != "" {
		args = append(args, "--cert", client+".pem", "--key", client+".key")
	}
	r := runIn(t, d.dir, "", "curl", append(args, c.DeviceURLTLS)...)
	if _, err := fmt.Sscan(r.stdout, &status); err != nil {
		t.Fatalf("curl: %v\n%s%s", err, r.stdout, r.stderr)
	}
	if (status == 0) != (r.code != 0 && strings.Contains(r.stderr, "alert")) {
		t.Errorf("%s: status %d, exit code %d: %s", client, status, r.code, r.stderr)
	}
	return status
}

// overRTSPS has OpenSSL ask for a stream's description with a client's
// certificate; the answer is the RTSP status, 0 if the connection was ended
// instead.
func (d desk) overRTSPS(t testing.TB, fleet *running, client string) (status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := fleet.Cameras[0]
	args := []string{"s_client", "-quiet", "-connect", doors(c)["RTSPS"], "-CAfile", writeFile(t, "ca.pem", fleet.CA), "-verify_return_error"}
	if client != "" {
		args = append(args, "-cert", client+".pem", "-key", client+".key")
	}
	cmd := exec.CommandContext(ctx, "openssl", args...)
	cmd.Dir, cmd.Stdin = d.dir, strings.NewReader("DESCRIBE "+c.Streams[0].RTSPS+" RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n")
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n') //nolint:errcheck // nothing came: checked below
	cancel()
	cmd.Wait() //nolint:errcheck // it was ended
	if line == "" {
		if !strings.Contains(said.String(), "alert") {
			t.Errorf("%s: ended without an alert: %s", client, said.String())
		}
		return 0
	}
	if _, status, _, err = splitStatus(strings.TrimSpace(line)); err != nil {
		t.Errorf("%q: %v", line, err)
	}
	return status
}

// policy makes a policy that trusts a certificate and may ask for the extended
// key usage of clients.
func (o officer) policy(t testing.TB, anchor string, usage bool) string {
	t.Helper()
	return text(o.must(t, "CreateCertPathValidationPolicy",
		element("Parameters", element("RequireTLSWWWClientAuthExtendedKeyUsage", fmt.Sprint(usage))),
		element("TrustAnchor", element("CertificateID", anchor))), "CertPathValidationPolicyID")
}

const (
	getUsers    = `<GetUsers xmlns="http://www.onvif.org/ver10/device/wsdl"/>`                                            // READ_SYSTEM_SECRET
	getScopes   = `<GetScopes xmlns="http://www.onvif.org/ver10/device/wsdl"/>`                                           // READ_SYSTEM
	setHostname = `<SetHostname xmlns="http://www.onvif.org/ver10/device/wsdl"><Name>by-certificate</Name></SetHostname>` // WRITE_SYSTEM
)

// admitted are the clients whose handshake succeeds.
type admitted map[string]bool

// checkAll asks with every certificate over both doors; who is admitted gets
// the answers that the credentials deserve, the others no connection.
func (d desk) checkAll(t *testing.T, fleet *running, what string, who admitted) {
	t.Helper()
	for _, client := range everyClient() {
		want := map[bool]int{false: 0, true: 401}[who[client]]
		if got := d.overRTSPS(t, fleet, client); got != want {
			t.Errorf("%s, %q over RTSPS: status %d, want %d", what, client, got, want)
		}
		for login, status := range map[bool]int{false: 401, true: 200} {
			if !who[client] {
				status = 0 // other credentials are ignored (Security 5.3.2)
			}
			if got := d.overHTTPS(t, fleet, client, getUsers, login); got != status {
				t.Errorf("%s, %q over HTTPS, login %v: status %d, want %d", what, client, login, got, status)
			}
		}
	}
}

// TestOpenSSLAndCurlAreLetInByTheirCertificates follows Figure 6 of Security
// 5.3.2 with a chain, a revocation list and policies that came in by the
// service.
func TestOpenSSLAndCurlAreLetInByTheirCertificates(t *testing.T) {
	t.Parallel()
	fleet, seen := up(t, "-n", "1", "--profile", "flagship"), schematest.Collect(t)
	c := fleet.Cameras[0]
	o, d := newOfficer(t, c, seen), newDesk(t, c.Address)
	d.clients(t)
	everybody := admitted{}
	for _, client := range everyClient() {
		everybody[client] = true
	}
	without := func(clients ...string) admitted {
		rest := admitted{}
		for client := range everybody {
			rest[client] = true
		}
		for _, client := range clients {
			delete(rest, client)
		}
		return rest
	}
	d.checkAll(t, fleet, "not required", everybody)

	root := o.upload(t, d, "root.pem")
	o.upload(t, d, "middle.pem")
	lax, strict := o.policy(t, root, false), o.policy(t, root, true)
	o.must(t, "AddCertPathValidationPolicyAssignment", element("CertPathValidationPolicyID", lax))
	o.must(t, "SetClientAuthenticationRequired", element("clientAuthenticationRequired", "true"))
	d.checkAll(t, fleet, "any usage", without("", "expired", "early", "stranger"))

	o.must(t, "ReplaceCertPathValidationPolicyAssignment", element("OldCertPathValidationPolicyID", lax), element("NewCertPathValidationPolicyID", strict))
	crl := text(o.must(t, "UploadCRL", element("Crl", d.openssl(t, "crl", "-in", "crl.pem").base64(t)), element("Alias", "gone")), "CrlID")
	d.checkAll(t, fleet, "usage and revocation", without("", "expired", "early", "stranger", "usage", "revoked"))

	o.must(t, "DeleteCRL", element("CrlID", crl))
	d.checkAll(t, fleet, "revocation forgotten", without("", "expired", "early", "stranger", "usage"))

	o.must(t, "SetCnMapsToUser", element("cnMapsToUser", "true"))
	for client, want := range map[string]struct{ read, secret, write, rtsp int }{
		"good": {403, 403, 403, 403}, "operator": {200, 403, 403, 200}, "viewer": {200, 403, 403, 200}, "expired": {},
	} {
		got := want
		got.rtsp = d.overRTSPS(t, fleet, client)
		got.read = d.overHTTPS(t, fleet, client, getScopes, false)
		got.secret = d.overHTTPS(t, fleet, client, getUsers, true) // the administrator's password is ignored
		got.write = d.overHTTPS(t, fleet, client, setHostname, false)
		if got != want {
			t.Errorf("%s, the common name is the user: %+v, want %+v", client, got, want)
		}
	}
	o.must(t, "SetCnMapsToUser", element("cnMapsToUser", "false"))
	o.must(t, "SetClientAuthenticationRequired", element("clientAuthenticationRequired", "false"))
	d.checkAll(t, fleet, "not required any more", everybody)
}

package conformance

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/tpm"
)

const (
	admin      = "admin"
	devicePath = "/onvif/device_service"
)

// session is a client that runs a case against a camera, over HTTP and HTTPS.
type session struct {
	*testing.T // the case
	host       *tpm.Host
	camera     *cameratest.Camera
	features   *features
	check      *schematest.Collector
	client     *http.Client
	ring       *keyring
	undo       []func()
}

// finally puts something right at the end of the case, the latest first. The
// functions of Cleanup come too late for it: requests are over by then.
func (s *session) finally(f func()) { s.undo = append(s.undo, f) }

// unwind does what was put off.
func (s *session) unwind() {
	for len(s.undo) > 0 {
		last := len(s.undo) - 1
		f := s.undo[last]
		s.undo = s.undo[:last]
		f()
	}
}

// post sends a request and has the answer checked against the schemas.
func (s *session) post(url, as, header, body string) cameratest.Answer {
	s.Helper()
	return s.postBy(s.client, url, as, []byte(cameratest.Envelope(header, body)))
}

// postBy posts a whole envelope by a client of the case's own.
func (s *session) postBy(client *http.Client, url, as string, envelope []byte) cameratest.Answer {
	s.Helper()
	resp, b := cameratest.Do(s, client, http.MethodPost, url, as, envelope)
	a := cameratest.Read(s, resp.StatusCode, resp.Header, b)
	if a.Root != nil {
		s.check.Add("", b)
	}
	return a
}

// url is the address of the service that a request belongs to.
func (s *session) url(body string) string {
	prefix, _, _ := strings.Cut(strings.TrimPrefix(body, "<"), ":")
	if prefix == "wsnt" {
		prefix = "tev"
	}
	return s.features.addresses[prefix]
}

// do sends a request as the administrator; a fault ends the case.
func (s *session) do(body string) cameratest.Answer {
	s.Helper()
	a := s.post(s.url(body), admin, "", body)
	if a.Fault != "" || a.Root == nil {
		s.Fatalf("%.400s: %d %s", body, a.Status, a.Body)
	}
	s.check.Add("", []byte(cameratest.Envelope("", body)))
	return a
}

// refused sends a request that is to end in a fault and to change nothing.
func (s *session) refused(fault, body string) {
	s.Helper()
	before := s.camera.State.View()
	if a := s.post(s.url(body), admin, "", body); a.Fault != fault {
		s.Errorf("%.400s: fault %q, want %q\n%s", body, a.Fault, fault, a.Body)
	}
	if after := s.camera.State.View(); after != before {
		s.Errorf("%.400s: the camera has changed: keystore %v, device %v, users %v, media %v, jobs %v", body, after.Keystore != before.Keystore,
			after.Device != before.Device, after.Users != before.Users, after.Media != before.Media, after.Jobs != before.Jobs)
	}
}

// want fails the case unless two texts are equal.
func (s *session) want(what, got, want string) {
	s.Helper()
	if got != want {
		s.Errorf("%s: %q, want %q", what, got, want)
	}
}

// The faults that many cases want.
const (
	argument = "env:Sender/ter:InvalidArgVal"
	action   = "env:Receiver/ter:Action"
)

// element writes an element with a prefixed name.
func element(name string, content ...string) string {
	return "<" + name + ">" + strings.Join(content, "") + "</" + name + ">"
}

func tas(name string, content ...string) string { return element("tas:"+name, content...) }
func tds(name string, content ...string) string { return element("tds:"+name, content...) }
func tt(name string, content ...string) string  { return element("tt:"+name, content...) }

func encode(der []byte) string { return base64.StdEncoding.EncodeToString(der) }

// bytesAt is the text of an element as binary data.
func (s *session) bytesAt(a cameratest.Answer, path string) []byte {
	s.Helper()
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(a.Text(path)), ""))
	if err != nil || len(b) == 0 {
		s.Fatalf("%s: %v\n%s", path, err, a.Body)
	}
	return b
}

func itoa(n int) string { return strconv.Itoa(n) }

func atoi(s *session, text string) int {
	s.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		s.Fatal(err)
	}
	return n
}

// file writes a file for a program.
func (s *session) file(name string, content []byte) string {
	s.Helper()
	path := filepath.Join(s.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		s.Fatal(err)
	}
	return path
}

// read is the content of a file.
func (s *session) read(path string) []byte {
	s.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		s.Fatal(err)
	}
	return b
}

// openssl runs openssl, which is to succeed, and returns what it says.
func (s *session) openssl(arguments ...string) string {
	s.Helper()
	cmd := exec.CommandContext(s.Context(), "openssl", arguments...)
	cmd.Stdin = bytes.NewReader(nil)
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.Errorf("openssl %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return string(out)
}

// trusting is an HTTP client that trusts any server and shows a certificate of
// its own, if there is one.
func (s *session) trusting(own *tls.Certificate) *http.Client {
	config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // the server's path is what the case looks at
	if own != nil {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own, nil }
	}
	transport := &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}
	s.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// parse reads a certificate.
func (s *session) parse(der []byte) *x509.Certificate {
	s.Helper()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		s.Fatal(err)
	}
	return c
}

// space is the namespace of a prefix.
func (s *session) space(prefix string) string {
	s.Helper()
	space, ok := soap.SpaceOf(prefix)
	if !ok {
		s.Fatalf("no namespace has the prefix %s", prefix)
	}
	return space
}

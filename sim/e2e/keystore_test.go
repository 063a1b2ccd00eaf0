package e2e

import (
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

// officer is the administrator of a camera's keystore. He asks over plain HTTP,
// so that what he does to the TLS server is nothing to him; his answers are
// checked against the schemas when the test ends.
type officer struct {
	camera api.Camera
	client *http.Client
	seen   *schematest.Collector // nil: not checked
}

// newOfficer returns the administrator of a camera.
func newOfficer(t testing.TB, c api.Camera, seen *schematest.Collector) officer {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return officer{c, &http.Client{Transport: transport, Timeout: patience}, seen}
}

// try asks and returns the child of the answer's Body, or why there is none.
func (o officer) try(t testing.TB, operation string, parameters ...string) (*etree.Element, error) {
	t.Helper()
	body := "<" + operation + ` xmlns="http://www.onvif.org/ver10/advancedsecurity/wsdl">` + strings.Join(parameters, "") + "</" + operation + ">"
	message := envelope(usernameTokenAt(time.Now(), "admin", "camfleet"), body)
	resp, err := o.client.Post(o.camera.DeviceURL, "application/soap+xml; charset=utf-8", strings.NewReader(message)) //nolint:noctx // it has a time limit
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if o.seen != nil {
		check(o.seen, message, resp.StatusCode, resp.Header.Get("Content-Type"), answer)
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(answer); err != nil {
		return nil, err
	}
	return doc.FindElement("/Envelope/Body/*"), nil
}

// must asks for what is to be granted.
func (o officer) must(t testing.TB, operation string, parameters ...string) *etree.Element {
	t.Helper()
	answer, err := o.try(t, operation, parameters...)
	if err != nil || answer == nil || answer.Tag != operation+"Response" {
		t.Fatalf("%s: %v, fault %s", operation, err, faultOf(answer))
	}
	return answer
}

// faultOf is the innermost subcode of a fault; "": it is none.
func faultOf(answer *etree.Element) string {
	if answer == nil || answer.Tag != "Fault" {
		return ""
	}
	var code string
	for _, v := range answer.FindElements(".//Value") {
		code = v.Text()
	}
	return code + " " + text(answer, "Reason/Text")
}

// element is a parameter with a text or other elements inside.
func element(name string, content ...string) string {
	return "<" + name + ">" + strings.Join(content, "") + "</" + name + ">"
}

// awaitKey waits for a key to be made and returns its status.
func (o officer) awaitKey(t testing.TB, id string) (status string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for status = "generating"; status == "generating"; <-tick.C {
		status = text(o.must(t, "GetKeyStatus", element("KeyID", id)), "KeyStatus")
	}
	return status
}

// key makes a key pair: of RSA with a number of bits, or of a curve.
func (o officer) key(t testing.TB, kind string) (id string) {
	t.Helper()
	if strings.HasPrefix(kind, "secp") {
		id = text(o.must(t, "CreateECCKeyPair", element("EllipticCurve", kind), element("Alias", kind)), "KeyID")
	} else {
		id = text(o.must(t, "CreateRSAKeyPair", element("KeyLength", kind), element("Alias", kind)), "KeyID")
	}
	if status := o.awaitKey(t, id); status != "ok" {
		t.Fatalf("key %s of %s is %s", id, kind, status)
	}
	return id
}

// upload uploads a certificate of the desk and returns its ID.
func (o officer) upload(t testing.TB, d desk, file string) string {
	t.Helper()
	return text(o.must(t, "UploadCertificate", element("Certificate", d.der(t, file)), element("Alias", file)), "CertificateID")
}

// path makes a certification path.
func (o officer) path(t testing.TB, certificates ...string) string {
	t.Helper()
	var list []string
	for _, id := range certificates {
		list = append(list, element("CertificateID", id))
	}
	return text(o.must(t, "CreateCertificationPath", element("CertificateIDs", list...)), "CertificationPathID")
}

// certify has a key certified by the desk's intermediate and returns the path
// of its certificate and the intermediate's.
func (o officer) certify(t testing.TB, d desk, key, kind, name, middle string) string {
	t.Helper()
	algorithm := "1.2.840.113549.1.1.11" // sha256WithRSAEncryption
	if strings.HasPrefix(kind, "secp") {
		algorithm = "1.2.840.10045.4.3.2" // ecdsa-with-SHA256
	}
	request := o.must(t, "CreatePKCS10CSR", element("Subject", element("Country", "DE"), element("CommonName", name)),
		element("KeyID", key), element("SignatureAlgorithm", element("algorithm", algorithm)))
	d.store(t, name+".der", text(request, "PKCS10CSR"))
	d.openssl(t, "req", "-inform", "DER", "-in", name+".der", "-verify", "-out", name+".csr", "-subject")
	if r := d.read(t, name+".csr"); !strings.Contains(string(r), "CN = "+name) {
		t.Errorf("the request is for somebody else:\n%s", r)
	}
	d.sign(t, name, "server")
	leaf := text(o.must(t, "UploadCertificate", element("Certificate", d.der(t, name+".pem")), element("Alias", name),
		element("PrivateKeyRequired", "true")), "CertificateID")
	return o.path(t, leaf, middle)
}

// assigned are the paths of the TLS server.
func (o officer) assigned(t testing.TB) (ids []string) {
	t.Helper()
	for _, e := range o.must(t, "GetAssignedServerCertificates").SelectElements("CertificationPathID") {
		ids = append(ids, e.Text())
	}
	return ids
}

// serve puts a path in the place of the only one the TLS server has.
func (o officer) serve(t testing.TB, path string) {
	t.Helper()
	o.must(t, "ReplaceServerCertificateAssignment", element("OldCertificationPathID", o.assigned(t)[0]), element("NewCertificationPathID", path))
}

// desk is a folder where OpenSSL is an authority: root.pem has certified
// middle.pem, and that certifies whoever asks.
type desk struct{ dir string }

// deskConfig is what `openssl ca` works with.
const deskConfig = `[ca]
default_ca = middle
[middle]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
certificate = middle.pem
private_key = middle.key
default_md = sha256
default_days = 30
default_crl_days = 30
unique_subject = no
policy = any
[any]
countryName = optional
commonName = supplied
[server]
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = IP:ADDRESS
[client]
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = clientAuth
`

// newDesk opens an authority for servers at an address, with keys of ECDSA or
// what newKey, flags of openssl req, says.
func newDesk(t testing.TB, address string, newKey ...string) desk {
	t.Helper()
	d := desk{t.TempDir()}
	d.write(t, "ca.cnf", strings.Replace(deskConfig, "ADDRESS", address, 1))
	d.write(t, "index.txt", "")
	d.write(t, "serial", "1000\n")
	d.write(t, "crlnumber", "01\n")
	if newKey == nil {
		newKey = []string{"ec", "-pkeyopt", "ec_paramgen_curve:P-256"}
	}
	authority := append([]string{
		"-nodes", "-days", "30", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-newkey",
	}, newKey...)
	d.openssl(t, append([]string{"req", "-x509", "-subj", "/CN=desk root", "-keyout", "root.key", "-out", "root.pem"}, authority...)...)
	d.openssl(t, append([]string{"req", "-x509", "-subj", "/CN=desk middle", "-CA", "root.pem", "-CAkey", "root.key", "-keyout", "middle.key", "-out", "middle.pem"}, authority...)...)
	return d
}

func (d desk) file(name string) string { return filepath.Join(d.dir, name) }

func (d desk) write(t testing.TB, name, content string) {
	t.Helper()
	if err := os.WriteFile(d.file(name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (d desk) read(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(d.file(name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// store keeps what came in an answer, in base64.
func (d desk) store(t testing.TB, name, content string) {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(content)
	if err != nil {
		t.Fatal(err)
	}
	d.write(t, name, string(raw))
}

// der is a file of PEM as it goes into a request.
func (d desk) der(t testing.TB, name string) string {
	t.Helper()
	return d.openssl(t, "x509", "-in", name).base64(t)
}

// base64 takes the lines around PEM away.
func (r result) base64(t testing.TB) string {
	t.Helper()
	var content strings.Builder
	for line := range strings.Lines(r.stdout) {
		if !strings.HasPrefix(line, "-----") {
			content.WriteString(strings.TrimSpace(line))
		}
	}
	return content.String()
}

// openssl runs in the folder.
func (d desk) openssl(t testing.TB, args ...string) result {
	t.Helper()
	return runIn(t, d.dir, "", "openssl", args...).want(t, "openssl "+strings.Join(args, " "))
}

// sign certifies NAME.csr as NAME.pem, with a section of extensions.
func (d desk) sign(t testing.TB, name, extensions string, more ...string) {
	t.Helper()
	args := []string{"ca", "-config", "ca.cnf", "-batch", "-notext", "-rand_serial", "-extensions", extensions, "-in", name + ".csr", "-out", name + ".pem"}
	d.openssl(t, append(args, more...)...)
}

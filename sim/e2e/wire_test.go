package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // what WS-UsernameToken demands
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/simtest"
)

// answer is what a camera answered, over RTSP or HTTP.
type answer struct {
	status int
	header textproto.MIMEHeader
	body   string
}

// challenges are the values of its WWW-Authenticate headers.
func (a answer) challenges() []string { return a.header["Www-Authenticate"] }

// describe asks for a stream's description, with further header lines, on a
// connection of its own. It checks the server's certificate.
func describe(t testing.TB, cam *simtest.Cam, address string, lines ...string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"rtsp": "554", "rtsps": "322"}[u.Scheme]
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		t.Fatal(err)
	}
	if u.Scheme == "rtsps" {
		conn = tls.Client(conn, cam.TLS())
	}
	lines = append([]string{"DESCRIBE " + address + " RTSP/1.0", "CSeq: 1", "Accept: application/sdp"}, lines...)
	if _, err := io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	a, err := readAnswer(bufio.NewReader(conn))
	if err != nil {
		t.Fatalf("DESCRIBE %s: %v", address, err)
	}
	return a
}

// readAnswer reads an answer of RTSP (RFC 2326 7).
func readAnswer(in *bufio.Reader) (a answer, err error) {
	text := textproto.NewReader(in)
	line, err := text.ReadLine()
	if err != nil {
		return a, err
	}
	if _, a.status, _, err = splitStatus(line); err != nil {
		return a, err
	}
	if a.header, err = text.ReadMIMEHeader(); err != nil {
		return a, err
	}
	size, _ := strconv.Atoi(a.header.Get("Content-Length")) //nolint:errcheck // none is 0
	body := make([]byte, size)
	_, err = io.ReadFull(in, body)
	a.body = string(body)
	return a, err
}

// splitStatus takes a status line apart.
func splitStatus(line string) (protocol string, status int, reason string, err error) {
	protocol, rest, _ := strings.Cut(line, " ")
	number, reason, _ := strings.Cut(rest, " ")
	status, err = strconv.Atoi(number)
	return protocol, status, reason, err
}

// web is an HTTP client of a camera that lets no answer pass unchecked.
type web struct {
	cam    *simtest.Cam
	client *http.Client
	seen   *schematest.Collector
	now    func() time.Time // what the camera takes for now
}

// newWeb returns a client whose SOAP answers are checked against the schemas
// when the test ends.
func newWeb(t testing.TB, cam *simtest.Cam) *web {
	t.Helper()
	return newWebSeen(t, cam, schematest.Collect(t))
}

// newWebSeen is newWeb for a test with several clients, whose answers are
// checked together.
func newWebSeen(t testing.TB, cam *simtest.Cam, seen *schematest.Collector) *web {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: cam.TLS()}
	t.Cleanup(transport.CloseIdleConnections)
	return &web{cam, &http.Client{Transport: transport, Timeout: patience}, seen, time.Now}
}

// post sends a SOAP message to an address, with an Authorization header unless
// it is empty.
func (w *web) post(t testing.TB, address, authorization, message string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/soap+xml; charset=utf-8")
	a := w.do(t, req, authorization)
	check(w.seen, message, a.status, a.header.Get("Content-Type"), []byte(a.body))
	return a
}

// check has an answer checked against the schemas, and a fault against those
// that the operation documents.
func check(seen *schematest.Collector, request string, status int, contentType string, body []byte) {
	if !strings.HasPrefix(contentType, "application/soap+xml") {
		return
	}
	operation := ""
	if status != http.StatusOK {
		operation = operationOf(request)
	}
	seen.Add(operation, body)
}

// operationOf is the name of a request's operation; "": it has none.
func operationOf(request string) string {
	doc := etree.NewDocument()
	if doc.ReadFromString(request) != nil {
		return ""
	}
	if e := doc.FindElement("/Envelope/Body/*"); e != nil {
		return e.Tag
	}
	return ""
}

// get fetches an address.
func (w *web) get(t testing.TB, address, authorization string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.do(t, req, authorization)
}

func (w *web) do(t testing.TB, req *http.Request, authorization string) answer {
	t.Helper()
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, textproto.MIMEHeader(resp.Header), string(body)}
}

// call calls an operation over HTTPS as the administrator, with a
// WS-UsernameToken, and returns the response element.
func (w *web) call(t testing.TB, body string) *etree.Element {
	t.Helper()
	a := w.post(t, w.cam.DeviceURLTLS, "", envelope(usernameTokenAt(w.now(), "admin", w.cam.Password("admin")), body))
	doc := etree.NewDocument()
	if err := doc.ReadFromString(a.body); err != nil || a.status != http.StatusOK {
		t.Fatalf("%s: status %d, %v\n%s", body, a.status, err, a.body)
	}
	return doc.FindElement("/Envelope/Body/*")
}

// envelope is a SOAP 1.2 message.
func envelope(header, body string) string {
	return `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>` + header + `</s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
}

// usernameToken is a Security header with a password digest (UsernameToken
// Profile 1.0, 3.1).
func usernameToken(user, password string) string { return usernameTokenAt(time.Now(), user, password) }

func usernameTokenAt(now time.Time, user, password string) string {
	const wss = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
	created := now.UTC().Format("2006-01-02T15:04:05.000Z")
	var nonce [16]byte
	copy(nonce[:], strconv.FormatInt(time.Now().UnixNano(), 36))
	sum := sha1.Sum(bytes.Join([][]byte{nonce[:], []byte(created), []byte(password)}, nil)) //nolint:gosec // as above
	return `<Security xmlns="` + wss + `wssecurity-secext-1.0.xsd"><UsernameToken><Username>` + user + `</Username>` +
		`<Password Type="` + wss + `username-token-profile-1.0#PasswordDigest">` + base64.StdEncoding.EncodeToString(sum[:]) + `</Password>` +
		`<Nonce>` + base64.StdEncoding.EncodeToString(nonce[:]) + `</Nonce>` +
		`<Created xmlns="` + wss + `wssecurity-utility-1.0.xsd">` + created + `</Created></UsernameToken></Security>`
}

// The operations the tests use most.
const (
	getDeviceInformation = `<GetDeviceInformation xmlns="http://www.onvif.org/ver10/device/wsdl"/>`
	getSystemDateAndTime = `<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/>`
)

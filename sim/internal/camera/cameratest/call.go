package cameratest

import (
	"context"
	"crypto/md5"  //nolint:gosec // RFC 7616
	"crypto/sha1" //nolint:gosec // UsernameToken Profile 1.0
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

// Call is one SOAP request of a test.
type Call struct {
	As     string // account, by Digest; "": nobody
	Bearer string // token in the place of an account; "": none
	Body   string // child of the Body; the usual prefixes are declared
	Header string // blocks of the Header
	Host   string // "": camera.example:20004; "-": none
	Path   string // "": that of the device service
	Secure bool   // as if over TLS
	// Envelope is the whole message, instead of Header and Body.
	Envelope string
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Fault  string         // as a path, "env:Sender/ter:NotAuthorized"; "": none
	Root   *etree.Element // the Body's child; nil: the answer is no SOAP message
}

// Text is the text of the first element at an etree path below the Body's
// child, whatever its namespace; "" if there is none.
func (a Answer) Text(path string) string {
	if a.Root == nil {
		return ""
	}
	if el := a.Root.FindElement(path); el != nil {
		return el.Text()
	}
	return ""
}

// Texts are the texts of all elements at a path.
func (a Answer) Texts(path string) []string {
	var texts []string
	if a.Root != nil {
		for _, el := range a.Root.FindElements(path) {
			texts = append(texts, el.Text())
		}
	}
	return texts
}

// Envelope is a SOAP 1.2 message with the usual prefixes declared.
func Envelope(header, body string) string {
	var b strings.Builder
	b.WriteString("<env:Envelope")
	for _, prefix := range []string{"env", "tds", "trt", "tr2", "tev", "tas", "tt", "wsnt", "wsa", "tns1"} {
		space, ok := soap.SpaceOf(prefix)
		if !ok {
			panic("cameratest: no namespace has the prefix " + prefix)
		}
		fmt.Fprintf(&b, " xmlns:%s=%q", prefix, space)
	}
	b.WriteString(">")
	if header != "" {
		b.WriteString("<env:Header>" + header + "</env:Header>")
	}
	return b.String() + "<env:Body>" + body + "</env:Body></env:Envelope>"
}

// Call posts a request in process, without a socket.
func (c *Camera) Call(t testing.TB, q Call) Answer {
	t.Helper()
	authorization := c.digest.answer(q.As)
	if q.Bearer != "" {
		authorization = "Bearer " + q.Bearer
	}
	a := c.post(t, q, authorization)
	if a.Status == http.StatusUnauthorized && q.As != "" && c.digest.learn(a.Header, authorization != "") {
		a = c.post(t, q, c.digest.answer(q.As))
	}
	if c.answered != nil && a.Root != nil {
		c.answered(a)
	}
	return a
}

// As calls as an account.
func (c *Camera) As(t testing.TB, account, body string) Answer {
	t.Helper()
	return c.Call(t, Call{As: account, Body: body})
}

func (c *Camera) post(t testing.TB, q Call, authorization string) Answer {
	t.Helper()
	if q.Envelope == "" {
		q.Envelope = Envelope(q.Header, q.Body)
	}
	switch q.Host {
	case "":
		q.Host = "camera.example:20004"
	case "-":
		q.Host = ""
	}
	if q.Path == "" {
		q.Path = servicePath
	}
	h := http.Header{"Content-Type": {"application/soap+xml; charset=utf-8"}}
	if authorization != "" {
		h.Set("Authorization", authorization)
	}
	reply, err := c.Handle(context.WithoutCancel(t.Context()), &op.Request{
		Method: http.MethodPost, URI: servicePath, Path: q.Path, Host: q.Host, Secure: q.Secure, Header: h, Body: []byte(q.Envelope),
		Local: netip.MustParseAddrPort("127.0.0.1:20004"), Peer: netip.MustParseAddrPort("127.0.0.9:4711"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return Read(t, reply.Status, reply.Header, reply.Body)
}

const servicePath = "/onvif/device_service"

// Read takes an answer apart that came over HTTP.
func Read(t testing.TB, status int, header http.Header, body []byte) Answer {
	t.Helper()
	a := Answer{Status: status, Header: header, Body: body}
	if !strings.Contains(header.Get("Content-Type"), "xml") {
		return a
	}
	m, err := soap.Parse(body, soap.Limits{Bytes: 64 << 20, Text: 64 << 20})
	if err != nil {
		t.Fatalf("the answer is no SOAP message: %v\n%s", err, body)
	}
	a.Root = m.Body
	if m.Name.Local != "Fault" {
		return a
	}
	path := []string{a.Text("./Code/Value")}
	for _, at := range []string{"./Code/Subcode/Value", "./Code/Subcode/Subcode/Value"} {
		if text := a.Text(at); text != "" {
			path = append(path, text)
		}
	}
	a.Fault = strings.Join(path, "/")
	return a
}

// digest is a client's memory of a Digest challenge (RFC 7616, MD5).
type digest struct {
	mu    sync.Mutex
	given map[string]string
	count int
}

var parameter = regexp.MustCompile(`([a-z]+)="([^"]*)"`)

// learn takes the Digest challenge of a 401; false if there is none, or if it
// is not for want of a fresh nonce that the answer to credentials was 401. Of
// requests without credentials that go out side by side the first one learns.
func (d *digest) learn(h http.Header, answered bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.given != nil && !answered {
		return true
	}
	if d.given != nil && !strings.Contains(strings.Join(h.Values("WWW-Authenticate"), "\n"), "stale=true") {
		return false
	}
	d.given, d.count = nil, 0
	for _, c := range h.Values("WWW-Authenticate") {
		if strings.HasPrefix(c, "Digest ") {
			d.given = map[string]string{}
			for _, m := range parameter.FindAllStringSubmatch(c, -1) {
				d.given[m[1]] = m[2]
			}
		}
	}
	return d.given != nil
}

// answer is the Authorization of an account's next request, "" before a challenge.
func (d *digest) answer(account string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.given == nil || account == "" {
		return ""
	}
	d.count++
	return Digest(d.given, "POST", servicePath, account, Password, d.count)
}

// UsernameToken is a wsse:Security header block (Core 5.9.5).
func UsernameToken(account, password, nonce string, at time.Time) string {
	created := at.UTC().Format(time.RFC3339)
	sum := sha1.Sum([]byte(nonce + created + password)) //nolint:gosec // UsernameToken Profile 1.0
	encode := base64.StdEncoding.EncodeToString
	return `<wsse:Security xmlns:wsse="` + soap.SpaceSecurity + `" xmlns:wsu="` + soap.SpaceUtility + `" env:mustUnderstand="1"><wsse:UsernameToken>` +
		`<wsse:Username>` + account + `</wsse:Username><wsse:Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest">` +
		encode(sum[:]) + `</wsse:Password><wsse:Nonce>` + encode([]byte(nonce)) + `</wsse:Nonce><wsu:Created>` + created +
		`</wsu:Created></wsse:UsernameToken></wsse:Security>`
}

// Digest answers a Digest challenge, of which given are the parameters, for the
// n-th time.
func Digest(given map[string]string, method, uri, account, password string, n int) string {
	hash := func(text ...string) string {
		sum := md5.Sum([]byte(strings.Join(text, ":"))) //nolint:gosec // RFC 7616
		return hex.EncodeToString(sum[:])
	}
	nc := fmt.Sprintf("%08x", n)
	response := hash(hash(account, given["realm"], password), given["nonce"], nc, "c", "auth", hash(method, uri))
	return fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", algorithm=MD5, qop=auth, nc=%s, cnonce="c", response="%s", opaque="%s"`,
		account, given["realm"], given["nonce"], uri, nc, response, given["opaque"])
}

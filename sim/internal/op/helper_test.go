package op_test

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func begin() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }

// echo and echoed are the messages of all operations here.
type echo struct {
	Text string `soap:"tds:Text"`
}

type echoed struct {
	Text string `soap:"tds:Text,max=10"`
}

// caller is what handlers are called with.
type caller struct {
	ctx context.Context
	x   *op.Exchange
}

// row makes the row of a fake operation. Its only fault is ter:InvalidArgVal/ter:NoSuch.
func row(name string, class auth.Class) *op.Row {
	return &op.Row{
		Service: "device", Namespace: "http://www.onvif.org/ver10/device/wsdl", Prefix: "tds", Name: name,
		Action: "urn:" + name, ReplyAction: "urn:" + name + "Response", Class: class,
		Faults: []op.FaultRow{{Code: "env:Sender", Subcode: "ter:InvalidArgVal", Subsubcode: "ter:NoSuch"}},
	}
}

func entry(name string, class auth.Class, f func(caller, *echo) (*echoed, error)) op.Entry[caller] {
	return op.Bind(row(name, class), soap.Name("tds:"+name), soap.Name("tds:"+name+"Response"), f)
}

func reply(_ caller, q *echo) (*echoed, error) { return &echoed{q.Text}, nil }

// accounts are those of the fake camera, each with its level's name as password.
type accounts struct{}

func (accounts) Account(name string) (auth.Account, bool) {
	l, err := auth.ParseLevel(name)
	return auth.Account{Name: name, Keys: auth.KeysOf(name, "cam", name), Level: l}, err == nil && l != auth.Anonymous
}

func (accounts) Password(name string) (string, bool) { return name, true }
func (accounts) Names() []string                     { return nil }

// byDefault is the default access policy.
func byDefault(id auth.Identity, row *op.Row) bool {
	return auth.DefaultPolicy().Allows(id.Level, row.Class)
}

// bench is a pipeline over fake operations and what came of it.
type bench struct {
	op.Config[caller]
	pipeline *op.Pipeline[caller]
	clock    *clock.Manual
	auth     *auth.Authenticator

	mu      sync.Mutex
	log     []string // the stations passed, in order
	records []op.Record
	bugs    []string
	given   string // the last challenge of challenge
}

func (b *bench) pass(station string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.log = append(b.log, station)
}

// newBench returns a pipeline whose stations write down that they were passed.
// It has an operation of each class, called Pre, Read, Media, Write…, one that
// is not simulated (None), one that is off (Off), and those in extra.
func newBench(t testing.TB, change func(*bench, *auth.Config), extra ...op.Entry[caller]) *bench {
	t.Helper()
	b := &bench{clock: clock.NewManual(begin())}
	handler := func(c caller, q *echo) (*echoed, error) { b.pass("handler"); return reply(c, q) }
	config := auth.Config{Realm: "cam", Clock: b.clock, Random: seed.New(1).Stream("auth"), Accounts: accounts{}}
	b.Config = op.Config[caller]{
		Table: op.NewTable([]op.Entry[caller]{
			entry("Pre", auth.PreAuth, handler), entry("Read", auth.ReadSystem, handler),
			entry("Media", auth.ReadMedia, handler), entry("Write", auth.WriteSystem, handler),
			entry("None", auth.WriteSystem, nil), entry("PreNone", auth.PreAuth, nil), entry("Off", auth.WriteSystem, handler),
		}, extra),
		Binder: soap.NewBinder(), Clock: b.clock, Log: slog.New(slog.DiscardHandler),
		Allow: byDefault,
		Off:   func(r *op.Row) bool { return r.Name == "Off" },
		Call:  func(ctx context.Context, x *op.Exchange) caller { return caller{ctx, x} },
		Observe: func(r op.Record) {
			b.pass("record")
			b.mu.Lock()
			defer b.mu.Unlock()
			b.records = append(b.records, r)
		},
		Bug: func(_ *op.Row, err error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.bugs = append(b.bugs, err.Error())
		},
	}
	if change != nil {
		change(b, &config)
	}
	b.auth = auth.New(config)
	if b.Auth == nil {
		b.Auth = b.auth
	}
	b.pipeline = op.New(b.Config)
	return b
}

// noBugs fails the test if the pipeline reported one.
func (b *bench) noBugs(t *testing.T) {
	t.Helper()
	for _, bug := range b.bugs {
		t.Errorf("bug: %s", bug)
	}
}

const envelope12, envelope11 = soap.SpaceEnvelope12, soap.SpaceEnvelope11

// message is a SOAP message with the header blocks and the Body's child.
func message(space, header, body string) string {
	if header != "" {
		header = "<e:Header>" + header + "</e:Header>"
	}
	return `<e:Envelope xmlns:e="` + space + `" xmlns:tds="http://www.onvif.org/ver10/device/wsdl">` +
		header + "<e:Body>" + body + "</e:Body></e:Envelope>"
}

// call is the Body's child of an operation.
func call(name string) string { return "<tds:" + name + "><tds:Text>hi</tds:Text></tds:" + name + ">" }

// post is a request as it comes over HTTP.
func post(body string, authorization ...string) *op.Request {
	h := http.Header{"Content-Type": {"application/soap+xml"}}
	for _, a := range authorization {
		h.Add("Authorization", a)
	}
	return &op.Request{
		Method: http.MethodPost, URI: "/onvif/device_service", Path: "/onvif/device_service", Host: "camera.example",
		Peer: netip.MustParseAddrPort("192.0.2.9:4711"), Header: h, Body: []byte(body),
	}
}

var parameter = regexp.MustCompile(`([a-z]+)="([^"]*)"`)

// digest answers the Digest challenge of a 401 with MD5 (RFC 7616 3.4).
func digest(challenge, user, password string, nc int) string {
	p := map[string]string{}
	for _, m := range parameter.FindAllStringSubmatch(challenge, -1) {
		p[m[1]] = m[2]
	}
	hash := func(text ...string) string {
		sum := md5.Sum([]byte(strings.Join(text, ":")))
		return hex.EncodeToString(sum[:])
	}
	count := fmt.Sprintf("%08x", nc)
	ha1, ha2 := hash(user, p["realm"], password), hash("POST", "/onvif/device_service")
	return fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="/onvif/device_service", algorithm=MD5, qop=auth, nc=%s, cnonce="c", response="%s", opaque="%s"`,
		user, p["realm"], p["nonce"], count, hash(ha1, p["nonce"], count, "c", "auth", ha2), p["opaque"])
}

// digest answers a fresh challenge of the camera's.
func (b *bench) digest(user, password string) string {
	return digest(b.auth.Challenges(auth.Request{RTSP: true}, nil)[0], user, password, 1)
}

// token is a wsse:Security header with a UsernameToken (Core 5.9.5).
func token(user, password, nonce string, at time.Time) string {
	created := at.Format(time.RFC3339)
	sum := sha1.Sum([]byte(nonce + created + password))
	return `<w:Security xmlns:w="` + soap.SpaceSecurity + `" xmlns:u="` + soap.SpaceUtility + `" e:mustUnderstand="1"><w:UsernameToken><w:Username>` + user +
		`</w:Username><w:Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest">` +
		base64.StdEncoding.EncodeToString(sum[:]) + `</w:Password><w:Nonce>` + base64.StdEncoding.EncodeToString([]byte(nonce)) +
		`</w:Nonce><u:Created>` + created + `</u:Created></w:UsernameToken></w:Security>`
}

// outcome is what a client sees of a reply.
type outcome struct {
	Status     int
	Fault      string // path; "": none
	Challenges []string
	Type       string
}

// see reads a reply; schemes is the first word of each challenge.
func see(t testing.TB, r *op.Reply) outcome {
	t.Helper()
	o := outcome{Status: r.Status, Type: r.Header.Get("Content-Type")}
	for _, c := range r.Header.Values("WWW-Authenticate") {
		scheme, _, _ := strings.Cut(c, " ")
		o.Challenges = append(o.Challenges, scheme)
	}
	if !strings.HasPrefix(o.Type, "text/plain") {
		o.Fault = faultOf(t, r.Body)
	}
	return o
}

// faultOf is the path of the fault in a message, "" if it has none.
func faultOf(t testing.TB, body []byte) string {
	t.Helper()
	m, err := soap.Parse(body, soap.Limits{})
	if err != nil {
		t.Fatalf("the reply is no SOAP message: %v\n%s", err, body)
	}
	if m.Name.Local != "Fault" {
		return ""
	}
	var path []string
	for _, tag := range []string{"./Code/Value", "./Code/Subcode/Value", "./Code/Subcode/Subcode/Value", "./faultcode"} {
		if el := m.Body.FindElement(tag); el != nil {
			path = append(path, el.Text())
		}
	}
	return strings.Join(path, "/")
}

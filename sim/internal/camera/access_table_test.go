package camera_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
)

// door is a way into a camera that asks who is there.
type door struct {
	name     string
	protocol device.ProtocolName
	method   string
	uri      string // of the request line; that of RTSP begins with "/" as well
	body     string // child of the SOAP Body; "": no SOAP
	through  string // the tunnel of RTSP that is opened first, "HTTP" or "WebSocket"; "": none
}

func (d door) secure() bool { return d.protocol == device.HTTPS || d.protocol == device.RTSPS }
func (d door) rtsp() bool   { return d.method == "DESCRIBE" }
func (d door) soap() bool   { return d.body != "" }

const (
	readSystem = "<tds:GetDNS/>"   // class READ_SYSTEM: every user
	readSecret = "<tds:GetUsers/>" // class READ_SYSTEM_SECRET: administrators
	subscribe  = "<tev:CreatePullPointSubscription><tev:InitialTerminationTime>PT10S</tev:InitialTerminationTime></tev:CreatePullPointSubscription>"
)

// doors are all of them.
func doors() []door {
	const service = "/onvif/device_service"
	return append([]door{
		{"SOAP over HTTP", device.HTTP, "POST", service, readSystem, ""},
		{"SOAP over HTTPS", device.HTTPS, "POST", service, readSystem, ""},
		{"snapshot over HTTP", device.HTTP, "GET", "/snapshot/sub.jpg", "", ""},
		{"snapshot over HTTPS", device.HTTPS, "GET", "/snapshot/sub.jpg", "", ""},
		{"RTSP", device.RTSP, "DESCRIBE", "/sub", "", ""},
		{"RTSPS", device.RTSPS, "DESCRIBE", "/sub", "", ""},
		{"event subscription over HTTP", device.HTTP, "POST", "/onvif/event_service", subscribe, ""},
		{"event subscription over HTTPS", device.HTTPS, "POST", "/onvif/event_service", subscribe, ""},
	}, tunnelDoors()...)
}

// credentials are what one request carries.
type credentials struct {
	authorization []string         // values of the Authorization headers
	security      string           // the wsse:Security block of a SOAP header
	certificate   *tls.Certificate // of the client's end of TLS
}

// outcome is what comes back; status 0: the connection ended.
type outcome struct {
	status int
	fault  string // of SOAP doors
	// challenge must be in one of the WWW-Authenticate headers, or in none of
	// them where it begins with "!".
	challenge string
}

// The outcomes most rows have.
var (
	served     = outcome{status: 200}
	challenged = outcome{status: 401, fault: "env:Sender/ter:NotAuthorized", challenge: "Digest realm="}
	stale      = outcome{status: 401, fault: "env:Sender/ter:NotAuthorized", challenge: "stale=true"}
	bad        = outcome{status: 400} // a malformed header: no SOAP message comes back
	refused    = outcome{status: 400, fault: "env:Sender/ter:NotAuthorized"}
	forbidden  = outcome{status: 403, fault: "env:Sender/ter:NotAuthorized"}
	ended      = outcome{}
)

// accessRow is one kind of credential in one way, at all doors.
type accessRow struct {
	kind, way string
	// carry makes what a request of the door carries; it is called once for each
	// door, in the order of doors.
	carry func(*testing.T, *guarded, door) credentials
	// want is the outcome of every door; an exception is by a door's name, or by
	// "plain", "secure", "RTSP both", "snapshot" or "SOAP".
	want   outcome
	except map[string]outcome
	// body asks for another operation at the SOAP doors.
	body string
}

// at is what a door must answer: by its name, else as one of its kind.
func (r accessRow) at(d door) outcome {
	for _, kind := range []struct {
		name string
		is   bool
	}{{d.name, true}, {"plain", !d.secure()}, {"secure", d.secure()}, {"RTSP both", d.rtsp()}, {"snapshot", !d.rtsp() && !d.soap()}, {"SOAP", d.soap()}} {
		if o, ok := r.except[kind.name]; ok && kind.is {
			return o
		}
	}
	return r.want
}

// guarded is a camera whose doors are tried.
type guarded struct {
	*clients
	// last is the answer to the latest request.
	last answered
}

// answered is an answer of HTTP or RTSP.
type answered struct {
	status int
	header http.Header
	body   []byte
}

// ask sends one request to a door; the status is 0 if the connection ends instead.
func (g *guarded) ask(t *testing.T, d door, c credentials) answered {
	t.Helper()
	g.last = answered{}
	conn, err := g.connect(d, c.certificate)
	if err != nil {
		return g.last
	}
	defer conn.Close() //nolint:errcheck // it is over
	if _, err := io.WriteString(conn, d.request(g.Addresses[d.protocol], c)); err != nil {
		return g.last
	}
	g.last = readAnswer(bufio.NewReader(conn))
	return g.last
}

// request is a whole request, down to the byte.
func (d door) request(host string, c credentials) string {
	head := ""
	for _, a := range c.authorization {
		head += "Authorization: " + a + "\r\n"
	}
	if d.rtsp() {
		scheme := "rtsp"
		if d.protocol == device.RTSPS {
			scheme = "rtsps"
		}
		return d.method + " " + scheme + "://" + host + d.uri + " RTSP/1.0\r\nCSeq: 1\r\n" + head + "\r\n"
	}
	content := ""
	if d.soap() {
		content = cameratest.Envelope(c.security, d.body)
		head += "Content-Type: application/soap+xml; charset=utf-8\r\n"
	}
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n%s\r\n%s", d.method, d.uri, host, len(content), head, content)
}

// readAnswer reads status line, header and body, which HTTP and RTSP have alike.
func readAnswer(r *bufio.Reader) answered {
	text := textproto.NewReader(r)
	line, err := text.ReadLine()
	if err != nil {
		return answered{}
	}
	_, rest, _ := strings.Cut(line, " ")
	status, err := strconv.Atoi(rest[:min(3, len(rest))])
	if err != nil {
		return answered{}
	}
	header, err := text.ReadMIMEHeader()
	if err != nil {
		return answered{}
	}
	length, err := strconv.Atoi(header.Get("Content-Length"))
	if err != nil {
		length = 0
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		return answered{}
	}
	return answered{status, http.Header(header), body}
}

// check compares an answer with what a row wants of a door.
func (o outcome) check(t *testing.T, d door, a answered) {
	t.Helper()
	if a.status != o.status {
		t.Errorf("%s: status %d, want %d\n%.300s", d.name, a.status, o.status, a.body)
		return
	}
	if d.soap() && a.status != 0 {
		if got := cameratest.Read(t, a.status, a.header, a.body).Fault; got != o.fault {
			t.Errorf("%s: fault %q, want %q", d.name, got, o.fault)
		}
	}
	challenges := a.header.Values("WWW-Authenticate")
	wanted, none := strings.CutPrefix(o.challenge, "!")
	if has := slices.ContainsFunc(challenges, func(c string) bool { return strings.Contains(c, wanted) }); o.challenge != "" && has == none {
		t.Errorf("%s: challenges %q, want %s", d.name, challenges, o.challenge)
	}
	if o.status == 200 && len(challenges) > 0 {
		t.Errorf("%s: served, and challenged with %q", d.name, challenges)
	}
}

// tryDoors plays the rows one after the other on one camera.
func tryDoors(t *testing.T, g *guarded, rows []accessRow) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.kind+"/"+r.way, func(t *testing.T) {
			g.Clock.Advance(11 * time.Second) // the pull points of the last row end
			for _, d := range doors() {
				if d.soap() && r.body != "" && d.body == readSystem {
					d.body = r.body
				}
				r.at(d).check(t, d, g.ask(t, d, r.carry(t, g, d)))
			}
		})
	}
}

// TestCredentialsAtEveryDoor is the table of issue 4: every kind of credential,
// good and in each bad way, at every door, and what comes back.
func TestCredentialsAtEveryDoor(t *testing.T) {
	t.Parallel()
	g := &guarded{clients: newClients(t)}
	tryDoors(t, g, slices.Concat(anonymousRows(), digestRows(), basicRows(), usernameTokenRows()))
}

func anonymousRows() []accessRow {
	return []accessRow{
		{kind: "none", way: "missing", carry: func(*testing.T, *guarded, door) credentials { return credentials{} }, want: challenged},
		{kind: "none", way: "empty header", carry: func(*testing.T, *guarded, door) credentials {
			return credentials{authorization: []string{""}}
		}, want: challenged},
		{kind: "none", way: "unknown scheme", carry: func(*testing.T, *guarded, door) credentials {
			return credentials{authorization: []string{"Negotiate YII="}}
		}, want: challenged},
		{kind: "none", way: "two headers", carry: func(*testing.T, *guarded, door) credentials {
			return credentials{authorization: []string{"Digest a=b", "Digest a=b"}}
		}, want: bad},
	}
}

package camera_test

import (
	"bufio"
	"bytes"
	"fmt"
	"image/jpeg"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/streams/strip"
)

const getHostname = "<tds:GetHostname/>"

// send writes a whole request on a connection of its own and reads the answer.
func send(t *testing.T, c *cameratest.Camera, request string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", c.Addresses[device.HTTP])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// request is an HTTP request in full.
func request(method, path, header, body string) string {
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: camera\r\nContent-Length: %d\r\n%s\r\n%s", method, path, len(body), header, body)
}

func TestHTTPManners(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Listen: true, Change: func(p *profiles.Profile) { p.Limits.SOAP.Bytes = 4096 }})
	good := cameratest.Envelope("", getHostname)
	const device, soap = "/onvif/device_service", "Content-Type: application/soap+xml; charset=utf-8\r\n"
	padded := func(n int) string { return good + strings.Repeat(" ", n-len(good)) }
	for name, tc := range map[string]struct {
		request string
		status  int
		header  string // "Name: value" that must be there
	}{
		"SOAP 1.2":               {request("POST", device, soap, good), 200, "Content-Type: application/soap+xml; charset=utf-8"},
		"with an action":         {request("POST", device, "Content-Type: application/soap+xml; charset=utf-8; action=\"urn:x\"\r\n", good), 200, ""},
		"text/xml":               {request("POST", device, "Content-Type: text/xml\r\n", good), 200, ""},
		"capitals":               {request("POST", device, "Content-Type: Application/SOAP+XML\r\n", good), 200, ""},
		"no type":                {request("POST", device, "", good), 200, ""},
		"bad parameter":          {request("POST", device, "Content-Type: application/soap+xml; charset=\r\n", good), 200, ""},
		"any path below onvif":   {request("POST", "/onvif/whatever?x=y", soap, good), 200, ""},
		"JSON":                   {request("POST", device, "Content-Type: application/json\r\n", good), 415, ""},
		"form":                   {request("POST", device, "Content-Type: application/x-www-form-urlencoded\r\n", good), 415, ""},
		"GET":                    {request("GET", device, "", ""), 405, "Allow: POST"},
		"GET with a body":        {request("GET", device, soap, good), 405, "Allow: POST"},
		"PUT":                    {request("PUT", device, soap, good), 405, "Allow: POST"},
		"OPTIONS":                {request("OPTIONS", device, "", ""), 405, "Allow: POST"},
		"root":                   {request("GET", "/", "", ""), 200, "Content-Type: text/html; charset=utf-8"},
		"another path":           {request("POST", "/onvif", soap, good), 404, ""},
		"up and away":            {request("GET", "/../../etc/passwd", "", ""), 307, "Location: /etc/passwd"},
		"empty body":             {request("POST", device, soap, ""), 401, "Www-Authenticate: "},
		"no SOAP":                {request("POST", device, soap, "hello"), 400, "Content-Type: text/plain; charset=utf-8"},
		"as long as may be":      {request("POST", device, soap, padded(4096)), 200, ""},
		"longer":                 {request("POST", device, soap, padded(4097)), 413, "Connection: close"},
		"longer, in chunks":      {"POST " + device + " HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n1001\r\n" + padded(4097) + "\r\n0\r\n\r\n", 413, "Connection: close"},
		"in chunks":              {"POST " + device + " HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n" + padded(4096) + "\r\n0\r\n\r\n", 200, ""},
		"broken chunks":          {"POST " + device + " HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "Connection: close"},
		"HTTP/1.0":               {fmt.Sprintf("POST %s HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s", device, len(good), good), 200, ""},
		"no host":                {"POST " + device + " HTTP/1.1\r\n\r\n", 400, ""},
		"malformed credentials":  {request("POST", device, "Authorization: Digest username=\"\r\n", cameratest.Envelope("", "<tds:GetDNS/>")), 400, ""},
		"header too long":        {request("POST", device, "X: "+strings.Repeat("x", 64<<10)+"\r\n", good), 431, ""},
		"waits for the go-ahead": {request("POST", device, soap+"Expect: 100-continue\r\n", good), 100, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := send(t, c, tc.request)
			defer resp.Body.Close()
			if resp.StatusCode != tc.status {
				t.Errorf("status %d, want %d", resp.StatusCode, tc.status)
			}
			if field, value, ok := strings.Cut(tc.header, ": "); ok && !strings.HasPrefix(strings.Join(append(resp.Header.Values(field), closes(resp, field)...), "\n"), value) {
				t.Errorf("header %v, want %s", resp.Header, tc.header)
			}
			if server := resp.Header.Get("Server"); server != "NL-B2510-Aurora/7.3.1-build2418" && resp.StatusCode != 431 && resp.StatusCode != 100 && name != "no host" {
				t.Errorf("server %q", server)
			}
		})
	}
}

// closes is the Connection header, which net/http keeps elsewhere.
func closes(resp *http.Response, field string) []string {
	if field == "Connection" && resp.Close {
		return []string{"close"}
	}
	return nil
}

func TestConnectionServesManyRequests(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Listen: true})
	conn, err := net.Dial("tcp", c.Addresses[device.HTTP])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	good := cameratest.Envelope("", getHostname)
	for i, q := range []string{
		request("POST", "/onvif/device_service", "", good), request("GET", "/nowhere", "", ""), request("GET", "/snapshot/main.jpg", "", "a body"),
		request("POST", "/onvif/device_service", "", "no SOAP"), request("POST", "/onvif/device_service", "", good),
	} {
		if _, err := io.WriteString(conn, q); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.Close {
			t.Errorf("request %d: %v, closes %v", i, err, resp.Close)
		}
	}
}

// TestSlowBodyRunsOutOfTime and is told so, whatever it was for.
func TestSlowBodyRunsOutOfTime(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]string{
		"nothing": "Content-Length: 100\r\n\r\n", "half": "Content-Length: 100\r\n\r\n<half/>",
		"chunk": "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
	} {
		for _, path := range []string{"/onvif/device_service", "/snapshot/main.jpg", "/"} {
			synctest.Test(t, func(t *testing.T) {
				_, dial := piped(t)
				conn := dial()
				defer conn.Close()
				begun := time.Now()
				if _, err := io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: c\r\n"+head); err != nil {
					t.Fatal(err)
				}
				resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusRequestTimeout || !resp.Close {
					t.Errorf("%s: %d, closes %v, %v", name, resp.StatusCode, resp.Close, err)
				}
				if took := time.Since(begun); took != 7*time.Second { // of the bubble
					t.Errorf("%s: let go after %v", name, took)
				}
			})
		}
	}
}

// TestClientThatTakesNoAnswerIsLetGo after the time of a request.
func TestClientThatTakesNoAnswerIsLetGo(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/onvif/device_service", "/nowhere"} {
		synctest.Test(t, func(t *testing.T) {
			_, dial := piped(t)
			conn := dial()
			defer conn.Close()
			begun := time.Now()
			if _, err := io.WriteString(conn, request("POST", path, "", cameratest.Envelope("", getServices("true")))); err != nil {
				t.Fatal(err)
			}
			// Nothing is read of the answer, so a second request meets nobody.
			if _, err := io.WriteString(conn, "POST"); err == nil {
				t.Error("the camera reads on")
			}
			if took := time.Since(begun); took != 7*time.Second {
				t.Errorf("let go after %v", took)
			}
		})
	}
}

// TestSilentClientIsLetGo: no header, half a header, and no further request.
func TestSilentClientIsLetGo(t *testing.T) {
	t.Parallel()
	full := request("POST", "/onvif/device_service", "", cameratest.Envelope("", getHostname))
	for sent, want := range map[string]time.Duration{"": 3 * time.Second, "POST /onvif": 3 * time.Second, full: 5 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			_, dial := piped(t)
			conn := dial()
			defer conn.Close()
			begun := time.Now()
			if _, err := io.WriteString(conn, sent); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, conn); err != nil {
				t.Error(err)
			}
			if took := time.Since(begun); took != want {
				t.Errorf("%q: let go after %v, want %v", sent, took, want)
			}
		})
	}
}

// piped is a camera of a bubble, by the bubble's time, with an HTTP listener
// whose connections are pipes.
func piped(t *testing.T) (*cameratest.Camera, func() net.Conn) {
	t.Helper()
	l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	c := cameratest.New(t, cameratest.Config{
		Clock: clock.Real(), Listeners: camera.Listeners{device.HTTP: l},
		Change: func(p *profiles.Profile) {
			p.Limits.HTTP.RequestTimeout, p.Limits.HTTP.HeaderTimeout, p.Limits.HTTP.IdleTimeout = 7*time.Second, 3*time.Second, 5*time.Second
		},
	})
	return c, l.dial
}

// pipes is a listener whose connections are pipes.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.once.Do(func() { close(p.closed) }); return nil }
func (*pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 20004} }

func TestSnapshotIsThePictureOfNow(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Listen: true})
	client := c.Client(t)
	c.Clock.Advance(10*time.Second + 40*time.Millisecond)
	for i, want := range []struct {
		name          string
		width, height int
	}{{"main", 1920, 1080}, {"sub", 640, 360}} {
		uri := c.Call(t, cameratest.Call{As: "viewer", Host: c.Addresses[device.HTTP],
			Body: "<tr2:GetSnapshotUri><tr2:ProfileToken>Profile_" + want.name + "</tr2:ProfileToken></tr2:GetSnapshotUri>"}).Text("./Uri")
		if uri != c.URL(false, "/snapshot/"+want.name+".jpg") {
			t.Fatalf("snapshot at %s", uri)
		}
		resp, body := cameratest.Do(t, client, http.MethodGet, uri, "viewer", nil)
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "image/jpeg" || resp.Header.Get("Cache-Control") != "no-store" || resp.ContentLength != int64(len(body)) {
			t.Fatalf("%d %v", resp.StatusCode, resp.Header)
		}
		head, nothing := cameratest.Do(t, client, http.MethodHead, uri, "viewer", nil)
		if head.StatusCode != 200 || len(nothing) != 0 || head.ContentLength != int64(len(body)) || head.Header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("HEAD: %d, %d bytes, %v", head.StatusCode, len(nothing), head.Header)
		}
		picture, err := jpeg.Decode(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		mark, err := strip.DecodeImage(picture)
		if err != nil {
			t.Fatal(err)
		}
		if size := picture.Bounds(); size.Dx() != want.width || size.Dy() != want.height {
			t.Errorf("size %v", size)
		}
		if mark.Camera != 1 || mark.Stream != uint8(i) || mark.Frame != 251 || !mark.Time.Equal(c.Clock.Now()) {
			t.Errorf("%s shows %+v", want.name, mark)
		}
	}
}

func TestSnapshotIsForWhoMayHaveMedia(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Listen: true})
	token := "Authorization: Bearer e30.e30.e30\r\n"
	for name, tc := range map[string]struct {
		method, path, account, header string
		status                        int
		challenges                    int
	}{
		"nobody":                  {"GET", "/snapshot/sub.jpg", "", "", 401, 1},
		"nobody, HEAD":            {"HEAD", "/snapshot/sub.jpg", "", "", 401, 1},
		"viewer":                  {"GET", "/snapshot/sub.jpg", "viewer", "", 200, 0},
		"stranger":                {"GET", "/snapshot/sub.jpg", "nobody", "", 401, 1},
		"token without TLS":       {"GET", "/snapshot/sub.jpg", "", token, 401, 1},
		"Basic":                   {"GET", "/snapshot/sub.jpg", "", "Authorization: Basic dmlld2VyOmNhbWZsZWV0\r\n", 401, 1},
		"malformed":               {"GET", "/snapshot/sub.jpg", "", "Authorization: Digest \"\r\n", 400, 0},
		"no such stream":          {"GET", "/snapshot/third.jpg", "viewer", "", 404, 0},
		"no such stream, nobody":  {"GET", "/snapshot/third.jpg", "", "", 401, 1},
		"no file":                 {"GET", "/snapshot/", "viewer", "", 404, 0},
		"other form of the name":  {"GET", "/snapshot/sub.jpeg", "viewer", "", 404, 0},
		"POST":                    {"POST", "/snapshot/sub.jpg", "", "", 405, 0},
		"query is of no interest": {"GET", "/snapshot/sub.jpg?now=1", "viewer", "", 200, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.account == "" {
				resp := send(t, c, request(tc.method, tc.path, tc.header, ""))
				defer resp.Body.Close()
				if got := resp.Header.Values("WWW-Authenticate"); resp.StatusCode != tc.status || len(got) != tc.challenges {
					t.Errorf("%d %q", resp.StatusCode, got)
				}
				return
			}
			resp, _ := cameratest.Do(t, c.Client(t), tc.method, c.URL(false, tc.path), tc.account, nil)
			if got := resp.Header.Values("WWW-Authenticate"); resp.StatusCode != tc.status || len(got) != tc.challenges {
				t.Errorf("%d %q", resp.StatusCode, got)
			}
		})
	}
}

// TestRecordKnowsBothEnds: who asked, and that it was not over TLS.
func TestRecordKnowsBothEnds(t *testing.T) {
	t.Parallel()
	records := make(chan op.Record, 10)
	c := cameratest.New(t, cameratest.Config{Listen: true, Observe: func(r op.Record) { records <- r }})
	post(t, c, c.Client(t), "", getHostname)
	r := <-records
	if r.Op != "tds:GetHostname" || !r.Peer.Addr().IsLoopback() || r.Peer.Port() == 0 || r.Secure || r.Status != 200 || !r.Time.Equal(cameratest.Start()) {
		t.Errorf("%+v", r)
	}
	if len(records) != 0 {
		t.Error("one request has two records")
	}
}

package auth_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
)

// door is an HTTP server that lets in whom an authenticator knows, and counts
// by which method.
type door struct {
	*httptest.Server
	digestMD5, digestSHA256 atomic.Int32
	stale                   atomic.Int32
}

func newDoor(t *testing.T, c camera) *door {
	t.Helper()
	d := &door{}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := auth.Request{Method: r.Method, URI: r.RequestURI, Authorization: r.Header.Values("Authorization"), Peer: r.RemoteAddr}
		id, err := c.Identify(req)
		var refusal *auth.Refusal
		if !errors.As(err, &refusal) && !id.Known() {
			refusal = c.Deny(req, id)
		}
		if refusal != nil {
			if refusal.Stale {
				d.stale.Add(1)
			}
			for _, challenge := range c.Challenges(req, refusal) {
				w.Header().Add("WWW-Authenticate", challenge)
			}
			w.WriteHeader(refusal.Status)
			return
		}
		map[auth.Method]*atomic.Int32{auth.ByDigestMD5: &d.digestMD5, auth.ByDigestSHA256: &d.digestSHA256}[id.How].Add(1)
		io.Copy(w, r.Body)                       //nolint:errcheck // of a test
		io.WriteString(w, "hello "+id.User+"\n") //nolint:errcheck // of a test
	}))
	t.Cleanup(d.Close)
	return d
}

// run runs a program and returns what it prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func TestCurlLogsInByDigest(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		order  auth.Order
		sha256 bool
	}{{auth.Players, false}, {auth.SHA256First, true}, {auth.Annex, true}} {
		t.Run(string(tc.order), func(t *testing.T) {
			t.Parallel()
			d := newDoor(t, newCamera(func(c *auth.Config) { c.Order = tc.order }))
			// Two requests on one nonce: curl counts nc on.
			out := run(t, "curl", "-s", "--digest", "-u", "admin:camfleet", "-d", "<body/>", d.URL+"/onvif/device_service?x=1",
				d.URL+"/onvif/media_service")
			if strings.Count(out, "<body/>hello admin\n") != 2 {
				t.Errorf("curl printed %q", out)
			}
			md5, sha256 := d.digestMD5.Load(), d.digestSHA256.Load()
			if tc.order == auth.Players && (md5 != 2 || sha256 != 0) || tc.order == auth.SHA256First && sha256 != 2 || md5+sha256 != 2 {
				t.Errorf("%d requests by MD5, %d by SHA-256", md5, sha256)
			}
			out = run(t, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--digest", "-u", "admin:wrong", d.URL)
			if out != "401" {
				t.Errorf("wrong password: %s", out)
			}
		})
	}
}

func TestCurlTakesAStaleNonceUpAgain(t *testing.T) {
	t.Parallel()
	c := newCamera(func(c *auth.Config) { c.Limits.Nonces = 1 })
	d := newDoor(t, c)
	other := c.admin()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/second" && d.stale.Load() == 0 { // curl's nonce is over now
			c.clock.Advance(auth.DefaultLimits().NonceLifetime * 2)
		}
		d.Config.Handler.ServeHTTP(w, r)
	})
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	out := run(t, "curl", "-s", "--digest", "-u", other.user+":"+other.password, front.URL+"/first", front.URL+"/second")
	if out != "hello admin\nhello admin\n" || d.stale.Load() != 1 {
		t.Errorf("curl printed %q, %d answers were stale", out, d.stale.Load())
	}
}

func TestPythonRequestsLogsInByDigest(t *testing.T) {
	t.Parallel()
	const script = `
import sys, requests
from requests.auth import HTTPDigestAuth
s = requests.Session()
s.auth = HTTPDigestAuth("admin", "camfleet")
for path in ("/onvif/device_service", "/onvif/media_service?a=b"):
    r = s.post(sys.argv[1] + path, data="<body/>")
    print(r.status_code, r.text.strip())
print(requests.get(sys.argv[1], auth=HTTPDigestAuth("viewer", "wrong")).status_code)
`
	for _, order := range []auth.Order{auth.Players, auth.SHA256First, auth.Annex} {
		d := newDoor(t, newCamera(func(c *auth.Config) { c.Order = order }))
		same(t, string(order), run(t, "python3", "-c", script, d.URL), "200 <body/>hello admin\n200 <body/>hello admin\n401\n")
	}
}

package tunnel

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// awaits lets the broker come to n halves.
func (b *bench) awaits(n int) {
	for {
		b.broker.mu.Lock()
		pending := b.broker.pending()
		b.broker.mu.Unlock()
		if pending == n {
			return
		}
		runtime.Gosched()
	}
}

func TestGetAndPostAreOneConnection(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	get := b.get("one")
	if status, header := get.status(); status != 200 || header.Get("Content-Type") != contentType || header.Get("Server") != "test/1" || header.Get("Content-Length") != "" {
		t.Fatalf("%d %v", status, header)
	}
	post := b.post("one")
	post.say("hello")
	get.hears("hello")
	post.send("d29y\r\nbGQK") // with a line break
	get.hears("world")
	c := <-b.served
	if c.Name != "HTTP" || c.Secure || c.Client != nil || c.Over != nil || len(c.Authorization) != 0 {
		t.Errorf("%+v", c)
	}
	if c.Conn.RemoteAddr().String() != get.nc.LocalAddr().String() {
		t.Errorf("peer %v, want %v", c.Conn.RemoteAddr(), get.nc.LocalAddr())
	}
}

func TestPostMayComeFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	post := b.post("one")
	post.say("hello")
	b.awaits(1)
	get := b.get("one")
	get.status()
	get.hears("hello")
	b.awaits(0)
}

// TestAnotherPostGoesOn: a POST may end when its Content-Length is used up, or
// be replaced.
func TestAnotherPostGoesOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	get := b.get("one")
	get.status()
	first := b.post("one")
	first.say("1")
	get.hears("1")
	first.nc.Close() //nolint:errcheck // the client's choice
	second := b.post("one")
	second.say("2")
	get.hears("2")
	third := b.post("one") // while the second is open
	third.say("3")
	get.hears("3")
	second.ends()
	if n := len(b.served); n != 1 {
		t.Errorf("%d tunnels", n)
	}
}

func TestTunnelEndsWithItsGet(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for _, tc := range []struct {
		way string
		end func(get, post *half, c Carrier)
	}{
		{"the client closes the GET", func(get, _ *half, _ Carrier) { get.nc.Close() }}, //nolint:errcheck // as wanted
		{"the inside ends", func(_, _ *half, c Carrier) { c.Conn.Close() }},             //nolint:errcheck // as wanted
		{"no base64", func(_, post *half, _ Carrier) { post.send("T1BU!"); post.refused(400) }},
		{"padding in the wrong place", func(_, post *half, _ Carrier) { post.send("T1=B"); post.refused(400) }},
	} {
		get := b.get(tc.way)
		get.status()
		post := b.post(tc.way)
		post.say("hello")
		get.hears("hello")
		tc.end(get, post, <-b.served)
		post.ends()
		if err := <-b.ended; err == nil {
			t.Errorf("%s: the inside saw no end", tc.way)
		}
		if !strings.HasPrefix(tc.way, "the client") {
			get.ends()
		}
	}
	b.broker.wg.Wait()
	if n := len(b.broker.tunnels); n != 0 {
		t.Errorf("%d tunnels are remembered", n)
	}
}

func TestHalvesWaitForTheirTimeAndNumber(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.Limits = Limits{Pending: 2, JoinTimeout: time.Second} })
	get := b.get("one")
	get.status()
	post := b.post("two")
	b.awaits(2)
	b.get("three").refused(503)
	b.post("three").refused(503)
	if got := b.post("one"); got != nil { // the third half makes the first whole
		got.say("x")
		get.hears("x")
	}
	b.awaits(1)
	third := b.get("three")
	third.status()
	b.clock.Advance(time.Second - 1)
	third.nc.Close() //nolint:errcheck // its place is free at once
	b.awaits(1)
	b.clock.Advance(1)
	post.ends()
	b.awaits(0)
	get.nc.Close() //nolint:errcheck // the tunnel that is whole outlasts them
	<-b.ended
}

func TestCookiesAreBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.Limits.CookieBytes = 4 })
	for cookie, status := range map[string]int{"1234": 200, "12345": 400, "": 400} {
		if got, _ := b.get(cookie).status(); got != status {
			t.Errorf("%q: %d, want %d", cookie, got, status)
		}
	}
	b.get("1", "x-sessioncookie: 2").refused(400)
	b.dial("PUT /main HTTP/1.0", "x-sessioncookie: 1").refused(405)
	b.dial("POST /main HTTP/1.1", "x-sessioncookie: 1", "Transfer-Encoding: chunked").refused(501)
}

// TestOthersCannotJoin: another address, TLS or client certificate make another
// tunnel, and a GET is no POST.
func TestOthersCannotJoin(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	get := b.get("one")
	get.status()
	b.get("one").refused(409)
	request := func(peer string) *http.Request {
		r := httptest.NewRequest("POST", "/main", nil)
		r.Header.Set("X-Sessioncookie", "one")
		r.RemoteAddr = netip.MustParseAddrPort(peer).String()
		return r
	}
	certified := &pair{client: &x509.Certificate{Raw: []byte{1}}, whole: make(chan struct{}), over: make(chan struct{})}
	b.broker.mu.Lock()
	b.broker.tunnels[key{"one", netip.MustParseAddr("192.0.2.1"), false}] = certified
	b.broker.mu.Unlock()
	if err := b.broker.check(request("192.0.2.1:1"), false); err != errClient {
		t.Errorf("another certificate: %v", err)
	}
	b.broker.mu.Lock()
	delete(b.broker.tunnels, key{"one", netip.MustParseAddr("192.0.2.1"), false})
	b.broker.mu.Unlock()
	p, err := b.broker.half(request("192.0.2.2:1"), get.nc, false)
	if err != nil {
		t.Fatal(err)
	}
	b.awaits(2) // they have not met
	b.broker.forget(p, errOver)
}

// TestTokensGoAlong, those of the GET first; other credentials do not.
func TestTokensGoAlong(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for i, tc := range []struct {
		get, post string
		want      []string
	}{
		{"", "", nil},
		{"Bearer a", "", []string{"Bearer a"}},
		{"", "bearer b", []string{"bearer b"}},
		{"Bearer a", "Bearer b", []string{"Bearer a"}},
		{"Digest x=y", "Basic eDp5", nil},
	} {
		cookie := fmt.Sprint("c", i)
		get := b.get(cookie, "Authorization: "+tc.get)
		if _, header := get.status(); strings.Contains(fmt.Sprint(header), "Bearer") {
			t.Error("the token is echoed")
		}
		b.post(cookie, "Authorization: "+tc.post)
		if got := (<-b.served).Authorization; !slices.Equal(got, tc.want) {
			t.Errorf("%q and %q: %q, want %q", tc.get, tc.post, got, tc.want)
		}
	}
}

func TestOtherRequestsAreLeftAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	off := newBench(t, func(c *Config) { c.HTTP, c.WebSocket = false, false })
	for _, status := range []int{
		first(b.dial("GET /main HTTP/1.0").status()),
		first(b.dial("POST /onvif/device_service HTTP/1.0", "Content-Length: 0").status()),
		first(off.get("one").status()),
		first(off.dial("GET " + WebSocketPath + " HTTP/1.0").status()),
	} {
		if status != http.StatusTeapot {
			t.Errorf("status %d", status)
		}
	}
}

func first(status int, _ http.Header) int { return status }

func TestCloseEndsAll(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	alone := b.get("one")
	alone.status()
	get := b.get("two")
	get.status()
	post := b.post("two")
	<-b.served
	b.broker.Close()
	alone.ends()
	get.ends()
	post.ends()
	b.get("three").refused(503)
}

package svc

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/op"
)

// hosts seed the fuzzer; TestAddressesFollowTheRequest of package camera says
// what becomes of each.
func hosts() []string {
	return []string{
		"camera", "camera:80", "192.0.2.7:8080", "[::1]", "[::1]:80", "[2001:DB8::7]:443", "", ":", ":80", "[", "[]", "[]:80", "[::1", "::1",
		"a:b", "a:0", "a:080", "a:65536", "a b", "a/b", "a@b", "a#b", "a?b", "a%41", "<a>", "\"", "'", "\\", "\x00", "é", "[192.0.2.7]", "[fe80::1%eth0]",
		strings.Repeat("a", 255), strings.Repeat("a", 256), "a..b", ".a", "a.", "-", "_",
	}
}

// FuzzHost: whatever the Host header is, addresses have it as their host, or
// the camera's own; nothing of it gets anywhere else.
func FuzzHost(f *testing.F) {
	for _, h := range hosts() {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, header string) {
		c := &Call{Exchange: &op.Exchange{Request: &op.Request{Host: header, Local: netip.MustParseAddrPort("192.0.2.1:20004")}}}
		u, err := url.Parse(c.URL("/onvif/device_service"))
		if err != nil {
			t.Fatalf("host %q makes no address: %v", header, err)
		}
		if u.Scheme != "http" || u.User != nil || u.Path != "/onvif/device_service" || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("host %q got into the rest of %s", header, u)
		}
		given, port, err := net.SplitHostPort(header)
		if err != nil {
			given, port = strings.Trim(header, "[]"), ""
		}
		own := u.Host == "192.0.2.1:20004"
		if a, err := netip.ParseAddr(given); err == nil {
			given = a.String()
		}
		if !own && (u.Hostname() != given || u.Port() != port) {
			t.Errorf("host %q became %q", header, u.Host)
		}
	})
}

func TestOwnAddressIsWrittenAsClientsReadIt(t *testing.T) {
	t.Parallel()
	for local, want := range map[string]string{
		"192.0.2.1:20004": "http://192.0.2.1:20004/", "[2001:db8::1]:80": "http://[2001:db8::1]:80/",
		"[::ffff:192.0.2.1]:8080": "http://192.0.2.1:8080/", "[fe80::1%eth0]:80": "http://[fe80::1]:80/",
	} {
		c := &Call{Exchange: &op.Exchange{Request: &op.Request{Local: netip.MustParseAddrPort(local)}}}
		if got := c.URL("/"); got != want {
			t.Errorf("%s: %s, want %s", local, got, want)
		}
	}
}

package auth_test

import (
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
)

func TestRTSPDigestTakesTheAddressesThatPlayersSend(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		asked, said string
		good        bool
	}{
		{"rtsp://192.0.2.1:554/main", "rtsp://192.0.2.1:554/main", true},
		{"rtsp://192.0.2.1:554/main", "rtsp://camera.example/main", true}, // behind a NAT
		{"rtsp://192.0.2.1/main", "rtsp://192.0.2.1/main/", true},
		{"rtsp://192.0.2.1/main/", "rtsp://192.0.2.1/main", true},
		{"rtsp://192.0.2.1/main/trackID=0", "rtsp://192.0.2.1/main", true}, // live555
		{"rtsp://192.0.2.1/main/trackID=0", "rtsp://192.0.2.1/main/", true},
		{"rtsp://192.0.2.1/main", "rtsp://192.0.2.1/main/trackID=0", true},
		{"rtsp://192.0.2.1/main", "/main", true},
		{"rtsp://192.0.2.1/main?a=1", "rtsp://192.0.2.1/main?a=1", true},
		{"rtsp://192.0.2.1/main?a=1/trackID=0", "rtsp://192.0.2.1/main?a=1", true},
		{"rtsp://u:p@192.0.2.1/main", "rtsp://192.0.2.1/main", true},
		{"rtsp://192.0.2.1", "rtsp://192.0.2.1/", true},
		{"*", "*", true},
		{"rtsp://192.0.2.1/main", "rtsp://192.0.2.1/", false},
		{"rtsp://192.0.2.1/main", "rtsp://192.0.2.1", false},
		{"rtsp://192.0.2.1/main", "*", false},
		{"rtsp://192.0.2.1/main", "", false},
		{"rtsp://192.0.2.1/main", "rtsp://192.0.2.1/mai", false},
		{"rtsp://192.0.2.1/main", "rtsp://192.0.2.1/main2", false},
		{"rtsp://192.0.2.1/main/trackID=0", "rtsp://192.0.2.1/sub", false},
		{"rtsp://192.0.2.1/main?a=1", "rtsp://192.0.2.1/main?a=2", false},
	} {
		c := newCamera()
		a := c.admin()
		a.method, a.uri = "SETUP", tc.said
		r := auth.Request{RTSP: true, Method: "SETUP", URI: tc.asked, Authorization: []string{a.header()}}
		if _, err := c.Identify(r); (refusal(t, err) == nil) != tc.good {
			t.Errorf("asked %s, answered for %s: %v, want good: %v", tc.asked, tc.said, err, tc.good)
		}
	}
}

func TestHTTPDigestWantsTheAddressOfTheRequest(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		asked, said string
		good        bool
	}{
		{"/snapshot/main.jpg", "/snapshot/main.jpg", true},
		{"/snapshot/main.jpg", "http://192.0.2.1/snapshot/main.jpg", true},
		{"http://192.0.2.1/snapshot/main.jpg", "/snapshot/main.jpg", true},
		{"http://192.0.2.1/a", "HTTP://192.0.2.1/a", true},
		{"/a?b=http://c/", "/a?b=http://c/", true},
		{"http://192.0.2.1/a", "http://192.0.2.2/a", false},
		{"/a?b=1", "/a", false},
		{"/a", "/a?b=1", false},
		{"/a", "/A", false},
		{"/a", "", false},
		{"", "#x", false},
		{"/a/b", "/a", false},
	} {
		c := newCamera()
		a := c.admin()
		a.method, a.uri = "GET", tc.said
		r := auth.Request{File: true, Method: "GET", URI: tc.asked, Authorization: []string{a.header()}}
		if _, err := c.Identify(r); (refusal(t, err) == nil) != tc.good {
			t.Errorf("asked %q, answered for %q: %v, want good: %v", tc.asked, tc.said, err, tc.good)
		}
	}
}

package rtsp

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// badRequests are requests that cannot be understood.
func badRequests() []struct {
	name, text string
	status     int
	ends       bool // the connection cannot go on
} {
	l := DefaultLimits()
	lines := func(n int) string { return strings.Repeat("X: y\r\n", n) }
	return []struct {
		name, text string
		status     int
		ends       bool
	}{
		{"no CSeq", "OPTIONS * RTSP/1.0\r\n\r\n", 400, false},
		{"CSeq that is no number", "OPTIONS * RTSP/1.0\r\nCSeq: x\r\n\r\n", 400, false},
		{"CSeq too long", "OPTIONS * RTSP/1.0\r\nCSeq: 12345678901234567890\r\n\r\n", 400, false},
		{"one word", "OPTIONS\r\nCSeq: 7\r\n\r\n", 400, false},
		{"two words", "OPTIONS *\r\nCSeq: 7\r\n\r\n", 400, false},
		{"four words", "OPTIONS * or RTSP/1.0\r\nCSeq: 7\r\n\r\n", 400, false},
		{"method that is no token", "OPT(IONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n", 400, false},
		{"no URL", "OPTIONS  RTSP/1.0\r\nCSeq: 7\r\n\r\n", 400, false},
		{"URL of another scheme", "DESCRIBE http://camera/main RTSP/1.0\r\nCSeq: 7\r\n\r\n", 400, false},
		{"URL without host", "DESCRIBE rtsp:///main RTSP/1.0\r\nCSeq: 7\r\n\r\n", 400, false},
		{"URL that is opaque", "DESCRIBE rtsp:main RTSP/1.0\r\nCSeq: 7\r\n\r\n", 400, false},
		{"URL with a fragment", "DESCRIBE rtsp://camera/main#x RTSP/1.0\r\nCSeq: 7\r\n\r\n", 400, false},
		{"URL with a bad escape", "DESCRIBE rtsp://camera/%zz RTSP/1.0\r\nCSeq: 7\r\n\r\n", 400, false},
		{"relative URL", "DESCRIBE main RTSP/1.0\r\nCSeq: 7\r\n\r\n", 400, false},
		{"header line without colon", "OPTIONS * RTSP/1.0\r\nCSeq: 7\r\nHello\r\n\r\n", 400, false},
		{"header name with a space", "OPTIONS * RTSP/1.0\r\nCSeq: 7\r\nA b: c\r\n\r\n", 400, false},
		{"header line without name", "OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n: c\r\n\r\n", 400, false},
		{"control character", "OPTIONS * RTSP/1.0\r\nCSeq: 7\r\nA: \x00\r\n\r\n", 400, false},
		{"newer version", "OPTIONS * RTSP/2.0\r\nCSeq: 7\r\n\r\n", 505, false},
		{"other protocol", "OPTIONS * SIP/2.0\r\nCSeq: 7\r\n\r\n", 400, false},
		{"HTTP", "GET / HTTP/1.1\r\nHost: camera\r\n\r\n", 400, true},
		{"TLS", "\x16\x03\x01\x00\xa5\x01\n", 400, true},
		{"Content-Length that is no number", "OPTIONS * RTSP/1.0\r\nCSeq: 7\r\nContent-Length: ten\r\n\r\n", 400, true},
		{"Content-Length below zero", "OPTIONS * RTSP/1.0\r\nCSeq: 7\r\nContent-Length: -1\r\n\r\n", 400, true},
		{"Content-Length twice", "OPTIONS * RTSP/1.0\r\nCSeq: 7\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400, true},
		{"body over the limit", "OPTIONS * RTSP/1.0\r\nCSeq: 7\r\nContent-Length: 16385\r\n\r\n", 413, true},
		{"request line over the limit", "OPTIONS rtsp://camera/" + strings.Repeat("a", l.RequestLine) + " RTSP/1.0\r\n\r\n", 414, true},
		{"header over the limit", "OPTIONS * RTSP/1.0\r\nCSeq: 7\r\nA: " + strings.Repeat("a", l.HeaderBytes) + "\r\n\r\n", 400, true},
		{"header lines over the limit", "OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n" + lines(l.HeaderLines) + "\r\n", 400, true},
	}
}

func TestBadRequestsAreAnsweredAndEndTheConnectionOnlyIfTheyMust(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for _, c := range badRequests() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn := b.dial()
			conn.t = t
			conn.raw(c.text)
			r := conn.reply()
			if r.status != c.status {
				t.Errorf("%d %s, want %d", r.status, r.reason, c.status)
			}
			if strings.Contains(c.text, "CSeq: 7") && r.header.get("cseq") != "7" {
				t.Errorf("CSeq: %q", r.header.get("cseq"))
			}
			if !c.ends {
				conn.want(200, "OPTIONS", "*")
				return
			}
			if r.header.get("connection") != "close" {
				t.Errorf("Connection: %q", r.header.get("connection"))
			}
			conn.nc.(interface{ CloseWrite() error }).CloseWrite() //nolint:errcheck // so that the server need not wait
			conn.ends()
		})
	}
}

func TestRequestsAtTheLimitsAreServed(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	l := DefaultLimits()
	pad := func(before, after string, n int) string {
		return before + strings.Repeat("a", n-len(before)-len(after)) + after
	}
	for name, c := range map[string]struct {
		text   string
		status int
	}{
		"request line": {pad("OPTIONS rtsp://camera/", " RTSP/1.0", l.RequestLine) + "\r\nCSeq: 7\r\n\r\n", 200},
		"header bytes": {"OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n" + pad("A: ", "", l.HeaderBytes-len("CSeq: 7")) + "\r\n\r\n", 200},
		"header lines": {"OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n" + strings.Repeat("X: y\r\n", l.HeaderLines-1) + "\r\n", 200},
		"body":         {"GET_PARAMETER * RTSP/1.0\r\nCSeq: 7\r\nContent-Length: 16384\r\n\r\n" + strings.Repeat("a", l.BodyBytes), 451},
	} {
		conn := b.dial()
		conn.raw(c.text)
		if r := conn.reply(); r.status != c.status || r.header.get("cseq") != "7" {
			t.Errorf("%s: %d %s", name, r.status, r.reason)
		}
	}
}

func TestRequestsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	type seen struct {
		Method, URI, Body string
		Header            header
	}
	for name, c := range map[string]struct {
		text string
		want seen
	}{
		"plain": {
			"DESCRIBE rtsp://h/main RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n",
			seen{"DESCRIBE", "rtsp://h/main", "", header{"cseq": {"1"}, "accept": {"application/sdp"}}},
		},
		"line feeds only": {
			"OPTIONS * RTSP/1.0\nCSeq: 1\n\n",
			seen{"OPTIONS", "*", "", header{"cseq": {"1"}}},
		},
		"case, space and empty values": {
			"OPTIONS * RTSP/1.0\r\ncSEQ :\t 1 \r\nX:\r\n\r\n",
			seen{"OPTIONS", "*", "", header{"cseq": {"1"}, "x": {""}}},
		},
		"several lines of one name stay in order": {
			"OPTIONS * RTSP/1.0\r\nRequire: b\r\nCSeq: 1\r\nrequire: a\r\n\r\n",
			seen{"OPTIONS", "*", "", header{"cseq": {"1"}, "require": {"b", "a"}}},
		},
		"continued line": {
			"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nX: a,\r\n  b\r\n\tc\r\n\r\n",
			seen{"OPTIONS", "*", "", header{"cseq": {"1"}, "x": {"a, b c"}}},
		},
		"body": {
			"SET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 4\r\n\r\na: bOPTIONS",
			seen{"SET_PARAMETER", "*", "a: b", header{"cseq": {"1"}, "content-length": {"4"}}},
		},
	} {
		r, err := readRequest(bufio.NewReader(strings.NewReader(c.text)), DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(c.want, seen{string(r.method), r.uri, string(r.body), r.header}); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestAnswersOfTheClientAndBlankLinesAreSkipped(t *testing.T) {
	t.Parallel()
	c := newBench(t, nil).dial()
	c.raw("\r\n\r\nRTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Length: 3\r\n\r\nyes\n")
	c.raw("$\x09\x00\x03abc") // a channel of nobody
	c.want(200, "OPTIONS", "*")
}

func TestRequestsMayComeAllAtOnce(t *testing.T) {
	t.Parallel()
	c := newBench(t, nil).dial()
	c.raw(strings.Repeat("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", 50) + "FLY * RTSP/1.0\r\nCSeq: 2\r\n\r\n")
	for range 50 {
		if r := c.reply(); r.status != 200 {
			t.Fatal(r)
		}
	}
	if r := c.reply(); r.status != 501 {
		t.Error(r)
	}
}

func FuzzReadRequest(f *testing.F) {
	for _, c := range badRequests() {
		f.Add(c.text)
	}
	f.Add("SETUP rtsp://h/main/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		l := DefaultLimits()
		br := bufio.NewReader(strings.NewReader(text))
		for {
			r, err := readRequest(br, l)
			var bad *badRequest
			switch {
			case errors.As(err, &bad):
				if bad.status < 400 || bad.reason == "" {
					t.Fatalf("%+v", bad)
				}
				if bad.ends {
					return
				}
				continue
			case errors.Is(err, errResponse):
				continue
			case err != nil:
				if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatal(err)
				}
				return
			}
			if len(r.uri) > l.RequestLine || len(r.body) > l.BodyBytes || !token(string(r.method)) || (r.url == nil) != (r.uri == "*") {
				t.Fatalf("%+v", r)
			}
		}
	})
}

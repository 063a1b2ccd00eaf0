package rtsp

import (
	"strings"
	"testing"
)

func TestWholeSessionRunsThroughItsMethods(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	c := b.dial()
	if r := c.want(200, "OPTIONS", "*"); r.header.get("public") != public {
		t.Errorf("Public: %q", r.header.get("public"))
	}
	r := c.want(200, "DESCRIBE", b.url, "Accept: application/sdp")
	if got := r.header.get("content-base"); got != b.url+"/" {
		t.Errorf("Content-Base: %q", got)
	}
	if got := r.header.get("server"); got != "camfleet" {
		t.Errorf("Server: %q", got)
	}
	id, r := c.play(b.url)
	p, control := c.first()
	checkStart(t, r, p, control)
	c.want(200, "GET_PARAMETER", b.url, "Session: "+id)
	c.want(200, "SET_PARAMETER", b.url, "Session: "+id)
	c.want(200, "PAUSE", b.url, "Session: "+id)
	c.frames = nil
	r = c.want(200, "PLAY", b.url, "Session: "+id+";timeout=60", "Range: npt=0.000-")
	p, control = c.first()
	checkStart(t, r, p, control)
	c.want(200, "TEARDOWN", b.url, "Session: "+id)
	c.want(454, "PLAY", b.url, "Session: "+id)
}

func TestStatusCodesInTheirStates(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config, _ *StreamConfig) { c.Allow, c.AggregateOnly = isUser, true })
	const user = "Authorization: viewer"
	track := b.url + "/trackID=0"
	for _, c := range []struct {
		name   string
		state  string // "", setup, play
		method string
		url    string
		lines  []string // SESSION is the session's id
		status int
		header string // a line the response must have
	}{
		{"unknown method", "", "FLY", b.url, nil, 501, "public: " + public},
		{"method of recording", "", "RECORD", b.url, nil, 501, ""},
		{"ANNOUNCE", "", "ANNOUNCE", b.url, nil, 501, ""},
		{"OPTIONS is free", "", "OPTIONS", b.url, nil, 200, ""},
		{"OPTIONS of an unknown session", "", "OPTIONS", b.url, []string{"Session: 1"}, 454, ""},
		{"OPTIONS with an extension", "", "OPTIONS", b.url, []string{"Require: funky"}, 551, "unsupported: funky"},
		{"no credentials", "", "DESCRIBE", b.url, nil, 401, "www-authenticate: First|Second"},
		{"wrong credentials", "", "DESCRIBE", b.url, []string{"Authorization: thief"}, 401, "www-authenticate: First stale=true|Second"},
		{"malformed credentials", "", "DESCRIBE", b.url, []string{"Authorization: bad"}, 400, ""},
		{"authenticator out of order", "", "DESCRIBE", b.url, []string{"Authorization: broken"}, 500, ""},
		{"no right to media", "", "DESCRIBE", b.url, []string{"Authorization: poor"}, 403, ""},
		{"SETUP without credentials", "", "SETUP", track, []string{overTCP}, 401, ""},
		{"PLAY without credentials", "setup", "PLAY", b.url, []string{"Session: SESSION"}, 401, ""},
		{"TEARDOWN without credentials", "setup", "TEARDOWN", b.url, []string{"Session: SESSION"}, 401, ""},
		{"GET_PARAMETER without credentials", "setup", "GET_PARAMETER", b.url, []string{"Session: SESSION"}, 401, ""},
		{"unknown path", "", "DESCRIBE", b.url + "x", []string{user}, 404, ""},
		{"DESCRIBE of everything", "", "DESCRIBE", "*", []string{user}, 404, ""},
		{"no SDP wanted", "", "DESCRIBE", b.url, []string{user, "Accept: text/html, image/png"}, 406, ""},
		{"SDP among others", "", "DESCRIBE", b.url, []string{user, "Accept: text/html", "Accept: application/sdp;q=0.5"}, 200, ""},
		{"extension", "", "DESCRIBE", b.url, []string{user, "Require: www.onvif.org/ver20/backchannel"}, 551, "unsupported: www.onvif.org/ver20/backchannel"},
		{"proxy extension", "", "DESCRIBE", b.url, []string{user, "Proxy-Require: a, b"}, 551, "unsupported: a, b"},
		{"SETUP of an unknown track", "", "SETUP", b.url + "/trackID=1", []string{user, overTCP}, 404, ""},
		{"SETUP of the presentation", "", "SETUP", b.url, []string{user, overTCP}, 459, ""},
		{"SETUP of a second presentation", "setup", "SETUP", strings.Replace(track, "main", "sub", 1), []string{user, overTCP, "Session: SESSION"}, 459, ""},
		{"SETUP without transport", "", "SETUP", track, []string{user}, 400, ""},
		{"SETUP with a transport that is none", "", "SETUP", track, []string{user, "Transport: carrier pigeon"}, 400, ""},
		{"SETUP of multicast", "", "SETUP", track, []string{user, "Transport: RTP/AVP;multicast"}, 461, ""},
		{"SETUP of SRTP", "", "SETUP", track, []string{user, "Transport: RTP/SAVP;unicast;client_port=5000-5001"}, 461, ""},
		{"SETUP of recording", "", "SETUP", track, []string{user, overTCP + ";mode=record"}, 461, ""},
		{"SETUP for somebody else", "", "SETUP", track, []string{user, "Transport: RTP/AVP;unicast;client_port=5000-5001;destination=192.0.2.1"}, 461, ""},
		{"SETUP of an unknown session", "", "SETUP", track, []string{user, overTCP, "Session: 12345678"}, 454, ""},
		{"SETUP again before PLAY", "setup", "SETUP", track, []string{user, "Transport: RTP/AVP/TCP;interleaved=4-5", "Session: SESSION"}, 200, ""},
		{"SETUP again with nothing possible", "setup", "SETUP", track, []string{user, "Transport: RTP/AVP;multicast", "Session: SESSION"}, 461, ""},
		{"SETUP while playing", "play", "SETUP", track, []string{user, overTCP, "Session: SESSION"}, 455, "allow: OPTIONS, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER"},
		{"PLAY without session", "", "PLAY", b.url, []string{user}, 454, ""},
		{"PLAY of an unknown session", "", "PLAY", b.url, []string{user, "Session: 0000"}, 454, ""},
		{"PLAY of another user's session", "setup", "PLAY", b.url, []string{"Authorization: admin", "Session: SESSION"}, 454, ""},
		{"PLAY of a track", "setup", "PLAY", track, []string{user, "Session: SESSION"}, 460, ""},
		{"PAUSE of a track", "play", "PAUSE", track, []string{user, "Session: SESSION"}, 460, ""},
		{"PLAY of another presentation", "setup", "PLAY", strings.Replace(b.url, "main", "sub", 1), []string{user, "Session: SESSION"}, 455, "allow: OPTIONS, TEARDOWN"},
		{"PLAY of an unknown path", "setup", "PLAY", b.url + "x", []string{user, "Session: SESSION"}, 404, ""},
		{"PLAY of whatever the session is", "setup", "PLAY", "*", []string{user, "Session: SESSION"}, 200, ""},
		{"PLAY from now", "setup", "PLAY", b.url, []string{user, "Session: SESSION", "Range: npt=now-"}, 200, ""},
		{"PLAY in hours", "setup", "PLAY", b.url, []string{user, "Session: SESSION", "Range: npt=0:00:00.5-1:02:03;time=19970123T143720Z"}, 200, ""},
		{"PLAY of the past", "setup", "PLAY", b.url, []string{user, "Session: SESSION", "Range: clock=20200101T000000Z-"}, 457, ""},
		{"PLAY of nonsense", "setup", "PLAY", b.url, []string{user, "Session: SESSION", "Range: npt=soon-"}, 457, ""},
		{"PLAY while playing", "play", "PLAY", b.url, []string{user, "Session: SESSION"}, 200, ""},
		{"PAUSE before PLAY", "setup", "PAUSE", b.url, []string{user, "Session: SESSION"}, 200, ""},
		{"PAUSE without session", "", "PAUSE", b.url, []string{user}, 454, ""},
		{"TEARDOWN of another presentation", "setup", "TEARDOWN", strings.Replace(b.url, "main", "sub", 1), []string{user, "Session: SESSION"}, 404, ""},
		{"TEARDOWN of the track", "play", "TEARDOWN", track, []string{user, "Session: SESSION"}, 200, "session: SESSION"},
		{"TEARDOWN without session", "", "TEARDOWN", b.url, []string{user}, 454, ""},
		{"GET_PARAMETER as ping", "", "GET_PARAMETER", b.url, []string{user}, 200, ""},
		{"GET_PARAMETER of an unknown session", "", "GET_PARAMETER", b.url, []string{user, "Session: 9"}, 454, ""},
		{"OPTIONS in a session", "setup", "OPTIONS", b.url, []string{"Session: SESSION"}, 200, "session: SESSION;timeout=60"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn := b.dial()
			conn.t = t
			id := ""
			switch c.state {
			case "setup":
				id = conn.setup(b.url, user)
			case "play":
				id, _ = conn.play(b.url, user)
			}
			var lines []string
			for _, l := range c.lines {
				lines = append(lines, strings.ReplaceAll(l, "SESSION", id))
			}
			r := conn.want(c.status, c.method, c.url, lines...)
			if name, value, ok := strings.Cut(c.header, ": "); ok {
				if got, want := strings.Join(r.header[name], "|"), strings.ReplaceAll(value, "SESSION", id); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			conn.want(200, "OPTIONS", "*") // the connection goes on
		})
	}
}

func TestParametersAreNotUnderstoodButKeepTheSessionAlive(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	c := b.dial()
	for _, method := range []string{"GET_PARAMETER", "SET_PARAMETER"} {
		c.raw(method + " " + b.url + " RTSP/1.0\r\nCSeq: 1\r\nContent-Type: text/parameters\r\nContent-Length: 8\r\n\r\njitter\r\n")
		if r := c.reply(); r.status != 451 {
			t.Errorf("%s: %d", method, r.status)
		}
		c.raw(method + " " + b.url + " RTSP/1.0\r\nCSeq: 2\r\nContent-Length: 2\r\n\r\n\r\n")
		if r := c.reply(); r.status != 200 {
			t.Errorf("%s with an empty body: %d", method, r.status)
		}
	}
}

func TestURLsAreUnderstoodAsClientsWriteThem(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	host := "rtsp://" + b.address
	for _, c := range []struct{ url, base string }{
		{host + "/main", host + "/main/"},
		{host + "/main/", host + "/main/"},
		{host + "/main//", host + "/main/"},
		{host + "/main?token=1&x=/y", host + "/main/"},
		{host + "/main/trackID=0", host + "/main/"},
		{host + "/main/?a", host + "/main/"},
		{"RTSP://" + b.address + "/main", "rtsp://" + b.address + "/main/"},
		{"rtsp://u:p@" + b.address + "/main", host + "/main/"},
		{"rtsps://camera.example:322/main", "rtsps://camera.example:322/main/"},
		{"rtsp://[::1]:554/main", "rtsp://[::1]:554/main/"},
		{host + "/a%20b/%c3%bc", host + "/a%20b/%c3%bc/"},
		{"/main", host + "/main/"},
	} {
		if got := b.dial().want(200, "DESCRIBE", c.url).header.get("content-base"); got != c.base {
			t.Errorf("%s: Content-Base %q, want %q", c.url, got, c.base)
		}
	}
	for _, url := range []string{
		host + "/main/trackID=0", host + "/main/trackID=0/", host + "/main?token=1/trackID=0",
		host + "/main/?x/trackID=0/", host + "/main/track%49D=0", host + "/main//trackID=0",
	} {
		b.dial().want(200, "SETUP", url, overTCP)
	}
	for _, url := range []string{host, host + "/", host + "/main2", host + "/main/x", host + "/trackID=0", host + "/Main"} {
		b.dial().want(404, "DESCRIBE", url)
	}
}

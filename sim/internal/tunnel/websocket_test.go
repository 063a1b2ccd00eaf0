package tunnel

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// open opens a WebSocket with the library's client.
func (b *bench) open(o *websocket.DialOptions) (*websocket.Conn, *http.Response, error) {
	b.t.Helper()
	if o.Subprotocols == nil {
		o.Subprotocols = []string{"chat", WebSocketProtocol}
	}
	c, r, err := websocket.Dial(b.t.Context(), "ws://"+b.address+WebSocketPath, o)
	if err == nil {
		b.t.Cleanup(func() { c.CloseNow() }) //nolint:errcheck // the test is over
	}
	return c, r, err
}

func (b *bench) opened() *websocket.Conn {
	b.t.Helper()
	c, r, err := b.open(&websocket.DialOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	if c.Subprotocol() != WebSocketProtocol || r.Header.Get("Server") != "test/1" {
		b.t.Fatalf("subprotocol %q, %v", c.Subprotocol(), r.Header)
	}
	return c
}

// echoes fails the test unless a message comes back, in a message of its own.
func echoes(t *testing.T, c *websocket.Conn, text string) {
	t.Helper()
	if err := c.Write(t.Context(), websocket.MessageBinary, []byte(text)); err != nil {
		t.Fatal(err)
	}
	kind, got, err := c.Read(t.Context())
	if err != nil || kind != websocket.MessageBinary || string(got) != text {
		t.Fatalf("%v %.40q %v, want %.40q", kind, got, err, text)
	}
}

// TestMessagesAreAStream of any length, with pings between (RFC 6455 5.2, 5.5.2).
func TestMessagesAreAStream(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.Limits.MessageBytes = 1 << 20 })
	c := b.opened()
	c.SetReadLimit(-1)
	for _, n := range []int{1, 124, 125, 126, 127, 65534, 65535, 65536, 70000} {
		echoes(t, c, strings.Repeat("x", n-1)+"\n")
	}
	for _, part := range []string{"one ", "", "line"} {
		if err := c.Write(t.Context(), websocket.MessageBinary, []byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	pinged := make(chan error)
	go func() { pinged <- c.Ping(t.Context()) }() // answered before the line
	read := make(chan string)
	go func() {
		_, got, err := c.Read(t.Context())
		read <- string(got) + errorText(err)
	}()
	if err := <-pinged; err != nil {
		t.Fatal(err)
	}
	if err := c.Write(t.Context(), websocket.MessageBinary, []byte("\n")); err != nil {
		t.Fatal(err)
	}
	if got := <-read; got != "one line\n" {
		t.Errorf("%q", got)
	}
	if carrier := <-b.served; carrier.Name != "WebSocket" || carrier.Secure || carrier.Client != nil {
		t.Errorf("%+v", carrier)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestCloseCodesSayWhy the camera ends a WebSocket (RFC 6455 7.4.1).
func TestCloseCodesSayWhy(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.Limits.MessageBytes = 100 })
	for _, tc := range []struct {
		way  string
		send func(*websocket.Conn) error
		code websocket.StatusCode
	}{
		{"text", func(c *websocket.Conn) error { return c.Write(t.Context(), websocket.MessageText, []byte("x\n")) }, websocket.StatusUnsupportedData},
		{"a message above the limit", func(c *websocket.Conn) error {
			return c.Write(t.Context(), websocket.MessageBinary, make([]byte, 101))
		}, websocket.StatusMessageTooBig},
		{"the session ends", func(c *websocket.Conn) error {
			return c.Write(t.Context(), websocket.MessageBinary, []byte("bye\n"))
		}, websocket.StatusNormalClosure},
	} {
		c := b.opened()
		echoes(t, c, strings.Repeat("x", 99)+"\n") // at the limit
		if err := tc.send(c); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != tc.code {
			t.Errorf("%s: %v, want %v", tc.way, err, tc.code)
		}
		<-b.ended
	}
	c := b.opened()
	if err := c.Close(websocket.StatusGoingAway, ""); err != nil { // is answered
		t.Error(err)
	}
	if err := <-b.ended; !errors.Is(err, io.EOF) {
		t.Errorf("closed by the client: %v", err)
	}
}

// TestHandshakeIsThatOfRFC6455 4.2.1, with the subprotocol and the origins of
// the camera.
func TestHandshakeIsThatOfRFC6455(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.Origins = []string{"*.vms.example"} })
	good := []string{"Connection: keep-alive, Upgrade", "Upgrade: WebSocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: rtsp.onvif.org"}
	change := func(at int, line string) []string {
		lines := append([]string(nil), good...)
		lines[at] = line
		return lines
	}
	for _, tc := range []struct {
		way    string
		status int
		lines  []string
	}{
		{"good", 101, good},
		{"from the camera's page", 101, append([]string{"Origin: http://camera"}, good...)},
		{"from a page that may", 101, append([]string{"Origin: https://web.vms.example"}, good...)},
		{"from another page", 403, append([]string{"Origin: https://vms.example"}, good...)},
		{"from a file", 403, append([]string{"Origin: null"}, good...)},
		{"no upgrade", 426, change(0, "Connection: close")},
		{"upgrade to something else", 426, change(1, "Upgrade: h2c")},
		{"another version", 400, change(2, "Sec-WebSocket-Version: 8")},
		{"no key", 400, change(3, "X: y")},
		{"a bad key", 400, change(3, "Sec-WebSocket-Key: eA==")},
		{"no subprotocol", 400, change(4, "X: y")},
		{"another subprotocol", 400, change(4, "Sec-WebSocket-Protocol: rtsp, binary")},
	} {
		h := b.dial("GET "+WebSocketPath+" HTTP/1.1", tc.lines...)
		status, header := h.status()
		if status != tc.status {
			t.Errorf("%s: %d, want %d", tc.way, status, tc.status)
		}
		if status == 101 && (header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" || header.Get("Sec-WebSocket-Protocol") != WebSocketProtocol) {
			t.Errorf("%s: %v", tc.way, header)
		}
		if status == 400 && tc.lines[2] != good[2] && header.Get("Sec-WebSocket-Version") != "13" {
			t.Errorf("%s: %v", tc.way, header)
		}
	}
	if status, header := b.dial("POST "+WebSocketPath+" HTTP/1.1", append(good, "Content-Length: 0")...).status(); status != 405 {
		t.Errorf("POST: %d %v", status, header)
	}
}

// TestContextEndsWebSockets, since a door that is closed does.
func TestContextEndsWebSockets(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	c := b.opened()
	<-b.served
	b.cancel()
	if _, _, err := c.Read(context.Background()); err == nil {
		t.Error("it goes on")
	}
	<-b.ended
}

// FuzzWebSocket sends anything after the handshake: the inside gets bytes or an
// end, and what comes back are frames.
func FuzzWebSocket(f *testing.F) {
	masked := func(first byte, text string) []byte {
		return append([]byte{first, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...)
	}
	for _, b := range [][]byte{
		masked(0x82, "OPTIONS\n"), masked(0x81, "text\n"), masked(0x89, "ping"), masked(0x88, "\x03\xe8"), masked(0x02, "a"), masked(0x80, "b\n"),
		{0x82, 0x02, 'x', '\n'}, {0x82, 0xfe, 0xff, 0xff}, {0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {0xf2, 0x80}, {},
	} {
		f.Add(b)
	}
	b := newBench(f, nil)
	f.Fuzz(func(t *testing.T, sent []byte) {
		b.t = t
		h := b.dial("GET "+WebSocketPath+" HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: rtsp.onvif.org")
		h.send(string(sent))
		if err := h.nc.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if status, _ := h.status(); status != 101 {
			t.Fatal(status)
		}
		<-b.served
		<-b.ended
		got, err := io.ReadAll(h.br)
		if err != nil && !strings.Contains(err.Error(), "reset") {
			t.Fatal(err)
		}
		for err == nil && len(got) > 0 {
			got = frame(t, got)
		}
	})
}

// frame checks the first frame of b and returns the rest.
func frame(t *testing.T, b []byte) []byte {
	t.Helper()
	n, head := len(b), 2
	if len(b) >= 2 {
		n = int(b[1])
	}
	switch {
	case n == 126 && len(b) >= 4:
		n, head = int(binary.BigEndian.Uint16(b[2:])), 4
	case n > 125:
		t.Fatalf("no frame: %.20q", b)
	}
	if len(b) < head+n || !bytes.ContainsRune([]byte("\x82\x88\x8a"), rune(b[0])) && b[0]&0x80 == 0 {
		t.Fatalf("no frame: %.20q", b)
	}
	return b[head+n:]
}

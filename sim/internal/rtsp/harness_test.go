package rtsp

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if arguments := os.Getenv("RTSP_READERS"); arguments != "" { // the child of a benchmark
		if err := readers(arguments); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// open is an authenticator that knows users by an Authorization of their name.
type open struct{ expires time.Time }

func (o open) Identify(r auth.Request) (auth.Identity, error) {
	if len(r.Authorization) == 0 {
		return auth.Identity{}, nil
	}
	name := r.Authorization[0]
	switch name {
	case "viewer", "admin":
		return auth.Identity{User: name, Level: auth.User, How: auth.ByDigestMD5, Expires: o.expires}, nil
	case "poor":
		return auth.Identity{User: name, How: auth.ByDigestMD5}, nil
	case "bad":
		return auth.Identity{}, &auth.Refusal{Status: 400, Reason: "malformed"}
	case "broken":
		return auth.Identity{}, io.ErrUnexpectedEOF
	}
	return auth.Identity{}, &auth.Refusal{Status: 401, Reason: "unknown", Stale: true}
}

func (open) Challenges(_ auth.Request, r *auth.Refusal) []string {
	if r != nil && r.Stale {
		return []string{"First stale=true", "Second"}
	}
	return []string{"First", "Second"}
}

func isUser(i auth.Identity) bool { return i.Level >= auth.User }
func anybody(auth.Identity) bool  { return true }

// bench is a server with two streams, /main and /sub, on a loopback port.
type bench struct {
	t             testing.TB
	server        *Server
	main, sub     *Stream
	mainSource    *flatSource
	address, url  string
	secureAddress string
	clock         clock.Clock
}

// begin2026 is where manual clocks of tests begin.
func begin2026() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }

// newBench starts a server; change may alter its configuration and that of its
// streams. Nothing needs credentials unless change says so.
func newBench(t testing.TB, change func(*Config, *StreamConfig)) *bench {
	t.Helper()
	config := Config{Clock: clock.Real(), Random: rand.Reader, Auth: open{}, Allow: anybody}
	config.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	source := newFlatSource()
	streamConfig := StreamConfig{Source: source, Clock: config.Clock, Start: config.Clock.Now().Add(-time.Hour), Seed: seed.New(1)}
	if change != nil {
		change(&config, &streamConfig)
	}
	b := &bench{t: t, mainSource: source, clock: config.Clock}
	var err error
	if b.main, err = NewStream(streamConfig); err != nil {
		t.Fatal(err)
	}
	streamConfig.Source = newFlatSource()
	if b.sub, err = NewStream(streamConfig); err != nil {
		t.Fatal(err)
	}
	config.Lookup = func(path string) (*Stream, bool) {
		switch path {
		case "/main":
			return b.main, true
		case "/sub", "/a b/ü":
			return b.sub, true
		}
		return nil, false
	}
	if b.server, err = New(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.main.Close()
		b.sub.Close()
		b.server.Close()
	})
	b.address = b.listen(false)
	b.url = "rtsp://" + b.address + "/main"
	if config.TLS != nil {
		b.secureAddress = b.listen(true)
	}
	return b
}

func (b *bench) listen(secure bool) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- b.server.Serve(context.Background(), l, secure) }()
	b.t.Cleanup(func() {
		l.Close() //nolint:errcheck // Serve says
		if err := <-done; err != nil {
			b.t.Errorf("Serve: %v", err)
		}
	})
	return l.Addr().String()
}

// client is a raw RTSP client. It reads strictly what the server sends.
type client struct {
	t    testing.TB
	nc   net.Conn
	br   *bufio.Reader
	cseq int
	// interleaved packets that came while a response was waited for
	frames []frame
}

type frame struct {
	channel uint8
	bytes   []byte
}

// reply is a response as it came.
type reply struct {
	status int
	reason string
	header header
	body   string
}

func (b *bench) dial() *client {
	b.t.Helper()
	nc, err := net.Dial("tcp", b.address)
	if err != nil {
		b.t.Fatal(err)
	}
	return newClient(b.t, nc)
}

func newClient(t testing.TB, nc net.Conn) *client {
	t.Cleanup(func() { nc.Close() }) //nolint:errcheck // the test is over
	return &client{t: t, nc: nc, br: bufio.NewReaderSize(nc, 1<<16)}
}

// raw sends text as it is.
func (c *client) raw(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.nc, text); err != nil {
		c.t.Fatal(err)
	}
}

// ask sends a request with a CSeq and header lines, and returns the response,
// which must echo the CSeq.
func (c *client) ask(method, url string, lines ...string) reply {
	c.t.Helper()
	c.cseq++
	lines = append([]string{fmt.Sprintf("%s %s RTSP/1.0", method, url), fmt.Sprintf("CSeq: %d", c.cseq)}, lines...)
	c.raw(strings.Join(lines, "\r\n") + "\r\n\r\n")
	r := c.reply()
	if got := r.header.get("cseq"); got != strconv.Itoa(c.cseq) {
		c.t.Errorf("%s: CSeq is %q, want %d", method, got, c.cseq)
	}
	return r
}

// want is ask for a response of a status.
func (c *client) want(status int, method, url string, lines ...string) reply {
	c.t.Helper()
	r := c.ask(method, url, lines...)
	if r.status != status {
		c.t.Fatalf("%s %s %q: %d %s, want %d", method, url, lines, r.status, r.reason, status)
	}
	return r
}

// reply reads the next response and keeps the frames before it.
func (c *client) reply() reply {
	c.t.Helper()
	for {
		first, err := c.br.Peek(1)
		if err != nil {
			c.t.Fatal(err)
		}
		if first[0] == '$' {
			c.frames = append(c.frames, c.readFrame())
			continue
		}
		return c.readReply()
	}
}

func (c *client) readReply() reply {
	c.t.Helper()
	line := func() string {
		s, err := c.br.ReadString('\n')
		if err != nil || !strings.HasSuffix(s, "\r\n") {
			c.t.Fatalf("line %q: %v", s, err)
		}
		return strings.TrimSuffix(s, "\r\n")
	}
	r := reply{header: header{}}
	status := line()
	if _, err := fmt.Sscanf(status, "RTSP/1.0 %d", &r.status); err != nil {
		c.t.Fatalf("status line %q: %v", status, err)
	}
	r.reason = strings.SplitN(status, " ", 3)[2]
	for {
		l := line()
		if l == "" {
			break
		}
		name, value, ok := strings.Cut(l, ": ")
		if !ok {
			c.t.Fatalf("header line %q", l)
		}
		name = strings.ToLower(name)
		r.header[name] = append(r.header[name], value)
	}
	if n, _ := strconv.Atoi(r.header.get("content-length")); n > 0 {
		body := make([]byte, n)
		if _, err := io.ReadFull(c.br, body); err != nil {
			c.t.Fatal(err)
		}
		r.body = string(body)
	}
	return r
}

// frame returns the next interleaved frame.
func (c *client) frame() frame {
	c.t.Helper()
	if len(c.frames) > 0 {
		f := c.frames[0]
		c.frames = c.frames[1:]
		return f
	}
	return c.readFrame()
}

func (c *client) readFrame() frame {
	c.t.Helper()
	head := make([]byte, 4)
	if _, err := io.ReadFull(c.br, head); err != nil {
		c.t.Fatal(err)
	}
	if head[0] != '$' {
		c.t.Fatalf("frame begins with %q", head)
	}
	f := frame{channel: head[1], bytes: make([]byte, binary.BigEndian.Uint16(head[2:]))}
	if _, err := io.ReadFull(c.br, f.bytes); err != nil {
		c.t.Fatal(err)
	}
	return f
}

// packet returns the next RTP packet on a channel and the RTCP packets, on the
// channel after it, that came before.
func (c *client) packet(channel uint8) (*rtp.Packet, []rtcp.Packet) {
	c.t.Helper()
	var control []rtcp.Packet
	for {
		f := c.frame()
		switch f.channel {
		case channel:
			p := &rtp.Packet{}
			if err := p.Unmarshal(f.bytes); err != nil {
				c.t.Fatal(err)
			}
			return p, control
		case channel + 1:
			packets, err := rtcp.Unmarshal(f.bytes)
			if err != nil {
				c.t.Fatal(err)
			}
			control = append(control, packets...)
		default:
			c.t.Fatalf("frame on channel %d", f.channel)
		}
	}
}

// first returns the first packet, on channel 0, and the RTCP packets that come
// with its access unit.
func (c *client) first() (*rtp.Packet, []rtcp.Packet) {
	c.t.Helper()
	first, control := c.packet(0)
	for len(control) == 0 {
		_, control = c.packet(0)
	}
	return first, control
}

// ends checks that the server has ended the connection, whatever it sent before.
func (c *client) ends() {
	c.t.Helper()
	if _, err := io.Copy(io.Discard, c.br); err != nil && !strings.Contains(err.Error(), "reset") {
		c.t.Errorf("connection: %v, want its end", err)
	}
}

const overTCP = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"

// setup makes a session over TCP and returns its id.
func (c *client) setup(url string, lines ...string) string {
	c.t.Helper()
	r := c.want(200, "SETUP", url+"/trackID=0", append([]string{overTCP}, lines...)...)
	id, rest, _ := strings.Cut(r.header.get("session"), ";")
	if rest != "timeout=60" || len(id) < 8 {
		c.t.Errorf("Session: %q", r.header.get("session"))
	}
	return id
}

// play sets up and plays over TCP and returns the session's id.
func (c *client) play(url string, lines ...string) (id string, r reply) {
	c.t.Helper()
	id = c.setup(url, lines...)
	return id, c.want(200, "PLAY", url, append([]string{"Session: " + id}, lines...)...)
}

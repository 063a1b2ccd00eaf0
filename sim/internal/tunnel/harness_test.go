package tunnel

import (
	"bufio"
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a web server with tunnels whose inside says each line back.
type bench struct {
	t       testing.TB
	broker  *Broker
	clock   *clock.Manual
	server  *httptest.Server
	address string
	cancel  context.CancelFunc // ends the context of the requests
	served  chan Carrier       // each that was made
	ended   chan error         // what each reader ended with
}

func newBench(t testing.TB, change func(*Config)) *bench {
	t.Helper()
	b := &bench{t: t, clock: clock.NewManual(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)), served: make(chan Carrier, 100), ended: make(chan error, 100)}
	c := Config{Clock: b.clock, HTTP: true, WebSocket: true, Serve: b.echo, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	if change != nil {
		change(&c)
	}
	b.broker = New(c)
	ctx, cancel := context.WithCancel(context.Background())
	b.cancel = cancel
	b.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "test/1")
		if !b.broker.Handle(ctx, w, r) {
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	b.server.Start()
	b.address = b.server.Listener.Addr().String()
	t.Cleanup(func() {
		cancel()
		b.broker.Close()
		b.server.Close()
	})
	return b
}

// echo serves as an RTSP server would, whose Write does not block.
func (b *bench) echo(ctx context.Context, c Carrier) {
	b.served <- c
	defer c.Conn.Close()                                      //nolint:errcheck // it is over
	defer context.AfterFunc(ctx, func() { c.Conn.Close() })() //nolint:errcheck // as above
	nc := c.Conn
	if c.Over != nil {
		nc = c.Over(c.Conn)
	}
	lines := bufio.NewReader(nc)
	for {
		line, err := lines.ReadString('\n')
		if line == "bye\n" {
			nc.(interface{ Bye() }).Bye()
			err = io.EOF
		}
		if err != nil {
			b.ended <- err
			return
		}
		if _, err := io.WriteString(nc, line); err != nil {
			b.ended <- err
			return
		}
	}
}

// half is one of the connections of a tunnel.
type half struct {
	t  testing.TB
	nc net.Conn
	br *bufio.Reader
}

// dial opens a connection and sends a request; lines are of its header.
func (b *bench) dial(start string, lines ...string) *half {
	b.t.Helper()
	nc, err := net.Dial("tcp", b.address)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.begin(nc, start, lines...)
}

func (b *bench) begin(nc net.Conn, start string, lines ...string) *half {
	b.t.Helper()
	b.t.Cleanup(func() { nc.Close() }) //nolint:errcheck // the test is over
	h := &half{b.t, nc, bufio.NewReader(nc)}
	h.send(start + "\r\nHost: camera\r\n" + strings.Join(append(lines, "", ""), "\r\n"))
	return h
}

func (b *bench) get(cookie string, lines ...string) *half {
	b.t.Helper()
	return b.dial("GET /main HTTP/1.0", append(lines, "x-sessioncookie: "+cookie, "Accept: "+contentType)...)
}

func (b *bench) post(cookie string, lines ...string) *half {
	b.t.Helper()
	return b.dial("POST /main HTTP/1.0", append(lines, "x-sessioncookie: "+cookie, "Content-Type: "+contentType, "Content-Length: 32767")...)
}

func (h *half) send(text string) {
	h.t.Helper()
	if _, err := io.WriteString(h.nc, text); err != nil {
		h.t.Fatal(err)
	}
}

// say sends a line in base64.
func (h *half) say(line string) {
	h.t.Helper()
	h.send(base64.StdEncoding.EncodeToString([]byte(line + "\n")))
}

// status reads the header of an answer.
func (h *half) status() (int, http.Header) {
	h.t.Helper()
	r, err := http.ReadResponse(h.br, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return r.StatusCode, r.Header
}

// hears fails the test unless a line comes.
func (h *half) hears(want string) {
	h.t.Helper()
	if got, err := h.br.ReadString('\n'); got != want+"\n" {
		h.t.Fatalf("%q, %v; want %q", got, err, want)
	}
}

// ends fails the test unless the connection ends without another byte.
func (h *half) ends() {
	h.t.Helper()
	if rest, err := io.ReadAll(h.br); len(rest) > 0 || err != nil && !strings.Contains(err.Error(), "reset") {
		h.t.Errorf("%q, %v; want the end", rest, err)
	}
}

// refused fails the test unless the answer is of a status.
func (h *half) refused(want int) {
	h.t.Helper()
	r, err := http.ReadResponse(h.br, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	if r.StatusCode != want || !r.Close {
		h.t.Errorf("status %d, %v; want %d and the end", r.StatusCode, r.Header, want)
	}
}

// Package tunneltest is the client's end of tunnels, for tests: as little as
// does, and none of the code of the server's end.
package tunneltest

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/camfleet/camfleet/sim/internal/tunnel"
)

// Dial opens a connection to a camera's web server.
type Dial func() (net.Conn, error)

// OverHTTP opens a tunnel of a GET and a POST. The lines are added to the
// headers of both. The cookie is the address of the GET.
func OverHTTP(dial Dial, uri string, lines ...string) (net.Conn, error) {
	get, err := dial()
	if err != nil {
		return nil, err
	}
	h := &halves{Conn: get}
	more := header(lines, "x-sessioncookie: "+get.LocalAddr().String())
	if h.answers, err = open(get, "GET "+uri+" HTTP/1.0\r\n"+more, http.StatusOK); err == nil {
		h.post, err = dial()
	}
	if err != nil {
		get.Close() //nolint:errcheck // it is over
		return nil, err
	}
	_, err = fmt.Fprintf(h.post, "POST %s HTTP/1.0\r\nContent-Length: 32767\r\n%s", uri, more)
	return h, err
}

// OverWebSocket opens a WebSocket. The lines are added to the header of its
// handshake.
func OverWebSocket(dial Dial, lines ...string) (net.Conn, error) {
	conn, err := dial()
	if err != nil {
		return nil, err
	}
	answers, err := open(conn, "GET "+tunnel.WebSocketPath+" HTTP/1.1\r\n"+header(lines,
		"Host: camera", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
		"Sec-WebSocket-Protocol: "+tunnel.WebSocketProtocol), http.StatusSwitchingProtocols)
	if err != nil {
		conn.Close() //nolint:errcheck // it is over
		return nil, err
	}
	return &socket{Conn: conn, answers: answers}, nil
}

func header(lines []string, more ...string) string {
	return strings.Join(append(append(append([]string(nil), lines...), more...), "", ""), "\r\n")
}

// open sends a request and reads the header of its answer, which must be of the
// status and have no part of a token.
func open(conn net.Conn, request string, status int) (*bufio.Reader, error) {
	if _, err := io.WriteString(conn, request); err != nil {
		return nil, err
	}
	answers := bufio.NewReaderSize(conn, 64<<10)
	r, err := http.ReadResponse(answers, nil) //nolint:bodyclose // what follows is the tunnel
	if err != nil {
		return nil, err
	}
	if r.StatusCode != status || strings.Contains(fmt.Sprint(r.Header), "Bearer") {
		return nil, fmt.Errorf("tunnel: %s %v", r.Status, r.Header)
	}
	return answers, nil
}

// halves are a GET and a POST as one connection.
type halves struct {
	net.Conn // the GET
	answers  *bufio.Reader
	post     net.Conn
}

func (h *halves) Read(b []byte) (int, error) { return h.answers.Read(b) }

func (h *halves) Write(b []byte) (int, error) {
	_, err := io.WriteString(h.post, base64.StdEncoding.EncodeToString(b))
	return len(b), err
}

func (h *halves) Close() error {
	h.post.Close() //nolint:errcheck // it is over
	return h.Conn.Close()
}

// socket is a WebSocket as a connection (RFC 6455 5.2).
type socket struct {
	net.Conn
	answers *bufio.Reader
	left    int // of the message under way
}

func (s *socket) Read(b []byte) (int, error) {
	for s.left == 0 {
		head := make([]byte, 8)
		if _, err := io.ReadFull(s.answers, head[:2]); err != nil {
			return 0, err
		}
		if head[0] != 0x82 {
			return 0, fmt.Errorf("tunnel: frame %#x: %w", head[0], io.ErrUnexpectedEOF)
		}
		s.left = int(head[1])
		var err error
		switch s.left {
		case 126:
			_, err = io.ReadFull(s.answers, head[:2])
			s.left = int(binary.BigEndian.Uint16(head))
		case 127:
			_, err = io.ReadFull(s.answers, head)
			s.left = int(binary.BigEndian.Uint64(head)) //nolint:gosec // a test
		}
		if err != nil {
			return 0, err
		}
	}
	n, err := s.answers.Read(b[:min(len(b), s.left)])
	s.left -= n
	return n, err
}

// Write sends a message, of at most 65535 bytes, whose mask is 0.
func (s *socket) Write(b []byte) (int, error) {
	head := binary.BigEndian.AppendUint16([]byte{0x82, 0x80 | 126}, uint16(len(b))) //nolint:gosec // as above
	if _, err := s.Conn.Write(append(append(head, 0, 0, 0, 0), b...)); err != nil {
		return 0, err
	}
	return len(b), nil
}

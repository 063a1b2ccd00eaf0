package tunnel

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/coder/websocket"
)

// webSocket opens a WebSocket and serves it. What is wrong with the handshake
// is answered with the status that RFC 6455 4.2.2 asks for.
func (b *Broker) webSocket(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	if !asksFor(r, WebSocketProtocol) && r.Header.Get("Upgrade") != "" {
		refuse(w, http.StatusBadRequest, "the subprotocol of this WebSocket is "+WebSocketProtocol)
		return
	}
	h := &handshake{ResponseWriter: w}
	lib, err := websocket.Accept(h, r, &websocket.AcceptOptions{Subprotocols: []string{WebSocketProtocol}, OriginPatterns: b.config.Origins})
	if err != nil {
		b.log.Info("no WebSocket", "peer", r.RemoteAddr, "error", err)
		return
	}
	defer lib.CloseNow() //nolint:errcheck // it is over
	lib.SetReadLimit(int64(b.limits.MessageBytes))
	secure, client, _ := facts(r)
	b.config.Serve(ctx, Carrier{
		Conn: h.socket.Conn, Name: "WebSocket", Secure: secure, Client: client, Authorization: tokens(r),
		Over: func(out net.Conn) net.Conn {
			h.socket.out = out
			return &messages{Conn: out, lib: lib, pool: b.pool}
		},
	})
}

// asksFor reports whether a client offers a subprotocol.
func asksFor(r *http.Request, protocol string) bool {
	offers := strings.Split(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), ",")
	return slices.ContainsFunc(offers, func(offer string) bool { return strings.EqualFold(strings.TrimSpace(offer), protocol) })
}

// handshake is a response whose connection the WebSocket library gets in a form
// that lets others write on it too.
type handshake struct {
	http.ResponseWriter
	socket *socket
}

// Hijack hands over the connection.
func (h *handshake) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, err := hijack(h.ResponseWriter)
	if err != nil {
		return nil, nil, err
	}
	h.socket = &socket{Conn: nc, out: nc}
	return h.socket, bufio.NewReadWriter(bufio.NewReader(h.socket), bufio.NewWriter(h.socket)), nil
}

// socket is what the library reads from, and writes its control frames to: each
// of them is one Write.
type socket struct {
	net.Conn
	out net.Conn
}

func (s *socket) Write(b []byte) (int, error) { return s.out.Write(b) }

// messages are the binary messages of a WebSocket as a connection. The library
// reads and answers control frames; messages are written past it, since its
// writes block and a reader that is slow must not hold up the others.
type messages struct {
	net.Conn // a Write of it neither blocks nor mixes with others
	lib      *websocket.Conn
	pool     *sync.Pool // of *[]byte
	message  io.Reader  // being read; nil: none
	over     atomic.Bool
}

var errText = errors.New("a message of a WebSocket is text, not binary")

// Read reads the messages as one stream.
func (m *messages) Read(b []byte) (int, error) {
	for {
		if m.message == nil {
			kind, message, err := m.lib.Reader(context.Background())
			if err == nil && kind != websocket.MessageBinary {
				m.bye(websocket.StatusUnsupportedData)
				err = errText
			}
			if err != nil {
				return 0, m.ended(err)
			}
			m.message = message
		}
		n, err := m.message.Read(b)
		switch {
		case errors.Is(err, io.EOF):
			m.message = nil
		case err != nil:
			return n, m.ended(err)
		}
		if n > 0 {
			return n, nil
		}
	}
}

// ended notes that no more comes.
func (m *messages) ended(err error) error {
	m.over.Store(true)
	if code := websocket.CloseStatus(err); code == websocket.StatusNormalClosure || code == websocket.StatusGoingAway {
		return io.EOF
	}
	return fmt.Errorf("WebSocket: %w", err)
}

// Write sends b as one message.
func (m *messages) Write(b []byte) (int, error) {
	buf := m.pool.Get().(*[]byte)
	defer m.pool.Put(buf)
	*buf = append(header((*buf)[:0], binaryFrame, len(b)), b...)
	if _, err := m.Conn.Write(*buf); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Bye tells the client that the camera ends the connection.
func (m *messages) Bye() { m.bye(websocket.StatusNormalClosure) }

func (m *messages) bye(code websocket.StatusCode) {
	if !m.over.Swap(true) {
		b := binary.BigEndian.AppendUint16(header(nil, closeFrame, 2), uint16(code))
		m.Conn.Write(b) //nolint:errcheck // it is over
	}
}

// The first octets of frames that are whole messages (RFC 6455 5.2).
const (
	binaryFrame = 0x82
	closeFrame  = 0x88
)

// header appends the header of a frame from a server, which has no mask.
func header(b []byte, first byte, n int) []byte {
	switch {
	case n < 126:
		return append(b, first, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, first, 126), uint16(n))
	}
	return binary.BigEndian.AppendUint64(append(b, first, 127), uint64(n))
}

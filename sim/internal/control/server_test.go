package control

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestServerRefusesHugeHeaders speaks over a real connection. net/http adds 4096
// bytes of its own to the limit.
func TestServerRefusesHugeHeaders(t *testing.T) {
	t.Parallel()
	const limit = 2000
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer(Config{Fleet: newFake(), Log: slog.New(slog.DiscardHandler), Loopback: true, Limits: Limits{Header: limit}})
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	defer func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		<-done
	}()
	for size, want := range map[int]int{limit: 200, limit + 2*4096: 431} {
		if got := statusOf(t, l.Addr().String(), size); got != want {
			t.Errorf("%d bytes of header: %d, want %d", size, got, want)
		}
	}
}

func statusOf(t *testing.T, addr string, header int) int {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: %s\r\n\r\n", strings.Repeat("x", header-3)); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	return r.StatusCode
}

func TestLimitsHaveDefaults(t *testing.T) {
	t.Parallel()
	s := NewServer(Config{Fleet: newFake(), Log: slog.New(slog.DiscardHandler)})
	if s.MaxHeaderBytes <= 0 || s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 {
		t.Errorf("%d %v %v %v %v", s.MaxHeaderBytes, s.ReadHeaderTimeout, s.ReadTimeout, s.WriteTimeout, s.IdleTimeout)
	}
}

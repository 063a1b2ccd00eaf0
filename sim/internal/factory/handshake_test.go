package factory_test

import (
	"crypto/tls"
	"net"
	"testing"
)

// handshake does a TLS handshake in memory.
func handshake(t *testing.T, server, client *tls.Config) {
	t.Helper()
	a, b := net.Pipe()
	done := make(chan error, 1)
	go func() {
		s := tls.Server(a, server)
		done <- s.Handshake()
		_, _ = s.Read(make([]byte, 1)) // until the client closes
		_ = a.Close()
	}()
	c := tls.Client(b, client)
	if err := c.Handshake(); err != nil {
		t.Errorf("client: %v", err)
	}
	if err := <-done; err != nil {
		t.Errorf("server: %v", err)
	}
	_ = b.Close()
}

package camera

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
)

// demanding is the configuration of a server that wants certificates of clients.
func demanding(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(1<<33, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAnyClientCert,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	}
}

// doorway is a listener whose connections need a certificate.
func doorway(t *testing.T, c clock.Clock) net.Listener {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := secure(limit(inner, 4), demanding(t), c, time.Hour)
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("somebody came in: %v", err)
		}
	})
	t.Cleanup(func() {
		l.Close() //nolint:errcheck // the test is over
		wg.Wait()
	})
	return l
}

// TestWhoIsTurnedAwayLearnsWhy: in TLS 1.3 a client has sent its request by the
// time its certificate is refused. The alert reaches it all the same.
func TestWhoIsTurnedAwayLearnsWhy(t *testing.T) {
	t.Parallel()
	l := doorway(t, clock.Real())
	for range 50 {
		conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // the server is the test's own
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(make([]byte, 8<<10)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "certificate required") {
			t.Errorf("%v, want the alert certificate_required", err)
		}
		conn.Close()
	}
}

// TestWhoIsTurnedAwayIsNotHeardForEver: a client that goes on sending is
// listened to no longer than the limit.
func TestWhoIsTurnedAwayIsNotHeardForEver(t *testing.T) {
	t.Parallel()
	l := doorway(t, clock.Real())
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for err = nil; err == nil; {
		_, err = conn.Write([]byte(strings.Repeat("GET / HTTP/1.1\r\n", 1024)))
	}
	var refused net.Error
	if !errors.As(err, &refused) && !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v, want a connection that is closed", err)
	}
}

// TestWhoIsTurnedAwayIsLetGoInTime: nor longer than a handshake may take.
func TestWhoIsTurnedAwayIsLetGoInTime(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	l := doorway(t, c)
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil { // the alert, and that nothing more will come
		t.Fatal(err)
	}
	c.Advance(time.Hour)
	for err = nil; err == nil; {
		_, err = io.WriteString(conn, "Host: camera\r\n")
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("it says something")
	}
}

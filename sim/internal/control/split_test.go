package control_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/control"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// watched is a manual clock that tells of each timer that is set.
type watched struct {
	*clock.Manual
	set chan struct{}
}

func (w watched) NewTimer(d time.Duration) clock.Timer {
	defer func() { w.set <- struct{}{} }()
	return w.Manual.NewTimer(d)
}

func newWatched() watched {
	return watched{clock.NewManual(time.Unix(0, 0)), make(chan struct{}, 9)}
}

func dial(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() }) //nolint:errcheck // mostly closed before
	return c
}

func TestOnePortAnswersWithAndWithoutTLS(t *testing.T) {
	t.Parallel()
	l := listen(t)
	split := control.Split(l, clock.Real(), time.Minute)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil {
			io.WriteString(w, "secure") //nolint:errcheck // the client shows it
			return
		}
		io.WriteString(w, "plain") //nolint:errcheck // the client shows it
	}))
	if err := server.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	server.Listener = split.Secure
	server.StartTLS()
	plain := &http.Server{Handler: server.Config.Handler, ReadHeaderTimeout: time.Minute}
	done := make(chan error, 1)
	go func() { done <- plain.Serve(split.Plain) }()
	client := server.Client()
	for scheme, want := range map[string]string{"http": "plain", "https": "secure"} {
		answer, err := client.Get(scheme + "://" + l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if answer.Body.Close(); err != nil || string(text) != want {
			t.Errorf("%s: %s, %v", scheme, text, err)
		}
	}
	client.CloseIdleConnections()
	if err := plain.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	server.Close()
	if err := split.Close(); err != nil {
		t.Error(err)
	}
}

func TestAClientThatSaysNothingIsDisconnected(t *testing.T) {
	t.Parallel()
	l, at := listen(t), newWatched()
	split := control.Split(l, at, time.Second)
	c := dial(t, l)
	<-at.set
	at.Advance(time.Second)
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if err := split.Close(); err != nil {
		t.Error(err)
	}
}

func TestClosingEndsEveryWaitingClient(t *testing.T) {
	t.Parallel()
	l, at := listen(t), newWatched()
	split := control.Split(l, at, time.Minute)
	silent := dial(t, l)
	<-at.set
	begun := tls.Client(dial(t, l), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // nobody answers
	done := make(chan error, 1)
	go func() { done <- begun.Handshake() }()
	if err := split.Close(); err != nil {
		t.Error(err)
	}
	if _, err := silent.Read(make([]byte, 1)); err == nil {
		t.Error("the silent client is still there")
	}
	if err := <-done; err == nil {
		t.Error("a handshake with nobody")
	}
	if _, err := split.Plain.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

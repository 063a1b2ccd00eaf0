package oauth_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/oauth"
	"github.com/google/go-cmp/cmp"
)

// told is a manual clock that tells how long its users wait.
type told struct {
	*clock.Manual
	waits chan time.Duration
}

func (c told) NewTimer(d time.Duration) clock.Timer {
	defer func() { c.waits <- d }()
	return c.Manual.NewTimer(d)
}

func TestATokenIsKeptFreshAndFailuresAreTriedAgain(t *testing.T) {
	t.Parallel()
	at := told{clock.NewManual(start()), make(chan time.Duration, 9)}
	var answer atomic.Value
	answer.Store("")
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := answer.Load().(string)
		if r.Method == http.MethodGet || text == "" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, text) //nolint:errcheck // the client shows it
	}))
	t.Cleanup(p.Close)
	c := answering(t, 0, "")
	c.URI, c.Clock = p.URL, at
	k := oauth.Keep(newClient(t, c), at)
	defer k.Close()
	status := func(want oauth.Status, wait time.Duration) {
		t.Helper()
		if got := <-at.waits; got != wait {
			t.Errorf("waits %v, want %v", got, wait)
		}
		if diff := cmp.Diff(want, k.Status()); diff != "" {
			t.Error(diff)
		}
	}
	const refusal = "the authorization server refuses with status 404"
	status(oauth.Status{State: oauth.Failed, Error: refusal, Attempts: 1}, 5*time.Second)
	at.Advance(5 * time.Second)
	status(oauth.Status{State: oauth.Failed, Error: refusal, Attempts: 2}, 10*time.Second)
	if _, ok := k.Token(); ok {
		t.Error("a token out of nothing")
	}
	answer.Store(`{"access_token":"one","token_type":"Bearer","expires_in":100}`)
	at.Advance(10 * time.Second)
	end := start().Add(115 * time.Second)
	status(oauth.Status{State: oauth.Authorized, Expires: end, Attempts: 3}, 80*time.Second)
	if token, ok := k.Token(); !ok || token.Access != "one" {
		t.Errorf("%+v", token)
	}
	answer.Store("")
	at.Advance(80 * time.Second)
	status(oauth.Status{State: oauth.Authorized, Error: refusal, Expires: end, Attempts: 4}, 5*time.Second)
	at.Advance(5 * time.Second)
	status(oauth.Status{State: oauth.Authorized, Error: refusal, Expires: end, Attempts: 5}, 10*time.Second)
	answer.Store(`{"access_token":"two","token_type":"Bearer"}`)
	at.Advance(10 * time.Second)
	status(oauth.Status{State: oauth.Authorized, Attempts: 6}, time.Hour)
}

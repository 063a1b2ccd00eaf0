package oidc_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/oidc"
)

func TestKeysAreRememberedAsLongAsTheyAreFresh(t *testing.T) {
	t.Parallel()
	p := newProvider(t, "", httptest.NewServer)
	s := newSource(t, nil, p.URL)
	for range 3 {
		s.has(t, p.URL, "b", true)
	}
	s.clock.Advance(10*time.Minute - 1)
	s.has(t, p.URL, "b", true)
	if n := p.count("/jwks"); n != 1 {
		t.Errorf("asked %d times, want 1", n)
	}
	p.keys(t, 2) // the old key is withdrawn
	s.clock.Advance(1)
	s.has(t, p.URL, "b", false)
	if n := p.count("/jwks"); n < 2 {
		t.Errorf("asked %d times after the keys were old", n)
	}
}

func TestRotatedKeyIsFetchedWhenATokenNamesIt(t *testing.T) {
	t.Parallel()
	p := newProvider(t, "", httptest.NewServer)
	s := newSource(t, nil, p.URL)
	s.has(t, p.URL, "b", true)
	p.keys(t, 2, 1)
	s.has(t, p.URL, "c", true)
	s.has(t, p.URL, "b", true)
	if n := p.count("/jwks"); n != 2 {
		t.Errorf("asked %d times, want 2", n)
	}
}

func TestUnknownKidsAreLookedForAtALimitedRate(t *testing.T) {
	t.Parallel()
	p := newProvider(t, "", httptest.NewServer)
	s := newSource(t, nil, p.URL)
	s.has(t, p.URL, "b", true)
	asked := func(want int) {
		t.Helper()
		for range 20 {
			s.has(t, p.URL, "z", false)
			s.has(t, p.URL, "b", true)
		}
		if n := p.count("/jwks"); n != want {
			t.Errorf("asked %d times, want %d", n, want)
		}
	}
	asked(1 + 4)
	s.clock.Advance(10*time.Second - 1)
	asked(1 + 4)
	s.clock.Advance(1)
	asked(1 + 5)
	s.clock.Advance(time.Minute)
	asked(1 + 5 + 4)
}

func TestIssuerThatIsDownIsLeftAloneAndItsKeysGoOn(t *testing.T) {
	t.Parallel()
	p := newProvider(t, "", httptest.NewServer)
	s := newSource(t, nil, p.URL)
	s.has(t, p.URL, "b", true)
	down := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }
	p.set("/jwks", down)
	s.clock.Advance(10 * time.Minute)
	before := p.count("/jwks")
	for i, wait := range []time.Duration{5, 10, 20, 40, 80, 160, 300, 300} { // seconds
		for range 3 {
			s.has(t, p.URL, "b", true)
		}
		s.clock.Advance(wait*time.Second - 1)
		s.has(t, p.URL, "b", true)
		if n := p.count("/jwks") - before; n != i+1 {
			t.Fatalf("after failure %d: asked %d times", i+1, n)
		}
		s.clock.Advance(1)
	}
	s.clock.Advance(24 * time.Hour)
	if _, err := s.PublicKeys(t.Context(), p.URL, "b"); !errors.Is(err, oidc.ErrWait) || !errors.Is(err, oidc.ErrStatus) {
		t.Errorf("keys of yesterday: %v", err)
	}
	p.keys(t, 1)
	s.has(t, p.URL, "b", false) // not asked again yet
	s.clock.Advance(5 * time.Minute)
	s.has(t, p.URL, "b", true)
}

func TestIssuerThatNeverWasUpIsNotAskedForEveryToken(t *testing.T) {
	t.Parallel()
	p := newProvider(t, "", httptest.NewServer)
	p.set(openID, nil)
	s := newSource(t, nil, p.URL)
	for range 5 {
		s.has(t, p.URL, "b", false)
	}
	if n, m := p.count(openID), p.count(oauth); n != 1 || m != 1 {
		t.Errorf("asked %d and %d times, want once at each address", n, m)
	}
	p.metadata(openID, "")
	s.clock.Advance(5 * time.Second)
	s.has(t, p.URL, "b", true)
}

// slow is an issuer that says when it was asked, and answers when it may.
func slow(t *testing.T) (p *provider, asked, answer chan struct{}) {
	t.Helper()
	p = newProvider(t, "", httptest.NewServer)
	asked, answer = make(chan struct{}, 16), make(chan struct{})
	set := p.copyOf("/jwks")
	p.set("/jwks", func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-answer:
			set(w, r)
		case <-r.Context().Done():
		}
	})
	return p, asked, answer
}

func TestManyTokensWaitForOneFetch(t *testing.T) {
	t.Parallel()
	p, asked, answer := slow(t)
	s := newSource(t, nil, p.URL)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if _, err := s.PublicKeys(t.Context(), p.URL, "b"); err != nil {
				t.Error(err)
			}
		})
	}
	<-asked
	close(answer)
	wg.Wait()
	if n := p.count("/jwks"); n != 1 {
		t.Errorf("asked %d times, want 1", n)
	}
}

func TestSlowIssuerCostsItsOwnTokensTheTimeOutAndNobodyElse(t *testing.T) {
	t.Parallel()
	p, asked, _ := slow(t)
	good := newProvider(t, "", httptest.NewServer)
	s := newSource(t, nil, p.URL, good.URL)
	failed := make(chan error)
	go func() {
		_, err := s.PublicKeys(context.Background(), p.URL, "b")
		failed <- err
	}()
	<-asked
	s.has(t, good.URL, "b", true) // while the other one is waited for
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.PublicKeys(ctx, p.URL, "b"); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that has gone: %v", err)
	}
	s.clock.Advance(10*time.Second - 1)
	select {
	case err := <-failed:
		t.Fatalf("given up too early: %v", err)
	default:
	}
	s.clock.Advance(1)
	if err := <-failed; !errors.Is(err, oidc.ErrWait) {
		t.Errorf("too slow: %v", err)
	}
	s.has(t, p.URL, "b", false) // at once
	s.has(t, good.URL, "b", true)
}

func TestCloseEndsTheWaitForAnIssuer(t *testing.T) {
	t.Parallel()
	p, asked, _ := slow(t)
	s := newSource(t, nil, p.URL)
	failed := make(chan error)
	go func() {
		_, err := s.PublicKeys(context.Background(), p.URL, "b")
		failed <- err
	}()
	<-asked
	s.Close()
	if err := <-failed; err == nil {
		t.Error("a key of an issuer that did not answer")
	}
	if _, err := newClosed(t, p.URL).PublicKeys(t.Context(), p.URL, "b"); !errors.Is(err, oidc.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func newClosed(t *testing.T, issuer string) source {
	t.Helper()
	s := newSource(t, nil, issuer)
	s.Close()
	return s
}

func TestIssuerThatIsNotTrustedIsNotAsked(t *testing.T) {
	t.Parallel()
	p := newProvider(t, "", httptest.NewServer)
	s := newSource(t, nil, "https://issuer.example")
	if _, err := s.PublicKeys(t.Context(), p.URL, "b"); !errors.Is(err, auth.ErrNoIssuer) {
		t.Error(err)
	}
	if n := p.count(openID); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

func BenchmarkPublicKeys(b *testing.B) {
	p := newProvider(b, "", httptest.NewServer)
	s := newSource(b, nil, p.URL)
	s.has(b, p.URL, "b", true)
	for b.Loop() {
		if _, err := s.PublicKeys(b.Context(), p.URL, "b"); err != nil {
			b.Fatal(err)
		}
	}
}

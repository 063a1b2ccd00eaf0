package oidc

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
)

// Config is what a [Source] is made of.
type Config struct {
	// Issuers are the trusted issuers, each the address of its metadata or its
	// identifier.
	Issuers []string
	// Clock is for time-outs and ages.
	Clock clock.Clock
	Log   *slog.Logger // nil: silent
	FetcherConfig
}

// Source finds the keys of trusted issuers and remembers them. It is an
// [auth.KeySource]. Nothing is fetched until a token asks for it; each issuer is
// asked by one goroutine at a time.
type Source struct {
	config  Config
	fetcher *Fetcher
	issuers []*trusted

	ctx  context.Context //nolint:containedctx // ends the fetches with the source
	stop context.CancelFunc

	mu     sync.Mutex
	closed bool
	wg     sync.WaitGroup
}

// New returns a source; whoever has it must close it.
func New(c Config) *Source {
	c.Limits = c.Limits.orDefault()
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Source{config: c, fetcher: NewFetcher(c.FetcherConfig)}
	s.ctx, s.stop = context.WithCancel(context.Background())
	for _, uri := range c.Issuers {
		s.issuers = append(s.issuers, &trusted{source: s, uri: uri, names: Names(uri), left: c.Limits.Refreshes})
	}
	return s
}

// Close ends the fetches under way and waits for them. None is begun from now
// on: who needs one gets ErrClosed.
func (s *Source) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.wg.Wait()
}

// begin runs f in a goroutine that Close waits for; false if it is too late.
func (s *Source) begin(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.wg.Go(f)
	}
	return !s.closed
}

// PublicKeys returns the keys of the issuer that has the iss value issuer: the
// ones called kid, or all if kid is empty. It may wait for the issuer, no longer
// than ctx and Limits.Timeout. The error is auth.ErrNoIssuer where the issuer is
// not trusted, and auth.ErrNoKey where it has no such key.
func (s *Source) PublicKeys(ctx context.Context, issuer, kid string) ([]crypto.PublicKey, error) {
	failure := fmt.Errorf("issuer %.128q: %w", issuer, auth.ErrNoIssuer)
	for _, t := range s.issuers {
		if !slices.Contains(t.names, issuer) {
			continue
		}
		keys, err := t.find(ctx, issuer, kid)
		if err == nil {
			return keys, nil
		}
		failure = fmt.Errorf("issuer %.128q: %w", issuer, err)
	}
	return nil, failure
}

// fetch gets an issuer's metadata and keys in the time that is for it.
func (s *Source) fetch(uri string) (Metadata, []Key, error) {
	ctx, cancel := context.WithCancelCause(s.ctx)
	defer cancel(nil)
	late := s.config.Clock.AfterFunc(s.config.Limits.Timeout, func() {
		cancel(fmt.Errorf("no answer within %v", s.config.Limits.Timeout))
	})
	defer late.Stop()
	m, err := s.fetcher.Metadata(ctx, uri)
	var keys []Key
	if err == nil {
		keys, err = s.fetcher.Keys(ctx, m.JWKS)
	}
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	return m, keys, err
}

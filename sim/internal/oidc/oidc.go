// Package oidc is the client's side of OpenID Connect Discovery and RFC 8414:
// it finds the keys of token issuers that a camera was told to trust.
//
// A [Fetcher] gets and checks documents: metadata, and key sets (RFC 7517). A
// [Source] has one for a list of trusted issuers, remembers what it got, and
// is the [auth.KeySource] of one camera. Each issuer is on its own: one that is
// down, slow, lying or endless costs the tokens that name it, and nobody else.
//
// Sources: Security 4.4.2, 5.7.2; OpenID Connect Discovery 1.0 sections 3 and 4;
// RFC 8414 2, 3; RFC 7517 4, 5; RFC 5280 6 for issuers' certificates.
package oidc

import (
	"errors"
	"time"
)

// What may be wrong with an issuer.
var (
	// ErrIssuer says that metadata are those of another issuer. RFC 8414 3.3.
	ErrIssuer = errors.New("the metadata name another issuer")
	// ErrTooLarge says that a document is longer than it may be.
	ErrTooLarge = errors.New("the document is too large")
	// ErrDocument says that a document is not what it should be.
	ErrDocument = errors.New("the document cannot be used")
	// ErrAddress says that an address must not be asked.
	ErrAddress = errors.New("the address is not allowed")
	// ErrRedirect says that an issuer redirects elsewhere or too often.
	ErrRedirect = errors.New("the redirection is not followed")
	// ErrStatus says that an issuer answered another status than 200.
	ErrStatus = errors.New("the answer is no success")
	// ErrCertificate says that an issuer's TLS certificate is not accepted.
	ErrCertificate = errors.New("the issuer's TLS certificate is not accepted")
	// ErrWait says that an issuer failed, and is not to be asked again yet.
	ErrWait = errors.New("the issuer is not asked again yet")
	// ErrClosed says that the source was closed.
	ErrClosed = errors.New("the source of keys is closed")
)

// PlainHTTP says which issuers may be asked without TLS.
type PlainHTTP string

// The choices.
const (
	Never    PlainHTTP = "never"
	Loopback PlainHTTP = "loopback" // those of this machine
	Any      PlainHTTP = "any"
)

// Limits bounds what an issuer can cost. A zero field is its default.
type Limits struct {
	Bytes     int // of a document; 256 KiB
	Keys      int // of a key set, known kinds or not; 64
	Redirects int // of a request, to the same host; 2
	// Timeout is for metadata and keys together; 10 s.
	Timeout time.Duration
	// Fresh is how long keys are used without asking again; 10 min.
	Fresh time.Duration
	// Stale is how long keys are used while the issuer cannot be asked; 24 h.
	Stale time.Duration
	// Refreshes is how often in a row an unknown kid has the keys fetched again,
	// Interval how long it takes until it may once more; 4 and 10 s.
	Refreshes int
	Interval  time.Duration
	// Retry is how long an issuer that failed is left alone, twice as long after
	// each failure in a row up to RetryMost; 5 s and 5 min.
	Retry, RetryMost time.Duration
}

func (l Limits) orDefault() Limits {
	fill(&l.Bytes, 256<<10)
	fill(&l.Keys, 64)
	fill(&l.Redirects, 2)
	fill(&l.Timeout, 10*time.Second)
	fill(&l.Fresh, 10*time.Minute)
	fill(&l.Stale, 24*time.Hour)
	fill(&l.Refreshes, 4)
	fill(&l.Interval, 10*time.Second)
	fill(&l.Retry, 5*time.Second)
	fill(&l.RetryMost, 5*time.Minute)
	return l
}

func fill[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

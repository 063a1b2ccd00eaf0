package control

import (
	"log/slog"
	"net/http"
	"time"
)

// Config is what a control API is made of.
type Config struct {
	Fleet Fleet
	// Log gets one record per request at debug level, failures at error level.
	Log *slog.Logger
	// Token is the bearer token asked for; empty: none, which is only for a
	// listener on loopback.
	Token string
	// Loopback says that the listener is on loopback: the Host header must be too.
	Loopback bool
	Limits   Limits
}

// Limits bound what one client can cost. Zero values get the default.
type Limits struct {
	Body      int64         // bytes of a request body; default 64 KiB
	Header    int           // bytes of all header lines; default 16 KiB
	Snapshots int           // pictures encoded at the same time, others wait; default 4
	Idle      time.Duration // how long an idle connection is kept; default 2 min
	Read      time.Duration // how long a request may take to arrive; default 10 s
	Write     time.Duration // how long the answer may take from then on; default 1 min
}

func (l Limits) withDefaults() Limits {
	if l.Body == 0 {
		l.Body = 64 << 10
	}
	if l.Header == 0 {
		l.Header = 16 << 10
	}
	if l.Snapshots == 0 {
		l.Snapshots = 4
	}
	if l.Idle == 0 {
		l.Idle = 2 * time.Minute
	}
	if l.Read == 0 {
		l.Read = 10 * time.Second
	}
	if l.Write == 0 {
		l.Write = time.Minute
	}
	return l
}

// server is the state behind the handlers; nothing of it changes.
type server struct {
	Config
	slots   chan struct{} // one for each picture being encoded
	metrics http.Handler
	openapi []byte
}

// New returns the control API: everything below / of the control listener.
func New(c Config) http.Handler {
	c.Limits = c.Limits.withDefaults()
	s := &server{Config: c, slots: make(chan struct{}, c.Limits.Snapshots)}
	s.metrics = newMetrics(c.Fleet, c.Log)
	table := s.routes()
	s.openapi = describe(table)
	mux := http.NewServeMux()
	for path, methods := range byPath(table) {
		mux.Handle(path, s.dispatch(methods))
	}
	mux.HandleFunc("/", s.unknown)
	plain, secure := c.Fleet.Issuer(), c.Fleet.IssuerTLS()
	issuer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil {
			secure.ServeHTTP(w, r)
			return
		}
		plain.ServeHTTP(w, r)
	})
	for _, path := range []string{"/issuer", "/issuer/", issuerMetadata} {
		mux.Handle(path, issuer)
	}
	return s.observe(s.guard(mux))
}

// NewServer returns an HTTP server for the control API with its limits set. The
// caller serves listeners with it and shuts it down.
func NewServer(c Config) *http.Server {
	c.Limits = c.Limits.withDefaults()
	return &http.Server{
		Handler:           New(c),
		ReadTimeout:       c.Limits.Read,
		ReadHeaderTimeout: c.Limits.Read,
		WriteTimeout:      c.Limits.Write,
		IdleTimeout:       c.Limits.Idle,
		MaxHeaderBytes:    c.Limits.Header,
		ErrorLog:          slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug),
	}
}

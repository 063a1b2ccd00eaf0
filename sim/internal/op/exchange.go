package op

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/netip"
	"time"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

// Request is one SOAP request as it arrived, whatever carried it.
type Request struct {
	Method string // HTTP method
	URI    string // as in the request line
	Path   string // decoded path of URI
	Host   string // host[:port] the client says it reached the camera by; may be anything
	Secure bool   // arrived over TLS
	// Client is the valid certificate of the client's end of TLS; nil: none.
	Client *x509.Certificate
	// Local and Peer are the two ends of the connection.
	Local, Peer netip.AddrPort
	Header      http.Header
	Body        []byte
}

// Scheme is "https" or "http".
func (r *Request) Scheme() string {
	if r.Secure {
		return "https"
	}
	return "http"
}

// Reply is what goes back.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Exchange is one request on its way through the pipeline. Hooks see it and
// may change what has not been used yet.
type Exchange struct {
	Request  *Request
	Message  *soap.Message // nil if the body is no SOAP message
	Row      *Row          // nil if the operation is unknown
	Identity auth.Identity
	// Answer is the Body's child of the reply, while it can still be changed.
	Answer *etree.Element
	Fault  *soap.Fault // set instead of Answer
	Reply  Reply
	Err    error // why Fault is one: the handler's error, the refusal; may be nil
}

// Hooks are where fault rules and quirks are plugged in; either may be nil.
type Hooks struct {
	// Before runs once the caller may call the operation. A non-nil fault is the answer.
	Before func(ctx context.Context, x *Exchange) *soap.Fault
	// After runs before the answer of such a caller is rendered, whatever it is.
	After func(ctx context.Context, x *Exchange)
}

// Record is what the pipeline tells of each request, once: log, recorder and
// metric are made of it.
type Record struct {
	Time     time.Time // when the request was handed in, by the pipeline's clock
	Duration time.Duration
	Op       string // "tds:GetServices"; empty if unknown
	Peer     netip.AddrPort
	Secure   bool // arrived over TLS
	Identity auth.Identity
	Status   int
	Fault    string // "env:Sender/ter:NotAuthorized"; empty: none
	Err      error  // holds no secrets
	Request  []byte // the body as it came; it may hold secrets
	Reply    []byte
}

package op

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

// Authenticator says who sent a request, and how to refuse it.
// [auth.Authenticator] is one.
type Authenticator interface {
	Identify(auth.Request) (auth.Identity, error)
	Deny(auth.Request, auth.Identity) *auth.Refusal
	Challenges(auth.Request, *auth.Refusal) []string
}

// Config is what a [Pipeline] is made of. C is what handlers are called with.
type Config[C any] struct {
	Table  *Table[C]
	Binder *soap.Binder
	Limits soap.Limits
	Clock  clock.Clock
	Log    *slog.Logger

	Auth   Authenticator
	Policy func() auth.Policy
	// Off reports whether the profile or the claimed release has the operation
	// switched off.
	Off func(*Row) bool
	// Call makes what the handler is called with.
	Call func(context.Context, *Exchange) C
	// Fault turns a handler's error into a fault; nil: it is none it knows.
	Fault func(*Row, error) *soap.Fault
	// SenderStatus is the HTTP status of env:Sender faults, 400 or 500 (Core 5.8.2, 5.9.1).
	SenderStatus int
	Hooks        Hooks
	// Observe gets one record of each request, after its reply is made.
	Observe func(Record)
	// Bug is told of answers the standard does not allow; nil: they are logged.
	Bug func(*Row, error)
}

// Pipeline answers SOAP requests: bounded parse, row by the Body's child,
// identity, access class, typed bind, handler, fault or response, record.
// There is one per camera, and nothing of it changes.
type Pipeline[C any] struct{ c Config[C] }

// New returns a pipeline.
func New[C any](c Config[C]) *Pipeline[C] {
	if c.SenderStatus == 0 {
		c.SenderStatus = http.StatusBadRequest
	}
	return &Pipeline[C]{c: c}
}

// Handle answers one request. It never fails: what goes wrong is in the reply.
func (p *Pipeline[C]) Handle(ctx context.Context, r *Request) *Reply {
	x := &Exchange{Request: r, Reply: Reply{Status: http.StatusOK, Header: http.Header{}}}
	start := p.c.Clock.Now()
	p.walk(ctx, x)
	if p.c.Observe != nil {
		p.c.Observe(p.record(x, start))
	}
	return &x.Reply
}

// walk takes the request through the stations; each may end it with a reply.
func (p *Pipeline[C]) walk(ctx context.Context, x *Exchange) {
	if !p.parse(x) {
		return
	}
	entry, ok := p.find(x)
	if !ok || !p.enter(x, entry.Row) {
		return
	}
	if p.c.Hooks.Before != nil {
		if x.Fault = p.c.Hooks.Before(ctx, x); x.Fault != nil {
			p.reply(ctx, x)
			return
		}
	}
	p.call(ctx, x, entry)
	p.reply(ctx, x)
}

// parse makes the message of the body.
func (p *Pipeline[C]) parse(x *Exchange) bool {
	if len(bytes.TrimSpace(x.Request.Body)) == 0 {
		// curl --digest sends an empty body until it has a challenge.
		if len(x.Request.Header.Values("Authorization")) == 0 {
			p.refuse(x, p.c.Auth.Deny(p.authRequest(x), auth.Identity{}))
			return false
		}
		p.plain(x, http.StatusBadRequest, "the body has no SOAP message\n")
		return false
	}
	m, err := soap.Parse(x.Request.Body, p.c.Limits)
	if err == nil {
		x.Message = m
		return true
	}
	var fault *soap.Fault
	if !errors.As(err, &fault) {
		p.plain(x, http.StatusBadRequest, "the body is not a SOAP message\n")
		return false
	}
	x.Fault = fault
	p.render(x)
	return false
}

// find looks the operation up by the qualified name of the Body's child.
func (p *Pipeline[C]) find(x *Exchange) (*Entry[C], bool) {
	if blocks := x.Message.Header.MustUnderstand; len(blocks) > 0 {
		x.Fault = soap.HeadersNotUnderstood(blocks)
		p.render(x)
		return nil, false
	}
	entry, ok := p.c.Table.Find(x.Message.Name)
	switch {
	case ok:
		x.Row = entry.Row
		return entry, true
	case p.c.Table.Knows(x.Message.Name.Space):
		x.Fault = soap.ActionNotSupported()
	default:
		x.Fault = soap.UnknownAction()
	}
	p.render(x)
	return nil, false
}

// enter finds out who is asking and whether they may. Core 5.9.1.
func (p *Pipeline[C]) enter(x *Exchange, row *Row) bool {
	off := p.c.Off != nil && p.c.Off(row)
	if row.Class == auth.PreAuth {
		// Credentials need not be looked at (Core 5.9.1).
		return !off || p.unsupported(x)
	}
	asked := p.authRequest(x)
	id, err := p.c.Auth.Identify(asked)
	if err != nil {
		var refusal *auth.Refusal
		if !errors.As(err, &refusal) {
			refusal = &auth.Refusal{Status: http.StatusUnauthorized, Reason: err.Error()}
		}
		p.refuse(x, refusal)
		return false
	}
	x.Identity = id
	switch {
	case !id.Known() && !p.c.Policy().Allows(auth.Anonymous, row.Class):
		p.refuse(x, p.c.Auth.Deny(asked, id))
		return false
	case off:
		return p.unsupported(x)
	case !p.c.Policy().Allows(id.Level, row.Class):
		p.refuse(x, p.c.Auth.Deny(asked, id))
		return false
	}
	return true
}

// unsupported answers ter:ActionNotSupported and returns false.
func (p *Pipeline[C]) unsupported(x *Exchange) bool {
	x.Fault = soap.ActionNotSupported()
	p.render(x)
	return false
}

func (p *Pipeline[C]) authRequest(x *Exchange) auth.Request {
	r := auth.Request{
		Method: x.Request.Method, URI: x.Request.URI,
		Authorization: x.Request.Header.Values("Authorization"),
		Secure:        x.Request.Secure, Peer: x.Request.Peer.String(),
	}
	if x.Message != nil {
		if t, ok := x.Message.UsernameToken(); ok {
			r.Token = &auth.UsernameToken{
				Username: t.Username, Password: t.Password, PasswordType: t.PasswordType,
				Nonce: t.Nonce, Created: t.Created,
			}
		}
	}
	return r
}

// call binds the request, runs the handler and binds what it returns.
func (p *Pipeline[C]) call(ctx context.Context, x *Exchange, entry *Entry[C]) {
	if entry.Call == nil {
		x.Fault = soap.ActionNotSupported()
		return
	}
	req := entry.New()
	if err := p.c.Binder.Decode(x.Message.Body, req); err != nil {
		x.Err, x.Fault = err, bindFault(err)
		return
	}
	resp, err := p.run(p.c.Call(ctx, x), entry, req)
	if err != nil {
		x.Err, x.Fault = err, p.fault(entry.Row, err)
		return
	}
	if x.Answer, err = p.c.Binder.Encode(entry.Response, resp); err != nil {
		p.bug(entry.Row, fmt.Errorf("%s: the answer cannot be written: %w", entry.Row.ID(), err))
		x.Err, x.Fault = err, soap.CriticalError()
	}
}

// bindFault is the fault of a request that does not fit its type.
func bindFault(err error) *soap.Fault {
	var bad *soap.BindError
	if errors.As(err, &bad) {
		return bad.Fault()
	}
	return soap.InvalidArgs()
}

// run calls the handler and turns a panic into an error.
func (p *Pipeline[C]) run(c C, entry *Entry[C], req any) (resp any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: panic: %v\n%s", entry.Row.ID(), r, debug.Stack())
			p.bug(entry.Row, err)
		}
	}()
	return entry.Call(c, req)
}

// fault turns a handler's error into a fault that the row allows.
func (p *Pipeline[C]) fault(row *Row, err error) *soap.Fault {
	var f *soap.Fault
	if !errors.As(err, &f) {
		if p.c.Fault != nil {
			f = p.c.Fault(row, err)
		}
		if f == nil {
			p.bug(row, fmt.Errorf("%s: no fault for: %w", row.ID(), err))
			return soap.ActionFailed()
		}
	}
	if !row.Allows(f) {
		p.bug(row, fmt.Errorf("%s: the standard does not list the fault %s", row.ID(), f.Path()))
	}
	return f
}

func (p *Pipeline[C]) bug(row *Row, err error) {
	if p.c.Bug != nil {
		p.c.Bug(row, err)
		return
	}
	p.c.Log.Error("answer outside the standard", "op", row.ID(), "error", err)
}

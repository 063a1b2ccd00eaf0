package op

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

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

	Auth Authenticator
	// Allow is the access policy: whether somebody may call an operation.
	Allow func(auth.Identity, *Row) bool
	// Off reports whether the profile or the claimed release has the operation
	// switched off.
	Off func(*Row) bool
	// Call makes what the handler is called with.
	Call func(context.Context, *Exchange) C
	// Fault turns a handler's error into a fault; nil: it is none it knows.
	Fault func(*Row, error) *soap.Fault
	// SenderStatus is the HTTP status of env:Sender faults, 400 or 500 (Core
	// 5.8.2, 5.9.1); 0 is 400. Refused credentials have their own.
	SenderStatus int
	Hooks        Hooks
	// Observe gets one record of each request, after its reply is made.
	Observe func(Record)
	// Bug is told of what is the camera's own mistake: panics, and answers the
	// standard does not allow. nil: they are logged.
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

// Handle answers one request. It never fails and never panics: what goes wrong
// is in the reply.
func (p *Pipeline[C]) Handle(ctx context.Context, r *Request) *Reply {
	x := &Exchange{Request: r, Reply: Reply{Status: http.StatusOK, Header: http.Header{}}}
	start := p.c.Clock.Now()
	p.survive(x, func() { p.walk(ctx, x) })
	if p.c.Observe != nil {
		p.c.Observe(p.record(x, start))
	}
	return &x.Reply
}

// walk takes the request through the stations; each may end it with a reply.
func (p *Pipeline[C]) walk(ctx context.Context, x *Exchange) {
	if !p.parse(ctx, x) {
		return
	}
	entry, ok := p.find(x)
	if !ok || !p.enter(ctx, x, entry) {
		return
	}
	if p.c.Hooks.Before != nil {
		x.Fault = p.c.Hooks.Before(ctx, x)
	}
	if x.Fault == nil {
		p.call(ctx, x, entry)
	}
	if p.c.Hooks.After != nil {
		p.c.Hooks.After(ctx, x)
	}
	p.render(x)
}

// parse makes the message of the body.
func (p *Pipeline[C]) parse(ctx context.Context, x *Exchange) bool {
	if len(bytes.TrimSpace(x.Request.Body)) == 0 {
		// curl --digest sends an empty body until it has a challenge.
		if len(x.Request.Header.Values("Authorization")) == 0 {
			asked := authRequest(ctx, x)
			return p.refuse(x, asked, p.c.Auth.Deny(asked, auth.Identity{}))
		}
		return p.plain(x, http.StatusBadRequest, "the body has no SOAP message\n")
	}
	m, err := soap.Parse(x.Request.Body, p.c.Limits)
	if err == nil {
		x.Message = m
		return true
	}
	x.Err = err
	var fault *soap.Fault
	if !errors.As(err, &fault) {
		return p.plain(x, http.StatusBadRequest, "the body is not a SOAP message\n")
	}
	return p.answer(x, fault)
}

// find looks the operation up by the qualified name of the Body's child.
func (p *Pipeline[C]) find(x *Exchange) (*Entry[C], bool) {
	if blocks := x.Message.Header.MustUnderstand; len(blocks) > 0 {
		return nil, p.answer(x, soap.HeadersNotUnderstood(blocks))
	}
	entry, ok := p.c.Table.Find(x.Message.Name)
	switch {
	case ok:
		x.Row = entry.Row
		return entry, true
	case p.c.Table.Knows(x.Message.Name.Space):
		return nil, p.answer(x, soap.ActionNotSupported())
	default:
		return nil, p.answer(x, soap.UnknownAction())
	}
}

// enter finds out who is asking and whether they may. Core 5.9.1. That an
// operation is missing, whoever proves to be a user may know.
func (p *Pipeline[C]) enter(ctx context.Context, x *Exchange, entry *Entry[C]) bool {
	row := entry.Row
	missing := entry.Call == nil || p.c.Off != nil && p.c.Off(row)
	free := row.Class == auth.PreAuth && p.c.Allow(auth.Identity{}, row)
	if !free && !p.identify(ctx, x, missing) {
		return false
	}
	if missing {
		return p.answer(x, soap.ActionNotSupported())
	}
	return true
}

// identify finds out who is asking, and refuses who may not call the operation;
// for one that is missing it is enough to be known. Operations of class
// PRE_AUTH that anybody may call never come here: their credentials need not be
// looked at.
func (p *Pipeline[C]) identify(ctx context.Context, x *Exchange, missing bool) bool {
	asked := authRequest(ctx, x)
	id, err := p.c.Auth.Identify(asked)
	if err != nil {
		var refusal *auth.Refusal
		if !errors.As(err, &refusal) {
			p.bug(x.Row, fmt.Errorf("%s: authentication: %w", x.Row.ID(), err))
			x.Err = err
			return p.answer(x, soap.CriticalError())
		}
		return p.refuse(x, asked, refusal)
	}
	x.Identity = id
	if missing && id.Known() || p.c.Allow(id, x.Row) {
		return true
	}
	return p.refuse(x, asked, p.c.Auth.Deny(asked, id))
}

// authRequest is what the authentication looks at.
func authRequest(ctx context.Context, x *Exchange) auth.Request {
	r := auth.Request{
		Method: x.Request.Method, URI: x.Request.URI,
		Authorization: x.Request.Header.Values("Authorization"),
		Secure:        x.Request.Secure, Client: x.Request.Client, Peer: x.Request.Peer.String(), Context: ctx,
	}
	if x.Message != nil {
		if t, ok := x.Message.UsernameToken(); ok {
			r.Token = &auth.UsernameToken{
				Username: t.Username, Password: t.Password, PasswordType: t.PasswordType,
				Nonce: t.Nonce, Created: t.Created,
			}
		}
		if t, ok := x.Message.BinarySecurityToken(); ok {
			r.BinaryToken = &auth.BinarySecurityToken{Text: t.Text, ValueType: t.ValueType, EncodingType: t.EncodingType}
		}
	}
	return r
}

func (p *Pipeline[C]) record(x *Exchange, start time.Time) Record {
	r := Record{
		Time: start, Duration: p.c.Clock.Now().Sub(start),
		Peer: x.Request.Peer, Secure: x.Request.Secure, Identity: x.Identity,
		Status: x.Reply.Status, Err: x.Err, Request: x.Request.Body, Reply: x.Reply.Body,
	}
	if x.Row != nil {
		r.Op = x.Row.ID()
	}
	if x.Fault != nil {
		r.Fault = x.Fault.Path()
	}
	return r
}

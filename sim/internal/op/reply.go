package op

import (
	"context"
	"net/http"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

// refuse answers a request whose credentials are missing, wrong or too little.
// The body of a 401 carries ter:NotAuthorized too: some clients read only that.
func (p *Pipeline[C]) refuse(x *Exchange, refusal *auth.Refusal) {
	x.Err = refusal
	x.Fault = soap.NotAuthorized()
	p.render(x)
	x.Reply.Status = refusal.Status
	if refusal.Status == http.StatusBadRequest {
		return // a SOAP-level refusal has no HTTP challenge (Core 5.9.1)
	}
	for _, c := range p.c.Auth.Challenges(p.authRequest(x), refusal) {
		x.Reply.Header.Add("WWW-Authenticate", c)
	}
}

// reply lets the hooks see the answer, then renders it.
func (p *Pipeline[C]) reply(ctx context.Context, x *Exchange) {
	if p.c.Hooks.After != nil {
		p.c.Hooks.After(ctx, x)
	}
	p.render(x)
}

// plain answers without a SOAP message (Core 5.8.2.4).
func (p *Pipeline[C]) plain(x *Exchange, status int, text string) {
	x.Reply.Status = status
	x.Reply.Header.Set("Content-Type", "text/plain; charset=utf-8")
	x.Reply.Body = []byte(text)
}

// render writes the envelope with the answer or the fault.
func (p *Pipeline[C]) render(x *Exchange) {
	action := ""
	if x.Row != nil && x.Fault == nil {
		action = x.Row.ReplyAction
	}
	r := soap.ReplyTo(x.Message, action)
	r.Body, r.Fault = x.Answer, x.Fault
	x.Reply.Body = soap.Render(r)
	x.Reply.Header.Set("Content-Type", contentType(r.Version))
	if x.Fault != nil {
		x.Reply.Status = p.status(x.Fault)
	}
}

// contentType is the media type of an envelope (SOAP 1.2 part 2, 7.1.4).
func contentType(v soap.Version) string {
	if v == soap.V11 {
		return "text/xml; charset=utf-8"
	}
	return "application/soap+xml; charset=utf-8"
}

// status is the HTTP status of a fault: env:Sender is the client's, the rest
// the device's (SOAP 1.2 part 2, 7.5.2.2; Core 5.9.1, 9.9).
func (p *Pipeline[C]) status(f *soap.Fault) int {
	if f.Code == soap.Sender {
		return p.c.SenderStatus
	}
	return http.StatusInternalServerError
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

// Allows reports whether the operation may answer f: one of its own faults, or
// a generic one. Core 5.8.2.
func (r *Row) Allows(f *soap.Fault) bool { return r.Lists(f) || isGeneric(f) }

// isGeneric reports whether every operation may answer f (Core 5.8.2.2), a
// WS-BaseNotification fault included (Core 9.9).
func isGeneric(f *soap.Fault) bool {
	switch f.Code {
	case soap.VersionMismatch, soap.MustUnderstand, soap.DataEncodingUnknown:
		return len(f.Subcodes) == 0
	}
	if len(f.Subcodes) == 0 {
		return f.Code == soap.Receiver && f.Detail != nil
	}
	if len(f.Subcodes) != 1 || f.Subcodes[0].Space != soap.SpaceError {
		return false
	}
	switch f.Subcodes[0].Local {
	case "WellFormed", "TagMismatch", "Tag", "Namespace", "MissingAttr", "ProhibAttr", "InvalidArgs",
		"InvalidArgVal", "UnknownAction", "OperationProhibited", "NotAuthorized":
		return f.Code == soap.Sender
	case "ActionNotSupported", "Action", "OutofMemory", "CriticalError":
		return f.Code == soap.Receiver
	}
	return false
}

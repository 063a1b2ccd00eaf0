package op

import (
	"net/http"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

// refuse answers a request whose credentials are missing, wrong or too little.
// The body of a 401 or 403 carries ter:NotAuthorized too, since some clients
// read only that; credentials that cannot be read at all are a malformed
// request, which has no SOAP answer (Core 5.8.2.4, 5.9.1). It returns false.
func (p *Pipeline[C]) refuse(x *Exchange, asked auth.Request, refusal *auth.Refusal) bool {
	x.Err = refusal
	for _, c := range p.c.Auth.Challenges(asked, refusal) {
		x.Reply.Header.Add("WWW-Authenticate", c)
	}
	if refusal.Status == http.StatusBadRequest && !refusal.SOAPFault {
		return p.plain(x, refusal.Status, "the Authorization header cannot be used\n")
	}
	p.answer(x, soap.NotAuthorized())
	x.Reply.Status = refusal.Status
	return false
}

// plain answers without a SOAP message (Core 5.8.2.4) and returns false.
func (p *Pipeline[C]) plain(x *Exchange, status int, text string) bool {
	x.Reply.Status = status
	x.Reply.Header.Set("Content-Type", "text/plain; charset=utf-8")
	x.Reply.Body = []byte(text)
	return false
}

// answer ends the walk with a fault and returns false.
func (p *Pipeline[C]) answer(x *Exchange, f *soap.Fault) bool {
	x.Fault = f
	p.render(x)
	return false
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
		x.Reply.Status = p.status(r.Version, x.Fault)
	}
}

// contentType is the media type of an envelope (SOAP 1.2 part 2, 7.1.4; SOAP
// 1.1 section 6).
func contentType(v soap.Version) string {
	if v == soap.V11 {
		return "text/xml; charset=utf-8"
	}
	return "application/soap+xml; charset=utf-8"
}

// status is the HTTP status of a fault: env:Sender is the client's, the rest
// the device's (SOAP 1.2 part 2, 7.5.2.2; Core 5.9.1, 9.9). SOAP 1.1 has 500
// for all (section 6.2).
func (p *Pipeline[C]) status(v soap.Version, f *soap.Fault) int {
	if f.Code == soap.Sender && v == soap.V12 {
		return p.c.SenderStatus
	}
	return http.StatusInternalServerError
}

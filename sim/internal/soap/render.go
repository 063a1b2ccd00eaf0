package soap

import (
	"slices"

	"github.com/beevik/etree"
)

// The WS-Addressing actions and addresses replies use.
const (
	ActionFault           = SpaceAddressing + "/soap/fault"
	ActionAddressingFault = SpaceAddressing + "/fault"
	AddressAnonymous      = SpaceAddressing + "/anonymous"
)

// Response is a message to send.
type Response struct {
	Version Version
	Body    *etree.Element // the Body's child, as Encode makes it
	Fault   *Fault         // instead of Body
	// Addressing is the namespace of the WS-Addressing headers; empty: none.
	Addressing string
	Action     string // for a fault, ActionFault if empty
	MessageID  string // may be empty
	RelatesTo  string
	To         string
	Header     []*etree.Element // further header blocks
}

// ReplyTo starts the answer to a request in its version of SOAP and, if the
// request had them, with WS-Addressing headers. Without a request (it couldn't
// be parsed) the answer is SOAP 1.2 without them.
func ReplyTo(request *Message, action string) Response {
	if request == nil {
		return Response{}
	}
	h := &request.Header
	r := Response{Version: request.Version, Addressing: h.Addressing}
	if h.Addressing == "" {
		return r
	}
	r.Action, r.RelatesTo, r.To = action, h.MessageID, h.ReplyTo
	if r.To == "" {
		r.To = anonymous(h.Addressing)
	}
	for _, p := range h.ReplyParameters {
		c := Standalone(p)
		if h.Addressing == SpaceAddressing {
			c.CreateAttr("wsa:IsReferenceParameter", "true")
			c.CreateAttr("xmlns:wsa", SpaceAddressing)
		}
		r.Header = append(r.Header, c)
	}
	return r
}

// anonymous is the address of the back channel.
func anonymous(addressing string) string {
	if addressing == SpaceAddressing4 {
		return SpaceAddressing4 + "/role/anonymous"
	}
	return AddressAnonymous
}

// Render writes a message in UTF-8. The usual prefixes that occur are declared
// once, on the envelope; characters XML can't hold become U+FFFD.
func Render(r Response) []byte {
	w := &writer{buf: make([]byte, 0, 2048)}
	if r.Version == V11 {
		w.envelope = SpaceEnvelope11
	} else {
		w.envelope = SpaceEnvelope12
	}
	if r.Fault != nil && r.Version == V12 {
		r.Header = append(slices.Clip(r.Header), r.Fault.NotUnderstoodHeaders()...)
	}
	if r.Addressing != "" || len(r.Header) > 0 {
		w.open("env:Header")
		w.addressing(&r)
		for _, el := range r.Header {
			w.element(el)
		}
		w.close("env:Header")
	}
	w.open("env:Body")
	switch {
	case r.Fault != nil && r.Version == V11:
		w.element(r.Fault.element11())
	case r.Fault != nil:
		w.element(r.Fault.element12())
	case r.Body != nil:
		w.element(r.Body)
	}
	w.close("env:Body")
	w.close("env:Envelope")
	return w.finish()
}

// addressing writes the WS-Addressing headers.
func (w *writer) addressing(r *Response) {
	if r.Addressing == "" {
		return
	}
	prefix := "wsa"
	if r.Addressing == SpaceAddressing4 {
		prefix = "wsa4"
	}
	action := r.Action
	if r.Fault != nil && action == "" {
		action = ActionFault
		if r.Addressing == SpaceAddressing4 {
			action = SpaceAddressing4 + "/fault"
		}
	}
	for _, h := range [...]struct{ name, text string }{
		{"Action", action}, {"MessageID", r.MessageID}, {"RelatesTo", r.RelatesTo}, {"To", r.To},
	} {
		if h.text != "" {
			el := &etree.Element{Space: prefix, Tag: h.name}
			el.CreateText(h.text)
			w.element(el)
		}
	}
}

// finish puts the head, with the declarations, before what was written.
func (w *writer) finish() []byte {
	slices.Sort(w.used)
	out := make([]byte, 0, len(w.buf)+512)
	out = append(out, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<env:Envelope xmlns:env="`...)
	out = append(out, w.envelope...)
	out = append(out, '"')
	for _, p := range w.used {
		space, _ := SpaceOf(p) // used has known prefixes only
		out = append(out, ` xmlns:`...)
		out = append(out, p...)
		out = append(out, `="`...)
		out = append(out, space...)
		out = append(out, '"')
	}
	out = append(out, '>')
	return append(out, w.buf...)
}

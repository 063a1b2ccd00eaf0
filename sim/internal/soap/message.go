package soap

import (
	"errors"

	"github.com/beevik/etree"
)

// Version is the SOAP version of a message.
type Version uint8

// The versions. ONVIF is SOAP 1.2; 1.1 is answered in kind.
const (
	V12 Version = iota
	V11
)

// ErrNotSOAP says that a body is no SOAP message at all: the answer is HTTP
// 400 without a fault (Core 5.8.2.4).
var ErrNotSOAP = errors.New("the body is no SOAP message")

// Message is one SOAP message taken apart.
type Message struct {
	Version  Version
	Envelope *etree.Element
	Header   Header
	Body     *etree.Element // the one child of the Body
	Name     QName          // of Body
}

// Header is what the pipeline needs of a message's header blocks.
type Header struct {
	Addressing string // namespace of the WS-Addressing headers; empty: none
	Action     string
	MessageID  string
	To         string
	ReplyTo    string // its Address
	RelatesTo  string
	// ReplyParameters are ReplyTo's reference parameters, to be sent back.
	ReplyParameters []*etree.Element
	// Security is the wsse:Security block, nil if there is none.
	Security *etree.Element
	// MustUnderstand are the blocks that must be understood and aren't.
	MustUnderstand []QName
	// Reference are the other blocks, such as echoed reference parameters.
	Reference []*etree.Element
}

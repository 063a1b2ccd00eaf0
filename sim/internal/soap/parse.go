package soap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf16"

	"github.com/beevik/etree"
)

// Parse takes a SOAP message apart, within the limits: SOAP 1.2 or 1.1, UTF-8
// (or UTF-16 with a byte order mark), no document type declaration, no
// processing instructions, one Body child. The error is ErrNotSOAP when body
// is no SOAP envelope, else a *Fault: ter:WellFormed, ter:Namespace, ter:Tag,
// ter:TagMismatch, VersionMismatch, DataEncodingUnknown, or ter:OutofMemory
// beyond a limit. Header blocks that must be understood and aren't are no
// error here: see Header.MustUnderstand.
func Parse(body []byte, l Limits) (*Message, error) {
	l = l.filled()
	if len(body) > l.Bytes {
		return nil, exceeded("bytes", l.Bytes)
	}
	text, err := utf8Of(body)
	if err != nil {
		return nil, err
	}
	if t := bytes.TrimLeft(text, " \t\r\n"); len(t) == 0 || t[0] != '<' {
		return nil, ErrNotSOAP
	}
	root, err := readTree(text, l)
	if root == nil || root.Tag != "Envelope" {
		var f *Fault
		if errors.As(err, &f) && f.Code == DataEncodingUnknown {
			return nil, err
		}
		return nil, ErrNotSOAP
	}
	if err != nil {
		return nil, err
	}
	return envelope(root)
}

// utf8Of drops a byte order mark and turns UTF-16 into UTF-8.
func utf8Of(body []byte) ([]byte, error) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(body, []byte{0xEF, 0xBB, 0xBF}):
		return body[3:], nil
	case bytes.HasPrefix(body, []byte{0xFF, 0xFE}):
		order = binary.LittleEndian
	case bytes.HasPrefix(body, []byte{0xFE, 0xFF}):
		order = binary.BigEndian
	default:
		return body, nil
	}
	if len(body)%2 != 0 {
		return nil, Generic(DataEncodingUnknown, "")
	}
	units := make([]uint16, 0, len(body)/2)
	for b := body[2:]; len(b) > 0; b = b[2:] {
		units = append(units, order.Uint16(b))
	}
	text := []byte(string(utf16.Decode(units)))
	// The declaration names the encoding the text had.
	if end := bytes.Index(text, []byte("?>")); end > 0 && bytes.HasPrefix(text, []byte("<?xml")) {
		text = text[end+2:]
	}
	return text, nil
}

// envelope takes the root apart.
func envelope(root *etree.Element) (*Message, error) {
	m := &Message{Envelope: root}
	switch root.NamespaceURI() {
	case SpaceEnvelope12:
		m.Version = V12
	case SpaceEnvelope11:
		m.Version = V11
	default:
		return nil, Generic(VersionMismatch, "")
	}
	space := root.NamespaceURI()
	var header, body *etree.Element
	for _, el := range root.ChildElements() {
		switch {
		case el.NamespaceURI() == space && el.Tag == "Header" && header == nil && body == nil:
			header = el
		case el.NamespaceURI() == space && el.Tag == "Body" && body == nil:
			body = el
		default:
			return nil, Generic(Sender, "ter:TagMismatch").WithText("unexpected " + el.FullTag() + " in the envelope")
		}
	}
	if body == nil {
		return nil, Generic(Sender, "ter:Tag").WithText("the envelope has no Body")
	}
	if err := m.takeBody(body, space); err != nil {
		return nil, err
	}
	if header != nil {
		m.takeHeader(header, space)
	}
	return m, nil
}

// takeBody wants exactly one element in the Body.
func (m *Message) takeBody(body *etree.Element, space string) error {
	content := body.ChildElements()
	if len(content) == 0 {
		return Generic(Sender, "ter:Tag").WithText("the Body is empty")
	}
	if len(content) > 1 {
		return Generic(Sender, "ter:TagMismatch").WithText("the Body has more than one element")
	}
	m.Body = content[0]
	m.Name = QName{m.Body.NamespaceURI(), m.Body.Tag}
	for i := range m.Body.Attr {
		a := &m.Body.Attr[i]
		if a.Key == "encodingStyle" && a.NamespaceURI() == space {
			return Generic(DataEncodingUnknown, "")
		}
	}
	return nil
}

package discovery

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"
)

// errMessage says that a datagram is none of our messages.
var errMessage = errors.New("not a WS-Discovery request")

// request is a Probe or a Resolve.
type request struct {
	id      string // wsa:MessageID
	replyTo string // wsa:Address of wsa:ReplyTo, or anonymous
	probe   *probe // nil: a Resolve
	resolve string // endpoint address asked for
}

// probe asks for target services; empty lists match everything.
type probe struct {
	types   []QName
	scopes  []scope
	matchBy string // URI; empty: the default rule
}

// parse reads a message within the limits. Hello, Bye and answers of other
// devices are errors like anything else that is not asked of us.
func parse(data []byte, l Limits) (*request, error) {
	if err := scan(data, l); err != nil {
		return nil, err
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(data); err != nil {
		return nil, fmt.Errorf("%w: %w", errMessage, err)
	}
	root := doc.Root()
	if root == nil || !is(root, nsEnvelope, "Envelope") {
		return nil, fmt.Errorf("%w: no SOAP 1.2 envelope", errMessage)
	}
	body := child(root, nsEnvelope, "Body")
	if body == nil || len(body.ChildElements()) != 1 {
		return nil, fmt.Errorf("%w: no body", errMessage)
	}
	header := child(root, nsEnvelope, "Header")
	r, err := parseHeader(header, l)
	if err != nil {
		return nil, err
	}
	el := body.ChildElements()[0]
	if action := child(header, nsAddressing, "Action"); action != nil && text(action) != nsDiscovery+"/"+el.Tag {
		return nil, fmt.Errorf("%w: action %.80q with body %.40q", errMessage, text(action), el.Tag)
	}
	if err := parseBody(r, el, l); err != nil {
		return nil, err
	}
	return r, nil
}

// scan bounds depth and number of elements and refuses document types, before
// anything is built of the data.
func scan(data []byte, l Limits) error {
	if len(data) > l.DatagramBytes {
		return fmt.Errorf("%w: more than %d bytes", errMessage, l.DatagramBytes)
	}
	if !utf8.Valid(data) {
		return fmt.Errorf("%w: not UTF-8", errMessage)
	}
	dec := xml.NewDecoder(bytes.NewReader(data))
	depth, elements := 0, 0
	for {
		token, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errMessage, err)
		}
		switch token.(type) {
		case xml.StartElement:
			depth, elements = depth+1, elements+1
			if depth > l.Depth || elements > l.Elements {
				return fmt.Errorf("%w: more than %d elements or deeper than %d", errMessage, l.Elements, l.Depth)
			}
		case xml.EndElement:
			depth--
		case xml.Directive:
			return fmt.Errorf("%w: a document type", errMessage)
		}
	}
}

// parseHeader reads the addressing headers (WS-Addressing 2004/08).
func parseHeader(header *etree.Element, l Limits) (*request, error) {
	if header == nil {
		return nil, fmt.Errorf("%w: no header", errMessage)
	}
	for _, h := range header.ChildElements() {
		space := h.NamespaceURI()
		if mustUnderstand(h) && space != nsAddressing && space != nsDiscovery {
			return nil, fmt.Errorf("%w: header %s is not understood", errMessage, h.Tag)
		}
	}
	r := &request{replyTo: anonymous}
	id := child(header, nsAddressing, "MessageID")
	if id == nil || text(id) == "" {
		return nil, fmt.Errorf("%w: no MessageID", errMessage)
	}
	r.id = text(id)
	if a := child(child(header, nsAddressing, "ReplyTo"), nsAddressing, "Address"); a != nil && text(a) != "" {
		r.replyTo = text(a)
	}
	if max(len(r.id), len(r.replyTo)) > l.AddressBytes {
		return nil, fmt.Errorf("%w: MessageID or ReplyTo longer than %d bytes", errMessage, l.AddressBytes)
	}
	return r, nil
}

// mustUnderstand reports whether the sender insists on a header block.
func mustUnderstand(h *etree.Element) bool {
	for _, a := range h.Attr {
		if a.Key == "mustUnderstand" && namespaceOf(h, a.Space) == nsEnvelope {
			return a.Value == "1" || a.Value == "true"
		}
	}
	return false
}

func parseBody(r *request, el *etree.Element, l Limits) error {
	switch {
	case is(el, nsDiscovery, "Probe"):
		p, err := parseProbe(el, l)
		r.probe = p
		return err
	case is(el, nsDiscovery, "Resolve"):
		if a := child(child(el, nsAddressing, "EndpointReference"), nsAddressing, "Address"); a != nil {
			r.resolve = text(a)
		}
		if r.resolve == "" {
			return fmt.Errorf("%w: Resolve without an address", errMessage)
		}
		return nil
	}
	return fmt.Errorf("%w: %.40q is nothing to answer", errMessage, el.Tag)
}

func parseProbe(el *etree.Element, l Limits) (*probe, error) {
	p := &probe{}
	if types := child(el, nsDiscovery, "Types"); types != nil {
		for _, word := range strings.Fields(text(types)) {
			name, err := qname(types, word)
			if err != nil {
				return nil, err
			}
			p.types = append(p.types, name)
		}
	}
	if scopes := child(el, nsDiscovery, "Scopes"); scopes != nil {
		words := strings.Fields(text(scopes))
		p.scopes = scopesOf(words[:min(len(words), l.Words+1)])
		p.matchBy = strings.TrimSpace(scopes.SelectAttrValue("MatchBy", ""))
	}
	if len(p.types) > l.Words || len(p.scopes) > l.Words {
		return nil, fmt.Errorf("%w: more than %d types or scopes", errMessage, l.Words)
	}
	return p, nil
}

// is compares an element's name with its namespace.
func is(el *etree.Element, space, local string) bool {
	return el.Tag == local && el.NamespaceURI() == space
}

// child returns the first child with that name, nil if there is none.
func child(el *etree.Element, space, local string) *etree.Element {
	if el == nil {
		return nil
	}
	i := slices.IndexFunc(el.ChildElements(), func(c *etree.Element) bool { return is(c, space, local) })
	if i < 0 {
		return nil
	}
	return el.ChildElements()[i]
}

func text(el *etree.Element) string { return strings.TrimSpace(el.Text()) }

// qname resolves a QName value by the prefixes in scope at el.
func qname(el *etree.Element, word string) (QName, error) {
	prefix, local, ok := strings.Cut(word, ":")
	if !ok {
		prefix, local = "", word
	}
	space := namespaceOf(el, prefix)
	if prefix != "" && space == "" {
		return QName{}, fmt.Errorf("%w: prefix %q is not declared", errMessage, prefix)
	}
	return QName{space, local}, nil
}

// namespaceOf returns the namespace a prefix stands for at el; the empty prefix
// is the default namespace.
func namespaceOf(el *etree.Element, prefix string) string {
	for ; el != nil; el = el.Parent() {
		for _, a := range el.Attr {
			if a.Space == "xmlns" && a.Key == prefix || prefix == "" && a.Space == "" && a.Key == "xmlns" {
				return a.Value
			}
		}
	}
	return ""
}

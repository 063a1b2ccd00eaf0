package soap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/beevik/etree"
)

// reader builds the tree of one document token by token, within limits, and
// checks what encoding/xml's raw tokens leave unchecked: matching tags,
// declared prefixes, unique attributes, one root.
type reader struct {
	limits   Limits
	dec      *xml.Decoder
	root     *etree.Element
	open     []*etree.Element // from the root to where we are
	marks    []int            // of scope, for each of open
	scope    scope
	elements int
	declared int
	begun    bool // something came before
}

// errEncoding says that a document declares an encoding that isn't UTF-8.
var errEncoding = errors.New("only UTF-8 is supported")

// readTree reads a document and returns its root. The error is a *Fault.
func readTree(body []byte, l Limits) (*etree.Element, error) {
	r := &reader{limits: l, dec: xml.NewDecoder(bytes.NewReader(body))}
	r.dec.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(charset, "us-ascii") {
			return in, nil
		}
		return nil, errEncoding
	}
	references := bytes.Contains(body, []byte("&#"))
	for {
		from := r.dec.InputOffset()
		t, err := r.dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, errEncoding) {
			return r.root, Generic(DataEncodingUnknown, "")
		}
		if err != nil {
			return r.root, r.malformed(err.Error())
		}
		if references && refersToSurrogate(body[from:r.dec.InputOffset()]) {
			return r.root, r.malformed("a reference to no character")
		}
		if err := r.token(t); err != nil {
			return r.root, err
		}
		r.begun = true
	}
	if r.root == nil || len(r.open) > 0 {
		return r.root, r.malformed("the document ends too early")
	}
	return r.root, nil
}

// refersToSurrogate reports whether a token has a reference to half a
// character of UTF-16, which XML does not allow (XML 1.0 4.1, 2.2) but Go's
// decoder takes for U+FFFD. In comments and CDATA sections there are none.
func refersToSurrogate(token []byte) bool {
	if bytes.HasPrefix(token, []byte("<!")) {
		return false
	}
	for {
		_, rest, ok := bytes.Cut(token, []byte("&#"))
		if !ok {
			return false
		}
		digits, after, ok := bytes.Cut(rest, []byte(";"))
		token = after
		base := 10
		if hex, is := bytes.CutPrefix(digits, []byte("x")); is {
			digits, base = hex, 16
		}
		if n, err := strconv.ParseUint(string(digits), base, 32); ok && err == nil && utf16.IsSurrogate(rune(n)) {
			return true
		}
	}
}

// malformed is the fault of a document that isn't well-formed.
func (r *reader) malformed(why string) error {
	line, column := r.dec.InputPos()
	return Generic(Sender, "ter:WellFormed").WithText(fmt.Sprintf("line %d, column %d: %s", line, column, why))
}

func (r *reader) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		return r.start(t)
	case xml.EndElement:
		return r.end(t.Name)
	case xml.CharData:
		return r.text(t)
	case xml.Directive:
		return r.malformed("document type declarations are not allowed")
	case xml.ProcInst:
		if t.Target != "xml" || r.begun {
			return r.malformed("processing instructions are not allowed")
		}
	}
	return nil // comments say nothing
}

func (r *reader) start(t xml.StartElement) error {
	l := &r.limits
	if r.root != nil && len(r.open) == 0 {
		return r.malformed("a second root element")
	}
	if r.elements++; r.elements > l.Elements {
		return exceeded("elements", l.Elements)
	}
	if len(r.open) >= l.Depth {
		return exceeded("elements in one another", l.Depth)
	}
	if len(t.Attr) > l.Attributes {
		return exceeded("attributes of one element", l.Attributes)
	}
	el := &etree.Element{Space: t.Name.Space, Tag: t.Name.Local}
	if len(r.open) > 0 {
		r.open[len(r.open)-1].AddChild(el)
	} else {
		r.root = el
	}
	for _, a := range t.Attr {
		if err := r.attr(el, a); err != nil {
			return err
		}
	}
	r.open = append(r.open, el)
	r.marks = append(r.marks, r.scope.enter(el))
	return r.prefixes(el, t)
}

// attr adds one attribute.
func (r *reader) attr(el *etree.Element, a xml.Attr) error {
	l := &r.limits
	if len(a.Value) > l.Text {
		return exceeded("bytes in a value", l.Text)
	}
	key := a.Name.Local
	if a.Name.Space != "" {
		key = a.Name.Space + ":" + key
	}
	before := len(el.Attr)
	at := el.CreateAttr(key, a.Value)
	if len(el.Attr) == before {
		return r.malformed("attribute " + key + " stands twice")
	}
	if !isDeclaration(at) {
		return nil
	}
	if r.declared++; r.declared > l.Namespaces {
		return exceeded("namespace declarations", l.Namespaces)
	}
	if at.Space == "xmlns" && (at.Value == "" || at.Key == "xmlns" || at.Key == "xml" && at.Value != SpaceXML) {
		return Generic(Sender, "ter:Namespace").WithText("prefix " + at.Key + " can't be declared so")
	}
	return nil
}

// prefixes checks el's names and that their prefixes are declared.
func (r *reader) prefixes(el *etree.Element, t xml.StartElement) error {
	check := func(n xml.Name) error {
		if len(n.Local)+len(n.Space) > r.limits.Name {
			return exceeded("bytes in a name", r.limits.Name)
		}
		if n.Space != "" && !isNCName(n.Space) || !isNCName(n.Local) {
			return r.malformed(fmt.Sprintf("%.64q is no name", n.Space+":"+n.Local))
		}
		if _, ok := r.scope.declared(n.Space); !ok && n.Space != "" && n.Space != "xml" && n.Space != "xmlns" {
			return Generic(Sender, "ter:Namespace").WithText("prefix " + n.Space + " is not declared")
		}
		return nil
	}
	if err := check(t.Name); err != nil {
		return err
	}
	for i, a := range t.Attr {
		if err := check(a.Name); err != nil {
			return err
		}
		if a.Name.Space == "" || a.Name.Space == "xmlns" {
			continue
		}
		for _, b := range el.Attr[:i] {
			if b.Space != "" && b.Key == a.Name.Local && r.scope.attr(&b) == r.scope.attr(&el.Attr[i]) {
				return r.malformed("attribute " + a.Name.Local + " stands twice")
			}
		}
	}
	return nil
}

func (r *reader) end(n xml.Name) error {
	last := len(r.open) - 1
	if last < 0 || r.open[last].Space != n.Space || r.open[last].Tag != n.Local {
		return r.malformed("end tag " + n.Local + " closes nothing")
	}
	r.scope.leave(r.marks[last])
	r.open, r.marks = r.open[:last], r.marks[:last]
	return nil
}

// text adds character data, joined with what stood before a comment.
func (r *reader) text(data []byte) error {
	if len(r.open) == 0 {
		if trim(string(data)) != "" && !(r.root == nil && string(data) == "\ufeff") {
			return r.malformed("text outside the root element")
		}
		return nil
	}
	if !utf8.Valid(data) {
		return r.malformed("invalid UTF-8")
	}
	el := r.open[len(r.open)-1]
	if n := len(el.Child); n > 0 {
		if c, ok := el.Child[n-1].(*etree.CharData); ok {
			if len(c.Data)+len(data) > r.limits.Text {
				return exceeded("bytes in a value", r.limits.Text)
			}
			c.Data += string(data)
			return nil
		}
	}
	if len(data) > r.limits.Text {
		return exceeded("bytes in a value", r.limits.Text)
	}
	el.CreateText(string(data))
	return nil
}

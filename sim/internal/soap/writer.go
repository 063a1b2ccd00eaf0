package soap

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"
)

// writer writes trees, leaving out declarations of usual prefixes and
// remembering which of those prefixes occur.
type writer struct {
	buf      []byte
	envelope string
	used     []string // usual prefixes, but env and xml
	scope    scope    // declarations written, of other prefixes or meanings
}

func (w *writer) open(name string) {
	w.buf = append(append(append(w.buf, '<'), name...), '>')
}

func (w *writer) close(name string) {
	w.buf = append(append(append(w.buf, "</"...), name...), '>')
}

// element writes el and what is in it.
func (w *writer) element(el *etree.Element) {
	mark := len(w.scope.decls)
	w.buf = append(w.buf, '<')
	start := len(w.buf)
	if el.Space != "" {
		w.buf = append(append(w.buf, el.Space...), ':')
	}
	w.buf = append(w.buf, el.Tag...)
	name := string(w.buf[start:])
	for i := range el.Attr {
		if a := &el.Attr[i]; isDeclaration(a) {
			w.declaration(a)
		}
	}
	w.use(el.Space)
	for i := range el.Attr {
		if a := &el.Attr[i]; !isDeclaration(a) {
			w.use(a.Space)
			w.attr(a.Space, a.Key, a.Value)
		}
	}
	w.content(el, name)
	w.scope.leave(mark)
}

// content writes the rest of el's start tag, its children and its end tag.
func (w *writer) content(el *etree.Element, name string) {
	if len(el.Child) == 0 {
		w.buf = append(w.buf, "/>"...)
		return
	}
	w.buf = append(w.buf, '>')
	for _, t := range el.Child {
		switch t := t.(type) {
		case *etree.Element:
			w.element(t)
		case *etree.CharData:
			w.buf = appendEscaped(w.buf, t.Data, false)
		case *etree.Comment:
			w.buf = append(append(append(w.buf, "<!--"...), strings.ReplaceAll(t.Data, "--", "- -")...), "-->"...)
		}
	}
	w.close(name)
}

// declaration writes a declaration unless the envelope makes it.
func (w *writer) declaration(a *etree.Attr) {
	prefix := a.Key
	if a.Space == "" {
		prefix = ""
	}
	if space, ok := w.scope.declared(prefix); ok && space == a.Value {
		return
	}
	usual, ok := SpaceOf(prefix)
	if _, hidden := w.scope.declared(prefix); ok && !hidden && usual == a.Value && prefix != "env" {
		w.use(prefix)
		return
	}
	if prefix == "env" && a.Value == w.envelope && len(w.scope.decls) == 0 {
		return
	}
	w.scope.decls = append(w.scope.decls, declaration{prefix, a.Value})
	w.attr(a.Space, a.Key, a.Value)
}

// use notes a prefix the envelope must declare.
func (w *writer) use(prefix string) {
	if prefix == "" || prefix == "env" || prefix == "xml" || slices.Contains(w.used, prefix) {
		return
	}
	if _, local := w.scope.declared(prefix); local {
		return
	}
	if _, ok := SpaceOf(prefix); ok {
		w.used = append(w.used, prefix)
	}
}

func (w *writer) attr(space, key, value string) {
	w.buf = append(w.buf, ' ')
	if space != "" {
		w.buf = append(append(w.buf, space...), ':')
	}
	w.buf = append(append(w.buf, key...), `="`...)
	w.buf = append(appendEscaped(w.buf, value, true), '"')
}

// appendEscaped writes character data or, between quotes, an attribute's value.
func appendEscaped(b []byte, s string, quoted bool) []byte {
	last := 0
	for i := 0; i < len(s); {
		c := s[i]
		width := 1
		var esc string
		switch {
		case c == '&':
			esc = "&amp;"
		case c == '<':
			esc = "&lt;"
		case c == '>':
			esc = "&gt;"
		case c == '\r':
			esc = "&#xD;"
		case c == '"' && quoted:
			esc = "&quot;"
		case c == '\n' && quoted:
			esc = "&#xA;"
		case c == '\t' && quoted:
			esc = "&#x9;"
		case c < 0x20 && c != '\n' && c != '\t':
			esc = "\uFFFD"
		case c >= utf8.RuneSelf:
			var r rune
			if r, width = utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && width == 1 || r == 0xFFFE || r == 0xFFFF {
				esc = "\uFFFD"
			}
		}
		if esc != "" {
			b = append(append(b, s[last:i]...), esc...)
			last = i + width
		}
		i += width
	}
	return append(b, s[last:]...)
}

package soap

import (
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// declaration binds a prefix; an empty prefix is the default namespace.
type declaration struct{ prefix, space string }

// scope holds the namespace declarations that apply at one place of a tree.
type scope struct{ decls []declaration }

// newScope returns what applies inside el's parent.
func newScope(el *etree.Element) *scope {
	s := &scope{decls: make([]declaration, 0, 16)}
	var above func(e *etree.Element)
	above = func(e *etree.Element) {
		if e == nil {
			return
		}
		above(e.Parent())
		s.enter(e)
	}
	above(el.Parent())
	return s
}

// enter adds el's own declarations; give the returned mark to leave.
func (s *scope) enter(el *etree.Element) (mark int) {
	mark = len(s.decls)
	for i := range el.Attr {
		switch a := &el.Attr[i]; {
		case a.Space == "xmlns":
			s.decls = append(s.decls, declaration{a.Key, a.Value})
		case a.Space == "" && a.Key == "xmlns":
			s.decls = append(s.decls, declaration{"", a.Value})
		}
	}
	return mark
}

func (s *scope) leave(mark int) { s.decls = s.decls[:mark] }

// declared is the namespace a declaration in the tree binds prefix to.
func (s *scope) declared(prefix string) (space string, ok bool) {
	for i := len(s.decls) - 1; i >= 0; i-- {
		if s.decls[i].prefix == prefix {
			return s.decls[i].space, true
		}
	}
	return "", false
}

// space is the namespace of prefix: as declared, else the usual one, since the
// trees this package makes leave usual prefixes undeclared.
func (s *scope) space(prefix string) (space string, ok bool) {
	if space, ok = s.declared(prefix); ok || prefix == "" {
		return space, true
	}
	return SpaceOf(prefix)
}

// name is the expanded name of an element.
func (s *scope) name(el *etree.Element) QName {
	space, ok := s.space(el.Space)
	if !ok {
		return QName{el.Space, el.Tag} // Parse refuses undeclared prefixes
	}
	return QName{space, el.Tag}
}

// attr is the expanded name of an attribute.
func (s *scope) attr(a *etree.Attr) QName {
	if a.Space == "" {
		return QName{Local: a.Key}
	}
	space, ok := s.space(a.Space)
	if !ok {
		return QName{a.Space, a.Key}
	}
	return QName{space, a.Key}
}

// qname resolves a QName value.
func (s *scope) qname(text string) (QName, bool) {
	prefix, local, found := strings.Cut(text, ":")
	if !found {
		prefix, local = "", text
	} else if !isNCName(prefix) {
		return QName{}, false
	}
	space, ok := s.space(prefix)
	return QName{space, local}, ok && isNCName(local)
}

// isDeclaration reports whether a declares a namespace.
func isDeclaration(a *etree.Attr) bool {
	return a.Space == "xmlns" || a.Space == "" && a.Key == "xmlns"
}

// prefixesIn calls f for every prefix that text may use: each NCName before a colon.
func prefixesIn(text string, f func(prefix string)) {
	for {
		i := strings.IndexByte(text, ':')
		if i < 0 {
			return
		}
		start := i
		for start > 0 && isNameByte(text[start-1]) {
			start--
		}
		if p := text[start:i]; isNCName(p) {
			f(p)
		}
		text = text[i+1:]
	}
}

func isNameByte(c byte) bool { return c >= 128 || isNamePart(rune(c)) }

// Standalone returns a copy of el that declares itself whatever it uses of the
// declarations around it, the prefixes in texts and attribute values among
// them, so that it means the same wherever it is put.
func Standalone(el *etree.Element) *etree.Element { return standalone(el, newScope(el)) }

// standalone is Standalone with the scope of el's parent at hand.
func standalone(el *etree.Element, around *scope) *etree.Element {
	c := el.Copy()
	inner := scope{decls: make([]declaration, 0, 8)}
	var needs []declaration
	need := func(prefix string) {
		if _, ok := inner.declared(prefix); ok || slices.ContainsFunc(needs, func(d declaration) bool { return d.prefix == prefix }) {
			return
		}
		if space, ok := around.declared(prefix); ok && space != "" {
			needs = append(needs, declaration{prefix, space})
		}
	}
	walkUses(c, &inner, need)
	for _, d := range needs {
		if d.prefix == "" {
			c.CreateAttr("xmlns", d.space)
		} else {
			c.CreateAttr("xmlns:"+d.prefix, d.space)
		}
	}
	return c
}

// walkUses calls need for every prefix el and what is in it use, in the scope
// at that place.
func walkUses(el *etree.Element, s *scope, need func(prefix string)) {
	mark := s.enter(el)
	need(el.Space)
	for i := range el.Attr {
		if a := &el.Attr[i]; !isDeclaration(a) {
			if a.Space != "" {
				need(a.Space)
			}
			prefixesIn(a.Value, need)
		}
	}
	for _, t := range el.Child {
		switch t := t.(type) {
		case *etree.Element:
			walkUses(t, s, need)
		case *etree.CharData:
			prefixesIn(t.Data, need)
		}
	}
	s.leave(mark)
}

package main

import (
	"fmt"
	"strings"

	"github.com/beevik/etree"
)

// scalar is what a simple type comes to: a Go type, the lexical type it is
// written as, and the facets that bound it.
type scalar struct {
	typ     typeRef
	xsd     string // built-in type; empty for enumerations and types that marshal themselves
	list    bool
	facets  []string // tag options: "max=64"
	pattern string
}

// builtin returns the Go side of a type of the schema language.
func builtin(local string) (scalar, error) {
	goType := map[string]string{
		"string": "string", "anySimpleType": "string", "token": "string", "NCName": "string", "ID": "string",
		"anyURI": "string", "language": "string", "normalizedString": "string",
		"boolean": "bool", "int": "int", "integer": "int", "nonNegativeInteger": "int", "positiveInteger": "int",
		"unsignedInt": "int", "unsignedShort": "int", "unsignedLong": "uint64",
		"float": "float64", "double": "float64", "decimal": "float64",
		"base64Binary": "[]byte", "hexBinary": "[]byte",
	}
	switch local {
	case "dateTime":
		return scalar{typ: typeRef{pkg: "time", name: "Time"}, xsd: local}, nil
	case "duration":
		return scalar{typ: typeRef{pkg: "soap", name: "Duration"}, xsd: local}, nil
	case "QName":
		return scalar{typ: typeRef{pkg: "soap", name: "QName"}, xsd: local}, nil
	}
	t, ok := goType[local]
	if !ok {
		return scalar{}, fmt.Errorf("xs:%s is not handled", local)
	}
	return scalar{typ: typeRef{name: t}, xsd: local}, nil
}

// scalarNamed is the simple type called n.
func (b *builder) scalarNamed(n name) (scalar, error) {
	if n.space == xsdSpace {
		return builtin(n.local)
	}
	if n == (name{"http://docs.oasis-open.org/wsn/b-2", "AbsoluteOrRelativeTimeType"}) {
		return scalar{typ: typeRef{pkg: "soap", name: "AbsoluteOrRelativeTime"}}, nil
	}
	c, ok := b.all.types[n]
	if !ok || c.el.Tag != "simpleType" {
		return scalar{}, fmt.Errorf("no simple type {%s}%s", n.space, n.local)
	}
	if d := b.enums[c.el]; d != nil {
		return scalar{typ: typeRef{pkg: d.pkg, name: d.name}}, nil
	}
	return b.scalarOf(c.el)
}

// scalarOf is the simple type el describes.
func (b *builder) scalarOf(el *etree.Element) (scalar, error) {
	if r := child(el, "restriction"); r != nil {
		return b.restricted(r)
	}
	if l := child(el, "list"); l != nil {
		n, ok, err := refAttr(l, "itemType")
		if err != nil || !ok {
			return scalar{}, fmt.Errorf("%s: a list needs an item type: %w", el.GetPath(), err)
		}
		s, err := b.scalarNamed(n)
		s.list = true
		return s, err
	}
	if u := child(el, "union"); u != nil {
		members := strings.Fields(u.SelectAttrValue("memberTypes", ""))
		if len(members) != 1 {
			return builtin("token") // open enumerations: any of the words, or any other
		}
		n, err := qname(u, members[0])
		if err != nil {
			return scalar{}, err
		}
		return b.scalarNamed(n)
	}
	return scalar{}, fmt.Errorf("%s: neither restriction, list nor union", el.GetPath())
}

// restricted is the base of r with r's facets.
func (b *builder) restricted(r *etree.Element) (scalar, error) {
	base, ok, err := refAttr(r, "base")
	if err != nil || !ok {
		return scalar{}, fmt.Errorf("%s: a restriction needs a base: %w", r.GetPath(), err)
	}
	s, err := b.scalarNamed(base)
	if err != nil {
		return scalar{}, err
	}
	for _, f := range r.ChildElements() {
		value := f.SelectAttrValue("value", "")
		switch f.Tag {
		case "annotation", "enumeration":
		case "maxLength":
			s.facets = append(s.facets, "max="+value)
		case "minLength":
			if value != "0" {
				s.facets = append(s.facets, "min="+value)
			}
		case "length":
			s.facets = append(s.facets, "min="+value, "max="+value)
		case "minInclusive":
			s.facets = append(s.facets, "ge="+value)
		case "maxInclusive":
			s.facets = append(s.facets, "le="+value)
		case "pattern":
			if !strings.Contains(value, `\i`) { // topic expressions are parsed, not matched
				s.pattern = "^(?:" + value + ")$"
			}
		default:
			return scalar{}, fmt.Errorf("%s: facet %s is not handled", r.GetPath(), f.Tag)
		}
	}
	return s, nil
}

// enumeration returns the words el allows, none if it isn't an enumeration of strings.
func enumeration(el *etree.Element) ([]string, error) {
	r := child(el, "restriction")
	if r == nil {
		return nil, nil
	}
	base, _, err := refAttr(r, "base")
	if err != nil || base.space != xsdSpace || base.local == "QName" {
		return nil, err
	}
	var words []string
	for _, f := range children(r, xsdSpace, "enumeration") {
		words = append(words, f.SelectAttrValue("value", ""))
	}
	return words, nil
}

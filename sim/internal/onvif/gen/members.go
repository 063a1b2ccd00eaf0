package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/beevik/etree"
)

// attribute adds the field of one attribute.
func (c *content) attribute(e *etree.Element) error {
	use := e.SelectAttrValue("use", "optional")
	if use == "prohibited" {
		return nil
	}
	label, s, err := c.attributeType(e)
	if err != nil {
		return err
	}
	opts := []string{"attr"}
	if use != "required" {
		opts = append(opts, "opt")
	}
	c.d.add(field{
		name: goName(e.SelectAttrValue("name", label[strings.IndexByte(label, ':')+1:])),
		tag:  tag(label, s, opts...), pattern: s.pattern, typ: s.value(use != "required"),
	})
	return nil
}

// attributeType is the name as it stands in a document, and the type.
func (c *content) attributeType(e *etree.Element) (label string, s scalar, err error) {
	label = e.SelectAttrValue("name", "")
	if ref, ok, err := refAttr(e, "ref"); err != nil {
		return "", s, err
	} else if ok {
		def := c.b.all.attributes[ref]
		if def == nil {
			return "", s, fmt.Errorf("%s: no attribute %s", e.GetPath(), ref.local)
		}
		label = prefixOf(ref.space) + ":" + ref.local
		e = def.el
	}
	if st := child(e, "simpleType"); st != nil {
		if child(st, "union") != nil {
			s, err = builtin("string") // xml:lang
			return label, s, err
		}
		s, err = c.b.scalarOf(st)
		return label, s, err
	}
	n, ok, err := refAttr(e, "type")
	if err != nil {
		return "", s, err
	}
	if !ok {
		n = name{xsdSpace, "string"}
	}
	s, err = c.b.scalarNamed(n)
	return label, s, err
}

// element adds the field of one element particle.
func (c *content) element(e *etree.Element, in occurrence) error {
	decl, space := e, c.space
	if ref, ok, err := refAttr(e, "ref"); err != nil {
		return err
	} else if ok {
		global := c.b.all.elements[ref]
		if global == nil {
			return fmt.Errorf("%s: no element %s", e.GetPath(), ref.local)
		}
		decl, space = global.el, global.space
	}
	local := decl.SelectAttrValue("name", "")
	label := prefixOf(space) + ":" + local
	optional := in.optional || in.choice != "" || e.SelectAttrValue("minOccurs", "1") == "0"
	var opts []string
	if optional {
		opts = append(opts, "opt")
	}
	nillable := decl.SelectAttrValue("nillable", "") == "true"
	if nillable {
		opts = append(opts, "nil")
	}
	repeated, limits := cardinality(e, optional)
	if strings.HasPrefix(in.choice, "cs=") {
		repeated, limits = true, nil
	}
	if repeated {
		opts = append(opts, limits...)
	}
	if in.choice != "" {
		opts = append(opts, in.choice)
	}
	f := field{name: goName(local)}
	if err := c.elementType(&f, decl, label, opts, repeated, optional || nillable); err != nil {
		return err
	}
	c.d.add(f)
	return nil
}

// cardinality tells whether e may stand more than once, and its limits as tag options.
func cardinality(e *etree.Element, optional bool) (repeated bool, limits []string) {
	maximum := e.SelectAttrValue("maxOccurs", "1")
	if maximum == "1" || maximum == "0" {
		return false, nil
	}
	if minimum := e.SelectAttrValue("minOccurs", "1"); !optional && minimum != "0" {
		limits = append(limits, "n="+minimum)
	}
	if _, err := strconv.Atoi(maximum); err == nil {
		limits = append(limits, "m="+maximum)
	}
	return true, limits
}

// elementType settles f's type and tag from the element's declaration.
func (c *content) elementType(f *field, decl *etree.Element, label string, opts []string, repeated, pointer bool) error {
	wrap := func(t typeRef) typeRef {
		switch {
		case repeated:
			t.prefix = "[]" + t.prefix
		case pointer:
			t.prefix = "*" + t.prefix
		}
		return t
	}
	n, named, err := refAttr(decl, "type")
	if err != nil {
		return err
	}
	if named && n == (name{xsdSpace, "anyType"}) || !named && child(decl, "complexType") == nil && child(decl, "simpleType") == nil {
		t := typeRef{prefix: "*", pkg: "etree", name: "Element"}
		if repeated {
			t.prefix = "[]*"
		}
		f.typ, f.tag = t, strings.Join(append([]string{label}, opts...), ",")
		return nil
	}
	if d, err := c.b.complexOf(decl, n, c.d.name); err != nil {
		return err
	} else if d != nil {
		f.typ = wrap(typeRef{pkg: d.pkg, name: d.name})
		f.tag = strings.Join(append([]string{label}, opts...), ",")
		return nil
	}
	var s scalar
	if st := child(decl, "simpleType"); st != nil {
		s, err = c.b.scalarOf(st)
	} else {
		s, err = c.b.scalarNamed(n)
	}
	if err != nil {
		return err
	}
	f.typ, f.tag, f.pattern = s.value(pointer && !repeated), tag(label, s, opts...), s.pattern
	if repeated {
		f.typ.prefix = "[]" + f.typ.prefix
	}
	return nil
}

// value is the Go type of one value, a pointer where it may be absent and a
// slice can't say so.
func (s scalar) value(optional bool) typeRef {
	t := s.typ
	switch {
	case s.list:
		t.prefix = "[]" + t.prefix
	case optional && t.name != "[]byte":
		t.prefix = "*" + t.prefix
	}
	return t
}

// tag joins the label, the options, and what the scalar adds.
func tag(label string, s scalar, opts ...string) string {
	parts := append([]string{label}, opts...)
	if s.xsd != "" && s.xsd != "string" && s.xsd != "boolean" && s.typ.pkg == "" {
		parts = append(parts, "t="+s.xsd)
	}
	if s.list {
		parts = append(parts, "list")
	}
	return strings.Join(append(parts, s.facets...), ",")
}

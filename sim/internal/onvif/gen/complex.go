package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/beevik/etree"
)

// content is the state of turning one complex type into a struct.
type content struct {
	b       *builder
	d       *declaration
	prefix  string // of elements declared here
	space   string
	choices int
}

// occurrence is how often a particle may stand, and in which choice.
type occurrence struct {
	optional bool   // of the group it stands in
	choice   string // tag option, "c=1" or "cs=1"
}

// structOf fills d with the content of the complex type el of the namespace space.
func (b *builder) structOf(d *declaration, el *etree.Element, space string) error {
	c := &content{b: b, d: d, space: space, prefix: prefixOf(space)}
	return c.complexType(el)
}

func (c *content) complexType(el *etree.Element) error {
	if cc := child(el, "complexContent"); cc != nil {
		return c.extension(cc)
	}
	if sc := child(el, "simpleContent"); sc != nil {
		return c.simpleContent(sc)
	}
	if el.SelectAttrValue("mixed", "") == "true" {
		c.mixed()
	}
	return c.body(el)
}

// body takes the attributes first, then the particles.
func (c *content) body(el *etree.Element) error {
	for _, e := range el.ChildElements() {
		if e.Tag == "attribute" {
			if err := c.attribute(e); err != nil {
				return err
			}
		}
	}
	for _, e := range el.ChildElements() {
		var err error
		switch e.Tag {
		case "sequence", "choice":
			err = c.group(e, occurrence{})
		case "anyAttribute":
			c.anyAttributes()
		case "attribute", "annotation":
		default:
			err = fmt.Errorf("%s is not handled", e.GetPath())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mixed keeps text between elements, and the prefixes the text needs.
func (c *content) mixed() {
	c.d.add(field{name: "Text", tag: ",mixed", typ: typeRef{name: "string"}})
	c.d.add(field{name: "Namespaces", tag: ",ns", typ: typeRef{pkg: "soap", name: "Namespaces"}})
}

// anyAttributes keeps attributes the type doesn't name; a base may have done so already.
func (c *content) anyAttributes() {
	for _, f := range c.d.fields {
		if f.tag == ",anyattr" {
			return
		}
	}
	c.d.add(field{name: "Attrs", tag: ",anyattr", typ: typeRef{prefix: "[]", pkg: "soap", name: "Attr"}})
}

// extension puts the base's fields before the extension's own.
func (c *content) extension(cc *etree.Element) error {
	ext := child(cc, "extension")
	if ext == nil {
		return fmt.Errorf("%s: only extensions are handled", cc.GetPath())
	}
	n, _, err := refAttr(ext, "base")
	if err != nil {
		return err
	}
	if n == (name{xsdSpace, "anyType"}) {
		if err := c.body(ext); err != nil {
			return err
		}
		c.mixed()
		c.d.add(field{name: "Any", tag: ",any=any", typ: typeRef{prefix: "[]*", pkg: "etree", name: "Element"}})
		c.anyAttributes()
		return nil
	}
	base, ok := c.b.all.types[n]
	if !ok {
		return fmt.Errorf("%s: no type %s", cc.GetPath(), n.local)
	}
	inner := &content{b: c.b, d: c.d, space: base.space, prefix: prefixOf(base.space), choices: c.choices}
	if err := inner.complexType(base.el); err != nil {
		return err
	}
	c.choices = inner.choices
	return c.body(ext)
}

func (c *content) simpleContent(sc *etree.Element) error {
	ext := child(sc, "extension")
	n, _, err := refAttr(ext, "base")
	if err != nil {
		return err
	}
	if base, ok := c.b.all.types[n]; ok && base.el.Tag == "complexType" {
		if err := c.complexType(base.el); err != nil {
			return err
		}
		return c.body(ext)
	}
	s, err := c.b.scalarNamed(n)
	if err != nil {
		return err
	}
	c.d.add(field{name: "Value", tag: tag("", s, "text"), pattern: s.pattern, typ: s.value(false)})
	return c.body(ext)
}

// group takes the particles of a sequence or choice.
func (c *content) group(g *etree.Element, in occurrence) error {
	in.optional = in.optional || g.SelectAttrValue("minOccurs", "1") == "0"
	if g.Tag == "choice" {
		c.choices++
		in.choice = "c=" + strconv.Itoa(c.choices)
		if g.SelectAttrValue("maxOccurs", "1") != "1" {
			in.choice = "cs=" + strconv.Itoa(c.choices)
		}
	}
	for _, e := range g.ChildElements() {
		var err error
		switch e.Tag {
		case "element":
			err = c.element(e, in)
		case "any":
			c.wildcard(e, in)
		case "sequence", "choice":
			if in.choice != "" {
				return fmt.Errorf("%s: a group in a choice is not handled", e.GetPath())
			}
			err = c.group(e, in)
		case "annotation":
		default:
			err = fmt.Errorf("%s is not handled", e.GetPath())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// wildcard keeps what stands where the schema allows anything.
func (c *content) wildcard(e *etree.Element, in occurrence) {
	t := ",any=" + strings.TrimPrefix(e.SelectAttrValue("namespace", "##any"), "##")
	if e.SelectAttrValue("minOccurs", "1") != "0" && !in.optional && in.choice == "" {
		t += ",n=1"
	}
	if m := e.SelectAttrValue("maxOccurs", "1"); m != "unbounded" && !strings.HasPrefix(in.choice, "cs=") {
		t += ",m=" + m
	}
	if strings.HasSuffix(t, "targetNamespace") || strings.Contains(t, "any=other") || strings.Contains(t, "any=targetNamespace") {
		t += ",in=" + c.prefix
	}
	if in.choice != "" {
		t += "," + in.choice
	}
	c.d.add(field{name: "Any", tag: t, typ: typeRef{prefix: "[]*", pkg: "etree", name: "Element"}})
}

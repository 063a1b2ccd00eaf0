package main

import (
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/soap"

	"github.com/beevik/etree"
)

// builder turns schemas into declarations.
type builder struct {
	all     *schemas
	enums   map[*etree.Element]*declaration
	structs map[*etree.Element]*declaration // by complexType element
	taken   map[string]map[string]bool      // names in use, by package
	out     map[string][]*declaration       // by package, in the order of the files
}

// prefixOf is the usual prefix of a namespace, which build made sure it has.
func prefixOf(space string) string {
	p, _ := soap.PrefixOf(space)
	return p
}

// prefixed makes sure that every namespace has a usual prefix: tags use them.
func (all *schemas) prefixed() error {
	for _, c := range all.order {
		if _, ok := soap.PrefixOf(c.space); !ok {
			return fmt.Errorf("sim/internal/soap knows no prefix for the namespace %q", c.space)
		}
	}
	return nil
}

// build makes every declaration of every package.
func build(all *schemas) (*builder, error) {
	b := &builder{
		all: all, enums: map[*etree.Element]*declaration{}, structs: map[*etree.Element]*declaration{},
		taken: map[string]map[string]bool{}, out: map[string][]*declaration{},
	}
	if err := all.prefixed(); err != nil {
		return nil, err
	}
	if err := b.declareTypes(); err != nil {
		return nil, err
	}
	b.declareElements()
	for _, c := range all.order {
		if err := b.fill(c); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *builder) declare(pkg, base, doc string) *declaration {
	if b.taken[pkg] == nil {
		b.taken[pkg] = map[string]bool{"Namespace": true, "Prefix": true, "Handlers": true, "Rows": true}
	}
	d := &declaration{pkg: pkg, name: unique(goName(base), b.taken[pkg], ""), doc: doc}
	b.out[pkg] = append(b.out[pkg], d)
	return d
}

// declareTypes names the top-level types: structs and enumerations.
func (b *builder) declareTypes() error {
	for _, c := range b.all.order {
		if c.pkg == "" || c.el.Tag == "element" {
			continue
		}
		n := c.el.SelectAttrValue("name", "")
		label := prefixOf(c.space) + ":" + n
		if c.el.Tag == "complexType" {
			b.structs[c.el] = b.declare(c.pkg, n, "is the "+label+" type.")
			continue
		}
		words, err := enumeration(c.el)
		if err != nil {
			return err
		}
		if len(words) > 0 {
			d := b.declare(c.pkg, n, "is a word of the "+label+" enumeration.")
			d.values = words
			b.enums[c.el] = d
		}
	}
	return nil
}

// declareElements names the types of top-level elements that have their own,
// and gives the others a second name.
func (b *builder) declareElements() {
	for _, c := range b.all.order {
		if c.pkg == "" || c.el.Tag != "element" {
			continue
		}
		n := c.el.SelectAttrValue("name", "")
		if ct := child(c.el, "complexType"); ct != nil {
			b.structs[ct] = b.declare(c.pkg, n, "is the "+prefixOf(c.space)+":"+n+" element.")
		}
	}
	for _, c := range b.all.order {
		if c.pkg == "" || c.el.Tag != "element" || c.el.SelectAttr("type") == nil {
			continue
		}
		n := c.el.SelectAttrValue("name", "")
		if b.taken[c.pkg][goName(n)] {
			continue
		}
		typ, _, err := refAttr(c.el, "type")
		if err != nil {
			continue // reported when the element is used
		}
		if def, ok := b.all.types[typ]; ok && b.structs[def.el] != nil {
			d := b.declare(c.pkg, n, "is the "+prefixOf(c.space)+":"+n+" element.")
			d.alias = &typeRef{pkg: b.structs[def.el].pkg, name: b.structs[def.el].name}
		}
	}
}

// fill gives a struct its fields.
func (b *builder) fill(c *component) error {
	if c.pkg == "" {
		return nil
	}
	el := c.el
	if el.Tag == "element" {
		if el = child(el, "complexType"); el == nil {
			return nil
		}
	}
	d := b.structs[el]
	if d == nil {
		return nil
	}
	if err := b.structOf(d, el, c.space); err != nil {
		return fmt.Errorf("%s: %w", d.name, err)
	}
	return nil
}

// complexOf is the struct of an element with a complex type, named n or its
// own (then named after the owner and the element); nil if the type is simple.
func (b *builder) complexOf(decl *etree.Element, n name, owner string) (*declaration, error) {
	if ct := child(decl, "complexType"); ct != nil {
		if d := b.structs[ct]; d != nil {
			return d, nil
		}
		c := b.componentOf(decl)
		local := decl.SelectAttrValue("name", "")
		d := b.declare(c.pkg, owner+goName(local), "is the "+prefixOf(c.space)+":"+local+" element of "+owner+".")
		b.structs[ct] = d
		return d, b.structOf(d, ct, c.space)
	}
	c, ok := b.all.types[n]
	if !ok || c.el.Tag != "complexType" {
		return nil, nil
	}
	d := b.structs[c.el]
	if d == nil {
		return nil, fmt.Errorf("the type %s is in no package", n.local)
	}
	return d, nil
}

// componentOf is the top-level part el stands in.
func (b *builder) componentOf(el *etree.Element) *component {
	for _, c := range b.all.order {
		for e := el; e != nil; e = e.Parent() {
			if e == c.el {
				return c
			}
		}
	}
	return nil
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/beevik/etree"
)

const (
	xsdSpace  = "http://www.w3.org/2001/XMLSchema"
	wsdlSpace = "http://schemas.xmlsoap.org/wsdl/"
	wsawSpace = "http://www.w3.org/2006/05/addressing/wsdl"
)

// name is an expanded XML name.
type name struct{ space, local string }

// component is one top-level part of a schema: an element, a type, an attribute.
type component struct {
	el    *etree.Element
	space string
	pkg   string
}

// schemas is every schema read, its parts found by kind and name.
type schemas struct {
	order      []*component // element, complexType and simpleType as they stand in the files
	elements   map[name]*component
	types      map[name]*component
	attributes map[name]*component
	spaces     map[string]string // package to namespace
	wsdl       []*wsdlFile
}

// wsdlFile is the part of a WSDL document beside its schemas.
type wsdlFile struct {
	document
	root  *etree.Element
	space string
}

// readSchemas reads every document.
func readSchemas(s Sources, docs []document) (*schemas, error) {
	all := &schemas{
		elements: map[name]*component{}, types: map[name]*component{},
		attributes: map[name]*component{}, spaces: map[string]string{},
	}
	for _, d := range docs {
		dir := s.WSDL
		if d.ext {
			dir = s.External
		}
		if err := all.read(filepath.Join(dir, filepath.FromSlash(d.path)), d); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (all *schemas) read(path string, d document) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(b); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	root := doc.Root()
	if is(root, xsdSpace, "schema") {
		return all.add(root, d)
	}
	if !is(root, wsdlSpace, "definitions") {
		return fmt.Errorf("%s: neither a schema nor a WSDL file", path)
	}
	all.wsdl = append(all.wsdl, &wsdlFile{document: d, root: root, space: root.SelectAttrValue("targetNamespace", "")})
	for _, types := range children(root, wsdlSpace, "types") {
		for _, schema := range children(types, xsdSpace, "schema") {
			if schema.SelectAttrValue("targetNamespace", "") == "" {
				continue // a wrapper that only imports
			}
			if err := all.add(schema, d); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	return nil
}

// add takes in the top-level parts of one schema.
func (all *schemas) add(schema *etree.Element, d document) error {
	space := schema.SelectAttrValue("targetNamespace", "")
	if d.pkg != "" {
		all.spaces[d.pkg] = space
	}
	for _, el := range schema.ChildElements() {
		c := &component{el: el, space: space, pkg: d.pkg}
		n := name{space, el.SelectAttrValue("name", "")}
		switch el.Tag {
		case "element":
			all.elements[n] = c
		case "complexType", "simpleType":
			all.types[n] = c
		case "attribute":
			all.attributes[n] = c
			continue
		case "import", "include", "annotation", "attributeGroup":
			continue
		default:
			return fmt.Errorf("top-level %s is not handled", el.FullTag())
		}
		all.order = append(all.order, c)
	}
	return nil
}

// is reports whether el has the expanded name.
func is(el *etree.Element, space, local string) bool {
	return el.Tag == local && el.NamespaceURI() == space
}

// children are el's child elements of that expanded name.
func children(el *etree.Element, space, local string) []*etree.Element {
	var found []*etree.Element
	for _, c := range el.ChildElements() {
		if is(c, space, local) {
			found = append(found, c)
		}
	}
	return found
}

// child is el's first child of the schema namespace called local, or nil.
func child(el *etree.Element, local string) *etree.Element {
	for _, c := range el.ChildElements() {
		if is(c, xsdSpace, local) {
			return c
		}
	}
	return nil
}

// qname resolves the prefixed name s with the declarations in scope at el.
func qname(el *etree.Element, s string) (name, error) {
	prefix, local, found := strings.Cut(s, ":")
	if !found {
		prefix, local = "", s
	}
	if prefix == "xml" {
		return name{"http://www.w3.org/XML/1998/namespace", local}, nil
	}
	for e := el; e != nil; e = e.Parent() {
		for _, a := range e.Attr {
			if prefix != "" && a.Space == "xmlns" && a.Key == prefix || prefix == "" && a.Space == "" && a.Key == "xmlns" {
				return name{a.Value, local}, nil
			}
		}
	}
	if prefix == "" {
		return name{"", local}, nil
	}
	return name{}, fmt.Errorf("%s: undeclared prefix %q", el.GetPath(), prefix)
}

// refAttr resolves the named attribute of el as a prefixed name; ok is false
// when el has no such attribute.
func refAttr(el *etree.Element, attr string) (n name, ok bool, err error) {
	a := el.SelectAttr(attr)
	if a == nil {
		return name{}, false, nil
	}
	n, err = qname(el, a.Value)
	return n, true, err
}

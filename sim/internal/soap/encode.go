package soap

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/beevik/etree"
)

// Encode makes the element called name of v, a struct of a generated type or a
// pointer to one. Its prefixes are the usual ones, undeclared (Render declares
// them); others are declared where they are used. Elements of wildcard fields
// are copied. A value that its type doesn't allow is a *BindError.
func (b *Binder) Encode(name QName, v any) (*etree.Element, error) {
	rv := reflect.ValueOf(v)
	for rv.Kind() == reflect.Pointer && !rv.IsNil() {
		rv = rv.Elem()
	}
	if rv.Kind() != reflect.Struct {
		return nil, fmt.Errorf("soap: Encode of %T, want a struct", v)
	}
	p, err := b.planOf(rv.Type())
	if err != nil {
		return nil, err
	}
	prefix, known := PrefixOf(name.Space)
	el := &etree.Element{Space: prefix, Tag: name.Local}
	if !known && name.Space != "" {
		(&declarer{el: el}).name(&el.Space, name.Space)
	}
	if err := encodeStruct(el, p, rv); err != nil {
		return nil, err.in(name.String())
	}
	return el, nil
}

// declarer declares on its element what names need.
type declarer struct{ el *etree.Element }

// name sets prefix to one for space, declared on the element if it is no usual one.
func (d *declarer) name(prefix *string, space string) {
	if p, ok := PrefixOf(space); ok {
		*prefix = p
		return
	}
	for i := range d.el.Attr {
		if a := &d.el.Attr[i]; a.Space == "xmlns" && a.Value == space {
			*prefix = a.Key
			return
		}
	}
	for i := 1; ; i++ {
		*prefix = fmt.Sprintf("ns%d", i)
		if d.el.SelectAttr("xmlns:"+*prefix) == nil {
			d.el.CreateAttr("xmlns:"+*prefix, space)
			return
		}
	}
}

// text is a QName value, its prefix declared on the element: nothing else
// would tell Render that the text uses it.
func (d *declarer) text(n QName) string {
	if n.Space == "" {
		return n.Local
	}
	var prefix string
	d.name(&prefix, n.Space)
	d.el.CreateAttr("xmlns:"+prefix, n.Space)
	return prefix + ":" + n.Local
}

// encodeStruct writes the fields of v into el.
func encodeStruct(el *etree.Element, p *plan, v reflect.Value) *BindError {
	if p.namespaces >= 0 {
		ns := v.Field(p.namespaces).Interface().(Namespaces)
		for _, prefix := range sorted(ns) {
			el.CreateAttr("xmlns:"+prefix, ns[prefix])
		}
	}
	for _, m := range p.attrs {
		if err := encodeAttr(el, m, v.Field(m.index)); err != nil {
			return err.in("@" + m.name.String())
		}
	}
	if p.anyAttr >= 0 {
		d := declarer{el}
		for _, a := range v.Field(p.anyAttr).Interface().([]Attr) {
			key := a.Name.Local
			if a.Name.Space != "" {
				var prefix string
				d.name(&prefix, a.Name.Space)
				key = prefix + ":" + key
			}
			el.CreateAttr(key, a.Value)
		}
	}
	if p.text != nil {
		if err := encodeText(el, p.text, v.Field(p.text.index)); err != nil {
			return err
		}
	}
	return encodeParts(el, p, v)
}

func sorted(ns Namespaces) []string {
	prefixes := make([]string, 0, len(ns))
	for p := range ns {
		prefixes = append(prefixes, p)
	}
	slices.Sort(prefixes)
	return prefixes
}

func encodeAttr(el *etree.Element, m *member, f reflect.Value) *BindError {
	f, ok := present(m, f)
	if !ok {
		return nil
	}
	s, err := m.scalar.format(f, &declarer{el})
	if err != nil {
		return valueError(err)
	}
	key := m.name.Local
	if m.prefix != "" {
		key = m.prefix + ":" + key
	}
	el.CreateAttr(key, s)
	return nil
}

// present looks through m's pointer; ok is false where an optional value is absent.
func present(m *member, f reflect.Value) (_ reflect.Value, ok bool) {
	if m.pointer {
		return f.Elem(), !f.IsNil()
	}
	return f, !m.optional || f.Kind() != reflect.Slice || !f.IsNil()
}

func encodeText(el *etree.Element, m *member, f reflect.Value) *BindError {
	s, err := m.scalar.format(f, &declarer{el})
	if err != nil {
		return valueError(err)
	}
	if s != "" {
		el.CreateText(s)
	}
	return nil
}

// encodeParts writes elements and wildcards in the schema's order.
func encodeParts(el *etree.Element, p *plan, v reflect.Value) *BindError {
	var chosen [maxChoices + 1]bool
	for _, m := range p.parts {
		n, err := encodePart(el, m, v.Field(m.index))
		if err != nil {
			return err
		}
		if m.choice > 0 && !m.many && n > 0 {
			if chosen[m.choice] {
				return &BindError{Path: m.name.String(), Kind: SurplusElement, Err: errors.New("only one of the alternatives may stand")}
			}
			chosen[m.choice] = true
		}
	}
	for c := 1; c <= p.choices; c++ {
		w := walk{plan: p}
		if !chosen[c] && w.required(c) {
			return &BindError{Path: w.alternatives(c), Kind: MissingElement}
		}
	}
	return nil
}

// encodePart writes one part, and says how many elements that made.
func encodePart(el *etree.Element, m *member, f reflect.Value) (n int, _ *BindError) {
	if m.wildcard == "" && !m.repeated {
		return encodeElement(el, m, f)
	}
	n = f.Len()
	if n < m.min && m.choice == 0 {
		return 0, &BindError{Path: m.step(), Kind: MissingElement}
	}
	if m.max >= 0 && n > m.max && !m.many {
		return 0, &BindError{Path: m.step(), Kind: SurplusElement}
	}
	for i := range n {
		item := f.Index(i)
		if m.wildcard != "" {
			if item.IsNil() {
				return 0, &BindError{Path: "*", Kind: MissingElement}
			}
			el.AddChild(Standalone(item.Interface().(*etree.Element)))
			continue
		}
		if _, err := encodeElement(el, m.item, item); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// encodeElement writes one element, none where an optional one is absent.
func encodeElement(el *etree.Element, m *member, f reflect.Value) (n int, _ *BindError) {
	if m.tree {
		t := f.Interface().(*etree.Element)
		if t == nil {
			return 0, absent(m)
		}
		c := Standalone(t)
		c.Space, c.Tag = m.prefix, m.name.Local
		el.AddChild(c)
		return 1, nil
	}
	value, ok := present(m, f)
	if !ok && !(m.nillable && !m.optional) {
		return 0, absent(m)
	}
	child := &etree.Element{Space: m.prefix, Tag: m.name.Local}
	el.AddChild(child)
	if !ok {
		child.CreateAttr("xsi:nil", "true")
		return 1, nil
	}
	if m.plan != nil {
		if err := encodeStruct(child, m.plan, value); err != nil {
			return 0, err.in(m.name.String())
		}
		return 1, nil
	}
	if err := encodeText(child, m, value); err != nil {
		return 0, err.in(m.name.String())
	}
	return 1, nil
}

// absent is the error of a missing element, nil if it may be missing.
func absent(m *member) *BindError {
	if m.optional {
		return nil
	}
	return &BindError{Path: m.step(), Kind: MissingElement}
}

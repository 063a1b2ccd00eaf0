package soap

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/beevik/etree"
)

// Decode reads el into the struct that into points to, which should be zero.
// El's own name isn't looked at. What doesn't fit the type's tags is a
// *BindError; into is then half filled and of no use.
func (b *Binder) Decode(el *etree.Element, into any) error {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("soap: Decode into %T, want a pointer to a struct", into)
	}
	p, err := b.planOf(v.Type().Elem())
	if err != nil {
		return err
	}
	d := decoder{scope: newScope(el)}
	mark := d.scope.enter(el)
	name := d.scope.name(el)
	d.scope.leave(mark)
	if err := d.structure(el, p, v.Elem()); err != nil {
		return err.in(name.String())
	}
	return nil
}

// decoder is one Decode.
type decoder struct{ scope *scope }

// structure reads el into the struct v.
func (d *decoder) structure(el *etree.Element, p *plan, v reflect.Value) *BindError {
	mark := d.scope.enter(el)
	defer d.scope.leave(mark)
	if _, err := d.attributes(el, p, v); err != nil {
		return err
	}
	if p.text != nil && !p.mixed {
		text, err := textOf(el)
		if err != nil {
			return err
		}
		return d.set(p.text, v.Field(p.text.index), text)
	}
	w := walk{decoder: d, plan: p, v: v, el: el}
	if len(p.parts) > len(w.few) {
		w.counts = make([]int, len(p.parts))
	} else {
		w.counts = w.few[:len(p.parts)]
	}
	if err := w.children(); err != nil {
		return err
	}
	return w.complete()
}

// attributes reads el's attributes; p is nil for elements of simple type.
func (d *decoder) attributes(el *etree.Element, p *plan, v reflect.Value) (isNil bool, _ *BindError) {
	var seen uint64
next:
	for i := range el.Attr {
		a := &el.Attr[i]
		if isDeclaration(a) {
			continue
		}
		name := d.scope.attr(a)
		if name.Space == SpaceInstance {
			null, err := d.instance(name.Local, a.Value, p)
			if err != nil {
				return false, err.in("@" + name.String())
			}
			isNil = isNil || null
			continue
		}
		if p == nil {
			return false, &BindError{Path: "@" + name.String(), Kind: UnknownAttribute}
		}
		for j, m := range p.attrs {
			if m.name == name {
				seen |= 1 << j
				if err := d.set(m, v.Field(m.index), a.Value); err != nil {
					return false, err.in("@" + name.String())
				}
				continue next
			}
		}
		if p.anyAttr < 0 {
			return false, &BindError{Path: "@" + name.String(), Kind: UnknownAttribute}
		}
		f := v.Field(p.anyAttr)
		f.Set(reflect.Append(f, reflect.ValueOf(Attr{name, a.Value})))
	}
	if p != nil {
		for j, m := range p.attrs {
			if !m.optional && seen&(1<<j) == 0 {
				return false, &BindError{Path: "@" + m.name.String(), Kind: MissingAttribute}
			}
		}
	}
	return isNil, nil
}

// instance handles the attributes of XML Schema instances. A type must be the
// declared one: ONVIF's requests have no place where another may stand.
func (d *decoder) instance(local, value string, p *plan) (isNil bool, _ *BindError) {
	switch local {
	case "nil":
		switch trim(value) {
		case "true", "1":
			return true, nil
		case "false", "0":
			return false, nil
		}
		return false, valueError(&lexicalError{"boolean", value})
	case "type":
		n, ok := d.scope.qname(trim(value))
		if !ok {
			return false, valueError(&lexicalError{"QName", value})
		}
		if p != nil && n.Local != p.local {
			return false, &BindError{Kind: InvalidValue, Err: fmt.Errorf("%v stands where %s is declared", n, p.local)}
		}
	}
	return false, nil // schemaLocation says nothing about the content
}

// set reads text into the field f of m, through its pointer.
func (d *decoder) set(m *member, f reflect.Value, text string) *BindError {
	if m.pointer {
		f.Set(reflect.New(f.Type().Elem()))
		f = f.Elem()
	}
	if err := m.scalar.parse(f, text, d.scope); err != nil {
		return valueError(err)
	}
	return nil
}

// element reads el into f, which has m's type without slice.
func (d *decoder) element(el *etree.Element, m *member, f reflect.Value) *BindError {
	if m.tree {
		f.Set(reflect.ValueOf(standalone(el, d.scope)))
		return nil
	}
	if m.plan != nil {
		if m.pointer {
			f.Set(reflect.New(f.Type().Elem()))
			f = f.Elem()
		}
		return d.structure(el, m.plan, f)
	}
	mark := d.scope.enter(el)
	defer d.scope.leave(mark)
	isNil, err := d.attributes(el, nil, reflect.Value{})
	if err != nil {
		return err
	}
	text, err := textOf(el)
	if err != nil {
		return err
	}
	if isNil {
		if !m.nillable || text != "" {
			return &BindError{Kind: InvalidValue, Err: errors.New("xsi:nil where a value must stand")}
		}
		return nil
	}
	return d.set(m, f, text)
}

// textOf is the text of an element that has no elements.
func textOf(el *etree.Element) (string, *BindError) {
	var text string
	for _, t := range el.Child {
		switch t := t.(type) {
		case *etree.CharData:
			if text == "" {
				text = t.Data
			} else {
				text = strings.Join([]string{text, t.Data}, "")
			}
		case *etree.Element:
			return "", &BindError{Path: t.FullTag(), Kind: WrongType, Err: errors.New("an element where only text may stand")}
		}
	}
	return text, nil
}

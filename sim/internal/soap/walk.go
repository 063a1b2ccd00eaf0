package soap

import (
	"errors"
	"reflect"

	"github.com/beevik/etree"
)

// walk matches the children of one element with the parts of its type.
type walk struct {
	*decoder
	plan   *plan
	v      reflect.Value
	el     *etree.Element
	at     int                     // part that matched last
	counts []int                   // how often each part matched
	few    [24]int                 // room for counts
	chosen [maxChoices + 1]*member // of each c= group
}

// children matches every child in turn.
func (w *walk) children() *BindError {
	for _, t := range w.el.Child {
		switch t := t.(type) {
		case *etree.CharData:
			if err := w.text(t.Data); err != nil {
				return err
			}
		case *etree.Element:
			mark := w.scope.enter(t)
			name := w.scope.name(t)
			w.scope.leave(mark)
			if err := w.child(t, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// text takes character data between elements.
func (w *walk) text(s string) *BindError {
	if !w.plan.mixed {
		if trim(s) != "" {
			return &BindError{Kind: WrongType, Err: errors.New("text where only elements may stand")}
		}
		return nil
	}
	f := w.v.Field(w.plan.text.index)
	f.SetString(f.String() + s)
	if w.plan.namespaces >= 0 {
		ns := w.v.Field(w.plan.namespaces)
		prefixesIn(s, func(prefix string) {
			if space, ok := w.scope.space(prefix); ok && space != "" {
				if ns.IsNil() {
					ns.Set(reflect.MakeMap(ns.Type()))
				}
				ns.SetMapIndex(reflect.ValueOf(prefix), reflect.ValueOf(space))
			}
		})
	}
	return nil
}

// child finds the part t belongs to and reads it.
func (w *walk) child(t *etree.Element, name QName) *BindError {
	i, err := w.find(name)
	if err != nil {
		return err.in(name.String())
	}
	m := w.plan.parts[i]
	if err := w.passed(i); err != nil {
		return err
	}
	if m.choice > 0 && !m.many {
		if c := w.chosen[m.choice]; c != nil && c != m {
			return &BindError{Path: name.String(), Kind: SurplusElement, Err: errors.New("only one of the alternatives may stand")}
		}
		w.chosen[m.choice] = m
	}
	w.at = i
	w.counts[i]++
	if err := w.read(t, m); err != nil {
		return err.in(name.String())
	}
	return nil
}

// read puts t into m's field.
func (w *walk) read(t *etree.Element, m *member) *BindError {
	f := w.v.Field(m.index)
	if m.wildcard != "" {
		f.Set(reflect.Append(f, reflect.ValueOf(standalone(t, w.scope))))
		return nil
	}
	if !m.repeated {
		return w.element(t, m, f)
	}
	n := f.Len()
	f.Grow(1)
	f.SetLen(n + 1)
	return w.element(t, m, f.Index(n))
}

// find is the part an element called name may be at this place: a named part
// comes before a wildcard, and a name the type knows is never taken by one.
func (w *walk) find(name QName) (int, *BindError) {
	parts := w.plan.parts
	from := w.at
	for from > 0 && from < len(parts) && parts[from].many && parts[from-1].many && parts[from-1].choice == parts[from].choice {
		from--
	}
	known := -1
	for i, m := range parts {
		if m.wildcard == "" && m.name == name {
			known = i
			if i >= from && w.room(i) {
				return i, nil
			}
		}
	}
	switch {
	case known >= 0 && (known >= from || w.counts[known] > 0):
		return 0, &BindError{Kind: SurplusElement}
	case known >= 0:
		return 0, &BindError{Kind: WrongOrder}
	}
	for i := from; i < len(parts); i++ {
		if m := parts[i]; m.wildcard != "" && m.admits(name.Space) && w.room(i) {
			return i, nil
		}
	}
	return 0, &BindError{Kind: UnknownElement}
}

// room reports whether part i may match once more.
func (w *walk) room(i int) bool {
	m := w.plan.parts[i]
	return m.max < 0 || m.many || w.counts[i] < m.max
}

// admits reports whether a wildcard takes elements of the namespace.
func (m *member) admits(space string) bool {
	switch m.wildcard {
	case "other":
		return space != m.within && space != ""
	case "targetNamespace":
		return space == m.within
	}
	return true
}

// step names m in a path.
func (m *member) step() string {
	if m.wildcard != "" {
		return "*"
	}
	return m.name.String()
}

// passed checks that no required part before i was left out.
func (w *walk) passed(i int) *BindError {
	for k := w.at; k < i; k++ {
		if err := w.enough(k); err != nil {
			return err
		}
	}
	return nil
}

// enough checks that part k stood as often as it must.
func (w *walk) enough(k int) *BindError {
	m := w.plan.parts[k]
	if m.choice > 0 || w.counts[k] >= m.min {
		return nil
	}
	name := m.step()
	for _, t := range w.el.ChildElements() {
		mark := w.scope.enter(t)
		n := w.scope.name(t)
		w.scope.leave(mark)
		if n == m.name {
			return &BindError{Path: name, Kind: WrongOrder}
		}
	}
	return &BindError{Path: name, Kind: MissingElement}
}

// complete checks what must stand after the last child.
func (w *walk) complete() *BindError {
	for k := w.at; k < len(w.plan.parts); k++ {
		if err := w.enough(k); err != nil {
			return err
		}
	}
	for c := 1; c <= w.plan.choices; c++ {
		if w.chosen[c] == nil && w.required(c) {
			return &BindError{Path: w.alternatives(c), Kind: MissingElement}
		}
	}
	return nil
}

// required reports whether one of group c must stand.
func (w *walk) required(c int) bool {
	for _, m := range w.plan.parts {
		if m.choice == c {
			return !m.many
		}
	}
	return false
}

// alternatives names the members of group c: "a|b".
func (w *walk) alternatives(c int) string {
	var s string
	for _, m := range w.plan.parts {
		if m.choice == c {
			if s != "" {
				s += "|"
			}
			s += m.name.String()
		}
	}
	return s
}

package soap

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/beevik/etree"
)

// Binder reads and writes elements as the generated types say: each struct
// field's tag names its element or attribute, how often it may stand, and what
// values it takes. It works out each type once and keeps that; it is safe for
// concurrent use.
//
// Tags are `soap:"prefix:Local,option…"`. Options: attr, opt, nil (nillable),
// n= and m= (least and most elements of a slice; without m= any number), c=
// (one of the fields with that number stands), cs= (any of them in any order),
// t= (lexical type), list (items between spaces), min= and max= (length),
// ge= and le=. Instead of a name: ",any=" (elements of other names), ",anyattr",
// ",text", ",mixed", ",ns".
type Binder struct {
	mu    sync.RWMutex
	plans map[reflect.Type]*plan
}

// NewBinder returns a Binder that has seen no type yet.
func NewBinder() *Binder { return &Binder{plans: map[reflect.Type]*plan{}} }

// plan is how one struct type is read and written.
type plan struct {
	typ   reflect.Type
	local string // of the schema type, for xsi:type
	attrs []*member
	parts []*member // elements and wildcards in the schema's order
	text  *member   // ",text" or ",mixed"
	mixed bool
	// fields of their kind, -1: none
	namespaces, anyAttr int
	choices             int // highest number of a c= group
}

// What a plan may have at most; no generated type comes near.
const (
	maxChoices    = 7
	maxAttributes = 64
)

// member is one field of a struct.
type member struct {
	name     QName
	prefix   string
	index    int
	optional bool
	nillable bool
	repeated bool // a slice of elements
	pointer  bool // behind a pointer
	list     bool
	min, max int     // elements; max -1: any number
	wildcard string  // any, other, targetNamespace; empty: a named element
	within   string  // namespace that other and targetNamespace refer to
	choice   int     // c= group, 0: none
	many     bool    // cs= instead of c=
	tree     bool    // *etree.Element
	scalar   *codec  // nil for structs and trees
	plan     *plan   // of a struct
	item     *member // of a repeated one: the same, standing once
}

// planOf returns the plan of the struct type t, made on first use.
func (b *Binder) planOf(t reflect.Type) (*plan, error) {
	b.mu.RLock()
	p := b.plans[t]
	b.mu.RUnlock()
	if p != nil {
		return p, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	m := &planner{done: b.plans, made: map[reflect.Type]*plan{}}
	p, err := m.plan(t)
	if err != nil {
		return nil, err
	}
	for t, p := range m.made {
		b.plans[t] = p
	}
	return p, nil
}

// planner makes a plan and those it needs, before any of them is seen by others.
type planner struct{ done, made map[reflect.Type]*plan }

func (m *planner) plan(t reflect.Type) (*plan, error) {
	if p := m.done[t]; p != nil {
		return p, nil
	}
	if p := m.made[t]; p != nil {
		return p, nil
	}
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("soap: %v is no struct", t)
	}
	p := &plan{typ: t, local: t.Name(), namespaces: -1, anyAttr: -1}
	m.made[t] = p
	for i := range t.NumField() {
		f := t.Field(i)
		tag, ok := f.Tag.Lookup("soap")
		if !ok {
			return nil, fmt.Errorf("soap: %v.%s has no soap tag", t, f.Name)
		}
		if err := m.field(p, f, i, strings.Split(tag, ",")); err != nil {
			return nil, fmt.Errorf("soap: %v.%s: %w", t, f.Name, err)
		}
	}
	return p, nil
}

// field adds one field to p.
func (m *planner) field(p *plan, f reflect.StructField, index int, tag []string) error {
	mb := &member{index: index, min: 1, max: 1}
	if prefix, local, found := strings.Cut(tag[0], ":"); found {
		space, ok := SpaceOf(prefix)
		if !ok {
			return fmt.Errorf("unknown prefix %q", prefix)
		}
		mb.prefix, mb.name = prefix, QName{space, local}
	} else {
		mb.name.Local = tag[0]
	}
	facets := codec{minLen: -1, maxLen: -1}
	attr, kind := false, ""
	for _, o := range tag[1:] {
		key, value, _ := strings.Cut(o, "=")
		if err := facets.option(key, value); err != nil {
			return err
		}
		switch key {
		case "attr":
			attr = true
		case "text", "mixed", "ns", "anyattr":
			kind = key
		case "any":
			mb.wildcard = value
			mb.min, mb.max = 0, -1
		}
		if err := mb.option(key, value); err != nil {
			return err
		}
	}
	if pattern, ok := f.Tag.Lookup("pattern"); ok {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return err
		}
		facets.pattern = re
	}
	switch kind {
	case "ns":
		p.namespaces = index
		return nil
	case "anyattr":
		p.anyAttr = index
		return nil
	}
	if mb.wildcard == "" {
		if err := m.settle(mb, f.Type, &facets, attr || kind != ""); err != nil {
			return err
		}
	}
	if mb.repeated {
		item := *mb
		item.optional, item.repeated, item.min = false, false, 1
		mb.item = &item
	}
	p.choices = max(p.choices, mb.choice)
	if p.choices > maxChoices || len(p.attrs) >= maxAttributes {
		return fmt.Errorf("more than %d alternatives or %d attributes", maxChoices, maxAttributes)
	}
	switch {
	case kind != "":
		p.text, p.mixed = mb, kind == "mixed"
	case attr:
		p.attrs = append(p.attrs, mb)
	default:
		p.parts = append(p.parts, mb)
	}
	return nil
}

// option takes the options that say how often and where a field stands.
func (mb *member) option(key, value string) (err error) {
	switch key {
	case "opt":
		mb.optional, mb.min = true, 0
	case "nil":
		mb.nillable = true
	case "list":
		mb.list = true
	case "n":
		mb.min, err = strconv.Atoi(value)
	case "m":
		mb.max, err = strconv.Atoi(value)
	case "c", "cs":
		mb.choice, err = strconv.Atoi(value)
		mb.many = key == "cs"
	case "in":
		space, ok := SpaceOf(value)
		if !ok {
			err = fmt.Errorf("unknown prefix %q", value)
		}
		mb.within = space
	}
	return err
}

// settle works out a field's type: slice, pointer, tree, struct or scalar.
func (m *planner) settle(mb *member, t reflect.Type, facets *codec, single bool) (err error) {
	if t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 && !single && !(mb.list && t.Elem().Kind() != reflect.Slice) {
		mb.repeated = true
		if mb.max == 1 {
			mb.max = -1 // no m=: any number (m=1 isn't generated)
		}
		t = t.Elem()
	}
	if t == reflect.TypeFor[*etree.Element]() {
		mb.tree = true
		return nil
	}
	if t.Kind() == reflect.Pointer {
		mb.pointer = true
		t = t.Elem()
	}
	if c, ok := facets.forType(t, mb.list); ok {
		mb.scalar = c
		return nil
	}
	mb.plan, err = m.plan(t)
	return err
}

package op

import "github.com/camfleet/camfleet/sim/internal/soap"

// Entry joins an operation's row with the function that carries it out for
// callers of type C.
type Entry[C any] struct {
	Row               *Row
	Request, Response soap.QName
	// New makes an empty typed request; nil where Call is nil.
	New func() any
	// Call carries the operation out; nil: it is not simulated.
	Call func(c C, request any) (any, error)
}

// Bind makes the entry of a typed handler. A nil handler is an operation that
// is not simulated.
func Bind[C, Req, Resp any](row *Row, request, response soap.QName, f func(C, *Req) (*Resp, error)) Entry[C] {
	e := Entry[C]{Row: row, Request: request, Response: response}
	if f == nil {
		return e
	}
	e.New = func() any { return new(Req) }
	e.Call = func(c C, req any) (any, error) {
		resp, err := f(c, req.(*Req))
		if err != nil {
			return nil, err
		}
		return resp, nil
	}
	return e
}

// Table finds an operation by the qualified name of the Body's child. It is
// never changed, so that callers share it.
type Table[C any] struct {
	byName map[soap.QName]*Entry[C]
	byID   map[string]*Entry[C]
	spaces map[string]bool
	all    []*Entry[C]
	parts  []*Table[C] // of a table that Join made, which has nothing else
}

// NewTable returns the table of all entries of all services.
func NewTable[C any](services ...[]Entry[C]) *Table[C] {
	t := &Table[C]{byName: map[soap.QName]*Entry[C]{}, byID: map[string]*Entry[C]{}, spaces: map[string]bool{}}
	for _, entries := range services {
		for i := range entries {
			e := &entries[i]
			t.byName[e.Request] = e
			t.byID[e.Row.ID()] = e
			t.spaces[e.Request.Space] = true
			t.all = append(t.all, e)
		}
	}
	return t
}

// Join returns a table that looks into all of the tables, in their order: next
// to no memory where many callers share most of them.
func Join[C any](tables ...*Table[C]) *Table[C] { return &Table[C]{parts: tables} }

// Find returns the entry of the request element called name.
func (t *Table[C]) Find(name soap.QName) (*Entry[C], bool) {
	for _, part := range t.parts {
		if e, ok := part.Find(name); ok {
			return e, true
		}
	}
	e, ok := t.byName[name]
	return e, ok
}

// ByID returns the entry of the operation with the ID, "tds:GetServices".
func (t *Table[C]) ByID(id string) (*Entry[C], bool) {
	for _, part := range t.parts {
		if e, ok := part.ByID(id); ok {
			return e, true
		}
	}
	e, ok := t.byID[id]
	return e, ok
}

// Knows reports whether any operation has its request in the namespace space.
func (t *Table[C]) Knows(space string) bool {
	for _, part := range t.parts {
		if part.Knows(space) {
			return true
		}
	}
	return t.spaces[space]
}

// All returns the entries in the order they were given.
func (t *Table[C]) All() []*Entry[C] {
	all := t.all
	for _, part := range t.parts {
		all = append(all, part.All()...)
	}
	return all
}

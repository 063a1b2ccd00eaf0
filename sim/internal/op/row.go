// Package op holds what is true of every operation (its row) and the one
// pipeline every SOAP request walks.
package op

import (
	"strings"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

// Row is what the standard says of one operation. Rows are generated from the
// WSDL files and the operation table, and never changed.
type Row struct {
	Service     string     // "device", "media2", …
	Namespace   string     // of the request element
	Prefix      string     // usual prefix of the namespace: "tds"
	Name        string     // "GetServices"
	Action      string     // SOAP action of the request
	ReplyAction string     // SOAP action of the answer
	Class       auth.Class // access class, Core 5.9.4
	Faults      []FaultRow // beside the generic ones, Core 5.8.2
	Section     string     // where it is specified: "Core 25.06 8.3.1"
	Deprecated  bool
	Capability  []string // any of these makes the operation mandatory
}

// FaultRow is one fault an operation may answer, as prefixed names
// ("env:Sender", "ter:InvalidArgVal", "ter:KeyID"); Subsubcode may be empty.
type FaultRow struct{ Code, Subcode, Subsubcode string }

// ID is the operation's name with its service's prefix, "tds:GetServices".
func (r *Row) ID() string { return r.Prefix + ":" + r.Name }

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

// Table finds an operation by the qualified name of the Body's child.
type Table[C any] struct {
	byName map[soap.QName]*Entry[C]
	spaces map[string]bool
	all    []*Entry[C]
}

// NewTable returns the table of all entries of all services.
func NewTable[C any](services ...[]Entry[C]) *Table[C] {
	t := &Table[C]{byName: map[soap.QName]*Entry[C]{}, spaces: map[string]bool{}}
	for _, entries := range services {
		for i := range entries {
			e := &entries[i]
			t.byName[e.Request] = e
			t.spaces[e.Request.Space] = true
			t.all = append(t.all, e)
		}
	}
	return t
}

// Find returns the entry of the request element called name.
func (t *Table[C]) Find(name soap.QName) (*Entry[C], bool) {
	e, ok := t.byName[name]
	return e, ok
}

// Knows reports whether any operation has its request in the namespace space.
func (t *Table[C]) Knows(space string) bool { return t.spaces[space] }

// All returns the entries in the order they were given.
func (t *Table[C]) All() []*Entry[C] { return t.all }

// Lists reports whether f is one of the operation's own faults.
func (r *Row) Lists(f *soap.Fault) bool {
	path := f.Path()
	for _, own := range r.Faults {
		if path == own.Path() {
			return true
		}
	}
	return false
}

// Path is the fault as one text, "env:Sender/ter:InvalidArgVal/ter:KeyID".
func (f FaultRow) Path() string {
	return strings.Join(nonEmpty(f.Code, f.Subcode, f.Subsubcode), "/")
}

func nonEmpty(parts ...string) []string {
	out := parts[:0]
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

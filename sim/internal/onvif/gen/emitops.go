package main

import (
	"fmt"
	"strings"
)

// operations writes the rows and the handler table of one package.
func (b *builder) operations(pkg string, ops []*operation) ([]byte, error) {
	f := newFile(pkg)
	f.rows(ops)
	f.p("// Handlers are the operations of the service, one function each; nil means\n// the operation is not simulated.\n")
	f.p("type Handlers[C any] struct {\n")
	refs := make([][2]string, len(ops))
	for i, o := range ops {
		if o.response.local == "" {
			continue // one-way, from the device
		}
		for j, n := range []name{o.request, o.response} {
			t, err := b.messageType(n)
			if err != nil {
				return nil, err
			}
			refs[i][j] = f.ref(t)
		}
		f.p("\t// %s: %s.\n", o.Name, strings.Join(facts(o), ", "))
		f.p("\t%s func(C, *%s) (*%s, error)\n", o.Name, refs[i][0], refs[i][1])
	}
	f.p("}\n\n// Entries joins every operation's row with its handler, in the table's order.\n")
	f.p("func (h Handlers[C]) Entries() []%sEntry[C] {\n\treturn []%sEntry[C]{\n", f.use("op"), f.use("op"))
	for i, o := range ops {
		if o.response.local == "" {
			f.p("\t\t{Row: &rows[%d], Request: %s},\n", i, f.qname(o.request))
			continue
		}
		f.p("\t\top.Bind(&rows[%d], %s, %s, h.%s),\n", i, f.qname(o.request), f.qname(o.response), o.Name)
	}
	f.p("\t}\n}\n")
	return f.source("")
}

// facts are what a reader wants to know of an operation first.
func facts(o *operation) []string {
	var out []string
	if s := o.section(); s != "" {
		out = append(out, s)
	}
	if o.Class != nil {
		out = append(out, *o.Class)
	}
	if o.Deprecated {
		out = append(out, "deprecated")
	}
	return out
}

func (f *file) qname(n name) string {
	return fmt.Sprintf("%sQName{Space: %q, Local: %q}", f.use("soap"), n.space, n.local)
}

// rows writes the table of operations.
func (f *file) rows(ops []*operation) {
	f.p("// rows is never changed.\nvar rows = [...]%sRow{\n", f.use("op"))
	for _, o := range ops {
		f.p("\t{\n\t\tService: %q, Namespace: %q, Prefix: %q, Name: %q,\n", o.Service, o.Namespace, o.Prefix, o.Name)
		f.p("\t\tAction: %q,\n\t\tReplyAction: %q,\n", o.Action, o.replyAction)
		if o.Class != nil {
			f.p("\t\tClass: %s%s,\n", f.use("auth"), className(*o.Class))
		}
		f.p("\t\tSection: %q,", o.section())
		if o.Deprecated {
			f.p(" Deprecated: true,")
		}
		f.p("\n")
		if len(o.Capability) > 0 {
			f.p("\t\tCapability: %#v,\n", o.Capability)
		}
		if len(o.Faults) > 0 {
			f.p("\t\tFaults: []op.FaultRow{\n")
			for _, fault := range o.Faults {
				f.p("\t\t\t{Code: %q, Subcode: %q, Subsubcode: %q},\n", fault.Code, fault.Subcode, fault.Subsubcode)
			}
			f.p("\t\t},\n")
		}
		f.p("\t},\n")
	}
	f.p("}\n\n// Rows are the operations of the service in the table's order; they are shared\n// and must not be changed.\n")
	f.p("func Rows() []*op.Row {\n\tout := make([]*op.Row, len(rows))\n\tfor i := range rows {\n\t\tout[i] = &rows[i]\n\t}\n\treturn out\n}\n\n")
}

// className is the Go name of an access class.
func className(class string) string {
	var out strings.Builder
	for word := range strings.SplitSeq(class, "_") {
		out.WriteString(word[:1] + strings.ToLower(word[1:]))
	}
	return out.String()
}

// messageType is the Go type of a message's element.
func (b *builder) messageType(n name) (typeRef, error) {
	c := b.all.elements[n]
	if c == nil {
		return typeRef{}, fmt.Errorf("no element {%s}%s", n.space, n.local)
	}
	for _, d := range b.out[c.pkg] {
		if d.name == goName(n.local) {
			return typeRef{pkg: d.pkg, name: d.name}, nil
		}
	}
	return typeRef{}, fmt.Errorf("no type for the element {%s}%s", n.space, n.local)
}

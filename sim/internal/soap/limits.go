package soap

import (
	"cmp"
	"fmt"
)

// Limits bound what Parse takes in. A zero field means its default.
type Limits struct {
	Bytes      int // of the body; default 1 MiB
	Depth      int // elements in one another; default 64
	Elements   int // in all; default 20,000
	Attributes int // of one element, declarations among them; default 128
	Namespaces int // declarations in all; default 512
	Name       int // bytes of an element's, attribute's or prefix's name; default 256
	Text       int // bytes of an attribute's value or an element's run of text; default 1 MiB
}

// DefaultLimits are the defaults.
func DefaultLimits() Limits {
	return Limits{Bytes: 1 << 20, Depth: 64, Elements: 20_000, Attributes: 128, Namespaces: 512, Name: 256, Text: 1 << 20}
}

// filled puts the defaults where l says nothing.
func (l Limits) filled() Limits {
	d := DefaultLimits()
	return Limits{
		Bytes: cmp.Or(l.Bytes, d.Bytes), Depth: cmp.Or(l.Depth, d.Depth), Elements: cmp.Or(l.Elements, d.Elements),
		Attributes: cmp.Or(l.Attributes, d.Attributes), Namespaces: cmp.Or(l.Namespaces, d.Namespaces),
		Name: cmp.Or(l.Name, d.Name), Text: cmp.Or(l.Text, d.Text),
	}
}

// exceeded is the fault of a message beyond a limit.
func exceeded(what string, limit int) *Fault {
	return OutOfMemory().WithText(fmt.Sprintf("the message has more than %d %s", limit, what))
}

package soap

import (
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// Code is the SOAP code of a fault.
type Code string

// The codes of SOAP 1.2, without their prefix.
const (
	Sender              Code = "Sender"
	Receiver            Code = "Receiver"
	VersionMismatch     Code = "VersionMismatch"
	MustUnderstand      Code = "MustUnderstand"
	DataEncodingUnknown Code = "DataEncodingUnknown"
)

// Fault is a SOAP fault. It is an error; errors.Is compares code and subcodes.
type Fault struct {
	Code     Code
	Subcodes []QName // outermost first, none to two
	Reason   string  // English
	Detail   *etree.Element
	// NotUnderstood are the header blocks of a MustUnderstand fault.
	NotUnderstood []QName
}

// Error is the fault as prefixed names and its reason:
// "env:Sender/ter:InvalidArgVal/ter:KeyID: no such key".
func (f *Fault) Error() string { return f.Path() + ": " + f.Reason }

// Path is the fault as prefixed names: "env:Sender/ter:InvalidArgVal/ter:KeyID".
func (f *Fault) Path() string {
	var b strings.Builder
	b.WriteString("env:" + string(f.Code))
	for _, s := range f.Subcodes {
		b.WriteString("/" + s.String())
	}
	return b.String()
}

// Is reports whether target is a fault with the same code and subcodes.
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault)
	return ok && t.Code == f.Code && slices.Equal(t.Subcodes, f.Subcodes)
}

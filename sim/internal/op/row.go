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

// ID is the operation's name with its service's prefix, "tds:GetServices".
func (r *Row) ID() string { return r.Prefix + ":" + r.Name }

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

// Allows reports whether the operation may answer f: one of its own faults, or
// a generic one. Core 5.8.2.
func (r *Row) Allows(f *soap.Fault) bool { return r.Lists(f) || isGeneric(f) }

// FaultRow is one fault an operation may answer, as prefixed names
// ("env:Sender", "ter:InvalidArgVal", "ter:KeyID"); Subsubcode may be empty.
type FaultRow struct{ Code, Subcode, Subsubcode string }

// Path is the fault as one text, "env:Sender/ter:InvalidArgVal/ter:KeyID".
func (f FaultRow) Path() string {
	var b strings.Builder
	b.WriteString(f.Code)
	for _, name := range [...]string{f.Subcode, f.Subsubcode} {
		if name != "" {
			b.WriteString("/" + name)
		}
	}
	return b.String()
}

// isGeneric reports whether every operation may answer f (Core 5.8.2.2), a
// WS-BaseNotification fault included (Core 9.9).
func isGeneric(f *soap.Fault) bool {
	switch f.Code {
	case soap.VersionMismatch, soap.MustUnderstand, soap.DataEncodingUnknown:
		return len(f.Subcodes) == 0
	}
	if len(f.Subcodes) == 0 {
		return f.Code == soap.Receiver && f.Detail != nil
	}
	if len(f.Subcodes) != 1 || f.Subcodes[0].Space != soap.SpaceError {
		return false
	}
	switch f.Subcodes[0].Local {
	case "WellFormed", "TagMismatch", "Tag", "Namespace", "MissingAttr", "ProhibAttr", "InvalidArgs",
		"InvalidArgVal", "UnknownAction", "OperationProhibited", "NotAuthorized":
		return f.Code == soap.Sender
	case "ActionNotSupported", "Action", "OutofMemory", "CriticalError":
		return f.Code == soap.Receiver
	}
	return false
}

package soap

import "github.com/beevik/etree"

// Generic is a generic fault of Core 5.8.2 with its normative reason. The
// subcode is a prefixed name, "ter:InvalidArgVal", or empty.
func Generic(code Code, subcode string) *Fault {
	f := &Fault{Code: code, Reason: reason(code, subcode)}
	if subcode != "" {
		f.Subcodes = []QName{Name(subcode)}
	}
	return f
}

// FaultOf is a fault by the names of the operation table: "env:Sender",
// "ter:InvalidArgVal", "ter:KeyID"; the last two may be empty. Without a reason
// it has that of the generic fault.
func FaultOf(code, subcode, subsubcode, text string) *Fault {
	f := Generic(Code(Name(code).Local), subcode)
	if subsubcode != "" {
		f.Subcodes = append(f.Subcodes, Name(subsubcode))
	}
	if text != "" {
		f.Reason = text
	}
	return f
}

// WithText returns a copy of f whose detail says more, for people; the reasons
// of generic faults are normative and stay.
func (f *Fault) WithText(text string) *Fault {
	c := *f
	c.Detail = &etree.Element{Space: "env", Tag: "Detail"}
	el := c.Detail.CreateElement("env:Text")
	el.CreateAttr("xml:lang", "en")
	el.SetText(text)
	return &c
}

// reason is the normative reason of a generic fault (Core 5.8.2.3), empty for others.
func reason(code Code, subcode string) string {
	switch code {
	case VersionMismatch:
		return "SOAP version mismatch"
	case MustUnderstand:
		return "SOAP header blocks not understood"
	case DataEncodingUnknown:
		return "Unsupported SOAP data encoding"
	}
	switch subcode {
	case "ter:WellFormed":
		return "Well-formed Error"
	case "ter:TagMismatch":
		return "Tag Mismatch"
	case "ter:Tag":
		return "No Tag"
	case "ter:Namespace":
		return "Namespace Error"
	case "ter:MissingAttr":
		return "Required Attribute not present"
	case "ter:ProhibAttr":
		return "Prohibited Attribute"
	case "ter:InvalidArgs":
		return "Invalid Args"
	case "ter:InvalidArgVal":
		return "Argument Value Invalid"
	case "ter:UnknownAction":
		return "Unknown Action"
	case "ter:OperationProhibited":
		return "Operation not Permitted"
	case "ter:NotAuthorized":
		return "Sender not Authorized"
	case "ter:ActionNotSupported":
		return "Optional Action Not Implemented"
	case "ter:Action":
		return "Action Failed"
	case "ter:OutofMemory":
		return "Out of Memory"
	case "ter:CriticalError":
		return "Critical Error"
	}
	return ""
}

// The generic faults the pipeline answers itself.

// InvalidArgs is for missing, surplus and mistyped arguments.
func InvalidArgs() *Fault { return Generic(Sender, "ter:InvalidArgs") }

// InvalidArgVal is for an argument outside what is allowed.
func InvalidArgVal() *Fault { return Generic(Sender, "ter:InvalidArgVal") }

// UnknownAction is for a Body child of no known operation.
func UnknownAction() *Fault { return Generic(Sender, "ter:UnknownAction") }

// OperationProhibited is for what the sender may never do.
func OperationProhibited() *Fault { return Generic(Sender, "ter:OperationProhibited") }

// NotAuthorized is for a sender that may not call the operation.
func NotAuthorized() *Fault { return Generic(Sender, "ter:NotAuthorized") }

// ActionNotSupported is for an optional operation that isn't there.
func ActionNotSupported() *Fault { return Generic(Receiver, "ter:ActionNotSupported") }

// ActionFailed is for an operation that failed for a reason no other fault names.
func ActionFailed() *Fault { return Generic(Receiver, "ter:Action") }

// OutOfMemory is for a request beyond a limit of the receiver.
func OutOfMemory() *Fault { return Generic(Receiver, "ter:OutofMemory") }

// CriticalError is for a fault of the receiver itself.
func CriticalError() *Fault { return Generic(Receiver, "ter:CriticalError") }

// HeadersNotUnderstood is the MustUnderstand fault that names the blocks.
func HeadersNotUnderstood(blocks []QName) *Fault {
	f := Generic(MustUnderstand, "")
	f.NotUnderstood = blocks
	return f
}

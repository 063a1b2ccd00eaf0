package soap

import (
	"errors"
	"fmt"
)

// BindKind is what is wrong with an element that doesn't fit its type.
type BindKind uint8

// The kinds, and the generic fault of Core 5.8.2 each comes to.
const (
	MissingElement   BindKind = iota + 1 // ter:InvalidArgs
	SurplusElement                       // more than may stand: ter:InvalidArgs
	WrongType                            // text that is no value of the type: ter:InvalidArgs
	WrongOrder                           // ter:TagMismatch
	UnknownElement                       // ter:TagMismatch
	MissingAttribute                     // ter:MissingAttr
	UnknownAttribute                     // ter:ProhibAttr
	InvalidValue                         // outside enumeration, range, length or pattern: ter:InvalidArgVal
)

// String names the kind.
func (k BindKind) String() string {
	switch k {
	case MissingElement:
		return "missing element"
	case SurplusElement:
		return "surplus element"
	case WrongType:
		return "wrong type"
	case WrongOrder:
		return "wrong order"
	case UnknownElement:
		return "unknown element"
	case MissingAttribute:
		return "missing attribute"
	case UnknownAttribute:
		return "unknown attribute"
	case InvalidValue:
		return "invalid value"
	}
	return fmt.Sprintf("BindKind(%d)", uint8(k))
}

// BindError says where and why an element doesn't fit its type.
type BindError struct {
	Path string // "tas:CreateRSAKeyPair/tas:KeyLength", attributes as "@token"
	Kind BindKind
	Err  error // more to it; may be nil
}

// Error is path, kind and cause.
func (e *BindError) Error() string {
	if e.Err == nil {
		return e.Path + ": " + e.Kind.String()
	}
	return e.Path + ": " + e.Kind.String() + ": " + e.Err.Error()
}

// Unwrap is the cause.
func (e *BindError) Unwrap() error { return e.Err }

// Fault is the generic fault the kind comes to, its detail the error.
func (e *BindError) Fault() *Fault {
	subcode := "ter:InvalidArgs"
	switch e.Kind {
	case WrongOrder, UnknownElement:
		subcode = "ter:TagMismatch"
	case MissingAttribute:
		subcode = "ter:MissingAttr"
	case UnknownAttribute:
		subcode = "ter:ProhibAttr"
	case InvalidValue:
		subcode = "ter:InvalidArgVal"
	}
	return Generic(Sender, subcode).WithText(e.Error())
}

// in puts a step before the path.
func (e *BindError) in(step string) *BindError {
	if e.Path == "" {
		e.Path = step
	} else {
		e.Path = step + "/" + e.Path
	}
	return e
}

// valueError is the BindError of a text that was refused.
func valueError(err error) *BindError {
	var lexical *lexicalError
	if errors.As(err, &lexical) {
		return &BindError{Kind: WrongType, Err: err}
	}
	return &BindError{Kind: InvalidValue, Err: err}
}

package profiles

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Position is a place in a profile's file. Line and Column count from 1, Column
// in characters.
type Position struct {
	File         string
	Line, Column int
}

// String returns file:line:column, or the file alone where the line is unknown.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Error is one mistake in a profile.
type Error struct {
	Position
	// Message says what is wrong and what to write instead.
	Message string
	// Excerpt is the source line and, below it, a caret under the place; empty
	// where there is no such line.
	Excerpt string
}

// Error returns "file:line:column: message" and the excerpt on the lines below.
func (e *Error) Error() string {
	text := e.Position.String() + ": " + e.Message
	if e.Position.File == "" && e.Position.Line == 0 {
		text = e.Message
	}
	if e.Excerpt != "" {
		text += "\n" + e.Excerpt
	}
	return text
}

// Errors are all mistakes of a profile and its parents, in the order of the
// files' lines. There is at least one.
type Errors struct {
	List []*Error
	// Omitted counts the mistakes beyond the limit of the list.
	Omitted int
}

// Error returns the mistakes one below the other.
func (e *Errors) Error() string {
	var b strings.Builder
	for i, err := range e.List {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(err.Error())
	}
	if e.Omitted > 0 {
		fmt.Fprintf(&b, "\nand %d more", e.Omitted)
	}
	return b.String()
}

// Unwrap returns the mistakes for errors.As.
func (e *Errors) Unwrap() []error {
	out := make([]error, len(e.List))
	for i, err := range e.List {
		out[i] = err
	}
	return out
}

// maxErrors is how many mistakes are reported at once.
const maxErrors = 50

// newErrors sorts the list, the mistakes of file before those of its parents, and
// cuts it to maxErrors.
func newErrors(file string, list []*Error) *Errors {
	parent := func(e *Error) int {
		if e.File == file {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(parent(a), parent(b)), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
	})
	out := &Errors{List: list}
	if len(list) > maxErrors {
		out.List, out.Omitted = list[:maxErrors:maxErrors], len(list)-maxErrors
	}
	return out
}

package fault

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Frame is the seam between the signer of a stream and its packets.
const Frame = "frame"

var idPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// wrong is an [ErrRule] about one field.
func wrong(field, format string, args ...any) error {
	return &RuleError{Field: field, Text: fmt.Sprintf(format, args...)}
}

// RuleError is an [ErrRule] with the field at fault, in lower case.
type RuleError struct{ Field, Text string }

// Error gives field and text.
func (e *RuleError) Error() string { return "fault rule: " + e.Field + ": " + e.Text }

// Unwrap is [ErrRule].
func (e *RuleError) Unwrap() error { return ErrRule }

// complete checks a rule and fills in the defaults.
func (s *Set) complete(r Rule) (Rule, error) {
	if r.At == "" {
		r.At = Frame
	}
	if r.Chance == 0 {
		r.Chance = 1
	}
	if r.Every == 0 {
		r.Every = 1
	}
	do, ok := actions()[r.Do]
	if ok && r.Amount == 0 {
		r.Amount = do.amount
	}
	switch {
	case r.At != Frame:
		return r, wrong("at", "%.40q is no seam; there is %s", r.At, Frame)
	case !ok:
		return r, wrong("do", "%.40q is no fault; there are %s", r.Do, strings.Join(Actions(), ", "))
	case r.ID != "" && !idPattern.MatchString(r.ID):
		return r, wrong("id", "%.40q: want letters, digits, dots, hyphens and underscores, at most 64", r.ID)
	case !(r.Chance > 0 && r.Chance <= 1):
		return r, wrong("chance", "%v: want more than 0 and at most 1", r.Chance)
	case r.Every < 0, r.After < 0, r.Times < 0:
		return r, wrong("every", "every, after and times are not negative")
	case r.Amount < do.least || r.Amount > do.most:
		return r, wrong("amount", "%d: want %d to %d", r.Amount, do.least, do.most)
	case r.Stream != "" && s.config.Streams != nil && !slices.Contains(s.config.Streams, r.Stream):
		return r, wrong("stream", "%.40q is no stream; there are %s", r.Stream, strings.Join(s.config.Streams, ", "))
	}
	return r, nil
}

// Actions lists the names of all faults.
func Actions() []string { return slices.Sorted(maps.Keys(actions())) }

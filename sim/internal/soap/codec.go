package soap

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// kind is the Go side of a scalar.
type kind uint8

const (
	kindString kind = iota
	kindBool
	kindInt
	kindUint
	kindFloat
	kindBase64
	kindHex
	kindTime
	kindQName
	kindText // encoding.TextMarshaler and TextUnmarshaler
)

// codec reads and writes one scalar type.
type codec struct {
	kind           kind
	xsd            string // lexical type, for messages and lexical rules
	minLen, maxLen int    // -1: none; characters, or octets of binary types
	ge, le         *int64 // facets of integers
	lo, hi         int64  // their range, by type and facets
	pattern        *regexp.Regexp
	words          []string // of an enumeration
	list           bool     // spaces between items
}

// option takes the options that bound values.
func (c *codec) option(key, value string) (err error) {
	switch key {
	case "t":
		c.xsd = value
	case "min":
		c.minLen, err = strconv.Atoi(value)
	case "max":
		c.maxLen, err = strconv.Atoi(value)
	case "ge":
		c.ge, err = bound(value)
	case "le":
		c.le, err = bound(value)
	}
	return err
}

func bound(value string) (*int64, error) {
	n, err := strconv.ParseInt(value, 10, 64)
	return &n, err
}

// forType completes c for the Go type t, or an item of t if it is a list; ok
// is false if t is no scalar.
func (c *codec) forType(t reflect.Type, list bool) (_ *codec, ok bool) {
	c.list = list
	if list {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		c.kind, c.xsd = kindTime, "dateTime"
		return c, true
	case reflect.TypeFor[QName]():
		c.kind, c.xsd = kindQName, "QName"
		return c, true
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		c.kind, c.xsd = kindText, t.Name()
		return c, true
	}
	switch t.Kind() {
	case reflect.String:
		c.kind = kindString
		if e, ok := reflect.Zero(t).Interface().(interface{ Values() []string }); ok {
			c.words = e.Values()
		}
	case reflect.Bool:
		c.kind, c.xsd = kindBool, "boolean"
	case reflect.Int:
		c.kind = kindInt
		c.bounds()
	case reflect.Uint64:
		c.kind = kindUint
	case reflect.Float64:
		c.kind = kindFloat
	case reflect.Slice:
		c.kind = kindBase64
		if c.xsd == "hexBinary" {
			c.kind = kindHex
		}
	default:
		return nil, false
	}
	return c, true
}

// bounds sets the range of an integer type.
func (c *codec) bounds() {
	lo, hi := int64(math.MinInt64), int64(math.MaxInt64)
	switch c.xsd {
	case "int":
		lo, hi = math.MinInt32, math.MaxInt32
	case "nonNegativeInteger":
		lo = 0
	case "positiveInteger":
		lo = 1
	case "unsignedInt":
		lo, hi = 0, math.MaxUint32
	case "unsignedShort":
		lo, hi = 0, math.MaxUint16
	}
	if c.ge != nil {
		lo = max(lo, *c.ge)
	}
	if c.le != nil {
		hi = min(hi, *c.le)
	}
	c.lo, c.hi = lo, hi
}

// check applies the facets to a value's text (strings) or size.
func (c *codec) check(text string, length int) error {
	if c.words != nil && !slices.Contains(c.words, text) {
		return fmt.Errorf("%.64q is none of %q", text, c.words)
	}
	if c.maxLen >= 0 && length > c.maxLen {
		return fmt.Errorf("length %d is more than %d", length, c.maxLen)
	}
	if length < c.minLen {
		return fmt.Errorf("length %d is less than %d", length, c.minLen)
	}
	if c.pattern != nil && !c.pattern.MatchString(text) {
		return fmt.Errorf("%.64q doesn't match %v", text, c.pattern)
	}
	return nil
}

// checkString applies facets and the lexical rules of the string types.
func (c *codec) checkString(s string) error {
	switch c.xsd {
	case "NCName", "ID":
		if !isNCName(s) {
			return &lexicalError{c.xsd, s}
		}
	case "language":
		if s == "" {
			return &lexicalError{c.xsd, s}
		}
	}
	if c.maxLen < 0 && c.minLen < 0 && c.pattern == nil && c.words == nil {
		return nil
	}
	return c.check(s, utf8.RuneCountInString(s))
}

// checkInt applies the range.
func (c *codec) checkInt(n int64) error {
	if n < c.lo || n > c.hi {
		return fmt.Errorf("%d is not between %d and %d", n, c.lo, c.hi)
	}
	return nil
}

// lexicalError says that a text is no value of its type at all.
type lexicalError struct{ xsd, text string }

func (e *lexicalError) Error() string { return fmt.Sprintf("%.64q is no %s", e.text, e.xsd) }

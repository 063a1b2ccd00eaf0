package main

import (
	"strings"
	"unicode"
)

// declaration is one Go type to write.
type declaration struct {
	pkg, name string
	doc       string
	fields    []field  // of a struct
	values    []string // of an enumeration
	alias     *typeRef // of an alias
	names     map[string]bool
}

// typeRef is a Go type: prefix ("", "*", "[]", "[]*"), then a name that may
// belong to a package of ours.
type typeRef struct{ prefix, pkg, name string }

// field is one field of a struct: its Go type, and the tag the binder reads.
type field struct {
	name, tag string
	pattern   string // of the second tag, a Go regular expression
	typ       typeRef
}

// add appends f under a name no other field has.
func (d *declaration) add(f field) {
	if d.names == nil {
		d.names = map[string]bool{}
	}
	f.name = unique(f.name, d.names, attrSuffix(f.tag))
	d.fields = append(d.fields, f)
}

// attrSuffix is what an attribute gets when an element has its name already.
func attrSuffix(tag string) string {
	if strings.Contains(tag, ",attr") {
		return "Attr"
	}
	return ""
}

// unique returns base, or base with the suffix or a number, and takes it.
func unique(base string, taken map[string]bool, suffix string) string {
	n := base
	if taken[n] && suffix != "" {
		n = base + suffix
	}
	for i := 2; taken[n]; i++ {
		n = base + string(rune('0'+i))
	}
	taken[n] = true
	return n
}

// goName is the exported Go name of an XML name or an enumeration's word.
func goName(s string) string {
	var b strings.Builder
	upper := true
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			upper = true
			continue
		}
		if upper {
			r = unicode.ToUpper(r)
		}
		if b.Len() == 0 && unicode.IsDigit(r) {
			b.WriteByte('N')
		}
		b.WriteRune(r)
		upper = false
	}
	if b.Len() == 0 {
		return "Empty"
	}
	return b.String()
}

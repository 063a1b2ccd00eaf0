package onvif_test

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"pgregory.net/rapid"
)

// source decides what a filled value holds.
type source interface {
	open() bool              // whether wildcards hold something
	present(depth int) bool  // whether an optional part is there
	count(low, high int) int // how many of a repeated part
	number(low, high int64) int64
	text(low, high int) string // a string of so many characters
}

// fullest puts everything in that may stand, two of what may be repeated.
type fullest struct{}

func (fullest) open() bool                   { return false }
func (fullest) present(depth int) bool       { return depth < 9 }
func (fullest) count(low, high int) int      { return min(max(low, 2), high) }
func (fullest) number(low, high int64) int64 { return min(max(low, 7), high) }
func (fullest) text(low, high int) string    { return strings.Repeat("x", max(low, min(3, high))) }

// random draws from rapid.
type random struct{ t *rapid.T }

func (r random) open() bool { return rapid.Bool().Draw(r.t, "open") }
func (r random) present(depth int) bool {
	return depth < 7 && rapid.Bool().Draw(r.t, "present")
}
func (r random) count(low, high int) int {
	return rapid.IntRange(low, min(high, low+2)).Draw(r.t, "count")
}
func (r random) number(low, high int64) int64 {
	return rapid.Int64Range(low, high).Draw(r.t, "number")
}
func (r random) text(low, high int) string {
	return rapid.StringOfN(rapid.RuneFrom([]rune("aZ09_-.é<&>\"' ]\U0001F4F7")), low, min(high, low+12), -1).Draw(r.t, "text")
}

// options of one field's tag.
type options struct {
	name  string
	words map[string]string
}

func tagOf(f reflect.StructField) options {
	parts := strings.Split(f.Tag.Get("soap"), ",")
	o := options{name: parts[0], words: map[string]string{}}
	for _, p := range parts[1:] {
		k, v, _ := strings.Cut(p, "=")
		o.words[k] = v
	}
	return o
}

func (o options) has(word string) bool { _, ok := o.words[word]; return ok }

func (o options) int(word string, otherwise int) int {
	if n, err := strconv.Atoi(o.words[word]); err == nil {
		return n
	}
	return otherwise
}

// fill fills the struct v.
func fill(s source, v reflect.Value, depth int) {
	chosen := map[string]bool{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		o := tagOf(f)
		group, inChoice := o.words["c"]
		if inChoice && (chosen[group] || s.count(0, 1) == 0 && !lastOf(v.Type(), i, group)) {
			continue
		}
		chosen[group] = true
		fillField(s, v.Field(i), f, o, depth, inChoice)
	}
}

// lastOf reports whether field i is the last of its group.
func lastOf(t reflect.Type, i int, group string) bool {
	for j := i + 1; j < t.NumField(); j++ {
		if tagOf(t.Field(j)).words["c"] == group {
			return false
		}
	}
	return true
}

func fillField(s source, v reflect.Value, f reflect.StructField, o options, depth int, must bool) {
	switch {
	case o.has("ns"):
		return
	case o.has("anyattr"):
		if s.open() {
			v.Set(reflect.ValueOf([]soap.Attr{{Name: soap.QName{Space: schematest.VendorSpace, Local: "a"}, Value: s.text(0, 9)}}))
		}
		return
	case o.has("mixed"):
		v.SetString(s.text(1, 6))
		return
	case o.has("any"):
		for range o.int("n", 0) {
			v.Set(reflect.Append(v, reflect.ValueOf(knownElement())))
		}
		if v.Len() == 0 && s.open() && o.words["any"] != "targetNamespace" {
			v.Set(reflect.Append(v, reflect.ValueOf(vendorElement())))
		}
		return
	}
	if o.has("opt") && !must && !s.present(depth) {
		return
	}
	t := v.Type()
	if t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 && (!o.has("list") || t.Elem().Kind() == reflect.Slice) && !o.has("attr") {
		low := max(o.int("n", 0), map[bool]int{true: 1}[must])
		if low == 0 && !s.present(depth) {
			return
		}
		n := s.count(low, max(low, min(o.int("m", 3), 3)))
		if n == 0 {
			return
		}
		v.Set(reflect.MakeSlice(t, n, n))
		for i := range n {
			fillOne(s, v.Index(i), f, o, depth)
		}
		return
	}
	fillOne(s, v, f, o, depth)
}

// knownElement is one every strict wildcard takes.
func knownElement() *etree.Element {
	el := etree.NewElement("tt:IntRange")
	el.CreateElement("tt:Min").SetText("1")
	el.CreateElement("tt:Max").SetText("2")
	return el
}

func vendorElement() *etree.Element {
	el := etree.NewElement("v:Thing")
	el.CreateAttr("xmlns:v", schematest.VendorSpace)
	el.SetText("text")
	return el
}

func fillOne(s source, v reflect.Value, f reflect.StructField, o options, depth int) {
	if v.Type() == reflect.TypeFor[*etree.Element]() {
		prefix, local, _ := strings.Cut(o.name, ":")
		v.Set(reflect.ValueOf(&etree.Element{Space: prefix, Tag: local}))
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	if o.has("list") {
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fillScalar(s, v.Index(i), f, o, true)
		}
		return
	}
	if v.Kind() == reflect.Struct && v.NumField() > 0 && v.Type().Field(0).Tag.Get("soap") != "" || v.Kind() == reflect.Struct && v.NumField() == 0 {
		fill(s, v, depth+1)
		return
	}
	fillScalar(s, v, f, o, false)
}

func fillScalar(s source, v reflect.Value, f reflect.StructField, o options, item bool) {
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		*p = time.Unix(s.number(-62_135_596_800, 253_402_300_799), s.number(0, 999_999_999)).UTC()
		return
	case *soap.Duration:
		*p = soap.Duration{Months: int(s.number(0, 1200)), Span: time.Duration(s.number(0, 1e18))}
		return
	case *soap.QName:
		*p = soap.Name("tt:Name")
		return
	case *soap.AbsoluteOrRelativeTime:
		p.Duration.Span = time.Duration(s.number(0, 1e18))
		return
	}
	if e, ok := v.Interface().(interface{ Values() []string }); ok {
		words := e.Values()
		v.SetString(words[s.number(0, int64(len(words)-1))])
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(stringFor(s, f, o, item))
	case reflect.Bool:
		v.SetBool(s.number(0, 1) == 1)
	case reflect.Int:
		v.SetInt(integerFor(s, o))
	case reflect.Uint64:
		v.SetUint(uint64(s.number(0, 1<<62)))
	case reflect.Float64:
		v.SetFloat(float64(float32(s.number(-1<<40, 1<<40)) / 256))
	case reflect.Slice:
		v.SetBytes([]byte(strings.Repeat("\x5a", o.int("min", int(s.number(0, 5))))))
	default:
		panic(fmt.Sprintf("field %s of type %v", f.Name, v.Type()))
	}
}

func integerFor(s source, o options) int64 {
	low, high := int64(-1<<31), int64(1<<31-1)
	switch o.words["t"] {
	case "nonNegativeInteger", "unsignedInt", "unsignedShort":
		low = 0
	case "positiveInteger":
		low = 1
	}
	if o.words["t"] == "unsignedShort" {
		high = 1<<16 - 1
	}
	return s.number(max(low, int64(o.int("ge", int(low)))), min(high, int64(o.int("le", int(high)))))
}

func stringFor(s source, f reflect.StructField, o options, item bool) string {
	pattern := f.Tag.Get("pattern")
	switch {
	case strings.Contains(pattern, "[0-9]+"):
		return "1.2.840." + strconv.FormatInt(s.number(0, 999), 10)
	case pattern != "":
		return "passphrase"
	case o.words["t"] == "NCName" || o.words["t"] == "ID" || item:
		return "n" + strconv.FormatInt(s.number(0, 1<<40), 36)
	case o.words["t"] == "anyURI":
		return "http://example.org/" + strconv.FormatInt(s.number(0, 99), 10)
	case o.words["t"] == "language" || o.name == "xml:lang":
		return "en"
	case o.words["t"] != "":
		return "token"
	}
	return s.text(o.int("min", 0), o.int("max", 20))
}

package profiles

import (
	"reflect"
	"strconv"
	"strings"
	"time"
)

// A path leads from the profile to a value: keys and, in lists, indexes from 0,
// as in a JSON pointer.

// lookup returns the node at path, nil if there is none.
func (n *node) lookup(path []string) *node {
	for _, step := range path {
		if n = n.step(step); n == nil {
			return nil
		}
	}
	return n
}

func (n *node) step(step string) *node {
	if p := n.child(step); p != nil {
		return p.value
	}
	if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.items) {
		return n.items[i]
	}
	return nil
}

// find returns the place that stands for path: of a scalar or a list's item
// itself, of a mapping or a list its key; of something missing what would hold it.
func (n *node) find(path []string) place {
	at := n.at
	for _, step := range path {
		next := n.step(step)
		if next == nil {
			break
		}
		at = next.at
		if p := n.child(step); p != nil && (next.kind == mapping || next.kind == sequence) {
			at = p.at
		}
		n = next
	}
	return at
}

// pathText writes a path for a message: media.streams[1].gop.
func pathText(path []string) string {
	var b strings.Builder
	for i, step := range path {
		switch _, err := strconv.Atoi(step); {
		case err == nil:
			b.WriteString("[" + step + "]")
		case i > 0:
			b.WriteString("." + step)
		default:
			b.WriteString(step)
		}
	}
	return b.String()
}

// fieldAt returns the field path leads to; of a list's item the list's field.
func fieldAt(path []string) (field reflect.StructField, t reflect.Type) {
	t = reflect.TypeFor[Profile]()
	for _, step := range path {
		switch t.Kind() {
		case reflect.Struct:
			f, ok := fieldOf(t, step)
			if !ok {
				return field, t
			}
			field, t = f, f.Type
		case reflect.Slice:
			t = t.Elem()
		default:
			return field, t
		}
	}
	return field, t
}

func typeAt(path []string) reflect.Type {
	_, t := fieldAt(path)
	return t
}

func tagAt(path []string) reflect.StructTag {
	f, _ := fieldAt(path)
	return f.Tag
}

// wantAt says in words what a text at path is to look like.
func wantAt(path []string) string {
	switch typeAt(path) {
	case reflect.TypeFor[time.Duration]():
		return "a number with a unit, such as 500ms, 1s or 5m"
	case reflect.TypeFor[Size]():
		return "a whole number of bytes, or one with KiB, MiB or GiB"
	}
	return tagAt(path).Get("want")
}

// report collects mistakes.
type report struct {
	list   []*Error
	wrong  map[string]bool // paths of values with a mistake
	holder map[string]bool // paths of what holds such values
	said   map[string]bool // the same by file, since a child hides its parent's values
}

func newReport() *report {
	return &report{wrong: map[string]bool{}, holder: map[string]bool{}, said: map[string]bool{}}
}

// add reports a mistake at a path and place.
func (r *report) add(path []string, at place, format string, args ...any) {
	for i := range path {
		r.holder[pathKey(path[:i])] = true
	}
	r.wrong[pathKey(path)] = true
	r.said[at.position().File+"\x00"+pathKey(path)] = true
	r.list = append(r.list, at.errorf(format, args...))
}

// once is add, unless that file's value at path has a mistake already.
func (r *report) once(path []string, at place, format string, args ...any) {
	if !r.said[at.position().File+"\x00"+pathKey(path)] {
		r.add(path, at, format, args...)
	}
}

// touched reports whether the value at path, something in it or what holds it
// has a mistake: then it is not what the profile's author meant.
func (r *report) touched(path []string) bool {
	for i := range path {
		if r.wrong[pathKey(path[:i+1])] {
			return true
		}
	}
	return r.holder[pathKey(path)]
}

func pathKey(path []string) string { return strings.Join(path, "\x00") }

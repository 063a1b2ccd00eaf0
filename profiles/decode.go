package profiles

import (
	"reflect"
	"slices"
	"strconv"
)

// decode puts the tree into v and reports what does not fit. What the schema has
// complained about already is reported at the same place and so not twice.
func decode(n *node, v reflect.Value, path []string, rep *report) {
	switch {
	case v.Kind() == reflect.Struct && n.kind == mapping:
		for _, p := range n.pairs {
			if f, ok := fieldOf(v.Type(), p.key); ok {
				decode(p.value, v.FieldByIndex(f.Index), join(path, p.key), rep)
			} else {
				rep.once(join(path, p.key), p.at, "no setting %q here%s", p.key, nearest(p.key, keysOf(v.Type())))
			}
		}
	case v.Kind() == reflect.Slice && n.kind == sequence:
		decodeList(n, v, path, rep)
	case v.Kind() == reflect.Bool && n.kind == boolean:
		v.SetBool(n.value.(bool))
	case isText(v.Type()) && (n.kind == text || n.kind == integer || n.kind == float):
		decodeScalar(n, n.text, v, path, rep)
	case v.Kind() == reflect.Int && n.kind == integer, v.Kind() == reflect.Float64 && (n.kind == integer || n.kind == float):
		decodeNumber(n, v, path, rep)
	default:
		rep.once(path, n.at, "%s does not fit here: %s", n.kind, pathText(path))
	}
}

func decodeList(n *node, v reflect.Value, path []string, rep *report) {
	out := reflect.MakeSlice(v.Type(), len(n.items), len(n.items))
	for i, item := range n.items {
		if out.Index(i).Kind() == reflect.Struct {
			if err := setDefaults(out.Index(i)); err != nil {
				rep.once(path, n.at, "%v", err)
			}
		}
		decode(item, out.Index(i), join(path, strconv.Itoa(i)), rep)
	}
	v.Set(out)
}

// decodeScalar sets a text, a duration or a size and checks its bounds.
func decodeScalar(n *node, value string, v reflect.Value, path []string, rep *report) {
	to := reflect.New(v.Type()).Elem()
	err := setText(to, value)
	if err == nil {
		f, _ := fieldAt(path)
		err = checkBounds(f, to)
	}
	if err != nil {
		rep.once(path, n.at, "%v", err)
		return
	}
	v.Set(to)
}

// decodeNumber sets an int or a float64 and checks its bounds.
func decodeNumber(n *node, v reflect.Value, path []string, rep *report) {
	to := reflect.New(v.Type()).Elem()
	switch x := n.value.(type) {
	case int64:
		setNumber(to, x, float64(x))
	case uint64: // the parser's type for numbers that are not negative
		if x > 1<<62 {
			rep.once(path, n.at, "%s is too large", n.text)
			return
		}
		setNumber(to, int64(x), float64(x))
	case float64:
		setNumber(to, 0, x)
	default:
		rep.once(path, n.at, "%s is not a number that can be used", n.text)
		return
	}
	f, _ := fieldAt(path)
	if err := checkBounds(f, to); err != nil {
		rep.once(path, n.at, "%v", err)
		return
	}
	v.Set(to)
}

func setNumber(v reflect.Value, whole int64, real float64) {
	if v.Kind() == reflect.Int {
		v.SetInt(whole)
		return
	}
	v.SetFloat(real)
}

// join returns path and one step more; it never changes path's array.
func join(path []string, step string) []string {
	return append(path[:len(path):len(path)], step)
}

// merge returns the child's tree over the parent's: mappings merge key by key,
// anything else of the child replaces what the parent has.
func merge(parent, child *node) *node {
	if parent.kind != mapping || child.kind != mapping {
		return child
	}
	out := &node{kind: mapping, at: child.at}
	for _, p := range parent.pairs {
		if own := child.child(p.key); own != nil {
			p = pair{key: own.key, at: own.at, value: merge(p.value, own.value)}
		}
		out.pairs = append(out.pairs, p)
	}
	for _, p := range child.pairs {
		if parent.child(p.key) == nil {
			out.pairs = append(out.pairs, p)
		}
	}
	return out
}

// without returns a mapping without the given keys.
func without(n *node, keys ...string) *node {
	out := &node{kind: n.kind, at: n.at}
	for _, p := range n.pairs {
		if !slices.Contains(keys, p.key) {
			out.pairs = append(out.pairs, p)
		}
	}
	return out
}

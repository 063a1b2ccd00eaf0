package profiles

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fieldOf returns the field of struct type t with the given key.
func fieldOf(t reflect.Type, key string) (reflect.StructField, bool) {
	for i := range t.NumField() {
		if f := t.Field(i); keyOf(f) == key {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// keyOf returns the YAML key of a field.
func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return key
}

// keysOf returns the keys of struct type t.
func keysOf(t reflect.Type) []string {
	keys := make([]string, t.NumField())
	for i := range keys {
		keys[i] = keyOf(t.Field(i))
	}
	return keys
}

// isText reports whether values of type t are texts in YAML.
func isText(t reflect.Type) bool {
	return t.Kind() == reflect.String || t == reflect.TypeFor[time.Duration]() || t == reflect.TypeFor[Size]()
}

// setDefaults gives the fields of the struct v the values of their tags.
func setDefaults(v reflect.Value) error {
	for i := range v.NumField() {
		f, field := v.Type().Field(i), v.Field(i)
		if f.Type.Kind() == reflect.Struct {
			if err := setDefaults(field); err != nil {
				return err
			}
			continue
		}
		if d := f.Tag.Get("default"); d != "" {
			if err := setText(field, d); err != nil {
				return fmt.Errorf("default of %s: %w", keyOf(f), err)
			}
		}
	}
	return nil
}

// setText sets v to the value that text means: lists are separated by commas.
func setText(v reflect.Value, text string) error {
	if v.Kind() == reflect.Slice {
		parts := strings.Split(text, ",")
		list := reflect.MakeSlice(v.Type(), len(parts), len(parts))
		for i, part := range parts {
			if err := setText(list.Index(i), part); err != nil {
				return err
			}
		}
		v.Set(list)
		return nil
	}
	if v.Type() == reflect.TypeFor[time.Duration]() {
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is not a duration: want a number with a unit, such as 500ms, 1s or 5m", text)
		}
		v.SetInt(int64(d))
		return nil
	}
	if v.Type() == reflect.TypeFor[Size]() {
		size, err := ParseSize(text)
		v.SetInt(int64(size))
		return err
	}
	return setScalar(v, text)
}

func setScalar(v reflect.Value, text string) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		v.SetBool(b)
		return err
	case reflect.Int:
		n, err := strconv.ParseInt(text, 10, strconv.IntSize)
		v.SetInt(n)
		return err
	case reflect.Float64:
		x, err := strconv.ParseFloat(text, 64)
		v.SetFloat(x)
		return err
	default:
		return fmt.Errorf("type %v has no text form", v.Type())
	}
	return nil
}

// checkBounds compares a number, duration or size with the min and max of its
// field's tag.
func checkBounds(f reflect.StructField, v reflect.Value) error {
	if v.Kind() != reflect.Int && v.Kind() != reflect.Int64 && v.Kind() != reflect.Float64 {
		return nil
	}
	for _, bound := range []string{"min", "max"} {
		limit, ok := f.Tag.Lookup(bound)
		if !ok {
			continue
		}
		end := reflect.New(v.Type()).Elem()
		if err := setText(end, limit); err != nil {
			return err
		}
		if below, above := less(v, end), less(end, v); bound == "min" && below || bound == "max" && above {
			return fmt.Errorf("%s is too %s: want %s to %s", show(v),
				map[string]string{"min": "small", "max": "large"}[bound], f.Tag.Get("min"), f.Tag.Get("max"))
		}
	}
	return nil
}

func less(a, b reflect.Value) bool {
	if a.Kind() == reflect.Float64 {
		return a.Float() < b.Float()
	}
	return a.Int() < b.Int()
}

// show writes a number as a profile would.
func show(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		return showDuration(x)
	case encoding.TextMarshaler:
		text, _ := x.MarshalText() // Size never fails
		return string(text)
	default:
		return fmt.Sprint(x)
	}
}

// showDuration writes 5m for 5m0s.
func showDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// nearest returns `; did you mean "x"?` for the word of known that is nearest to
// word, and nothing if none is near.
func nearest(word string, known []string) string {
	best, found := max(1, len(word)/3)+1, ""
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < best {
			best, found = d, k
		}
	}
	if found == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", found)
}

// distance counts the letters to insert, remove, change or swap between a and b
// (optimal string alignment). Long words count as far apart.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	before, prev := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev = prev, row
	}
	return prev[len(b)]
}

// list writes words as "a, b or c".
func list(words []string) string {
	words = slices.Clone(words)
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

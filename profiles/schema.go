package profiles

import (
	_ "embed"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

//go:embed schema.json
var schemaJSON string

// Schema returns the JSON Schema (2020-12) of a profile, for editors.
func Schema() string { return schemaJSON }

// compileSchema makes the checker of schema.json.
func compileSchema() (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(schemaJSON))
	if err != nil {
		return nil, fmt.Errorf("schema.json: %w", err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("profile.json", doc); err != nil {
		return nil, fmt.Errorf("schema.json: %w", err)
	}
	return c.Compile("profile.json")
}

// checkSchema reports what the tree of one file has that the schema forbids.
func checkSchema(schema *jsonschema.Schema, root *node, rep *report) {
	err := schema.Validate(plain(root, reflect.TypeFor[Profile]()))
	var invalid *jsonschema.ValidationError
	switch {
	case err == nil:
	case errors.As(err, &invalid):
		s := schemaReport{root: root, rep: rep}
		s.walk(invalid)
	default:
		rep.add(nil, root.at, "cannot be checked: %v", err)
	}
}

// plain returns the tree as JSON values. Numbers where the Go type t has a text
// become texts as written, so that 25.06 is a release and 1234 a password.
func plain(n *node, t reflect.Type) any {
	switch n.kind {
	case mapping:
		out := make(map[string]any, len(n.pairs))
		for _, p := range n.pairs {
			var ft reflect.Type
			if t != nil && t.Kind() == reflect.Struct {
				if f, ok := fieldOf(t, p.key); ok {
					ft = f.Type
				}
			}
			out[p.key] = plain(p.value, ft)
		}
		return out
	case sequence:
		var et reflect.Type
		if t != nil && t.Kind() == reflect.Slice {
			et = t.Elem()
		}
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = plain(item, et)
		}
		return out
	case integer, float:
		if t != nil && isText(t) {
			return n.text
		}
		return n.value
	case text:
		return n.text
	case boolean:
		return n.value
	default:
		return nil
	}
}

// schemaReport turns the validator's tree of errors into ours.
type schemaReport struct {
	root *node
	rep  *report
}

func (s *schemaReport) walk(e *jsonschema.ValidationError) {
	for _, cause := range e.Causes {
		s.walk(cause)
	}
	if len(e.Causes) > 0 {
		return
	}
	path := e.InstanceLocation
	at := s.root.find(path)
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		s.unknown(path, k.Properties)
	case *kind.UniqueItems:
		second := append(path[:len(path):len(path)], strconv.Itoa(k.Duplicates[1]))
		s.rep.add(second, s.root.find(second), "%s stands twice in the list", s.shown(second))
	default:
		s.rep.once(path, at, "%s", s.message(path, e.ErrorKind))
	}
}

// unknown reports keys that the mapping at path does not have.
func (s *schemaReport) unknown(path, keys []string) {
	n, t := s.root.lookup(path), typeAt(path)
	for _, key := range keys {
		p := n.child(key)
		where := "a profile"
		if len(path) > 0 {
			where = pathText(path)
		}
		s.rep.add(append(path[:len(path):len(path)], key), p.at, "%s has no setting %q%s", where, key, nearest(key, keysOf(t)))
	}
}

func (s *schemaReport) message(path []string, k jsonschema.ErrorKind) string {
	shown := s.shown(path)
	switch k := k.(type) {
	case *kind.Type:
		return fmt.Sprintf("want %s, found %s", wanted(k.Want), found(s.root.lookup(path)))
	case *kind.Enum:
		words := make([]string, len(k.Want))
		for i, w := range k.Want {
			words[i] = fmt.Sprint(w)
		}
		got, _ := k.Got.(string)
		return fmt.Sprintf("%s is not known here: want %s%s", shown, list(words), nearest(got, words))
	case *kind.Pattern:
		return fmt.Sprintf("%s does not fit: want %s", shown, wantAt(path))
	case *kind.MinLength:
		return fmt.Sprintf("%s is too short: want at least %d characters", shown, k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("too long: %d characters, want at most %d", k.Got, k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("want at least %d in this list, found %d", k.Want, k.Got)
	case *kind.MaxItems:
		return fmt.Sprintf("want at most %d in this list, found %d", k.Want, k.Got)
	case *kind.Minimum, *kind.Maximum:
		return outside(shown, k, path)
	}
	return fmt.Sprintf("does not fit: %s", strings.Join(k.KeywordPath(), " "))
}

func outside(shown string, k jsonschema.ErrorKind, path []string) string {
	word := "large"
	if _, ok := k.(*kind.Minimum); ok {
		word = "small"
	}
	f := tagAt(path)
	return fmt.Sprintf("%s is too %s: want %s to %s", shown, word, f.Get("min"), f.Get("max"))
}

// shown returns the value at path for a message; long texts are cut, and
// passwords are never shown.
func (s *schemaReport) shown(path []string) string {
	if len(path) > 0 && path[len(path)-1] == "password" {
		return "the password"
	}
	n := s.root.lookup(path)
	value := n.text
	if utf8.RuneCountInString(value) > 40 {
		value = string([]rune(value)[:40]) + "…"
	}
	if n.kind == text {
		return strconv.Quote(value)
	}
	return value
}

// wanted writes JSON type names in our words.
func wanted(names []string) string {
	words := make([]string, len(names))
	for i, name := range names {
		switch name {
		case "object":
			words[i] = mapping.String()
		case "array":
			words[i] = sequence.String()
		case "string":
			words[i] = text.String()
		case "boolean":
			words[i] = boolean.String()
		case "integer":
			words[i] = integer.String()
		default:
			words[i] = float.String()
		}
	}
	return list(words)
}

// found describes a value of the wrong type.
func found(n *node) string {
	switch n.kind {
	case boolean:
		return fmt.Sprintf("%v (a text needs quotes)", n.value)
	case integer, float:
		return "the number " + n.text
	case text:
		return "a text"
	}
	return n.kind.String()
}

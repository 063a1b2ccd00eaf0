package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/invopop/jsonschema"
)

// durationPattern is what time.ParseDuration reads, near enough for an editor.
const durationPattern = `^-?([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$|^0$`

// generate returns the JSON Schema (2020-12) of a profile. dir holds the Go files
// whose comments become descriptions, base is the import path of the current
// directory: the two joined name the package.
func generate(base, dir string) ([]byte, error) {
	r := &jsonschema.Reflector{
		FieldNameTag:               "yaml",
		RequiredFromJSONSchemaTags: true,
		Anonymous:                  true,
		ExpandedStruct:             true,
		Mapper:                     mapType,
	}
	if err := r.AddGoComments(base, dir); err != nil {
		return nil, err
	}
	s := r.Reflect(&profiles.Profile{})
	s.Title = "camfleet profile"
	addTags(s, reflect.TypeFor[profiles.Profile]())
	for name, def := range s.Definitions {
		t, ok := structs(reflect.TypeFor[profiles.Profile]())[name]
		if !ok {
			return nil, fmt.Errorf("no type for definition %s", name)
		}
		addTags(def, t)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(s)
	return out.Bytes(), err
}

func mapType(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return &jsonschema.Schema{Type: "string", Pattern: durationPattern}
	case reflect.TypeFor[profiles.Size]():
		return &jsonschema.Schema{Type: "string", Pattern: "^[0-9]+(KiB|MiB|GiB)?$"}
	}
	return nil
}

// structs returns t and the struct types within it by name.
func structs(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Slice:
			walk(t.Elem())
		case reflect.Struct:
			out[t.Name()] = t
			for i := range t.NumField() {
				walk(t.Field(i).Type)
			}
		}
	}
	walk(t)
	return out
}

// addTags puts default, min and max of the field tags into the schema of t.
func addTags(s *jsonschema.Schema, t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		p, ok := s.Properties.Get(key)
		if !ok {
			continue
		}
		p.Description = strings.ReplaceAll(p.Description, "\n", " ")
		if d, ok := f.Tag.Lookup("default"); ok {
			p.Default = defaultOf(p, d)
		}
		lowest, highest := f.Tag.Get("min"), f.Tag.Get("max")
		switch {
		case p.Type == "integer" || p.Type == "number":
			p.Minimum, p.Maximum = json.Number(lowest), json.Number(highest)
		case lowest != "" || highest != "":
			p.Description = strings.TrimSpace(p.Description + fmt.Sprintf(" From %s to %s.", lowest, highest))
		}
	}
}

// defaultOf returns a default as JSON of the type that the schema asks for.
func defaultOf(s *jsonschema.Schema, text string) any {
	switch s.Type {
	case "integer", "number":
		return json.Number(text)
	case "boolean":
		return text == "true"
	case "array":
		var list []any
		for part := range strings.SplitSeq(text, ",") {
			list = append(list, defaultOf(s.Items, part))
		}
		return list
	}
	return text
}

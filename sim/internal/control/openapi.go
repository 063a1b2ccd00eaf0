package control

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/camfleet/camfleet/sim/api"
)

// object is a JSON object of the document; its keys come out sorted.
type object = map[string]any

// describe writes the OpenAPI 3.1 document of a route table.
func describe(table []route) []byte {
	d := describer{schemas: object{}}
	paths := object{}
	for _, r := range table {
		if r.Answer == nil && r.Type == "" {
			continue // the dashboard's files
		}
		item, ok := paths[r.Path].(object)
		if !ok {
			item = object{}
			paths[r.Path] = item
		}
		item[strings.ToLower(r.Method)] = d.operation(r)
	}
	doc := object{
		"openapi": "3.1.0",
		"info": object{
			"title": "camfleet control API", "version": "1",
			"description": "Drives a running fleet of virtual ONVIF cameras.",
			"license":     object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"paths": paths,
		"components": object{
			"schemas":         d.schemas,
			"securitySchemes": object{"token": object{"type": "http", "scheme": "bearer", "description": "Only asked for beyond loopback."}},
		},
	}
	out, err := json.Marshal(doc)
	if err != nil {
		panic("control: the OpenAPI document is made of maps, texts and numbers: " + err.Error())
	}
	return out
}

// describer collects the schemas of the types met.
type describer struct{ schemas object }

func (d *describer) operation(r route) object {
	op := object{
		"summary":     r.Summary,
		"operationId": operationID(r),
		"responses":   d.responses(r),
		"security":    []object{{}, {"token": []string{}}},
	}
	if p := parameters(r); len(p) > 0 {
		op["parameters"] = p
	}
	if r.Body != nil {
		op["requestBody"] = object{"required": true, "content": object{
			"application/json": object{"schema": d.schema(reflect.TypeOf(r.Body))},
		}}
	}
	return op
}

// pathParameter finds {name} in a path.
var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

func parameters(r route) []object {
	var out []object
	for _, m := range pathParameter.FindAllStringSubmatch(r.Path, -1) {
		out = append(out, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, q := range r.Query {
		out = append(out, object{"name": q.Name, "in": "query", "description": q.Summary, "schema": object{"type": q.Kind}})
	}
	return out
}

// operationID is the method and the words of the path: getCamerasNameSnapshotJpg.
func operationID(r route) string {
	id := strings.ToLower(r.Method)
	for _, word := range strings.FieldsFunc(strings.TrimPrefix(r.Path, "/v1"), func(c rune) bool { return strings.ContainsRune("/{}.", c) }) {
		id += strings.ToUpper(word[:1]) + word[1:]
	}
	return id
}

func (d *describer) responses(r route) object {
	status, media := r.Status, r.Type
	if status == 0 {
		status = http.StatusOK
	}
	if media == "" {
		media = "application/json"
	}
	content := object{}
	if r.Answer != nil {
		content["schema"] = d.schema(reflect.TypeOf(r.Answer))
	}
	out := object{strconv.Itoa(status): object{"description": http.StatusText(status), "content": object{media: content}}}
	failures := append([]int{400, 401, 403, 405, 421, 500}, r.Errors...)
	for _, code := range failures {
		schema := d.schema(reflect.TypeFor[api.Error]())
		if _, progress := r.Answer.(api.Ready); progress && code == http.StatusServiceUnavailable {
			schema = d.schema(reflect.TypeFor[api.Ready]())
		}
		out[strconv.Itoa(code)] = object{
			"description": http.StatusText(code),
			"content":     object{"application/json": object{"schema": schema}},
		}
	}
	return out
}

// schema describes a type as encoding/json writes it. Structs become components.
func (d *describer) schema(t reflect.Type) object {
	if t == reflect.TypeFor[time.Time]() {
		return object{"type": "string", "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.schema(t.Elem())
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Uint64, reflect.Uint:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Slice:
		return object{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": d.schema(t.Elem())}
	case reflect.Struct:
		return d.component(t)
	case reflect.Interface:
		return object{} // anything
	}
	return object{"type": "string"}
}

// component adds a struct's schema once and refers to it.
func (d *describer) component(t reflect.Type) object {
	name := strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
	ref := object{"$ref": "#/components/schemas/" + name}
	if _, ok := d.schemas[name]; ok {
		return ref
	}
	properties, required := object{}, map[string]bool{}
	d.schemas[name] = object{}
	for f := range t.Fields() {
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		properties[tag] = d.schema(f.Type)
		if !strings.Contains(options, "omitempty") {
			required[tag] = true
		}
	}
	d.schemas[name] = object{
		"type": "object", "properties": properties, "additionalProperties": false,
		"required": slices.Sorted(maps.Keys(required)),
	}
	return ref
}

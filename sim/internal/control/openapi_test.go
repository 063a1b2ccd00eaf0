package control

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestAnswersFitTheDocument sends every GET of the table and checks the answer
// against the schema the OpenAPI document gives for its status.
func TestAnswersFitTheDocument(t *testing.T) {
	t.Parallel()
	f := newFixture()
	doc := document(t, f)
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ method, path, target, body, status string }{
		{"get", "/healthz", "/healthz", "", "200"},
		{"get", "/readyz", "/readyz", "", "200"},
		{"get", "/v1/fleet", "/v1/fleet", "", "200"},
		{"get", "/v1/stats", "/v1/stats", "", "200"},
		{"get", "/v1/operations", "/v1/operations", "", "200"},
		{"get", "/v1/operations", "/v1/operations?profile=unknown", "", "404"},
		{"post", "/v1/tokens", "/v1/tokens", "{}", "201"},
		{"post", "/v1/tokens", "/v1/tokens", `{"x":1}`, "400"},
		{"get", "/v1/cameras", "/v1/cameras", "", "200"},
		{"get", "/v1/cameras/{name}", "/v1/cameras/cam-0001", "", "200"},
		{"get", "/v1/cameras/{name}", "/v1/cameras/x", "", "404"},
		{"post", "/v1/cameras/{name}/reboot", "/v1/cameras/cam-0001/reboot", "", "202"},
		{"post", "/v1/cameras/{name}/factory-default", "/v1/cameras/cam-0001/factory-default", "", "202"},
	} {
		pointer := "openapi.json#/paths/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(tt.path) +
			"/" + tt.method + "/responses/" + tt.status + "/content/application~1json/schema"
		schema, err := compiler.Compile(pointer)
		if err != nil {
			t.Errorf("%s %s: %v", tt.method, tt.path, err)
			continue
		}
		answer, err := jsonschema.UnmarshalJSON(f.do(strings.ToUpper(tt.method), tt.target, tt.body).Body)
		if err != nil {
			t.Errorf("%s: %v", tt.target, err)
			continue
		}
		if err := schema.Validate(answer); err != nil {
			t.Errorf("%s %s: %v", tt.method, tt.target, err)
		}
	}
}

func document(t *testing.T, f *fixture) any {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(f.do("GET", "/v1/openapi.json", "").Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestDocumentHasEveryRouteOnce(t *testing.T) {
	t.Parallel()
	var doc struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			Summary     string `json:"summary"`
			OperationID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(newFixture().do("GET", "/v1/openapi.json", "").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("version %q", doc.OpenAPI)
	}
	ids := map[string]bool{}
	for _, r := range (&server{}).routes() {
		if r.Answer == nil && r.Type == "" {
			continue
		}
		op, ok := doc.Paths[r.Path][strings.ToLower(r.Method)]
		if !ok || op.Summary == "" || op.OperationID == "" || ids[op.OperationID] {
			t.Errorf("%s %s: %+v", r.Method, r.Path, op)
		}
		ids[op.OperationID] = true
	}
}

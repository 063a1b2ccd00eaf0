package control

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/google/go-cmp/cmp"
)

// bodies are request bodies of POST /v1/tokens; status 201 means taken.
func bodies() []struct {
	name, body string
	status     int
	field      string
} {
	return []struct {
		name, body string
		status     int
		field      string
	}{
		{"empty object", `{}`, 201, ""},
		{"all fields", `{"role":"onvif:User","aud":["a"],"ttl":"5m","claims":{"k":1},"bad":"expired","sub":"s","key":"k1"}`, 201, ""},
		{"space around", " \n{} \n", 201, ""},
		{"unknown field", `{"rolle":"User"}`, 400, "rolle"},
		{"wrong type", `{"role":1}`, 400, "role"},
		{"wrong type within", `{"aud":["a",2]}`, 400, "aud"},
		{"no object", `["role"]`, 400, ""},
		{"no JSON", `role=User`, 400, ""},
		{"cut", `{"role":"U`, 400, ""},
		{"two values", `{} {}`, 400, ""},
		{"rubbish after", `{} x`, 400, ""},
	}
}

func TestBodiesAreReadStrictly(t *testing.T) {
	t.Parallel()
	for _, tt := range bodies() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newFixture().do("POST", "/v1/tokens", tt.body, "Content-Type: application/json; charset=utf-8")
			if w.Code != tt.status {
				t.Fatalf("status %d, want %d: %s", w.Code, tt.status, w.Body)
			}
			if tt.status == 400 {
				if e := apiError(t, w); e.Field != tt.field {
					t.Errorf("field %q, want %q: %+v", e.Field, tt.field, e)
				}
			}
		})
	}
}

func TestEmptyBodyIsNamed(t *testing.T) {
	t.Parallel()
	w := newFixture().do("POST", "/v1/tokens", "")
	if w.Code != 400 || apiError(t, w).Error != "the body is empty" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestBodyArrivesAsSent(t *testing.T) {
	t.Parallel()
	f := newFixture()
	want := api.TokenRequest{Role: "User", Audience: []string{"a", "b"}, TTL: "5m", Claims: map[string]any{"x": "y"}, Bad: "expired"}
	body, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	f.do("POST", "/v1/tokens", string(body))
	if diff := cmp.Diff(want, f.fleet.minted); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBodyHasALimit(t *testing.T) {
	t.Parallel()
	const limit = 1000
	body := func(n int) string { return `{"sub":"` + strings.Repeat("x", n-len(`{"sub":""}`)) + `"}` }
	for n, status := range map[int]int{limit: 201, limit + 1: 413} {
		f := newFixture(func(c *Config) { c.Limits.Body = limit })
		if w := f.do("POST", "/v1/tokens", body(n)); w.Code != status {
			t.Errorf("%d bytes: %d, want %d", n, w.Code, status)
		}
	}
}

func TestFormsAreNotJSON(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "///"} {
		w := newFixture().do("POST", "/v1/tokens", `{}`, "Content-Type: "+kind)
		if w.Code != 415 || apiError(t, w).Field != "Content-Type" {
			t.Errorf("%s: %d", kind, w.Code)
		}
	}
}

func FuzzBody(f *testing.F) {
	for _, tt := range bodies() {
		f.Add(tt.body)
	}
	fixture := newFixture()
	f.Fuzz(func(t *testing.T, body string) {
		w := fixture.do("POST", "/v1/tokens", body)
		switch w.Code {
		case 201:
		case 400, 413:
			apiError(t, w)
		default:
			t.Errorf("status %d for %q", w.Code, body)
		}
	})
}

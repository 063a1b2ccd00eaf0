package control

import (
	"regexp"
	"strings"
	"testing"
)

func TestDashboardLoadsOnlyItsOwnFiles(t *testing.T) {
	t.Parallel()
	f := newFixture()
	page := f.do("GET", "/", "")
	if page.Code != 200 || page.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %s", page.Code, page.Header())
	}
	if !strings.HasPrefix(page.Header().Get("Content-Security-Policy"), "default-src 'self';") {
		t.Errorf("policy %q", page.Header().Get("Content-Security-Policy"))
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page.Body.String(), -1) {
		if w := f.do("GET", "/"+m[1], ""); w.Code != 200 {
			t.Errorf("%s: %d", m[1], w.Code)
		}
	}
	if strings.Contains(page.Body.String(), "style=") || regexp.MustCompile(`\son\w+=`).MatchString(page.Body.String()) {
		t.Error("inline style or handler: the policy forbids them")
	}
}

// TestDashboardProgramFindsWhatItLooksFor checks the ids and the API paths the
// program names against the page and the route table.
func TestDashboardProgramFindsWhatItLooksFor(t *testing.T) {
	t.Parallel()
	f := newFixture()
	page, program := f.do("GET", "/", "").Body.String(), f.do("GET", "/dashboard.js", "").Body.String()
	for _, m := range regexp.MustCompile(`\$\('#([\w-]+)'`).FindAllStringSubmatch(program, -1) {
		if !strings.Contains(page, `id="`+m[1]+`"`) {
			t.Errorf("no element #%s", m[1])
		}
	}
	for _, m := range regexp.MustCompile("[`']((?:v1/|readyz)[^`']*)[`']").FindAllStringSubmatch(program, -1) {
		path := regexp.MustCompile(`\$\{[^}]*\}`).ReplaceAllString("/"+m[1], "{name}")
		known := false
		for _, r := range (&server{}).routes() {
			known = known || r.Path == path
		}
		if !known {
			t.Errorf("no route %s", path)
		}
	}
}

package svc_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/op"
)

// cited finds what a handler's comment says of its operation.
var cited = regexp.MustCompile(`(Core|Media2?|Security|Event)\s+([0-9.]+);\s+([A-Z_]+)`)

// TestHandlersCiteTheirSection: the comment of a handler names the section and
// the access class that the operation table has.
func TestHandlersCiteTheirSection(t *testing.T) {
	t.Parallel()
	rows := map[string]*op.Row{}
	for _, c := range camera.Operations(nil) {
		rows[c.Row.Service+"/"+c.Row.Name] = c.Row
	}
	for _, service := range []string{"device", "media", "media2", "security"} {
		docs, operations := map[string]string{}, map[string]string{}
		files, err := filepath.Glob(filepath.Join(service, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", service, err)
		}
		for _, file := range files {
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					docs[n.Name.Name] = n.Doc.Text()
				case *ast.KeyValueExpr: // of the table of handlers
					key, ok := n.Key.(*ast.Ident)
					value, ok2 := n.Value.(*ast.Ident)
					if ok && ok2 && rows[service+"/"+key.Name] != nil {
						operations[key.Name] = value.Name
					}
				}
				return true
			})
		}
		if len(operations) == 0 {
			t.Errorf("%s has no handlers", service)
		}
		for operation, handler := range operations {
			row := rows[service+"/"+operation]
			document, rest, _ := strings.Cut(row.Section, " ")
			_, section, _ := strings.Cut(rest, " ")
			want := document + " " + section + "; " + row.Class.String()
			m := cited.FindStringSubmatch(docs[handler])
			if m == nil || m[1]+" "+m[2]+"; "+m[3] != want {
				t.Errorf("%s: the comment cites %q, want %q", handler, m, want)
			}
		}
	}
}

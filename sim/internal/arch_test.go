// Package internal_test holds the tests of the architecture: who may import
// whom, and what only one package may do. ARCHITECTURE.md draws the same map.
package internal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/camfleet/camfleet/"

// layers lists the rooms from the bottom up. A package may import packages of
// lower lines, and of its own line only below its own path.
func layers() [][]string {
	return [][]string{
		{"sim/internal/clock", "sim/internal/seed", "streams", "sim/api", "profiles", "fixtures"},
		{"sim/internal/tpm", "sim/internal/auth", "sim/internal/soap", "sim/internal/pki", "sim/internal/discovery"},
		{"sim/internal/issuer", "sim/internal/oidc", "sim/internal/op", "sim/internal/job", "sim/internal/device", "sim/internal/keystore", "sim/internal/mediacfg", "sim/internal/rtsp", "sim/internal/tunnel"},
		{"sim/internal/oauth", "sim/internal/onvif", "sim/internal/users", "sim/internal/vault"},
		{"sim/internal/state", "sim/internal/event"},
		{"sim/internal/store", "sim/internal/factory"},
		{"sim/internal/svc", "sim/internal/fault", "sim/internal/web"},
		{"sim/internal/camera"},
		{"sim/internal/conformance"},
		{"sim/internal/fleet"},
		{"sim/internal/control"},
		{"sim"},
		{"sim/simtest"},
		{"cmd"},
	}
}

// never lists imports that are wrong even where the layers would allow them.
func never() []struct{ from, to, why string } {
	return []struct{ from, to, why string }{
		{"streams", "sim", "media knows nothing of ONVIF"},
		{"profiles", "sim", "a profile is data; the camera reads it"},
		{"sim/internal/tpm", "sim/internal/soap", "the TPM knows nothing of ONVIF"},
		{"sim/internal/keystore", "sim/internal/soap", "only soap and op know faults"},
		{"sim/internal/keystore", "sim/internal/op", "only soap and op know faults"},
		{"sim/internal/state", "sim/internal/soap", "only soap and op know faults"},
		{"sim/internal/users", "sim/internal/soap", "only soap and op know faults"},
		{"sim/internal/rtsp", "sim/internal/onvif", "RTSP knows nothing of SOAP"},
		{"sim/internal/tunnel", "sim/internal/soap", "tunnels know nothing of SOAP"},
		{"sim/internal/web", "sim/internal/soap", "the page knows nothing of SOAP"},
		{"sim/internal/rtsp", "sim/internal/soap", "RTSP knows nothing of SOAP"},
		{"sim/internal/op", "sim/internal/fault", "the camera plugs rules in"},
		{"sim/internal/svc", "sim/internal/fault", "handlers know no faults"},
		{"sim/internal/rtsp", "sim/internal/fault", "the camera plugs rules in"},
		{"cmd", "sim/internal", "the program stands on the library"},
	}
}

type pkg struct {
	Path    string `json:"ImportPath"`
	Dir     string
	Imports []string
	GoFiles []string
	Doc     string
}

func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,GoFiles,Doc", "./...")
	cmd.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		p.Path = strings.TrimPrefix(p.Path, module)
		all = append(all, p)
	}
	if len(all) < 10 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}

// under reports whether the package path is room or lies below it.
func under(path, room string) bool { return path == room || strings.HasPrefix(path, room+"/") }

// layer returns the number and room of a package: the longest room it lies in.
func layer(path string) (int, string) {
	best, at := "", -1
	for i, rooms := range layers() {
		for _, room := range rooms {
			if under(path, room) && len(room) > len(best) {
				best, at = room, i
			}
		}
	}
	return at, best
}

func isTestHelper(path string) bool {
	return strings.HasSuffix(path, "test") || strings.Contains(path, "/gen")
}

func TestArrowsPointDown(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		from, room := layer(p.Path)
		if from < 0 {
			if !isTestHelper(p.Path) {
				t.Errorf("%s is in no layer: add it to layers and to ARCHITECTURE.md", p.Path)
			}
			continue
		}
		for _, imp := range p.Imports {
			to, ok := strings.CutPrefix(imp, module)
			if !ok || isTestHelper(p.Path) {
				continue
			}
			at, other := layer(to)
			if at > from || at == from && other != room {
				t.Errorf("%s imports %s: arrows point down only", p.Path, to)
			}
			if room == "sim/internal/svc" && p.Path != room && under(to, room) && to != room {
				t.Errorf("%s imports %s: services meet in the state, not in each other", p.Path, to)
			}
			for _, n := range never() {
				if under(p.Path, n.from) && under(to, n.to) {
					t.Errorf("%s imports %s: %s", p.Path, to, n.why)
				}
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		if p.Doc == "" && len(p.GoFiles) > 0 {
			t.Errorf("%s has no package comment", p.Path)
		}
	}
}

// reserved names what only one room may use, and why.
func reserved() []struct {
	pkg, why string
	names    map[string]bool // nil: anything of the package
	rooms    []string
} {
	set := func(names ...string) map[string]bool {
		m := map[string]bool{}
		for _, n := range names {
			m[n] = true
		}
		return m
	}
	return []struct {
		pkg, why string
		names    map[string]bool
		rooms    []string
	}{
		{"time", "time comes from a clock.Clock", set("Now", "Sleep", "After", "Tick", "NewTimer", "NewTicker", "AfterFunc", "Since", "Until"),
			[]string{"sim/internal/clock", "cmd"}},
		{"math/rand", "randomness comes from a seed.Source", nil, []string{"sim/internal/seed"}},
		{"math/rand/v2", "randomness comes from a seed.Source", nil, []string{"sim/internal/seed"}},
		{"os", "flags, environment and exit belong to the program", set("Getenv", "LookupEnv", "Exit", "Args"), []string{"cmd"}},
		{"flag", "flags belong to the program", nil, []string{"cmd"}},
	}
}

func TestOnlyOneRoomReadsTimeRandomnessAndEnvironment(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		if isTestHelper(p.Path) {
			continue
		}
		for _, f := range parse(t, p) {
			imported := imports(f)
			ast.Inspect(f, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				id, ok := sel.X.(*ast.Ident)
				if !ok || id.Obj != nil {
					return true
				}
				for _, r := range reserved() {
					if imported[id.Name] != r.pkg || r.names != nil && !r.names[sel.Sel.Name] {
						continue
					}
					if !inAny(p.Path, r.rooms) && !allowed(p.Path, r.pkg+"."+sel.Sel.Name) {
						t.Errorf("%s uses %s.%s: %s", p.Path, r.pkg, sel.Sel.Name, r.why)
					}
				}
				return true
			})
		}
	}
}

// allowed lists the exceptions, each with its reason.
func allowed(path, use string) bool {
	reasons := map[string]string{
		"sim/internal/tpm/host os.Args":   "the re-executed child is the program itself",
		"sim/internal/tpm/host os.Getenv": "the mark by which a child knows that it is one",
	}
	return reasons[path+" "+use] != ""
}

func TestNoPackageHasInitOrChangingVariables(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		if isTestHelper(p.Path) {
			continue
		}
		for _, f := range parse(t, p) {
			for _, d := range f.Decls {
				switch d := d.(type) {
				case *ast.FuncDecl:
					if d.Recv == nil && d.Name.Name == "init" {
						t.Errorf("%s has an init function", p.Path)
					}
				case *ast.GenDecl:
					if d.Tok == token.VAR {
						checkVars(t, p.Path, d)
					}
				}
			}
		}
	}
}

// checkVars allows package variables that nobody changes: errors, interface
// checks, embedded files, compiled expressions, tables of plain values.
func checkVars(t *testing.T, path string, d *ast.GenDecl) {
	embedded := d.Doc != nil && strings.Contains(d.Doc.Text()+rawText(d.Doc), "go:embed")
	for _, s := range d.Specs {
		v := s.(*ast.ValueSpec)
		if embedded || v.Doc != nil && strings.Contains(rawText(v.Doc), "go:embed") {
			continue
		}
		for i, name := range v.Names {
			if name.Name == "_" {
				continue
			}
			if i >= len(v.Values) {
				t.Errorf("%s: var %s has no value: package variables must not change", path, name.Name)
				continue
			}
			if !constantLike(v.Values[i]) {
				t.Errorf("%s: var %s may change: use a constant, a function or a field", path, name.Name)
			}
		}
	}
}

func rawText(g *ast.CommentGroup) string {
	var b strings.Builder
	for _, c := range g.List {
		b.WriteString(c.Text)
	}
	return b.String()
}

// constantLike accepts composite literals, literals, and calls of a few pure
// constructors such as errors.New.
func constantLike(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.CompositeLit, *ast.BasicLit:
		return true
	case *ast.CallExpr:
		if sel, ok := e.Fun.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok {
				switch id.Name + "." + sel.Sel.Name {
				case "errors.New", "fmt.Errorf", "regexp.MustCompile", "time.Date", "netip.MustParseAddr", "netip.MustParsePrefix", "strings.NewReplacer":
					return true
				}
			}
		}
		if _, ok := e.Fun.(*ast.ArrayType); ok { // []byte("…")
			return true
		}
	case *ast.UnaryExpr:
		return constantLike(e.X)
	case *ast.SelectorExpr: // an error of another package under a name of its own
		return strings.HasPrefix(e.Sel.Name, "Err")
	}
	return false
}

func parse(t *testing.T, p pkg) []*ast.File {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

func imports(f *ast.File) map[string]string {
	m := map[string]string{}
	for _, i := range f.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			continue
		}
		name := path[strings.LastIndex(path, "/")+1:]
		if name == "v2" {
			name = "rand"
		}
		if i.Name != nil {
			name = i.Name.Name
		}
		m[name] = path
	}
	return m
}

func inAny(path string, rooms []string) bool {
	for _, r := range rooms {
		if under(path, r) {
			return true
		}
	}
	return false
}

func TestTopLevelIsTheUsersLayout(t *testing.T) {
	t.Parallel()
	want := map[string]bool{"sim": true, "profiles": true, "streams": true, "fixtures": true, "cmd": true}
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(filepath.Join("..", ".."), path)
		if err != nil || rel == "." {
			return err
		}
		top := strings.Split(filepath.ToSlash(rel), "/")[0]
		if d.IsDir() && (strings.HasPrefix(top, ".") || top == "bin") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(rel, ".go") && !want[top] {
			t.Errorf("%s is outside sim, profiles, streams, fixtures and cmd", rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

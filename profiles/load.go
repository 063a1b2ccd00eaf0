package profiles

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed *.yaml
var builtin embed.FS

// maxParents is how many profiles may extend one another.
const maxParents = 8

// Options are what a caller adds to the rules of the format.
type Options struct {
	// Operations are the names that operations_off may hold ("tds:GetUsers");
	// nil: any name.
	Operations []string
	// ReadFile reads a parent that is named by a path; nil: os.ReadFile for
	// [LoadFile], and no such parents for [Parse].
	ReadFile func(path string) ([]byte, error)
}

// Builtin returns the names of the profiles that ship with the program, in
// alphabetical order.
func Builtin() []string {
	entries, err := fs.ReadDir(builtin, ".")
	if err != nil {
		return nil // an embedded directory is always there
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".yaml")
	}
	return names
}

// Source returns the YAML text of a built-in profile as it was written.
func Source(name string) ([]byte, error) {
	if !slices.Contains(Builtin(), name) {
		return nil, &UnknownError{Name: name}
	}
	return builtin.ReadFile(name + ".yaml")
}

// builtinFile is the file name of a built-in profile in messages.
func builtinFile(name string) string { return "built-in/" + name + ".yaml" }

// UnknownError says that no built-in profile has a name.
type UnknownError struct{ Name string }

// Error names the profiles there are.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("no profile %q: built in are %s%s", e.Name, list(Builtin()), nearest(e.Name, Builtin()))
}

// Open returns a built-in profile. Errors: *UnknownError, *Errors.
func Open(name string) (*Profile, error) { return OpenWith(name, Options{}) }

// OpenWith is Open with options.
func OpenWith(name string, o Options) (*Profile, error) {
	data, err := Source(name)
	if err != nil {
		return nil, err
	}
	return ParseWith(builtinFile(name), data, o)
}

// LoadFile reads a profile from a file. Errors: *Errors, or one that wraps what
// the operating system said.
func LoadFile(path string) (*Profile, error) { return LoadFileWith(path, Options{}) }

// LoadFileWith is LoadFile with options.
func LoadFileWith(path string, o Options) (*Profile, error) {
	if o.ReadFile == nil {
		o.ReadFile = readFile
	}
	data, err := o.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	return ParseWith(path, data, o)
}

// readFile reads no more of a file than shows that it is too long.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	return data, errors.Join(err, f.Close())
}

// Parse reads a profile from data; filename is for messages, and its last element
// without ".yaml" is the name of a profile that gives none. The error is *Errors.
func Parse(filename string, data []byte) (*Profile, error) {
	return ParseWith(filename, data, Options{})
}

// ParseWith is Parse with options.
func ParseWith(filename string, data []byte, o Options) (*Profile, error) {
	schema, err := compileSchema()
	if err != nil {
		return nil, err
	}
	l := &loader{options: o, schema: schema, rep: newReport()}
	root := l.load(filename, data, nil)
	if root == nil {
		return nil, newErrors(filename, l.rep.list)
	}
	p := &Profile{}
	v := reflect.ValueOf(p).Elem()
	if err := setDefaults(v); err != nil {
		return nil, err
	}
	decode(root, v, nil, l.rep)
	if p.Name == "" {
		p.Name = nameOf(filename)
	}
	var broken []*Error
	for _, m := range p.check(o.Operations) {
		if !slices.ContainsFunc(m.paths, l.rep.touched) {
			broken = append(broken, root.placeOf(m, filename).errorf("%s", m.text))
		}
	}
	l.rep.list = append(l.rep.list, broken...)
	if len(l.rep.list) > 0 {
		return nil, newErrors(filename, l.rep.list)
	}
	return p, nil
}

// placeOf returns where a broken rule is shown: at the first of its values that
// stands in the given file, since the parents were right without it.
func (n *node) placeOf(m problem, filename string) place {
	for _, path := range m.paths {
		if at := n.find(path); at.src != nil && at.src.file == filename && n.lookup(path) != nil {
			return at
		}
	}
	return n.find(m.paths[0])
}

// nameOf returns the profile name a file stands for.
func nameOf(filename string) string {
	base := strings.ToLower(filepath.Base(filename))
	base = strings.TrimSuffix(strings.TrimSuffix(base, ".yaml"), ".yml")
	name := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, base), "-")
	return name[:min(len(name), 64)]
}

// loader reads one profile and its parents.
type loader struct {
	options Options
	schema  *jsonschema.Schema
	rep     *report
}

// load returns the tree of a file merged over its parents', nil if a file could
// not be read as a tree. chain holds the files that led here.
func (l *loader) load(filename string, data []byte, chain []string) *node {
	root, errs := parseTree(filename, data)
	if len(errs) > 0 {
		l.rep.list = append(l.rep.list, errs...)
		return nil
	}
	checkSchema(l.schema, root, l.rep)
	extends := root.child("extends")
	if extends == nil || extends.value.kind != text || extends.value.text == "" {
		return root
	}
	parent := l.parent(extends.value, filename, append(chain, filename))
	if parent == nil {
		return nil
	}
	return merge(without(parent, "name", "extends", "description"), root)
}

// parent loads what the value of extends names.
func (l *loader) parent(extends *node, filename string, chain []string) *node {
	name, parent := extends.text, builtinFile(extends.text)
	path0 := []string{"extends"}
	read := func(string) ([]byte, error) { return Source(name) }
	if isPath(name) {
		parent, read = name, l.options.ReadFile
		if !filepath.IsAbs(name) {
			parent = path.Join(filepath.ToSlash(filepath.Dir(filename)), filepath.ToSlash(name))
		}
	}
	switch {
	case read == nil:
		l.rep.add(path0, extends.at, "only a built-in profile can be extended here: %s", list(Builtin()))
		return nil
	case slices.Contains(chain, parent):
		l.rep.add(path0, extends.at, "extends itself: %s", strings.Join(append(chain, parent), " → "))
		return nil
	case len(chain) > maxParents:
		l.rep.add(path0, extends.at, "more than %d profiles extend one another", maxParents)
		return nil
	}
	data, err := read(parent)
	if err != nil {
		l.rep.add(path0, extends.at, "%v", err)
		return nil
	}
	return l.load(parent, data, chain)
}

// isPath reports whether the value of extends names a file.
func isPath(name string) bool {
	return strings.ContainsAny(name, `/\`) || strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

package profiles

import (
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// maxParents is how many profiles may extend one another.
const maxParents = 8

func (r *Reader) parse(filename string, data []byte, readParent func(string) ([]byte, error)) (*Profile, error) {
	l := &loader{readFile: readParent, schema: r.schema, rep: newReport()}
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
	for _, m := range p.check(r.options.Operations) {
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
	readFile func(path string) ([]byte, error) // nil: no parents by path
	schema   *jsonschema.Schema
	rep      *report
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
		parent, read = name, l.readFile
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

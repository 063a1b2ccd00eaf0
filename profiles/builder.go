package profiles

import (
	"math"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// builder makes nodes of the parser's tree.
type builder struct {
	src     *source
	anchors map[string]*node
	errs    []*Error
}

func (b *builder) at(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{src: b.src, line: 1, column: 1}
	}
	return place{src: b.src, line: t.Position.Line, column: t.Position.Column}
}

// start returns where a value begins; the parser's token of a block mapping is its
// first colon.
func (b *builder) start(n ast.Node) place {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return b.start(n.Values[0])
		}
	case *ast.MappingValueNode:
		return b.at(n.Key.GetToken())
	}
	return b.at(n.GetToken())
}

func (b *builder) fail(at place, format string, args ...any) *node {
	b.errs = append(b.errs, at.errorf(format, args...))
	return &node{at: at, size: 1}
}

func (b *builder) document(file *ast.File) *node {
	var bodies []ast.Node
	for _, d := range file.Docs {
		if d == nil || d.Body == nil || d.Body.Type() == ast.CommentType {
			continue
		}
		if d.Body.Type() == ast.DirectiveType {
			b.fail(b.at(d.Body.GetToken()), "YAML directives are not taken")
			continue
		}
		bodies = append(bodies, d.Body)
	}
	start := place{src: b.src, line: 1, column: 1}
	switch {
	case len(bodies) > 1:
		return b.fail(b.start(bodies[1]), "a second document begins here; a file holds one profile")
	case len(bodies) == 0:
		if len(b.errs) > 0 {
			return nil
		}
		return b.fail(start, "the profile is empty")
	}
	root := b.node(bodies[0], 0)
	if root.kind != mapping && len(b.errs) == 0 {
		return b.fail(root.at, "want a mapping of profile settings, found %v", root.kind)
	}
	if root.size > maxNodes {
		return b.fail(start, "more than %d values once the aliases are filled in", maxNodes)
	}
	root.at = start
	return root
}

// node turns one value into a node.
func (b *builder) node(n ast.Node, depth int) *node {
	if n == nil {
		return &node{at: place{src: b.src, line: 1, column: 1}, size: 1}
	}
	at := b.start(n)
	if depth > maxNesting {
		return b.fail(at, "nested deeper than %d levels", maxNesting)
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return b.mapping(at, n.Values, depth)
	case *ast.MappingValueNode:
		return b.mapping(at, []*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		return b.sequence(at, n, depth)
	case *ast.AnchorNode:
		return b.anchor(n, depth)
	case *ast.AliasNode:
		return b.alias(n, depth)
	case *ast.TagNode:
		return b.fail(at, "YAML tags are not taken")
	default:
		return b.scalar(at, n)
	}
}

func (b *builder) mapping(at place, values []*ast.MappingValueNode, depth int) *node {
	out := &node{kind: mapping, at: at, size: 1}
	for _, v := range values {
		keyAt := b.at(v.Key.GetToken())
		key, ok := keyText(v.Key)
		if !ok {
			b.fail(keyAt, "a key is to be a plain word")
			continue
		}
		if v.Key.IsMergeKey() {
			b.fail(keyAt, "merge keys are not taken; use extends")
			continue
		}
		value := b.node(v.Value, depth+1)
		if first := out.child(key); first != nil {
			b.fail(keyAt, "%q is already set in line %d", key, first.at.line)
			continue
		}
		if value.kind == null {
			value = &node{at: keyAt, size: 1} // an empty value has no place of its own
		}
		out.pairs = append(out.pairs, pair{key: key, at: keyAt, value: value})
		out.grow(value)
	}
	return out
}

func (b *builder) sequence(at place, n *ast.SequenceNode, depth int) *node {
	out := &node{kind: sequence, at: at, size: 1}
	for _, v := range n.Values {
		item := b.word(v)
		if item == nil {
			item = b.node(v, depth+1)
		}
		out.items = append(out.items, item)
		out.grow(item)
	}
	return out
}

// word returns the text of a list's item such as tds:GetUsers, nil for any other
// item. Within braces the parser takes that for a mapping; YAML 1.2 (7.3.3) says
// that a colon without white space behind it belongs to the text.
func (b *builder) word(n ast.Node) *node {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) == 1 {
		n = m.Values[0]
	}
	v, ok := n.(*ast.MappingValueNode)
	if !ok || v.Key.GetToken().Type != token.StringType || v.Start == nil || v.Value == nil {
		return nil
	}
	at, value := b.start(v), b.start(v.Value)
	if value.line != v.Start.Position.Line || value.column != v.Start.Position.Column+1 || value.line != at.line {
		return nil
	}
	rest := string([]rune(b.src.lines[at.line-1])[at.column-1:])
	if end := strings.IndexAny(rest, ",[]{} "); end >= 0 {
		rest = rest[:end]
	}
	return &node{kind: text, text: rest, at: at, size: 1}
}

// grow counts a child in.
func (n *node) grow(child *node) {
	n.size = min(n.size+child.size, maxNodes+1)
	n.depth = max(n.depth, child.depth+1)
}

func (b *builder) anchor(n *ast.AnchorNode, depth int) *node {
	value := b.node(n.Value, depth)
	if name, ok := keyText(n.Name); ok {
		b.anchors[name] = value
	}
	return value
}

func (b *builder) alias(n *ast.AliasNode, depth int) *node {
	at := b.at(n.GetToken())
	name, _ := keyText(n.Value)
	value, ok := b.anchors[name]
	switch {
	case !ok:
		return b.fail(at, "no anchor &%s stands above", name)
	case depth+value.depth > maxNesting:
		return b.fail(at, "nested deeper than %d levels", maxNesting)
	}
	return value
}

// keyText returns the text of a scalar used as a key or a name.
func keyText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.MergeKeyNode:
		return "<<", true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func (b *builder) scalar(at place, n ast.Node) *node {
	out := &node{at: at, size: 1}
	switch n := n.(type) {
	case *ast.StringNode:
		out.kind, out.text = text, n.Value
	case *ast.LiteralNode:
		out.kind, out.text = text, n.Value.Value
	case *ast.BoolNode:
		out.kind, out.value = boolean, n.Value
	case *ast.IntegerNode:
		out.kind, out.value, out.text = integer, n.Value, n.GetToken().Value
	case *ast.FloatNode:
		out.kind, out.value, out.text = float, n.Value, n.GetToken().Value
		if math.IsInf(n.Value, 0) || math.IsNaN(n.Value) {
			return b.fail(at, "%s is not a number that can be used", strconv.Quote(out.text))
		}
	case *ast.NullNode:
		out.kind = null
	default:
		return b.fail(at, "%s is not taken in a profile", strings.ToLower(n.Type().YAMLName()))
	}
	return out
}

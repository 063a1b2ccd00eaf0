package profiles

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of a profile's file. They hold for the reader, not for cameras.
const (
	maxFileBytes = 64 << 10
	maxNesting   = 16    // mappings and lists within one another
	maxNodes     = 10000 // values, each alias counted with all it stands for
)

type nodeKind uint8

const (
	null nodeKind = iota
	boolean
	integer
	float
	text
	mapping
	sequence
)

// String returns the word used in messages.
func (k nodeKind) String() string {
	return [...]string{"nothing", "true or false", "a whole number", "a number", "a text", "a mapping", "a list"}[k]
}

// node is a YAML value with its place. Aliases share nodes, so a node is never
// changed once it is made.
type node struct {
	kind  nodeKind
	text  string // scalars, as written or (text) as meant
	value any    // bool, int64, uint64 or float64
	pairs []pair
	items []*node
	at    place
	size  int // nodes in all, aliases expanded
	depth int // of nesting, aliases expanded
}

type pair struct {
	key   string
	at    place
	value *node
}

// child returns the value of a key, nil if there is none.
func (n *node) child(key string) *pair {
	for i := range n.pairs {
		if n.pairs[i].key == key {
			return &n.pairs[i]
		}
	}
	return nil
}

// parseTree reads one YAML document into a tree; errors are all there are.
func parseTree(file string, data []byte) (*node, []*Error) {
	if len(data) > maxFileBytes {
		return nil, []*Error{{Position: Position{File: file}, Message: fmt.Sprintf("the file has more than %v", Size(maxFileBytes))}}
	}
	src, data, errs := newSource(file, data)
	if len(errs) > 0 {
		return nil, errs
	}
	tokens := lexer.Tokenize(string(data))
	if err := checkNesting(src, tokens); err != nil {
		return nil, []*Error{err}
	}
	parsed, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, []*Error{syntaxError(src, err)}
	}
	b := &builder{src: src, anchors: map[string]*node{}}
	root := b.document(parsed)
	return root, b.errs
}

// checkNesting bounds what the recursive parser is given.
func checkNesting(src *source, tokens token.Tokens) *Error {
	flow, line, entries := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, entries = t.Position.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			entries++
		}
		if flow > maxNesting || entries > maxNesting {
			return place{src, t.Position.Line, t.Position.Column}.errorf("nested deeper than %d levels", maxNesting)
		}
	}
	return nil
}

// syntaxError turns the parser's error into one with a place.
func syntaxError(src *source, err error) *Error {
	at, message := place{src: src}, err.Error()
	if e, ok := err.(interface {
		GetToken() *token.Token
		GetMessage() string
	}); ok {
		message = e.GetMessage()
		if t := e.GetToken(); t != nil && t.Position != nil {
			at.line, at.column = t.Position.Line, t.Position.Column
		}
	}
	return at.errorf("not YAML: %s", strings.ReplaceAll(message, "\n", " "))
}

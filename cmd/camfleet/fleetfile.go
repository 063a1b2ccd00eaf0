package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxFleetFile bounds a fleet.yaml, in bytes.
const maxFleetFile = 1 << 20

// fleetFile is a fleet.yaml: flag names and their values as text.
type fleetFile struct {
	path   string
	values map[string]fleetValue
	order  []string
}

// fleetValue is one value and where it stands.
type fleetValue struct {
	text      string
	key       *token.Token
	line, col int
}

// readFleetFile reads a fleet.yaml. A mistake in its form is a usage error; a
// file that cannot be read is not.
func readFleetFile(path string) (*fleetFile, error) {
	data, err := readBounded(path)
	if err != nil {
		return nil, fmt.Errorf("fleet file: %w", err)
	}
	return parseFleetFile(path, data)
}

// parseFleetFile reads the mapping of a fleet.yaml; path is for messages. The
// error is *usage: mistakes with file:line:column, all at once but for those
// against YAML itself.
func parseFleetFile(path string, data []byte) (*fleetFile, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, &usage{errors.New(yamlError(path, err))}
	}
	f := &fleetFile{path: path, values: map[string]fleetValue{}}
	var all []error
	for i, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if i > 0 {
			all = append(all, f.mistake(doc.Body.GetToken(), "a second document begins here; write one fleet a file"))
			break
		}
		all = append(all, f.read(doc.Body)...)
	}
	if len(all) > 0 {
		return nil, &usage{errors.Join(all...)}
	}
	return f, nil
}

// readBounded reads a whole file that is not too long.
func readBounded(path string) ([]byte, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(in, maxFleetFile+1))
	if err = errors.Join(err, in.Close()); err != nil {
		return nil, err
	}
	if len(data) > maxFleetFile {
		return nil, fmt.Errorf("%s is longer than %d bytes", path, maxFleetFile)
	}
	return data, nil
}

// yamlError is the first line of a syntax error, which begins "[3:4] ".
func yamlError(path string, err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	if place, text, ok := strings.Cut(strings.TrimPrefix(line, "["), "] "); ok {
		return fmt.Sprintf("%s:%s: %s", path, place, text)
	}
	return path + ": " + line
}

// read takes the top mapping apart.
func (f *fleetFile) read(body ast.Node) (all []error) {
	var pairs []*ast.MappingValueNode
	switch n := body.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	case *ast.CommentGroupNode, *ast.NullNode:
		return nil
	default:
		return []error{f.mistake(body.GetToken(), "keys such as \"n: 4\" are wanted here")}
	}
	for _, pair := range pairs {
		key := pair.Key.GetToken()
		if _, twice := f.values[key.Value]; twice {
			all = append(all, f.mistake(key, fmt.Sprintf("key %q stands here a second time", key.Value)))
			continue
		}
		text, err := f.scalar(key.Value, pair.Value)
		if err != nil {
			all = append(all, err)
			continue
		}
		at := pair.Value.GetToken().Position
		f.values[key.Value] = fleetValue{text: text, key: key, line: at.Line, col: at.Column}
		f.order = append(f.order, key.Value)
	}
	return all
}

// scalar is a value as the flag would take it; a list is joined by commas.
func (f *fleetFile) scalar(key string, n ast.Node) (string, error) {
	switch n := n.(type) {
	case *ast.SequenceNode:
		var parts []string
		for _, item := range n.Values {
			if _, deeper := item.(*ast.SequenceNode); deeper || key != "profile" {
				return "", f.mistake(item.GetToken(), fmt.Sprintf("key %q takes one value, not a list", key))
			}
			part, err := f.scalar(key, item)
			if err != nil {
				return "", err
			}
			parts = append(parts, part)
		}
		return strings.Join(parts, ","), nil
	case *ast.StringNode:
		return n.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, nil
	}
	return "", f.mistake(n.GetToken(), fmt.Sprintf("key %q takes a text, a number, true or false", key))
}

// check refuses keys that are none, all at once.
func (f *fleetFile) check(known []string) error {
	var all []error
	for _, key := range f.order {
		if slices.Contains(known, key) {
			continue
		}
		all = append(all, f.mistake(f.values[key].key, fmt.Sprintf("there is no key %q; keys are %s", key, strings.Join(known, ", "))))
	}
	if len(all) == 0 {
		return nil
	}
	return &usage{errors.Join(all...)}
}

func (f *fleetFile) mistake(t *token.Token, text string) error {
	return fmt.Errorf("%s:%d:%d: %s", f.path, t.Position.Line, t.Position.Column, text)
}

// at is where a value stands.
func (f *fleetFile) at(v fleetValue) string { return fmt.Sprintf("%s:%d:%d", f.path, v.line, v.col) }

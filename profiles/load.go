package profiles

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed *.yaml
var builtin embed.FS

// Options are what a caller adds to the rules of the format.
type Options struct {
	// Operations are the names that operations_off may hold ("tds:GetUsers");
	// nil: any name.
	Operations []string
	// ReadFile reads files; nil: those of the operating system for LoadFile, and
	// no parents that are named by a path for Open and Parse.
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

// Reader reads profiles. Its methods may be called by many goroutines.
type Reader struct {
	options Options
	schema  *jsonschema.Schema
}

// NewReader returns a reader; making one costs more than reading a profile.
func NewReader(o Options) (*Reader, error) {
	schema, err := compileSchema()
	if err != nil {
		return nil, err
	}
	return &Reader{options: o, schema: schema}, nil
}

// Open returns a built-in profile. Errors: *UnknownError, *Errors.
func (r *Reader) Open(name string) (*Profile, error) {
	data, err := Source(name)
	if err != nil {
		return nil, err
	}
	return r.parse(builtinFile(name), data, r.options.ReadFile)
}

// LoadFile reads a profile from a file; its parents may be files too. Errors:
// *Errors, or one that wraps what the operating system said.
func (r *Reader) LoadFile(path string) (*Profile, error) {
	read := r.options.ReadFile
	if read == nil {
		read = readFile
	}
	data, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	return r.parse(path, data, read)
}

// Parse reads a profile from data; filename is for messages, and its last element
// without ".yaml" is the name of a profile that gives none. The error is *Errors.
func (r *Reader) Parse(filename string, data []byte) (*Profile, error) {
	return r.parse(filename, data, r.options.ReadFile)
}

// Open is [Reader.Open] of a reader without options.
func Open(name string) (*Profile, error) {
	r, err := NewReader(Options{})
	if err != nil {
		return nil, err
	}
	return r.Open(name)
}

// LoadFile is [Reader.LoadFile] of a reader without options.
func LoadFile(path string) (*Profile, error) {
	r, err := NewReader(Options{})
	if err != nil {
		return nil, err
	}
	return r.LoadFile(path)
}

// Parse is [Reader.Parse] of a reader without options.
func Parse(filename string, data []byte) (*Profile, error) {
	r, err := NewReader(Options{})
	if err != nil {
		return nil, err
	}
	return r.Parse(filename, data)
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

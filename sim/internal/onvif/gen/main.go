// Command gen writes the packages below sim/internal/onvif: the types of every
// schema the device services need, and each operation's row and handler field.
//
//	gen            write what changed
//	gen -check     write nothing; name what differs and exit with status 1
//
// The output depends on nothing but the source files (see package onvif).
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	check := flag.Bool("check", false, "only compare the committed code with what would be written")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	s, err := findSources(".", os.Getenv)
	if err != nil {
		return err
	}
	files, err := generate(s)
	if err != nil {
		return err
	}
	different, err := compare(s.Output, files)
	if err != nil {
		return err
	}
	if check && len(different) > 0 {
		return fmt.Errorf("not what the generator makes (run go generate ./...): %v", different)
	}
	for _, path := range different {
		full := filepath.Join(s.Output, path)
		if files[path] == nil {
			if err := os.Remove(full); err != nil {
				return err
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(full, files[path], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate makes every file, by its path below the output folder.
func generate(s Sources) (map[string][]byte, error) {
	all, err := readSchemas(s, documents())
	if err != nil {
		return nil, err
	}
	b, err := build(all)
	if err != nil {
		return nil, err
	}
	ops, err := readOperations(s.Operations)
	if err != nil {
		return nil, err
	}
	byPackage := map[string][]*operation{}
	for _, o := range ops {
		if err := all.resolve(o); err != nil {
			return nil, err
		}
		byPackage[o.Prefix] = append(byPackage[o.Prefix], o)
	}
	files := map[string][]byte{}
	for pkg, decls := range b.out {
		if files[filepath.Join(pkg, "types.go")], err = types(pkg, all.spaces[pkg], decls); err != nil {
			return nil, err
		}
	}
	for pkg, ops := range byPackage {
		if files[filepath.Join(pkg, "operations.go")], err = b.operations(pkg, ops); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// compare names the files below dir that differ from what they should be, and
// generated ones that should not be there, in order.
func compare(dir string, files map[string][]byte) ([]string, error) {
	var different []string
	for path, want := range files {
		have, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		if !bytes.Equal(have, want) {
			different = append(different, path)
		}
	}
	for _, name := range []string{"types.go", "operations.go"} {
		found, err := filepath.Glob(filepath.Join(dir, "*", name))
		if err != nil {
			return nil, err
		}
		for _, full := range found {
			path, err := filepath.Rel(dir, full)
			if err != nil {
				return nil, err
			}
			if files[path] == nil && path != filepath.Join("gen", name) {
				different = append(different, path)
			}
		}
	}
	slices.Sort(different)
	return different, nil
}

package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/camfleet/camfleet/sim/api"
)

// settings completes the command line: what no flag says comes from the
// environment, then from fleet.yaml, then from the default. It remembers where
// each value came from, so that mistakes name the right place.
type settings struct {
	getenv   func(string) string
	file     *fleetFile        // nil: none
	defaults map[string]string // instead of the flags' own
	sources  map[string]string // flag name → "CAMFLEET_N", "fleet.yaml:3:4"; absent: the flag
}

var _ kong.Resolver = (*settings)(nil)

// Validate checks that fleet.yaml has only keys that up has flags for.
func (s *settings) Validate(app *kong.Application) error {
	if s.file == nil {
		return nil
	}
	return s.file.check(fleetKeys(app))
}

// fleetKeys lists the flags that fleet.yaml may set.
func fleetKeys(app *kong.Application) []string {
	var keys []string
	for _, command := range app.Children {
		if command.Name != "up" {
			continue
		}
		for _, flag := range command.Flags {
			if flag.Tag.Get("setting") == "fleet" && flag.Name != "file" {
				keys = append(keys, flag.Name)
			}
		}
	}
	return keys
}

// Resolve gives the value of a flag that is not on the command line.
func (s *settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if !flag.Tag.Has("setting") {
		return nil, nil
	}
	if value := s.getenv(variable(flag.Name)); value != "" {
		s.sources[flag.Name] = variable(flag.Name)
		return value, nil
	}
	if s.file != nil && flag.Tag.Get("setting") == "fleet" {
		if v, ok := s.file.values[flag.Name]; ok {
			s.sources[flag.Name] = s.file.at(v)
			return v.text, nil
		}
	}
	if value, ok := s.defaults[flag.Name]; ok {
		return value, nil
	}
	return nil, nil
}

// variable is the environment variable of a flag.
func variable(flag string) string {
	return "CAMFLEET_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// sentence is an error as one line, with the place its value came from; the
// mistakes of a profile have the source line and a caret below.
func (s *settings) sentence(err error) string {
	var bad *api.ConfigError
	if errors.As(err, &bad) && bad.Field != "" {
		text := s.place(bad.Field) + ": " + bad.Text
		if bad.Hint != "" {
			text += "; " + bad.Hint
		}
		return text
	}
	text := err.Error()
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		// kong begins with its summary of the flag: "-n, --n=INT: …".
		if i := strings.Index(rest, ": "); i >= 0 {
			return s.place(flagOf(rest[:i])) + rest[i:]
		}
	}
	return text
}

// flagOf finds the name in kong's summary of a flag: "n, --n=INT" or "-json".
func flagOf(summary string) string {
	if _, long, ok := strings.Cut(summary, "--"); ok {
		summary = long
	}
	name, _, _ := strings.Cut(strings.TrimLeft(summary, "-"), "=")
	name, _, _ = strings.Cut(name, " ")
	return name
}

// place says where a flag's value came from.
func (s *settings) place(flag string) string {
	if source, ok := s.sources[flag]; ok {
		return fmt.Sprintf("%s (%s)", source, flag)
	}
	if len(flag) == 1 {
		return "-" + flag
	}
	return "--" + flag
}

package store

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/state"
)

// Migration brings the data of a section from one version to the next.
type Migration func(data json.RawMessage) (json.RawMessage, error)

// sectionFormat says how one section is stored. Its version is one more than
// the number of its migrations.
type sectionFormat struct {
	name string
	// migrations[i] brings version i+1 to version i+2.
	migrations []Migration
	decode     func(t *state.Tree, data []byte) error
}

func (f sectionFormat) version() int { return len(f.migrations) + 1 }

// kind is what stands in the section's documents.
func (f sectionFormat) kind() string { return "camfleet " + f.name }

// sections returns the format of every section of a tree. A changed section
// gets a migration here.
func sections() map[string]sectionFormat {
	list := []sectionFormat{
		{name: "device", decode: func(t *state.Tree, d []byte) error { return into(&t.Device, d) }},
		// Format 2 has passwords sealed; those in clear are sealed when the camera is started.
		{name: "users", migrations: []Migration{unchanged}, decode: func(t *state.Tree, d []byte) error { return into(&t.Users, d) }},
		{name: "keystore", decode: func(t *state.Tree, d []byte) error { return into(&t.Keystore, d) }},
		{name: "media", decode: func(t *state.Tree, d []byte) error { return into(&t.Media, d) }},
		{name: "jobs", decode: func(t *state.Tree, d []byte) error { return into(&t.Jobs, d) }},
		{name: "origin", decode: func(t *state.Tree, d []byte) error { return into(&t.Origin, d) }},
	}
	out := make(map[string]sectionFormat, len(list))
	for _, f := range list {
		out[f.name] = f
	}
	return out
}

// unchanged is a migration to a format that has more fields.
func unchanged(data json.RawMessage) (json.RawMessage, error) { return data, nil }

// into decodes a section strictly: a field nobody knows is an error, since
// storing the section again would lose it.
func into[T any](section **T, data []byte) error {
	s := new(T)
	if err := strict(data, s); err != nil {
		return err
	}
	*section = s
	return nil
}

func strict(data []byte, value any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	return dec.Decode(value)
}

// load reads the document of a section into the tree, migrating it if need be.
func (f sectionFormat) load(path string, text []byte, t *state.Tree) error {
	d, err := decode(path, f.kind(), f.version(), text)
	if err != nil {
		return err
	}
	for v := d.Version; v < f.version(); v++ {
		if d.Data, err = f.migrations[v-1](d.Data); err != nil {
			return corrupt(path, "migration from format %d: %w", v, err)
		}
	}
	if err := f.decode(t, d.Data); err != nil {
		return corrupt(path, "%w", fmt.Errorf("section %s: %w", f.name, err))
	}
	return nil
}

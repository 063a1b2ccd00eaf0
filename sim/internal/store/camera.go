package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/camfleet/camfleet/sim/internal/state"
)

const (
	manifestFile    = "manifest.json"
	manifestKind    = "camfleet camera"
	manifestVersion = 1
)

// manifest says what the tree of a camera is made of.
type manifest struct {
	Version  uint64            `json:"version"`  // of the tree
	Sections map[string]string `json:"sections"` // name of the section → its SHA-256
}

// Camera is the folder of one camera. It is a [state.Saver].
type Camera struct {
	files   files
	formats map[string]sectionFormat

	mu sync.Mutex
	// sums and parts are what is on the disk for sure; empty after a failure,
	// so that the next Save writes everything.
	sums  map[string]string
	parts map[string]state.Part
	// unplaced are sections that are stored under their new names only.
	unplaced []string

	tpm sync.Mutex // held while the TPM's image is written
}

func newCamera(f files) *Camera {
	return &Camera{files: f, formats: sections(), sums: map[string]string{}, parts: map[string]state.Part{}}
}

// Dir returns the camera's folder.
func (c *Camera) Dir() string { return c.files.dir }

// Load reads the tree. Sections that an older camfleet did not have are nil.
func (c *Camera) Load() (state.Tree, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var t state.Tree
	m, err := c.manifest()
	if err != nil {
		return t, err
	}
	t.Version = m.Version
	c.unplaced = nil
	for _, name := range slices.Sorted(maps.Keys(m.Sections)) {
		f, ok := c.formats[name]
		if !ok {
			return t, &Error{c.files.path(manifestFile), fmt.Errorf("%w: unknown section %.40q", ErrNewer, name), "use that camfleet, or another --state directory"}
		}
		if err := c.section(f, m.Sections[name], &t); err != nil {
			return t, err
		}
	}
	if err := t.Validate(); err != nil {
		return t, corrupt(c.files.dir, "%w", err)
	}
	c.remember(&t, m.Sections)
	return t, c.tidy()
}

func (c *Camera) manifest() (manifest, error) {
	var m manifest
	text, err := c.files.read(manifestFile)
	if err != nil {
		return m, err
	}
	d, err := decode(c.files.path(manifestFile), manifestKind, manifestVersion, text)
	if err != nil {
		return m, err
	}
	if err := strict(d.Data, &m); err != nil {
		return m, corrupt(c.files.path(manifestFile), "%w", err)
	}
	return m, nil
}

// section reads one section: the file in place, or the one that a stop right
// after the manifest has left under its new name.
func (c *Camera) section(f sectionFormat, sum string, t *state.Tree) error {
	name := f.name + ".json"
	text, err := c.files.read(name)
	if err == nil && documentSum(text) == sum {
		return f.load(c.files.path(name), text, t)
	}
	if text, errNew := c.files.read(name + newSuffix); errNew == nil && documentSum(text) == sum {
		c.unplaced = append(c.unplaced, f.name)
		return f.load(c.files.path(name+newSuffix), text, t)
	}
	if err != nil {
		return err
	}
	if err := f.load(c.files.path(name), text, new(state.Tree)); err != nil {
		return err // says more than that the manifest disagrees
	}
	return corrupt(c.files.path(name), "it is not the file that %s lists", manifestFile)
}

// documentSum is the checksum of a document's data, as far as it has any.
func documentSum(text []byte) string {
	var d document
	if err := unmarshalCompact(text, &d); err != nil {
		return ""
	}
	return checksum(d.Data)
}

// remember notes what is on the disk.
func (c *Camera) remember(t *state.Tree, sums map[string]string) {
	c.sums, c.parts = sums, map[string]state.Part{}
	for _, p := range t.Parts() {
		c.parts[p.Name] = p
	}
}

func (c *Camera) forget() { c.sums, c.parts = map[string]string{}, map[string]state.Part{} }

// tidy finishes what a stop has interrupted: sections move into place, and
// what never became true goes.
func (c *Camera) tidy() error {
	c.tpm.Lock()
	defer c.tpm.Unlock()
	if err := c.place(); err != nil {
		return err
	}
	entries, err := c.files.fs.ReadDir(c.files.dir)
	if err != nil {
		return ioError(c.files.dir, err)
	}
	for _, e := range entries {
		if name, isNew := cutNew(e.Name()); isNew {
			if err := c.files.discard(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// place moves stored sections to their proper names.
func (c *Camera) place() error {
	for len(c.unplaced) > 0 {
		if err := c.files.install(c.unplaced[0] + ".json"); err != nil {
			return err
		}
		c.unplaced = c.unplaced[1:]
	}
	return nil
}

// Save stores the tree, all of it or nothing; sections that have not changed
// since the last call are not written.
func (c *Camera) Save(t *state.Tree) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.place(); err != nil {
		return err
	}
	next := manifest{Version: t.Version, Sections: map[string]string{}}
	b := &batch{files: c.files}
	var written []string
	for _, p := range t.Parts() {
		if sum, ok := c.sums[p.Name]; ok && c.parts[p.Name] == p {
			next.Sections[p.Name] = sum
			continue
		}
		f := c.formats[p.Name]
		text, sum, err := encode(f.version(), f.kind(), p.Section)
		if err == nil {
			err = b.add(p.Name+".json", text)
		}
		if err != nil {
			return errors.Join(err, b.discard())
		}
		next.Sections[p.Name] = sum
		written = append(written, p.Name)
	}
	return c.commit(t, next, b, written)
}

// commit makes the prepared sections true by replacing the manifest.
func (c *Camera) commit(t *state.Tree, next manifest, b *batch, written []string) error {
	text, _, err := encode(manifestVersion, manifestKind, next)
	if err == nil {
		err = b.add(manifestFile, text)
	}
	if err == nil {
		err = b.finish() // all is on the disk before anything counts
	}
	if err == nil {
		err = c.files.install(manifestFile)
	}
	if err != nil {
		return errors.Join(err, b.discard())
	}
	c.unplaced = written
	if err := c.files.sync(); err != nil {
		c.forget() // it is on the disk, but who knows for how long
		return err
	}
	c.remember(t, next.Sections)
	if err := c.place(); err != nil {
		return nil //nolint:nilerr // the change is stored; the next Save tries again
	}
	return nil
}

package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
)

// MaxFile is the largest file a store reads, in bytes.
const MaxFile = 64 << 20

// document is the form of every JSON file of a store.
type document struct {
	Version int    `json:"v"`
	Kind    string `json:"kind"`
	// Sum is the SHA-256 of the data without its white space.
	Sum  string          `json:"sha256"`
	Data json.RawMessage `json:"data"`
}

// encode puts a value into a document and returns its bytes and its sum. The
// data is one line: to indent it would cost more than all the rest.
func encode(version int, kind string, value any) (text []byte, sum string, err error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", kind, err)
	}
	sum = checksum(data)
	text = fmt.Appendf(nil, "{\n \"v\": %d,\n \"kind\": %q,\n \"sha256\": %q,\n \"data\": %s\n}\n", version, kind, sum, data)
	return text, sum, nil
}

func checksum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// decode reads a document of the given kind and checks its sum. A version
// above newest is refused.
func decode(path, kind string, newest int, text []byte) (document, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return d, corrupt(path, "not JSON: %w", err)
	}
	if d.Kind != kind {
		return d, &Error{path, fmt.Errorf("%w: it is %.40q, not %q", ErrForeign, d.Kind, kind), "use an empty or new --state directory"}
	}
	if d.Version > newest {
		return d, newer(path, d.Version, newest)
	}
	var data bytes.Buffer
	if err := json.Compact(&data, d.Data); err != nil || d.Version < 1 {
		return d, corrupt(path, "no data")
	}
	if d.Data = data.Bytes(); checksum(d.Data) != d.Sum {
		return d, corrupt(path, "the checksum differs")
	}
	return d, nil
}

// files reads and writes whole files of one directory.
type files struct {
	fs  FS
	dir string
}

func (f files) path(name string) string { return filepath.Join(f.dir, name) }

// read returns a file's content; a file that is not there is ErrMissing.
func (f files) read(name string) ([]byte, error) {
	text, err := f.fs.ReadFile(f.path(name), MaxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Error{f.path(name), ErrMissing, "restore it from a copy, or use another --state directory"}
	case errors.Is(err, errTooLarge):
		return nil, corrupt(f.path(name), "larger than %d bytes", MaxFile)
	}
	return text, ioError(f.path(name), err)
}

// prepare writes a file beside the one it is going to replace, down to the
// disk. An error leaves nothing behind.
func (f files) prepare(name string, content []byte) error {
	path := f.path(name + newSuffix)
	file, err := f.fs.Create(path)
	if err != nil {
		return ioError(path, err)
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return ioError(path, errors.Join(err, ignoreMissing(f.fs.Remove(path))))
	}
	return nil
}

// batch is several files that are prepared together: they go down to the disk at
// the same time, which takes hardly longer than one of them.
type batch struct {
	files files
	names []string
	open  []File
}

// add writes a file as prepare does, but for its way down to the disk. An error
// leaves nothing of it behind.
func (b *batch) add(name string, content []byte) error {
	path := b.files.path(name + newSuffix)
	file, err := b.files.fs.Create(path)
	if err != nil {
		return ioError(path, err)
	}
	if _, err := file.Write(content); err != nil {
		return ioError(path, errors.Join(err, file.Close(), ignoreMissing(b.files.fs.Remove(path))))
	}
	b.names, b.open = append(b.names, name), append(b.open, file)
	return nil
}

// finish waits until all files and their names are on the disk. After an error
// discard what is there.
func (b *batch) finish() error {
	errs := make([]error, len(b.open)+1)
	var wg sync.WaitGroup
	for i, file := range b.open {
		wg.Go(func() { errs[i] = ioError(b.files.path(b.names[i]+newSuffix), errors.Join(file.Sync(), file.Close())) })
	}
	b.open = nil
	errs[len(errs)-1] = b.files.sync()
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err // the others say the same
		}
	}
	return nil
}

// discard lets go of all files.
func (b *batch) discard() error {
	var errs []error
	for _, file := range b.open {
		errs = append(errs, file.Close())
	}
	for _, name := range b.names {
		errs = append(errs, b.files.discard(name))
	}
	return errors.Join(errs...)
}

// newSuffix marks files that are not in place yet.
const newSuffix = ".new"

// install puts a prepared file into place.
func (f files) install(name string) error {
	return ioError(f.path(name), f.fs.Rename(f.path(name+newSuffix), f.path(name)))
}

// sync makes all renaming in the directory last.
func (f files) sync() error { return ioError(f.dir, f.fs.SyncDir(f.dir)) }

// replace writes a file so that at any instant it is the old or the new one.
func (f files) replace(name string, content []byte) error {
	if err := f.prepare(name, content); err != nil {
		return err
	}
	if err := f.install(name); err != nil {
		return errors.Join(err, f.discard(name))
	}
	return f.sync()
}

// discard removes a prepared file.
func (f files) discard(name string) error {
	return ioError(f.path(name+newSuffix), ignoreMissing(f.fs.Remove(f.path(name+newSuffix))))
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// unmarshalCompact reads a document and takes the white space out of its data.
func unmarshalCompact(text []byte, d *document) error {
	if err := json.Unmarshal(text, d); err != nil {
		return err
	}
	var data bytes.Buffer
	if err := json.Compact(&data, d.Data); err != nil {
		return err
	}
	d.Data = data.Bytes()
	return nil
}

// cutNew tells whether a file is not in place yet, and its proper name.
func cutNew(name string) (string, bool) { return strings.CutSuffix(name, newSuffix) }

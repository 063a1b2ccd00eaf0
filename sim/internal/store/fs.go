package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// FS is the little of a file system that a store uses. Paths are the host's.
type FS interface {
	// ReadFile reads a whole file, at most limit bytes.
	ReadFile(path string, limit int64) ([]byte, error)
	// Create makes a new file for writing, or empties the one there is.
	Create(path string) (File, error)
	Rename(from, to string) error
	Remove(path string) error
	RemoveAll(path string) error
	MkdirAll(path string) error
	// ReadDir lists a directory by name.
	ReadDir(path string) ([]fs.DirEntry, error)
	// SyncDir makes what happened to the names in a directory last.
	SyncDir(path string) error
}

// File is a file being written.
type File interface {
	io.Writer
	Sync() error
	Close() error
}

// OS returns the machine's file system. Files are made with mode 0600,
// directories with 0700.
func OS() FS { return osFS{} }

type osFS struct{}

var errTooLarge = errors.New("file too large")

func (osFS) ReadFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, errTooLarge
	}
	return data, err
}

func (osFS) Create(path string) (File, error) {
	return os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
}

func (osFS) Rename(from, to string) error               { return os.Rename(from, to) }
func (osFS) Remove(path string) error                   { return os.Remove(path) }
func (osFS) RemoveAll(path string) error                { return os.RemoveAll(path) }
func (osFS) MkdirAll(path string) error                 { return os.MkdirAll(path, 0o700) }
func (osFS) ReadDir(path string) ([]fs.DirEntry, error) { return os.ReadDir(path) }

func (osFS) SyncDir(path string) error {
	d, err := os.Open(filepath.Clean(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

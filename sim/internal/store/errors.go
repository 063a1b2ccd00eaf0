// Package store keeps the state of a fleet in a directory (product 8):
//
//	DIR/lock                      held by the fleet that uses the directory
//	DIR/fleet.json                seed, authorities, list of cameras
//	DIR/cam-0001/manifest.json    which sections there are, with checksums
//	DIR/cam-0001/device.json …    one file a section
//	DIR/cam-0001/tpm.nv           the TPM's non-volatile memory
//
// A change of several sections is written beside the old ones, then becomes
// true by the renaming of the manifest, then moves into place. So a process
// killed at any instant loses at most the change in flight, and never half of
// one. All files are readable by their owner only, since they hold secrets.
package store

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// The kinds of trouble; an [Error] is one of them, or a plain I/O error.
var (
	ErrLocked     = errors.New("in use by another fleet")
	ErrNewer      = errors.New("written by a newer camfleet")
	ErrForeign    = errors.New("not a camfleet state directory")
	ErrCorrupt    = errors.New("damaged")
	ErrFull       = errors.New("no space left")
	ErrPermission = errors.New("no permission")
	ErrMissing    = errors.New("not there")
	ErrName       = errors.New("not a usable camera name")
	ErrClosed     = errors.New("the state directory is closed")
)

// Error says what is wrong, where, and what to do, in one line.
type Error struct {
	Path string // file or directory
	Err  error
	Hint string // what to do; may be empty
}

// Error is "path: what is wrong; what to do".
func (e *Error) Error() string {
	if e.Hint == "" {
		return fmt.Sprintf("%s: %v", e.Path, e.Err)
	}
	return fmt.Sprintf("%s: %v; %s", e.Path, e.Err, e.Hint)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ioError makes an Error of what the file system said about path.
func ioError(path string, err error) error {
	var already *Error
	if err == nil || errors.As(err, &already) {
		return err
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err // the path is said already
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return &Error{path, fmt.Errorf("%w (%w)", ErrFull, err), "make room on this disk; nothing was changed"}
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return &Error{path, fmt.Errorf("%w (%w)", ErrPermission, err), "choose a --state directory that you may write to"}
	}
	return &Error{path, err, "choose another --state directory"}
}

func corrupt(path, format string, args ...any) error {
	return &Error{path, fmt.Errorf("%w: %w", ErrCorrupt, fmt.Errorf(format, args...)), "restore it from a copy, or use another --state directory"}
}

func newer(path string, has, knows int) error {
	return &Error{path, fmt.Errorf("%w: format %d, known is up to %d", ErrNewer, has, knows), "use that camfleet, or another --state directory"}
}

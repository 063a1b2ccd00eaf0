//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package store

import "errors"

type lock struct{}

// acquire refuses: without a lock that ends with its process, two fleets
// could write to one directory.
func acquire(path string) (*lock, error) {
	return nil, &Error{path, errors.New("this system has no file locks that camfleet can use"), "start without --state"}
}

func (*lock) release() error { return nil }

//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package store_test

import (
	"syscall"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/store"
)

// TestLockEndsWithCloseEvenIfAChildHasACopy gives a copy of every open file
// to a child, as starting a process does for a moment.
func TestLockEndsWithCloseEvenIfAChildHasACopy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := store.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Dup(store.LockFD(f))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd) //nolint:errcheck // the copy
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir, nil)
}

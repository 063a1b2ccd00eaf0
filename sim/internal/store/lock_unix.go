//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// lock is the hold on a state directory. The kernel lets go of it when the
// process ends, however it ends.
type lock struct{ f *os.File }

// acquire takes the lock file, or says who has it.
func acquire(path string) (*lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_CLOEXEC, 0o600) //nolint:gosec // the user's own directory
	if err != nil {
		return nil, ioError(path, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close() //nolint:errcheck // nothing was written
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ioError(path, err)
		}
		return nil, &Error{path, fmt.Errorf("%w%s", ErrLocked, holder(f)), "stop it, or use another --state directory"}
	}
	l := &lock{f}
	if err := l.sign(); err != nil {
		return nil, errors.Join(ioError(path, err), l.release())
	}
	return l, nil
}

// sign writes who holds the lock.
func (l *lock) sign() error {
	if err := l.f.Truncate(0); err != nil {
		return err
	}
	_, err := l.f.WriteAt([]byte(fmt.Sprintln(os.Getpid())), 0)
	return err
}

// holder reads who holds the lock; empty if it has not said yet.
func holder(f *os.File) string {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 32))
	pid := strings.TrimSpace(string(text))
	if err != nil || pid == "" {
		return ""
	}
	return " (process " + pid + ")"
}

// release unlocks before it closes: a child that is just being started has a
// copy of the file until it becomes another program, and would keep the lock.
func (l *lock) release() error {
	return errors.Join(syscall.Flock(int(l.f.Fd()), syscall.LOCK_UN), l.f.Close())
}

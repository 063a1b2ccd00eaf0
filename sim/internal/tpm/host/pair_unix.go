//go:build unix && !linux

package host

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func socketpair(kind int) ([2]int, error) {
	syscall.ForkLock.RLock() // until they are marked, no process may inherit them
	defer syscall.ForkLock.RUnlock()
	fds, err := unix.Socketpair(unix.AF_UNIX, kind, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	return fds, err
}

// program returns the path of this program.
func program() (string, error) { return os.Executable() }

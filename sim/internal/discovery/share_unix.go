//go:build unix

package discovery

import (
	"errors"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// shareAddress lets clients on this machine bind the port as well, as some
// (ZoneMinder's probe) must. On Linux SO_REUSEADDR is all it takes, and answers
// to such a client then reach the socket that was bound last: its own. With
// SO_REUSEPORT on both the kernel would deal them out by chance. The BSDs need it.
func shareAddress(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		if failed == nil && runtime.GOOS != "linux" {
			failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		}
	})
	return errors.Join(err, failed)
}

package host

import "golang.org/x/sys/unix"

func socketpair(kind int) ([2]int, error) {
	return unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
}

// program returns the path of this program, which may since have been
// replaced or removed.
func program() (string, error) { return "/proc/self/exe", nil }

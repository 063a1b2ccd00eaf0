//go:build unix

package host

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// pair returns a connected pair of sockets: ours, and one for another process.
func pair(kind int) (net.Conn, *os.File, error) {
	fds, err := socketpair(kind)
	if err != nil {
		return nil, nil, fmt.Errorf("socket pair for a TPM process: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "tpm"), os.NewFile(uintptr(fds[1]), "tpm")
	defer ours.Close() //nolint:errcheck // the connection is a copy
	conn, err := net.FileConn(ours)
	if err != nil {
		theirs.Close() //nolint:errcheck // it was never used
		return nil, nil, fmt.Errorf("socket for a TPM process: %w", err)
	}
	return conn, theirs, nil
}

// PairStream returns a connected pair of stream sockets: a connection and the
// file that goes to another process.
func PairStream() (net.Conn, *os.File, error) { return pair(unix.SOCK_STREAM) }

// again returns a command that starts this program to become what role says,
// with the socket as its file descriptor 3.
func (h *Host) again(role string, socket *os.File) (*exec.Cmd, error) {
	path, err := program()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	cmd := exec.Command(path)
	cmd.Args = []string{"camfleet-" + role}
	cmd.Env = append(cmd.Environ(), variable+"="+role)
	cmd.Dir = string(filepath.Separator) // holds no directory of the user's
	cmd.Stderr = h.stderr
	cmd.ExtraFiles = []*os.File{socket}
	return cmd, nil
}

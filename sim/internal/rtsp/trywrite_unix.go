//go:build unix

package rtsp

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// tryWriter writes to a socket what it takes at once.
type tryWriter struct {
	raw  syscall.RawConn
	call func(fd uintptr) bool // made once: a closure a write would be garbage
	b    []byte
	n    int
	err  error
}

// newTryWriter returns nil if nc is no socket of the system.
func newTryWriter(nc net.Conn) *tryWriter {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	w := &tryWriter{raw: raw}
	w.call = func(fd uintptr) bool {
		for {
			w.n, w.err = unix.Write(int(fd), w.b)
			if !errors.Is(w.err, unix.EINTR) {
				return true // also when the socket is full: nobody waits here
			}
		}
	}
	return w
}

// write returns how many bytes the socket took; a full socket is no error. It
// is used by one goroutine at a time, and never while another one is in the
// connection's Write.
func (w *tryWriter) write(b []byte) (int, error) {
	w.b, w.n, w.err = b, 0, nil
	err := w.raw.Write(w.call)
	w.b = nil
	if err != nil {
		return 0, err
	}
	if errors.Is(w.err, unix.EAGAIN) {
		return 0, nil
	}
	if w.err != nil {
		return 0, w.err
	}
	return w.n, nil
}

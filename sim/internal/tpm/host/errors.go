package host

import "errors"

var (
	// ErrNoCgo means that the program was built without cgo (or for a system
	// the simulator does not run on) and so has no TPM in it.
	ErrNoCgo = errors.New("this program was built without cgo, so it has no TPMs in it: install gcc and libssl-dev " +
		"(Debian, Ubuntu: apt-get install gcc libssl-dev), then build it again with CGO_ENABLED=1 on Linux or another unix")
	// ErrNoConstructor means that the program was started to become a TPM and
	// did not, which happens when Go's internal linker made it.
	ErrNoConstructor = errors.New("this program's C constructors do not run: build it without -ldflags=-linkmode=internal")
	// ErrDead means that the TPM's process has ended, or was ended because it
	// did not answer in time or answered nonsense.
	ErrDead = errors.New("the TPM process has ended")
	// ErrClosed means that the host has been closed.
	ErrClosed = errors.New("the TPM host is closed")
	// ErrImage means that a TPM could not be switched on with its image.
	ErrImage = errors.New("the TPM does not start with this image")
	// ErrFrame means that what came from a TPM process is no frame.
	ErrFrame = errors.New("malformed frame")
)

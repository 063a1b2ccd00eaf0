//go:build !cgo || !unix

package host

const (
	variable   = ""
	roleZygote = ""
	roleTPM    = ""
)

// The build of the simulator, of which there is none.
const (
	Profile = "none"
	NVSize  = 0 // bytes
	Built   = false
)

// usable reports whether this program can run TPMs at all.
func usable() error { return ErrNoCgo }

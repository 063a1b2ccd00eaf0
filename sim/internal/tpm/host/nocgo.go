//go:build !cgo || !unix

package host

const (
	variable   = ""
	roleZygote = ""
	roleTPM    = ""
)

// usable reports whether this program can run TPMs at all.
func usable() error { return ErrNoCgo }

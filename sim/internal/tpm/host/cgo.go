//go:build cgo && unix

package host

// #cgo CFLAGS: -std=gnu11 -Wall -O2
// #cgo darwin,amd64 CFLAGS: -I/usr/local/opt/openssl/include
// #cgo darwin,amd64 LDFLAGS: -L/usr/local/opt/openssl/lib
// #cgo darwin,arm64 CFLAGS: -I/opt/homebrew/opt/openssl/include
// #cgo darwin,arm64 LDFLAGS: -L/opt/homebrew/opt/openssl/lib
// #cgo darwin LDFLAGS: -Wl,-undefined,dynamic_lookup
// #cgo LDFLAGS: -lcrypto
// #include "become.h"
// #include "process.h"
import "C"

import (
	// The simulator's C code, which the C files here call.
	_ "github.com/google/go-tpm-tools/simulator"
)

const (
	variable   = C.BECOME_VARIABLE
	roleZygote = C.BECOME_ZYGOTE
	roleTPM    = C.BECOME_TPM
)

// The build of the simulator, which decides how NV memory is laid out: images
// fit only the build that made them.
const (
	Profile = C.CAMFLEET_TPM_PROFILE // "stock", "big"
	NVSize  = C.NV_MEMORY_SIZE       // bytes
	Built   = true                   // that there is a simulator in this program
)

// usable reports whether this program can run TPMs at all.
func usable() error {
	if C.become_asked() != 0 {
		return ErrNoConstructor
	}
	return nil
}

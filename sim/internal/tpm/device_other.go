//go:build !unix

package tpm

import (
	"fmt"

	"github.com/google/go-tpm/tpm2/transport"
)

func openDevice(string) (transport.TPMCloser, error) {
	return nil, fmt.Errorf("%w: this system has no TPM device files", ErrBackend)
}

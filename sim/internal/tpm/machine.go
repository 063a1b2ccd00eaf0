package tpm

import (
	"context"
	"time"
)

// machine is a back end: it switches a TPM on, as often as need be.
type machine interface {
	// on starts the TPM up to TPM2_Startup. What it keeps has been saved.
	on(ctx context.Context) (wire, error)
	// opened is called when the TPM has its keys, before its first use.
	opened() error
	// image returns the image saved last; nil if the back end has none.
	image() []byte
}

// wire leads to a TPM that is switched on.
type wire interface {
	// exchange sends a command and returns the response. After an error the
	// TPM is off.
	exchange(command []byte, timeout time.Duration) ([]byte, error)
	// sync saves what exchange has left to be saved later.
	sync(timeout time.Duration) error
	// cut switches the TPM off at once. It may be called during an exchange,
	// which then gives ErrDead, and more than once.
	cut()
	// pid returns the ID of the TPM's process; 0 if it has none.
	pid() int
}

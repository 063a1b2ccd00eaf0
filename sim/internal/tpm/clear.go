package tpm

import (
	"context"

	"github.com/google/go-tpm/tpm2"
)

// Clear makes the TPM forget its owner, as a factory reset does: all blobs it
// has made become useless and all keys of Persist are gone, for a new storage
// root key takes the place of the old. The endorsement key and what WriteNV
// has written stay. Errors: ErrBackend (a TPM of this machine), ErrNoTPM,
// ErrClosed, ErrDead, ErrSave. TPM2_Clear, Part 3, 24.6.
func (t *TPM) Clear(ctx context.Context) error {
	return t.own(ctx, "clear TPM", func() error {
		if err := t.flushAll(); err != nil {
			return err
		}
		_, err := tpm2.Clear{
			AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHPlatform, Auth: tpm2.PasswordAuth(nil)},
		}.Execute(raw{t})
		if err != nil {
			return err
		}
		return t.provision()
	})
}

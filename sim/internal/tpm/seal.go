package tpm

import (
	"context"
	"fmt"

	"github.com/google/go-tpm/tpm2"
)

// MaxSeal is the most bytes that can be sealed: a key that encrypts what is
// larger. Part 2, 11.1.14.
const MaxSeal = 128

// maxRandom is what one TPM2_GetRandom is asked for; every TPM gives as many.
const maxRandom = 32

// Seal encrypts up to MaxSeal bytes so that only this TPM opens them again.
// Errors: ErrSize, ErrNoTPM, ErrClosed, ErrDead.
func (t *TPM) Seal(data []byte) (blob Blob, err error) {
	if len(data) == 0 || len(data) > MaxSeal {
		return Blob{}, fmt.Errorf("seal: %w: %d bytes, it takes 1 to %d", ErrSize, len(data), MaxSeal)
	}
	area := tpm2.TPMTPublic{
		Type: tpm2.TPMAlgKeyedHash, NameAlg: tpm2.TPMAlgSHA256,
		ObjectAttributes: tpm2.TPMAObject{FixedTPM: true, FixedParent: true, UserWithAuth: true, NoDA: true},
	}
	err = t.do(context.Background(), "seal", func() error {
		blob, err = t.createObject(area, data)
		return err
	})
	return blob, err
}

// Unseal returns what Seal was given. Errors: ErrBlob, ErrForeign, ErrNoTPM,
// ErrClosed, ErrDead. TPM2_Unseal, Part 3, 12.7.
func (t *TPM) Unseal(b Blob) (data []byte, err error) {
	p, err := b.parse()
	if err == nil && p.kind != tpm2.TPMAlgKeyedHash {
		err = fmt.Errorf("%w: it is a key and not sealed data", ErrBlob)
	}
	if err != nil {
		return nil, fmt.Errorf("unseal: %w", err)
	}
	err = t.do(context.Background(), "unseal", func() error {
		if err := t.makeRoom(2); err != nil {
			return err
		}
		handle, err := t.load(b)
		if err != nil {
			return err
		}
		r, err := t.run(newCommand(tpm2.TPMCCUnseal, 1, handle), 0)
		if err == nil {
			data = r.sized()
			err = r.done()
		}
		if flushed := t.flush(handle); err == nil {
			err = flushed
		}
		return err
	})
	return data, err
}

// Read fills p with the TPM's random numbers: a TPM is an io.Reader. Errors:
// ErrNoTPM, ErrClosed, ErrDead. TPM2_GetRandom, Part 3, 16.1.
func (t *TPM) Read(p []byte) (n int, err error) {
	err = t.do(context.Background(), "TPM random numbers", func() error {
		for n = 0; n < len(p); {
			r, err := t.run(newCommand(tpm2.TPMCCGetRandom, 0).u16(uint16(min(maxRandom, len(p)-n))), 0)
			if err != nil {
				return err
			}
			got := copy(p[n:], r.sized())
			if err := r.done(); err != nil || got == 0 {
				return fmt.Errorf("%w: no random numbers", ErrDead)
			}
			n += got
		}
		return nil
	})
	return n, err
}

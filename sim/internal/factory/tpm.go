package factory

import (
	"context"
	"crypto"
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/tpm"
)

// FromTPM gives the factory a camera's TPM to work with.
func FromTPM(ctx context.Context, t *tpm.TPM) TPM { return realTPM{ctx, t} }

type realTPM struct {
	ctx context.Context //nolint:containedctx // of the one Make it serves
	t   *tpm.TPM
}

func (r realTPM) CreateKey(s keystore.Spec) (keystore.Blob, crypto.PublicKey, error) {
	if err := r.ctx.Err(); err != nil {
		return keystore.Blob{}, nil, err
	}
	spec, err := TPMSpec(s)
	if err != nil {
		return keystore.Blob{}, nil, err
	}
	blob, err := r.t.CreateKey(spec)
	if err != nil {
		return keystore.Blob{}, nil, err
	}
	public, err := blob.PublicKey()
	return keystore.Blob{Public: blob.Public, Private: blob.Private}, public, err
}

func (r realTPM) EK() (crypto.PublicKey, error) { return r.t.EK(r.ctx, tpm.ECDSA) }

func (r realTPM) WriteNV(index uint32, data []byte) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	return r.t.WriteNV(index, data)
}

// TPMSpec says in the TPM's words what key a keystore wants.
func TPMSpec(s keystore.Spec) (tpm.KeySpec, error) {
	switch s.Algorithm {
	case keystore.RSA:
		return tpm.KeySpec{Algorithm: tpm.RSA, Bits: s.Bits}, nil
	case keystore.ECDSA:
		return tpm.KeySpec{Algorithm: tpm.ECDSA, Bits: s.Bits}, nil
	}
	return tpm.KeySpec{}, fmt.Errorf("key of algorithm %q: %w", s.Algorithm, keystore.ErrPublicKey)
}

// TPMBlob returns a keystore's blob as the TPM takes it.
func TPMBlob(b keystore.Blob) tpm.Blob { return tpm.Blob{Public: b.Public, Private: b.Private} }

package tpm

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/google/go-tpm/tpm2"
)

// Persistent handles that are the owner's to give, except HandleSRK and
// 0x81010000 to 0x8101ffff, which are for endorsement keys. Part 2, 7.5;
// TCG Registry of Reserved TPM 2.0 Handles.
const (
	MinPersistent = 0x81000000
	MaxPersistent = 0x817fffff
)

// Persist keeps a key in the TPM itself, at a handle between MinPersistent and
// MaxPersistent. To persist the same key there again does nothing. The stock
// simulator has room for five keys beside its own two. Errors: ErrOccupied,
// ErrFull, ErrBackend (a TPM of this machine), and those of [TPM.Key].
// TPM2_EvictControl, Part 3, 28.5.
func (t *TPM) Persist(b Blob, handle uint32) (*Key, error) {
	op := fmt.Sprintf("persist key at %#x", handle)
	k, err := t.newKey(b.Public, Blob{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if !ours(handle) {
		return nil, fmt.Errorf("%s: %w: it is not for keys of the owner", op, ErrBackend)
	}
	k.persistent = tpm2.TPMHandle(handle)
	err = t.own(context.Background(), op, func() error {
		present, _, err := t.readPublic(k.persistent)
		if err == nil {
			if !bytes.Equal(tpm2.Marshal(*present), b.Public) {
				return ErrOccupied
			}
			return nil
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		if err := t.makeRoom(leastSlots); err != nil {
			return err
		}
		loaded, err := t.load(b)
		if err != nil {
			return err
		}
		err = t.evictControl(loaded, tpm2.TPM2BName{Buffer: objectName(b.Public)}, k.persistent)
		return errors.Join(err, t.flush(loaded))
	})
	if err != nil {
		return nil, err
	}
	return k, nil
}

// ours reports whether a handle is for keys of Persist.
func ours(handle uint32) bool {
	const endorsement = 0x8101 // of the handles reserved for endorsement keys
	return handle >= MinPersistent && handle <= MaxPersistent && handle != HandleSRK && handle>>16 != endorsement
}

// PersistentKey returns the key that is persistent at a handle. Errors:
// ErrNotFound, ErrBlob (it is not a key this program makes), ErrNoTPM,
// ErrClosed, ErrDead.
func (t *TPM) PersistentKey(handle uint32) (*Key, error) {
	op := fmt.Sprintf("persistent key %#x", handle)
	var area []byte
	err := t.do(context.Background(), op, func() error {
		present, _, err := t.readPublic(tpm2.TPMHandle(handle))
		if err != nil {
			return err
		}
		area = tpm2.Marshal(*present)
		return nil
	})
	if err != nil {
		return nil, err
	}
	k, err := t.newKey(area, Blob{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	k.persistent = tpm2.TPMHandle(handle)
	return k, nil
}

// Evict removes the key that is persistent at a handle, if there is one. The
// TPM's own two stay. Errors: ErrBackend, ErrNoTPM, ErrClosed, ErrDead, ErrSave.
func (t *TPM) Evict(handle uint32) error {
	op := fmt.Sprintf("evict key at %#x", handle)
	if !ours(handle) {
		return fmt.Errorf("%s: %w: it is not to be evicted", op, ErrBackend)
	}
	return t.own(context.Background(), op, func() error {
		_, name, err := t.readPublic(tpm2.TPMHandle(handle))
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return t.evictControl(tpm2.TPMHandle(handle), name, tpm2.TPMHandle(handle))
	})
}

// own runs an operation that changes what is in the TPM's NV memory, which
// must be ours to change.
func (t *TPM) own(ctx context.Context, op string, f func() error) error {
	if t.borrowed {
		return fmt.Errorf("%s: %w: a TPM of this machine is left as it is", op, ErrBackend)
	}
	return t.do(ctx, op, f)
}

package tpm

import (
	"slices"

	"github.com/google/go-tpm/tpm2"
)

// Keys are loaded when they are used and stay until the room is needed:
// loading costs a sixth of a signature. A TPM has room for three transient
// objects at least, and needs one of them for the parent while it loads.

// loadedKey is a key in a transient slot.
type loadedKey struct {
	key    *Key
	handle tpm2.TPMHandle
}

// keepLoaded is the most keys that stay loaded.
const keepLoaded = 4

// handle returns the handle of a key, which is loaded if need be and flushed
// later if need be: it is good until the next call but one.
func (t *TPM) handle(k *Key) (tpm2.TPMHandle, error) {
	if k.persistent != 0 {
		return k.persistent, nil
	}
	if i := slices.IndexFunc(t.loaded, func(l loadedKey) bool { return l.key == k }); i >= 0 {
		l := t.loaded[i]
		t.loaded = append(slices.Delete(t.loaded, i, i+1), l)
		return l.handle, nil
	}
	if err := t.makeRoom(2); err != nil {
		return 0, err
	}
	handle, err := t.load(k.blob)
	if err != nil {
		return 0, err
	}
	t.loaded = append(t.loaded, loadedKey{k, handle})
	return handle, nil
}

// makeRoom flushes keys until so many slots are free.
func (t *TPM) makeRoom(free int) error {
	for len(t.loaded) > 0 && (len(t.loaded)+free > t.slots || len(t.loaded) > keepLoaded) {
		handle := t.loaded[0].handle
		t.loaded = slices.Delete(t.loaded, 0, 1)
		if err := t.flush(handle); err != nil {
			return err
		}
	}
	return nil
}

func (t *TPM) flushAll() error { return t.makeRoom(t.slots) }

// load loads an object under the storage root key (Part 3, 12.2). The caller
// flushes it.
func (t *TPM) load(b Blob) (tpm2.TPMHandle, error) {
	c := newCommand(tpm2.TPMCCLoad, 1, t.srk).sized(b.Private).sized(b.Public)
	r, err := t.run(c, 1)
	if err != nil {
		return 0, meaning(err,
			rule{tpm2.TPMRCValue, ErrUnsupportedKey}, rule{tpm2.TPMRCSize, ErrForeign}, rule{tpm2.TPMRCBinding, ErrForeign},
			rule{tpm2.TPMRCAttributes, ErrForeign}, rule{tpm2.TPMRCInsufficient, ErrForeign})
	}
	handle := tpm2.TPMHandle(r.u32())
	r.sized() // name
	return handle, r.done()
}

// flush frees a transient slot (Part 3, 28.4).
func (t *TPM) flush(handle tpm2.TPMHandle) error {
	_, err := t.run(newCommand(tpm2.TPMCCFlushContext, 0).u32(uint32(handle)), 0)
	return err
}

package tpm

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-tpm/tpm2"
)

// NV indices of endorsement key certificates. TCG EK Credential Profile, 2.2.1.4.
const (
	IndexEKCertRSA = 0x01c00002
	IndexEKCertECC = 0x01c0000a
)

// Limits of NV indices.
const (
	MinIndex  = 0x01000000
	MaxIndex  = 0x01ffffff
	MaxNVData = 2048 // bytes of an index, what the simulator has
	nvChunk   = 512  // bytes of one command; every TPM takes as many
)

// WriteNV writes data to an NV index, which is made if it isn't there or has
// another size: the platform's, readable without authorisation, kept by
// TPM2_Clear, as a manufacturer makes it for certificates. Errors: ErrSize,
// ErrFull, ErrBackend (a TPM of this machine, an index out of range),
// ErrNoTPM, ErrClosed, ErrDead, ErrSave. Part 3, 31.
func (t *TPM) WriteNV(index uint32, data []byte) error {
	op := fmt.Sprintf("write NV index %#x", index)
	if len(data) == 0 || len(data) > MaxNVData {
		return fmt.Errorf("%s: %w: %d bytes, it takes 1 to %d", op, ErrSize, len(data), MaxNVData)
	}
	if index < MinIndex || index > MaxIndex {
		return fmt.Errorf("%s: %w: no such index", op, ErrBackend)
	}
	return t.own(context.Background(), op, func() error {
		area, name, err := t.nvArea(index, len(data))
		if err != nil {
			return err
		}
		for at := 0; at < len(data); at += nvChunk {
			_, err := tpm2.NVWrite{
				AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHPlatform, Auth: tpm2.PasswordAuth(nil)},
				NVIndex:    &tpm2.NamedHandle{Handle: area, Name: name},
				Data:       tpm2.TPM2BMaxNVBuffer{Buffer: data[at:min(at+nvChunk, len(data))]},
				Offset:     uint16(at),
			}.Execute(raw{t})
			if err != nil {
				return meaning(err)
			}
		}
		return nil
	})
}

// nvArea returns an index of a size, making it if need be.
func (t *TPM) nvArea(index uint32, size int) (tpm2.TPMHandle, tpm2.TPM2BName, error) {
	public, name, err := t.nvPublic(index)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return 0, tpm2.TPM2BName{}, err
	case int(public.DataSize) == size:
		return public.NVIndex, name, nil
	default:
		if err := t.nvUndefine(index, name); err != nil {
			return 0, tpm2.TPM2BName{}, err
		}
	}
	_, err = tpm2.NVDefineSpace{
		AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHPlatform, Auth: tpm2.PasswordAuth(nil)},
		PublicInfo: tpm2.New2B(tpm2.TPMSNVPublic{
			NVIndex: tpm2.TPMHandle(index), NameAlg: tpm2.TPMAlgSHA256, DataSize: uint16(size),
			Attributes: tpm2.TPMANV{
				PPWrite: true, PPRead: true, OwnerRead: true, AuthRead: true, NoDA: true, PlatformCreate: true,
			},
		}),
	}.Execute(raw{t})
	if err != nil {
		return 0, tpm2.TPM2BName{}, meaning(err)
	}
	public, name, err = t.nvPublic(index)
	if err != nil {
		return 0, tpm2.TPM2BName{}, err
	}
	return public.NVIndex, name, nil
}

// nvPublic returns what an index is, or ErrNotFound.
func (t *TPM) nvPublic(index uint32) (*tpm2.TPMSNVPublic, tpm2.TPM2BName, error) {
	answer, err := tpm2.NVReadPublic{NVIndex: tpm2.TPMHandle(index)}.Execute(raw{t})
	if err != nil {
		return nil, tpm2.TPM2BName{}, meaning(err, rule{tpm2.TPMRCHandle, ErrNotFound}, rule{tpm2.TPMRCValue, ErrNotFound})
	}
	public, err := answer.NVPublic.Contents()
	return public, answer.NVName, err
}

func (t *TPM) nvUndefine(index uint32, name tpm2.TPM2BName) error {
	_, err := tpm2.NVUndefineSpace{
		AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHPlatform, Auth: tpm2.PasswordAuth(nil)},
		NVIndex:    &tpm2.NamedHandle{Handle: tpm2.TPMHandle(index), Name: name},
	}.Execute(raw{t})
	return meaning(err)
}

// ReadNV returns all data of an NV index. Errors: ErrNotFound (also if it has
// not been written yet), ErrNoTPM, ErrClosed, ErrDead.
func (t *TPM) ReadNV(index uint32) (data []byte, err error) {
	op := fmt.Sprintf("read NV index %#x", index)
	err = t.do(context.Background(), op, func() error {
		data = nil
		public, name, err := t.nvPublic(index)
		if err != nil {
			return err
		}
		for len(data) < int(public.DataSize) {
			read, err := tpm2.NVRead{
				AuthHandle: tpm2.AuthHandle{Handle: public.NVIndex, Name: name, Auth: tpm2.PasswordAuth(nil)},
				NVIndex:    &tpm2.NamedHandle{Handle: public.NVIndex, Name: name},
				Size:       uint16(min(nvChunk, int(public.DataSize)-len(data))),
				Offset:     uint16(len(data)),
			}.Execute(raw{t})
			if err != nil {
				return meaning(err, rule{tpm2.TPMRCNVUninitialized, ErrNotFound})
			}
			if len(read.Data.Buffer) == 0 {
				return fmt.Errorf("%w: nothing read", ErrDead)
			}
			data = append(data, read.Data.Buffer...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

// DeleteNV removes an NV index that WriteNV has made, if it is there. Errors:
// as WriteNV.
func (t *TPM) DeleteNV(index uint32) error {
	return t.own(context.Background(), fmt.Sprintf("delete NV index %#x", index), func() error {
		_, name, err := t.nvPublic(index)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return t.nvUndefine(index, name)
	})
}

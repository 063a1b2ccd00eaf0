package tpm

import (
	"errors"
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/tpm/host"
	"github.com/google/go-tpm/tpm2"
)

var (
	// ErrNoCgo is what StartHost gives in a program that was built without
	// cgo. Its text says what to install.
	ErrNoCgo = host.ErrNoCgo
	// ErrNoTPM is what every operation of a TPM with back end None gives.
	ErrNoTPM = errors.New("there is no TPM")
	// ErrClosed is what operations give after Close.
	ErrClosed = errors.New("the TPM is closed")
	// ErrDead means that the TPM died twice during one operation, or that a
	// command of Send was lost with it. The next operation starts it again.
	ErrDead = host.ErrDead
	// ErrSave means that the TPM's image could not be saved. The operation has
	// not happened: the TPM starts again from the image saved last.
	ErrSave = errors.New("save the TPM image")
	// ErrImage means that an image is not one a TPM of this program can start
	// from. It is always an *ImageError.
	ErrImage = errors.New("not an image of a TPM")
	// ErrUnsupportedKey means that this TPM has no such keys.
	ErrUnsupportedKey = errors.New("the TPM does not support this key")
	// ErrInvalidKey means that a private key is inconsistent in itself.
	ErrInvalidKey = errors.New("invalid private key")
	// ErrBlob means that a Blob is none of a TPM.
	ErrBlob = errors.New("malformed key blob")
	// ErrForeign means that a Blob was made by another TPM, or altered.
	ErrForeign = errors.New("the blob is not one of this TPM")
	// ErrUnsupportedScheme means that the TPM cannot sign or decrypt that way:
	// a hash it lacks, a salt length it does not choose, an OAEP label.
	ErrUnsupportedScheme = errors.New("the TPM does not support this scheme")
	// ErrDecryption means that a ciphertext is not one for this key.
	ErrDecryption = errors.New("decryption error")
	// ErrFull means that NV memory has no room for the object or index.
	ErrFull = errors.New("the TPM's memory is full")
	// ErrNotFound means that there is no such NV index or persistent object.
	ErrNotFound = errors.New("not in the TPM")
	// ErrOccupied means that another object is persistent at the handle.
	ErrOccupied = errors.New("the handle is taken")
	// ErrSize means that data is larger than the TPM takes at once.
	ErrSize = errors.New("too large for the TPM")
	// ErrBackend means that a Config asks a back end for what it cannot do.
	ErrBackend = errors.New("the TPM back end cannot do this")
	// ErrAttestation means that an attestation does not prove what it should.
	ErrAttestation = errors.New("attestation is not valid")
)

// meaning joins the error of a TPM command with the sentinel that says what
// it means to a caller; rules of one operation come first.
func meaning(err error, rules ...rule) error {
	if err == nil {
		return nil
	}
	rules = append(rules,
		rule{tpm2.TPMRCNVSpace, ErrFull},
		rule{tpm2.TPMRCIntegrity, ErrForeign},
	)
	for _, r := range rules {
		if errors.Is(err, r.rc) {
			return fmt.Errorf("%w: %w", r.means, err)
		}
	}
	return err
}

// rule says what a response code means.
type rule struct {
	rc    tpm2.TPMRC
	means error
}

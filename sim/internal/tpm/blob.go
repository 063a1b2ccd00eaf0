package tpm

import (
	"crypto"
	"fmt"

	"github.com/google/go-tpm/tpm2"
)

// MaxBlob is the most bytes either part of a Blob may have.
const MaxBlob = 2048

// Blob is a key, or sealed data, as it is kept outside the TPM: the public
// area, and the private area encrypted so that only the TPM that made it can
// read it. It is no secret.
type Blob struct {
	Public  []byte // TPMT_PUBLIC, Part 2, 12.2.4
	Private []byte // contents of TPM2B_PRIVATE, Part 2, 12.3.7
}

// PublicKey returns the public key of a key's blob, without asking a TPM: an
// *rsa.PublicKey or *ecdsa.PublicKey. Errors: ErrBlob.
func (b Blob) PublicKey() (crypto.PublicKey, error) {
	p, err := b.parse()
	if err != nil {
		return nil, err
	}
	if p.key == nil {
		return nil, fmt.Errorf("%w: it is sealed data and no key", ErrBlob)
	}
	return p.key, nil
}

func (b Blob) parse() (*public, error) {
	if len(b.Public) > MaxBlob || len(b.Private) > MaxBlob {
		return nil, fmt.Errorf("%w: %d and %d bytes, more than %d", ErrBlob, len(b.Public), len(b.Private), MaxBlob)
	}
	if len(b.Private) == 0 {
		return nil, fmt.Errorf("%w: it has no private part", ErrBlob)
	}
	return parsePublic(b.Public)
}

// newBlob returns the blob of an object the TPM has made.
func newBlob(private tpm2.TPM2BPrivate, public tpm2.TPM2BPublic) Blob {
	return Blob{Public: public.Bytes(), Private: private.Buffer}
}

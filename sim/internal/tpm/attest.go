package tpm

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/google/go-tpm/tpm2"
)

// Attestation is a statement of a TPM, signed with SHA-256 by one of its
// attestation keys. Part 1, 31.
type Attestation struct {
	Statement []byte // TPMS_ATTEST, Part 2, 10.12.12
	Signature []byte // ASN.1 ECDSA, or RSA PKCS #1 v1.5
}

// PCRs is the number of platform configuration registers.
const PCRs = 24

// generated is TPM_GENERATED_VALUE, with which only what a TPM has said
// itself begins. Part 2, 6.2.
const generated = 0xff544347

// Certify has the TPM state that a key is in it, with a nonce (up to 32 bytes)
// of whoever wants to know. by is an attestation key of the same TPM. Errors:
// ErrUnsupportedKey (by is none), ErrClosed, ErrDead. TPM2_Certify, Part 3, 18.2.
func (k *Key) Certify(by *Key, nonce []byte) (a Attestation, err error) {
	const op = "certify key"
	if err := by.attests(k.tpm, nonce); err != nil {
		return Attestation{}, fmt.Errorf("%s: %w", op, err)
	}
	err = by.use(op, func(signer tpm2.TPMHandle) error {
		handle, err := k.tpm.handle(k)
		if err != nil {
			return err
		}
		c := newCommand(tpm2.TPMCCCertify, 2, handle, signer).sized(nonce).u16(uint16(tpm2.TPMAlgNull))
		a, err = k.tpm.attest(c)
		return err
	})
	return a, err
}

// Quote has the TPM state the values of platform configuration registers of
// the SHA-256 bank. Errors: as [Key.Certify], ErrSize for a register that is
// none. TPM2_Quote, Part 3, 18.4.
func (k *Key) Quote(nonce []byte, pcrs ...int) (a Attestation, err error) {
	const op = "quote"
	if err := k.attests(k.tpm, nonce); err != nil {
		return Attestation{}, fmt.Errorf("%s: %w", op, err)
	}
	selection, err := selectPCRs(pcrs)
	if err != nil {
		return Attestation{}, fmt.Errorf("%s: %w", op, err)
	}
	err = k.use(op, func(signer tpm2.TPMHandle) error {
		c := newCommand(tpm2.TPMCCQuote, 1, signer).sized(nonce).u16(uint16(tpm2.TPMAlgNull))
		c.b = append(c.b, selection...)
		a, err = k.tpm.attest(c)
		return err
	})
	return a, err
}

// attests is an error unless the key is an attestation key of t.
func (k *Key) attests(t *TPM, nonce []byte) error {
	if k.public.attributes&restricted == 0 || k.public.scheme == tpm2.TPMAlgNull {
		return fmt.Errorf("%w: it is no attestation key", ErrUnsupportedKey)
	}
	if k.tpm != t {
		return fmt.Errorf("%w: the attestation key is of another TPM", ErrForeign)
	}
	if len(nonce) > sha256.Size {
		return fmt.Errorf("%w: a nonce of %d bytes, it takes %d", ErrSize, len(nonce), sha256.Size)
	}
	return nil
}

// selectPCRs returns a TPML_PCR_SELECTION with one bank. Part 2, 10.9.7.
func selectPCRs(pcrs []int) ([]byte, error) {
	bits := make([]byte, PCRs/8)
	for _, p := range pcrs {
		if p < 0 || p >= PCRs {
			return nil, fmt.Errorf("%w: register %d", ErrSize, p)
		}
		bits[p/8] |= 1 << (p % 8)
	}
	var c command
	c.u32(1).u16(uint16(tpm2.TPMAlgSHA256))
	return append(append(c.b, byte(len(bits))), bits...), nil
}

func (t *TPM) attest(c *command) (Attestation, error) {
	r, err := t.run(c, 0)
	if err != nil {
		return Attestation{}, err
	}
	statement := r.sized()
	signature, err := readSignature(r)
	return Attestation{Statement: statement, Signature: signature}, err
}

// VerifyCertify reports whether a proves that the key with the public area
// (Blob.Public) is in the TPM of the attestation key by, and that this was
// said in answer to nonce. The error is ErrAttestation.
func (a Attestation) VerifyCertify(by crypto.PublicKey, area, nonce []byte) error {
	r, err := a.verify(by, tpm2.TPMSTAttestCertify, nonce)
	if err != nil {
		return err
	}
	name := r.sized()
	r.sized() // qualified name
	if r.done() != nil || !bytes.Equal(name, objectName(area)) {
		return fmt.Errorf("%w: it is of another key", ErrAttestation)
	}
	return nil
}

// VerifyQuote reports whether a states that the registers, in ascending
// order, have the digests (SHA-256, 32 bytes each), in answer to nonce. The
// error is ErrAttestation.
func (a Attestation) VerifyQuote(by crypto.PublicKey, nonce []byte, pcrs []int, values [][]byte) error {
	r, err := a.verify(by, tpm2.TPMSTAttestQuote, nonce)
	if err != nil {
		return err
	}
	want, err := selectPCRs(pcrs)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAttestation, err)
	}
	selection, digest := r.take(len(want)), r.sized()
	sum := sha256.Sum256(slices.Concat(values...))
	if r.done() != nil || !bytes.Equal(selection, want) || !bytes.Equal(digest, sum[:]) {
		return fmt.Errorf("%w: it is of other registers or other values", ErrAttestation)
	}
	return nil
}

// verify checks the signature and what all statements have in common, and
// returns a reader at the rest.
func (a Attestation) verify(by crypto.PublicKey, kind tpm2.TPMST, nonce []byte) (*reader, error) {
	digest := sha256.Sum256(a.Statement)
	good := false
	switch key := by.(type) {
	case *ecdsa.PublicKey:
		good = ecdsa.VerifyASN1(key, digest[:], a.Signature)
	case *rsa.PublicKey:
		good = rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], a.Signature) == nil
	}
	if !good {
		return nil, fmt.Errorf("%w: wrong signature", ErrAttestation)
	}
	r := &reader{b: a.Statement}
	magic, said := r.u32(), tpm2.TPMST(r.u16())
	r.sized() // qualified signer
	extra := r.sized()
	r.take(binary.Size(uint64(0)) + 4 + 4 + 1 + 8) // clock, resets, restarts, safe, firmware version
	if r.bad || magic != generated || said != kind {
		return nil, fmt.Errorf("%w: another kind of statement", ErrAttestation)
	}
	if !bytes.Equal(extra, nonce) {
		return nil, fmt.Errorf("%w: wrong nonce", ErrAttestation)
	}
	return r, nil
}

package tpm

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1"   // so that crypto.SHA1 has a size and a New
	_ "crypto/sha256" // likewise
	_ "crypto/sha512" // likewise
	"fmt"
	"io"
	"math/big"

	"github.com/google/go-tpm/tpm2"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// hashAlg returns a hash as TPMs here sign with.
func hashAlg(h crypto.Hash) (tpm2.TPMAlgID, bool) {
	switch h {
	case crypto.SHA1:
		return tpm2.TPMAlgSHA1, true
	case crypto.SHA256:
		return tpm2.TPMAlgSHA256, true
	case crypto.SHA384:
		return tpm2.TPMAlgSHA384, true
	case crypto.SHA512:
		return tpm2.TPMAlgSHA512, true
	}
	return 0, false
}

// Sign signs a digest: RSA with PKCS #1 v1.5, or PSS (salt as long as the
// hash) when opts is an *rsa.PSSOptions; ECDSA in ASN.1. The hash is SHA-1,
// SHA-256, SHA-384 or SHA-512; with RSA and PKCS #1 v1.5 also crypto.MD5SHA1, as
// TLS 1.0 and 1.1 have it (RFC 4346 7.4.3). The random numbers are the TPM's own, the
// reader is not used. Errors: ErrUnsupportedScheme, ErrClosed, ErrDead, ErrSave.
// TPM2_Sign, Part 3, 20.2.
func (k *Key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) (signature []byte, err error) {
	const op = "TPM signature"
	if key, ok := k.rsa(); ok && isMD5SHA1(opts) && len(digest) == crypto.MD5SHA1.Size() && k.public.attributes&restricted == 0 {
		return RSAKey{k}.signBare(op, key, digest)
	}
	scheme, hash, err := k.scheme(digest, opts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	err = k.use(op, func(handle tpm2.TPMHandle) error {
		signature, err = k.tpm.sign(handle, digest, scheme, hash)
		return err
	})
	return signature, err
}

// isMD5SHA1 tells signatures without a named hash, with PKCS #1 v1.5.
func isMD5SHA1(opts crypto.SignerOpts) bool {
	h, ok := opts.(crypto.Hash)
	return ok && h == crypto.MD5SHA1
}

// signBare signs a digest that no name of a hash goes with, which TPM2_Sign does
// not do: the padding is made here (RFC 8017 9.2, EMSA-PKCS1-v1_5 of the bare
// digest), the TPM takes the private power.
func (k RSAKey) signBare(op string, key *rsa.PublicKey, digest []byte) ([]byte, error) {
	block := bytes.Repeat([]byte{0xff}, key.Size())
	block[0], block[1], block[len(block)-len(digest)-1] = 0, 1, 0
	copy(block[len(block)-len(digest):], digest)
	power, err := k.rsaDecrypt(op, block, tpm2.TPMAlgNull)
	if err != nil {
		return nil, err
	}
	if len(power) > key.Size() {
		return nil, fmt.Errorf("%s: %w: a signature of %d bytes", op, ErrDead, len(power))
	}
	return append(make([]byte, key.Size()-len(power)), power...), nil
}

// scheme returns how opts want a digest signed.
func (k *Key) scheme(digest []byte, opts crypto.SignerOpts) (scheme, hash tpm2.TPMAlgID, err error) {
	if k.public.attributes&restricted != 0 {
		return 0, 0, fmt.Errorf("%w: an attestation key signs only what the TPM says itself", ErrUnsupportedScheme)
	}
	var h crypto.Hash
	if opts != nil {
		h = opts.HashFunc()
	}
	hash, ok := hashAlg(h)
	if !ok {
		return 0, 0, fmt.Errorf("%w: hash %v", ErrUnsupportedScheme, h)
	}
	if len(digest) != h.Size() {
		return 0, 0, fmt.Errorf("%w: a digest of %d bytes for %v", ErrUnsupportedScheme, len(digest), h)
	}
	key, isRSA := k.rsa()
	if !isRSA {
		return tpm2.TPMAlgECDSA, hash, nil
	}
	pss, isPSS := opts.(*rsa.PSSOptions)
	if !isPSS {
		return tpm2.TPMAlgRSASSA, hash, nil
	}
	switch pss.SaltLength {
	case rsa.PSSSaltLengthAuto, rsa.PSSSaltLengthEqualsHash, h.Size():
	default:
		return 0, 0, fmt.Errorf("%w: a PSS salt of %d bytes, the TPM's is as long as the hash", ErrUnsupportedScheme, pss.SaltLength)
	}
	if (key.N.BitLen()-1+7)/8 < 2*h.Size()+2 { // RFC 8017, 9.1.1
		return 0, 0, fmt.Errorf("%w: PSS with %v does not fit %d bits", ErrUnsupportedScheme, h, key.N.BitLen())
	}
	return tpm2.TPMAlgRSAPSS, hash, nil
}

// sign has the TPM sign with a loaded key.
func (t *TPM) sign(handle tpm2.TPMHandle, digest []byte, scheme, hash tpm2.TPMAlgID) ([]byte, error) {
	c := newCommand(tpm2.TPMCCSign, 1, handle).sized(digest).u16(uint16(scheme)).u16(uint16(hash))
	// The proof that the TPM made the digest, which only restricted keys need.
	c.u16(uint16(tpm2.TPMSTHashCheck)).u32(uint32(tpm2.TPMRHNull)).u16(0)
	r, err := t.run(c, 0)
	if err != nil {
		return nil, meaning(err, rule{tpm2.TPMRCScheme, ErrUnsupportedScheme}, rule{tpm2.TPMRCKeySize, ErrUnsupportedScheme})
	}
	return readSignature(r)
}

// readSignature reads a TPMT_SIGNATURE (Part 2, 11.3.4) and returns the
// signature as Go's crypto packages have it.
func readSignature(r *reader) ([]byte, error) {
	switch scheme := tpm2.TPMAlgID(r.u16()); scheme {
	case tpm2.TPMAlgRSASSA, tpm2.TPMAlgRSAPSS:
		r.u16() // hash
		signature := r.sized()
		return signature, r.done()
	case tpm2.TPMAlgECDSA:
		r.u16()
		x, y := new(big.Int).SetBytes(r.sized()), new(big.Int).SetBytes(r.sized())
		if err := r.done(); err != nil {
			return nil, err
		}
		var b cryptobyte.Builder
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1BigInt(x)
			b.AddASN1BigInt(y)
		})
		return b.Bytes()
	default:
		return nil, fmt.Errorf("%w: a signature of scheme %#x", ErrDead, scheme)
	}
}

package tpm

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"fmt"

	"github.com/google/go-tpm/tpm2"
)

// ImportKey brings a private key, an *rsa.PrivateKey or *ecdsa.PrivateKey,
// under the storage root key. The key is then used as one of CreateKey is,
// though it has been outside. Errors: ErrUnsupportedKey (another kind, a size
// or curve the TPM lacks, RSA with other than two primes or with the exponent
// 3), ErrInvalidKey, ErrNoTPM, ErrClosed, ErrDead. TPM2_Import, Part 3, 13.3.
func (t *TPM) ImportKey(key crypto.PrivateKey) (blob Blob, err error) {
	const op = "import key"
	if t.machine == nil {
		return Blob{}, fmt.Errorf("%s: %w", op, ErrNoTPM)
	}
	spec, area, sensitive, err := importable(key)
	if err != nil {
		return Blob{}, fmt.Errorf("%s: %w", op, err)
	}
	err = t.do(context.Background(), op, func() error {
		if ok, err := t.supports(spec); err != nil || !ok {
			return orUnsupported(err)
		}
		blob, err = t.importObject(area, sensitive)
		return err
	})
	if err != nil {
		return Blob{}, err
	}
	return blob, nil
}

// importable returns a key as the TPM's structures.
func importable(key crypto.PrivateKey) (spec KeySpec, area tpm2.TPMTPublic, sensitive tpm2.TPMTSensitive, err error) {
	area = tpm2.TPMTPublic{
		NameAlg:          tpm2.TPMAlgSHA256,
		ObjectAttributes: tpm2.TPMAObject{UserWithAuth: true, NoDA: true, SignEncrypt: true, Decrypt: true},
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		spec, err = importableRSA(k, &area, &sensitive)
	case *ecdsa.PrivateKey:
		spec, err = importableECDSA(k, &area, &sensitive)
	default:
		err = fmt.Errorf("%w: %T", ErrUnsupportedKey, key)
	}
	return spec, area, sensitive, err
}

func importableRSA(k *rsa.PrivateKey, area *tpm2.TPMTPublic, sensitive *tpm2.TPMTSensitive) (KeySpec, error) {
	spec, _ := specOf(&k.PublicKey)
	if len(k.Primes) != 2 {
		return spec, fmt.Errorf("%w: RSA with %d primes", ErrUnsupportedKey, len(k.Primes))
	}
	if k.E <= 3 {
		return spec, fmt.Errorf("%w: RSA with the exponent %d", ErrUnsupportedKey, k.E)
	}
	if _, ok := spec.parms(); !ok {
		return spec, fmt.Errorf("%w: %v", ErrUnsupportedKey, spec)
	}
	if err := k.Validate(); err != nil {
		return spec, fmt.Errorf("%w: %w", ErrInvalidKey, err)
	}
	parms := &tpm2.TPMSRSAParms{KeyBits: tpm2.TPMKeyBits(spec.Bits)}
	if k.E != 65537 { // which is written as 0
		parms.Exponent = uint32(k.E)
	}
	if k.Primes[0].BitLen() != spec.Bits/2 {
		return spec, fmt.Errorf("%w: RSA with primes of unequal size", ErrUnsupportedKey)
	}
	area.Type, sensitive.SensitiveType = tpm2.TPMAlgRSA, tpm2.TPMAlgRSA
	area.Parameters = tpm2.NewTPMUPublicParms(tpm2.TPMAlgRSA, parms)
	area.Unique = tpm2.NewTPMUPublicID(tpm2.TPMAlgRSA, &tpm2.TPM2BPublicKeyRSA{Buffer: k.N.Bytes()})
	sensitive.Sensitive = tpm2.NewTPMUSensitiveComposite(tpm2.TPMAlgRSA, &tpm2.TPM2BPrivateKeyRSA{Buffer: k.Primes[0].Bytes()})
	return spec, nil
}

func importableECDSA(k *ecdsa.PrivateKey, area *tpm2.TPMTPublic, sensitive *tpm2.TPMTSensitive) (KeySpec, error) {
	spec, ok := specOf(&k.PublicKey)
	if !ok {
		return spec, fmt.Errorf("%w: curve %s", ErrUnsupportedKey, k.Params().Name)
	}
	scalar, err := k.Bytes()
	if err != nil {
		return spec, fmt.Errorf("%w: %w", ErrInvalidKey, err)
	}
	same, err := ecdsa.ParseRawPrivateKey(k.Curve, scalar)
	if err != nil || !same.PublicKey.Equal(&k.PublicKey) {
		return spec, fmt.Errorf("%w: its two halves do not belong together", ErrInvalidKey)
	}
	point, err := k.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return spec, fmt.Errorf("%w: %w", ErrInvalidKey, err)
	}
	size := len(point) / 2
	c, _ := curveOf(spec.Bits)
	area.Type, sensitive.SensitiveType = tpm2.TPMAlgECC, tpm2.TPMAlgECC
	area.Parameters = tpm2.NewTPMUPublicParms(tpm2.TPMAlgECC, &tpm2.TPMSECCParms{CurveID: c.id})
	area.Unique = tpm2.NewTPMUPublicID(tpm2.TPMAlgECC, &tpm2.TPMSECCPoint{
		X: tpm2.TPM2BECCParameter{Buffer: point[1 : 1+size]}, Y: tpm2.TPM2BECCParameter{Buffer: point[1+size:]},
	})
	sensitive.Sensitive = tpm2.NewTPMUSensitiveComposite(tpm2.TPMAlgECC, &tpm2.TPM2BECCParameter{Buffer: scalar})
	return spec, nil
}

// importObject wraps a key for the storage root key. It comes unwrapped: the
// way to the TPM is this program's own.
func (t *TPM) importObject(area tpm2.TPMTPublic, sensitive tpm2.TPMTSensitive) (Blob, error) {
	if err := t.makeRoom(leastSlots); err != nil {
		return Blob{}, err
	}
	public := tpm2.New2B(area)
	made, err := tpm2.Import{
		ParentHandle: tpm2.AuthHandle{Handle: t.srk, Name: t.srkName, Auth: tpm2.PasswordAuth(nil)},
		ObjectPublic: public,
		Duplicate:    tpm2.TPM2BPrivate{Buffer: tpm2.Marshal(tpm2.New2B(sensitive))},
		Symmetric:    tpm2.TPMTSymDef{Algorithm: tpm2.TPMAlgNull},
	}.Execute(raw{t})
	if err != nil {
		return Blob{}, meaning(err, rule{tpm2.TPMRCValue, ErrUnsupportedKey}, rule{tpm2.TPMRCSize, ErrUnsupportedKey},
			rule{tpm2.TPMRCKeySize, ErrUnsupportedKey}, rule{tpm2.TPMRCBinding, ErrInvalidKey})
	}
	return newBlob(made.OutPrivate, public), nil
}

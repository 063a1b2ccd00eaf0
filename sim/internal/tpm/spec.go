package tpm

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"

	"github.com/google/go-tpm/tpm2"
)

// Algorithm is a kind of asymmetric key.
type Algorithm uint8

// Kinds of keys. RSA keys sign (PKCS #1 v1.5, PSS) and decrypt (PKCS #1 v1.5,
// OAEP), ECDSA keys sign and agree on secrets (ECDH).
const (
	RSA Algorithm = iota + 1
	ECDSA
)

// String returns "RSA" or "ECDSA".
func (a Algorithm) String() string {
	switch a {
	case RSA:
		return "RSA"
	case ECDSA:
		return "ECDSA"
	}
	return fmt.Sprintf("Algorithm(%d)", uint8(a))
}

// KeySpec is a kind and size of key.
type KeySpec struct {
	Algorithm Algorithm
	Bits      int // RSA: of the modulus; ECDSA: 256, 384, 521 name the NIST curve
}

// String returns the like of "RSA-2048" and "ECDSA-256".
func (s KeySpec) String() string { return fmt.Sprintf("%v-%d", s.Algorithm, s.Bits) }

// specOf returns the spec of a public key; false if it is of a kind no TPM
// here has.
func specOf(public crypto.PublicKey) (KeySpec, bool) {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return KeySpec{RSA, k.N.BitLen()}, true
	case *ecdsa.PublicKey:
		bits := k.Curve.Params().BitSize
		c, ok := curveOf(bits)
		return KeySpec{ECDSA, bits}, ok && c.Curve == k.Curve
	}
	return KeySpec{}, false
}

// curve is a NIST curve, to the TPM and to Go.
type curve struct {
	id tpm2.TPMECCCurve
	elliptic.Curve
}

// curveOf returns the curve of a size in bits.
func curveOf(bits int) (curve, bool) {
	switch bits {
	case 256:
		return curve{tpm2.TPMECCNistP256, elliptic.P256()}, true
	case 384:
		return curve{tpm2.TPMECCNistP384, elliptic.P384()}, true
	case 521:
		return curve{tpm2.TPMECCNistP521, elliptic.P521()}, true
	}
	return curve{}, false
}

// parms returns the spec as the TPM's parameters: no scheme of its own, so
// that each use chooses one. False if there is no such spec.
func (s KeySpec) parms() (tpm2.TPMUPublicParms, bool) {
	switch s.Algorithm {
	case RSA:
		if s.Bits < 1024 || s.Bits > 4096 || s.Bits%1024 != 0 {
			break
		}
		return tpm2.NewTPMUPublicParms(tpm2.TPMAlgRSA, &tpm2.TPMSRSAParms{KeyBits: tpm2.TPMKeyBits(s.Bits)}), true
	case ECDSA:
		if c, ok := curveOf(s.Bits); ok {
			return tpm2.NewTPMUPublicParms(tpm2.TPMAlgECC, &tpm2.TPMSECCParms{CurveID: c.id}), true
		}
	}
	return tpm2.TPMUPublicParms{}, false
}

func (s KeySpec) alg() tpm2.TPMAlgID {
	if s.Algorithm == RSA {
		return tpm2.TPMAlgRSA
	}
	return tpm2.TPMAlgECC
}

// Supports reports whether this TPM makes, imports and uses such keys. It is
// false for all keys where there is no TPM, or none that answers.
func (t *TPM) Supports(s KeySpec) bool {
	var yes bool
	err := t.do(context.Background(), "key abilities", func() (err error) {
		yes, err = t.supports(s)
		return err
	})
	if err != nil && !errors.Is(err, ErrNoTPM) {
		t.log.Warn("TPM abilities are not known", "key", s.String(), "error", err)
	}
	return yes && err == nil
}

// supports asks the TPM once for each spec. TPM2_TestParms: Part 3, 30.3.
func (t *TPM) supports(s KeySpec) (bool, error) {
	if yes, known := t.supported[s]; known {
		return yes, nil
	}
	parms, ok := s.parms()
	if !ok {
		return false, nil
	}
	_, err := tpm2.TestParms{Parameters: tpm2.TPMTPublicParms{Type: s.alg(), Parameters: parms}}.Execute(raw{t})
	var rc tpm2.TPMRC
	if err != nil && !errors.As(err, &rc) {
		return false, err
	}
	t.supported[s] = err == nil
	return err == nil, nil
}

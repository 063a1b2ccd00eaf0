package tpm

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"

	"github.com/google/go-tpm/tpm2"
)

// public is a public area (TPMT_PUBLIC, Part 2, 12.2.4) of the kinds made here.
type public struct {
	kind       tpm2.TPMAlgID // RSA, ECC, KeyedHash
	attributes uint32        // TPMA_OBJECT
	scheme     tpm2.TPMAlgID // Null unless the key has one scheme for ever
	key        crypto.PublicKey
}

// restricted is the bit of TPMA_OBJECT that attestation keys and storage keys
// have. Part 2, 8.3.2.
const restricted = 1 << 16

// parsePublic reads a whole public area. Errors: ErrBlob.
func parsePublic(data []byte) (*public, error) {
	r := &reader{b: data}
	p := &public{kind: tpm2.TPMAlgID(r.u16())}
	nameAlg := tpm2.TPMAlgID(r.u16())
	p.attributes = r.u32()
	r.sized() // policy
	switch p.kind {
	case tpm2.TPMAlgRSA:
		p.rsa(r)
	case tpm2.TPMAlgECC:
		p.ecc(r)
	case tpm2.TPMAlgKeyedHash:
		p.scheme = tpm2.TPMAlgID(r.u16())
		r.sized()
		r.bad = r.bad || p.scheme != tpm2.TPMAlgNull
	default:
		r.bad = true
	}
	if r.done() != nil || nameAlg != tpm2.TPMAlgSHA256 {
		return nil, fmt.Errorf("%w: its public part is not of a kind this program makes", ErrBlob)
	}
	return p, nil
}

// readScheme reads an algorithm that is Null or has a hash with it.
func readScheme(r *reader) tpm2.TPMAlgID {
	alg := tpm2.TPMAlgID(r.u16())
	if alg != tpm2.TPMAlgNull {
		r.u16()
	}
	return alg
}

// readSymmetric reads the symmetric algorithm of a storage key, or Null.
func readSymmetric(r *reader) {
	if tpm2.TPMAlgID(r.u16()) != tpm2.TPMAlgNull {
		r.take(4) // key bits, mode
	}
}

func (p *public) rsa(r *reader) {
	readSymmetric(r)
	p.scheme = readScheme(r)
	bits, exponent := int(r.u16()), r.u32()
	n := new(big.Int).SetBytes(r.sized())
	if exponent == 0 {
		exponent = 65537
	}
	if bits > 4096 || n.BitLen() != bits || exponent < 3 || exponent > 1<<31-1 || exponent%2 == 0 || n.Sign() == 0 || n.Bit(0) == 0 {
		r.bad = true
		return
	}
	p.key = &rsa.PublicKey{N: n, E: int(exponent)}
}

func (p *public) ecc(r *reader) {
	readSymmetric(r)
	p.scheme = readScheme(r)
	id := tpm2.TPMECCCurve(r.u16())
	readScheme(r) // key derivation
	x, y := r.sized(), r.sized()
	for _, bits := range []int{256, 384, 521} {
		if c, _ := curveOf(bits); c.id == id {
			p.point(c, x, y)
		}
	}
	r.bad = r.bad || p.key == nil
}

// point sets the key if x and y are a point of the curve.
func (p *public) point(c curve, x, y []byte) {
	size := (c.Params().BitSize + 7) / 8
	if len(x) > size || len(y) > size {
		return
	}
	point := make([]byte, 1+2*size)
	point[0] = 4 // uncompressed, SEC 1, 2.3.3
	copy(point[1+size-len(x):], x)
	copy(point[1+2*size-len(y):], y)
	if key, err := ecdsa.ParseUncompressedPublicKey(c.Curve, point); err == nil {
		p.key = key
	}
}

// objectName returns the name of an object by its public area, for name
// algorithm SHA-256. Part 1, 16.
func objectName(public []byte) []byte {
	sum := sha256.Sum256(public)
	return append(binary.BigEndian.AppendUint16(nil, uint16(tpm2.TPMAlgSHA256)), sum[:]...)
}

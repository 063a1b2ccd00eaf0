package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha1"   // so that crypto.SHA1 has a New
	_ "crypto/sha256" // likewise
	_ "crypto/sha512" // likewise
	"fmt"
	"io"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// SignatureAlgorithm is how certificates, requests and CRLs are signed. The
// zero value is none.
type SignatureAlgorithm struct {
	name, oid string
	hash      crypto.Hash
	scheme    scheme
	salt      int // of PSS, in bytes
}

// scheme is a kind of signature.
type scheme string

const (
	pkcs1 scheme = "PKCS #1 v1.5"
	pss   scheme = "PSS"
	ecc   scheme = "ECDSA"
)

const (
	oidPSS  = "1.2.840.113549.1.1.10"
	oidMGF1 = "1.2.840.113549.1.1.8"
)

// signatureAlgorithms have no parameters, or NULL (RFC 3279, 4055, 5758).
var signatureAlgorithms = []SignatureAlgorithm{
	{"sha1WithRSAEncryption", "1.2.840.113549.1.1.5", crypto.SHA1, pkcs1, 0},
	{"sha224WithRSAEncryption", "1.2.840.113549.1.1.14", crypto.SHA224, pkcs1, 0},
	{"sha256WithRSAEncryption", "1.2.840.113549.1.1.11", crypto.SHA256, pkcs1, 0},
	{"sha384WithRSAEncryption", "1.2.840.113549.1.1.12", crypto.SHA384, pkcs1, 0},
	{"sha512WithRSAEncryption", "1.2.840.113549.1.1.13", crypto.SHA512, pkcs1, 0},
	{"ecdsa-with-SHA1", "1.2.840.10045.4.1", crypto.SHA1, ecc, 0},
	{"ecdsa-with-SHA224", "1.2.840.10045.4.3.1", crypto.SHA224, ecc, 0},
	{"ecdsa-with-SHA256", "1.2.840.10045.4.3.2", crypto.SHA256, ecc, 0},
	{"ecdsa-with-SHA384", "1.2.840.10045.4.3.3", crypto.SHA384, ecc, 0},
	{"ecdsa-with-SHA512", "1.2.840.10045.4.3.4", crypto.SHA512, ecc, 0},
}

// SignatureAlgorithms lists every algorithm there is: RSA and ECDSA with each
// hash, and RSASSA-PSS with salts as long as the hash.
func SignatureAlgorithms() []SignatureAlgorithm {
	out := append([]SignatureAlgorithm{}, signatureAlgorithms...)
	for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		out = append(out, pssWith(h, h.Size()))
	}
	return out
}

func pssWith(h crypto.Hash, salt int) SignatureAlgorithm {
	return SignatureAlgorithm{"RSASSA-PSS", oidPSS, h, pss, salt}
}

// ParseSignatureAlgorithm reads an algorithm as requests name it: an object
// identifier, and the DER of its parameters or nothing. RSASSA-PSS without
// parameters is with SHA-256 and a salt of 32 bytes, since a signature needs
// some and the defaults of RFC 4055 are SHA-1. Everything unknown is an
// ErrSignatureAlgorithm.
func ParseSignatureAlgorithm(oid string, parameters []byte) (SignatureAlgorithm, error) {
	if oid == oidPSS && len(parameters) == 0 {
		return pssWith(crypto.SHA256, crypto.SHA256.Size()), nil
	}
	if len(parameters) == 0 {
		parameters = nil
	}
	return signatureAlgorithm(algorithm{oid, parameters})
}

func signatureAlgorithm(a algorithm) (SignatureAlgorithm, error) {
	if a.oid == oidPSS {
		return parsePSS(a.parameters)
	}
	for _, s := range signatureAlgorithms {
		if s.oid == a.oid && a.null() {
			return s, nil
		}
	}
	return SignatureAlgorithm{}, fmt.Errorf("%w: %.60q", ErrSignatureAlgorithm, a.oid)
}

// parsePSS reads RSASSA-PSS-params (RFC 4055 3.1): one hash for both uses.
func parsePSS(der []byte) (SignatureAlgorithm, error) {
	s, ok := readOnly(der, asn1.SEQUENCE)
	hashAlg := algorithm{oid: "1.3.14.3.2.26"}
	mask, maskHash := algorithm{oid: oidMGF1}, algorithm{oid: "1.3.14.3.2.26"}
	salt, trailer := int64(20), int64(1)
	ok = ok && readTagged(&s, constructed0, func(b *cryptobyte.String) bool { return readAlgorithm(b, &hashAlg) }) &&
		readTagged(&s, constructed1, func(b *cryptobyte.String) bool {
			if !readAlgorithm(b, &mask) {
				return false
			}
			inner := cryptobyte.String(mask.parameters)
			return readAlgorithm(&inner, &maskHash) && inner.Empty()
		}) &&
		readTagged(&s, constructed2, func(b *cryptobyte.String) bool { return b.ReadASN1Integer(&salt) }) &&
		readTagged(&s, constructed3, func(b *cryptobyte.String) bool { return b.ReadASN1Integer(&trailer) }) && s.Empty()
	h := digestHash(hashAlg.oid)
	if !ok || h == 0 || !hashAlg.null() || !maskHash.null() || mask.oid != oidMGF1 || maskHash.oid != hashAlg.oid ||
		trailer != 1 || salt < 0 || salt > 512 {
		return SignatureAlgorithm{}, fmt.Errorf("%w: RSASSA-PSS with these parameters", ErrSignatureAlgorithm)
	}
	return pssWith(h, int(salt)), nil
}

// readTagged reads an optional element with an explicit tag.
func readTagged(s *cryptobyte.String, tag asn1.Tag, read func(*cryptobyte.String) bool) bool {
	var body cryptobyte.String
	var there bool
	return s.ReadOptionalASN1(&body, &there, tag) && (!there || read(&body) && body.Empty())
}

func digestHash(oid string) crypto.Hash {
	switch oid {
	case "1.3.14.3.2.26":
		return crypto.SHA1
	case "2.16.840.1.101.3.4.2.1":
		return crypto.SHA256
	case "2.16.840.1.101.3.4.2.2":
		return crypto.SHA384
	case "2.16.840.1.101.3.4.2.3":
		return crypto.SHA512
	}
	return 0
}

func digestOID(h crypto.Hash) string {
	for _, m := range hmacs {
		if digestHash(m.digest) == h {
			return m.digest
		}
	}
	return ""
}

// String is the name of the algorithm, as in the RFCs.
func (a SignatureAlgorithm) String() string {
	if a.scheme == pss {
		return fmt.Sprintf("%s %v", a.name, a.hash)
	}
	return a.name
}

// OID is the object identifier, in dot-decimal form.
func (a SignatureAlgorithm) OID() string { return a.oid }

// Hash is the hash that is signed.
func (a SignatureAlgorithm) Hash() crypto.Hash { return a.hash }

// Parameters is the DER of the parameters; nil if the algorithm has none.
func (a SignatureAlgorithm) Parameters() []byte {
	var b cryptobyte.Builder
	switch a.scheme {
	case pkcs1:
		addNull(&b)
	case pss:
		a.addPSS(&b)
	case ecc:
		return nil
	}
	return b.BytesOrPanic() // of our own constants
}

func (a SignatureAlgorithm) addPSS(b *cryptobyte.Builder) {
	tagged := func(b *cryptobyte.Builder, tag asn1.Tag, body func(*cryptobyte.Builder)) { b.AddASN1(tag, body) }
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if a.hash != crypto.SHA1 { // the default, which DER leaves out
			tagged(b, constructed0, func(b *cryptobyte.Builder) { addAlgorithm(b, digestOID(a.hash), addNull) })
			tagged(b, constructed1, func(b *cryptobyte.Builder) {
				addAlgorithm(b, oidMGF1, func(b *cryptobyte.Builder) { addAlgorithm(b, digestOID(a.hash), addNull) })
			})
		}
		if a.salt != 20 {
			tagged(b, constructed2, func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(a.salt)) })
		}
	})
}

// add writes the AlgorithmIdentifier.
func (a SignatureAlgorithm) add(b *cryptobyte.Builder) {
	addAlgorithm(b, a.oid, func(b *cryptobyte.Builder) { b.AddBytes(a.Parameters()) })
}

// Fits is an ErrKeySignature if the key is of another kind than the algorithm.
func (a SignatureAlgorithm) Fits(public crypto.PublicKey) error {
	ok := false
	switch key := public.(type) {
	case *rsa.PublicKey:
		ok = a.scheme == pkcs1 || a.scheme == pss && (key.N.BitLen()-1+7)/8 >= a.hash.Size()+a.salt+2 // RFC 8017 9.1.1
	case *ecdsa.PublicKey:
		ok = a.scheme == ecc
	}
	if !ok {
		return fmt.Errorf("%w: %T and %v", ErrKeySignature, public, a)
	}
	return nil
}

// sign signs a message and checks the signature. The random source gives the
// salts of PSS; ECDSA signatures are those of RFC 6979 where the key has them.
func (a SignatureAlgorithm) sign(key crypto.Signer, message []byte, random io.Reader) ([]byte, error) {
	if a == (SignatureAlgorithm{}) {
		return nil, fmt.Errorf("%w: none", ErrSignatureAlgorithm)
	}
	if err := a.Fits(key.Public()); err != nil {
		return nil, err
	}
	var opts crypto.SignerOpts = a.hash
	switch a.scheme {
	case pss:
		opts = &rsa.PSSOptions{SaltLength: a.salt, Hash: a.hash}
	case ecc:
		random = nil
	}
	h := a.hash.New()
	h.Write(message)
	signature, err := key.Sign(random, h.Sum(nil), opts)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", a, err)
	}
	if err := a.Verify(key.Public(), message, signature); err != nil {
		return nil, fmt.Errorf("of the key itself: %w", err)
	}
	return signature, nil
}

// Verify checks a signature, those with SHA-1 as well, which crypto/x509 does
// not. Errors: ErrKeySignature, ErrSignature.
func (a SignatureAlgorithm) Verify(public crypto.PublicKey, message, signature []byte) error {
	if err := a.Fits(public); err != nil {
		return err
	}
	h := a.hash.New()
	h.Write(message)
	sum := h.Sum(nil)
	ok := false
	switch key := public.(type) {
	case *rsa.PublicKey:
		if a.scheme == pss {
			ok = rsa.VerifyPSS(key, a.hash, sum, signature, &rsa.PSSOptions{SaltLength: a.salt}) == nil
		} else {
			ok = rsa.VerifyPKCS1v15(key, a.hash, sum, signature) == nil
		}
	case *ecdsa.PublicKey:
		ok = ecdsa.VerifyASN1(key, sum, signature)
	}
	if !ok {
		return fmt.Errorf("%v: %w", a, ErrSignature)
	}
	return nil
}

package pki

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"strings"
)

// PBES2 is the encryption scheme of RFC 8018 6.2; every other value of
// Scheme.PBE names a scheme of PKCS #12 (RFC 7292 appendix C) or of PKCS #5
// version 1.5 (RFC 8018 6.1).
const PBES2 = "PBES2"

// Scheme is a password-based encryption, by the standards' names. The zero
// Scheme is no encryption.
type Scheme struct {
	// PBE is PBES2 or "pbeWithSHAAnd3-KeyTripleDES-CBC" and the like, as in
	// the PasswordBasedEncryptionAlgorithms capability.
	PBE string
	// KDF is "PBKDF2" or "scrypt", with PBES2 only.
	KDF string
	// PRF is "hmacWithSHA256" and the like, with PBKDF2 only.
	PRF string
	// Cipher is "aes128-CBC", "aes192-CBC", "aes256-CBC" or "des-EDE3-CBC",
	// with PBES2 only.
	Cipher string
}

// String joins the names.
func (s Scheme) String() string {
	if s == (Scheme{}) {
		return "none"
	}
	return strings.TrimRight(strings.Join([]string{s.PBE, s.KDF, s.PRF, s.Cipher}, " "), " ")
}

// AES256 is what today's software encrypts with.
func AES256() Scheme {
	return Scheme{PBE: PBES2, KDF: "PBKDF2", PRF: "hmacWithSHA256", Cipher: "aes256-CBC"}
}

// TripleDES is the scheme every device must read (Security 5.8.7, PKCS8).
func TripleDES() Scheme { return Scheme{PBE: "pbeWithSHAAnd3-KeyTripleDES-CBC"} }

// Schemes lists every scheme there is.
func Schemes() []Scheme {
	var out []Scheme
	for _, p := range pbes1Schemes {
		out = append(out, Scheme{PBE: p.name})
	}
	for _, c := range pbes2Ciphers {
		for _, prf := range hmacs {
			out = append(out, Scheme{PBE: PBES2, KDF: "PBKDF2", PRF: prf.name, Cipher: c.name})
		}
		out = append(out, Scheme{PBE: PBES2, KDF: "scrypt", Cipher: c.name})
	}
	return out
}

// blockCipher is a cipher in CBC mode with its sizes in bytes. A nil make is
// the stream cipher RC4.
type blockCipher struct {
	key, block int
	make       func(key []byte) (cipher.Block, error)
}

// pbes1 is a scheme whose one object identifier says everything.
type pbes1 struct {
	name, oid string
	pkcs12    bool // the key derivation of RFC 7292 appendix B, else PBKDF1
	hash      func() hash.Hash
	cipher    blockCipher
}

// twoKeyTripleDES is 3DES whose third key is the first.
func twoKeyTripleDES(key []byte) (cipher.Block, error) {
	return des.NewTripleDESCipher(append(append([]byte{}, key...), key[:8]...))
}

// pbes1Schemes are those of RFC 7292 appendix C and RFC 8018 A.3, but for MD2.
var pbes1Schemes = []pbes1{
	{"pbeWithSHAAnd128BitRC4", "1.2.840.113549.1.12.1.1", true, sha1.New, blockCipher{16, 0, nil}},
	{"pbeWithSHAAnd40BitRC4", "1.2.840.113549.1.12.1.2", true, sha1.New, blockCipher{5, 0, nil}},
	{"pbeWithSHAAnd3-KeyTripleDES-CBC", "1.2.840.113549.1.12.1.3", true, sha1.New, blockCipher{24, 8, des.NewTripleDESCipher}},
	{"pbeWithSHAAnd2-KeyTripleDES-CBC", "1.2.840.113549.1.12.1.4", true, sha1.New, blockCipher{16, 8, twoKeyTripleDES}},
	{"pbeWithSHAAnd128BitRC2-CBC", "1.2.840.113549.1.12.1.5", true, sha1.New, blockCipher{16, 8, newRC2}},
	{"pbeWithSHAAnd40BitRC2-CBC", "1.2.840.113549.1.12.1.6", true, sha1.New, blockCipher{5, 8, newRC2}},
	{"pbeWithMD5AndDES-CBC", "1.2.840.113549.1.5.3", false, md5.New, blockCipher{8, 8, des.NewCipher}},
	{"pbeWithMD5AndRC2-CBC", "1.2.840.113549.1.5.6", false, md5.New, blockCipher{8, 8, newRC2}},
	{"pbeWithSHA1AndDES-CBC", "1.2.840.113549.1.5.10", false, sha1.New, blockCipher{8, 8, des.NewCipher}},
	{"pbeWithSHA1AndRC2-CBC", "1.2.840.113549.1.5.11", false, sha1.New, blockCipher{8, 8, newRC2}},
}

// pbes2Ciphers are those of RFC 8018 B.2 whose parameter is only the IV.
var pbes2Ciphers = []struct {
	name, oid string
	blockCipher
}{
	{"aes128-CBC", "2.16.840.1.101.3.4.1.2", blockCipher{16, 16, aes.NewCipher}},
	{"aes192-CBC", "2.16.840.1.101.3.4.1.22", blockCipher{24, 16, aes.NewCipher}},
	{"aes256-CBC", "2.16.840.1.101.3.4.1.42", blockCipher{32, 16, aes.NewCipher}},
	{"des-EDE3-CBC", "1.2.840.113549.3.7", blockCipher{24, 8, des.NewTripleDESCipher}},
}

// hmacAlgorithm is an HMAC with the digest it is made of.
type hmacAlgorithm struct {
	name, oid string
	digest    string // object identifier of the digest alone
	new       func() hash.Hash
}

// hmacs are those of RFC 8018 B.1.
var hmacs = []hmacAlgorithm{
	{"hmacWithSHA1", "1.2.840.113549.2.7", "1.3.14.3.2.26", sha1.New},
	{"hmacWithSHA224", "1.2.840.113549.2.8", "2.16.840.1.101.3.4.2.4", sha256.New224},
	{"hmacWithSHA256", "1.2.840.113549.2.9", "2.16.840.1.101.3.4.2.1", sha256.New},
	{"hmacWithSHA384", "1.2.840.113549.2.10", "2.16.840.1.101.3.4.2.2", sha512.New384},
	{"hmacWithSHA512", "1.2.840.113549.2.11", "2.16.840.1.101.3.4.2.3", sha512.New},
	{"hmacWithSHA512-224", "1.2.840.113549.2.12", "2.16.840.1.101.3.4.2.5", sha512.New512_224},
	{"hmacWithSHA512-256", "1.2.840.113549.2.13", "2.16.840.1.101.3.4.2.6", sha512.New512_256},
}

// hmacNamed finds an HMAC by its name or its object identifier.
func hmacNamed(name string) (hmacAlgorithm, bool) {
	for _, h := range hmacs {
		if h.name == name || h.oid == name {
			return h, true
		}
	}
	return hmacAlgorithm{}, false
}

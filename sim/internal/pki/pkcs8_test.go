package pki_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/pki"
	"pgregory.net/rapid"
)

// legacy are OpenSSL's options for algorithms of its legacy provider.
func legacy() []string { return []string{"-provider", "legacy", "-provider", "default"} }

// TestEveryEncryptionOfOpenSSLIsRead has OpenSSL encrypt a key in each way it
// knows, with a passphrase of ASCII, an empty one and one that is not ASCII.
func TestEveryEncryptionOfOpenSSLIsRead(t *testing.T) {
	t.Parallel()
	schemes := map[string][]string{
		"pbeWithSHAAnd128BitRC4":                     {"-v1", "PBE-SHA1-RC4-128"},
		"pbeWithSHAAnd40BitRC4":                      {"-v1", "PBE-SHA1-RC4-40"},
		"pbeWithSHAAnd3-KeyTripleDES-CBC":            {"-v1", "PBE-SHA1-3DES"},
		"pbeWithSHAAnd2-KeyTripleDES-CBC":            {"-v1", "PBE-SHA1-2DES"},
		"pbeWithSHAAnd128BitRC2-CBC":                 {"-v1", "PBE-SHA1-RC2-128"},
		"pbeWithSHAAnd40BitRC2-CBC":                  {"-v1", "PBE-SHA1-RC2-40"},
		"pbeWithMD5AndDES-CBC":                       {"-v1", "PBE-MD5-DES"},
		"pbeWithMD5AndRC2-CBC":                       {"-v1", "PBE-MD5-RC2-64"},
		"pbeWithSHA1AndDES-CBC":                      {"-v1", "PBE-SHA1-DES"},
		"pbeWithSHA1AndRC2-CBC":                      {"-v1", "PBE-SHA1-RC2-64"},
		"PBES2 PBKDF2 hmacWithSHA1 aes128-CBC":       {"-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"},
		"PBES2 PBKDF2 hmacWithSHA224 aes192-CBC":     {"-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA224"},
		"PBES2 PBKDF2 hmacWithSHA256 aes256-CBC":     {"-v2", "aes-256-cbc"},
		"PBES2 PBKDF2 hmacWithSHA384 aes256-CBC":     {"-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA384"},
		"PBES2 PBKDF2 hmacWithSHA512 des-EDE3-CBC":   {"-v2", "des3", "-v2prf", "hmacWithSHA512"},
		"PBES2 PBKDF2 hmacWithSHA512-256 aes128-CBC": {"-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512-256"},
		"PBES2 scrypt  aes256-CBC":                   {"-scrypt"},
	}
	for want, args := range schemes {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "key.der", pkcs8(t, keys.p256))
			for i, pass := range []string{"Passphrase for ONVIF", "", "Gruß 😀"} {
				out := fmt.Sprintf("%d.der", i)
				cmd := append([]string{"pkcs8", "-topk8", "-inform", "DER", "-outform", "DER", "-in", "key.der", "-out", out, "-passout", "pass:" + pass}, args...)
				tool(t, dir, "openssl", append(cmd, legacy()...)...)
				got, err := pki.DecryptPKCS8(read(t, dir, out), pass, pki.ContainerOptions{})
				if err != nil {
					t.Fatalf("%q: %v", pass, err)
				}
				if got.Scheme.String() != want {
					t.Errorf("scheme %q", got.Scheme)
				}
				sameKey(t, got.Key, keys.p256)
				for _, wrong := range []string{"AdditionalPassphrase", pass + "x", "\xff"} {
					if _, err := pki.DecryptPKCS8(read(t, dir, out), wrong, pki.ContainerOptions{}); !errors.Is(err, pki.ErrDecrypt) {
						t.Errorf("passphrase %q: %v", wrong, err)
					}
				}
			}
		})
	}
}

// TestOpenSSLReadsEveryEncryption is the other way round.
func TestOpenSSLReadsEveryEncryption(t *testing.T) {
	t.Parallel()
	for _, scheme := range pki.Schemes() {
		t.Run(scheme.String(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			plain := pkcs8(t, keys.p256)
			e := pki.Encryption{Scheme: scheme, Passphrase: "Gruß"}
			write(t, dir, "key.der", must[[]byte](t)(pki.EncryptPKCS8(plain, e, rand.Reader)))
			tool(t, dir, "openssl", append([]string{"pkcs8", "-inform", "DER", "-outform", "DER", "-in", "key.der", "-out", "out.der", "-passin", "pass:Gruß", "-topk8", "-nocrypt"}, legacy()...)...)
			if !bytes.Equal(read(t, dir, "out.der"), plain) {
				t.Error("OpenSSL reads another key")
			}
		})
	}
}

// genpkey has OpenSSL make key.der.
func genpkey(t testing.TB, dir string, args ...string) {
	t.Helper()
	tool(t, dir, "openssl", append([]string{"genpkey", "-out", "key.pem"}, args...)...)
	tool(t, dir, "openssl", "pkcs8", "-topk8", "-nocrypt", "-in", "key.pem", "-outform", "DER", "-out", "key.der")
}

func TestKeysOfOpenSSLAreRead(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"RSA":     {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"},
		"P-256":   {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"},
		"P-384":   {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"},
		"P-521":   {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"},
		"Ed25519": {"-algorithm", "ED25519"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			genpkey(t, dir, args...)
			got := must[*pki.PrivateKey](t)(pki.ParsePKCS8(read(t, dir, "key.der"), pki.ContainerOptions{}))
			tool(t, dir, "openssl", "pkey", "-inform", "DER", "-in", "key.der", "-pubout", "-outform", "DER", "-out", "pub.der")
			if spki := must[[]byte](t)(x509.MarshalPKIXPublicKey(got.Key.Public())); !bytes.Equal(spki, read(t, dir, "pub.der")) {
				t.Error("another public key")
			}
			if got.Scheme != (pki.Scheme{}) || got.Scheme.String() != "none" || !bytes.Equal(got.DER, read(t, dir, "key.der")) {
				t.Errorf("scheme %v, or other DER", got.Scheme)
			}
		})
	}
}

func TestKeysNobodyHereCanUseAreUnsupported(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"X25519":         {"-algorithm", "X25519"},
		"Ed448":          {"-algorithm", "ED448"},
		"RSA-PSS":        {"-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:1024"},
		"secp256k1":      {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"},
		"explicit curve": {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			genpkey(t, dir, args...)
			if _, err := pki.ParsePKCS8(read(t, dir, "key.der"), pki.ContainerOptions{}); !errors.Is(err, pki.ErrKeyAlgorithm) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestPublicKeyBesideThePrivateKeyMustBeItsOwn writes version 2 with the
// right, a wrong and a malformed public key.
func TestPublicKeyBesideThePrivateKeyMustBeItsOwn(t *testing.T) {
	t.Parallel()
	for _, key := range []crypto.Signer{keys.rsa, keys.p256, keys.p521} {
		der := must[[]byte](t)(pki.MarshalPKCS8(key, true))
		got := must[*pki.PrivateKey](t)(pki.ParsePKCS8(der, pki.ContainerOptions{}))
		sameKey(t, got.Key, key)

		der[len(der)-1] ^= 1
		if _, err := pki.ParsePKCS8(der, pki.ContainerOptions{}); !errors.Is(err, pki.ErrKeyMismatch) && !errors.Is(err, pki.ErrPKCS8) {
			t.Errorf("%T: %v", key, err)
		}
	}
	other := must[[]byte](t)(pki.MarshalPKCS8(must[crypto.Signer](t)(pki.NewKey(rand.Reader)), true))
	mine := must[[]byte](t)(pki.MarshalPKCS8(keys.p256, true))
	mixed := append(bytes.Clone(mine[:len(mine)-65]), other[len(other)-65:]...)
	if _, err := pki.ParsePKCS8(mixed, pki.ContainerOptions{}); !errors.Is(err, pki.ErrKeyMismatch) {
		t.Errorf("another key's public key: %v", err)
	}
	// The ECPrivateKey inside has its own copy of the public key.
	inner := pkcs8(t, keys.p256)
	inner[len(inner)-1] ^= 1
	if _, err := pki.ParsePKCS8(inner, pki.ContainerOptions{}); !errors.Is(err, pki.ErrKeyMismatch) {
		t.Errorf("a wrong public key in the ECPrivateKey: %v", err)
	}
}

// TestTheVersion2KeyOfRFC8410IsRead: its 10.3, with an attribute and a public
// key. OpenSSL 3.0 writes and reads version 1 only.
func TestTheVersion2KeyOfRFC8410IsRead(t *testing.T) {
	t.Parallel()
	block, _ := pem.Decode([]byte(`-----BEGIN PRIVATE KEY-----
MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
Z9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PRIVATE KEY-----
`))
	key := must[*pki.PrivateKey](t)(pki.ParsePKCS8(block.Bytes, pki.ContainerOptions{}))
	if public, ok := key.Key.Public().(ed25519.PublicKey); !ok || !bytes.HasSuffix(block.Bytes, public) {
		t.Errorf("%T %x", key.Key, key.Key.Public())
	}
	block.Bytes[len(block.Bytes)-1] ^= 1
	if _, err := pki.ParsePKCS8(block.Bytes, pki.ContainerOptions{}); !errors.Is(err, pki.ErrKeyMismatch) {
		t.Errorf("another public key: %v", err)
	}
}

func TestWhatIsNotPKCS8IsSaidToBeBad(t *testing.T) {
	t.Parallel()
	plain := pkcs8(t, keys.rsa)
	encrypted := must[[]byte](t)(pki.EncryptPKCS8(plain, pki.Encryption{Scheme: pki.AES256(), Passphrase: "x"}, rand.Reader))
	version2 := bytes.Clone(plain)
	version2[bytes.Index(version2, []byte{2, 1, 0})+2] = 2
	for name, der := range map[string][]byte{
		"nothing":          {},
		"no DER":           []byte("-----BEGIN PRIVATE KEY-----"),
		"encrypted":        encrypted,
		"PKCS #1":          x509.MarshalPKCS1PrivateKey(keys.rsa),
		"truncated":        plain[:len(plain)-1],
		"followed by more": append(bytes.Clone(plain), 0),
		"version 3":        version2,
		"indefinite":       {0x30, 0x80, 0, 0},
	} {
		if _, err := pki.ParsePKCS8(der, pki.ContainerOptions{}); !errors.Is(err, pki.ErrPKCS8) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, der := range map[string][]byte{
		"nothing": {}, "not encrypted": plain, "truncated": encrypted[:len(encrypted)-1], "more": append(bytes.Clone(encrypted), 0),
	} {
		if _, err := pki.DecryptPKCS8(der, "x", pki.ContainerOptions{}); !errors.Is(err, pki.ErrPKCS8) {
			t.Errorf("decrypt %s: %v", name, err)
		}
	}
}

// TestBitFlipsGiveAnErrorAndNoSecret turns over every byte of an encrypted
// key, and every byte of a plain one.
func TestBitFlipsGiveAnErrorAndNoSecret(t *testing.T) {
	t.Parallel()
	plain := pkcs8(t, keys.p256)
	encrypted := must[[]byte](t)(pki.EncryptPKCS8(plain, pki.Encryption{Scheme: pki.TripleDES(), Passphrase: "hunter22", Iterations: 2}, rand.Reader))
	small := pki.ContainerOptions{Limits: pki.ContainerLimits{Iterations: 10_000}}
	for i := range encrypted {
		der := bytes.Clone(encrypted)
		der[i] ^= 0x55
		_, err := pki.DecryptPKCS8(der, "hunter22", small)
		if err == nil {
			t.Errorf("byte %d: accepted", i)
		} else if strings.Contains(err.Error(), "hunter22") {
			t.Errorf("byte %d: %v", i, err)
		}
	}
	for i := range plain {
		der := bytes.Clone(plain)
		der[i] ^= 0x55
		if key, err := pki.ParsePKCS8(der, small); err == nil && key.Key.(interface{ Equal(crypto.PrivateKey) bool }).Equal(keys.p256) {
			t.Errorf("byte %d: the same key", i)
		}
	}
}

func TestContainerLimits(t *testing.T) {
	t.Parallel()
	plain := pkcs8(t, keys.rsa)
	encrypt := func(scheme pki.Scheme, rounds int) []byte {
		return must[[]byte](t)(pki.EncryptPKCS8(plain, pki.Encryption{Scheme: scheme, Passphrase: "x", Iterations: rounds}, rand.Reader))
	}
	scrypt := pki.Scheme{PBE: pki.PBES2, KDF: "scrypt", Cipher: "aes128-CBC"}
	pkcs5 := pki.Scheme{PBE: "pbeWithMD5AndDES-CBC"}
	for _, tt := range []struct {
		limit  string
		der    []byte
		limits pki.ContainerLimits
		ok     bool
	}{
		{"Iterations", encrypt(pki.AES256(), 5000), pki.ContainerLimits{Iterations: 5000}, true},
		{"Iterations", encrypt(pki.AES256(), 5001), pki.ContainerLimits{Iterations: 5000}, false},
		{"Iterations", encrypt(pki.TripleDES(), 5000), pki.ContainerLimits{Iterations: 5000}, true},
		{"Iterations", encrypt(pki.TripleDES(), 5001), pki.ContainerLimits{Iterations: 5000}, false},
		{"Iterations", encrypt(pkcs5, 5001), pki.ContainerLimits{Iterations: 5000}, false},
		{"Salt", encrypt(pki.AES256(), 1), pki.ContainerLimits{Salt: 16}, true},
		{"Salt", encrypt(pki.AES256(), 1), pki.ContainerLimits{Salt: 15}, false},
		{"Salt", encrypt(scrypt, 2), pki.ContainerLimits{Salt: 15}, false},
		{"Scrypt", encrypt(scrypt, 64), pki.ContainerLimits{Scrypt: 128 * 64 * 8}, true},
		{"Scrypt", encrypt(scrypt, 64), pki.ContainerLimits{Scrypt: 128*64*8 - 1}, false},
		{"RSABits", encrypt(pkcs5, 1), pki.ContainerLimits{RSABits: 2048}, true},
		{"RSABits", encrypt(pkcs5, 1), pki.ContainerLimits{RSABits: 2047}, false},
		{"Bytes", encrypt(pkcs5, 1), pki.ContainerLimits{Bytes: len(encrypt(pkcs5, 1))}, true},
		{"Bytes", encrypt(pkcs5, 1), pki.ContainerLimits{Bytes: len(encrypt(pkcs5, 1)) - 1}, false},
	} {
		_, err := pki.DecryptPKCS8(tt.der, "x", pki.ContainerOptions{Limits: tt.limits})
		var limit *pki.LimitError
		if tt.ok != (err == nil) || err != nil && (!errors.As(err, &limit) || limit.Limit != tt.limit) {
			t.Errorf("%s %+v: %v", tt.limit, tt.limits, err)
		}
	}
}

// TestABillionRoundsAreRefusedAtOnce: were they run, the test would not end.
func TestABillionRoundsAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	for _, rounds := range [][]byte{
		{2, 4, 0x3b, 0x9a, 0xca, 0x00},                       // 10^9
		{2, 8, 0x7f, 255, 255, 255, 255, 255, 255, 255},      // the greatest int64
		{2, 9, 0x7f, 255, 255, 255, 255, 255, 255, 255, 255}, // more than an int64
		{2, 1, 0}, {2, 1, 0x80}, // none, and less
	} {
		for _, oid := range []string{"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03", "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x03"} {
			params := sequence([]byte("\x04\x08saltsalt"), rounds)
			der := sequence(sequence(tlv(6, []byte(oid)), params), tlv(4, make([]byte, 64)))
			if _, err := pki.DecryptPKCS8(der, "x", pki.ContainerOptions{}); err == nil || errors.Is(err, pki.ErrDecrypt) {
				t.Errorf("%x: %v", rounds, err)
			}
		}
	}
}

// tlv and sequence write DER that the package itself would not.
func tlv(tag byte, body []byte) []byte {
	switch n := len(body); {
	case n < 128:
		return append([]byte{tag, byte(n)}, body...)
	case n < 256:
		return append([]byte{tag, 0x81, byte(n)}, body...)
	default:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, body...)
	}
}

func sequence(parts ...[]byte) []byte { return tlv(0x30, bytes.Join(parts, nil)) }

func TestSchemesCanBeForbidden(t *testing.T) {
	t.Parallel()
	only := pki.ContainerOptions{Allow: func(s pki.Scheme) bool { return s == pki.TripleDES() }}
	plain := pkcs8(t, keys.p256)
	for _, scheme := range pki.Schemes() {
		e := pki.Encryption{Scheme: scheme, Passphrase: "x", Iterations: 2}
		_, err := pki.DecryptPKCS8(must[[]byte](t)(pki.EncryptPKCS8(plain, e, rand.Reader)), "x", only)
		if allowed := scheme == pki.TripleDES(); allowed != (err == nil) || !allowed && !errors.Is(err, pki.ErrScheme) {
			t.Errorf("%v: %v", scheme, err)
		}
	}
}

func TestUnknownSchemesAreSaidToBeUnsupported(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "key.der", pkcs8(t, keys.p256))
	for _, v2 := range []string{"camellia-128-cbc", "bf-cbc", "des-cbc"} {
		tool(t, dir, "openssl", append([]string{"pkcs8", "-topk8", "-inform", "DER", "-outform", "DER", "-in", "key.der", "-out", v2, "-passout", "pass:x", "-v2", v2}, legacy()...)...)
		if _, err := pki.DecryptPKCS8(read(t, dir, v2), "x", pki.ContainerOptions{}); !errors.Is(err, pki.ErrScheme) {
			t.Errorf("%s: %v", v2, err)
		}
	}
	for _, scheme := range []pki.Scheme{{PBE: "none"}, {PBE: pki.PBES2}, {PBE: pki.PBES2, KDF: "PBKDF2", Cipher: "aes128-CBC"}} {
		if _, err := pki.EncryptPKCS8(pkcs8(t, keys.p256), pki.Encryption{Scheme: scheme}, rand.Reader); !errors.Is(err, pki.ErrScheme) && scheme.Cipher != "aes128-CBC" || err == nil {
			t.Errorf("%v: %v", scheme, err)
		}
	}
}

func TestEveryPassphraseDecryptsWhatItEncrypted(t *testing.T) {
	t.Parallel()
	plain := pkcs8(t, keys.p256)
	schemes := pki.Schemes()
	rapid.Check(t, func(r *rapid.T) {
		e := pki.Encryption{
			Scheme:     rapid.SampledFrom(schemes).Draw(r, "scheme"),
			Passphrase: rapid.String().Draw(r, "passphrase"),
			Iterations: 1 << rapid.IntRange(1, 6).Draw(r, "rounds"),
		}
		der, err := pki.EncryptPKCS8(plain, e, rand.Reader)
		if err != nil {
			r.Fatal(err)
		}
		key, err := pki.DecryptPKCS8(der, e.Passphrase, pki.ContainerOptions{})
		if err != nil || !bytes.Equal(key.DER, plain) || key.Scheme != e.Scheme {
			r.Fatalf("%v: %v", e.Scheme, err)
		}
	})
}

func FuzzPKCS8(f *testing.F) {
	plain := pkcs8(f, keys.p256)
	f.Add(plain, "")
	f.Add(must[[]byte](f)(pki.MarshalPKCS8(keys.rsa, true)), "")
	for _, scheme := range pki.Schemes() {
		f.Add(must[[]byte](f)(pki.EncryptPKCS8(plain, pki.Encryption{Scheme: scheme, Passphrase: "x", Iterations: 2}, rand.Reader)), "x")
	}
	limits := pki.ContainerOptions{Limits: pki.ContainerLimits{Iterations: 1000, Scrypt: 1 << 16, Bytes: 8192}}
	f.Fuzz(func(t *testing.T, der []byte, pass string) {
		if key, err := pki.ParsePKCS8(der, limits); err == nil {
			again, err := pki.MarshalPKCS8(key.Key, true)
			if err != nil {
				t.Fatalf("cannot be written again: %v", err)
			}
			if _, err := pki.ParsePKCS8(again, limits); err != nil {
				t.Fatalf("cannot be read again: %v", err)
			}
		}
		if key, err := pki.DecryptPKCS8(der, pass, limits); err == nil && key.Key == nil {
			t.Fatal("no key, no error")
		}
	})
}

func BenchmarkDecryptPKCS8(b *testing.B) {
	plain := pkcs8(b, keys.rsa)
	for _, scheme := range []pki.Scheme{pki.TripleDES(), pki.AES256(), {PBE: pki.PBES2, KDF: "PBKDF2", PRF: "hmacWithSHA512", Cipher: "aes256-CBC"}} {
		der := must[[]byte](b)(pki.EncryptPKCS8(plain, pki.Encryption{Scheme: scheme, Passphrase: "x"}, rand.Reader))
		b.Run(filepath.Base(scheme.String()), func(b *testing.B) {
			for b.Loop() {
				if _, err := pki.DecryptPKCS8(der, "x", pki.ContainerOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

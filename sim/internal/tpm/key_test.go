//go:build cgo && linux

package tpm_test

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"math/big"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/tpm"
)

// allSpecs are the keys this build's TPMs have.
func allSpecs(t testing.TB, p *tpm.TPM) []tpm.KeySpec {
	t.Helper()
	var have []tpm.KeySpec
	for _, s := range []tpm.KeySpec{
		p256(), {Algorithm: tpm.ECDSA, Bits: 384}, {Algorithm: tpm.ECDSA, Bits: 521},
		rsa2048(), {Algorithm: tpm.RSA, Bits: 3072}, {Algorithm: tpm.RSA, Bits: 4096},
	} {
		if p.Supports(s) {
			have = append(have, s)
		}
	}
	if len(have) < 4 {
		t.Fatalf("only %v", have)
	}
	return have
}

func digest(h crypto.Hash, message string) []byte {
	d := h.New()
	d.Write([]byte(message))
	return d.Sum(nil)
}

func hashes() []crypto.Hash {
	return []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512}
}

// signs checks every way of signing with a key against Go's verification.
func signs(t *testing.T, k *tpm.Key) {
	t.Helper()
	for _, h := range hashes() {
		d := digest(h, "a message")
		switch public := k.Public().(type) {
		case *ecdsa.PublicKey:
			s, err := k.Sign(nil, d, h)
			if err != nil || !ecdsa.VerifyASN1(public, d, s) {
				t.Errorf("%v with %v: %x, %v", k, h, s, err)
			}
		case *rsa.PublicKey:
			s, err := k.Sign(nil, d, h)
			if err != nil || rsa.VerifyPKCS1v15(public, h, d, s) != nil {
				t.Errorf("%v PKCS #1 v1.5 with %v: %v", k, h, err)
			}
			for _, salt := range []int{rsa.PSSSaltLengthEqualsHash, rsa.PSSSaltLengthAuto, h.Size()} {
				s, err = k.Sign(nil, d, &rsa.PSSOptions{Hash: h, SaltLength: salt})
				if err != nil || rsa.VerifyPSS(public, h, d, s, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) != nil {
					t.Errorf("%v PSS with %v, salt %d: %v", k, h, salt, err)
				}
			}
		}
	}
}

// decrypts checks every way of decrypting against Go's encryption.
func decrypts(t *testing.T, key *tpm.Key) {
	t.Helper()
	k, ok := key.RSA()
	if !ok {
		return
	}
	public := k.Public().(*rsa.PublicKey)
	message := []byte("attack at dawn!!")
	for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
		c, err := rsa.EncryptOAEP(h.New(), rand.Reader, public, message, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := k.Decrypt(nil, c, &rsa.OAEPOptions{Hash: h})
		if err != nil || !bytes.Equal(got, message) {
			t.Errorf("%v OAEP %v: %q, %v", k, h, got, err)
		}
		c[3] ^= 1
		_, err = k.Decrypt(nil, c, &rsa.OAEPOptions{Hash: h})
		wantErr(t, "OAEP of an altered ciphertext", err, tpm.ErrDecryption)
	}
	c, err := rsa.EncryptPKCS1v15(rand.Reader, public, message)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []crypto.DecrypterOpts{nil, &rsa.PKCS1v15DecryptOptions{}, &rsa.PKCS1v15DecryptOptions{SessionKeyLen: len(message)}} {
		got, err := k.Decrypt(nil, c, o)
		if err != nil || !bytes.Equal(got, message) {
			t.Errorf("%v PKCS #1 v1.5 %v: %q, %v", k, o, got, err)
		}
	}
}

func TestCreatedKeysSignAndDecrypt(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	for _, s := range allSpecs(t, p) {
		k := mustKey(t, p, s)
		if k.Spec() != s {
			t.Errorf("asked for %v, got %v", s, k.Spec())
		}
		signs(t, k)
		decrypts(t, k)
	}
}

func TestImportedKeysSignAndDecrypt(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	for _, s := range allSpecs(t, p) {
		private := newPrivateKey(t, s)
		b, err := p.ImportKey(private)
		if err != nil {
			t.Errorf("%v: %v", s, err)
			continue
		}
		k, err := p.Key(b)
		if err != nil {
			t.Errorf("%v: %v", s, err)
			continue
		}
		if public := private.(crypto.Signer).Public(); !k.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(public) {
			t.Errorf("%v: another public key", s)
		}
		signs(t, k)
		decrypts(t, k)
	}
}

func newPrivateKey(t testing.TB, s tpm.KeySpec) crypto.PrivateKey {
	t.Helper()
	var key crypto.PrivateKey
	var err error
	switch s {
	case tpm.KeySpec{Algorithm: tpm.ECDSA, Bits: 256}:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case tpm.KeySpec{Algorithm: tpm.ECDSA, Bits: 384}:
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case tpm.KeySpec{Algorithm: tpm.ECDSA, Bits: 521}:
		key, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	default:
		key, err = rsa.GenerateKey(rand.Reader, s.Bits)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestManySignaturesAreAllGood(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	// Short coordinates and short r and s turn up now and then.
	for _, s := range []tpm.KeySpec{p256(), {Algorithm: tpm.ECDSA, Bits: 521}} {
		for range 10 {
			k := mustKey(t, p, s)
			for range 30 {
				d := digest(crypto.SHA256, "x")
				sig, err := k.Sign(nil, d, crypto.SHA256)
				if err != nil || !ecdsa.VerifyASN1(k.Public().(*ecdsa.PublicKey), d, sig) {
					t.Fatalf("%v: %x, %v", k, sig, err)
				}
			}
		}
	}
}

func TestUnsupportedKeysAreRefusedByType(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	for _, s := range []tpm.KeySpec{
		{}, {Algorithm: tpm.RSA, Bits: 512}, {Algorithm: tpm.RSA, Bits: 2047}, {Algorithm: tpm.RSA, Bits: 8192},
		{Algorithm: tpm.RSA, Bits: -1}, {Algorithm: tpm.ECDSA, Bits: 255}, {Algorithm: tpm.ECDSA, Bits: 224}, {Algorithm: 9, Bits: 256},
	} {
		if p.Supports(s) {
			t.Errorf("supports %v", s)
		}
		_, err := p.CreateKey(s)
		wantErr(t, s.String(), err, tpm.ErrUnsupportedKey)
	}
	e3 := rsaWithExponent(t, 3)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1536)
	if err != nil {
		t.Fatal(err)
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.PrivateKey{"e=3": e3, "Ed25519": ed, "RSA-1536": small, "P-224": p224, "nil": nil, "text": "key"} {
		_, err := p.ImportKey(key)
		wantErr(t, name, err, tpm.ErrUnsupportedKey)
	}
	if b, err := p.ImportKey(rsaWithExponent(t, 17)); err != nil {
		t.Errorf("e=17: %v", err)
	} else if k, err := p.Key(b); err != nil {
		t.Errorf("e=17: %v", err)
	} else {
		signs(t, k)
	}
}

// rsaWithExponent makes a key that Go's rsa.GenerateKey doesn't.
func rsaWithExponent(t testing.TB, e int64) *rsa.PrivateKey {
	t.Helper()
	one := big.NewInt(1)
	for {
		a, err := rand.Prime(rand.Reader, 1024)
		if err != nil {
			t.Fatal(err)
		}
		b, err := rand.Prime(rand.Reader, 1024)
		if err != nil {
			t.Fatal(err)
		}
		n := new(big.Int).Mul(a, b)
		phi := new(big.Int).Mul(new(big.Int).Sub(a, one), new(big.Int).Sub(b, one))
		d := new(big.Int).ModInverse(big.NewInt(e), phi)
		if d == nil || n.BitLen() != 2048 {
			continue
		}
		k := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: int(e)}, D: d, Primes: []*big.Int{a, b}}
		k.Precompute()
		return k
	}
}

func TestInconsistentKeysAreRefused(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	a, b := newPrivateKey(t, p256()).(*ecdsa.PrivateKey), newPrivateKey(t, p256()).(*ecdsa.PrivateKey)
	a.PublicKey = b.PublicKey
	_, err := p.ImportKey(a)
	wantErr(t, "ECDSA with another's public key", err, tpm.ErrInvalidKey)
	r := newPrivateKey(t, rsa2048()).(*rsa.PrivateKey)
	r.Primes[0] = new(big.Int).Add(r.Primes[0], big.NewInt(2))
	_, err = p.ImportKey(r)
	wantErr(t, "RSA with a wrong prime", err, tpm.ErrInvalidKey)
}

func TestUnsupportedSchemesAreRefused(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	ec := mustKey(t, p, p256())
	rs, _ := mustKey(t, p, rsa2048()).RSA()
	if _, ok := ec.RSA(); ok {
		t.Error("an ECDSA key is an RSA key")
	}
	d := digest(crypto.SHA256, "m")
	for name, sign := range map[string]func() ([]byte, error){
		"MD5":           func() ([]byte, error) { return rs.Sign(nil, make([]byte, 16), crypto.MD5) },
		"short MD5SHA1": func() ([]byte, error) { return rs.Sign(nil, make([]byte, 35), crypto.MD5SHA1) },
		"long MD5SHA1":  func() ([]byte, error) { return rs.Sign(nil, make([]byte, 37), crypto.MD5SHA1) },
		"MD5SHA1, PSS": func() ([]byte, error) {
			return rs.Sign(nil, make([]byte, 36), &rsa.PSSOptions{Hash: crypto.MD5SHA1, SaltLength: rsa.PSSSaltLengthEqualsHash})
		},
		"MD5SHA1, ECDSA": func() ([]byte, error) { return ec.Sign(nil, make([]byte, 36), crypto.MD5SHA1) },
		"no hash":        func() ([]byte, error) { return ec.Sign(nil, d, crypto.Hash(0)) },
		"no options":     func() ([]byte, error) { return ec.Sign(nil, d, nil) },
		"short digest":   func() ([]byte, error) { return ec.Sign(nil, d[:31], crypto.SHA256) },
		"long digest":    func() ([]byte, error) { return rs.Sign(nil, append(d, 0), crypto.SHA256) },
		"salt":           func() ([]byte, error) { return rs.Sign(nil, d, &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: 20}) },
		"OAEP label": func() ([]byte, error) {
			return rs.Decrypt(nil, d, &rsa.OAEPOptions{Hash: crypto.SHA256, Label: []byte("x")})
		},
		"OAEP two hashes": func() ([]byte, error) {
			return rs.Decrypt(nil, d, &rsa.OAEPOptions{Hash: crypto.SHA256, MGFHash: crypto.SHA1})
		},
		"OAEP MD5":      func() ([]byte, error) { return rs.Decrypt(nil, d, &rsa.OAEPOptions{Hash: crypto.MD5}) },
		"other options": func() ([]byte, error) { return rs.Decrypt(nil, d, "options") },
	} {
		got, err := sign()
		if !errors.Is(err, tpm.ErrUnsupportedScheme) || got != nil {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
	signs(t, ec)
}

func TestBadSessionKeyIsARandomOne(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	k, _ := mustKey(t, p, rsa2048()).RSA()
	public := k.Public().(*rsa.PublicKey)
	options := &rsa.PKCS1v15DecryptOptions{SessionKeyLen: 48}
	good, err := rsa.EncryptPKCS1v15(rand.Reader, public, bytes.Repeat([]byte{7}, 48))
	if err != nil {
		t.Fatal(err)
	}
	short, err := rsa.EncryptPKCS1v15(rand.Reader, public, bytes.Repeat([]byte{7}, 47))
	if err != nil {
		t.Fatal(err)
	}
	long, err := rsa.EncryptPKCS1v15(rand.Reader, public, bytes.Repeat([]byte{7}, 49))
	if err != nil {
		t.Fatal(err)
	}
	altered := bytes.Clone(good)
	altered[100] ^= 1
	for name, c := range map[string][]byte{"short": short, "long": long, "altered": altered, "large": bytes.Repeat([]byte{255}, 256), "zero": make([]byte, 256)} {
		random := bytes.Repeat([]byte{9}, 48)
		got, err := k.Decrypt(bytes.NewReader(random), c, options)
		if err != nil || !bytes.Equal(got, random) {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
	_, err = k.Decrypt(nil, make([]byte, 257), options)
	wantErr(t, "longer than the modulus", err, tpm.ErrDecryption)
}

func TestECDHAgreesWithGo(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	for bits, curve := range map[int]ecdh.Curve{256: ecdh.P256(), 384: ecdh.P384(), 521: ecdh.P521()} {
		k := mustKey(t, p, tpm.KeySpec{Algorithm: tpm.ECDSA, Bits: bits})
		remote, err := curve.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		own, err := k.Public().(*ecdsa.PublicKey).ECDH()
		if err != nil {
			t.Fatal(err)
		}
		want, err := remote.ECDH(own)
		if err != nil {
			t.Fatal(err)
		}
		got, err := k.ECDH(remote.PublicKey())
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("P-%d: %x, %v; want %x", bits, got, err, want)
		}
	}
	x, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, err = mustKey(t, p, p256()).ECDH(x.PublicKey())
	wantErr(t, "another curve", err, tpm.ErrInvalidKey)
	_, err = mustKey(t, p, rsa2048()).ECDH(x.PublicKey())
	wantErr(t, "RSA", err, tpm.ErrUnsupportedScheme)
}

func TestMoreKeysThanSlotsCanBeUsed(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	var keys []*tpm.Key
	for range 8 {
		keys = append(keys, mustKey(t, p, p256()))
	}
	ak := mustAttestationKey(t, p, p256())
	for round := range 3 {
		for i, k := range keys {
			d := digest(crypto.SHA256, "m")
			if s, err := k.Sign(nil, d, crypto.SHA256); err != nil || !ecdsa.VerifyASN1(k.Public().(*ecdsa.PublicKey), d, s) {
				t.Fatalf("round %d key %d: %v", round, i, err)
			}
			if _, err := k.Certify(ak, nil); err != nil {
				t.Fatalf("round %d certify %d: %v", round, i, err)
			}
		}
	}
}

func TestBlobOfAnotherTPMIsForeign(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p, q := open(t, h, tpm.Config{}), open(t, h, tpm.Config{})
	b, err := p.CreateKey(p256())
	if err != nil {
		t.Fatal(err)
	}
	_, err = q.Key(b)
	wantErr(t, "another TPM", err, tpm.ErrForeign)
	altered := tpm.Blob{Public: b.Public, Private: bytes.Clone(b.Private)}
	altered.Private[len(altered.Private)-1] ^= 1
	_, err = p.Key(altered)
	wantErr(t, "altered private part", err, tpm.ErrForeign)
	altered = tpm.Blob{Public: b.Public, Private: b.Private[:10]}
	_, err = p.Key(altered)
	wantErr(t, "cut private part", err, tpm.ErrForeign)
	for name, bad := range map[string]tpm.Blob{
		"empty": {}, "no private part": {Public: b.Public}, "no public part": {Private: b.Private},
		"half a public part": {Public: b.Public[:20], Private: b.Private}, "more": {Public: append(bytes.Clone(b.Public), 0), Private: b.Private},
		"at limit+1": {Public: b.Public, Private: make([]byte, tpm.MaxBlob+1)},
	} {
		_, err = p.Key(bad)
		wantErr(t, name, err, tpm.ErrBlob)
	}
	signs(t, mustKey(t, p, p256()))
}

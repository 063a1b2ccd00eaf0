package tpm

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"testing"

	"github.com/google/go-tpm/tpm2"
)

func TestCommandsAreWrittenAsTheSpecificationHasThem(t *testing.T) {
	t.Parallel()
	sign := newCommand(tpm2.TPMCCSign, 1, 0x80000001).sized(bytes.Repeat([]byte{7}, 32)).
		u16(uint16(tpm2.TPMAlgECDSA)).u16(uint16(tpm2.TPMAlgSHA256)).
		u16(uint16(tpm2.TPMSTHashCheck)).u32(uint32(tpm2.TPMRHNull)).u16(0)
	want, err := tpm2.MarshalCommand(tpm2.Sign{
		KeyHandle: tpm2.AuthHandle{Handle: 0x80000001, Name: tpm2.TPM2BName{Buffer: []byte{1}}, Auth: tpm2.PasswordAuth(nil)},
		Digest:    tpm2.TPM2BDigest{Buffer: bytes.Repeat([]byte{7}, 32)},
		InScheme: tpm2.TPMTSigScheme{Scheme: tpm2.TPMAlgECDSA,
			Details: tpm2.NewTPMUSigScheme(tpm2.TPMAlgECDSA, &tpm2.TPMSSchemeHash{HashAlg: tpm2.TPMAlgSHA256})},
		Validation: tpm2.TPMTTKHashCheck{Tag: tpm2.TPMSTHashCheck, Hierarchy: tpm2.TPMRHNull},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := sign.bytes()
	// MarshalCommand writes names and parameters without header and session.
	if !bytes.HasSuffix(want, got[27:]) {
		t.Errorf("parameters %x, want the end of %x", got[27:], want)
	}
	head := []byte{0x80, 2, 0, 0, 0, byte(len(got)), 0, 0, 1, 0x5d, 0x80, 0, 0, 1, 0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0}
	if !bytes.Equal(got[:27], head) {
		t.Errorf("header %x, want %x", got[:27], head)
	}
	flush := newCommand(tpm2.TPMCCFlushContext, 0).u32(0x80000001).bytes()
	if want := []byte{0x80, 1, 0, 0, 0, 14, 0, 0, 1, 0x65, 0x80, 0, 0, 1}; !bytes.Equal(flush, want) {
		t.Errorf("flush %x, want %x", flush, want)
	}
}

func TestResponsesThatAreShortOrLongAreErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		response []byte
		handles  int
		want     error
	}{
		"empty":                 {nil, 0, ErrDead},
		"header":                {[]byte{0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0}, 0, nil},
		"half a header":         {[]byte{0x80, 1, 0, 0, 0, 10}, 0, ErrDead},
		"wrong size":            {[]byte{0x80, 1, 0, 0, 0, 11, 0, 0, 0, 0}, 0, ErrDead},
		"response code":         {[]byte{0x80, 1, 0, 0, 0, 10, 0, 0, 1, 0x4b}, 0, tpm2.TPMRCNVSpace},
		"no handle":             {[]byte{0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0}, 1, ErrDead},
		"parameters cut":        {[]byte{0x80, 2, 0, 0, 0, 14, 0, 0, 0, 0, 0, 0, 0, 1}, 0, ErrDead},
		"huge parameters":       {[]byte{0x80, 2, 0, 0, 0, 14, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}, 0, ErrDead},
		"parameters, session":   {[]byte{0x80, 2, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 1, 9, 0, 0, 0, 0, 0}, 0, nil},
		"no parameters at all ": {[]byte{0x80, 2, 0, 0, 0, 10, 0, 0, 0, 0}, 0, ErrDead},
	} {
		_, err := parseResponse(c.response, c.handles)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func FuzzResponse(f *testing.F) {
	f.Add([]byte{0x80, 2, 0, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0x18, 0, 0xb, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0x80, 1, 0, 0, 0, 14, 0, 0, 0, 0, 0x80, 0, 0, 0})
	f.Fuzz(func(t *testing.T, response []byte) {
		for handles := range 2 {
			r, err := parseResponse(response, handles)
			if err != nil {
				continue
			}
			if len(r.b) > len(response) {
				t.Errorf("more out than in")
			}
			readSignature(r) //nolint:errcheck // it must only not panic
		}
	})
}

func FuzzBlob(f *testing.F) {
	// RSA-2048 and P-256 keys and sealed data, as TPMs have made them.
	for _, area := range samplePublics() {
		f.Add(area)
	}
	f.Fuzz(func(t *testing.T, area []byte) {
		key, err := Blob{Public: area, Private: []byte{1}}.PublicKey()
		if err != nil {
			if !errors.Is(err, ErrBlob) {
				t.Errorf("%v", err)
			}
			return
		}
		switch k := key.(type) {
		case *rsa.PublicKey:
			if k.N.BitLen() > 4096 || k.E < 3 {
				t.Errorf("%v", k)
			}
		case *ecdsa.PublicKey:
			if _, err := k.ECDH(); err != nil {
				t.Errorf("a point off the curve: %v", err)
			}
		default:
			t.Errorf("%T", key)
		}
	})
}

// samplePublics returns public areas built from the definition, independently
// of the reader.
func samplePublics() [][]byte {
	attributes := tpm2.TPMAObject{UserWithAuth: true, NoDA: true, SignEncrypt: true, Decrypt: true}
	n := bytes.Repeat([]byte{0xff}, 256)
	g := []byte{
		0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
		0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
		0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16,
		0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
	}
	return [][]byte{
		tpm2.Marshal(tpm2.TPMTPublic{
			Type: tpm2.TPMAlgRSA, NameAlg: tpm2.TPMAlgSHA256, ObjectAttributes: attributes,
			Parameters: tpm2.NewTPMUPublicParms(tpm2.TPMAlgRSA, &tpm2.TPMSRSAParms{KeyBits: 2048}),
			Unique:     tpm2.NewTPMUPublicID(tpm2.TPMAlgRSA, &tpm2.TPM2BPublicKeyRSA{Buffer: n}),
		}),
		tpm2.Marshal(tpm2.TPMTPublic{
			Type: tpm2.TPMAlgECC, NameAlg: tpm2.TPMAlgSHA256, ObjectAttributes: attributes,
			Parameters: tpm2.NewTPMUPublicParms(tpm2.TPMAlgECC, &tpm2.TPMSECCParms{CurveID: tpm2.TPMECCNistP256}),
			Unique: tpm2.NewTPMUPublicID(tpm2.TPMAlgECC, &tpm2.TPMSECCPoint{
				X: tpm2.TPM2BECCParameter{Buffer: g[:32]}, Y: tpm2.TPM2BECCParameter{Buffer: g[32:]}}),
		}),
		tpm2.Marshal(tpm2.ECCSRKTemplate),
		tpm2.Marshal(tpm2.RSAEKTemplate),
	}
}

func TestPublicAreasAreRead(t *testing.T) {
	t.Parallel()
	areas := samplePublics()
	for i, want := range []KeySpec{{RSA, 2048}, {ECDSA, 256}} {
		key, err := Blob{Public: areas[i], Private: []byte{1}}.PublicKey()
		if s, ok := specOf(key); err != nil || !ok || s != want {
			t.Errorf("%v: %v, %v", want, s, err)
		}
	}
	for _, template := range areas[2:] { // (0, 0) is no point, 0 no modulus
		if _, err := parsePublic(template); !errors.Is(err, ErrBlob) {
			t.Errorf("a template is taken for a key: %v", err)
		}
	}
}

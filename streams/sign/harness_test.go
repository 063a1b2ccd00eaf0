package sign_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func publicKey(t testing.TB, der []byte) crypto.PublicKey {
	t.Helper()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c.PublicKey
}

// noon is when the tests' streams begin.
func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// authority is a root and an intermediate that certify signing keys.
type authority struct {
	root, intermediate       *x509.Certificate
	rootKey, intermediateKey crypto.Signer
}

func newKey(t testing.TB, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newRSA(t testing.TB) crypto.Signer {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{rootKey: newKey(t, elliptic.P256()), intermediateKey: newKey(t, elliptic.P256())}
	a.root = certify(t, template("root", true), nil, a.rootKey, a.rootKey)
	a.intermediate = certify(t, template("intermediate", true), a.root, a.intermediateKey, a.rootKey)
	return a
}

func template(name string, ca bool) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(int64(len(name))), Subject: pkix.Name{CommonName: name},
		NotBefore: noon().AddDate(-1, 0, 0), NotAfter: noon().AddDate(20, 0, 0),
		IsCA: ca, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

// certify makes a certificate; parent nil: signed by itself.
func certify(t testing.TB, c, parent *x509.Certificate, key, issuer crypto.Signer) *x509.Certificate {
	t.Helper()
	if parent == nil {
		parent = c
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), issuer)
	if err != nil {
		t.Fatal(err)
	}
	out, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// identity returns a key with its chain.
func (a *authority) identity(t testing.TB, key crypto.Signer) sign.Identity {
	t.Helper()
	leaf := certify(t, template("camera", false), a.intermediate, key, a.intermediateKey)
	return sign.Identity{Key: key, Chain: [][]byte{leaf.Raw, a.intermediate.Raw}}
}

// shape is what a made-up stream looks like.
type shape struct {
	codec  streams.Codec
	gops   []int // pictures of each GOP
	slices int
	size   int // bytes of a slice
}

// film makes pictures whose slices are all different. Frames are 40 ms apart.
func film(s shape) (all []*streams.AccessUnit) {
	n := 0
	for _, gop := range s.gops {
		for i := range gop {
			au := &streams.AccessUnit{Frame: uint32(n), Key: i == 0, Time: noon().Add(time.Duration(n) * 40 * time.Millisecond)}
			if i == 0 {
				au.NALs = parameterSets(s.codec)
			}
			for k := range s.slices {
				au.NALs = append(au.NALs, makeSlice(s.codec, i == 0, k, n, s.size))
			}
			all = append(all, au)
			n++
		}
	}
	return all
}

func parameterSets(codec streams.Codec) [][]byte {
	if codec == streams.H265 {
		return [][]byte{{0x40, 1, 1}, {0x42, 1, 1}, {0x44, 1, 1}}
	}
	return [][]byte{{0x67, 1}, {0x68, 1}}
}

// makeSlice makes a NAL unit that looks like a slice up to what signing reads.
func makeSlice(codec streams.Codec, key bool, k, n, size int) []byte {
	nal := []byte{0x41}
	if key {
		nal = []byte{0x65}
	}
	if codec == streams.H265 {
		nal = []byte{0x02, 1}
		if key {
			nal = []byte{0x26, 1}
		}
	}
	first := byte(0x40)
	if k == 0 {
		first = 0x80
	}
	nal = append(nal, first|byte(k&0x3f), byte(n>>16), byte(n>>8)|0x40, byte(n)|1, byte(n>>1)|0x80)
	for len(nal) < size {
		nal = append(nal, byte(7*len(nal)+13*n+k)|1)
	}
	return append(nal, 0x80)
}

// signAll signs a film.
func signAll(t testing.TB, c sign.Config, all []*streams.AccessUnit) (out []*streams.AccessUnit) {
	t.Helper()
	s, err := sign.NewSigner(c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, au := range all {
		signed, err := s.Sign(au)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, signed)
	}
	return out
}

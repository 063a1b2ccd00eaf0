package sign_test

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

// replay is a key that knows the signatures of some digests, as hexadecimal digits.
type replay struct {
	public     crypto.PublicKey
	signatures map[string]string
}

func (r replay) Public() crypto.PublicKey { return r.public }

func (r replay) Sign(_ io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	signature, ok := r.signatures[hex.EncodeToString(digest)]
	if !ok {
		return nil, errors.New("the reference signer has signed no such document")
	}
	return hex.DecodeString(signature)
}

// TestSignerWritesTheReferenceSignersBytes feeds the pictures of the vectors to
// the signer; the private keys are gone, so the key answers with the signatures
// that the reference signer made, if the documents are the same.
func TestSignerWritesTheReferenceSignersBytes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		config sign.Config
	}{
		{"v2_h264", sign.Config{}},
		{"v2_h265", sign.Config{}},
		{"v2_h264_3slices_partial", sign.Config{PartialGOP: 10}},
		{"v2_h265_certsei_lowbitrate", sign.Config{CertificateSEI: true, LowBitrate: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			codec := codecOf(tt.name)
			want := read(t, fileOf(tt.name))
			c := tt.config
			c.Codec, c.Version, c.Inline = codec, [3]byte{25, 12, 3}, true
			c.Identity, c.Vendor = signerOf(t, tt.name, want)
			c.Notify = func(n sign.Notice) { t.Errorf("%s of SEI %d: %v", n.Kind, n.Counter, n.Err) }
			s, err := sign.NewSigner(c)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
			for i, au := range want {
				plain := &streams.AccessUnit{Time: start.Add(time.Duration(i) * 40 * time.Millisecond)}
				for _, nal := range au.NALs {
					if !sign.IsSEI(codec, nal) {
						plain.NALs = append(plain.NALs, nal)
					}
				}
				got, err := s.Sign(plain)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(bytes.Join(got.NALs, []byte{0, 0, 1}), bytes.Join(au.NALs, []byte{0, 0, 1})) {
					t.Errorf("access unit %d differs from the reference signer's", i)
				}
			}
		})
	}
}

// signerOf returns the identity and vendor of a vector's SEIs.
func signerOf(t *testing.T, name string, all []*streams.AccessUnit) (sign.Identity, sign.Vendor) {
	t.Helper()
	key := replay{signatures: map[string]string{}}
	for _, s := range describe(t, name).SEIs {
		key.signatures[s.Document] = s.Signature
	}
	var i sign.Identity
	for _, au := range all {
		for _, nal := range au.NALs {
			s, err := sign.ParseSEI(codecOf(name), nal)
			if err != nil || s.Chain == nil {
				continue
			}
			for block, rest := pem.Decode(s.Chain.PEM); block != nil; block, rest = pem.Decode(rest) {
				i.Chain = append(i.Chain, block.Bytes)
			}
			key.public = publicKey(t, i.Chain[0])
			i.Key = key
			return i, *s.Vendor
		}
	}
	t.Fatal("no certificates in the vector")
	return i, sign.Vendor{}
}

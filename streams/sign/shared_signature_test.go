package sign_test

import (
	"bytes"
	"crypto/elliptic"
	"crypto/sha256"
	"slices"
	"testing"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

// shareSignatures signs five GOPs of five pictures with one signature for three
// GOPs, which the signer does not: the SEIs before are hashed into the list of
// the GOP that they are sent in. Media Signing 6.5.
func shareSignatures(t *testing.T, i sign.Identity) []*streams.AccessUnit {
	t.Helper()
	signed := signAll(t, sign.Config{Codec: streams.H264, Identity: i, Inline: true}, film(shape{streams.H264, []int{5, 5, 5, 5, 5}, 1, 40}))
	var sent []byte // the hash of the SEI that was sent unsigned into the GOP of the next
	for k, au := range signed {
		for n, nal := range au.NALs {
			sei, err := sign.ParseSEI(streams.H264, nal)
			if err != nil {
				continue
			}
			sei.Edit()
			if sent != nil { // it lies between the first and the second picture
				sei.Hashes = slices.Insert(sei.Hashes, 1, sent)
				sum := sha256.Sum256(bytes.Join(sei.Hashes, nil))
				sei.General.Hash, sei.General.Count = sum[:], sei.General.Count+1
			}
			if sei.General.Counter%3 == 0 {
				err = sei.Sign(i.Key)
			} else {
				sei.Signature, sei.SignatureSize = nil, 0
			}
			if err != nil {
				t.Fatal(err)
			}
			if nal, err = sei.NAL(); err != nil {
				t.Fatal(err)
			}
			sent = nil
			if sei.Signature == nil {
				sum := sha256.Sum256(nal)
				sent = sum[:]
			}
			signed[k].NALs[n] = nal
		}
	}
	return signed
}

func TestOneSignatureSpeaksForSeveralGOPs(t *testing.T) {
	t.Parallel()
	i := newAuthority(t).identity(t, newKey(t, elliptic.P256()))
	for name, tt := range map[string]struct {
		touch func([]*streams.AccessUnit)
		not   int // verdicts that are not authentic
	}{
		"untouched": {func([]*streams.AccessUnit) {}, 0},
		"slice of the first GOP": {func(all []*streams.AccessUnit) {
			all[2].NALs[0] = append(bytes.Clone(all[2].NALs[0]), 7)
		}, 1},
		"SEI without signature": {func(all []*streams.AccessUnit) {
			all[6].NALs[0] = bytes.Clone(all[6].NALs[0])
			all[6].NALs[0][60] ^= 1
		}, 2}, // its GOP, and the one that it was sent in
	} {
		all := shareSignatures(t, i)
		tt.touch(all)
		verdicts, r := run(sign.VerifierConfig{Codec: streams.H264}, all)
		if r.Counts[sign.NotAuthentic] != tt.not || r.Counts[sign.NotAuthentic]+r.Counts[sign.Authentic] != 3 {
			t.Errorf("%s: %v, want %d of 3 not authentic: %+v", name, r.Counts, tt.not, verdicts)
		}
	}
}

package rtsp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

// signedSource signs the pictures of another source.
type signedSource struct {
	streams.Source
	signer *sign.Signer
}

func (s *signedSource) Next(n uint32, at time.Time, key bool) (*streams.AccessUnit, error) {
	au, err := s.Source.Next(n, at, key)
	if err != nil {
		return nil, err
	}
	return s.signer.Sign(au)
}

func newSignedSource(t *testing.T, from streams.Source) *signedSource {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := sign.NewSigner(sign.Config{Codec: streams.H264, Identity: sign.Identity{Key: key, Chain: [][]byte{der}}, Inline: true})
	if err != nil {
		t.Fatal(err)
	}
	return &signedSource{Source: from, signer: signer}
}

// TestReaderThatStallsVerifiesWhatItGets: every GOP that it gets whole is
// authentic, and what it loses is told of as loss. It stalls in the first, the
// second and later pictures of a GOP, where the SEI of the one before is not sent
// yet, due, and sent.
func TestReaderThatStallsVerifiesWhatItGets(t *testing.T) {
	for _, after := range []time.Duration{0, 40, 80, 120, 160} {
		t.Run((after * time.Millisecond).String(), func(t *testing.T) { stall(t, after*time.Millisecond) })
	}
}

func stall(t *testing.T, after time.Duration) {
	change := func(c *Config, s *StreamConfig) {
		c.Limits.QueueBytes = 12 << 10 // less than two GOPs
		s.Source.(*flatSource).gop = 5
		s.Source = newSignedSource(t, s.Source)
	}
	inBubble(t, change, func(t *testing.T, b *bench) {
		c := b.pipe(false)
		c.play(b.url)
		decoder := &rtph264.Decoder{PacketizationMode: 1}
		if err := decoder.Init(); err != nil {
			t.Fatal(err)
		}
		verifier, err := sign.NewVerifier(sign.VerifierConfig{Codec: streams.H264})
		if err != nil {
			t.Fatal(err)
		}
		var verdicts []sign.Verdict
		read := func(d time.Duration) {
			for end := clock.Real().Now().Add(d); clock.Real().Now().Before(end); {
				packet, _ := c.packet(0)
				if packet == nil {
					continue
				}
				nals, err := decoder.Decode(packet)
				if err != nil && !errors.Is(err, rtph264.ErrMorePacketsNeeded) {
					t.Logf("packet %d: %v", packet.SequenceNumber, err)
				}
				if len(nals) > 0 {
					verdicts = append(verdicts, verifier.Push(&streams.AccessUnit{NALs: nals})...)
				}
			}
		}
		read(2*time.Second + after)
		pass(3 * time.Second)
		read(2 * time.Second)
		rest, report := verifier.Close()
		for _, d := range append(verdicts, rest...) {
			whole := d.Found == d.Expected
			if whole != (d.Authenticity == sign.Authentic) || !whole && d.Authenticity != sign.AuthenticWithMissing {
				t.Fatalf("%d of %d slices: %+v", d.Found, d.Expected, d)
			}
		}
		if report.Counts[sign.Authentic] < 16 || report.Counts[sign.AuthenticWithMissing] < 8 || report.Authenticity != sign.AuthenticWithMissing {
			t.Errorf("%+v", report)
		}
	})
}
